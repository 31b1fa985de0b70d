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

  // t = max_s m_s,  decay = 2^(m - m'),  m' = max(m, t)
  Scalars outside(b, loc, type);
  Value noMax =
      filledLike(b, loc, type, getMax(), outside.negativeInfinity());
  Value largest = Loops(b, loc, type, rowDims, {split})(
      {{getPartialMax(), partialMax}}, {{noMax, max}},
      [&](Scalars &s, ValueRange args) {
        return SmallVector<Value>{s.runningMax(args[0], args[1])};
      })[0];
  auto raised = raiseMax(b, loc, type, queryDims, getMax(), max, largest);
  Value decay = raised.first, newMax = raised.second;

  // decay_s = 2^(m_s - m'), or -0 if m_s = -inf: the product of -0 and a sum of
  // nothing changes no sum, not even the sign of one that is -0.
  Value decays = Loops(b, loc, type, rowDims, {})(
      {{getPartialMax(), partialMax}, {newMax, max}},
      {{emptyLike(b, loc, type, getPartialMax()), partialMax}},
      [&](Scalars &s, ValueRange args) {
        Value decay = s.weight(s.sub(args[0], s.guard(args[1])));
        return SmallVector<Value>{
            s.select(s.equal(args[0], s.negativeInfinity()), s.constant(-0.0),
                     decay)};
      })[0];

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
