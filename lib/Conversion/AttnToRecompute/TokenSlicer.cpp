//===- TokenSlicer.cpp - The part of a function for some tokens ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TokenSlicer.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Values that tokens share
//===----------------------------------------------------------------------===//

Value Scope::get(Value shared) {
  if (Value seen = seenAs.lookup(shared))
    return seen;
  if (!function)
    return shared;
  Operation *op = shared.getDefiningOp();
  if (op && op->hasTrait<OpTrait::ConstantLike>()) {
    auto b = OpBuilder::atBlockBegin(&function.getBody().front());
    return seenAs[shared] =
               b.clone(*op)->getResult(cast<OpResult>(shared).getResultNumber());
  }
  arguments.push_back(shared);
  return seenAs[shared] = function.getBody().front().addArgument(
             shared.getType(), shared.getLoc());
}

RankedTensorType RewriteContext::getTileType(Value whole) const {
  auto type = cast<RankedTensorType>(whole.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[*stack.getTokenDim(whole)] = block;
  return RankedTensorType::get(shape, type.getElementType());
}

//===----------------------------------------------------------------------===//
// Slices along tokens
//===----------------------------------------------------------------------===//

namespace {
struct Tokens {
  SmallVector<OpFoldResult> offsets, sizes, strides;
};
} // namespace

static Tokens getTokens(OpBuilder &b, RankedTensorType type, unsigned dim,
                        Value first, OpFoldResult size) {
  Tokens tokens;
  for (int64_t extent : type.getShape())
    tokens.sizes.push_back(b.getIndexAttr(extent));
  tokens.offsets.assign(type.getRank(), b.getIndexAttr(0));
  tokens.strides.assign(type.getRank(), b.getIndexAttr(1));
  tokens.offsets[dim] = first;
  tokens.sizes[dim] = size;
  return tokens;
}

Value mlir::attn::extractTokens(OpBuilder &b, Location loc, Value whole,
                                unsigned dim, Value first, OpFoldResult size) {
  Tokens tokens = getTokens(b, cast<RankedTensorType>(whole.getType()), dim,
                            first, size);
  return tensor::ExtractSliceOp::create(b, loc, whole, tokens.offsets,
                                        tokens.sizes, tokens.strides);
}

Value mlir::attn::insertTokens(OpBuilder &b, Location loc, Value tile,
                               Value whole, unsigned dim, Value first,
                               OpFoldResult size) {
  Tokens tokens = getTokens(b, cast<RankedTensorType>(whole.getType()), dim,
                            first, size);
  return tensor::InsertSliceOp::create(b, loc, tile, whole, tokens.offsets,
                                       tokens.sizes, tokens.strides);
}

void mlir::attn::emitCount(OpBuilder &b, Location loc, StringRef name,
                           int64_t amount) {
  CountOp::create(b, loc, name, arith::ConstantIndexOp::create(b, loc, amount));
}

//===----------------------------------------------------------------------===//
// Slicing backwards
//===----------------------------------------------------------------------===//

Value TokenSlicer::get(Value whole) {
  if (!context.stack.getTokenDim(whole))
    return scope.get(whole);
  if (Value tile = tiles.lookup(whole))
    return tile;
  Operation *op = whole.getDefiningOp();
  DenseElementsAttr constant;
  if (!op || (matchPattern(op, m_Constant(&constant)) && !constant.isSplat()))
    return tiles[whole] = readInput(whole);
  slice(op);
  return tiles.lookup(whole);
}

OpFoldResult TokenSlicer::share(OpFoldResult size) {
  if (auto value = dyn_cast<Value>(size))
    return scope.get(value);
  return size;
}

SmallVector<OpFoldResult>
TokenSlicer::getTileSizes(ArrayRef<OpFoldResult> sizes,
                          std::optional<unsigned> tokenDim) {
  SmallVector<OpFoldResult> tile;
  for (auto [dim, size] : llvm::enumerate(sizes))
    tile.push_back(dim == tokenDim ? b.getIndexAttr(context.block)
                                   : share(size));
  return tile;
}

/// Tokens of an input. What a last block has beyond the end is zeros: no token
/// sees them, and nothing is written of them.
Value TokenSlicer::readInput(Value whole) {
  Location loc = whole.getLoc();
  unsigned dim = *context.stack.getTokenDim(whole);
  if (context.count && !hasReadInput)
    emitCount(b, loc, "disk_reads");
  hasReadInput = true;
  Value input = scope.get(whole);
  if (isWhole || context.hasWholeBlocks())
    return extractTokens(b, loc, input, dim, first,
                         b.getIndexAttr(context.block));
  RankedTensorType type = context.getTileType(whole);
  MaskAlgebra algebra(b, loc);
  Value size = algebra.materialize(
      algebra.min(algebra.constant(context.block),
                  algebra.sub(scope.get(context.length), first)));
  Value part = extractTokens(b, loc, input, dim, first, size);
  Value zero = arith::ConstantOp::create(b, loc,
                                         b.getZeroAttr(type.getElementType()));
  Value empty = tensor::EmptyOp::create(b, loc, type.getShape(),
                                        type.getElementType());
  Value zeros = linalg::FillOp::create(b, loc, zero, empty).getResult(0);
  return insertTokens(b, loc, part, zeros, dim,
                      arith::ConstantIndexOp::create(b, loc, 0), size);
}

void TokenSlicer::slice(Operation *op) {
  Location loc = op->getLoc();
  auto getTokenDim = [&](Value value) { return context.stack.getTokenDim(value); };
  auto operand = [&] { return get(op->getOperand(0)); };
  auto getType = [&] { return context.getTileType(op->getResult(0)); };
  auto shareAll = [&](ArrayRef<OpFoldResult> sizes) {
    return getTileSizes(sizes, std::nullopt);
  };

  Value tile =
      TypeSwitch<Operation *, Value>(op)
          .Case<tensor::EmptyOp>([&](auto empty) {
            return tensor::EmptyOp::create(
                b, loc,
                getTileSizes(empty.getMixedSizes(), getTokenDim(empty)),
                empty.getType().getElementType());
          })
          .Case<arith::ConstantOp>([&](auto constant) {
            return arith::ConstantOp::create(
                b, loc,
                cast<DenseElementsAttr>(constant.getValue())
                    .resizeSplat(getType()));
          })
          .Case<tensor::ExpandShapeOp>([&](auto reshape) {
            return tensor::ExpandShapeOp::create(
                b, loc, getType(), operand(),
                reshape.getReassociationIndices(),
                getTileSizes(reshape.getMixedOutputShape(),
                             getTokenDim(reshape.getResult())));
          })
          .Case<tensor::ExtractSliceOp>([&](auto slice) {
            return tensor::ExtractSliceOp::create(
                b, loc, getType(), operand(),
                shareAll(slice.getMixedOffsets()),
                getTileSizes(slice.getMixedSizes(),
                             getTokenDim(slice.getSource())),
                shareAll(slice.getMixedStrides()));
          })
          .Case<tensor::InsertSliceOp>([&](auto insert) {
            return tensor::InsertSliceOp::create(
                b, loc, operand(), get(insert.getDest()),
                shareAll(insert.getMixedOffsets()),
                getTileSizes(insert.getMixedSizes(),
                             getTokenDim(insert.getDest())),
                shareAll(insert.getMixedStrides()));
          })
          .Default([](Operation *) { return nullptr; });
  if (tile) {
    set(op->getResult(0), tile);
    return;
  }

  // What does not know sizes but those of its operands.
  IRMapping mapping;
  for (Value value : op->getOperands())
    mapping.map(value, get(value));
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  for (Value value : captured)
    mapping.map(value, scope.get(value));
  Operation *copy = b.clone(*op, mapping);
  for (auto [whole, part] : llvm::zip(op->getResults(), copy->getResults())) {
    part.setType(context.getTileType(whole));
    set(whole, part);
  }
  auto structured = dyn_cast<linalg::LinalgOp>(copy);
  auto loop = context.stack.getTokenLoop(op);
  if (structured && loop && structured.hasIndexSemantics()) {
    SmallVector<OpFoldResult> offsets(structured.getNumLoops(),
                                      b.getIndexAttr(0));
    offsets[*loop] = first;
    linalg::offsetIndices(b, structured, offsets);
  }
}
