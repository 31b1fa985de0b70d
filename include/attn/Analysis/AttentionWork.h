//===- AttentionWork.h - How much an attention computes -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_ATTENTIONWORK_H
#define ATTN_ANALYSIS_ATTENTIONWORK_H

#include "attn/Dialect/Attn/IR/Attn.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn {

/// The number of pairs of a query of `[0, queries)` and a key of `[0, keys)` that
/// the mask shows; all of them without a mask. Takes O(queries) steps, and
/// O(keys) more for each query whose visible keys are no single interval.
double countVisiblePairs(MaskAttrInterface mask, int64_t queries, int64_t keys,
                         int64_t queryOffset);

/// The operations that an attention is credited with, a multiply-add counted as
/// two: 2 * (k1 + n) for each query and visible key, in every batch and head.
/// Mask tensors hide nothing here. Nothing where a size, an offset or the number
/// of valid keys is unknown.
std::optional<double> countFlops(AttentionOp op);

/// The sum over the attentions in `function`; nothing if one is unknown or there
/// is none.
std::optional<double> countAttentionFlops(func::FuncOp function);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_ATTENTIONWORK_H
