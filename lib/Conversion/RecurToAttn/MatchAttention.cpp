//===- MatchAttention.cpp - Finding attention in a rescan ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/RecurToAttn.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace mlir::attn;
using recur::Refusal;
using recur::RescanOp;

/// What a value is before it was given other dimensions of size 1.
static Value skipUnitDims(Value value) {
  auto isUnit = [](Value tensor) {
    auto type = cast<RankedTensorType>(tensor.getType());
    return type.hasStaticShape() && type.getNumElements() == 1;
  };
  while (Operation *op = value.getDefiningOp()) {
    if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(
            op) ||
        (isa<tensor::FromElementsOp>(op) && op->getNumOperands() == 1) ||
        (isa<tensor::ExtractOp>(op) && isUnit(op->getOperand(0))))
      value = op->getOperand(0);
    else
      break;
  }
  return value;
}

namespace {
/// Collects the parts of a match; `refuse` says why there is none.
class Matcher {
public:
  Matcher(RescanOp op, Refusal *refusal) : op(op), refusal(refusal) {
    match.rescan = op;
  }
  FailureOr<AttentionInRescan> run();

private:
  LogicalResult refuse(const Twine &reason, const Twine &fix) {
    if (refusal)
      *refusal = {reason.str(), fix.str()};
    return failure();
  }
  LogicalResult matchState();
  LogicalResult matchIdentity();
  LogicalResult matchInputs();
  LogicalResult matchSegments();
  LogicalResult matchOutputs();
  LogicalResult matchMask();
  LogicalResult matchPositions();
  LogicalResult matchHeads();
  LogicalResult matchCaptures();

  FailureOr<unsigned> matchInput(StringRef name, Value operand, AffineMap map,
                                 std::optional<unsigned> feature);
  llvm::SmallBitVector getPositionsLookedAt();
  std::optional<unsigned> getPerBatchRank();
  /// The index of the recurrence in this dimension, or not.
  std::optional<unsigned> getIndexDim(Value value) {
    auto index = value.getDefiningOp<recur::IndexOp>();
    if (!index)
      return std::nullopt;
    return index.getDim();
  }
  bool isHeadIndex(Value value, unsigned heads);
  bool isSizeOf(Value value, unsigned dim);

  RescanOp op;
  Refusal *refusal;
  AttentionInRescan match;
};
} // namespace

//===----------------------------------------------------------------------===//
// State
//===----------------------------------------------------------------------===//

// step(.., m, l, acc) = fold(m, l, acc), read(.., m, l, acc) = finish(m, l,
// acc)
LogicalResult Matcher::matchState() {
  ValueRange yielded = op.getStepBody()->getTerminator()->getOperands();
  match.fold = yielded.front().getDefiningOp<FoldOp>();
  FoldOp fold = match.fold;
  if (!fold || yielded.size() != 3 || fold->getBlock() != op.getStepBody() ||
      !llvm::equal(yielded, fold.getResults()))
    return refuse("the step does not end in the results of one attn.fold",
                  "let the step yield (m, l, acc) of an attn.fold of one key");
  ValueRange state = op.getStepBody()->getArguments().take_back(3);
  if (!llvm::equal(fold.getDpsInits(), state))
    return refuse("the fold does not start from the state of the recurrence",
                  "give the state as its destinations");
  SmallVector<int64_t> ranges = fold.getStaticLoopRanges();
  for (unsigned dim = 0; dim < fold.getNumLoops(); ++dim)
    if (dim != fold.getFeatureDim() && dim != fold.getValueDim() &&
        ranges[dim] != 1)
      return refuse("the fold is of more than one query or key",
                    "let it fold one key into the state of one query");

  if (!op.getReadBody())
    return refuse("there is no read: the outputs are the running state",
                  "read the state by attn.finish");
  Value first =
      skipUnitDims(op.getReadBody()->getTerminator()->getOperands().empty()
                       ? Value()
                       : op.getReadBody()->getTerminator()->getOperand(0));
  match.finish = first ? first.getDefiningOp<FinishOp>() : FinishOp();
  ValueRange last = op.getReadBody()->getArguments().take_back(3);
  if (!match.finish ||
      !llvm::equal(match.finish->getOperands().take_front(3), last))
    return refuse("the read is no attn.finish of the state",
                  "read (m, l, acc) by attn.finish");
  return success();
}

static bool isFilledWith(Value value, function_ref<bool(const APFloat &)> is) {
  value = skipUnitDims(value);
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    value = fill.getInputs()[0];
  FloatAttr number;
  DenseFPElementsAttr numbers;
  if (matchPattern(value, m_Constant(&number)))
    return is(number.getValue());
  return matchPattern(value, m_Constant(&numbers)) && numbers.isSplat() &&
         is(numbers.getSplatValue<APFloat>());
}

// init = (-inf, 0, 0), and nothing looks at the final state
LogicalResult Matcher::matchIdentity() {
  auto isZero = [](const APFloat &value) { return value.isZero(); };
  auto isMinusInfinity = [](const APFloat &value) {
    return value.isInfinity() && value.isNegative();
  };
  if (!isFilledWith(op.getInits()[0], isMinusInfinity) ||
      !isFilledWith(op.getInits()[1], isZero) ||
      !isFilledWith(op.getInits()[2], isZero))
    return refuse("the init is not the identity (-inf, 0, 0)",
                  "fold what came before as keys of their own");
  if (!llvm::all_of(op.getFinalStates(),
                    [](Value state) { return state.use_empty(); }))
    return refuse("the final state is used, and attention has none",
                  "compute it by an attn.fold of the last query");
  return success();
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// The input of the rescan that an operand of the fold is, up to unit
/// dimensions; with `feature`, a row of that dimension.
FailureOr<unsigned> Matcher::matchInput(StringRef name, Value operand,
                                        AffineMap map,
                                        std::optional<unsigned> feature) {
  auto argument = dyn_cast<BlockArgument>(skipUnitDims(operand));
  if (!argument || argument.getOwner() != op.getStepBody() ||
      argument.getArgNumber() >= op.getInputs().size())
    return refuse("the " + name + " of the fold is computed in the step",
                  "compute it before the recurrence, on whole sequences");
  int64_t rank = 0;
  if (auto type = dyn_cast<RankedTensorType>(argument.getType()))
    rank = type.getRank();
  if (rank != (feature ? 1 : 0))
    return refuse("the " + name + " of the fold is a slice of rank " +
                      Twine(rank),
                  feature ? "let the step see rows of it"
                          : "let the step see elements of it");
  return argument.getArgNumber();
}

LogicalResult Matcher::matchInputs() {
  FoldOp fold = match.fold;
  auto query = matchInput("query", fold.getQuery(), fold.getQueryMap(),
                          fold.getFeatureDim());
  auto key =
      matchInput("key", fold.getKey(), fold.getKeyMap(), fold.getFeatureDim());
  auto value = matchInput("value", fold.getValue(), fold.getValueMap(),
                          fold.getValueDim());
  if (failed(query) || failed(key) || failed(value))
    return failure();
  match.query = *query, match.key = *key, match.value = *value;

  for (unsigned dim = 0; dim <= op.getTimeDim(); ++dim)
    if (!op.getInputMap(match.query).isFunctionOfDim(dim))
      return refuse("the query is the same for all of dimension " + Twine(dim),
                    dim == op.getTimeDim()
                        ? "use recur-rescan-to-scan"
                        : "broadcast it: attention asks for each batch");
  if (op.isHistoryInput(match.query))
    return refuse("the query changes with the key", "give it no j");
  for (unsigned input : {match.key, match.value})
    if (!op.isHistoryInput(input) || op.isTokenInput(input))
      return refuse("key and value must be history: change with j, not with t",
                    "give them maps with j and without t");

  if (Value mask = fold.getMaskTensor()) {
    auto input =
        matchInput("mask tensor", mask, fold.getMaskTensorMap(), std::nullopt);
    if (failed(input))
      return failure();
    match.maskTensor = *input;
  }
  return fold.hasSegments() ? matchSegments() : success();
}

LogicalResult Matcher::matchSegments() {
  FoldOp fold = match.fold;
  auto queries = matchInput("segment id", fold.getQuerySegments(),
                            fold.getQuerySegmentsMap(), std::nullopt);
  auto keys = matchInput("segment id", fold.getKeySegments(),
                         fold.getKeySegmentsMap(), std::nullopt);
  if (failed(queries) || failed(keys))
    return failure();
  if (op.isHistoryInput(*queries) || op.isTokenInput(*keys))
    return refuse("the segment id of the query changes with the key, or that of "
                  "the key with the query",
                  "give the ids of queries maps without j, those of keys maps "
                  "without t");
  match.querySegments = *queries, match.keySegments = *keys;
  return success();
}

// The outputs are those of the finish.
LogicalResult Matcher::matchOutputs() {
  std::optional<unsigned> output;
  ValueRange yielded = op.getReadBody()->getTerminator()->getOperands();
  for (auto [i, slice] : llvm::enumerate(yielded)) {
    Value result = skipUnitDims(slice);
    auto type = dyn_cast<RankedTensorType>(slice.getType());
    if (result == match.finish.getResult(0) && !output && type &&
        type.getRank() == 1)
      output = i;
    else if (match.finish.hasLogSumExp() &&
             result == match.finish.getResult(1) && !match.logSumExp && !type)
      match.logSumExp = i;
    else
      return refuse("output #" + Twine(i) +
                        " is not one of attention's: a row, its log-sum-exp",
                    "yield what attn.finish computes, once");
  }
  if (!output)
    return refuse("the output of the attn.finish is not read",
                  "yield it from the read");
  match.output = *output;
  Type query = getElementTypeOrSelf(op.getInputs()[match.query].getType());
  Type written = getElementTypeOrSelf(op.getOutputs()[*output].getType());
  if (query.isF64() != written.isF64())
    return refuse("f64 and narrower types are mixed",
                  "convert the output outside of the recurrence");
  return success();
}

//===----------------------------------------------------------------------===//
// Masks and positions
//===----------------------------------------------------------------------===//

// prefix(fold with mask)  =  all(fold with mask and causal)
LogicalResult Matcher::matchMask() {
  match.mask = match.fold.getMaskAttr();
  if (op.getHistory() == recur::History::All)
    return success();
  if (match.mask && match.fold.getQueryOffset())
    return refuse("the mask has a query offset, the prefix has none",
                  "reread the whole history: #recur<history all>");
  if (hidesKeysAfterQuery(match.mask))
    return success();
  MLIRContext *context = op.getContext();
  MaskAttrInterface causal = CausalAttr::get(context);
  if (showsKeysUpToQuery(match.mask))
    match.mask = causal;
  else
    match.mask = AndAttr::get(context, {causal, match.mask});
  return success();
}

/// The rank of operands per batch, if there are any.
std::optional<unsigned> Matcher::getPerBatchRank() {
  FoldOp fold = match.fold;
  for (Value value :
       {fold.getMask() ? fold.getQueryOffset() : Value(), fold.getValidKeys()})
    if (auto type = dyn_cast_or_null<RankedTensorType>(value ? value.getType()
                                                             : Type()))
      return type.getRank();
  return std::nullopt;
}

/// Which of (batch.., m, k2) the fold looks at.
llvm::SmallBitVector Matcher::getPositionsLookedAt() {
  FoldOp fold = match.fold;
  unsigned batch = fold.getNumBatchDims();
  llvm::SmallBitVector seen(batch + 2);
  if (fold.getMask())
    seen.set(batch, batch + 2);
  if (fold.getValidKeys())
    seen.set(batch + 1);
  seen.set(0, getPerBatchRank().value_or(0));
  if (Block *body = fold.getScoreBody())
    for (unsigned i = 0; i < batch + 2; ++i)
      if (!body->getArgument(1 + i).use_empty())
        seen.set(i);
  return seen;
}

// at(batch.., m, k2) = the index of the recurrence
LogicalResult Matcher::matchPositions() {
  FoldOp fold = match.fold;
  unsigned batch = fold.getNumBatchDims();
  llvm::SmallBitVector seen = getPositionsLookedAt();
  llvm::SmallBitVector taken(op.getNumLoops());
  match.batchDims = llvm::to_vector(llvm::seq<unsigned>(0, batch));
  for (unsigned i : seen.set_bits()) {
    std::optional<unsigned> dim;
    if (!fold.getOrigin().empty())
      dim = getIndexDim(fold.getOrigin()[i]);
    bool isRight = dim && !taken.test(*dim) &&
                   (i == batch       ? *dim == op.getTimeDim()
                    : i == batch + 1 ? *dim == op.getHistoryDim()
                                     : *dim < op.getNumBatchDims());
    // Operands per batch are indexed by the first dimensions.
    if (isRight && i < getPerBatchRank().value_or(0))
      isRight = *dim == i;
    if (!isRight)
      return refuse("the fold looks at its position #" + Twine(i) +
                        ", which is not that of the recurrence",
                    "place it `at` recur.index of (batch.., t, j)");
    taken.set(*dim);
    if (i < batch)
      match.batchDims[i] = *dim;
  }
  return success();
}

/// Whether a value is the size of a dimension of the recurrence.
bool Matcher::isSizeOf(Value value, unsigned dim) {
  int64_t size = op.getStaticLoopRanges()[dim];
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return *constant == size;
  auto asked = value.getDefiningOp<tensor::DimOp>();
  if (!asked || !asked.getConstantIndex())
    return false;
  for (auto [operand, map] :
       llvm::zip_equal(op->getOperands(), op.getIndexingMapsArray()))
    for (unsigned i = 0; i < map.getNumResults(); ++i) {
      if (map.getDimPosition(i) != dim)
        continue;
      int64_t place = i;
      Value source = operand;
      if (auto transposed = operand.getDefiningOp<linalg::TransposeOp>()) {
        source = transposed.getInput();
        place = transposed.getPermutation()[i];
      }
      if ((source == asked.getSource() && place == *asked.getConstantIndex()) ||
          (operand == asked.getSource() && i == *asked.getConstantIndex()))
        return true;
    }
  return false;
}

/// Whether a value in the score region is ((b_0 S_1 + b_1) S_2 + b_2 ..), the
/// flattened index of the last `heads` batch dimensions.
bool Matcher::isHeadIndex(Value value, unsigned heads) {
  unsigned batch = op.getNumBatchDims();
  auto getIndex = [&](unsigned dim) {
    return match.fold.getScoreBody()->getArgument(1 + dim);
  };
  for (unsigned dim = batch - 1; dim > batch - heads; --dim) {
    auto sum = value.getDefiningOp<arith::AddIOp>();
    if (!sum || sum.getRhs() != getIndex(dim))
      return false;
    value = sum.getLhs();
    if (op.getStaticLoopRanges()[dim] == 1 &&
        !value.getDefiningOp<arith::MulIOp>())
      continue;
    auto product = value.getDefiningOp<arith::MulIOp>();
    if (!product || !isSizeOf(product.getRhs(), dim))
      return false;
    value = product.getLhs();
  }
  return value == getIndex(batch - heads);
}

// How many of the last batch dimensions form the head.
LogicalResult Matcher::matchHeads() {
  unsigned batch = op.getNumBatchDims();
  unsigned usual = batch <= 1 ? batch : batch - 1;
  std::optional<unsigned> fixed;
  if (std::optional<unsigned> rank = getPerBatchRank()) {
    if (*rank > batch)
      return refuse("an operand per batch has more dimensions than the batch",
                    "give it the first dimensions of the batch");
    fixed = batch - *rank;
  }
  match.numHeadDims = fixed.value_or(usual);
  Block *body = match.fold.getScoreBody();
  if (!body)
    return success();

  bool isInOrder = llvm::equal(match.batchDims, llvm::seq<unsigned>(0, batch));
  for (unsigned heads = batch; heads >= 2 && isInOrder; --heads) {
    if (fixed && *fixed != heads)
      continue;
    for (Operation &nested : *body)
      if (nested.getNumResults() == 1 && !match.flatHead &&
          isHeadIndex(nested.getResult(0), heads))
        match.flatHead = nested.getResult(0);
    if (match.flatHead) {
      match.numHeadDims = heads;
      return success();
    }
  }
  // Indices that are looked at one by one are simplest as they are.
  bool isLookedAt = false;
  for (auto [i, dim] : llvm::enumerate(match.batchDims))
    isLookedAt |= dim + usual >= batch && !body->getArgument(1 + i).use_empty();
  if (!fixed && isLookedAt)
    match.numHeadDims = 1;
  return success();
}

// The score region may only see what is outside of the recurrence.
LogicalResult Matcher::matchCaptures() {
  FoldOp fold = match.fold;
  auto isOutside = [&](Value value) {
    return !op->isAncestor(value.getParentBlock()->getParentOp());
  };
  for (Value value : {fold.getQueryOffset(), fold.getValidKeys()})
    if (value && !isOutside(value))
      return refuse("an operand per batch is computed in the step",
                    "compute it before the recurrence");
  if (!fold.getScoreBody())
    return success();
  WalkResult walk = fold.getScoreBody()->walk([&](Operation *nested) {
    for (Value value : nested->getOperands())
      if (!isOutside(value) && !matchPattern(value, m_Constant()) &&
          !fold->isAncestor(value.getParentBlock()->getParentOp()))
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  if (walk.wasInterrupted())
    return refuse("the score region uses a value that the step computes",
                  "let it use its arguments and values from outside");
  return success();
}

FailureOr<AttentionInRescan> Matcher::run() {
  if (op.getBoundary() != recur::Boundary::Reset)
    return refuse("the boundary is chain: tokens start where others ended",
                  "use #recur<boundary reset>");
  if (op.getInits().size() != 3)
    return refuse("the state has " + Twine(op.getInits().size()) +
                      " components, that of attention three",
                  "let the step be an attn.fold");
  if (failed(matchState()) || failed(matchIdentity()) ||
      failed(matchInputs()) || failed(matchOutputs()) || failed(matchMask()) ||
      failed(matchPositions()) || failed(matchHeads()) ||
      failed(matchCaptures()))
    return failure();
  return match;
}

FailureOr<AttentionInRescan> mlir::attn::matchAttention(RescanOp op,
                                                        Refusal *refusal) {
  return Matcher(op, refusal).run();
}
