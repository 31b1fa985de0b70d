//===- Tree.cpp - All products by a work-efficient tree ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Schedules.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::recur;

/// For level l, with s = 2^l: P_i = P_{i-s} P_i for i = first(s), + 2s, ..
static Values emitLevel(OpBuilder &b, TokenView &view, Value level,
                        int64_t first, Value length, ValueRange products) {
  Location loc = view.getLoc();
  Value one = createIndex(b, loc, 1);
  Value s = arith::ShLIOp::create(b, loc, one, level);
  Value stride = arith::ShLIOp::create(b, loc, s, one);
  Value begin = arith::SubIOp::create(
      b, loc,
      arith::MulIOp::create(b, loc, s, createIndex(b, loc, first)), one);
  return forEach(
      b, loc, begin, length, stride, products,
      [&](OpBuilder &b, Value i, ValueRange products) {
        Value before = arith::SubIOp::create(b, loc, i, s);
        Values product =
            view.combine(b, TokenView::getEntry(b, loc, products, before),
                         TokenView::getEntry(b, loc, products, i));
        return TokenView::setEntry(b, loc, product, products, i);
      });
}

// Up: pairs, pairs of pairs, ...; down: what lies between them. Source: Brent
// and Kung 1982; 2 L products in 2 log2(L) levels.
Progress mlir::recur::emitTree(OpBuilder &b, TokenView &view, Value length,
                               Progress progress) {
  Location loc = view.getLoc();
  Value zero = createIndex(b, loc, 0), one = createIndex(b, loc, 1);
  Values products = view.createProducts(b, length, progress.states);
  products = forEach(b, loc, zero, length, one, products,
                     [&](OpBuilder &b, Value t, ValueRange products) {
                       return TokenView::setEntry(
                           b, loc, view.liftToProduct(b, t, progress.states),
                           products, t);
                     });

  // Levels l with 2^l < length: the bits of length - 1.
  Value bits = createIndex(b, loc, 64);
  Value last = arith::SubIOp::create(
      b, loc, arith::MaxUIOp::create(b, loc, length, one), one);
  Value wide = arith::IndexCastUIOp::create(b, loc, b.getI64Type(), last);
  Value unused = arith::IndexCastUIOp::create(
      b, loc, b.getIndexType(), math::CountLeadingZerosOp::create(b, loc, wide));
  Value levels = arith::SubIOp::create(b, loc, bits, unused);
  products = forEach(b, loc, zero, levels, one, products,
                     [&](OpBuilder &b, Value level, ValueRange products) {
                       return emitLevel(b, view, level, 2, length, products);
                     });
  products = forEach(
      b, loc, zero, levels, one, products,
      [&](OpBuilder &b, Value i, ValueRange products) {
        Value level = arith::SubIOp::create(
            b, loc, arith::SubIOp::create(b, loc, levels, one), i);
        return emitLevel(b, view, level, 3, length, products);
      });

  Values carried = progress.outputs;
  llvm::append_range(carried, progress.states);
  unsigned outputs = progress.outputs.size();
  Values results = forEach(
      b, loc, zero, length, one, carried,
      [&](OpBuilder &b, Value t, ValueRange values) {
        // The state before token t; the one after it.
        ValueRange before = values.drop_front(outputs);
        Values after =
            view.apply(b, TokenView::getEntry(b, loc, products, t),
                       progress.states);
        Values written = view.readInto(
            b, t, view.getInputs(b, t),
            view.getOp().getExclusive() ? before : ValueRange(after),
            values.take_front(outputs));
        llvm::append_range(written, after);
        return written;
      });
  return {Values(ArrayRef(results).take_front(outputs)),
          Values(ArrayRef(results).drop_front(outputs))};
}
