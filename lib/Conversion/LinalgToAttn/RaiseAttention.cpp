//===- RaiseAttention.cpp - An attn.attention for what was found ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RaiseAttention.h"
#include "OperandView.h"
#include "ScoreMask.h"
#include "WriteScore.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

namespace {
class Raiser {
public:
  Raiser(RewriterBase &rewriter, ExpressionReader &reader, AttentionMatch match,
         Refusal &refusal)
      : rewriter(rewriter), reader(reader), space(reader.space),
        match(std::move(match)), refusal(refusal),
        loc(this->match.result.getLoc()) {}

  FailureOr<AttentionOp> raise();

private:
  LogicalResult refuse(Operation *op, const Twine &reason, const Twine &help) {
    refusal = {op ? op : match.result.getDefiningOp(), reason.str(), help.str()};
    return failure();
  }

  LogicalResult verifyUsers();
  LogicalResult verifyTypes();
  void splitDims();
  LogicalResult findViews();
  LogicalResult findRoles();
  LogicalResult findMask();
  bool takeLimit(const Visible &part, Positions positions, bool isOnlyMask);
  Value writeLimit(const RuntimeLimit &limit, int64_t more);
  LogicalResult verifyScore();
  AttentionOp write();
  AffineMap getMap(const OperandView &view);
  void writeScore(AttentionOp op);
  FloatAttr getScale();

  bool isUnit(unsigned dim) { return space.get(dim).size == 1; }
  bool isOf(Expr element, unsigned dim) {
    return reader.dependsOn(element, dim);
  }

  RewriterBase &rewriter;
  ExpressionReader &reader;
  IndexSpace &space;
  AttentionMatch match;
  Refusal &refusal;
  Location loc;

  SmallVector<SmallVector<unsigned>> axes; // Of the result, split.
  bool hasNewQueries = false; // The result has no axis of queries.
  SmallVector<unsigned> batch;
  unsigned queries = 0, values = 0; // m and n
  OperandView query, key, value;
  MaskedScore masked;
  std::optional<OperandView> mask; // A tensor, boolean or to be added.
  std::optional<RuntimeLimit> offset, validKeys;
  double fill = -INFINITY;
  double factor = 1; // The score is factor * product.
};
} // namespace

//===----------------------------------------------------------------------===//
// Users and types
//===----------------------------------------------------------------------===//

/// What is computed from the scores must be of no other use: it would be computed
/// as before, and the attention on top of it.
LogicalResult Raiser::verifyUsers() {
  Operation *root = match.result.getDefiningOp();
  SetVector<Operation *> ops;
  ops.insert(match.product);
  for (size_t i = 0; i < ops.size(); ++i)
    for (Operation *user : ops[i]->getUsers()) {
      if (user == root || isa<tensor::DimOp>(user) || isOpTriviallyDead(user))
        continue;
      if (!reader.read.contains(user))
        return refuse(user,
                      "the scores or weights have another use, for which a "
                      "tensor of queries times keys is computed",
                      "drop that use, or compute it from queries and keys again");
      ops.insert(user);
    }
  return success();
}

LogicalResult Raiser::verifyTypes() {
  Type types[] = {match.query->type, match.key->type, match.value->type,
                  getElementTypeOrSelf(match.result.getType())};
  for (Type type : types) {
    if (!isa<Float16Type, BFloat16Type, Float32Type, Float64Type>(type))
      return refuse(nullptr, "an operand has elements of another type than f16, "
                             "bf16, f32 and f64",
                    "convert queries, keys and values to one of them");
    if (type.isF64() != types[0].isF64())
      return refuse(nullptr, "f64 and narrower types are mixed",
                    "convert queries, keys and values to one type");
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Dimensions
//===----------------------------------------------------------------------===//

/// Heads that share a key head, or a batch of heads, become dimensions of their
/// own: d --> 12 d0 + 4 d1 + d2.
void Raiser::splitDims() {
  IndexSpace::Cuts cuts;
  for (Expr operand : {match.query, match.key, match.value})
    for (AffineExpr index : operand->source().indices)
      IndexSpace::collectCuts(index, cuts);
  MLIRContext *context = rewriter.getContext();
  llvm::DenseMap<AffineExpr, AffineExpr> split;
  for (unsigned dim : match.output) {
    axes.push_back({dim});
    auto found = cuts.find(dim);
    if (found == cuts.end())
      continue;
    int64_t size = space.get(dim).size;
    SmallVector<int64_t> strides = {1};
    llvm::sort(found->second);
    for (int64_t cut : found->second)
      if (cut != size)
        strides.push_back(cut);
    if (!ShapedType::isDynamic(size))
      strides.push_back(size);
    SmallVector<unsigned> digits;
    AffineExpr index = getAffineConstantExpr(0, context);
    bool divides = true;
    for (size_t i = 0; i < strides.size(); ++i) {
      bool isTop = i + 1 == strides.size();
      if (isTop && !ShapedType::isDynamic(size))
        break;
      divides &= isTop || strides[i + 1] % strides[i] == 0;
      unsigned digit = space.add(
          {isTop ? ShapedType::kDynamic : strides[i + 1] / strides[i]});
      digits.insert(digits.begin(), digit);
      index = index + space.getIndex(digit) * strides[i];
    }
    if (!divides || digits.size() < 2)
      continue;
    axes.back() = digits;
    split[getAffineDimExpr(dim, context)] = index;
  }
  if (split.empty())
    return;
  auto replace = [&](Expr expression) {
    return reader.substitute(expression, [&](AffineExpr index) {
      return index.replace(split);
    });
  };
  match.query = replace(match.query);
  match.key = replace(match.key);
  match.value = replace(match.value);
  match.dot = replace(match.dot);
  for (Term &term : match.score.terms)
    term.atom = replace(term.atom);
  for (Visible &visible : match.visible)
    visible.condition = replace(visible.condition);
}

LogicalResult Raiser::findViews() {
  struct Operand {
    const char *name;
    Expr element;
    OperandView *view;
    Operation *reader;
  };
  for (auto [name, element, view, op] :
       {Operand{"queries", match.query, &query, match.product},
        Operand{"keys", match.key, &key, match.product},
        Operand{"values", match.value, &value, nullptr}}) {
    std::optional<OperandView> found = getView(reader, element);
    if (!found)
      return refuse(op,
                    Twine("the ") + name +
                        " are read in an order that no axes of a tensor have",
                    "copy them to a tensor with an axis for each dimension");
    *view = *found;
  }
  return success();
}

LogicalResult Raiser::findRoles() {
  SmallVector<unsigned> dims, units, candidates;
  for (ArrayRef<unsigned> axis : axes)
    for (unsigned dim : axis)
      (isUnit(dim) ? units : dims).push_back(dim);

  std::optional<unsigned> n, m;
  for (unsigned dim : dims) {
    bool ofQuery = isOf(match.query, dim), ofKey = isOf(match.key, dim),
         ofValue = isOf(match.value, dim);
    if (!ofQuery && !ofKey && ofValue)
      n = dim;
    if (ofQuery && !ofKey && !ofValue)
      candidates.push_back(dim);
  }
  // Of several dimensions that only queries have one is their position, the
  // others are heads that share a key: it is as long as the keys, or dynamic.
  auto getRank = [&](unsigned dim) {
    bool isDigit = llvm::none_of(axes, [&](ArrayRef<unsigned> axis) {
      return axis.size() == 1 && axis[0] == dim;
    });
    return std::tuple(!isDigit, space.haveSameSize(dim, match.keys),
                      ShapedType::isDynamic(space.get(dim).size), dim);
  };
  for (unsigned dim : candidates)
    if (!m || getRank(dim) > getRank(*m))
      m = dim;
  for (unsigned dim : dims)
    if (dim != n && !isOf(match.query, dim))
      return refuse(match.query->origin,
                    "the queries are the same along a dimension of the result "
                    "other than the values' features",
                    "broadcast the queries to that dimension");
  if (!n && !units.empty())
    n = units.pop_back_val();
  if (!n)
    return refuse(match.value->origin, "the values have no features",
                  "give the values an axis of features, of size 1");
  if (!m && !units.empty())
    m = units.pop_back_val();
  if (!m) {
    m = space.add({1});
    hasNewQueries = true;
  }
  queries = *m;
  values = *n;
  for (ArrayRef<unsigned> axis : axes)
    for (unsigned dim : axis)
      if (dim != queries && dim != values)
        batch.push_back(dim);
  for (unsigned dim : {match.features, match.keys})
    if (isUnit(dim))
      return refuse(match.product, "there is one key, or one feature",
                    "such attention needs no softmax, or is an outer product");
  auto verify = [&](const OperandView &view, ArrayRef<unsigned> own,
                    Operation *op) -> LogicalResult {
    for (ArrayRef<unsigned> axis : view.axes)
      for (unsigned dim : axis)
        if (!llvm::is_contained(own, dim) && !llvm::is_contained(batch, dim))
          return refuse(op, "an operand has a dimension that attention sums "
                            "nothing over",
                        "attention has batch dimensions, queries, keys and "
                        "features, each once");
    for (unsigned dim : own)
      if (!view.has(dim) && !isUnit(dim))
        return refuse(op, "an operand lacks the keys or the features",
                      "queries have features, keys and values both");
    return success();
  };
  if (failed(verify(query, {queries, match.features}, match.query->origin)) ||
      failed(verify(key, {match.keys, match.features}, match.key->origin)) ||
      failed(verify(value, {match.keys, values}, match.value->origin)))
    return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Masks and scores
//===----------------------------------------------------------------------===//

LogicalResult Raiser::findMask() {
  masked = getMaskedScore(reader, match.score, match.dot);
  masked.visible.append(match.visible);
  if (!match.visible.empty())
    masked.isFillFinite = false;
  if (masked.zeroFill)
    return refuse(masked.zeroFill->origin,
                  "some scores are replaced by 0, which hides nothing: the "
                  "weight of such a key is exp(0)",
                  "put -inf in place of the scores of hidden keys");
  Positions positions{isUnit(queries) ? std::nullopt : std::optional(queries),
                      match.keys};
  double biasFill = -INFINITY;
  if (std::optional<Visible> bias =
          takeHidingBias(reader, masked.score, positions, biasFill)) {
    masked.visible.push_back(*bias);
    if (std::isfinite(biasFill)) {
      masked.isFillFinite = true;
      masked.fill = biasFill;
    }
  }
  SmallVector<Visible> visible;
  for (const Visible &part : masked.visible) {
    Visible compared = getAsComparison(reader, part, positions);
    Expr x = reader.resolve(compared.condition);
    bool isAlways = x->kind == Expression::Kind::Constant &&
                    (x->integer != 0) != compared.negated;
    if (!isAlways)
      visible.push_back(compared);
  }
  Rows rows = getRows(reader, visible, positions);
  if (rows == Rows::SomeSeeNothing)
    return refuse(visible.front().condition->origin,
                  "some query sees no key, so that its softmax is undefined",
                  "let each query see a key, its own for example");
  // Attention gives 0 where a query sees nothing, the most negative float the
  // mean of all values. In base 2 scores are larger, and must stay finite.
  if (masked.isFillFinite && rows != Rows::AllSee)
    fill = std::max(masked.fill, -2e38);

  auto isOwn = [&](const OperandView &view) {
    return llvm::all_of(view.axes, [&](ArrayRef<unsigned> axis) {
      return llvm::all_of(axis, [&](unsigned dim) {
        return dim == queries || dim == match.keys ||
               llvm::is_contained(batch, dim);
      });
    });
  };
  auto takeAsTensor = [&](Expr x) {
    if (mask || !x->isElement() || x->isScalar() ||
        !reader.dependsOn(x, match.keys) ||
        (x->type.isF64() && !match.query->type.isF64()))
      return false;
    std::optional<OperandView> view = getView(reader, x);
    if (!view || !isOwn(*view))
      return false;
    mask = view;
    return true;
  };
  masked.visible.clear();
  for (const Visible &part : visible) {
    Expr x = reader.resolve(part.condition);
    bool isAdded = isa<FloatType>(x->type);
    if ((isAdded || (!part.negated && x->type.isInteger(1) &&
                     std::isinf(fill))) &&
        takeAsTensor(x))
      continue;
    if (std::isinf(fill) && takeLimit(part, positions, visible.size() == 1))
      continue;
    if (isAdded)
      masked.score.terms.push_back({1, x});
    else
      masked.visible.push_back(part);
  }
  if (masked.visible.empty() && std::isinf(fill)) {
    auto *added = llvm::find_if(masked.score.terms, [&](const Term &term) {
      // What is computed for a query and a key is better computed in the region.
      bool isData = reader.resolve(term.atom) == term.atom ||
                    !reader.dependsOn(term.atom, queries);
      return term.factor == 1 && isa<FloatType>(term.atom->type) && isData &&
             takeAsTensor(term.atom);
    });
    if (added != masked.score.terms.end())
      masked.score.terms.erase(added);
  }
  return success();
}

/// `j <= i + n` is causal with a query offset, `j < n` a number of valid keys,
/// one of all batches or one per batch.
bool Raiser::takeLimit(const Visible &part, Positions positions,
                       bool isOnlyMask) {
  std::optional<RuntimeLimit> limit = getRuntimeLimit(reader, part, positions);
  if (!limit)
    return false;
  std::optional<RuntimeLimit> &place = limit->ofQuery ? offset : validKeys;
  int64_t more = limit->ofQuery ? 0 : 1;
  if (place)
    return false;
  if (!limit->amount && !isOnlyMask)
    return false; // Masks of positions are better said together.
  if (limit->amount && !limit->amount->isScalar()) {
    // Each batch its own, as it stands in memory.
    unsigned heads = batch.size() <= 1 ? batch.size() : batch.size() - 1;
    ArrayRef<unsigned> dims = ArrayRef(batch).drop_back(heads);
    const Access &source = limit->amount->source();
    if (limit->constant + more != 0 || source.indices.size() != dims.size())
      return false;
    for (auto [index, dim] : llvm::zip_equal(source.indices, dims))
      if (index != space.getIndex(dim) || isUnit(dim))
        return false;
  }
  place = limit;
  return true;
}

/// Whether `value` is computed from the results of `op`.
static bool isComputedFrom(Value value, Operation *op) {
  SetVector<Operation *> ops;
  auto add = [&](Value x) {
    if (Operation *def = x.getDefiningOp();
        def && def->getBlock() == op->getBlock())
      ops.insert(def);
  };
  add(value);
  for (size_t i = 0; i < ops.size(); ++i) {
    if (ops[i] == op)
      return true;
    for (Value operand : ops[i]->getOperands())
      add(operand);
  }
  return false;
}

LogicalResult Raiser::verifyScore() {
  OpBuilder none(rewriter.getContext());
  ScoreWriter writer(none, loc, reader, rewriter.getF32Type());
  writer.setPositions(isUnit(queries) ? std::nullopt : std::optional(queries),
                      match.keys);
  writer.setScore(match.dot, 1, Value());
  llvm::SetVector<Value> tensors;
  SmallVector<Expr> parts;
  for (const Term &term : masked.score.terms)
    parts.push_back(term.atom);
  for (const Visible &part : masked.visible)
    parts.push_back(part.condition);
  for (Expr part : parts)
    if (!writer.canWrite(part, tensors))
      return refuse(part->origin,
                    "part of the score cannot be computed for one query and key "
                    "alone",
                    "compute it before, into a tensor that does not depend on "
                    "the scores");
  for (Value tensor : tensors)
    if (isComputedFrom(tensor, match.product))
      return refuse(tensor.getDefiningOp(),
                    "the score of a key depends on the scores of others",
                    "only the maximum over the keys may be subtracted, and the "
                    "sum over the keys divide");
  for (const Term &term : masked.score.terms)
    if (std::optional<double> found = writer.findFactor(term.atom)) {
      // A product on its own is scaled from outside.
      factor = reader.areSame(term.atom, match.dot) ? term.factor : *found;
      break;
    }
  return success();
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

AffineMap Raiser::getMap(const OperandView &view) {
  SmallVector<unsigned> positions;
  for (ArrayRef<unsigned> axis : view.axes) {
    unsigned dim = axis.front(), size = batch.size();
    auto *found = llvm::find(batch, dim);
    positions.push_back(found != batch.end() ? found - batch.begin()
                        : dim == queries     ? size
                        : dim == match.features ? size + 1
                        : dim == match.keys     ? size + 2
                                                : size + 3);
  }
  return AffineMap::getMultiDimMapWithTargets(batch.size() + 4, positions,
                                              rewriter.getContext());
}

void Raiser::writeScore(AttentionOp op) {
  unsigned numBatch = batch.size(), heads = op.getNumHeadDims();
  SmallVector<Type> types(numBatch - heads + 4, rewriter.getIndexType());
  types[0] = op.getStateType();
  OpBuilder::InsertionGuard guard(rewriter);
  Block *body = rewriter.createBlock(&op.getScore().front(), {}, types,
                                     SmallVector<Location>(types.size(), loc));
  ScoreWriter writer(rewriter, loc, reader, op.getStateType());
  writer.setPositions(isUnit(queries) ? std::nullopt : std::optional(queries),
                      match.keys);
  writer.setScore(match.dot, factor, body->getArgument(0));
  writer.setIndex(match.keys, body->getArguments().back());
  writer.setIndex(queries, body->getArguments().end()[-2]);
  for (unsigned i = 0; i < numBatch - heads; ++i)
    writer.setIndex(batch[i], body->getArgument(1 + i));
  ArrayRef<unsigned> head = ArrayRef(batch).drop_front(numBatch - heads);
  if (head.size() == 1)
    writer.setIndex(head[0], body->getArguments().end()[-3]);
  else if (!head.empty())
    writer.setIndex(head, body->getArguments().end()[-3]);

  Value score = writer.write(masked.score);
  for (const Visible &part : masked.visible) {
    Value condition = writer.write(part.condition);
    Value hidden = writer.writeConstant(fill);
    score = arith::SelectOp::create(rewriter, loc, condition,
                                    part.negated ? hidden : score,
                                    part.negated ? score : hidden);
  }
  YieldOp::create(rewriter, loc, score);
}

/// Null for the default: constants are rounded to the type of the scores.
FloatAttr Raiser::getScale() {
  double scale = factor * match.productScale;
  int64_t features = space.get(match.features).size;
  if (!ShapedType::isDynamic(features)) {
    double usual = 1 / std::sqrt(static_cast<double>(features));
    if (std::abs(scale - usual) <= 1e-7 * usual)
      return FloatAttr();
  }
  return rewriter.getF64FloatAttr(scale);
}

Value Raiser::writeLimit(const RuntimeLimit &limit, int64_t more) {
  if (!limit.amount)
    return arith::ConstantIndexOp::create(rewriter, loc, limit.constant + more);
  Value amount = limit.amount->source().tensor;
  if (!limit.amount->isScalar())
    return amount;
  if (!amount.getType().isIndex())
    amount = arith::IndexCastOp::create(rewriter, loc, rewriter.getIndexType(),
                                        amount);
  if (int64_t constant = limit.constant + more)
    amount = arith::AddIOp::create(
        rewriter, loc, amount,
        arith::ConstantIndexOp::create(rewriter, loc, constant));
  return amount;
}

AttentionOp Raiser::write() {
  rewriter.setInsertionPoint(match.result.getDefiningOp());
  SmallVector<unsigned> units, queryUnits;
  for (unsigned dim : batch)
    if (isUnit(dim))
      units.push_back(dim);
  // In the order of the result, as the query's axes are.
  for (ArrayRef<unsigned> axis : axes)
    for (unsigned dim : axis)
      if (isUnit(dim) && dim != values)
        queryUnits.push_back(dim);
  if (hasNewQueries)
    queryUnits.push_back(queries);
  materialize(rewriter, loc, space, query, queryUnits, /*needsAll=*/true);
  materialize(rewriter, loc, space, key, units, /*needsAll=*/false);
  SmallVector<unsigned> valueUnits(units);
  if (isUnit(values))
    valueUnits.push_back(values);
  materialize(rewriter, loc, space, value, valueUnits, isUnit(values));
  if (mask)
    materialize(rewriter, loc, space, *mask, {}, /*needsAll=*/false);

  // The result, its axes split.
  auto resultType = cast<RankedTensorType>(match.result.getType());
  OperandView output;
  SmallVector<OpFoldResult> sizes;
  SmallVector<ReassociationIndices> groups;
  auto addAxis = [&](unsigned dim) {
    groups.back().push_back(output.axes.size());
    output.axes.push_back({dim});
    for (const OperandView *view : {&query, &value})
      for (auto [i, axis] : llvm::enumerate(view->axes))
        if (axis.front() == dim) {
          sizes.push_back(tensor::getMixedSize(rewriter, loc, view->tensor, i));
          return;
        }
    sizes.push_back(rewriter.getIndexAttr(space.get(dim).size));
  };
  for (auto [i, axis] : llvm::enumerate(axes)) {
    groups.emplace_back();
    if (hasNewQueries && i + 1 == axes.size())
      addAxis(queries);
    for (unsigned dim : axis)
      addAxis(dim);
  }
  output.tensor = tensor::EmptyOp::create(rewriter, loc, sizes,
                                          resultType.getElementType());
  SmallVector<AffineMap> maps;
  for (const OperandView *view : {&query, &key, &value})
    maps.push_back(getMap(*view));
  if (mask)
    maps.push_back(getMap(*mask));
  maps.push_back(getMap(output));

  bool hasScore = !masked.visible.empty() || masked.score.constant != 0 ||
                  masked.score.terms.size() != 1 ||
                  !reader.areSame(masked.score.terms[0].atom, match.dot);
  // Digits of a head of unknown size are not known.
  unsigned usualHeads = batch.size() <= 1 ? batch.size() : batch.size() - 1;
  ArrayRef<unsigned> head = ArrayRef(batch).take_back(usualHeads);
  bool isHeadKnown = head.empty() ||
                     llvm::none_of(head.drop_front(), [&](unsigned dim) {
                       return ShapedType::isDynamic(space.get(dim).size);
                     });
  auto op = AttentionOp::create(
      rewriter, loc, TypeRange{output.tensor.getType()}, query.tensor,
      key.tensor, value.tensor, mask ? mask->tensor : Value(),
      /*query_segments=*/Value(), /*key_segments=*/Value(),
      offset ? writeLimit(*offset, 0) : Value(),
      validKeys ? writeLimit(*validKeys, 1) : Value(),
      ValueRange{output.tensor}, rewriter.getAffineMapArrayAttr(maps),
      getScale(),
      offset ? MaskAttrInterface(CausalAttr::get(rewriter.getContext()))
             : MaskAttrInterface(),
      isHeadKnown ? IntegerAttr() : rewriter.getI64IntegerAttr(1),
      /*form=*/FormAttr(), /*scoreCount=*/hasScore ? 1 : 0);
  if (hasScore)
    writeScore(op);

  Value result = op.getResult(0);
  rewriter.setInsertionPointAfter(op);
  if (output.axes.size() != axes.size())
    result = tensor::CollapseShapeOp::create(rewriter, loc, result, groups);
  if (result.getType() != resultType)
    result = tensor::CastOp::create(rewriter, loc, resultType, result);
  rewriter.replaceAllUsesWith(match.result, result);
  return op;
}

FailureOr<AttentionOp> Raiser::raise() {
  if (failed(verifyUsers()) || failed(verifyTypes()))
    return failure();
  AttentionMatch whole = match;
  splitDims();
  if (failed(findViews())) {
    match = whole;
    axes.clear();
    for (unsigned dim : match.output)
      axes.push_back({dim});
    if (failed(findViews()))
      return failure();
  }
  if (failed(findRoles()) || failed(findMask()) || failed(verifyScore()))
    return failure();
  return write();
}

FailureOr<AttentionOp> mlir::attn::raiseAttention(RewriterBase &rewriter,
                                                  ExpressionReader &reader,
                                                  AttentionMatch match,
                                                  Refusal &refusal) {
  return Raiser(rewriter, reader, std::move(match), refusal).raise();
}
