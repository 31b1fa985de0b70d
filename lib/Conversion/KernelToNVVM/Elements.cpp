//===- Elements.cpp - Maps and reductions, register by register ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"
#include "Patterns.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::kernel;

namespace {

/// A copy of a body's operation; the power of 2 is the chip's own, whose
/// relative error of 2^-22 is far below that of a weight rounded for a product.
static void cloneScalar(OpBuilder &b, Operation *op, IRMapping &mapping) {
  auto power = dyn_cast<math::Exp2Op>(op);
  if (!power || !power.getType().isF32()) {
    b.clone(*op, mapping);
    return;
  }
  auto call = LLVM::CallIntrinsicOp::create(
      b, op->getLoc(), power.getType(),
      b.getStringAttr("llvm.nvvm.ex2.approx.ftz.f32"),
      ValueRange{mapping.lookupOrDefault(power.getOperand())});
  mapping.map(power.getResult(), call.getResults());
}

/// The register of a fragment of rows that has the row of register `number`.
static int64_t getRowRegister(LayoutAttr layout, int64_t number) {
  int64_t row = 0, unit = 1;
  for (const Digit &digit : layout.getRegisters()) {
    if (digit.column == 0) {
      row += number % digit.count * unit;
      unit *= digit.count;
    }
    number /= digit.count;
  }
  return row;
}

struct ConvertMap : OpConversionPattern<MapOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(MapOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    LayoutAttr layout =
        cast<FragmentType>(op.getResult(0).getType()).getLayout();
    Emitter e(rewriter, loc);
    Block &block = op.getBody().front();
    unsigned inputs = op.getInputs().size();
    Value row = block.getArgument(inputs),
          column = block.getArgument(inputs + 1);
    Value firstRow, firstColumn;
    if (!row.use_empty() || !column.use_empty()) {
      auto [rows, columns] = e.place(layout);
      firstRow = e.toIndex(rows);
      firstColumn = e.toIndex(columns);
    }
    SmallVector<SmallVector<Value>> results(op.getNumResults());
    for (int64_t i = 0; i < layout.getNumRegisters(); ++i) {
      IRMapping mapping;
      for (auto [input, registers, argument] : llvm::zip(
               op.getInputs(), adaptor.getInputs(), block.getArguments())) {
        bool isWhole =
            cast<FragmentType>(input.getType()).getLayout() == layout;
        mapping.map(argument,
                    registers[isWhole ? i : getRowRegister(layout, i)]);
      }
      auto [rowOffset, columnOffset] = layout.getPlace(i);
      if (!row.use_empty())
        mapping.map(row, e.add(firstRow, e.index(rowOffset)));
      if (!column.use_empty())
        mapping.map(column, e.add(firstColumn, e.index(columnOffset)));
      for (Operation &nested : block.without_terminator())
        cloneScalar(rewriter, &nested, mapping);
      for (auto [values, yielded] :
           llvm::zip(results, block.getTerminator()->getOperands()))
        values.push_back(mapping.lookupOrDefault(yielded));
    }
    rewriter.replaceOpWithMultiple(op, std::move(results));
    return success();
  }
};

/// In a thread the registers of a row one after the other, then lanes in pairs.
struct ConvertReduce : OpConversionPattern<ReduceOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ReduceOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    LayoutAttr layout = op.getInput().getType().getLayout();
    for (const Digit &digit : layout.getWarps())
      if (digit.column != 0 && digit.count != 1)
        return op.emitOpError(
            "combines columns that different warps have; use a "
            "layout whose warps have whole rows");
    Type element = op.getInput().getType().getElementType();
    if (!element.isF32())
      return op.emitOpError("combines elements of ")
             << element << ", but lanes exchange f32; convert them before";
    Emitter e(rewriter, loc);
    auto combine = [&](Value x, Value y) -> Value {
      if (op.getKind() == ReductionKind::Add)
        return arith::AddFOp::create(rewriter, loc, x, y);
      return LLVM::MaxNumOp::create(rewriter, loc, x, y);
    };
    ValueRange inits = adaptor.getInit();
    SmallVector<Value> partial(inits.size());
    for (auto [i, value] : llvm::enumerate(adaptor.getInput())) {
      Value &sofar = partial[getRowRegister(layout, i)];
      sofar = sofar ? combine(sofar, value) : value;
    }
    SmallVector<Value> results;
    for (auto [sofar, init] : llvm::zip_equal(partial, inits)) {
      int64_t unit = 1;
      for (const Digit &digit : layout.getLanes()) {
        for (int64_t bit = 1; digit.column != 0 && bit < digit.count; bit *= 2)
          sofar = combine(sofar, e.shuffle(sofar, bit * unit));
        unit *= digit.count;
      }
      results.push_back(combine(sofar, init));
    }
    rewriter.replaceOpWithMultiple(op, ArrayRef<SmallVector<Value>>{results});
    return success();
  }
};

} // namespace

void mlir::kernel::populateElementPatterns(const TypeConverter &types,
                                           RewritePatternSet &patterns) {
  patterns.add<ConvertMap, ConvertReduce>(types, patterns.getContext());
}
