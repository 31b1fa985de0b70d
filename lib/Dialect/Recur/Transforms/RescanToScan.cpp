//===- RescanToScan.cpp - A rescan that need not read again ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Dialect/Recur/Transforms/Passes.h"
#include "attn/Dialect/Recur/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

namespace mlir::recur {
#define GEN_PASS_DEF_RECURRESCANTOSCAN
#include "attn/Dialect/Recur/Transforms/Passes.h.inc"
} // namespace mlir::recur

using namespace mlir;
using namespace mlir::recur;

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

/// Whether there are certainly as many tokens as there is history.
static bool hasTokenForEachOfHistory(RescanOp op) {
  unsigned first = op.getTimeDim(), second = op.getHistoryDim();
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  if (!ShapedType::isDynamic(ranges[first]) &&
      !ShapedType::isDynamic(ranges[second]))
    return ranges[first] == ranges[second];

  using Variable = ValueBoundsConstraintSet::Variable;
  auto getSizes = [&](unsigned loop) {
    SmallVector<Variable> sizes;
    for (auto [operand, map] :
         llvm::zip_equal(op->getOperands(), op.getIndexingMapsArray()))
      for (unsigned i = 0; i < map.getNumResults(); ++i)
        if (map.getDimPosition(i) == loop)
          sizes.emplace_back(operand, i);
    return sizes;
  };
  for (const Variable &a : getSizes(first))
    for (const Variable &b : getSizes(second)) {
      FailureOr<bool> equal = ValueBoundsConstraintSet::areEqual(a, b);
      if (succeeded(equal) && *equal)
        return true;
    }
  return false;
}

/// An input as the scan sees it: (batch.., t, j) becomes (batch.., t). A tensor
/// that is one row copied for each token is that row.
static RescanWithoutToken::Input getInput(RescanOp op, unsigned number) {
  Value tensor = op.getInputs()[number];
  AffineMap map = op.getInputMap(number);
  SmallVector<unsigned> dims;
  std::optional<int64_t> token;
  for (unsigned i = 0; i < map.getNumResults(); ++i) {
    unsigned dim = map.getDimPosition(i);
    if (dim == op.getTimeDim())
      token = i;
    dims.push_back(dim == op.getHistoryDim() ? op.getTimeDim() : dim);
  }

  Value row;
  std::optional<SmallVector<int64_t>> added;
  if (auto broadcast = tensor.getDefiningOp<linalg::BroadcastOp>()) {
    row = broadcast.getInput();
    added = llvm::to_vector(broadcast.getDimensions());
  } else if (auto generic = tensor.getDefiningOp<linalg::GenericOp>()) {
    added = linalg::isaBroadcastOpInterface(generic);
    if (added)
      row = generic.getDpsInputs()[0];
  }
  if (token && added && ArrayRef(*added) == ArrayRef(*token)) {
    dims.erase(dims.begin() + *token);
    tensor = row;
  }
  return {number, tensor,
          AffineMap::getMultiDimMapWithTargets(op.getNumLoops() - 1, dims,
                                               op.getContext())};
}

/// Whether the mask of a fold of one query and one key, at (.., t, j), hides
/// nothing that the prefix shows.
static bool isMaskImplied(attn::FoldOp fold, RescanOp op) {
  if (fold.getQueryOffset() || fold.getOrigin().empty() ||
      !attn::showsKeysUpToQuery(fold.getMaskAttr()))
    return false;
  SmallVector<int64_t> ranges = fold.getStaticLoopRanges();
  if (ranges[fold.getQueryDim()] != 1 || ranges[fold.getKeyDim()] != 1)
    return false;
  auto query = fold.getOrigin().drop_back().back().getDefiningOp<IndexOp>();
  auto key = fold.getOrigin().back().getDefiningOp<IndexOp>();
  Block *score = fold.getScoreBody();
  return query && query.getDim() == op.getTimeDim() && key &&
         key.getDim() == op.getHistoryDim() &&
         (!score || score->getArguments().drop_back().back().use_empty());
}

// The step does not look at t.
static LogicalResult
matchStep(RescanWithoutToken &match,
          function_ref<LogicalResult(const Twine &, const Twine &)> refuse) {
  RescanOp op = match.op;
  for (RescanWithoutToken::Input &input : match.inputs) {
    bool isInvariant = input.tensor != op.getInputs()[input.number];
    BlockArgument seen = op.getStepBody()->getArgument(input.number);
    if (!op.isTokenInput(input.number) || isInvariant || seen.use_empty())
      continue;
    Operation *user = *seen.user_begin();
    return refuse("the step looks at t: input #" + Twine(input.number) +
                      ", used by " + user->getName().getStringRef(),
                  "if it is the same for all tokens, give it a map without t");
  }
  Operation *user = nullptr;
  op.getStep().walk([&](IndexOp index) {
    if (index.getDim() != op.getTimeDim())
      return;
    for (OpOperand &use : index->getUses()) {
      auto fold = dyn_cast<attn::FoldOp>(use.getOwner());
      bool isRow = fold && !fold.getOrigin().empty() &&
                   &use == &fold.getOriginMutable()[fold.getNumBatchDims()];
      if (isRow && isMaskImplied(fold, op))
        match.unmasked.push_back(fold);
      else
        user = use.getOwner();
    }
  });
  if (user)
    return refuse("the step looks at t: recur.index " + Twine(op.getTimeDim()) +
                      ", used by " + user->getName().getStringRef(),
                  "a prefix needs no causal mask; what else depends on where "
                  "the token is cannot be shared by tokens");
  return success();
}

std::optional<Refusal> mlir::recur::refuseSharedPrefixes(RescanOp op) {
  if (op.getBoundary() != Boundary::Reset)
    return Refusal{"the boundary is chain: a token starts where the one before "
                   "it left off",
                   "use #recur<boundary reset>"};
  if (op.getHistory() != History::Prefix)
    return Refusal{"each token rereads all of the history, not a prefix of it",
                   "use #recur<history prefix> if what comes later is hidden"};
  if (!hasTokenForEachOfHistory(op))
    return Refusal{"there may be more or fewer tokens than history",
                   "make both sizes static, or the destination of the size of "
                   "the history"};
  return std::nullopt;
}

FailureOr<RescanWithoutToken>
mlir::recur::matchRescanWithoutToken(RescanOp op, Refusal *refusal) {
  auto refuse = [&](const Twine &reason, const Twine &fix) -> LogicalResult {
    if (refusal)
      *refusal = {reason.str(), fix.str()};
    return failure();
  };
  if (std::optional<Refusal> why = refuseSharedPrefixes(op))
    return refuse(why->reason, why->fix);
  RescanWithoutToken match{op, {}, {}};
  for (unsigned i = 0; i < op.getInputs().size(); ++i) {
    // What no region looks at may have both t and j.
    bool isPair = op.isTokenInput(i) && op.isHistoryInput(i);
    if (!isPair || !op.getStepBody()->getArgument(i).use_empty())
      match.inputs.push_back(getInput(op, i));
  }
  if (failed(matchStep(match, refuse)))
    return failure();
  return match;
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

/// Drops the mask of a fold, and its position where nothing looks at it any
/// more.
static void dropMask(RewriterBase &rewriter, attn::FoldOp fold) {
  rewriter.modifyOpInPlace(fold, [&] {
    fold.dropMask();
    if (!fold.getValidKeys() && !fold.getScoreBody()) {
      fold.getOriginMutable().clear();
      return;
    }
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(fold);
    Value zero = arith::ConstantIndexOp::create(rewriter, fold.getLoc(), 0);
    fold.getOriginMutable()[fold.getNumBatchDims()].set(zero);
  });
}

/// Moves a region of the rescan into that of the scan. `seen`: which argument
/// of the old block each of the new one is, if any.
static void moveRegion(RewriterBase &rewriter, Region &from, Region &to,
                       ArrayRef<std::optional<unsigned>> seen,
                       TypeRange types) {
  if (from.empty())
    return;
  Block *before = &from.front();
  OpBuilder::InsertionGuard guard(rewriter);
  Block *after = rewriter.createBlock(
      &to, {}, types, SmallVector<Location>(types.size(), from.getLoc()));
  for (auto [i, old] : llvm::enumerate(seen))
    if (old)
      rewriter.replaceAllUsesWith(before->getArgument(*old),
                                  after->getArgument(i));
  // What the scan has not is not used.
  before->eraseArguments(0, before->getNumArguments());
  rewriter.inlineBlockBefore(before, after, after->end());
}

// rescan(step(x_j, h), read(x_t, h))  -->  scan(step(x_t, h), read(x_t, h))
ScanOp mlir::recur::rewriteToScan(RewriterBase &rewriter,
                                  const RescanWithoutToken &match) {
  RescanOp op = match.op;
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(op);
  for (Operation *fold : match.unmasked)
    dropMask(rewriter, cast<attn::FoldOp>(fold));
  op.getStep().walk([&](IndexOp index) {
    // That of the token was of use to a mask, if at all.
    if (index->use_empty())
      rewriter.eraseOp(index);
    else if (index.getDim() == op.getHistoryDim())
      index.setDim(op.getTimeDim());
  });

  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (const RescanWithoutToken::Input &input : match.inputs) {
    inputs.push_back(input.tensor);
    maps.push_back(input.map);
  }
  SmallVector<AffineMap> before = op.getIndexingMapsArray();
  for (AffineMap map : ArrayRef(before).drop_front(op.getInputs().size()))
    maps.push_back(AffineMap::get(op.getNumLoops() - 1, 0, map.getResults(),
                                  op.getContext()));
  auto scan = ScanOp::create(
      rewriter, op.getLoc(), op.getResultTypes(), inputs, op.getOutputs(),
      op.getInits(), rewriter.getAffineMapArrayAttr(maps),
      /*monoid=*/MonoidAttrInterface(), /*exclusive=*/false, /*reverse=*/false,
      /*schedule=*/ScheduleAttr());

  SmallVector<std::optional<unsigned>> inStep, inRead;
  SmallVector<unsigned> readNumber(op.getInputs().size());
  unsigned tokens = 0;
  for (unsigned i = 0; i < op.getInputs().size(); ++i)
    readNumber[i] = op.isHistoryInput(i) ? 0 : tokens++;
  for (const RescanWithoutToken::Input &input : match.inputs) {
    inStep.push_back(input.number);
    inRead.push_back(op.isHistoryInput(input.number)
                         ? std::nullopt
                         : std::optional(readNumber[input.number]));
  }
  for (unsigned i = 0; i < op.getInits().size(); ++i) {
    inStep.push_back(op.getInputs().size() + i);
    inRead.push_back(tokens + i);
  }
  SmallVector<Type> types = scan.getInputSliceTypes();
  llvm::append_range(types, scan.getStateTypes());
  moveRegion(rewriter, op.getStep(), scan.getStep(), inStep, types);
  moveRegion(rewriter, op.getRead(), scan.getRead(), inRead, types);
  rewriter.replaceOp(op, scan.getResults());
  return scan;
}

namespace {
struct RecurRescanToScan
    : recur::impl::RecurRescanToScanBase<RecurRescanToScan> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](RescanOp op) {
      Refusal refusal;
      FailureOr<RescanWithoutToken> match =
          matchRescanWithoutToken(op, &refusal);
      if (succeeded(match))
        rewriteToScan(rewriter, *match);
      else
        reportRefusal(op, "recur-rescan-to-scan", refusal);
    });
  }
};
} // namespace
