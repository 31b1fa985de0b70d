//===- ChunkProducts.cpp - Products of chunks, carries, tokens ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Schedules.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::recur;

//   P_c = e_{cC} e_{cC+1} .. e_{cC+C-1}             each chunk by itself
//   H_0 = init, H_{c+1} = P_c . H_c                 one after the other
//   h_t = e_t . h_{t-1} from H_c                    each chunk by itself
Progress mlir::recur::emitChunkProducts(OpBuilder &b, TokenView &view,
                                        TokenView &stepView, Value length,
                                        int64_t chunk, Progress progress) {
  Location loc = view.getLoc();
  Value zero = createIndex(b, loc, 0), one = createIndex(b, loc, 1);
  Value size = createIndex(b, loc, chunk);
  Value count = arith::CeilDivUIOp::create(b, loc, length, size);
  auto getEnd = [&](OpBuilder &b, Value begin) -> Value {
    return arith::MinUIOp::create(
        b, loc, arith::AddIOp::create(b, loc, begin, size), length);
  };

  Values products = view.createProducts(b, count, progress.states);
  products = forEach(
      b, loc, zero, count, one, products,
      [&](OpBuilder &b, Value c, ValueRange products) {
        Value begin = arith::MulIOp::create(b, loc, c, size);
        // A chunk is never empty: no identity is needed.
        Values product = view.liftToProduct(b, begin, progress.states);
        product = forEach(
            b, loc, arith::AddIOp::create(b, loc, begin, one),
            getEnd(b, begin), one, product,
            [&](OpBuilder &b, Value t, ValueRange product) {
              return view.combine(b, product,
                                  view.liftToProduct(b, t, progress.states));
            });
        return TokenView::setProduct(b, loc, product, products, c);
      });

  Values carried = progress.outputs;
  llvm::append_range(carried, progress.states);
  unsigned outputs = progress.outputs.size();
  Values results = forEach(
      b, loc, zero, count, one, carried,
      [&](OpBuilder &b, Value c, ValueRange values) {
        Value begin = arith::MulIOp::create(b, loc, c, size);
        ValueRange carry = values.drop_front(outputs);
        Values next = view.apply(
            b, TokenView::getProduct(b, loc, products, c), carry);
        Progress done =
            emitSequence(b, stepView, begin, getEnd(b, begin),
                         {Values(values.take_front(outputs)), Values(carry)});
        llvm::append_range(done.outputs, next);
        return done.outputs;
      });
  return {Values(ArrayRef(results).take_front(outputs)),
          Values(ArrayRef(results).drop_front(outputs))};
}
