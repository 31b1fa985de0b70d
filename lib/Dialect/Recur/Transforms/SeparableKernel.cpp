//===- SeparableKernel.cpp - A step that is linear in features ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SeparableKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

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

bool mlir::recur::isZero(Value value) {
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
  if (!generic || generic.getNumDpsInputs() != 2 ||
      generic.getNumLoops() != 1 || generic.getNumReductionLoops() != 1 ||
      generic.getNumDpsInits() != 1 || !isZero(generic.getDpsInits()[0]))
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
  if (std::optional<Refusal> why = refuseSharedPrefixes(op))
    return refuse(why->reason, why->fix);
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
    if (!match.terms.empty() &&
        (term.query != match.terms[0].query || term.key != match.terms[0].key))
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

FailureOr<SeparableKernel> mlir::recur::matchSeparableKernel(RescanOp op,
                                                             Refusal &refusal) {
  return Matcher(op, refusal).run();
}
