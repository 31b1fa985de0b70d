//===- Emitter.h - Values of one thread of a block -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_KERNELTONVVM_EMITTER_H
#define ATTN_LIB_CONVERSION_KERNELTONVVM_EMITTER_H

#include "attn/Dialect/Kernel/IR/Kernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

namespace mlir::kernel {

/// Emits what a thread computes: 32-bit arithmetic for places in shared memory,
/// `index` for positions in arrays.
class Emitter {
public:
  Emitter(OpBuilder &b, Location loc) : b(b), loc(loc) {}

  Value i32(int64_t value) {
    return arith::ConstantIntOp::create(b, loc, value, 32);
  }
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, loc, x, y); }
  Value add(Value x, int64_t y) { return y == 0 ? x : add(x, i32(y)); }
  Value sub(Value x, Value y) { return arith::SubIOp::create(b, loc, x, y); }
  Value mul(Value x, int64_t y) {
    return y == 1 ? x : arith::MulIOp::create(b, loc, x, i32(y));
  }
  Value div(Value x, int64_t y) {
    return y == 1 ? x : arith::DivUIOp::create(b, loc, x, i32(y));
  }
  Value rem(Value x, int64_t y) {
    return arith::RemUIOp::create(b, loc, x, i32(y));
  }
  Value exclusiveOr(Value x, Value y) {
    return arith::XOrIOp::create(b, loc, x, y);
  }
  Value logicalAnd(Value x, Value y) {
    return arith::AndIOp::create(b, loc, x, y);
  }
  Value logicalOr(Value x, Value y) {
    return arith::OrIOp::create(b, loc, x, y);
  }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(b, loc, predicate, x, y);
  }
  Value toIndex(Value x) {
    return arith::IndexCastUIOp::create(b, loc, b.getIndexType(), x);
  }
  Value toI32(Value index) {
    return arith::IndexCastOp::create(b, loc, b.getI32Type(), index);
  }

  Value thread() { return NVVM::ThreadIdXOp::create(b, loc, b.getI32Type()); }
  Value lane() { return rem(thread(), 32); }
  Value warp() { return div(thread(), 32); }

  /// Row and column that this thread's registers begin at.
  std::pair<Value, Value> place(LayoutAttr layout) {
    Value row = i32(0), column = i32(0);
    auto addDigits = [&](Value number, ArrayRef<Digit> digits) {
      int64_t unit = 1;
      for (const Digit &digit : digits) {
        Value value = rem(div(number, unit), digit.count);
        unit *= digit.count;
        if (digit.row)
          row = add(row, mul(value, digit.row));
        if (digit.column)
          column = add(column, mul(value, digit.column));
      }
    };
    addDigits(lane(), layout.getLanes());
    addDigits(warp(), layout.getWarps());
    return {row, column};
  }

  /// `address` and `bytes` more.
  Value advance(Value address, Value bytes) {
    return LLVM::GEPOp::create(b, loc, address.getType(), b.getI8Type(),
                               address, ArrayRef<LLVM::GEPArg>{bytes});
  }
  Value advance(Value address, int64_t bytes) {
    if (bytes == 0)
      return address;
    return LLVM::GEPOp::create(
        b, loc, address.getType(), b.getI8Type(), address,
        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(bytes)});
  }

  /// Bytes from a tile's beginning to the chunk of 16 bytes `chunk` of `row`.
  Value chunkOffset(TileType tile, Value row, Value chunk) {
    Value place = exclusiveOr(chunk, rem(row, tile.getSwizzle()));
    return add(mul(row, tile.getRowBytes()), mul(place, 16));
  }
  /// The address of a stage, an index.
  Value stageAddress(TileType tile, Value base, Value stage) {
    return advance(base, mul(toI32(stage), tile.getStageBytes()));
  }

  /// The value of the lane whose number differs by `mask`.
  Value shuffle(Value value, int64_t mask) {
    return NVVM::ShflOp::create(b, loc, value.getType(), i32(-1), value,
                                i32(mask), i32(31), NVVM::ShflKind::bfly,
                                UnitAttr());
  }

  OpBuilder &b;
  Location loc;
};

} // namespace mlir::kernel

#endif // ATTN_LIB_CONVERSION_KERNELTONVVM_EMITTER_H
