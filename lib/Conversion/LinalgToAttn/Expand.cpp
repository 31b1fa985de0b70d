//===- Expand.cpp - What operations compute, element by element ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expression.h"
#include "LinalgLoops.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

bool mlir::attn::isLinalg(Operation *op) {
  auto linalgOp = dyn_cast_or_null<linalg::LinalgOp>(op);
  return linalgOp && linalgOp.hasPureTensorSemantics() &&
         op->getRegion(0).hasOneBlock();
}

SmallVector<AffineExpr> mlir::attn::getLoops(linalg::LinalgOp op,
                                             unsigned result,
                                             ArrayRef<AffineExpr> indices) {
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(result));
  if (!map.isProjectedPermutation(/*allowZeroInResults=*/true))
    return {};
  SmallVector<AffineExpr> loops(op.getNumLoops());
  for (auto [position, index] : llvm::zip_equal(map.getResults(), indices))
    if (auto dim = dyn_cast<AffineDimExpr>(position))
      loops[dim.getPosition()] = index;
  return loops;
}

SmallVector<AffineExpr> mlir::attn::applyMap(AffineMap map,
                                             ArrayRef<AffineExpr> loops) {
  return llvm::map_to_vector(map.getResults(), [&](AffineExpr result) {
    return result.replaceDims(loops);
  });
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

namespace mlir::attn {
/// Reads values in the region of a linalg operation.
class RegionReader {
public:
  RegionReader(ExpressionReader &reader, linalg::LinalgOp op,
               ArrayRef<AffineExpr> loops)
      : reader(reader), op(op), loops(loops) {}

  llvm::DenseMap<Value, Expr> values;

  Expr get(Value value) {
    Expr &known = values[value];
    if (known)
      return known;
    Expr expression = compute(value);
    return values[value] = expression;
  }

private:
  Expr compute(Value value) {
    if (auto argument = dyn_cast<BlockArgument>(value);
        argument && argument.getOwner() == op.getBlock()) {
      OpOperand &operand = op->getOpOperand(argument.getArgNumber());
      return reader.getElement(
          operand.get(), applyMap(op.getMatchingIndexingMap(&operand), loops));
    }
    Operation *def = value.getDefiningOp();
    if (!def || def->getBlock() != op.getBlock())
      return isa<ShapedType>(value.getType()) ? getTensor(value)
                                              : reader.getElement(value, {});
    if (auto index = dyn_cast<linalg::IndexOp>(def))
      return reader.getPosition(loops[index.getDim()]);
    if (def->hasTrait<OpTrait::ConstantLike>())
      return reader.getElement(value, {});
    if (auto extract = dyn_cast<tensor::ExtractOp>(def))
      if (auto indices = getIndices(extract.getIndices()))
        return reader.getElement(extract.getTensor(), *indices);
    if (auto apply = dyn_cast<affine::AffineApplyOp>(def))
      if (auto operands = getIndices(apply.getOperands()))
        if (apply.getMap().getNumSymbols() == 0)
          return reader.getPosition(
              apply.getMap().getResult(0).replaceDims(*operands));
    if (def->getNumResults() != 1 || def->getNumRegions() != 0 ||
        !isMemoryEffectFree(def))
      return reader.create({Expression::Kind::Apply,
                            value.getType(),
                            op,
                            0,
                            0,
                            {},
                            {},
                            def->getName()});
    auto operands = llvm::map_to_vector(def->getOperands(),
                                        [&](Value x) { return get(x); });
    return reader.apply(def->getName(), def->getAttrDictionary(), operands,
                        value.getType(), op);
  }

  /// A whole tensor, as an operand.
  Expr getTensor(Value tensor) {
    Expression expression{Expression::Kind::Element, tensor.getType()};
    expression.accesses.push_back({tensor, {}});
    return reader.create(std::move(expression));
  }

  std::optional<SmallVector<AffineExpr>> getIndices(ValueRange range) {
    SmallVector<AffineExpr> indices;
    for (Value value : range) {
      AffineExpr index = getAffineIndex(get(value), op.getContext());
      if (!index)
        return std::nullopt;
      indices.push_back(index);
    }
    return indices;
  }

  ExpressionReader &reader;
  linalg::LinalgOp op;
  ArrayRef<AffineExpr> loops;
};
} // namespace mlir::attn

namespace {
/// A yielded value as combine(accumulator, element).
struct Combination {
  OperationName combiner;
  Expr element;
};
} // namespace

/// The combiner of a reduction: add, max, ... of the accumulator and something
/// that does not look at it; also a larger element chosen by comparison.
static std::optional<Combination>
matchCombination(ExpressionReader &reader, RegionReader &region,
                 Value accumulator, Value yielded, Operation *origin) {
  Operation *op = yielded.getDefiningOp();
  if (!op)
    return std::nullopt;
  auto looksAt = [&](Value value) {
    SetVector<Value> seen;
    seen.insert(value);
    for (size_t i = 0; i < seen.size(); ++i)
      if (Operation *def = seen[i].getDefiningOp();
          def && def->getBlock() == op->getBlock())
        seen.insert_range(def->getOperands());
    return seen.contains(accumulator);
  };
  MLIRContext *context = op->getContext();
  auto name = [&](StringRef x) { return OperationName(x, context); };
  if (auto fma = dyn_cast<math::FmaOp>(op)) {
    if (fma.getC() != accumulator || looksAt(fma.getA()) || looksAt(fma.getB()))
      return std::nullopt;
    return Combination{name(arith::AddFOp::getOperationName()),
                       reader.apply<arith::MulFOp>(
                           {region.get(fma.getA()), region.get(fma.getB())},
                           fma.getType(), origin)};
  }
  if (auto select = dyn_cast<arith::SelectOp>(op)) {
    auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
    if (!compare)
      return std::nullopt;
    using P = arith::CmpFPredicate;
    bool isGreater = llvm::is_contained({P::OGT, P::OGE, P::UGT, P::UGE},
                                        compare.getPredicate());
    bool isLess = llvm::is_contained({P::OLT, P::OLE, P::ULT, P::ULE},
                                     compare.getPredicate());
    Value larger = isGreater ? compare.getLhs() : compare.getRhs();
    Value smaller = isGreater ? compare.getRhs() : compare.getLhs();
    if ((!isGreater && !isLess) || select.getTrueValue() != larger ||
        select.getFalseValue() != smaller)
      return std::nullopt;
    Value element = larger == accumulator ? smaller : larger;
    if ((larger != accumulator && smaller != accumulator) || looksAt(element))
      return std::nullopt;
    return Combination{name(arith::MaximumFOp::getOperationName()),
                       region.get(element)};
  }
  if (op->getNumOperands() != 2)
    return std::nullopt;
  Value a = op->getOperand(0), b = op->getOperand(1);
  Value element = a == accumulator ? b : a;
  if ((a != accumulator && b != accumulator) || looksAt(element))
    return std::nullopt;
  OperationName combiner = isa<arith::MaxNumFOp>(op)
                               ? name(arith::MaximumFOp::getOperationName())
                               : op->getName();
  return Combination{combiner, region.get(element)};
}

Expr ExpressionReader::expandLinalg(Operation *op, unsigned result,
                                    ArrayRef<AffineExpr> indices) {
  auto linalgOp = cast<linalg::LinalgOp>(op);
  SmallVector<AffineExpr> loops = getLoops(linalgOp, result, indices);
  SmallVector<unsigned> reductions;
  if (loops.size() != linalgOp.getNumLoops())
    return nullptr;
  for (auto [i, iterator] : llvm::enumerate(linalgOp.getIteratorTypesArray())) {
    if (loops[i])
      continue;
    if (iterator != utils::IteratorType::reduction)
      return nullptr;
    Dimension dimension;
    for (OpOperand &operand : op->getOpOperands()) {
      AffineMap map = linalgOp.getMatchingIndexingMap(&operand);
      if (auto axis = map.getResultPosition(getAffineDimExpr(i, context))) {
        dimension = {linalgOp.getShape(&operand)[*axis], operand.get(), *axis};
        break;
      }
    }
    reductions.push_back(space.add(dimension));
    loops[i] = space.getIndex(reductions.back());
  }
  RegionReader region(*this, linalgOp, loops);
  Value yielded = linalgOp.getBlock()->getTerminator()->getOperand(result);
  if (reductions.empty())
    return region.get(yielded);
  BlockArgument accumulator =
      linalgOp.getMatchingBlockArgument(linalgOp.getDpsInitOperand(result));
  std::optional<Combination> combination =
      matchCombination(*this, region, accumulator, yielded, op);
  if (!combination)
    return nullptr;
  Expr init = getElement(linalgOp.getDpsInitOperand(result)->get(), indices);
  Expr body = combination->element;
  for (unsigned dim : llvm::reverse(reductions)) {
    Expression reduce{Expression::Kind::Reduce, accumulator.getType(), op};
    reduce.name = combination->combiner;
    reduce.operands = {body};
    reduce.dimension = dim;
    reduce.number = resolve(init)->getNumber().value_or(-INFINITY);
    body = create(std::move(reduce));
  }
  return apply(combination->combiner, DictionaryAttr::get(context),
               {init, body}, accumulator.getType(), op);
}

//===----------------------------------------------------------------------===//
// Other operations
//===----------------------------------------------------------------------===//

Expr ExpressionReader::expandElementwise(Operation *op,
                                         ArrayRef<AffineExpr> indices) {
  auto operands = llvm::map_to_vector(op->getOperands(), [&](Value operand) {
    return isa<ShapedType>(operand.getType()) ? getElement(operand, indices)
                                              : getElement(operand, {});
  });
  return apply(op->getName(), op->getAttrDictionary(), operands,
               getElementTypeOrSelf(op->getResult(0).getType()), op);
}

/// exp(x - max x) / sum exp(x - max x)
Expr ExpressionReader::expandSoftmax(Operation *op,
                                     ArrayRef<AffineExpr> indices) {
  auto softmax = cast<linalg::SoftmaxOp>(op);
  Value input = softmax.getInput();
  auto type = cast<RankedTensorType>(input.getType());
  auto getScore = [&](ArrayRef<AffineExpr> at) {
    return getElement(input, at);
  };
  auto reduce = [&](StringRef name, auto &&getBody) {
    int64_t axis = softmax.getDimension();
    unsigned dim = space.add({type.getDimSize(axis), input, axis});
    SmallVector<AffineExpr> at(indices);
    at[axis] = space.getIndex(dim);
    Expression sum{Expression::Kind::Reduce, type.getElementType(), op};
    sum.name = OperationName(name, context);
    sum.operands = {getBody(at)};
    sum.dimension = dim;
    sum.number = -INFINITY;
    return create(std::move(sum));
  };
  Type element = type.getElementType();
  auto getWeight = [&](ArrayRef<AffineExpr> at) {
    Expr max = reduce(arith::MaximumFOp::getOperationName(), getScore);
    Expr shifted = apply<arith::SubFOp>({getScore(at), max}, element, op);
    return apply<math::ExpOp>({shifted}, element, op);
  };
  return apply<arith::DivFOp>(
      {getWeight(indices),
       reduce(arith::AddFOp::getOperationName(), getWeight)},
      element, op);
}

Expr ExpressionReader::expand(Expr element) {
  const Access &source = element->source();
  Operation *op = source.tensor.getDefiningOp();
  if (!op || element->isScalar())
    return nullptr;
  Expr found = nullptr;
  if (isLinalg(op))
    found = expandLinalg(op, cast<OpResult>(source.tensor).getResultNumber(),
                         source.indices);
  else if (isa<linalg::SoftmaxOp>(op) && op->getNumResults() == 1)
    found = expandSoftmax(op, source.indices);
  else if (OpTrait::hasElementwiseMappableTraits(op) &&
           op->getNumResults() == 1)
    found = expandElementwise(op, source.indices);
  if (found)
    read.insert(op);
  return found;
}

Expr ExpressionReader::resolve(Expr expression) {
  while (expression->isElement()) {
    auto [known, isNew] = expanded.try_emplace(expression, nullptr);
    if (isNew) {
      Expr found = expand(expression);
      expanded[expression] = found;
      if (!found)
        return expression;
      expression = found;
    } else if (known->second) {
      expression = known->second;
    } else {
      return expression;
    }
  }
  return expression;
}
