//===- Sequence.cpp - One token after the other ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Schedules.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::recur;

//   h_t = step(x_t, h_{t-1})
//   y_t = read(x_t, h_t)          exclusive: read(x_t, h_{t-1})
Progress mlir::recur::emitSequence(OpBuilder &b, TokenView &view, Value begin,
                                   Value end, Progress progress) {
  Location loc = view.getLoc();
  Values carried = progress.outputs;
  llvm::append_range(carried, progress.states);
  unsigned outputs = progress.outputs.size();
  Values results = forEach(
      b, loc, begin, end, createIndex(b, loc, 1), carried,
      [&](OpBuilder &b, Value t, ValueRange values) {
        Values inputs = view.getInputs(b, t);
        ValueRange before = values.drop_front(outputs);
        Values written(values.take_front(outputs)), states;
        if (view.getOp().getExclusive()) {
          written = view.readInto(b, t, inputs, before, written);
          states = view.step(b, t, inputs, before);
        } else {
          states = view.step(b, t, inputs, before);
          written = view.readInto(b, t, inputs, states, written);
        }
        llvm::append_range(written, states);
        return written;
      });
  return {Values(ArrayRef(results).take_front(outputs)),
          Values(ArrayRef(results).drop_front(outputs))};
}
