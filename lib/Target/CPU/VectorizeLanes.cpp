//===- VectorizeLanes.cpp - linalg.generic to loops on vectors ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LaneBody.h"
#include "LaneEmitter.h"
#include "VectorizeReductions.h"
#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
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
  /// For a copy whose input has another innermost dimension: that dimension.
  std::optional<unsigned> transposed;
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
                    {}, {}, {}, {}};
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

  if (schedule.carried.empty() && op.getNumDpsInputs() == 1 &&
      op.getNumDpsInits() == 1 && !op.hasIndexSemantics()) {
    AffineMap input = op.getMatchingIndexingMap(op.getDpsInputOperand(0));
    unsigned last = input.getNumResults()
                        ? input.getDimPosition(input.getNumResults() - 1)
                        : schedule.lane;
    if (last != schedule.lane && usesDim(input, schedule.lane)) {
      schedule.transposed = last;
      llvm::erase(schedule.outer, last);
    }
  }
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

  SmallVector<Value> run() {
    SmallVector<Value> tensors(op.getDpsInits());
    // A result that starts from a constant does not read it.
    fills.assign(tensors.size(), Value());
    for (auto [i, tensor] : llvm::enumerate(tensors))
      if (isCarried(i))
        fills[i] = takeFill(tensor);
    return emitOuter(schedule.outer, tensors);
  }

private:
  SmallVector<Value> emitOuter(ArrayRef<unsigned> dims, ValueRange tensors) {
    if (dims.empty())
      return schedule.transposed ? emitTransposed(tensors) : emitLanes(tensors);
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
    int64_t narrow = getVectorLanes(), wide = narrow * tiles.lanes;
    if (auto known = getStatic(size)) {
      wide = std::min<int64_t>(
          wide, llvm::PowerOf2Ceil(std::max<int64_t>(*known, 1)));
      narrow = std::min(narrow, wide);
    }
    auto emit = [&](int64_t count, bool whole) {
      return [this, count, whole](Value index, ValueRange tensors) {
        position[schedule.lane] = index;
        lanes = count;
        lanesAreWhole = whole;
        return emitRows(tensors);
      };
    };
    Value middle = roundDown(size, wide);
    SmallVector<Value> results =
        forEach(constant(0), middle, wide, tensors, emit(wide, true));
    if (wide != narrow) {
      Value end = roundDown(size, narrow);
      results = forEach(middle, end, narrow, results, emit(narrow, true));
      middle = end;
    }
    return forEach(middle, size, narrow, results, emit(narrow, false));
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
    Value middle = roundDown(size, tiles.rows);
    SmallVector<Value> results =
        forEach(constant(0), middle, tiles.rows, tensors, emit(tiles.rows));
    if (auto known = getStatic(size)) {
      int64_t rest = *known % tiles.rows;
      return rest ? emit(rest)(middle, results) : results;
    }
    return forEach(middle, size, 1, results, emit(1));
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
    unsigned results = tensors.size();
    SmallVector<Value> state;
    for (unsigned i = 0; i < results; ++i) {
      if (!isCarried(i)) {
        state.push_back(tensors[i]);
        continue;
      }
      for (int64_t row = 0; row < rowCount; ++row)
        state.push_back(fills[i] ? spread(fills[i])
                                 : read(tensors[i], getInitMap(i), row));
    }
    state = emitCarried(schedule.carried, rowCount, state);

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

  SmallVector<Value> emitCarried(ArrayRef<unsigned> dims, int64_t rowCount,
                                 ValueRange state) {
    if (dims.empty())
      return emitPoint(rowCount, state);
    return forEach(constant(0), sizes[dims.front()], 1, state,
                   [&](Value index, ValueRange state) {
                     position[dims.front()] = index;
                     return emitCarried(dims.drop_front(), rowCount, state);
                   });
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

  //===--------------------------------------------------------------------===//
  // Transposed copies
  //===--------------------------------------------------------------------===//

  /// Square blocks: read rows along the input's innermost dimension, transpose
  /// in registers, write rows along the lanes. What is left goes one by one.
  SmallVector<Value> emitTransposed(ValueRange tensors) {
    unsigned lane = schedule.lane, other = *schedule.transposed;
    int64_t block = getVectorLanes();
    Value zero = constant(0);
    Value laneEnd = roundDown(sizes[lane], block);
    Value otherEnd = roundDown(sizes[other], block);
    auto over = [&](unsigned dim, Value begin, Value end, int64_t step,
                    ValueRange values, Body body) {
      return forEach(begin, end, step, values,
                     [&, dim](Value index, ValueRange values) {
                       position[dim] = index;
                       return body(index, values);
                     });
    };
    auto one = [&](Value, ValueRange values) {
      lanes = 1;
      return emitPoint(1, values);
    };
    auto alongOther = [&](Value begin, int64_t step, Body body) {
      return [&, begin, step, body](Value, ValueRange values) {
        Value end = step == 1 ? sizes[other] : otherEnd;
        return over(other, begin, end, step, values, body);
      };
    };
    SmallVector<Value> results = over(
        lane, zero, laneEnd, block, tensors,
        alongOther(zero, block, [&](Value, ValueRange values) {
          return emitBlock(block, values);
        }));
    results = over(lane, zero, laneEnd, 1, results,
                   alongOther(otherEnd, 1, one));
    return over(lane, laneEnd, sizes[lane], 1, results,
                alongOther(zero, 1, one));
  }

  SmallVector<Value> emitBlock(int64_t size, ValueRange tensors) {
    OpOperand *input = op.getDpsInputOperand(0);
    AffineMap from = op.getMatchingIndexingMap(input), to = getInitMap(0);
    unsigned lane = schedule.lane, other = *schedule.transposed;
    Value firstLane = position[lane], firstOther = position[other];
    Type element = getElementTypeOrSelf(input->get().getType());
    Type result = getElementTypeOrSelf(tensors[0].getType());
    Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(element));
    auto square = VectorType::get({size, size}, result);
    Value rows = arith::ConstantOp::create(b, loc, b.getZeroAttr(square));
    for (int64_t i = 0; i < size; ++i) {
      position[lane] = shift(firstLane, i);
      Value row = vector::TransferReadOp::create(
          b, loc, VectorType::get(size, element), input->get(),
          getIndices(from, 0), zero, ArrayRef<bool>{true});
      row = emitLaneBody(b, op, other, size, {row, Value()}, position)[0];
      rows = vector::InsertOp::create(b, loc, row, rows, i);
    }
    position[lane] = firstLane;
    Value columns =
        vector::TransposeOp::create(b, loc, rows, ArrayRef<int64_t>{1, 0});
    Value tensor = tensors[0];
    for (int64_t i = 0; i < size; ++i) {
      position[other] = shift(firstOther, i);
      Value column = vector::ExtractOp::create(b, loc, columns, i);
      tensor = writeVector(column, tensor, getIndices(to, 0), /*whole=*/true);
    }
    position[other] = firstOther;
    return {tensor};
  }

  const Schedule &schedule;
  SmallVector<Value> fills;
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
    SmallVector<linalg::LinalgOp> ops;
    getOperation()->walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : llvm::reverse(ops)) {
      IRRewriter rewriter(op);
      if (op->use_empty()) {
        rewriter.eraseOp(op); // A fill that its reader took as a constant.
        continue;
      }
      TileSizes tiles{vectorBits, lanes, rows};
      FailureOr<SmallVector<Value>> reduced =
          vectorizeReduction(rewriter, op, tiles);
      if (succeeded(reduced)) {
        rewriter.replaceOp(op, *reduced);
        continue;
      }
      FailureOr<Schedule> schedule = getSchedule(rewriter, op);
      if (failed(schedule))
        continue;
      Emitter emitter(rewriter, *schedule, tiles);
      rewriter.replaceOp(op, emitter.run());
    }
  }
};

} // namespace
