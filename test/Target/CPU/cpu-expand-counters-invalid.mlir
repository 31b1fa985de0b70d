// RUN: attn-opt %s -verify-diagnostics -cpu-expand-counters=kernel=attention

func.func private @attention_count_folds()
func.func private @taken(%n: index) {
  // expected-error @below {{the name 'attention_count_folds' is taken; rename it}}
  attn.count "folds", %n
  return
}
