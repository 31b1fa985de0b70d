//===- Expression.cpp - What an element of a tensor is made of ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expression.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn;

std::optional<double> Expression::getNumber() const {
  if (kind != Kind::Constant || !isa<FloatType>(type))
    return std::nullopt;
  return number;
}

Expr ExpressionReader::create(Expression expression) {
  expressions.push_back(std::move(expression));
  return &expressions.back();
}

Expr ExpressionReader::getConstant(Type type, double number) {
  Expression constant{Expression::Kind::Constant, type};
  constant.number = number;
  constant.integer = isa<FloatType>(type) ? 0 : static_cast<int64_t>(number);
  return create(std::move(constant));
}

Expr ExpressionReader::getPosition(AffineExpr position) {
  position = space.simplify(position);
  if (auto constant = dyn_cast<AffineConstantExpr>(position))
    return getConstant(IndexType::get(context), constant.getValue());
  Expression expression{Expression::Kind::Position, IndexType::get(context)};
  expression.position = position;
  return create(std::move(expression));
}

static Expr readConstant(ExpressionReader &reader, Attribute attribute) {
  if (auto splat = dyn_cast<SplatElementsAttr>(attribute))
    attribute = splat.getSplatValue<Attribute>();
  if (auto number = dyn_cast<FloatAttr>(attribute))
    return reader.getConstant(number.getType(), number.getValueAsDouble());
  if (auto integer = dyn_cast<IntegerAttr>(attribute))
    if (integer.getValue().getSignificantBits() <= 53)
      return reader.getConstant(integer.getType(),
                                integer.getType().isInteger(1)
                                    ? integer.getValue().getZExtValue()
                                    : integer.getValue().getSExtValue());
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

static bool isLinalg(Operation *op) {
  auto linalgOp = dyn_cast_or_null<linalg::LinalgOp>(op);
  return linalgOp && linalgOp.hasPureTensorSemantics() &&
         op->getRegion(0).hasOneBlock();
}

/// What the loops of `op` are where `result` has `indices`; null for a loop that
/// the result does not have. Empty if the result's map is no permutation.
static SmallVector<AffineExpr> getLoops(linalg::LinalgOp op, unsigned result,
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

static SmallVector<AffineExpr> applyMap(AffineMap map,
                                        ArrayRef<AffineExpr> loops) {
  return llvm::map_to_vector(map.getResults(), [&](AffineExpr result) {
    return result.replaceDims(loops);
  });
}

std::optional<Access> ExpressionReader::step(const Access &access) {
  Operation *op = access.tensor.getDefiningOp();
  ArrayRef<AffineExpr> indices = access.indices;
  if (!op)
    return std::nullopt;
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return Access{cast.getSource(), access.indices};
  if (auto splat = dyn_cast<tensor::SplatOp>(op))
    return Access{splat.getInput(), {}};
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    ArrayRef<int64_t> shape = collapse.getSrcType().getShape();
    Access source{collapse.getSrc(), {}};
    source.indices.assign(shape.size(), getAffineConstantExpr(0, context));
    for (auto [group, index] :
         llvm::zip_equal(collapse.getReassociationIndices(), indices)) {
      auto sizes = llvm::map_to_vector(group, [&](int64_t i) { return shape[i]; });
      SmallVector<AffineExpr> parts = space.delinearize(index, sizes);
      if (parts.empty())
        return std::nullopt;
      for (auto [i, part] : llvm::zip_equal(group, parts))
        source.indices[i] = part;
    }
    return source;
  }
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    ArrayRef<int64_t> shape = expand.getResultType().getShape();
    Access source{expand.getSrc(), {}};
    for (const ReassociationIndices &group : expand.getReassociationIndices()) {
      auto sizes = llvm::map_to_vector(group, [&](int64_t i) { return shape[i]; });
      auto parts =
          llvm::map_to_vector(group, [&](int64_t i) { return indices[i]; });
      AffineExpr index = space.linearize(parts, sizes);
      if (!index)
        return std::nullopt;
      source.indices.push_back(index);
    }
    return source;
  }
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    Access source{slice.getSource(), {}};
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    unsigned next = 0;
    for (unsigned i = 0; i < dropped.size(); ++i) {
      std::optional<int64_t> offset =
          getConstantIntValue(slice.getMixedOffsets()[i]);
      std::optional<int64_t> stride =
          getConstantIntValue(slice.getMixedStrides()[i]);
      if (!offset || !stride)
        return std::nullopt;
      AffineExpr index = getAffineConstantExpr(0, context);
      if (!dropped[i])
        index = indices[next++] * *stride;
      source.indices.push_back(space.simplify(index + *offset));
    }
    return source;
  }
  // An operation on all loops that yields what it reads.
  if (!isLinalg(op))
    return std::nullopt;
  auto linalgOp = cast<linalg::LinalgOp>(op);
  unsigned result = cast<OpResult>(access.tensor).getResultNumber();
  auto yielded = dyn_cast<BlockArgument>(
      op->getRegion(0).front().getTerminator()->getOperand(result));
  if (!yielded || yielded.getOwner() != linalgOp.getBlock() ||
      linalgOp.getNumReductionLoops() != 0)
    return std::nullopt;
  OpOperand &operand = op->getOpOperand(yielded.getArgNumber());
  SmallVector<AffineExpr> loops = getLoops(linalgOp, result, indices);
  if (loops.size() != linalgOp.getNumLoops() || llvm::is_contained(loops, nullptr))
    return std::nullopt;
  if (linalgOp.isDpsInit(&operand) && operand.get() == access.tensor)
    return std::nullopt;
  return Access{operand.get(),
                applyMap(linalgOp.getMatchingIndexingMap(&operand), loops)};
}

Expr ExpressionReader::getElement(Value tensor, ArrayRef<AffineExpr> indices) {
  Expression element{Expression::Kind::Element,
                     getElementTypeOrSelf(tensor.getType())};
  element.origin = tensor.getDefiningOp();
  auto normalize = [&](const Access &access) {
    Access simple{access.tensor, {}};
    auto type = dyn_cast<RankedTensorType>(access.tensor.getType());
    for (auto [i, index] : llvm::enumerate(access.indices))
      simple.indices.push_back(type && type.getDimSize(i) == 1
                                   ? getAffineConstantExpr(0, context)
                                   : space.simplify(index));
    return simple;
  };
  std::optional<Access> access = normalize({tensor, SmallVector<AffineExpr>(indices)});
  while (access) {
    element.accesses.push_back(*access);
    access = step(element.accesses.back());
    if (access) {
      read.insert(element.accesses.back().tensor.getDefiningOp());
      access = normalize(*access);
    }
  }
  const Access &source = element.source();
  if (Attribute constant; matchPattern(source.tensor, m_Constant(&constant)))
    if (Expr number = readConstant(*this, constant))
      return number;
  return create(std::move(element));
}

Expr ExpressionReader::getElement(Value tensor,
                                  SmallVectorImpl<unsigned> &dims) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<AffineExpr> indices;
  for (auto [axis, size] : llvm::enumerate(type.getShape())) {
    dims.push_back(space.add({size, tensor, static_cast<int64_t>(axis)}));
    indices.push_back(space.getIndex(dims.back()));
  }
  return getElement(tensor, indices);
}

AffineExpr mlir::attn::getAffineIndex(Expr expression, MLIRContext *context) {
  if (expression->kind == Expression::Kind::Position)
    return expression->position;
  if (expression->kind == Expression::Kind::Constant)
    return getAffineConstantExpr(expression->integer, context);
  if (expression->is<arith::IndexCastOp, arith::ExtSIOp>())
    return getAffineIndex(expression->operands[0], context);
  if (!expression->is<arith::AddIOp, arith::SubIOp, arith::MulIOp>())
    return nullptr;
  AffineExpr a = getAffineIndex(expression->operands[0], context),
             b = getAffineIndex(expression->operands[1], context);
  if (!a || !b)
    return nullptr;
  if (expression->is<arith::AddIOp>())
    return a + b;
  if (expression->is<arith::SubIOp>())
    return a - b;
  return a.isSymbolicOrConstant() || b.isSymbolicOrConstant() ? a * b : nullptr;
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
      return reader.create({Expression::Kind::Apply, value.getType(), op, 0, 0,
                            {}, {}, def->getName()});
    auto operands =
        llvm::map_to_vector(def->getOperands(), [&](Value x) { return get(x); });
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
  Expr body = combination->element;
  for (unsigned dim : llvm::reverse(reductions)) {
    Expression reduce{Expression::Kind::Reduce, accumulator.getType(), op};
    reduce.name = combination->combiner;
    reduce.operands = {body};
    reduce.dimension = dim;
    body = create(std::move(reduce));
  }
  Expr init = getElement(linalgOp.getDpsInitOperand(result)->get(), indices);
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
  auto getScore = [&](ArrayRef<AffineExpr> at) { return getElement(input, at); };
  auto reduce = [&](StringRef name, auto &&getBody) {
    int64_t axis = softmax.getDimension();
    unsigned dim = space.add({type.getDimSize(axis), input, axis});
    SmallVector<AffineExpr> at(indices);
    at[axis] = space.getIndex(dim);
    Expression sum{Expression::Kind::Reduce, type.getElementType(), op};
    sum.name = OperationName(name, context);
    sum.operands = {getBody(at)};
    sum.dimension = dim;
    return create(std::move(sum));
  };
  Type element = type.getElementType();
  auto getWeight = [&](ArrayRef<AffineExpr> at) {
    Expr max = reduce(arith::MaximumFOp::getOperationName(), getScore);
    Expr shifted =
        apply<arith::SubFOp>({getScore(at), max}, element, op);
    return apply<math::ExpOp>({shifted}, element, op);
  };
  return apply<arith::DivFOp>(
      {getWeight(indices), reduce(arith::AddFOp::getOperationName(), getWeight)},
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
  else if (OpTrait::hasElementwiseMappableTraits(op) && op->getNumResults() == 1)
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

//===----------------------------------------------------------------------===//
// Substitution and comparison
//===----------------------------------------------------------------------===//

Expr ExpressionReader::substitute(
    Expr expression, llvm::function_ref<AffineExpr(AffineExpr)> replace) {
  switch (expression->kind) {
  case Expression::Kind::Constant:
    return expression;
  case Expression::Kind::Position:
    return getPosition(replace(expression->position));
  case Expression::Kind::Element: {
    const Access &access = expression->accesses.front();
    if (access.indices.empty())
      return expression;
    return getElement(access.tensor, llvm::map_to_vector(access.indices, replace));
  }
  case Expression::Kind::Apply:
  case Expression::Kind::Reduce: {
    Expression copy = *expression;
    for (Expr &operand : copy.operands)
      operand = substitute(operand, replace);
    return create(std::move(copy));
  }
  }
  llvm_unreachable("unknown kind");
}

Expr ExpressionReader::substitute(Expr expression, unsigned dim, unsigned by) {
  AffineExpr from = getAffineDimExpr(dim, context), to = space.getIndex(by);
  return substitute(expression, [&](AffineExpr index) {
    return index.replace(from, to);
  });
}

bool ExpressionReader::dependsOn(Expr expression, unsigned dim) {
  auto usesDim = [&](AffineExpr index) { return index.isFunctionOfDim(dim); };
  switch (expression->kind) {
  case Expression::Kind::Constant:
    return false;
  case Expression::Kind::Position:
    return usesDim(expression->position);
  case Expression::Kind::Element:
    return llvm::any_of(expression->source().indices, usesDim);
  case Expression::Kind::Apply:
  case Expression::Kind::Reduce:
    return llvm::any_of(expression->operands, [&](Expr operand) {
      return dependsOn(operand, dim);
    });
  }
  llvm_unreachable("unknown kind");
}

bool ExpressionReader::areSame(Expr a, Expr b) {
  if (a == b)
    return true;
  auto sameSource = [&] {
    const Access &x = a->source(), &y = b->source();
    return x.tensor == y.tensor && x.indices == y.indices;
  };
  if (a->isElement() && b->isElement() && sameSource())
    return true;
  auto known = compared.find({a, b});
  if (known != compared.end())
    return known->second;
  auto remember = [&, key = std::pair(a, b)](bool same) {
    return compared[key] = same;
  };
  a = resolve(a);
  b = resolve(b);
  if (a->kind != b->kind)
    return remember(false);
  switch (a->kind) {
  case Expression::Kind::Constant:
    return remember(a->number == b->number && a->integer == b->integer);
  case Expression::Kind::Position:
    return remember(a->position == b->position);
  case Expression::Kind::Element:
    return remember(sameSource());
  case Expression::Kind::Reduce:
    return remember(a->name == b->name &&
                    space.haveSameSize(a->dimension, b->dimension) &&
                    areSame(a->operands[0],
                            substitute(b->operands[0], b->dimension,
                                       a->dimension)));
  case Expression::Kind::Apply:
    if (a->name != b->name || a->attributes != b->attributes ||
        a->operands.size() != b->operands.size())
      return remember(false);
    if (llvm::all_of(llvm::zip_equal(a->operands, b->operands), [&](auto pair) {
          return areSame(std::get<0>(pair), std::get<1>(pair));
        }))
      return remember(true);
    return remember(a->is<arith::AddFOp, arith::MulFOp>() &&
                    areSame(a->operands[0], b->operands[1]) &&
                    areSame(a->operands[1], b->operands[0]));
  }
  llvm_unreachable("unknown kind");
}
