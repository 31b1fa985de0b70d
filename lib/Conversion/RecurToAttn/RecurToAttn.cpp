//===- RecurToAttn.cpp - Rescans that are attention ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/RecurToAttn.h"
#include "attn/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

namespace mlir::attn {
#define GEN_PASS_DEF_RECURTOATTN
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;
using recur::RescanOp;

namespace {
/// A tensor as attention sees it.
struct Operand {
  Value tensor;
  AffineMap map;
};
/// A destination, and what it replaces.
struct Destination : Operand {
  Value replaced;
};
} // namespace

/// The dimensions of a tensor of the rescan in those of attention, (batch.., m,
/// k1, k2, n); `feature` is its last, if it has one.
static SmallVector<unsigned> getDims(RescanOp op, AffineMap map,
                                     std::optional<unsigned> feature) {
  unsigned batch = op.getNumBatchDims();
  SmallVector<unsigned> dims;
  for (unsigned i = 0; i < map.getNumResults(); ++i) {
    unsigned dim = map.getDimPosition(i);
    dims.push_back(dim == op.getHistoryDim() ? batch + 2 : dim);
  }
  if (feature)
    dims.push_back(*feature);
  return dims;
}

static AffineMap getMap(RescanOp op, ArrayRef<unsigned> dims) {
  return AffineMap::getMultiDimMapWithTargets(op.getNumBatchDims() + 4, dims,
                                              op.getContext());
}

/// An input; if it is a copy whose only purpose is to have features last, what
/// it is a copy of.
static Operand getInput(RescanOp op, unsigned input,
                        std::optional<unsigned> feature) {
  Value tensor = op.getInputs()[input];
  SmallVector<unsigned> dims = getDims(op, op.getInputMap(input), feature);
  if (auto copy = tensor.getDefiningOp<linalg::TransposeOp>()) {
    SmallVector<unsigned> before =
        applyPermutation(dims, invertPermutationVector(copy.getPermutation()));
    if (feature && before.back() != *feature)
      return {copy.getInput(), getMap(op, before)};
  }
  return {tensor, getMap(op, dims)};
}

/// An output; if it is only read to be transposed for the same reason, where
/// it goes.
static Destination getOutput(RescanOp op, unsigned output,
                             std::optional<unsigned> feature) {
  Value result = op.getOutputResults()[output];
  SmallVector<unsigned> dims = getDims(op, op.getOutputMap(output), feature);
  if (feature && result.hasOneUse())
    if (auto copy = dyn_cast<linalg::TransposeOp>(*result.user_begin());
        copy && copy.getInput() == result &&
        DominanceInfo().properlyDominates(copy.getInit(), op)) {
      SmallVector<unsigned> after =
          applyPermutation(dims, copy.getPermutation());
      if (after.back() != *feature)
        return {{copy.getInit(), getMap(op, after)}, copy->getResult(0)};
    }
  return {{op.getOutputs()[output], getMap(op, dims)}, result};
}

/// Indices of the head's dimensions from the flattened head.
static SmallVector<Value> splitHead(OpBuilder &b, Location loc, Value head,
                                    ArrayRef<OpFoldResult> sizes) {
  SmallVector<Value> indices(sizes.size());
  for (unsigned i = sizes.size(); i-- > 1;) {
    Value size = getValueOrCreateConstantIndexOp(b, loc, sizes[i]);
    indices[i] = arith::RemUIOp::create(b, loc, head, size);
    head = arith::DivUIOp::create(b, loc, head, size);
  }
  if (!indices.empty())
    indices[0] = head;
  return indices;
}

/// The operations of a score region that its result needs, with `flatHead`
/// given.
static SmallVector<Operation *> getNeeded(Block *body, Value flatHead) {
  SetVector<Operation *> needed;
  for (Operation &nested : llvm::reverse(*body)) {
    bool isUsed = llvm::any_of(nested.getUsers(), [&](Operation *user) {
      return needed.contains(body->findAncestorOpInBlock(*user));
    });
    bool isGiven = flatHead && flatHead.getDefiningOp() == &nested;
    if (&nested == body->getTerminator() || (isUsed && !isGiven))
      needed.insert(&nested);
  }
  return llvm::to_vector(llvm::reverse(needed));
}

// score(s, batch.., i, j)  -->  score(s, b.., h, i, j)
static void createScoreRegion(RewriterBase &rewriter,
                              const AttentionInRescan &match,
                              AttentionOp attention,
                              ArrayRef<OpFoldResult> loopSizes) {
  FoldOp fold = match.fold;
  Block *from = fold.getScoreBody();
  if (!from)
    return;
  Location loc = fold.getLoc();
  unsigned batch = attention.getNumBatchDims(), heads = match.numHeadDims,
           outer = batch - heads;
  SmallVector<Type> types(outer + 4, rewriter.getIndexType());
  types[0] = fold.getStateType();
  OpBuilder::InsertionGuard guard(rewriter);
  Block *body = rewriter.createBlock(&attention.getScore().front(), {}, types,
                                     SmallVector<Location>(types.size(), loc));
  Value head = body->getArgument(1 + outer);

  IRMapping mapping;
  mapping.map(from->getArgument(0), body->getArgument(0));
  SmallVector<Value> parts;
  for (auto [i, dim] : llvm::enumerate(match.batchDims)) {
    BlockArgument index = from->getArgument(1 + i);
    if (dim < outer)
      mapping.map(index, body->getArgument(1 + dim));
    else if (heads == 1)
      mapping.map(index, head);
  }
  mapping.map(from->getArguments().take_back(2),
              body->getArguments().take_back(2));
  if (match.flatHead)
    mapping.map(match.flatHead, head);

  for (Operation *nested : getNeeded(from, match.flatHead)) {
    nested->walk([&](Operation *user) {
      for (Value value : user->getOperands()) {
        if (mapping.contains(value))
          continue;
        auto index = dyn_cast<BlockArgument>(value);
        Operation *constant = value.getDefiningOp();
        if (index && index.getOwner() == from) {
          if (parts.empty())
            parts =
                splitHead(rewriter, loc, head, loopSizes.slice(outer, heads));
          unsigned dim = match.batchDims[index.getArgNumber() - 1];
          mapping.map(value, parts[dim - outer]);
        } else if (constant && match.rescan->isProperAncestor(constant) &&
                   !fold->isProperAncestor(constant)) {
          // A constant of the step.
          rewriter.clone(*constant, mapping);
        }
      }
    });
    rewriter.clone(*nested, mapping);
  }
}

AttentionOp mlir::attn::raiseToAttention(RewriterBase &rewriter,
                                         const AttentionInRescan &match) {
  RescanOp op = match.rescan;
  FoldOp fold = match.fold;
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(op);
  unsigned batch = op.getNumBatchDims(), k1 = batch + 1, n = batch + 3;
  SmallVector<OpFoldResult> loopSizes = op.getLoopSizes(rewriter);

  SmallVector<Operand> inputs = {getInput(op, match.query, k1),
                                 getInput(op, match.key, k1),
                                 getInput(op, match.value, n)};
  if (match.maskTensor)
    inputs.push_back(getInput(op, *match.maskTensor, std::nullopt));
  Value querySegments, keySegments;
  if (usesSegments(match.mask)) {
    inputs.push_back(getInput(op, *match.querySegments, std::nullopt));
    inputs.push_back(getInput(op, *match.keySegments, std::nullopt));
    querySegments = inputs.end()[-2].tensor;
    keySegments = inputs.end()[-1].tensor;
  }
  SmallVector<Destination> outputs = {getOutput(op, match.output, n)};
  if (match.logSumExp)
    outputs.push_back(getOutput(op, *match.logSumExp, std::nullopt));

  SmallVector<AffineMap> maps;
  SmallVector<Value> destinations;
  for (const Operand &input : inputs)
    maps.push_back(input.map);
  for (const Destination &output : outputs) {
    maps.push_back(output.map);
    destinations.push_back(output.tensor);
  }
  unsigned usualHeads = batch <= 1 ? batch : batch - 1;
  auto attention = AttentionOp::create(
      rewriter, op.getLoc(), ValueRange(destinations).getTypes(),
      inputs[0].tensor, inputs[1].tensor, inputs[2].tensor,
      match.maskTensor ? inputs[3].tensor : Value(),
      querySegments, keySegments,
      match.mask ? fold.getQueryOffset() : Value(), fold.getValidKeys(),
      destinations, rewriter.getAffineMapArrayAttr(maps), fold.getScaleAttr(),
      match.mask,
      match.numHeadDims == usualHeads
          ? IntegerAttr()
          : rewriter.getI64IntegerAttr(match.numHeadDims),
      /*form=*/FormAttr(), /*scoreCount=*/fold.getScore().size());
  createScoreRegion(rewriter, match, attention, loopSizes);

  for (auto [output, result] :
       llvm::zip_equal(outputs, attention.getResults())) {
    rewriter.replaceAllUsesWith(output.replaced, result);
    if (Operation *copy = output.replaced.getDefiningOp(); copy != op)
      rewriter.eraseOp(copy);
  }
  rewriter.eraseOp(op);
  return attention;
}

namespace {
struct RecurToAttn : attn::impl::RecurToAttnBase<RecurToAttn> {
  void runOnOperation() override {
    SmallVector<RescanOp> ops;
    getOperation()->walk([&](RescanOp op) { ops.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (RescanOp op : ops) {
      recur::Refusal refusal;
      FailureOr<AttentionInRescan> match = matchAttention(op, &refusal);
      if (succeeded(match))
        raiseToAttention(rewriter, *match);
      else
        recur::reportRefusal(op, "recur-to-attn", refusal);
    }
  }
};
} // namespace
