// RUN: not attn-opt %s -recur-to-scf=queries=0 2>&1 | FileCheck %s -check-prefix=ZERO
// ZERO: error: queries must be at least 1, got 0
// RUN: not attn-opt %s -recur-to-scf=queries=-1 2>&1 | FileCheck %s -check-prefix=NEGATIVE
// NEGATIVE: error: queries must be at least 1, got -1
// RUN: not attn-opt %s -recur-to-scf=queries=x 2>&1 | FileCheck %s -check-prefix=NUMBER
// NUMBER: 'x' value invalid

func.func @nothing() {
  return
}
