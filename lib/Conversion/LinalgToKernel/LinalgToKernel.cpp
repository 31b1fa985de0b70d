//===- LinalgToKernel.cpp - Operations on tiles become operations on fragments
//===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Kernel/IR/Kernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

namespace mlir::attn {
#define GEN_PASS_DEF_LINALGTOKERNEL
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::kernel;

namespace {

/// Distributes the tiles of one block over its threads. Tensors of one or two
/// dimensions, apart from those of size 1, are fragments: rows, or rows and
/// columns.
class Distributor {
public:
  Distributor(Operation *block, int64_t warps) : b(block), warps(warps) {}

  LogicalResult run(Block &body) {
    for (Operation &op : llvm::make_early_inc_range(body))
      if (failed(distribute(&op)))
        return failure();
    return success();
  }

  /// Erases what has been distributed, users first; nothing else may read it.
  LogicalResult erase() {
    llvm::SmallPtrSet<Operation *, 16> gone(distributed.begin(),
                                            distributed.end());
    auto isGone = [&](Operation *op) {
      while (op && !gone.contains(op))
        op = op->getParentOp();
      return op != nullptr;
    };
    for (Operation *op : distributed) {
      SmallVector<Value> values(op->getResults());
      if (auto loop = dyn_cast<scf::ForOp>(op))
        llvm::append_range(values, loop.getRegionIterArgs());
      for (Value value : values)
        for (Operation *user : value.getUsers())
          if (!isGone(user))
            return refuse(user);
    }
    for (Operation *op : llvm::reverse(distributed)) {
      op->dropAllUses();
      op->erase();
    }
    return success();
  }

private:
  static LogicalResult refuse(Operation *op) {
    return op->emitOpError("works on a tile of a block of threads; only "
                           "linalg.fill, linalg.generic and scf.for can");
  }

  LogicalResult distribute(Operation *op) {
    b.setInsertionPoint(op);
    if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
        linalgOp && !linalgOp.hasPureTensorSemantics())
      return op->emitOpError("is on buffers in a loop that blocks of threads "
                             "share; distribute tiles before bufferization");
    if (isa<tensor::EmptyOp, ViewOp, WindowOp>(op)) {
      distributed.push_back(op); // What they feed looks at them.
      return success();
    }
    if (auto fill = dyn_cast<linalg::FillOp>(op))
      return distributeFill(fill);
    if (auto generic = dyn_cast<linalg::GenericOp>(op))
      return isProduct(generic) ? distributeProduct(generic)
                                : distributeElements(generic);
    if (auto loop = dyn_cast<scf::ForOp>(op))
      return distributeLoop(loop);
    if (auto branch = dyn_cast<scf::IfOp>(op)) {
      for (Region *region : {&branch.getThenRegion(), &branch.getElseRegion()})
        for (Block &nested : *region)
          if (failed(run(nested)))
            return failure();
      return success();
    }
    if (auto cast = dyn_cast<UnrealizedConversionCastOp>(op);
        cast && cast.getNumOperands() == 1 && cast.getNumResults() == 1) {
      if (Value fragment = fragments.lookup(cast.getOperand(0))) {
        if (fragment.getType() != cast.getType(0))
          return cast.emitOpError("wants ")
                 << cast.getType(0) << ", but the tile is distributed as "
                 << fragment.getType();
        cast.getResult(0).replaceAllUsesWith(fragment);
        distributed.push_back(cast);
      }
      return success();
    }
    for (Value operand : op->getOperands())
      if (fragments.contains(operand))
        return refuse(op);
    return success();
  }

  //===--------------------------------------------------------------------===//
  // Types
  //===--------------------------------------------------------------------===//

  static SmallVector<int64_t> dropUnits(ArrayRef<int64_t> shape) {
    SmallVector<int64_t> kept;
    for (int64_t size : shape)
      if (size != 1)
        kept.push_back(size);
    return kept;
  }

  /// The fragment that a tile of this shape is.
  FailureOr<FragmentType> getFragment(Operation *op, ArrayRef<int64_t> shape,
                                      Type element) {
    SmallVector<int64_t> kept = dropUnits(shape);
    if (kept.empty() || kept.size() > 2 || kept[0] % (16 * warps) != 0 ||
        (kept.size() == 2 && kept[1] % 8 != 0) ||
        llvm::any_of(kept, [](int64_t size) { return size < 1; })) {
      op->emitOpError("cannot be distributed over ")
          << warps << " warps: tiles need a multiple of " << 16 * warps
          << " rows, and of 8 columns, if any";
      return failure();
    }
    if (!element.isIntOrFloat()) {
      op->emitOpError("works on elements of ")
          << element << ", but registers hold numbers; use integers or floats";
      return failure();
    }
    int64_t columns = kept.size() == 2 ? kept[1] : 8;
    // A product of 16 x 8 elements has 4 registers of each thread.
    int64_t most = LayoutAttr::kMaxRegisters / 4, rows = kept[0] / (16 * warps);
    if (rows > most || columns / 8 > most / rows) {
      op->emitOpError("has too large tiles for ")
          << warps << " warps: a thread has at most "
          << LayoutAttr::kMaxRegisters
          << " registers; use smaller tiles or more warps";
      return failure();
    }
    auto layout =
        LayoutAttr::getMatrix(b.getContext(), kept[0], columns, warps);
    if (kept.size() == 1)
      layout = layout.getRows();
    return FragmentType::get(b.getContext(), kept, element, layout);
  }

  //===--------------------------------------------------------------------===//
  // Fills and loops
  //===--------------------------------------------------------------------===//

  LogicalResult distributeFill(linalg::FillOp fill) {
    auto type = cast<RankedTensorType>(fill.getResult(0).getType());
    FailureOr<FragmentType> fragment =
        getFragment(fill, type.getShape(), type.getElementType());
    if (failed(fragment))
      return failure();
    MapOp map = createMap(fill.getLoc(), {}, *fragment,
                          [&](ValueRange) -> SmallVector<Value> {
                            return {fill.getInputs()[0]};
                          });
    fragments[fill.getResult(0)] = map.getResult(0);
    distributed.push_back(fill);
    return success();
  }

  // for .. iter_args(tiles)  -->  for .. iter_args(fragments)
  LogicalResult distributeLoop(scf::ForOp loop) {
    SmallVector<Value> inits;
    bool any = false;
    for (Value init : loop.getInitArgs()) {
      Value fragment = fragments.lookup(init);
      any |= static_cast<bool>(fragment);
      inits.push_back(fragment ? fragment : init);
    }
    if (!any)
      return run(*loop.getBody());
    distributed.push_back(loop); // Before what is in it and uses its arguments.
    auto carried =
        scf::ForOp::create(b, loop.getLoc(), loop.getLowerBound(),
                           loop.getUpperBound(), loop.getStep(), inits);
    if (!carried.getBody()->empty()) // A loop that carries nothing yields.
      carried.getBody()->getTerminator()->erase();
    carried.getBody()->getOperations().splice(carried.getBody()->end(),
                                              loop.getBody()->getOperations());
    loop.getInductionVar().replaceAllUsesWith(carried.getInductionVar());
    for (auto [before, after] :
         llvm::zip(loop.getRegionIterArgs(), carried.getRegionIterArgs()))
      if (before.getType() == after.getType())
        before.replaceAllUsesWith(after);
      else
        fragments[before] = after;
    Operation *yield = carried.getBody()->getTerminator();
    for (Operation &op :
         llvm::make_early_inc_range(carried.getBody()->without_terminator()))
      if (failed(distribute(&op)))
        return failure();
    for (auto [operand, argument] :
         llvm::zip_equal(yield->getOpOperands(), carried.getRegionIterArgs())) {
      Value fragment = fragments.lookup(operand.get());
      Type type = fragment ? fragment.getType() : operand.get().getType();
      if (type != argument.getType())
        return yield->emitOpError("goes on with ")
               << type << " where the loop begins with " << argument.getType()
               << "; a loop carries either tiles of this block of threads or "
                  "other arrays";
      if (fragment)
        operand.set(fragment);
    }
    for (auto [before, after] :
         llvm::zip(loop.getResults(), carried.getResults()))
      if (before.getType() == after.getType())
        before.replaceAllUsesWith(after);
      else
        fragments[before] = after;
    return success();
  }

  //===--------------------------------------------------------------------===//
  // Products of matrices
  //===--------------------------------------------------------------------===//

  /// Whether a tile of shared memory is an operand, as in products only.
  static bool isProduct(linalg::GenericOp op) {
    return llvm::any_of(op.getInputs(), [](Value input) {
      return isa_and_nonnull<ViewOp>(input.getDefiningOp());
    });
  }

  /// Whether these are the dimensions of rows x depth and depth x columns, or
  /// columns x depth, which become rows x columns.
  static bool isMatrixProduct(ArrayRef<unsigned> left, ArrayRef<unsigned> right,
                              ArrayRef<unsigned> result) {
    if (left.size() != 2 || right.size() != 2 || result.size() != 2)
      return false;
    unsigned rows = result[0], columns = result[1], depth = left[1];
    return left[0] == rows && depth != columns &&
           ((right[0] == depth && right[1] == columns) ||
            (right[0] == columns && right[1] == depth));
  }

  /// Follows conversions of type; and a choice of 0 where the sign of `weight`
  /// is set, which is noted.
  static Value strip(Value value, Value weight, bool &skipsHidden) {
    while (Operation *op = value.getDefiningOp()) {
      if (isa<arith::ExtFOp, arith::TruncFOp>(op)) {
        value = op->getOperand(0);
      } else if (auto select = dyn_cast<arith::SelectOp>(op)) {
        auto compare = select.getCondition().getDefiningOp<arith::CmpIOp>();
        auto bits = compare ? compare.getLhs().getDefiningOp<arith::BitcastOp>()
                            : arith::BitcastOp();
        if (!bits || bits.getIn() != weight ||
            compare.getPredicate() != arith::CmpIPredicate::slt ||
            !matchPattern(compare.getRhs(), m_Zero()) ||
            !matchPattern(select.getTrueValue(), m_AnyZeroFloat()))
          return {};
        skipsHidden = true;
        value = select.getFalseValue();
      } else {
        return {};
      }
    }
    return value;
  }

  // acc + left x right  -->  kernel.mma
  LogicalResult distributeProduct(linalg::GenericOp op) {
    auto refuse = [&] {
      return op.emitOpError(
          "reads a tile of shared memory, but is no product of "
          "a matrix with it");
    };
    if (op.getInputs().size() != 2 || op.getOutputs().size() != 1)
      return refuse();
    auto fma = op.getBody()
                   ->getTerminator()
                   ->getOperand(0)
                   .getDefiningOp<math::FmaOp>();
    if (!fma || fma.getC() != op.getRegionOutputArgs()[0])
      return refuse();
    // Which input is the tile: in a product of two views it is the one without
    // rows of the result.
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    if (!llvm::all_of(
            maps, [](AffineMap map) { return map.isProjectedPermutation(); }))
      return refuse();
    SmallVector<int64_t> ranges = op.getStaticLoopRanges();
    SmallVector<SmallVector<unsigned>> dims; // Those that are not of size 1.
    for (AffineMap map : maps) {
      SmallVector<unsigned> &kept = dims.emplace_back();
      for (unsigned i = 0; i < map.getNumResults(); ++i)
        if (ranges[map.getDimPosition(i)] != 1)
          kept.push_back(map.getDimPosition(i));
    }
    unsigned right = isMatrixProduct(dims[1], dims[0], dims[2]) ? 0 : 1;
    unsigned left = 1 - right;
    if (!isMatrixProduct(dims[left], dims[right], dims[2]))
      return refuse();
    auto tile = op.getInputs()[right].getDefiningOp<ViewOp>();
    if (!tile)
      return refuse();
    Block *body = op.getBody();
    Value leftElement = body->getArgument(left);
    bool skipsA = false, skipsB = false;
    SmallVector<Value> factors = {strip(fma.getA(), leftElement, skipsA),
                                  strip(fma.getB(), leftElement, skipsB)};
    if (!llvm::is_contained(factors, leftElement) ||
        !llvm::is_contained(factors, body->getArgument(right)))
      return refuse();
    bool skipsHidden = skipsA || skipsB;
    if (factors[0] == leftElement ? skipsA : skipsB)
      return refuse(); // A weight itself is not chosen.

    FailureOr<Value> leftFragment = getLeft(op, op.getInputs()[left]);
    Value accumulator = fragments.lookup(op.getOutputs()[0]);
    if (failed(leftFragment) || !accumulator)
      return refuse();
    b.setInsertionPoint(op);
    bool transposed = dims[right][0] == dims[2][1];
    Location loc = op.getLoc();
    if (skipsHidden)
      accumulator = TakeNonFiniteOp::create(
          b, loc, accumulator.getType(), *leftFragment, tile.getTile(),
          tile.getStage(), accumulator, transposed);
    fragments[op.getResult(0)] =
        MmaOp::create(b, loc, accumulator.getType(), *leftFragment,
                      tile.getTile(), tile.getStage(), accumulator, transposed);
    distributed.push_back(op);
    return success();
  }

  /// The left operand; one in shared memory is loaded where it is shown.
  FailureOr<Value> getLeft(Operation *op, Value operand) {
    if (Value fragment = fragments.lookup(operand))
      return fragment;
    auto view = operand.getDefiningOp<ViewOp>();
    if (!view)
      return failure();
    auto type = cast<RankedTensorType>(view.getTensor().getType());
    FailureOr<FragmentType> fragment =
        getFragment(op, type.getShape(), type.getElementType());
    if (failed(fragment))
      return failure();
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(view);
    Value loaded = LoadOp::create(b, view.getLoc(), *fragment, view.getTile(),
                                  view.getStage());
    fragments[operand] = loaded;
    return loaded;
  }

  //===--------------------------------------------------------------------===//
  // Elements and their reductions
  //===--------------------------------------------------------------------===//

  MapOp createMap(Location loc, ValueRange inputs, TypeRange results,
                  function_ref<SmallVector<Value>(ValueRange)> body) {
    auto map = MapOp::create(b, loc, results, inputs);
    OpBuilder::InsertionGuard guard(b);
    Block *block = b.createBlock(&map.getBody());
    for (Value input : inputs)
      block->addArgument(cast<FragmentType>(input.getType()).getElementType(),
                         loc);
    block->addArguments({b.getIndexType(), b.getIndexType()}, {loc, loc});
    YieldOp::create(b, loc, body(block->getArguments()));
    return map;
  }

  /// Whether a map to a tile is that to rows, or to rows and columns, where
  /// `dims` are the loops over rows and columns.
  static bool isInOrder(linalg::GenericOp op, OpOperand &operand,
                        ArrayRef<unsigned> dims) {
    SmallVector<unsigned> seen;
    for (AffineExpr result : op.getMatchingIndexingMap(&operand).getResults()) {
      auto dim = dyn_cast<AffineDimExpr>(result);
      if (!dim)
        return false;
      if (llvm::is_contained(dims, dim.getPosition()))
        seen.push_back(dim.getPosition());
    }
    return !seen.empty() && seen.size() <= dims.size() &&
           ArrayRef(seen) == dims.take_front(seen.size());
  }

  /// What a result of a reduction combines: `element` with what there is.
  struct Combination {
    ReductionKind kind;
    Value element;
    SmallVector<Operation *> operations;
  };

  static std::optional<Combination> matchCombination(Value yielded,
                                                     Value sofar) {
    Operation *op = yielded.getDefiningOp();
    // What is combined must not depend on what there is.
    if (!op || !yielded.hasOneUse() ||
        (isa<arith::AddFOp>(op) && !sofar.hasOneUse()) ||
        sofar.hasNUsesOrMore(3))
      return std::nullopt;
    auto other = [&](Value x, Value y) { return x == sofar ? y : x; };
    if (auto add = dyn_cast<arith::AddFOp>(op))
      if (llvm::is_contained(add->getOperands(), sofar))
        return Combination{
            ReductionKind::Add, other(add.getLhs(), add.getRhs()), {add}};
    // x > sofar ? x : sofar
    if (auto select = dyn_cast<arith::SelectOp>(op)) {
      auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
      if (compare && compare->hasOneUse() &&
          compare.getPredicate() == arith::CmpFPredicate::OGT &&
          select.getFalseValue() == sofar && compare.getRhs() == sofar &&
          compare.getLhs() == select.getTrueValue())
        return Combination{
            ReductionKind::Max, select.getTrueValue(), {compare, select}};
    }
    return std::nullopt;
  }

  // results of all dimensions  -->  kernel.map;  of rows  -->  kernel.reduce
  LogicalResult distributeElements(linalg::GenericOp op) {
    Location loc = op.getLoc();
    SmallVector<int64_t> ranges = op.getStaticLoopRanges();
    auto yield = cast<linalg::YieldOp>(op.getBody()->getTerminator());
    SmallVector<unsigned> dims; // Those that are not of size 1.
    for (auto [i, size] : llvm::enumerate(ranges))
      if (size != 1)
        dims.push_back(i);
    unsigned outputs = op.getOutputs().size();
    if (outputs == 0)
      return op.emitOpError("has no result; erase it");
    for (OpOperand &operand : op->getOpOperands())
      if (operand.get().getDefiningOp<WindowOp>()
              ? !op.getMatchingIndexingMap(&operand).isProjectedPermutation()
              : !isInOrder(op, operand, dims))
        return op.emitOpError("sees ")
               << operand.get().getType() << " by "
               << AffineMapAttr::get(op.getMatchingIndexingMap(&operand))
               << "; threads have rows, or rows and columns in this order";
    // Elements to compute: results of all dimensions, and what is reduced.
    SmallVector<Value> elements;
    SmallVector<std::optional<Combination>> combinations(outputs);
    llvm::SmallPtrSet<Operation *, 4>
        left; // Operations that reductions replace.
    for (unsigned i = 0; i < outputs; ++i) {
      bool isReduced = llvm::any_of(dims, [&](unsigned dim) {
        return !op.getMatchingIndexingMap(op.getDpsInitOperand(i))
                    .isFunctionOfDim(dim);
      });
      Value element = yield.getOperand(i);
      if (isReduced) {
        combinations[i] =
            matchCombination(element, op.getRegionOutputArgs()[i]);
        if (!combinations[i])
          return op.emitOpError(
              "reduces in a way that blocks of threads do not: "
              "only sums and maxima over columns");
        element = combinations[i]->element;
        left.insert(combinations[i]->operations.begin(),
                    combinations[i]->operations.end());
      }
      elements.push_back(element);
    }

    // Inputs: fragments are arguments, windows are read element by element.
    SmallVector<Value> inputs, arguments, windowed;
    for (OpOperand &operand : op->getOpOperands()) {
      BlockArgument argument = op.getMatchingBlockArgument(&operand);
      if (isReducedInit(op, operand, combinations) || argument.use_empty())
        continue;
      if (operand.get().getDefiningOp<WindowOp>()) {
        windowed.push_back(argument);
        continue;
      }
      Value fragment = fragments.lookup(operand.get());
      if (!fragment)
        return op.emitOpError("reads ")
               << operand.get().getType()
               << ", which is no tile of this block of threads";
      inputs.push_back(fragment);
      arguments.push_back(argument);
    }
    SmallVector<int64_t> shape;
    for (unsigned dim : dims)
      shape.push_back(ranges[dim]);
    SmallVector<Type> types;
    for (Value element : elements) {
      FailureOr<FragmentType> type = getFragment(op, shape, element.getType());
      if (failed(type))
        return failure();
      types.push_back(*type);
    }
    MapOp map = createMap(loc, inputs, types, [&](ValueRange values) {
      IRMapping mapping;
      mapping.map(arguments, values.drop_back(2));
      Value zero;
      auto getIndex = [&](unsigned dim) -> Value {
        auto *place = llvm::find(dims, dim);
        if (place != dims.end())
          return values.take_back(2)[place - dims.begin()];
        if (!zero)
          zero = arith::ConstantIndexOp::create(b, loc, 0);
        return zero;
      };
      for (Value argument : windowed)
        mapping.map(argument,
                    readWindow(op, cast<BlockArgument>(argument), getIndex));
      for (Operation &nested : op.getBody()->without_terminator()) {
        if (auto index = dyn_cast<linalg::IndexOp>(nested))
          mapping.map(index.getResult(), getIndex(index.getDim()));
        else if (!left.contains(&nested))
          b.clone(nested, mapping);
      }
      SmallVector<Value> yielded;
      for (Value element : elements)
        yielded.push_back(mapping.lookupOrDefault(element));
      return yielded;
    });
    for (unsigned i = 0; i < outputs; ++i) {
      Value result = map.getResult(i);
      if (combinations[i]) {
        Value init = fragments.lookup(op.getOutputs()[i]);
        if (!init)
          return op.emitOpError("reduces into what is no tile of this block of "
                                "threads");
        result = ReduceOp::create(b, loc, init.getType(), combinations[i]->kind,
                                  result, init);
      }
      fragments[op.getResult(i)] = result;
    }
    distributed.push_back(op);
    return success();
  }

  static bool isReducedInit(linalg::GenericOp op, OpOperand &operand,
                            ArrayRef<std::optional<Combination>> combinations) {
    return op.isDpsInit(&operand) &&
           combinations[operand.getOperandNumber() - op.getNumDpsInputs()];
  }

  /// The element of the array behind a window; its last one stands for those
  /// beyond it.
  Value readWindow(linalg::GenericOp op, BlockArgument argument,
                   function_ref<Value(unsigned)> getIndex) {
    Location loc = op.getLoc();
    OpOperand &operand = op->getOpOperand(argument.getArgNumber());
    auto window = operand.get().getDefiningOp<WindowOp>();
    AffineMap map = op.getMatchingIndexingMap(&operand);
    SmallVector<Value> indices;
    Value one = arith::ConstantIndexOp::create(b, loc, 1);
    for (unsigned i = 0; i < map.getNumResults(); ++i) {
      Value index = arith::AddIOp::create(b, loc, window.getOffsets()[i],
                                          getIndex(map.getDimPosition(i)));
      Value size = tensor::DimOp::create(b, loc, window.getSource(), i);
      Value last = arith::SubIOp::create(b, loc, size, one);
      indices.push_back(arith::MinSIOp::create(b, loc, index, last));
    }
    return tensor::ExtractOp::create(b, loc, window.getSource(), indices);
  }

  OpBuilder b;
  int64_t warps;
  DenseMap<Value, Value> fragments;
  SmallVector<Operation *> distributed;
};

struct LinalgToKernel : attn::impl::LinalgToKernelBase<LinalgToKernel> {
  void runOnOperation() override {
    WalkResult result = getOperation()->walk([](scf::ForallOp forall) {
      Attribute given = forall->getAttr(KernelDialect::kThreads);
      if (!given)
        return WalkResult::advance();
      auto number = dyn_cast<IntegerAttr>(given);
      int64_t threads = number && number.getType().isSignlessInteger(64)
                            ? number.getInt()
                            : 0;
      if (threads < 32 || threads > 32 * LayoutAttr::kMaxWarps ||
          threads % 32 != 0) {
        forall.emitOpError(KernelDialect::kThreads)
            << " is a multiple of 32, from 32 to " << 32 * LayoutAttr::kMaxWarps
            << ", got " << given;
        return WalkResult::interrupt();
      }
      Distributor distributor(forall, threads / 32);
      if (failed(distributor.run(*forall.getBody())))
        return WalkResult::interrupt();
      return failed(distributor.erase()) ? WalkResult::interrupt()
                                         : WalkResult::skip();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
