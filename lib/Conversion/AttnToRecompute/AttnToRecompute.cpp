//===- AttnToRecompute.cpp - Stacks evaluated token by token, as planned ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Segments.h"
#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Recur/Transforms/Transforms.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNTORECOMPUTE
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {
/// The rewrite of one function.
class Recompute {
public:
  Recompute(Stack stack, PlanAttr plan, bool count, bool parallel);
  void run(SymbolTable &symbols);

private:
  void emitLoop(OpBuilder &b);
  void emitPicks(OpBuilder &b);
  Value emitPick(OpBuilder &b, TokenSlicer &slicer, tensor::ExtractSliceOp pick,
                 Value before);
  Value takeToken(OpBuilder &b, TokenSlicer &slicer,
                  tensor::ExtractSliceOp pick);
  MaskAlgebra::Int getPlace(MaskAlgebra &algebra, tensor::ExtractSliceOp pick);
  Operation *getEnd();
  void hoistShared();
  void emitResults(OpBuilder &b, Scope &scope, TokenSlicer &slicer,
                   ArrayRef<Value> outputs);
  void eraseTokenWise();

  RewriteContext context;
  PlanAttr plan;
  bool parallel; // Blocks of tokens, where they are independent.
  std::vector<SegmentRewrite> segments;
};
} // namespace

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

Recompute::Recompute(Stack stack, PlanAttr plan, bool count, bool parallel)
    : plan(plan), parallel(parallel) {
  context.stack = std::move(stack);
  context.block = plan.getBlock();
  context.count = count;
  int64_t firstLayer = 0;
  for (SegmentAttr segment : plan.getSegments()) {
    segments.emplace_back(context, segment, firstLayer);
    firstLayer += segment.getLayers();
  }
}

void Recompute::run(SymbolTable &symbols) {
  IRRewriter rewriter(context.stack.function.getContext());
  for (Layer &layer : context.stack.layers)
    if (auto scan = dyn_cast<recur::ScanOp>(layer.mixer))
      recur::expandMonoid(rewriter, scan);
  hoistShared();
  Operation *end = getEnd();
  Location loc = context.stack.function.getLoc();
  OpBuilder b(end);
  Value sequence = context.stack.getSequence();
  context.length = b.createOrFold<tensor::DimOp>(
      loc, sequence, *context.stack.getTokenDim(sequence));
  for (SegmentRewrite &segment : segments) {
    segment.createCaches(b);
    segment.createFunctions(symbols);
  }
  if (evaluatesPicksOnly(context.stack, plan))
    emitPicks(b);
  else
    emitLoop(b);
  eraseTokenWise();
}

/// for ... { insert_slice tile into x }   -->
/// forall ... { parallel_insert_slice tile into x }
///
/// for a loop whose iterations read nothing of what others write.
static scf::ForallOp makeParallel(scf::ForOp loop) {
  IRRewriter rewriter(loop);
  Location loc = loop.getLoc();
  auto forall = scf::ForallOp::create(
      rewriter, loc, getAsOpFoldResult(loop.getLowerBound()),
      getAsOpFoldResult(loop.getUpperBound()), getAsOpFoldResult(loop.getStep()),
      loop.getInitArgs(), /*mapping=*/std::nullopt);
  Operation *yield = loop.getBody()->getTerminator();
  SmallVector<Value> next(yield->getOperands());
  rewriter.eraseOp(yield);
  rewriter.inlineBlockBefore(loop.getBody(), forall.getTerminator(),
                             forall.getBody()->getArguments());
  rewriter.setInsertionPointToStart(forall.getTerminator().getBody());
  for (Value value : next) {
    auto insert = value.getDefiningOp<tensor::InsertSliceOp>();
    tensor::ParallelInsertSliceOp::create(
        rewriter, loc, insert.getSource(), insert.getDest(),
        insert.getMixedOffsets(), insert.getMixedSizes(),
        insert.getMixedStrides());
    rewriter.eraseOp(insert);
  }
  rewriter.replaceOp(loop, forall.getResults());
  return forall;
}

/// for all blocks of tokens: evaluate them, keep what is kept, write results
void Recompute::emitLoop(OpBuilder &b) {
  Location loc = context.stack.function.getLoc();
  SmallVector<Value> outputs, carried;
  for (OpOperand *result : context.stack.results) {
    auto type = cast<RankedTensorType>(result->get().getType());
    SmallVector<OpFoldResult> sizes =
        getAsIndexOpFoldResult(b.getContext(), type.getShape());
    OpFoldResult &tokens = sizes[*context.stack.getTokenDim(result->get())];
    if (type.getNumDynamicDims())
      tokens = context.length;
    outputs.push_back(
        tensor::EmptyOp::create(b, loc, sizes, type.getElementType()));
  }
  SmallVector<Value> picked;
  for (tensor::ExtractSliceOp pick : context.stack.picks)
    picked.push_back(tensor::EmptyOp::create(b, loc, pick.getType().getShape(),
                                             pick.getType().getElementType()));
  llvm::append_range(carried, outputs);
  llvm::append_range(carried, picked);
  for (SegmentRewrite &segment : segments)
    llvm::append_range(carried, segment.getCacheTensors());

  auto loop = scf::ForOp::create(
      b, loc, arith::ConstantIndexOp::create(b, loc, 0), context.length,
      arith::ConstantIndexOp::create(b, loc, context.block), carried);
  b.setInsertionPointToStart(loop.getBody());
  Scope scope;
  for (auto [value, now] : llvm::zip(carried, loop.getRegionIterArgs()))
    scope.set(value, now);
  TokenSlicer slicer(b, context, scope, loop.getInductionVar(),
                     /*isWhole=*/false);
  for (SegmentRewrite &segment : segments)
    segment.emit(b, scope, slicer);
  emitResults(b, scope, slicer, outputs);
  for (auto [pick, output] : llvm::zip(context.stack.picks, picked))
    scope.set(output, emitPick(b, slicer, pick, scope.get(output)));
  SmallVector<Value> next;
  for (Value value : carried)
    next.push_back(scope.get(value));
  scf::YieldOp::create(b, loc, next);

  ResultRange results = loop.getResults();
  if (parallel && carried.size() == outputs.size())
    results = makeParallel(loop).getResults();
  for (auto [result, value] : llvm::zip(context.stack.results, results))
    result->set(value);
  for (auto [pick, value] :
       llvm::zip(context.stack.picks, results.drop_front(outputs.size())))
    pick.replaceAllUsesWith(value);
}

/// Evaluates the blocks that single tokens are asked of, and no others.
void Recompute::emitPicks(OpBuilder &b) {
  for (tensor::ExtractSliceOp pick : context.stack.picks) {
    MaskAlgebra algebra(b, pick.getLoc());
    Value first = algebra.materialize(
        algebra.alignDown(getPlace(algebra, pick), context.block));
    Scope scope;
    TokenSlicer slicer(b, context, scope, first, /*isWhole=*/false);
    for (SegmentRewrite &segment : segments)
      segment.emit(b, scope, slicer);
    pick.replaceAllUsesWith(takeToken(b, slicer, pick));
  }
}

/// The position of the token that is taken.
MaskAlgebra::Int Recompute::getPlace(MaskAlgebra &algebra,
                                     tensor::ExtractSliceOp pick) {
  unsigned dim = *context.stack.getTokenDim(pick.getSource());
  OpFoldResult offset = pick.getMixedOffsets()[dim];
  if (auto constant = getConstantIntValue(offset))
    return algebra.constant(*constant);
  return offset;
}

/// The token that `pick` takes, of the block that has it.
Value Recompute::takeToken(OpBuilder &b, TokenSlicer &slicer,
                           tensor::ExtractSliceOp pick) {
  MaskAlgebra algebra(b, pick.getLoc());
  SmallVector<OpFoldResult> offsets = pick.getMixedOffsets();
  offsets[*context.stack.getTokenDim(pick.getSource())] = algebra.materialize(
      algebra.sub(getPlace(algebra, pick), slicer.getFirst()));
  return tensor::ExtractSliceOp::create(
      b, pick.getLoc(), pick.getType(), slicer.get(pick.getSource()), offsets,
      pick.getMixedSizes(), pick.getMixedStrides());
}

/// The token that `pick` takes, if the block at hand has it, else `before`.
Value Recompute::emitPick(OpBuilder &b, TokenSlicer &slicer,
                          tensor::ExtractSliceOp pick, Value before) {
  Location loc = pick.getLoc();
  slicer.get(pick.getSource()); // Evaluated whether it is asked for or not.
  MaskAlgebra algebra(b, loc);
  MaskAlgebra::Int place = getPlace(algebra, pick), first = slicer.getFirst();
  Value isHere = algebra.materialize(algebra.logicalAnd(
      algebra.lessEqual(first, place),
      algebra.less(place,
                   algebra.add(first, algebra.constant(context.block)))));
  return scf::IfOp::create(
             b, loc, isHere,
             [&](OpBuilder &b, Location loc) {
               scf::YieldOp::create(b, loc, takeToken(b, slicer, pick));
             },
             [&](OpBuilder &b, Location loc) {
               scf::YieldOp::create(b, loc, before);
             })
      .getResult(0);
}

/// Where the token-wise part ends: before what uses single tokens or all of them.
Operation *Recompute::getEnd() {
  SmallVector<Operation *> ends;
  for (OpOperand *result : context.stack.results)
    ends.push_back(result->getOwner());
  llvm::append_range(ends, context.stack.picks);
  return *llvm::min_element(ends, [](Operation *a, Operation *b) {
    return a->isBeforeInBlock(b);
  });
}

/// Moves what is the same for all tokens to the front: it is there for each block.
void Recompute::hoistShared() {
  llvm::SmallDenseSet<Operation *> stays(context.stack.picks.begin(),
                                         context.stack.picks.end());
  Block &body = context.stack.getBody();
  auto hasTokens = [&](Value value) {
    return context.stack.getTokenDim(value).has_value();
  };
  Operation *front = &body.front();
  for (Operation &op : llvm::make_early_inc_range(body)) {
    SetVector<Value> used(op.operand_begin(), op.operand_end());
    getUsedValuesDefinedAbove(op.getRegions(), used);
    bool isShared =
        isMemoryEffectFree(&op) && !op.hasTrait<OpTrait::IsTerminator>() &&
        llvm::none_of(op.getResults(), hasTokens) &&
        llvm::none_of(used, [&](Value value) {
          return hasTokens(value) && !isa<BlockArgument>(value);
        }) &&
        llvm::none_of(used, [&](Value value) {
          return stays.contains(value.getDefiningOp());
        });
    if (!isShared || stays.contains(&op)) {
      stays.insert(&op);
    } else if (&op == front) {
      front = op.getNextNode();
    } else {
      op.moveBefore(front);
    }
  }
}

void Recompute::emitResults(OpBuilder &b, Scope &scope, TokenSlicer &slicer,
                            ArrayRef<Value> outputs) {
  Location loc = context.stack.function.getLoc();
  MaskAlgebra algebra(b, loc);
  Value first = slicer.getFirst();
  for (auto [result, output] : llvm::zip(context.stack.results, outputs)) {
    Value whole = result->get(), tile = slicer.get(whole);
    unsigned dim = *context.stack.getTokenDim(whole);
    OpFoldResult size = b.getIndexAttr(context.block);
    if (!context.hasWholeBlocks()) {
      size = algebra.materialize(
          algebra.min(algebra.constant(context.block),
                      algebra.sub(context.length, first)));
      tile = extractTokens(b, loc, tile, dim,
                           algebra.materialize(algebra.constant(0)), size);
    }
    scope.set(output, insertTokens(b, loc, tile, scope.get(output), dim, first,
                                   size));
  }
}

/// What was evaluated for all tokens at once is not asked for any more.
void Recompute::eraseTokenWise() {
  for (Operation &op : llvm::make_early_inc_range(
           llvm::reverse(context.stack.function.getBody().front())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct AttnToRecompute : attn::impl::AttnToRecomputeBase<AttnToRecompute> {
  using AttnToRecomputeBase::AttnToRecomputeBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (auto function :
         llvm::to_vector(getOperation().getOps<func::FuncOp>()))
      if (failed(rewrite(function, symbols)))
        return signalPassFailure();
  }

  LogicalResult rewrite(func::FuncOp function, SymbolTable &symbols) {
    auto given = function->getAttr(AttnDialect::kPlan);
    auto plan = dyn_cast_or_null<PlanAttr>(given);
    bool isChosen = plan != nullptr;
    for (AttentionOp op : getRecomputed(function)) {
      if (hasComputedKeys(op))
        isChosen = true;
      else // Keys that are there need not be computed: a rescan reads them again.
        op.setFormAttr(FormAttr::get(&getContext(), FormKind::Recurrent, 0, 0, 0));
    }
    if (!isChosen)
      return success();
    if (function.isExternal())
      return function.emitError("has a plan but no body");
    FailureOr<Stack> stack = analyzeStack(function);
    if (failed(stack))
      return failure();
    if (!plan)
      plan = getRecomputePlan(*stack);
    if (failed(verifyPlan(*stack, plan)) || failed(verifyStaticSizes(*stack)))
      return failure();
    Recompute(std::move(*stack), plan, counters, parallelTokens).run(symbols);
    function->removeAttr(AttnDialect::kPlan);
    function->setAttr(AttnDialect::kFrameRoot, UnitAttr::get(&getContext()));
    return success();
  }

  static SmallVector<AttentionOp> getRecomputed(func::FuncOp function) {
    SmallVector<AttentionOp> ops;
    function.walk([&](AttentionOp op) {
      FormAttr form = op.getFormAttr();
      if (form && form.getKind() == FormKind::Recompute)
        ops.push_back(op);
    });
    return ops;
  }
};
} // namespace
