//===- TokenView.h - A recurrence seen at one token -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_RECURTOSCF_TOKENVIEW_H
#define ATTN_LIB_CONVERSION_RECURTOSCF_TOKENVIEW_H

#include "attn/Dialect/Recur/IR/Recur.h"

namespace mlir::recur {

using Values = SmallVector<Value>;

/// for i in [begin, end) step `step`: values = body(i, values)
Values forEach(OpBuilder &b, Location loc, Value begin, Value end, Value step,
               ValueRange values,
               function_ref<Values(OpBuilder &, Value, ValueRange)> body);

Value createIndex(OpBuilder &b, Location loc, int64_t value);

/// A place of an iteration space: an index for each dimension; null for a batch
/// dimension of which all is taken.
using Place = SmallVector<Value>;

/// What `operand` is there: a number, or a tensor of the dimensions that the
/// place leaves open.
Value sliceAt(OpBuilder &b, Location loc, Value operand, AffineMap map,
              ArrayRef<Value> place);
/// `operand` with `value` there.
Value insertAt(OpBuilder &b, Location loc, Value value, Value operand,
               AffineMap map, ArrayRef<Value> place);

/// Clones `body`; `getIndex` gives what recur.index of a dimension means there.
Values cloneBody(
    OpBuilder &b, Block *body, ValueRange arguments,
    function_ref<Value(OpBuilder &, Location, unsigned)> getIndex);

/// One recurrence at one place of its batch, or at all of the batch at once
/// where its cell works on numbers: vector lanes are then elements of the batch.
class TokenView {
public:
  /// Whether all of the batch can be taken at once.
  static bool canTakeWholeBatch(ScanOp op);

  /// `batch`: an index for each batch dimension, or null.
  TokenView(ScanOp op, ArrayRef<Value> batch);

  ScanOp getOp() const { return op; }
  Location getLoc() { return op.getLoc(); }

  /// Slices of all inputs at token `t`, counted in the order of the scan.
  Values getInputs(OpBuilder &b, Value t);
  /// The states in the tensors of all states, and these with new ones.
  Values getStates(OpBuilder &b, ValueRange all);
  Values setStates(OpBuilder &b, ValueRange all, ValueRange states);

  Values step(OpBuilder &b, Value t, ValueRange inputs, ValueRange states);
  /// The outputs with what `read` gives at token t.
  Values readInto(OpBuilder &b, Value t, ValueRange inputs, ValueRange states,
                  ValueRange outputs);

  //===--------------------------------------------------------------------===//
  // The monoid, named or by its combine region
  //===--------------------------------------------------------------------===//

  /// The product that token t is. `states` gives shapes.
  Values liftToProduct(OpBuilder &b, Value t, ValueRange states);
  /// p, then q.
  Values combine(OpBuilder &b, ValueRange p, ValueRange q);
  /// The states after a product.
  Values apply(OpBuilder &b, ValueRange product, ValueRange states);

  /// Tensors for `count` products or states, and access to one of them.
  Values createProducts(OpBuilder &b, Value count, ValueRange states);
  Values createStates(OpBuilder &b, Value count, ValueRange states);
  static Values getEntry(OpBuilder &b, Location loc, ValueRange all, Value i);
  static Values setEntry(OpBuilder &b, Location loc, ValueRange one,
                         ValueRange all, Value i);

  //===--------------------------------------------------------------------===//
  // Parts of the sequence
  //===--------------------------------------------------------------------===//

  /// A view of tokens [begin, end) whose outputs are `sliceOutputs` of the whole
  /// ones: what these tokens write, and nothing else.
  TokenView getPart(OpBuilder &b, Value begin, Value end);
  struct Slice {
    SmallVector<OpFoldResult> offsets, sizes;
  };
  Slice getOutputSlice(OpBuilder &b, unsigned i, Value output);
  Values sliceOutputs(OpBuilder &b, ValueRange outputs);

private:
  bool takesWholeBatch() const { return !batch.empty() && !batch.front(); }
  /// The place of token t; of the whole sequence if t is null.
  Place getPlace(OpBuilder &b, Value t);
  /// The same in the outputs, which may be a part.
  Place getOutputPlace(OpBuilder &b, Value t);
  Value getLength(OpBuilder &b);
  /// Maps of inputs (and then states) over the batch alone.
  SmallVector<AffineMap> getBatchMaps(unsigned states) const;
  Values call(OpBuilder &b, Block *body, Value t, ValueRange arguments,
              ArrayRef<AffineMap> maps, ValueRange outs);
  MonoidAttrInterface getMonoid() const;
  Values createEmpty(OpBuilder &b, TypeRange slices, ValueRange states);

  ScanOp op;
  SmallVector<Value> batch;
  /// Along the tokens as they lie in memory, if not all outputs are here.
  Value partBegin, partSize;
};

} // namespace mlir::recur

#endif // ATTN_LIB_CONVERSION_RECURTOSCF_TOKENVIEW_H
