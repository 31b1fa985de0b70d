//===- VectorizeLanes.cpp - linalg.generic to loops on vectors ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LaneBody.h"
#include "LaneEmitter.h"
#include "ProductFusion.h"
#include "VectorizeReductions.h"
#include "VectorizeTransposes.h"
#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUVECTORIZELANES
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// How the dimensions of one op become loops, outermost first: `outer`, then
/// lanes, then rows, then `carried`. Results that lack the carried dimensions
/// stay in registers across them.
struct Schedule {
  linalg::LinalgOp op;
  unsigned lane;
  SmallVector<unsigned> outer;
  std::optional<unsigned> row;
  SmallVector<unsigned> carried;
  /// Where the result lies across the inputs: blocks, and none of the rest.
  std::optional<Transpose> transpose;
  /// What runs on the tiles of a product before and after it.
  std::optional<FusedBody> prologue, epilogue;
};

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

FailureOr<Schedule> getSchedule(RewriterBase &rewriter, linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics())
    return rewriter.notifyMatchFailure(op, "not on tensors");
  for (AffineMap map : op.getIndexingMapsArray())
    if (!map.isProjectedPermutation())
      return rewriter.notifyMatchFailure(
          op, "an operand is not indexed by a projected permutation");
  auto outputMap = [&](int64_t i) {
    return op.getMatchingIndexingMap(op.getDpsInitOperand(i));
  };
  if (outputMap(0).getNumResults() == 0)
    return rewriter.notifyMatchFailure(op, "the result has no dimension");

  Schedule schedule{op, outputMap(0).getDimPosition(
                            outputMap(0).getNumResults() - 1),
                    {}, {}, {}, {}, {}, {}};
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  if (iterators[schedule.lane] != utils::IteratorType::parallel)
    return rewriter.notifyMatchFailure(op, "lanes would be reduced");

  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim) {
    if (dim == schedule.lane)
      continue;
    bool everywhere = true;
    for (int64_t i = 0; i < op.getNumDpsInits(); ++i)
      everywhere &= usesDim(outputMap(i), dim);
    (everywhere ? schedule.outer : schedule.carried).push_back(dim);
  }
  for (int64_t i = 0; i < op.getNumDpsInits(); ++i) {
    AffineMap map = outputMap(i);
    if (map.getNumResults() == 0 ||
        map.getDimPosition(map.getNumResults() - 1) != schedule.lane)
      return rewriter.notifyMatchFailure(
          op, "results disagree on the innermost dimension");
    if (getElementTypeOrSelf(op.getDpsInits()[i].getType()).isInteger(1))
      return rewriter.notifyMatchFailure(
          op, "vectors of booleans are packed in bits, arrays are not");
    unsigned used = llvm::count_if(schedule.carried, [&](unsigned dim) {
      return usesDim(map, dim);
    });
    if (used != 0 && used != schedule.carried.size())
      return rewriter.notifyMatchFailure(
          op, "a result depends on part of the reduction");
  }
  Operation *refused = nullptr;
  if (failed(canRunInLanes(op, [&](Operation *nested) { refused = nested; })))
    return rewriter.notifyMatchFailure(
        op, [&](Diagnostic &diag) { diag << "cannot run in lanes: " << *refused; });

  // Rows pay where the lanes' data is used again by each of them.
  if (!schedule.carried.empty() && op.getNumDpsInits() == 1 &&
      !schedule.outer.empty())
    schedule.row = schedule.outer.pop_back_val();

  schedule.transpose = getTranspose(op);
  return schedule;
}

//===----------------------------------------------------------------------===//
// Emitting
//===----------------------------------------------------------------------===//

class Emitter : LaneEmitter {
public:
  Emitter(OpBuilder &b, const Schedule &schedule, const TileSizes &tiles)
      : LaneEmitter(b, schedule.op, tiles, schedule.lane, schedule.row),
        schedule(schedule) {}

  /// The values of the op's results, or of its epilogue's.
  SmallVector<Value> run() {
    SmallVector<Value> tensors(op.getDpsInits());
    if (schedule.prologue)
      tensors = {schedule.prologue->op->getOperand(schedule.prologue->shared)};
    // A result that starts from a constant does not read it.
    fills.assign(tensors.size(), Value());
    for (auto [i, tensor] : llvm::enumerate(tensors))
      if (isCarried(i))
        fills[i] = takeFill(tensor);
    if (!schedule.epilogue)
      return emitOuter(schedule.outer, tensors);
    initial = tensors.front();
    FusedBody epilogue = *schedule.epilogue;
    tensors = epilogue.op.getDpsInits();
    starts.assign(tensors.size(), Value());
    for (auto [i, tensor] : llvm::enumerate(tensors)) {
      if (epilogue.getInitNumber(i) == epilogue.shared)
        tensor = initial;
      else if (isReducedByEpilogue(i) &&
               llvm::all_of(schedule.outer, [&, i = i](unsigned dim) {
                 return usesDim(getEpilogueMap(i), dim);
               }))
        starts[i] = takeFill(tensor);
    }
    return emitOuter(schedule.outer, tensors);
  }

private:
  SmallVector<Value> emitOuter(ArrayRef<unsigned> dims, ValueRange tensors) {
    if (dims.empty())
      return emitLanes(tensors);
    return forEach(constant(0), sizes[dims.front()], 1, tensors,
                   [&](Value index, ValueRange tensors) {
                     position[dims.front()] = index;
                     return emitOuter(dims.drop_front(), tensors);
                   });
  }

  //===--------------------------------------------------------------------===//
  // Lanes and rows
  //===--------------------------------------------------------------------===//

  SmallVector<Value> emitLanes(ValueRange tensors) {
    Value size = sizes[schedule.lane];
    // Several vectors pay where rows use them again. Along a reduction without
    // rows they are only more values to keep in registers.
    bool isLongChain =
        !schedule.row && llvm::any_of(schedule.carried, [&](unsigned dim) {
          return getStatic(sizes[dim]) != 1;
        });
    int64_t narrow = getVectorLanes();
    int64_t wide = isLongChain ? narrow : narrow * tiles.lanes;
    if (auto known = getStatic(size)) {
      wide = std::min<int64_t>(
          isLongChain ? wide : wide * getLanesForRows(),
          llvm::PowerOf2Ceil(std::max<int64_t>(*known, 1)));
      narrow = std::min(narrow, wide);
    } else {
      isRest = isBelow(size, narrow * tiles.lanes);
    }
    auto emit = [&](int64_t count, bool whole) {
      return [this, count, whole](Value index, ValueRange tensors) {
        position[schedule.lane] = index;
        lanes = count;
        lanesAreWhole = whole;
        SmallVector<Value> started(tensors);
        for (auto [i, start] : llvm::enumerate(starts))
          if (start && !hasOneTile())
            started[i] =
                write(spread(start), started[i], getEpilogueMap(i), 0);
        return emitRows(started);
      };
    };
    Value middle = constant(0);
    SmallVector<Value> results(tensors);
    if (isRest)
      return forEach(middle, size, narrow, results, emit(narrow, false));
    // Each width divides the one before: what is left begins where it may.
    for (int64_t width = wide; width >= narrow;
         width = width > narrow && !llvm::isPowerOf2_64(width) ? narrow
                                                               : width / 2) {
      Value end = roundDown(size, width);
      results = forEach(middle, end, width, results, emit(width, true));
      middle = end;
    }
    return forEach(middle, size, narrow, results, emit(narrow, false));
  }

  /// Whether lanes are known to be fewer than `bound`, but not how many.
  static bool isBelow(Value size, int64_t bound) {
    FailureOr<int64_t> most = ValueBoundsConstraintSet::computeConstantBound(
        presburger::BoundType::UB, size, /*stopCondition=*/nullptr,
        /*closedUB=*/true);
    return succeeded(most) && *most < bound;
  }

  /// Few rows leave accumulators to more lanes: sums that wait for each other less.
  int64_t getLanesForRows() {
    std::optional<int64_t> rows =
        schedule.row ? getStatic(sizes[*schedule.row]) : std::nullopt;
    return rows && *rows > 0 && *rows < tiles.rows
               ? llvm::bit_floor(uint64_t(tiles.rows / *rows))
               : 1;
  }

  /// The accumulators that fewer lanes leave are for more rows, a power of two
  /// as sizes of tiles are.
  int64_t getTileRows() {
    int64_t vectors = llvm::divideCeil(lanes, getVectorLanes());
    return vectors < tiles.lanes
               ? llvm::bit_floor(uint64_t(tiles.rows * tiles.lanes / vectors))
               : tiles.rows;
  }

  SmallVector<Value> emitRows(ValueRange tensors) {
    if (!schedule.row)
      return emitTile(1, tensors);
    Value size = sizes[*schedule.row];
    auto emit = [&](int64_t count) {
      return [this, count](Value index, ValueRange tensors) {
        position[*schedule.row] = index;
        return emitTile(count, tensors);
      };
    };
    int64_t most = getTileRows();
    if (auto known = getStatic(size); known && *known > 0) {
      // As few tiles as that takes, of as equal sizes as can be.
      int64_t count = llvm::divideCeil(*known, most), rows = *known / count;
      Value middle = constant(*known % count * (rows + 1));
      SmallVector<Value> results =
          forEach(constant(0), middle, rows + 1, tensors, emit(rows + 1));
      return forEach(middle, size, rows, results, emit(rows));
    }
    Value middle = roundDown(size, most);
    SmallVector<Value> results =
        forEach(constant(0), middle, most, tensors, emit(most));
    // One row alone has too few sums to keep the multipliers busy.
    int64_t rest = isRest ? 1 : llvm::bit_floor(uint64_t(most - 1));
    for (int64_t rows = rest; rows >= 1; rows /= 2) {
      Value end = rows == 1 ? size : roundDown(size, middle, rows);
      results = forEach(middle, end, rows, results, emit(rows));
      middle = end;
    }
    return results;
  }

  //===--------------------------------------------------------------------===//
  // One tile: `rowCount` rows of `lanes` lanes
  //===--------------------------------------------------------------------===//

  bool isCarried(unsigned result) {
    AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(result));
    return !schedule.carried.empty() &&
           !usesDim(map, schedule.carried.front());
  }

  SmallVector<Value> emitTile(int64_t rowCount, ValueRange tensors) {
    // Results without the carried dimensions: read once, written once.
    unsigned results = op.getNumDpsInits();
    SmallVector<Value> state;
    for (unsigned i = 0; i < results; ++i) {
      if (!isCarried(i)) {
        state.push_back(tensors[i]);
        continue;
      }
      for (int64_t row = 0; row < rowCount; ++row)
        state.push_back(emitInitial(tensors, i, row));
    }
    state = emitCarried(schedule.carried, rowCount, state);
    if (schedule.epilogue)
      return emitEpilogue(state, tensors);

    SmallVector<Value> updated;
    unsigned next = 0;
    for (unsigned i = 0; i < results; ++i) {
      if (!isCarried(i)) {
        updated.push_back(state[next++]);
        continue;
      }
      Value tensor = tensors[i];
      for (int64_t row = 0; row < rowCount; ++row)
        tensor = write(state[next++], tensor, getInitMap(i), row);
      updated.push_back(tensor);
    }
    return updated;
  }

  /// What a row of a carried result starts from.
  Value emitInitial(ValueRange tensors, unsigned result, int64_t row) {
    if (fills[result])
      return spread(fills[result]);
    Value tensor = getInitialTensor(tensors, result);
    if (schedule.prologue)
      return emitFused(*schedule.prologue, tensor, row, {})[0];
    return read(tensor, getInitMap(result), row);
  }

  /// The tensor as it is now: tiles before this one may have been written to it.
  Value getInitialTensor(ValueRange tensors, unsigned result) {
    if (!schedule.epilogue)
      return tensors[result];
    for (unsigned i = 0; i < tensors.size(); ++i)
      if (schedule.epilogue->getInitNumber(i) == schedule.epilogue->shared)
        return tensors[i];
    return initial;
  }

  /// The epilogue for each row of the product's tile. What it reduces along the
  /// rows is read once, written once.
  SmallVector<Value> emitEpilogue(ArrayRef<Value> products,
                                  ValueRange tensors) {
    const FusedBody &epilogue = *schedule.epilogue;
    linalg::LinalgOp epilogueOp = epilogue.op;
    SmallVector<Value> updated(tensors), running(tensors.size());
    for (unsigned i = 0; i < tensors.size(); ++i)
      if (isReducedByEpilogue(i) &&
          epilogue.getInitNumber(i) != epilogue.shared)
        running[i] = starts[i] && hasOneTile()
                         ? spread(starts[i])
                         : read(tensors[i], getEpilogueMap(i), 0);
    for (auto [row, product] : llvm::enumerate(products)) {
      // What it updates element by element is read where it is written.
      for (unsigned i = 0; i < tensors.size(); ++i)
        if (!isReducedByEpilogue(i) &&
            epilogueOp.payloadUsesValueFromOperand(
                epilogueOp.getDpsInitOperand(i)))
          running[i] = updated[i];
      SmallVector<Value> yielded = emitFused(epilogue, product, row, running);
      for (unsigned i = 0; i < tensors.size(); ++i) {
        if (isReducedByEpilogue(i))
          running[i] = yielded[i];
        else
          updated[i] = write(yielded[i], updated[i], getEpilogueMap(i), row);
      }
    }
    for (unsigned i = 0; i < tensors.size(); ++i)
      if (isReducedByEpilogue(i))
        updated[i] = write(running[i], updated[i], getEpilogueMap(i), 0);
    return updated;
  }

  /// Whether one tile has all rows.
  bool hasOneTile() {
    std::optional<int64_t> size =
        schedule.row ? getStatic(sizes[*schedule.row]) : 1;
    return size && *size <= getTileRows();
  }
  AffineMap getEpilogueMap(unsigned result) {
    return schedule.epilogue->maps[schedule.epilogue->getInitNumber(result)];
  }
  /// Whether all rows of a tile go into the same elements of this result.
  bool isReducedByEpilogue(unsigned result) {
    return !schedule.row || !usesDim(getEpilogueMap(result), *schedule.row);
  }

  /// The body of `fused` for one row: `shared`, a vector or the tensor to read it
  /// from, is the operand it shares with the product; `running` are its results
  /// before this row, vectors or tensors to read them from, null where the body
  /// does not read them.
  SmallVector<Value> emitFused(const FusedBody &fused, Value shared,
                               int64_t row, ArrayRef<Value> running) {
    SmallVector<Value> arguments, points;
    for (OpOperand &operand : fused.op->getOpOperands()) {
      unsigned number = operand.getOperandNumber();
      Value value = number == fused.shared ? shared : operand.get();
      unsigned firstInit = fused.getInitNumber(0);
      if (number != fused.shared && number >= firstInit)
        value = running.empty() ? Value() : running[number - firstInit];
      if (value && isa<RankedTensorType>(value.getType()))
        value = read(value, fused.maps[number], row);
      arguments.push_back(value);
    }
    for (unsigned dim : fused.dims)
      points.push_back(schedule.row && dim == *schedule.row
                           ? shift(position[dim], row)
                           : position[dim]);
    unsigned lane = llvm::find(fused.dims, schedule.lane) - fused.dims.begin();
    return emitLaneBody(b, fused.op, lane, lanes, arguments, points);
  }

  SmallVector<Value> emitCarried(ArrayRef<unsigned> dims, int64_t rowCount,
                                 ValueRange state) {
    if (dims.empty())
      return emitPoint(rowCount, state);
    auto points = [&](int64_t count) {
      return [&, count](Value index, ValueRange state) {
        SmallVector<Value> updated(state);
        for (int64_t i = 0; i < count; ++i) {
          position[dims.front()] = shift(index, i);
          updated = emitCarried(dims.drop_front(), rowCount, updated);
        }
        return updated;
      };
    };
    // Two points in a body halve what the loop itself costs.
    int64_t unroll = dims.size() == 1 ? 2 : 1;
    Value size = sizes[dims.front()], middle = roundDown(size, unroll);
    SmallVector<Value> updated =
        forEach(constant(0), middle, unroll, state, points(unroll));
    return forEach(middle, size, 1, updated, points(1));
  }

  /// The body for each row, at one point of the carried dimensions.
  SmallVector<Value> emitPoint(int64_t rowCount, ValueRange state) {
    SmallVector<Value> updated(state);
    SmallVector<Value> shared(op.getNumDpsInputs());
    for (int64_t row = 0; row < rowCount; ++row) {
      SmallVector<Value> arguments;
      for (int64_t i = 0; i < op.getNumDpsInputs(); ++i) {
        OpOperand *operand = op.getDpsInputOperand(i);
        AffineMap map = op.getMatchingIndexingMap(operand);
        bool perRow = schedule.row && usesDim(map, *schedule.row);
        if (!shared[i] || perRow)
          shared[i] = isa<RankedTensorType>(operand->get().getType())
                          ? read(operand->get(), map, row)
                          : operand->get();
        arguments.push_back(shared[i]);
      }
      unsigned next = 0;
      SmallVector<unsigned> slots;
      for (int64_t i = 0; i < op.getNumDpsInits(); ++i) {
        unsigned slot = next + (isCarried(i) ? row : 0);
        next += isCarried(i) ? rowCount : 1;
        slots.push_back(slot);
        bool used = !op.getRegionOutputArgs()[i].use_empty();
        arguments.push_back(isCarried(i) ? updated[slot]
                            : used ? read(updated[slot], getInitMap(i), row)
                                   : Value());
      }
      Value firstRow = schedule.row ? position[*schedule.row] : Value();
      if (schedule.row)
        position[*schedule.row] = shift(firstRow, row);
      SmallVector<Value> yielded =
          emitLaneBody(b, op, schedule.lane, lanes, arguments, position);
      if (schedule.row)
        position[*schedule.row] = firstRow;
      for (auto [i, value] : llvm::enumerate(yielded))
        updated[slots[i]] =
            isCarried(i) ? value
                         : write(value, updated[slots[i]], getInitMap(i), row);
    }
    return updated;
  }

  const Schedule &schedule;
  /// What is left of a tile, once in a while: of all widths and numbers of rows
  /// there is one loop each. Others would be most of the code.
  bool isRest = false;
  SmallVector<Value> fills;
  SmallVector<Value> starts; // What results of the epilogue are filled with.
  Value initial; // The tensor of initial values of a product with an epilogue.
};

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

struct CPUVectorizeLanes : attn::impl::CPUVectorizeLanesBase<CPUVectorizeLanes> {
  using CPUVectorizeLanesBase::CPUVectorizeLanesBase;

  void runOnOperation() override {
    if (vectorBits < 32 || !llvm::isPowerOf2_64(vectorBits) || lanes < 1 ||
        rows < 1) {
      getOperation()->emitError("vector-bits must be a power of two from 32 on, "
                                "lanes and rows at least 1, got ")
          << vectorBits.getValue() << ", " << lanes.getValue() << ", "
          << rows.getValue();
      return signalPassFailure();
    }
    TileSizes tiles{vectorBits, lanes, rows};
    Plan plan = makePlan();
    for (auto &[op, schedule] : llvm::reverse(plan)) {
      IRRewriter rewriter(op);
      if (op->use_empty())
        rewriter.eraseOp(op); // A fill that its reader took as a constant.
      else if (schedule)
        emit(rewriter, *schedule, tiles);
      else
        rewriter.replaceOp(op, *vectorizeReduction(rewriter, cast<linalg::LinalgOp>(op), tiles));
    }
  }

  /// The ops to vectorize in order, each with its schedule; none for one that
  /// takes lanes along its reduction. What runs on a product's tiles is not among
  /// them.
  using Plan = llvm::MapVector<Operation *, std::optional<Schedule>>;
  Plan makePlan() {
    Plan plan;
    DenseSet<Operation *> fused;
    getOperation()->walk([&](linalg::LinalgOp op) {
      IRRewriter rewriter(op);
      if (fused.contains(op))
        return;
      if (hasReductionLanes(rewriter, op)) {
        plan.insert({op, std::nullopt});
        return;
      }
      FailureOr<Schedule> schedule = getSchedule(rewriter, op);
      if (failed(schedule))
        return;
      schedule->prologue = getPrologue(op);
      if (schedule->prologue && !fused.insert(schedule->prologue->op).second)
        schedule->prologue.reset();
      // Of two products that one op reads, one takes it.
      schedule->epilogue = getEpilogue(op);
      if (schedule->epilogue && !fused.insert(schedule->epilogue->op).second)
        schedule->epilogue.reset();
      plan.insert({op, *schedule});
    });
    plan.remove_if(
        [&](const auto &entry) { return fused.contains(entry.first); });
    return plan;
  }

  static void emit(RewriterBase &rewriter, const Schedule &schedule,
                   const TileSizes &tiles) {
    linalg::LinalgOp op = schedule.op;
    Operation *last = schedule.epilogue ? schedule.epilogue->op : op;
    rewriter.setInsertionPoint(last);
    rewriter.replaceOp(
        last, schedule.transpose
                  ? vectorizeTranspose(rewriter, op, *schedule.transpose, tiles)
                  : Emitter(rewriter, schedule, tiles).run());
    if (schedule.epilogue)
      rewriter.eraseOp(op);
    if (schedule.prologue)
      rewriter.eraseOp(schedule.prologue->op);
  }
};

} // namespace
