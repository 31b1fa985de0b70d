//===- ProductBlocks.cpp - A product as loops over blocks ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProductBlocks.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

class BlockEmitter {
public:
  BlockEmitter(OpBuilder &b, Product &product, const BlockSizes &blocks)
      : b(b), product(product), op(product.op), loc(op.getLoc()),
        blocks(blocks) {
    for (auto [i, size] : llvm::enumerate(op.getStaticLoopRanges())) {
      offsets.push_back(b.getIndexAttr(0));
      sizes.push_back(ShapedType::isDynamic(size) ? getDynamicSize(i)
                                                  : b.getIndexAttr(size));
    }
  }

  Value run() {
    Value result = op.getDpsInits()[0];
    if (product.prologue)
      result = product.prologue->op.getDpsInits()[0];
    else if (product.fill)
      result = product.fill.output();
    if (product.epilogue &&
        product.epilogue->getInitNumber(0) != product.epilogue->shared &&
        (product.fill || product.prologue))
      result = product.epilogue->op.getDpsInits()[0];
    return forSteps(product.aroundColumns, result, [&](Value result) {
      return forBlocks(product.n, blocks.columns, result,
                       [&](Value result) { return emitReduction(result); });
    });
  }

private:
  using Body = function_ref<Value(Value)>;

  OpFoldResult getDynamicSize(unsigned dim) {
    for (OpOperand &operand : op->getOpOperands()) {
      AffineMap map = op.getMatchingIndexingMap(&operand);
      for (unsigned i = 0; i < map.getNumResults(); ++i)
        if (map.getDimPosition(i) == dim)
          return tensor::getMixedSize(b, loc, operand.get(), i);
    }
    llvm_unreachable("a loop that no operand bounds");
  }

  //===--------------------------------------------------------------------===//
  // Loops
  //===--------------------------------------------------------------------===//

  Value toValue(OpFoldResult value) {
    return getValueOrCreateConstantIndexOp(b, loc, value);
  }

  /// result = body(result) for each block of `dim`.
  Value forBlocks(unsigned dim, int64_t block, Value result, Body body) {
    OpFoldResult size = sizes[dim];
    std::optional<int64_t> known = getConstantIntValue(size);
    if (known && *known <= block)
      return body(result);
    Value step = arith::ConstantIndexOp::create(b, loc, block);
    auto loop = scf::ForOp::create(b, loc, toValue(b.getIndexAttr(0)),
                                   toValue(size), step, result);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value index = loop.getInductionVar();
    offsets[dim] = index;
    sizes[dim] = b.getIndexAttr(block);
    if (block != 1 && (!known || *known % block != 0)) {
      AffineExpr i, n;
      bindDims(b.getContext(), i);
      bindSymbols(b.getContext(), n);
      sizes[dim] = affine::makeComposedFoldedAffineMin(
          b, loc,
          AffineMap::get(1, 1, {b.getAffineConstantExpr(block), n - i},
                         b.getContext()),
          {index, size});
    }
    scf::YieldOp::create(b, loc, body(loop.getRegionIterArgs()[0]));
    offsets[dim] = b.getIndexAttr(0);
    sizes[dim] = size;
    return loop.getResult(0);
  }

  Value forSteps(ArrayRef<unsigned> dims, Value result, Body body) {
    if (dims.empty())
      return body(result);
    return forBlocks(dims.front(), 1, result, [&](Value result) {
      return forSteps(dims.drop_front(), result, body);
    });
  }

  Value emitReduction(Value result) {
    return forSteps(product.aroundReduction, result, [&](Value result) {
      return forBlocks(product.k, blocks.reduction, result, [&](Value result) {
        Value panel = pack(product.columns, product.k, product.n);
        return forSteps(product.aroundRows, result, [&](Value result) {
          return forBlocks(product.m, blocks.rows, result, [&](Value result) {
            return emitBlock(panel, result);
          });
        });
      });
    });
  }

  //===--------------------------------------------------------------------===//
  // Blocks
  //===--------------------------------------------------------------------===//

  /// The block of an operand that is indexed by `map`.
  Value slice(Value tensor, AffineMap map) {
    if (!isa<RankedTensorType>(tensor.getType()) || map.getNumResults() == 0)
      return tensor;
    auto [at, extents] = getSlice(map);
    SmallVector<OpFoldResult> ones(at.size(), b.getIndexAttr(1));
    return tensor::ExtractSliceOp::create(b, loc, tensor, at, extents, ones);
  }
  std::pair<SmallVector<OpFoldResult>, SmallVector<OpFoldResult>>
  getSlice(AffineMap map) {
    SmallVector<OpFoldResult> at, extents;
    for (unsigned i = 0; i < map.getNumResults(); ++i) {
      at.push_back(offsets[map.getDimPosition(i)]);
      extents.push_back(sizes[map.getDimPosition(i)]);
    }
    return {at, extents};
  }

  /// A block as a matrix in two dimensions, in the order that `map` has them
  /// in.
  Value sliceMatrix(Value tensor, AffineMap map, unsigned one, unsigned other) {
    auto [at, extents] = getSlice(map);
    SmallVector<int64_t> shape;
    for (unsigned i = 0; i < map.getNumResults(); ++i) {
      unsigned dim = map.getDimPosition(i);
      if (dim == one || dim == other)
        shape.push_back(
            getConstantIntValue(extents[i]).value_or(ShapedType::kDynamic));
    }
    SmallVector<OpFoldResult> ones(at.size(), b.getIndexAttr(1));
    auto type =
        RankedTensorType::get(shape, getElementTypeOrSelf(tensor.getType()));
    return tensor::ExtractSliceOp::create(b, loc, type, tensor, at, extents,
                                          ones);
  }

  /// The operand's place in the result of `map`: (one, other) or (other, one).
  AffineMap getMatrixMap(AffineMap map, unsigned one, unsigned other,
                         ArrayRef<unsigned> dims) {
    SmallVector<AffineExpr> results;
    for (unsigned i = 0; i < map.getNumResults(); ++i)
      for (unsigned j = 0; j < dims.size(); ++j)
        if (map.getDimPosition(i) == dims[j] &&
            (dims[j] == one || dims[j] == other))
          results.push_back(b.getAffineDimExpr(j));
    return AffineMap::get(dims.size(), 0, results, b.getContext());
  }

  /// The type that the body widens an operand to before it does anything else.
  Type getWideType(OpOperand *operand) {
    BlockArgument argument = op.getMatchingBlockArgument(operand);
    if (argument.hasOneUse())
      if (auto widened = dyn_cast<arith::ExtFOp>(*argument.user_begin()))
        return widened.getType();
    return argument.getType();
  }

  /// A copy of a block of an operand, as a matrix of wide elements.
  Value pack(OpOperand *operand, unsigned row, unsigned column) {
    AffineMap map = op.getMatchingIndexingMap(operand);
    Value source = sliceMatrix(operand->get(), map, row, column);
    Type type = getWideType(operand);
    Value empty = tensor::EmptyOp::create(
        b, loc, ArrayRef<OpFoldResult>{sizes[row], sizes[column]}, type);
    SmallVector<utils::IteratorType> loops(2, utils::IteratorType::parallel);
    AffineMap maps[] = {getMatrixMap(map, row, column, {row, column}),
                        b.getMultiDimIdentityMap(2)};
    return linalg::GenericOp::create(
               b, loc, empty.getType(), source, empty, maps, loops,
               [&](OpBuilder &b, Location loc, ValueRange arguments) {
                 Value value = arguments[0];
                 if (value.getType() != type)
                   value = arith::ExtFOp::create(b, loc, type, value);
                 linalg::YieldOp::create(b, loc, value);
               })
        .getResult(0);
  }

  /// Whether the loop over the reduction, and those around it, are at their
  /// first (last) step; null if they have one.
  Value isAtEnd(bool first) {
    Value isThere;
    SmallVector<unsigned> dims(product.aroundReduction);
    dims.push_back(product.k);
    for (unsigned dim : dims) {
      auto index = dyn_cast<Value>(offsets[dim]);
      if (!index)
        continue;
      auto loop = cast<scf::ForOp>(
          cast<BlockArgument>(index).getOwner()->getParentOp());
      Value at = index, end = loop.getLowerBound();
      if (!first) {
        at = arith::AddIOp::create(b, loc, index, loop.getStep());
        end = loop.getUpperBound();
      }
      Value here = arith::CmpIOp::create(
          b, loc, first ? arith::CmpIPredicate::eq : arith::CmpIPredicate::sge,
          at, end);
      isThere =
          isThere ? Value(arith::AndIOp::create(b, loc, isThere, here)) : here;
    }
    return isThere;
  }

  Value onlyIf(Value condition, Value block, Body body) {
    if (!condition)
      return body(block);
    return scf::IfOp::create(
               b, loc, condition,
               [&](OpBuilder &, Location) {
                 scf::YieldOp::create(b, loc, body(block));
               },
               [&](OpBuilder &, Location) {
                 scf::YieldOp::create(b, loc, block);
               })
        .getResult(0);
  }

  /// `fused` on one block, which its result replaces.
  Value emitFused(FusedBody fused, Value block) {
    unsigned init = fused.getInitNumber(0);
    SmallVector<Value> operands;
    for (auto [i, map] : llvm::enumerate(fused.maps))
      operands.push_back(i == init ? block
                         : i == fused.shared
                             ? Value()
                             : slice(fused.op->getOperand(i), map));
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    for (unsigned i = 0; i < init; ++i)
      if (operands[i]) {
        inputs.push_back(operands[i]);
        maps.push_back(fused.op.getIndexingMapsArray()[i]);
      }
    maps.push_back(fused.op.getIndexingMapsArray()[init]);
    auto generic = linalg::GenericOp::create(
        b, loc, block.getType(), inputs, block, maps,
        fused.op.getIteratorTypesArray(),
        [&](OpBuilder &b, Location, ValueRange arguments) {
          IRMapping mapping;
          unsigned next = 0;
          for (BlockArgument argument : fused.op.getBlock()->getArguments()) {
            unsigned i = argument.getArgNumber();
            mapping.map(argument, i == init || i == fused.shared
                                      ? arguments.back()
                                      : arguments[next++]);
          }
          for (Operation &nested : *fused.op.getBlock()) {
            Operation *copy = b.clone(nested, mapping);
            if (auto index = dyn_cast<linalg::IndexOp>(copy))
              mapping.map(nested.getResult(0),
                          shift(b, index, fused.dims[index.getDim()]));
          }
        });
    return generic.getResult(0);
  }

  /// An index of a block as one of the whole.
  Value shift(OpBuilder &b, Value index, unsigned dim) {
    auto offset = dyn_cast<Value>(offsets[dim]);
    return offset ? arith::AddIOp::create(b, loc, index, offset) : index;
  }

  /// C[m, n] += A[m, k] panel, from what it starts with to what is made of it.
  Value emitBlock(Value panel, Value result) {
    AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    Value block = slice(result, map);
    if (product.fill || product.prologue)
      block = onlyIf(isAtEnd(/*first=*/true), block, [&](Value block) {
        if (product.prologue)
          return emitFused(*product.prologue, block);
        return linalg::FillOp::create(b, loc, product.fill.value(), block)
            .getResult(0);
      });
    block = emitProduct(panel, block);
    if (product.epilogue)
      block = onlyIf(isAtEnd(/*first=*/false), block, [&](Value block) {
        return emitFused(*product.epilogue, block);
      });
    auto [at, extents] = getSlice(map);
    SmallVector<OpFoldResult> ones(at.size(), b.getIndexAttr(1));
    return tensor::InsertSliceOp::create(b, loc, block, result, at, extents,
                                         ones);
  }

  Value emitProduct(Value panel, Value block) {
    unsigned m = product.m, n = product.n, k = product.k;
    AffineMap rowsMap = op.getMatchingIndexingMap(product.rows);
    AffineMap resultMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    bool widens = getWideType(product.rows) !=
                  op.getMatchingBlockArgument(product.rows).getType();
    Value rows = widens ? pack(product.rows, m, k)
                        : sliceMatrix(product.rows->get(), rowsMap, m, k);
    AffineMap maps[] = {
        widens ? AffineMap::getMultiDimMapWithTargets(3, {0, 2}, b.getContext())
               : getMatrixMap(rowsMap, m, k, {m, n, k}),
        AffineMap::getMultiDimMapWithTargets(3, {2, 1}, b.getContext()),
        AffineMap::getMultiDimMapWithTargets(3, {0, 1}, b.getContext())};
    // The block without its dimensions of size one.
    Value matrix = block;
    bool isMatrix = resultMap.getNumResults() == 2;
    SmallVector<OpFoldResult> at, extents, ones;
    if (!isMatrix) {
      extents = getSlice(resultMap).second;
      at.assign(extents.size(), b.getIndexAttr(0));
      ones.assign(extents.size(), b.getIndexAttr(1));
      SmallVector<int64_t> shape;
      for (unsigned dim : {m, n})
        shape.push_back(
            getConstantIntValue(sizes[dim]).value_or(ShapedType::kDynamic));
      matrix = tensor::ExtractSliceOp::create(
          b, loc,
          RankedTensorType::get(shape, getElementTypeOrSelf(block.getType())),
          block, at, extents, ones);
    }
    SmallVector<utils::IteratorType> loops(3, utils::IteratorType::parallel);
    loops[2] = utils::IteratorType::reduction;
    Value sum = linalg::GenericOp::create(
                    b, loc, matrix.getType(), ValueRange{rows, panel}, matrix,
                    maps, loops,
                    [&](OpBuilder &b, Location, ValueRange arguments) {
                      emitBody(b, arguments);
                    })
                    .getResult(0);
    return isMatrix ? sum
                    : tensor::InsertSliceOp::create(b, loc, sum, block, at,
                                                    extents, ones)
                          .getResult();
  }

  /// The product's body, short of what packing has done.
  void emitBody(OpBuilder &b, ValueRange arguments) {
    IRMapping mapping;
    auto map = [&](OpOperand *operand, Value argument) {
      BlockArgument old = op.getMatchingBlockArgument(operand);
      mapping.map(old, argument);
      if (argument.getType() != old.getType())
        mapping.map((*old.user_begin())->getResult(0), argument);
    };
    map(product.rows, arguments[0]);
    map(product.columns, arguments[1]);
    map(op.getDpsInitOperand(0), arguments[2]);
    for (Operation &nested : *op.getBlock()) {
      if (nested.getNumResults() && mapping.contains(nested.getResult(0)))
        continue;
      if (auto yield = dyn_cast<linalg::YieldOp>(nested))
        linalg::YieldOp::create(b, loc,
                                mapping.lookupOrDefault(yield.getOperand(0)));
      else
        b.clone(nested, mapping);
    }
  }

  OpBuilder &b;
  Product &product;
  linalg::LinalgOp op;
  Location loc;
  BlockSizes blocks;
  /// Where the loops around are, and how much of each dimension they leave.
  SmallVector<OpFoldResult> offsets, sizes;
};

} // namespace

Value mlir::attn::emitBlocks(OpBuilder &b, Product &product,
                             const BlockSizes &blocks) {
  return BlockEmitter(b, product, blocks).run();
}
