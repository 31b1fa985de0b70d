// RUN: attn-opt %s -split-input-file -verify-diagnostics -cpu-expand-counters=kernel=attention | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -split-input-file -cpu-expand-counters | FileCheck %s -check-prefix=UNREAD

// A counter has one place, wherever it is counted, and one reader.

// CHECK:       memref.global "private" @count.reads : memref<i64> = dense<0>
// CHECK-NEXT:  memref.global "private" @count.folds : memref<i64> = dense<0>
// CHECK-NOT:   memref.global
// CHECK-LABEL: func.func private @twice(
//  CHECK-SAME:   %[[N:.*]]: index
//       CHECK:   %[[FOLDS:.*]] = memref.get_global @count.folds : memref<i64>
//       CHECK:   %[[AMOUNT:.*]] = arith.index_cast %[[N]] : index to i64
//       CHECK:   memref.atomic_rmw addi %[[AMOUNT]], %[[FOLDS]][] : (i64, memref<i64>) -> i64
//       CHECK:   %[[AGAIN:.*]] = memref.get_global @count.folds : memref<i64>
//       CHECK:   memref.atomic_rmw addi %{{.*}}, %[[AGAIN]][]
//       CHECK:   %[[READS:.*]] = memref.get_global @count.reads : memref<i64>
//       CHECK:   memref.atomic_rmw addi %{{.*}}, %[[READS]][]
//   CHECK-NOT:   attn.count
// CHECK-LABEL: func.func @attention_count_folds() -> i64
//       CHECK:   %[[MEMORY:.*]] = memref.get_global @count.folds : memref<i64>
//       CHECK:   %[[VALUE:.*]] = memref.load %[[MEMORY]][] : memref<i64>
//       CHECK:   return %[[VALUE]] : i64
// CHECK-LABEL: func.func @attention_count_reads() -> i64

// UNREAD:      memref.global "private" @count.folds
// UNREAD-NOT:  func.func @
func.func private @twice(%n: index) {
  attn.count "folds", %n
  attn.count "folds", %n
  attn.count "reads", %n
  return
}

// -----

// A function may have the global's name.

// CHECK:       memref.global "private" @count.folds_0 : memref<i64>
// CHECK:       memref.get_global @count.folds_0
func.func private @count.folds()
func.func private @renamed(%n: index) {
  attn.count "folds", %n
  return
}
