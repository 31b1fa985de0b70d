//===- AttentionCost.h - What one attention costs in each form --*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_ATTENTIONCOST_H
#define ATTN_ANALYSIS_ATTENTIONCOST_H

#include "attn/Analysis/SpaceTime.h"
#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "llvm/Support/JSON.h"

namespace mlir::attn {

/// A figure as far as it is known: its value, and how it grows.
struct CostFigure {
  std::optional<Integer> value;
  /// In L, the number of tokens, if `step` is 1; else in n = L / step, for whole
  /// tiles of queries.
  std::optional<BinomialSum> form;
  int64_t step = 1;
};

/// One attention in one form, on one thread.
struct FormCost {
  FormKind form = FormKind::Materialized;
  AttentionTiles tiles = {}; // Of the recurrent and the blocked form.
  bool isChosen = false;
  CostFigure flops;    // 2 (k1 + n) for each pair that is worked on, hidden or not.
  CostFigure keyReads; // A key and its value, once for all queries that share it.
  CostFigure state;    // Bytes: queries, maximum, sum, accumulator in flight.
  CostFigure temporaries; // Bytes: scores, and the result before it is laid out.
  CostFigure peak;        // Both; inputs and results are not in it.
  int64_t rowBytes = 0; // Of temporaries, rows of one number for each query of a
                        // tile that may stay in registers.
};

/// L is what the numbers of queries and of keys are where both are the same or are
/// not known.
struct AttentionCost {
  Integer heads;          // All batch dimensions.
  bool perHead = false;   // Some of them are not known: figures are for one.
  bool isLengthOfQueries = false, isLengthOfKeys = false;
  int64_t queries, keys;  // Where they are not L.
  std::optional<int64_t> length; // L.
  CostFigure folds; // Visible pairs, in any form.
  CostFigure disk;  // Bytes of the inputs and results that are tensors.
  SmallVector<FormCost, 3> forms;
};

/// Tile sizes and their meaning are those of `attn-to-blocked`; `length` is for
/// numbers of queries and keys that are not known. Nothing if the number of
/// features is not known.
std::optional<AttentionCost> getAttentionCost(AttentionOp op,
                                              AttentionTiles given,
                                              int64_t blockBytes,
                                              std::optional<int64_t> length);

/// A table with one row per form, and the closed forms.
void printCost(llvm::raw_ostream &os, const AttentionCost &cost);
llvm::json::Object toJson(const AttentionCost &cost);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_ATTENTIONCOST_H
