//===- AttentionWork.cpp - How much an attention computes ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/AttentionWork.h"

using namespace mlir;
using namespace mlir::attn;

/// The keys of `interval` that there are.
static std::pair<int64_t, int64_t> clip(MaskAlgebra::Interval interval,
                                        int64_t keys) {
  int64_t begin =
      std::max<int64_t>(0, *MaskAlgebra::getConstant(interval.begin));
  int64_t end = std::min(keys, *MaskAlgebra::getConstant(interval.end));
  return {begin, std::max(begin, end)};
}

static int64_t countVisibleKeys(MaskAttrInterface mask, MaskAlgebra &algebra,
                                int64_t query, int64_t keys) {
  MaskAlgebra::Interval row{algebra.constant(query),
                            algebra.constant(query + 1)};
  auto [begin, end] = clip(mask.getVisibleKeys(algebra, row), keys);
  auto [fullBegin, fullEnd] = clip(mask.getFullKeys(algebra, row), keys);
  if (fullBegin <= begin && end <= fullEnd)
    return end - begin;
  // Both intervals are bounds: what lies between them is asked one by one.
  int64_t visible = 0;
  for (int64_t key = begin; key < end; ++key)
    visible += *MaskAlgebra::getConstant(mask.isVisible(
                   algebra, row.begin, algebra.constant(key))) != 0;
  return visible;
}

double mlir::attn::countVisiblePairs(MaskAttrInterface mask, int64_t queries,
                                     int64_t keys, int64_t queryOffset) {
  if (!mask)
    return double(queries) * keys;
  MaskAlgebra algebra(mask.getContext());
  double pairs = 0;
  for (int64_t i = 0; i < queries; ++i)
    pairs += countVisibleKeys(mask, algebra, i + queryOffset, keys);
  return pairs;
}

std::optional<double> mlir::attn::countFlops(AttentionOp op) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  if (llvm::any_of(ranges, ShapedType::isDynamic))
    return std::nullopt;
  int64_t keys = ranges[op.getKeyDim()];
  if (op.getValidKeys()) {
    std::optional<int64_t> valid = getConstantIntValue(op.getValidKeys());
    if (!valid)
      return std::nullopt;
    keys = std::clamp<int64_t>(*valid, 0, keys);
  }
  std::optional<int64_t> offset = 0;
  if (op.getQueryOffset())
    offset = getConstantIntValue(op.getQueryOffset());
  if (op.getMaskAttr() && !offset)
    return std::nullopt;
  double rows = 1;
  for (unsigned i = 0; i < op.getNumBatchDims(); ++i)
    rows *= ranges[i];
  return 2.0 * rows *
         countVisiblePairs(op.getMaskAttr(), ranges[op.getQueryDim()], keys,
                           offset.value_or(0)) *
         (ranges[op.getFeatureDim()] + ranges[op.getValueDim()]);
}

std::optional<double>
mlir::attn::countAttentionFlops(func::FuncOp function) {
  std::optional<double> sum;
  WalkResult known = function.walk([&](AttentionOp op) {
    std::optional<double> flops = countFlops(op);
    if (!flops)
      return WalkResult::interrupt();
    sum = sum.value_or(0) + *flops;
    return WalkResult::advance();
  });
  return known.wasInterrupted() ? std::nullopt : sum;
}
