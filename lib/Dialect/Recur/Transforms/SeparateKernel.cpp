//===- SeparateKernel.cpp - A separable kernel makes a rescan a scan ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Recur/Transforms/Passes.h"
#include "attn/Dialect/Recur/Transforms/Transforms.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

namespace mlir::recur {
#define GEN_PASS_DEF_RECURSEPARATEKERNEL
#include "attn/Dialect/Recur/Transforms/Passes.h.inc"
} // namespace mlir::recur

using namespace mlir;
using namespace mlir::recur;

static bool isRow(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() > 0;
}

/// Whether an operation computes result[i] from operands at i, or from numbers.
static bool isElementwise(linalg::GenericOp op) {
  return op->getNumResults() == 1 && op.getNumReductionLoops() == 0 &&
         llvm::all_of(op.getIndexingMapsArray(), [](AffineMap map) {
           return map.isIdentity() || map.getNumResults() == 0;
         });
}

/// What a number in the body of an elementwise operation is an element of.
static Value getWhole(Value value) {
  while (auto argument = dyn_cast<BlockArgument>(value)) {
    auto generic =
        dyn_cast<linalg::GenericOp>(argument.getOwner()->getParentOp());
    if (!generic || !isElementwise(generic))
      break;
    value = generic->getOperand(argument.getArgNumber());
  }
  return value;
}

//===----------------------------------------------------------------------===//
// What a value of the step depends on
//===----------------------------------------------------------------------===//

namespace {
/// On the token (t), on the history (j), on the state; on several, on none.
struct Dependence {
  bool token = false, history = false, state = false;
  void join(Dependence other) {
    token |= other.token;
    history |= other.history;
    state |= other.state;
  }
  bool isPair() const { return state || (token && history); }
};

class Dependences {
public:
  explicit Dependences(RescanOp op) : op(op) {}

  Dependence get(Value value) {
    auto [found, isNew] = known.try_emplace(value);
    if (!isNew)
      return found->second;
    Dependence result = compute(value);
    known[value] = result;
    return result;
  }

private:
  Dependence compute(Value value) {
    Dependence result;
    if (!op.getStep().isAncestor(value.getParentRegion()))
      return result;
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      if (argument.getOwner() == op.getStepBody()) {
        unsigned i = argument.getArgNumber();
        if (i >= op.getInputs().size())
          result.state = true;
        else
          result = {op.isTokenInput(i), op.isHistoryInput(i), false};
        return result;
      }
      Value whole = getWhole(value);
      if (whole != value)
        return get(whole);
      // Of a region of an operation: whatever that depends on.
      return ofOperation(argument.getOwner()->getParentOp());
    }
    if (auto index = value.getDefiningOp<IndexOp>())
      return {index.getDim() == op.getTimeDim(),
              index.getDim() == op.getHistoryDim(), false};
    return ofOperation(value.getDefiningOp());
  }

  Dependence ofOperation(Operation *operation) {
    Dependence result;
    for (Value operand : operation->getOperands())
      result.join(get(operand));
    operation->walk([&](Operation *nested) {
      for (Value operand : nested->getOperands())
        if (!operation->isAncestor(operand.getParentBlock()->getParentOp()))
          result.join(get(operand));
      if (auto index = dyn_cast<IndexOp>(nested))
        result.join(compute(index));
    });
    return result;
  }

  RescanOp op;
  DenseMap<Value, Dependence> known;
};

//===----------------------------------------------------------------------===//
// What the step adds to the state
//===----------------------------------------------------------------------===//

/// One component of the state: h' = h + tokenFactors <query, key> historyFactors
/// row, where `row` is null for a number.
struct Term {
  Value query, key;
  SmallVector<Value> tokenFactors, historyFactors; // Numbers.
  Value row;
};

struct SeparableKernel {
  RescanOp op;
  SmallVector<Term> terms; // One for each component of the state.
};

class Matcher {
public:
  Matcher(RescanOp op, Refusal &refusal)
      : op(op), refusal(refusal), dependences(op) {}

  FailureOr<SeparableKernel> run();

private:
  LogicalResult refuse(const Twine &reason, const Twine &fix) {
    refusal = {reason.str(), fix.str()};
    return failure();
  }
  LogicalResult refuseNonlinear(Operation *nonlinear);

  LogicalResult matchSum(Value next, Value state, Term &term);
  LogicalResult matchProduct(Value value, Term &term);
  LogicalResult matchDot(linalg::LinalgOp dot, Term &term);
  LogicalResult addFactor(Value value, Term &term);

  RescanOp op;
  Refusal &refusal;
  Dependences dependences;
};
} // namespace

static bool isZero(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    value = fill.getInputs()[0];
  return matchPattern(value, m_AnyZeroFloat());
}

/// The result of a body with one result.
static Value getYielded(linalg::LinalgOp op) {
  return op.getBlock()->getTerminator()->getOperand(0);
}

static Value skipExtension(Value value) {
  while (auto extension = value.getDefiningOp<arith::ExtFOp>())
    value = extension.getIn();
  return value;
}

/// The factors of x * y + sum, by multiplication and addition or at once.
static std::optional<std::pair<Value, Value>> getFactors(Value value,
                                                         Value sum) {
  if (auto fma = value.getDefiningOp<math::FmaOp>())
    if (fma.getC() == sum)
      return std::pair(fma.getA(), fma.getB());
  auto add = value.getDefiningOp<arith::AddFOp>();
  if (!add || (add.getLhs() != sum && add.getRhs() != sum))
    return std::nullopt;
  Value product = add.getLhs() == sum ? add.getRhs() : add.getLhs();
  if (auto mul = product.getDefiningOp<arith::MulFOp>())
    return std::pair(mul.getLhs(), mul.getRhs());
  return std::nullopt;
}

LogicalResult Matcher::refuseNonlinear(Operation *nonlinear) {
  StringRef name = nonlinear->getName().getStringRef();
  bool isExponential =
      isa<math::ExpOp, math::Exp2Op>(nonlinear) || name == "attn.fold";
  return refuse(name + " is not linear in what it makes of token and history" +
                    (isExponential ? ": exp(<q, k>) is no inner product of "
                                     "finitely many features of q and of k"
                                   : ""),
                "add <phi(q_t), phi(k_j)> v_j to the state, with phi of one "
                "side only");
}

/// A factor that does not depend on token and history at once.
LogicalResult Matcher::addFactor(Value value, Term &term) {
  // Numbers that a body computes are of no use outside of it.
  if (!matchPattern(value, m_Constant()) &&
      value.getParentBlock() != op.getStepBody() &&
      op.getStep().isAncestor(value.getParentRegion()))
    return refuse("a factor is computed inside of another operation",
                  "compute it before");
  Dependence dependence = dependences.get(value);
  bool isToken = isRow(value) ? dependence.token : !dependence.history;
  if (!isRow(value)) {
    (isToken ? term.tokenFactors : term.historyFactors).push_back(value);
    return success();
  }
  if (isToken || term.row)
    return refuse(isToken ? "the token has a factor for each element of the "
                            "state"
                          : "two rows are multiplied",
                  isToken ? "multiply by it in the read"
                          : "multiply them in an operation of their own");
  term.row = value;
  return success();
}

// sum_d query_d key_d
LogicalResult Matcher::matchDot(linalg::LinalgOp dot, Term &term) {
  Value sides[2] = {dot.getDpsInputs()[0], dot.getDpsInputs()[1]};
  for (Value side : sides)
    if (dependences.get(side).isPair())
      return refuse(dot->getName().getStringRef() +
                        " has a factor that depends on token and history",
                    "let one factor be of the token, one of the history");
  if (term.query)
    return refuse("two inner products are multiplied",
                  "expand the product of features");
  bool isSwapped = dependences.get(sides[0]).history;
  term.query = sides[isSwapped];
  term.key = sides[!isSwapped];
  return success();
}

static bool isDot(Operation *op) {
  if (auto dot = dyn_cast<linalg::DotOp>(op))
    return isZero(dot.getDpsInits()[0]);
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumDpsInputs() != 2 || generic.getNumLoops() != 1 ||
      generic.getNumReductionLoops() != 1 || generic.getNumDpsInits() != 1 ||
      !isZero(generic.getDpsInits()[0]))
    return false;
  SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
  Block *body = generic.getBlock();
  auto factors = getFactors(getYielded(generic), body->getArgument(2));
  if (!factors || !maps[0].isIdentity() || !maps[1].isIdentity())
    return false;
  Value a = skipExtension(factors->first), b = skipExtension(factors->second);
  return (a == body->getArgument(0) && b == body->getArgument(1)) ||
         (a == body->getArgument(1) && b == body->getArgument(0));
}

// term *= value
LogicalResult Matcher::matchProduct(Value value, Term &term) {
  // Narrow factors are converted where they meet the state.
  value = skipExtension(value);
  Value whole = skipExtension(getWhole(value));
  if (!dependences.get(whole).isPair())
    return addFactor(whole, term);
  if (whole != value)
    return matchProduct(whole, term);
  Operation *operation = value.getDefiningOp();
  if (!operation)
    return refuse("the state is multiplied",
                  "add <phi(q_t), phi(k_j)> v_j to it");
  if (isa<tensor::SplatOp, tensor::FromElementsOp, tensor::ExtractOp,
          linalg::FillOp, linalg::BroadcastOp, arith::ExtFOp>(operation) &&
      (!isa<tensor::FromElementsOp>(operation) ||
       operation->getNumOperands() == 1) &&
      (!isa<tensor::ExtractOp, linalg::BroadcastOp>(operation) ||
       !isRow(operation->getOperand(0))))
    return matchProduct(operation->getOperand(0), term);
  if (auto mul = dyn_cast<arith::MulFOp>(operation))
    return success(succeeded(matchProduct(mul.getLhs(), term)) &&
                   succeeded(matchProduct(mul.getRhs(), term)));
  if (isDot(operation))
    return matchDot(cast<linalg::LinalgOp>(operation), term);
  if (auto generic = dyn_cast<linalg::GenericOp>(operation))
    if (isElementwise(generic) && generic.getRegionOutputArgs()[0].use_empty())
      return matchProduct(getYielded(generic), term);
  return refuseNonlinear(operation);
}

// next = state + term
LogicalResult Matcher::matchSum(Value next, Value state, Term &term) {
  Operation *operation = next.getDefiningOp();
  if (!operation)
    return refuse("a component of the state is not added to",
                  "drop it, or make it an input");
  if (auto generic = dyn_cast<linalg::GenericOp>(operation);
      generic && isElementwise(generic))
    return matchSum(getYielded(generic), state, term);
  auto isState = [&](Value value) { return getWhole(value) == state; };
  if (auto fma = dyn_cast<math::FmaOp>(operation)) {
    if (isState(fma.getC()))
      return success(succeeded(matchProduct(fma.getA(), term)) &&
                     succeeded(matchProduct(fma.getB(), term)));
  } else if (auto add = dyn_cast<arith::AddFOp>(operation)) {
    if (isState(add.getLhs()))
      return matchProduct(add.getRhs(), term);
    if (isState(add.getRhs()))
      return matchProduct(add.getLhs(), term);
  }
  return refuseNonlinear(operation);
}

FailureOr<SeparableKernel> Matcher::run() {
  if (op.getBoundary() != Boundary::Reset)
    return refuse("the boundary is chain: a token starts where the one before "
                  "it left off",
                  "use #recur<boundary reset>");
  if (op.getHistory() != History::Prefix)
    return refuse("each token rereads all of the history, not a prefix of it",
                  "use #recur<history prefix> if what comes later is hidden");
  if (!hasTokenForEachOfHistory(op))
    return refuse("there may be more or fewer tokens than history",
                  "make both sizes static, or the destination of the size of "
                  "the history");
  if (!llvm::all_of(op.getFinalStates(),
                    [](Value state) { return state.use_empty(); }))
    return refuse("the final state is used, and the scan has another",
                  "read it by an output");

  for (unsigned i = 0; i < op.getInputs().size(); ++i)
    if (op.isTokenInput(i) && op.isHistoryInput(i))
      return refuse("input #" + Twine(i) + " is of pairs of token and history",
                    "a bias or mask of pairs is no inner product");

  SeparableKernel match{op, {}};
  Type element = getElementTypeOrSelf(op.getStateTypes().front());
  ValueRange next = op.getStepBody()->getTerminator()->getOperands();
  ValueRange state =
      op.getStepBody()->getArguments().drop_front(op.getInputs().size());
  for (auto [from, to] : llvm::zip_equal(state, next)) {
    Term term;
    if (failed(matchSum(to, from, term)))
      return failure();
    auto type = dyn_cast<RankedTensorType>(from.getType());
    if (getElementTypeOrSelf(from) != element ||
        !isa<Float32Type, Float64Type>(element) ||
        (type && type.getRank() != 1) || bool(type) != bool(term.row))
      return refuse("the state is not made of numbers, to which scores are "
                    "added, and rows, to which rows of the history are",
                    "let them be of one type, f32 or f64");
    if (!term.query)
      return refuse("nothing of the token is multiplied with anything of the "
                    "history",
                    "use recur-rescan-to-scan");
    if (!match.terms.empty() && (term.query != match.terms[0].query ||
                                 term.key != match.terms[0].key))
      return refuse("components of the state have different kernels",
                    "separate them into a rescan each");
    match.terms.push_back(term);
  }
  Value key = match.terms[0].key;
  if (cast<RankedTensorType>(key.getType()).isDynamicDim(0) &&
      !isa<BlockArgument>(key))
    return refuse("it is not known how many features the history has",
                  "make their number static");
  return match;
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

namespace {
/// Where the components of the state lie in one row of the matrix.
struct Slot {
  OpFoldResult offset, size;
  bool isNumber;
};

class Separation {
public:
  Separation(RewriterBase &b, const SeparableKernel &match)
      : b(b), match(match), op(match.op), loc(op.getLoc()),
        type(cast<FloatType>(
            getElementTypeOrSelf(op.getStateTypes().front()))) {}
  ScanOp run();

private:
  void createOperands();
  SmallVector<Slot> getSlots(function_ref<OpFoldResult(unsigned)> getSize);
  Value clone(IRMapping &mapping, Value value);
  Value multiply(Value value, ArrayRef<Value> factors);
  SmallVector<Value> createLift(ValueRange arguments);
  SmallVector<Value> createRead(ValueRange arguments);

  RewriterBase &b;
  const SeparableKernel &match;
  RescanOp op;
  Location loc;
  FloatType type;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  Value init;
  SmallVector<unsigned> initialInputs; // For each component; 0 if it is 0.
};
} // namespace

/// The map over (batch.., t) for one over (batch.., t, j).
static AffineMap joinTokenAndHistory(RescanOp op, AffineMap map) {
  SmallVector<unsigned> dims;
  for (unsigned i = 0; i < map.getNumResults(); ++i)
    dims.push_back(std::min(map.getDimPosition(i), op.getTimeDim()));
  return AffineMap::getMultiDimMapWithTargets(op.getNumLoops() - 1, dims,
                                              op.getContext());
}

/// Clones what computes a value of the step, j being t.
Value Separation::clone(IRMapping &mapping, Value value) {
  if (Value found = mapping.lookupOrNull(value))
    return found;
  Operation *operation = value.getDefiningOp();
  if (!operation || !op->isProperAncestor(operation))
    return value;
  operation->walk([&](Operation *nested) {
    for (Value operand : nested->getOperands())
      if (!operation->isAncestor(operand.getParentBlock()->getParentOp()))
        clone(mapping, operand);
  });
  Operation *copy = b.clone(*operation, mapping);
  copy->walk([&](IndexOp index) {
    index.setDim(std::min<uint64_t>(index.getDim(), op.getTimeDim()));
  });
  return mapping.lookup(value);
}

/// A number or a row, times numbers, in the state's precision.
Value Separation::multiply(Value value, ArrayRef<Value> factors) {
  auto convert = [&](OpBuilder &b, Value number) {
    return convertScalarToDtype(b, loc, number, type, /*isUnsignedCast=*/false);
  };
  Value weight;
  for (Value factor : factors) {
    if (isa<RankedTensorType>(factor.getType()))
      factor = tensor::ExtractOp::create(b, loc, factor, ValueRange());
    factor = convert(b, factor);
    weight = weight ? arith::MulFOp::create(b, loc, weight, factor) : factor;
  }
  auto row = dyn_cast<RankedTensorType>(value.getType());
  if (!row) {
    value = convert(b, value);
    return weight ? arith::MulFOp::create(b, loc, value, weight) : value;
  }
  if (!weight && row.getElementType() == type)
    return value;
  Value empty = tensor::EmptyOp::create(
      b, loc, tensor::getMixedSizes(b, loc, value), type);
  AffineMap each = b.getMultiDimIdentityMap(1);
  return linalg::GenericOp::create(
             b, loc, empty.getType(), value, empty, ArrayRef{each, each},
             utils::IteratorType::parallel,
             [&](OpBuilder &b, Location loc, ValueRange in) {
               Value element = convert(b, in[0]);
               if (weight)
                 element = arith::MulFOp::create(b, loc, element, weight);
               linalg::YieldOp::create(b, loc, element);
             })
      .getResult(0);
}

SmallVector<Slot>
Separation::getSlots(function_ref<OpFoldResult(unsigned)> getSize) {
  SmallVector<Slot> slots;
  OpFoldResult offset = b.getIndexAttr(0);
  auto add = [&](OpFoldResult x, OpFoldResult y) -> OpFoldResult {
    auto cx = getConstantIntValue(x), cy = getConstantIntValue(y);
    if (cx && cy)
      return b.getIndexAttr(*cx + *cy);
    return arith::AddIOp::create(b, loc,
                                 getValueOrCreateConstantIndexOp(b, loc, x),
                                 getValueOrCreateConstantIndexOp(b, loc, y))
        .getResult();
  };
  for (auto [i, term] : llvm::enumerate(match.terms)) {
    OpFoldResult size = term.row ? getSize(i) : b.getIndexAttr(1);
    slots.push_back({offset, size, !term.row});
    offset = add(offset, size);
  }
  slots.push_back({offset, b.getIndexAttr(0), false}); // The end.
  return slots;
}

/// Inputs, where j is t, then the initial states that are not 0; the zero
/// matrix.
void Separation::createOperands() {
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    inputs.push_back(input);
    maps.push_back(joinTokenAndHistory(op, op.getInputMap(i)));
  }
  for (auto [i, initial] : llvm::enumerate(op.getInits())) {
    initialInputs.push_back(isZero(initial) ? 0 : inputs.size());
    if (isZero(initial))
      continue;
    inputs.push_back(initial);
    maps.push_back(joinTokenAndHistory(op, op.getInitMap(i)));
  }

  unsigned batch = op.getNumBatchDims();
  SmallVector<OpFoldResult> loops = op.getLoopSizes(b);
  SmallVector<OpFoldResult> sizes(ArrayRef(loops).take_front(batch));
  Value key = match.terms[0].key;
  auto keyType = cast<RankedTensorType>(key.getType());
  if (keyType.isDynamicDim(0)) {
    Value input = op.getInputs()[cast<BlockArgument>(key).getArgNumber()];
    auto rank = cast<RankedTensorType>(input.getType()).getRank();
    sizes.push_back(tensor::getMixedSize(b, loc, input, rank - 1));
  } else {
    sizes.push_back(b.getIndexAttr(keyType.getDimSize(0)));
  }
  SmallVector<Slot> slots = getSlots([&](unsigned i) {
    return tensor::getMixedSize(b, loc, op.getInits()[i], batch);
  });
  sizes.push_back(slots.back().offset);
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  Value empty = tensor::EmptyOp::create(b, loc, sizes, type);
  init = linalg::FillOp::create(b, loc, zero, empty).getResult(0);
}

/// (k, v): features, and the components' rows side by side.
SmallVector<Value> Separation::createLift(ValueRange arguments) {
  IRMapping mapping;
  mapping.map(op.getStepBody()->getArguments().take_front(op.getInputs().size()),
              arguments.take_front(op.getInputs().size()));
  Value key = clone(mapping, match.terms[0].key);
  SmallVector<Value> rows;
  for (const Term &term : match.terms) {
    Value row;
    if (term.row)
      row = clone(mapping, term.row);
    else
      row = arith::ConstantOp::create(b, loc, b.getFloatAttr(type, 1.0));
    SmallVector<Value> factors = llvm::map_to_vector(
        term.historyFactors, [&](Value v) { return clone(mapping, v); });
    bool isAlone = match.terms.size() == 1 && term.row && factors.empty();
    rows.push_back(isAlone ? row : multiply(row, factors));
  }
  if (rows.size() == 1 && isRow(rows[0]))
    return {key, rows[0]};

  SmallVector<Slot> slots = getSlots(
      [&](unsigned i) { return tensor::getMixedSize(b, loc, rows[i], 0); });
  Value all = tensor::EmptyOp::create(
      b, loc, ArrayRef<OpFoldResult>{slots.back().offset}, type);
  for (auto [row, slot] : llvm::zip(rows, slots)) {
    if (slot.isNumber)
      all = tensor::InsertOp::create(
          b, loc, row, all,
          getValueOrCreateConstantIndexOp(b, loc, slot.offset));
    else
      all = tensor::InsertSliceOp::create(b, loc, row, all, slot.offset,
                                          slot.size,
                                          OpFoldResult(b.getIndexAttr(1)));
  }
  return {key, all};
}

/// h = initial + tokenFactors (query S), then the read of the rescan.
SmallVector<Value> Separation::createRead(ValueRange arguments) {
  IRMapping mapping;
  mapping.map(op.getStepBody()->getArguments().take_front(op.getInputs().size()),
              arguments.take_front(op.getInputs().size()));
  Value query = clone(mapping, match.terms[0].query);
  Value matrix = arguments.back();
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  Value empty = tensor::EmptyOp::create(
      b, loc, tensor::getMixedSizes(b, loc, matrix).back(), type);
  Value start = linalg::FillOp::create(b, loc, zero, empty).getResult(0);
  Value row = linalg::VecmatOp::create(b, loc, start.getType(),
                                       ValueRange{query, matrix}, start)
                  .getResult(0);

  SmallVector<Slot> slots = getSlots([&](unsigned i) {
    auto state = cast<RankedTensorType>(op.getStateTypes()[i]);
    if (!state.isDynamicDim(0))
      return OpFoldResult(b.getIndexAttr(state.getDimSize(0)));
    return tensor::getMixedSize(b, loc, op.getInits()[i],
                                op.getNumBatchDims());
  });
  SmallVector<Value> state;
  for (auto [i, term] : llvm::enumerate(match.terms)) {
    Value h = row;
    if (slots[i].isNumber)
      h = tensor::ExtractOp::create(
          b, loc, row,
          getValueOrCreateConstantIndexOp(b, loc, slots[i].offset));
    else if (match.terms.size() > 1)
      h = tensor::ExtractSliceOp::create(b, loc, row, slots[i].offset,
                                         slots[i].size,
                                         OpFoldResult(b.getIndexAttr(1)));
    h = multiply(h, llvm::map_to_vector(term.tokenFactors, [&](Value v) {
                   return clone(mapping, v);
                 }));
    if (unsigned initial = initialInputs[i])
      h = arith::AddFOp::create(b, loc, arguments[initial], h);
    state.push_back(h);
  }
  if (!op.getReadBody())
    return state;

  SmallVector<Value> seen;
  for (unsigned i = 0; i < op.getInputs().size(); ++i)
    if (!op.isHistoryInput(i))
      seen.push_back(arguments[i]);
  llvm::append_range(seen, state);
  return inlineBody(b, op.getReadBody(), seen);
}

// rescan(h + <phi(q_t), phi(k_j)> v_j)  -->  scan(S + phi(k_t) v_t^T),
//                                            h = phi(q_t)^T S
ScanOp Separation::run() {
  b.setInsertionPoint(op);
  createOperands();
  for (unsigned i = 0; i < op.getOutputs().size(); ++i)
    maps.push_back(joinTokenAndHistory(op, op.getOutputMap(i)));
  maps.push_back(joinTokenAndHistory(op, op.getInitMap(0)));
  SmallVector<Type> results(op.getOutputs().getTypes());
  results.push_back(init.getType());
  auto scan = ScanOp::create(b, loc, results, inputs, op.getOutputs(), init,
                             b.getAffineMapArrayAttr(maps),
                             AffineAttr::get(op.getContext(), Transition::Unit),
                             /*exclusive=*/false, /*reverse=*/false,
                             /*schedule=*/ScheduleAttr());
  SmallVector<Type> seen = scan.getInputSliceTypes();
  auto fillRegion = [&](Region &region, auto create) {
    Block *block = b.createBlock(&region, {}, seen,
                                 SmallVector<Location>(seen.size(), loc));
    YieldOp::create(b, loc, create(block->getArguments()));
  };
  fillRegion(scan.getLift(),
             [&](ValueRange arguments) { return createLift(arguments); });
  llvm::append_range(seen, scan.getStateTypes());
  if (!op.getOutputs().empty())
    fillRegion(scan.getRead(),
               [&](ValueRange arguments) { return createRead(arguments); });
  for (auto [before, after] :
       llvm::zip(op.getOutputResults(), scan.getOutputResults()))
    b.replaceAllUsesWith(before, after);
  b.eraseOp(op);
  return scan;
}

namespace {
struct RecurSeparateKernel
    : recur::impl::RecurSeparateKernelBase<RecurSeparateKernel> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](RescanOp op) {
      Refusal refusal;
      FailureOr<SeparableKernel> match = Matcher(op, refusal).run();
      if (succeeded(match))
        Separation(rewriter, *match).run();
      else
        reportRefusal(op, "recur-separate-kernel", refusal);
    });
  }
};
} // namespace
