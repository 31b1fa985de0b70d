//===- Rescan.cpp - Rereading, one pair after the other ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rescan.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::recur;

Values mlir::recur::forEachInBatch(
    OpBuilder &b, Location loc, ArrayRef<Value> sizes, ValueRange values,
    function_ref<Values(OpBuilder &, ArrayRef<Value>, ValueRange)> body) {
  SmallVector<Value> indices;
  std::function<Values(OpBuilder &, ValueRange)> nest =
      [&](OpBuilder &b, ValueRange values) -> Values {
    if (indices.size() == sizes.size())
      return body(b, indices, values);
    Value end = sizes[indices.size()];
    return forEach(b, loc, createIndex(b, loc, 0), end, createIndex(b, loc, 1),
                   values, [&](OpBuilder &b, Value i, ValueRange values) {
                     indices.push_back(i);
                     Values results = nest(b, values);
                     indices.pop_back();
                     return results;
                   });
  };
  return nest(b, values);
}

namespace {
class Reread {
public:
  Reread(RescanOp op, ArrayRef<Value> batch) : op(op), place(batch) {
    place.append(2, Value());
  }

  Values getStates(OpBuilder &b, ValueRange all) {
    Values states;
    for (auto [i, state] : llvm::enumerate(all))
      states.push_back(sliceAt(b, op.getLoc(), state, op.getInitMap(i), place));
    return states;
  }
  Values setStates(OpBuilder &b, ValueRange all, ValueRange states) {
    Values updated;
    for (auto [i, state] : llvm::enumerate(states))
      updated.push_back(
          insertAt(b, op.getLoc(), state, all[i], op.getInitMap(i), place));
    return updated;
  }

  Values step(OpBuilder &b, Value t, Value j, ValueRange states) {
    return call(b, op.getStepBody(), t, j, states);
  }
  Values readInto(OpBuilder &b, Value t, ValueRange states, ValueRange outputs) {
    Values read(states);
    if (Block *body = op.getReadBody())
      read = call(b, body, t, /*j=*/Value(), states);
    Values updated;
    for (auto [i, output] : llvm::enumerate(outputs))
      updated.push_back(
          insertAt(b, op.getLoc(), read[i], output, op.getOutputMap(i), place));
    return updated;
  }

private:
  /// `body` on the inputs at (t, j), those of the history only if there is a j.
  Values call(OpBuilder &b, Block *body, Value t, Value j, ValueRange states) {
    place[op.getTimeDim()] = t;
    place[op.getHistoryDim()] = j;
    Values arguments;
    for (auto [i, input] : llvm::enumerate(op.getInputs()))
      if (j || !op.isHistoryInput(i))
        arguments.push_back(
            sliceAt(b, op.getLoc(), input, op.getInputMap(i), place));
    llvm::append_range(arguments, states);
    return cloneBody(
        b, body, arguments,
        [&](OpBuilder &, Location, unsigned dim) { return place[dim]; });
  }

  RescanOp op;
  Place place;
};
} // namespace

//   for t:  h = init, or what the token before left
//     for j <= t:  h = step(x_t, x_j, h)
//     y_t = read(x_t, h)
void mlir::recur::lowerRescan(RewriterBase &rewriter, RescanOp op) {
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  SmallVector<Value> sizes = llvm::map_to_vector(
      op.getLoopSizes(rewriter), [&](OpFoldResult size) {
        return getValueOrCreateConstantIndexOp(rewriter, loc, size);
      });
  Value length = sizes[op.getTimeDim()], history = sizes[op.getHistoryDim()];
  Value zero = createIndex(rewriter, loc, 0), one = createIndex(rewriter, loc, 1);
  unsigned outputs = op.getOutputs().size();
  bool chain = op.getBoundary() == Boundary::Chain;

  Values results = forEachInBatch(
      rewriter, loc, ArrayRef(sizes).take_front(op.getNumBatchDims()),
      op.getDpsInits(),
      [&](OpBuilder &b, ArrayRef<Value> batch, ValueRange all) {
        Reread reread(op, batch);
        ValueRange allStates = all.drop_front(outputs);
        Values init = reread.getStates(b, op.getInits());
        Values carried(all.take_front(outputs));
        llvm::append_range(carried, init);
        carried = forEach(
            b, loc, zero, length, one, carried,
            [&](OpBuilder &b, Value t, ValueRange values) {
              Value end = history;
              if (op.getHistory() == History::Prefix)
                end = arith::MinUIOp::create(
                    b, loc, arith::AddIOp::create(b, loc, t, one), history);
              Values states = forEach(
                  b, loc, zero, end, one,
                  chain ? values.drop_front(outputs) : ValueRange(init),
                  [&](OpBuilder &b, Value j, ValueRange states) {
                    return reread.step(b, t, j, states);
                  });
              Values written =
                  reread.readInto(b, t, states, values.take_front(outputs));
              llvm::append_range(written, states);
              return written;
            });
        Values finals = reread.setStates(b, allStates,
                                         ArrayRef(carried).drop_front(outputs));
        carried.truncate(outputs);
        llvm::append_range(carried, finals);
        return carried;
      });
  rewriter.replaceOp(op, results);
}
