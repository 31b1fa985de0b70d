//===- DecomposeCombine.cpp - Partial states at a common maximum ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Decompose.h"

using namespace mlir;
using namespace mlir::attn;

FailureOr<SmallVector<Value>> CombineOp::decomposeOperation(OpBuilder &b) {
  Location loc = getLoc();
  FloatType type = getStateType();
  unsigned batch = getNumLoops() - 3, m = getQueryDim(), split = getSplitDim(),
           n = getValueDim();
  SmallVector<AffineMap> maps = getIndexingMapsArray();
  AffineMap partialMax = maps[0], partialSum = maps[1], partialAcc = maps[2],
            max = maps[3], sum = maps[4], acc = maps[5];
  SmallVector<unsigned> rowDims = withBatch(batch, {split, m}),
                        queryDims = withBatch(batch, {m});

  // m' = max(m, max_s m_s)
  Value newMax = Loops(b, loc, type, rowDims, {split})(
      {{getPartialMax(), partialMax}}, {{getMax(), max}},
      [&](Scalars &s, ValueRange args) {
        return SmallVector<Value>{s.runningMax(args[0], args[1])};
      })[0];

  // decay = 2^(m - m'),  decay_s = 2^(m_s - m')
  auto emptyLike = [&](Value value) -> Value {
    return tensor::EmptyOp::create(
        b, loc, tensor::getMixedSizes(b, loc, value), type);
  };
  auto getDecay = [&](Value before, AffineMap map, ArrayRef<unsigned> dims) {
    return Loops(b, loc, type, dims, {})(
        {{before, map}, {newMax, max}}, {{emptyLike(before), map}},
        [&](Scalars &s, ValueRange args) {
          return SmallVector<Value>{s.exp2(s.sub(args[0], s.guard(args[1])))};
        })[0];
  };
  Value decay = getDecay(getMax(), max, queryDims);
  Value decays = getDecay(getPartialMax(), partialMax, rowDims);

  // x' = decay * x + sum_s decay_s * x_s        for l and acc
  auto merge = [&](Operand state, Operand partial, ArrayRef<unsigned> dims,
                   ArrayRef<unsigned> partialDims) {
    Value decayed = Loops(b, loc, type, dims, {})(
        {{decay, max}}, {state}, [&](Scalars &s, ValueRange args) {
          return SmallVector<Value>{s.mul(args[0], args[1])};
        })[0];
    return Loops(b, loc, type, partialDims, {split})(
        {partial, {decays, partialMax}}, {{decayed, state.map}},
        [&](Scalars &s, ValueRange args) {
          return SmallVector<Value>{s.fma(args[0], args[1], args[2])};
        })[0];
  };
  bool lanesAreQueries = isQueryInnermost(acc, m);
  SmallVector<unsigned> accDims = lanesAreQueries ? withBatch(batch, {n, m})
                                                  : withBatch(batch, {m, n});
  SmallVector<unsigned> partialAccDims = accDims;
  partialAccDims.push_back(split);
  Value newSum = merge({getSum(), sum}, {getPartialSum(), partialSum},
                       queryDims, rowDims);
  Value newAcc = merge({getAcc(), acc}, {getPartialAcc(), partialAcc}, accDims,
                       partialAccDims);
  return SmallVector<Value>{newMax, newSum, newAcc};
}
