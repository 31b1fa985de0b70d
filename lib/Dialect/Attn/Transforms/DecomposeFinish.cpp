//===- DecomposeFinish.cpp - The division, and the log-sum-exp ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Decompose.h"

using namespace mlir;
using namespace mlir::attn;

FailureOr<SmallVector<Value>> FinishOp::decomposeOperation(OpBuilder &b) {
  Location loc = getLoc();
  FloatType type = getStateType();
  unsigned batch = getNumLoops() - 2, m = getQueryDim(), n = getValueDim();
  SmallVector<AffineMap> maps = getIndexingMapsArray();
  AffineMap max = maps[0], sum = maps[1], acc = maps[2], output = maps[3];
  SmallVector<unsigned> accDims = isQueryInnermost(acc, m)
                                      ? withBatch(batch, {n, m})
                                      : withBatch(batch, {m, n});

  // o = l == 0 ? 0 : acc / l. A product with 1 / l would be rounded twice.
  Type outputType = getElementTypeOrSelf(getOutputs()[0].getType());
  Value quotients = Loops(b, loc, type, accDims, {})(
      {{getAcc(), acc}, {getSum(), sum}}, {{getOutputs()[0], output}},
      [&](Scalars &s, ValueRange args) {
        Value zero = s.constant(0.0);
        Value quotient = s.select(s.equal(args[1], zero), zero,
                                  s.div(args[0], args[1]));
        return SmallVector<Value>{convertScalarToDtype(
            s.b, loc, quotient, outputType, /*isUnsignedCast=*/false)};
      })[0];
  SmallVector<Value> results = {quotients};

  // lse = l == 0 ? -inf : ln(2) * m + ln(l)
  if (hasLogSumExp())
    results.push_back(Loops(b, loc, type, withBatch(batch, {m}), {})(
        {{getMax(), max}, {getSum(), sum}}, {{getOutputs()[1], maps[4]}},
        [&](Scalars &s, ValueRange args) {
          Value lse = s.fma(args[0], s.constant(llvm::numbers::ln2),
                            s.log(args[1]));
          return SmallVector<Value>{
              s.select(s.equal(args[1], s.constant(0.0)), s.negativeInfinity(),
                       lse)};
        })[0]);
  return results;
}
