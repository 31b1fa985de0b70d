//===- VectorizeReductions.cpp - Lanes along a reduction ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VectorizeReductions.h"
#include "LaneBody.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// How two partial results become one.
enum class Combiner { Sum, Max };

/// Dimensions, from the outermost loop to the lanes: outer, columns, rows, lane.
struct ReductionSchedule {
  unsigned lane;
  SmallVector<unsigned> outer;
  /// For one product: `column` is innermost in its result, `row` is a dimension
  /// that an operand lacks, whose data is used again by each row.
  std::optional<unsigned> column, row;
  SmallVector<std::optional<Combiner>> combiners; // None: not reduced.
};

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

/// sum + x, fma(x, y, sum), or x > max ? x : max, where the argument is the partial
/// result and has no other use.
std::optional<Combiner> getCombiner(Value yielded, BlockArgument argument) {
  if (!isa<FloatType>(argument.getType()))
    return std::nullopt;
  if (auto sum = yielded.getDefiningOp<arith::AddFOp>())
    if (argument.hasOneUse() && llvm::is_contained(sum->getOperands(), argument))
      return Combiner::Sum;
  if (auto sum = yielded.getDefiningOp<math::FmaOp>())
    if (argument.hasOneUse() && sum.getC() == argument)
      return Combiner::Sum;
  auto select = yielded.getDefiningOp<arith::SelectOp>();
  auto compare = select ? select.getCondition().getDefiningOp<arith::CmpFOp>()
                        : arith::CmpFOp();
  if (compare && argument.hasNUses(2) &&
      compare.getPredicate() == arith::CmpFPredicate::OGT &&
      compare.getRhs() == argument && select.getFalseValue() == argument &&
      compare.getLhs() == select.getTrueValue())
    return Combiner::Max;
  return std::nullopt;
}

/// The one reduced dimension, if lanes belong there: it is innermost in the first
/// result too, or else in each operand that has it. (An operand that is contiguous
/// along the result instead is enough to have lanes there.)
std::optional<unsigned> getLaneDim(linalg::LinalgOp op) {
  SmallVector<unsigned> reduced;
  op.getReductionDims(reduced);
  if (reduced.size() != 1)
    return std::nullopt;
  unsigned lane = reduced.front();
  AffineMap result = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (result.getNumResults() == 0)
    return std::nullopt;
  unsigned innermost = result.getDimPosition(result.getNumResults() - 1);
  for (AffineMap map : op.getIndexingMapsArray()) {
    if (!map.isProjectedPermutation())
      return std::nullopt;
    if (innermost != lane && usesDim(map, lane) && !isInnermost(map, lane))
      return std::nullopt;
  }
  return lane;
}

FailureOr<ReductionSchedule> getSchedule(RewriterBase &rewriter,
                                         linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics())
    return rewriter.notifyMatchFailure(op, "not on tensors");
  std::optional<unsigned> lane = getLaneDim(op);
  if (!lane)
    return rewriter.notifyMatchFailure(op, "not contiguous along a reduction");
  ReductionSchedule schedule{*lane, {}, {}, {}, {}};
  Operation *yield = op.getBlock()->getTerminator();
  for (auto [i, argument] : llvm::enumerate(op.getRegionOutputArgs())) {
    AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(i));
    std::optional<Combiner> combiner;
    if (!usesDim(map, *lane)) {
      combiner = getCombiner(yield->getOperand(i), argument);
      if (!combiner)
        return rewriter.notifyMatchFailure(
            op, "partial results could not be combined");
    } else if (!isInnermost(map, *lane) || argument.getType().isInteger(1)) {
      return rewriter.notifyMatchFailure(op, "a result is not contiguous");
    }
    schedule.combiners.push_back(combiner);
  }
  if (llvm::none_of(schedule.combiners, [](auto c) { return c.has_value(); }) ||
      failed(canRunInLanes(op, [](Operation *) {})))
    return rewriter.notifyMatchFailure(op, "no reduction that runs in lanes");

  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim)
    if (dim != *lane)
      schedule.outer.push_back(dim);
  if (op.getNumDpsInits() == 1) {
    auto take = [&](unsigned dim) {
      llvm::erase(schedule.outer, dim);
      return dim;
    };
    AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    schedule.column = take(map.getDimPosition(map.getNumResults() - 1));
    for (unsigned dim : llvm::reverse(schedule.outer))
      if (llvm::any_of(op.getDpsInputOperands(), [&](OpOperand *input) {
            return !usesDim(op.getMatchingIndexingMap(input), dim);
          })) {
        schedule.row = take(dim);
        break;
      }
  }
  return schedule;
}

//===----------------------------------------------------------------------===//
// Emitting
//===----------------------------------------------------------------------===//

class ReductionEmitter : LaneEmitter {
public:
  ReductionEmitter(OpBuilder &b, linalg::LinalgOp op,
                   const ReductionSchedule &schedule, const TileSizes &tiles)
      : LaneEmitter(b, op, tiles, schedule.lane, /*rowDim=*/std::nullopt),
        schedule(schedule), vectorLanes(getVectorLanes()) {
    if (auto known = getStatic(sizes[laneDim]))
      vectorLanes = std::min<int64_t>(
          vectorLanes, llvm::PowerOf2Ceil(std::max<int64_t>(*known, 1)));
    // Rows and columns have an accumulator each.
    int64_t registers = tiles.lanes * tiles.rows;
    if (schedule.row)
      rows = getPart(*schedule.row, std::min<int64_t>(registers, kMaxRows));
    if (schedule.column)
      columns = std::min(vectorLanes,
                         int64_t(llvm::bit_floor<uint64_t>(registers / rows)));
    // One row does little with what it reads: columns come one after the other, as
    // they are in memory.
    together = rows > 1 ? columns : 1;
  }

  SmallVector<Value> run() {
    SmallVector<Value> tensors(op.getDpsInits());
    fills.assign(tensors.size(), Value());
    for (auto [i, tensor] : llvm::enumerate(tensors))
      if (isReduced(i))
        fills[i] = takeFill(tensor);
    return emitOuter(schedule.outer, tensors);
  }

private:
  static constexpr int64_t kMaxRows = 4;

  /// Vectors of the reduction at a time, so that it is known which begin a cache
  /// line and ask for another one. With more operations LLVM spills.
  static constexpr int64_t kMaxVectors = 4, kMaxOperations = 16;

  bool isReduced(unsigned result) {
    return schedule.combiners[result].has_value();
  }

  /// Parts of at most `most` that are about equally large.
  int64_t getPart(unsigned dim, int64_t most) {
    auto size = getStatic(sizes[dim]);
    return size && *size > 0
               ? llvm::divideCeil(*size, llvm::divideCeil(*size, most))
               : most;
  }

  SmallVector<Value> emitOuter(ArrayRef<unsigned> dims, ValueRange tensors) {
    if (dims.empty())
      return inParts(schedule.column, columns, tensors,
                     [&](int64_t columns, ValueRange tensors) {
                       return inParts(schedule.row, rows, tensors,
                                      [&](int64_t rows, ValueRange tensors) {
                                        return emitTile(rows, columns, tensors);
                                      });
                     });
    return forEach(constant(0), sizes[dims.front()], 1, tensors,
                   [&](Value index, ValueRange tensors) {
                     position[dims.front()] = index;
                     return emitOuter(dims.drop_front(), tensors);
                   });
  }

  /// `count` places of a dimension at a time, then what is left.
  SmallVector<Value>
  inParts(std::optional<unsigned> dim, int64_t count, ValueRange tensors,
          function_ref<SmallVector<Value>(int64_t, ValueRange)> body) {
    if (!dim)
      return body(1, tensors);
    auto emit = [&](int64_t count) {
      return [&, count](Value index, ValueRange tensors) {
        position[*dim] = index;
        return body(count, tensors);
      };
    };
    Value middle = roundDown(sizes[*dim], count);
    SmallVector<Value> results =
        forEach(constant(0), middle, count, tensors, emit(count));
    auto known = getStatic(sizes[*dim]);
    if (known && *known % count == 0)
      return results;
    int64_t rest = known ? *known % count : 1;
    return forEach(middle, sizes[*dim], rest, results, emit(rest));
  }

  //===--------------------------------------------------------------------===//
  // One tile: accumulators of rows x columns results
  //===--------------------------------------------------------------------===//

  /// body() for each row and column, at its position.
  void forEachPoint(int64_t rows, int64_t columns, function_ref<void()> body) {
    SmallVector<Value> first = position;
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column) {
        if (schedule.row)
          position[*schedule.row] = shift(first[*schedule.row], row);
        if (schedule.column)
          position[*schedule.column] = shift(first[*schedule.column], column);
        body();
      }
    position = first;
  }

  SmallVector<Value> emitTile(int64_t rows, int64_t columns,
                              ValueRange tensors) {
    if (!schedule.column)
      return finish(rows, columns, emitLanes(rows, columns, tensors), tensors);
    SmallVector<Value> state(rows * columns);
    Value first = position[*schedule.column];
    for (int64_t column = 0; column < columns; column += together) {
      int64_t count = std::min(together, columns - column);
      position[*schedule.column] = shift(first, column);
      SmallVector<Value> part = emitLanes(rows, count, tensors);
      for (int64_t i = 0; i < rows * count; ++i)
        state[i / count * columns + column + i % count] = part[i];
    }
    position[*schedule.column] = first;
    return finish(rows, columns, state, tensors);
  }

  /// All of the reduction. Per result: an accumulator for each point, or the
  /// tensor.
  SmallVector<Value> emitLanes(int64_t rows, int64_t columns,
                               ValueRange tensors) {
    SmallVector<Value> state;
    lanes = vectorLanes;
    for (auto [i, tensor] : llvm::enumerate(tensors))
      if (isReduced(i))
        state.append(rows * columns, spread(getIdentity(i)));
      else
        state.push_back(tensor);
    auto step = [&](int64_t vectors, bool whole) {
      return [&, vectors, whole](Value index, ValueRange state) {
        lanesAreWhole = whole;
        SmallVector<Value> updated(state);
        for (int64_t i = 0; i < vectors; ++i) {
          position[laneDim] = shift(index, i * lanes);
          updated = emitStep(rows, columns, updated);
        }
        return updated;
      };
    };
    Value begin = constant(0);
    int64_t vectors =
        std::clamp<int64_t>(kMaxOperations / (rows * columns), 1, kMaxVectors);
    if (schedule.column && vectors > 1) {
      Value end = roundDown(sizes[laneDim], vectors * lanes);
      state = forEach(begin, end, vectors * lanes, state, step(vectors, true));
      begin = end;
    }
    Value middle = roundDown(sizes[laneDim], lanes);
    state = forEach(begin, middle, lanes, state, step(1, true));
    return forEach(middle, sizes[laneDim], lanes, state, step(1, false));
  }

  /// Accumulators become results.
  SmallVector<Value> finish(int64_t rows, int64_t columns, ArrayRef<Value> state,
                            ValueRange tensors) {
    SmallVector<Value> results;
    for (auto [i, tensor] : llvm::enumerate(tensors)) {
      unsigned count = isReduced(i) ? rows * columns : 1;
      results.push_back(isReduced(i) ? emitResult(i, rows, columns,
                                                  state.take_front(count), tensor)
                                     : state.front());
      state = state.drop_front(count);
    }
    return results;
  }

  /// The body at each row and column, for one vector of the reduction.
  SmallVector<Value> emitStep(int64_t rows, int64_t columns, ValueRange state) {
    SmallVector<Value> updated(state);
    unsigned point = 0;
    forEachPoint(rows, columns, [&] {
      SmallVector<Value> arguments;
      for (OpOperand *operand : op.getDpsInputOperands())
        arguments.push_back(
            isa<RankedTensorType>(operand->get().getType())
                ? read(operand->get(), op.getMatchingIndexingMap(operand), 0)
                : operand->get());
      SmallVector<unsigned> slots;
      unsigned next = 0;
      for (unsigned i = 0; i < schedule.combiners.size(); ++i) {
        slots.push_back(next + (isReduced(i) ? point : 0));
        next += isReduced(i) ? rows * columns : 1;
        Value current = updated[slots.back()];
        bool used = !op.getRegionOutputArgs()[i].use_empty();
        arguments.push_back(isReduced(i) ? current
                            : used       ? read(current, getInitMap(i), 0)
                                         : Value());
      }
      SmallVector<Value> yielded =
          emitLaneBody(b, op, laneDim, lanes, arguments, position);
      for (auto [i, value] : llvm::enumerate(yielded)) {
        Value &slot = updated[slots[i]];
        slot = isReduced(i) ? keepLanesPastEnd(value, slot)
                            : write(value, slot, getInitMap(i), 0);
      }
      ++point;
    });
    return updated;
  }

  /// What a lane past the end of the reduction computes is not used.
  Value keepLanesPastEnd(Value updated, Value before) {
    if (lanesAreWhole || lanes == 1)
      return updated;
    Value count =
        arith::SubIOp::create(b, loc, sizes[laneDim], position[laneDim]);
    Value inside = vector::CreateMaskOp::create(
        b, loc, VectorType::get(lanes, b.getI1Type()), count);
    return arith::SelectOp::create(b, loc, inside, updated, before);
  }

  //===--------------------------------------------------------------------===//
  // Across lanes
  //===--------------------------------------------------------------------===//

  FloatType getElementType(unsigned result) {
    return cast<FloatType>(op.getRegionOutputArgs()[result].getType());
  }

  Value getIdentity(unsigned result) {
    FloatType type = getElementType(result);
    const llvm::fltSemantics &semantics = type.getFloatSemantics();
    APFloat identity = schedule.combiners[result] == Combiner::Sum
                           ? APFloat::getZero(semantics)
                           : APFloat::getInf(semantics, /*Negative=*/true);
    return arith::ConstantOp::create(b, loc, FloatAttr::get(type, identity));
  }

  Value combine(unsigned result, Value x, Value y) {
    if (schedule.combiners[result] == Combiner::Sum)
      return arith::AddFOp::create(b, loc, x, y);
    Value greater =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, x, y);
    return arith::SelectOp::create(b, loc, greater, x, y);
  }

  /// One vector whose lane i is accumulator i combined across its lanes. A step
  /// combines lanes `distance` apart of two vectors into one:
  ///   (x0 x1 x2 x3), (y0 y1 y2 y3)  -->  (x0+x1 y0+y1 x2+x3 y2+y3)
  /// A vector without a partner is its own: every tree has the same shape.
  Value combineLanes(unsigned result, ArrayRef<Value> accumulators) {
    SmallVector<Value> vectors(accumulators);
    for (int64_t distance = 1; distance < lanes; distance *= 2) {
      SmallVector<int64_t> low, high;
      for (int64_t lane = 0; lane < lanes; ++lane) {
        int64_t source = lane & distance ? lanes : 0;
        low.push_back(source + (lane & ~distance));
        high.push_back(source + (lane | distance));
      }
      SmallVector<Value> half;
      for (size_t i = 0; i < vectors.size(); i += 2) {
        Value x = vectors[i], y = vectors[std::min(i + 1, vectors.size() - 1)];
        half.push_back(combine(result,
                               vector::ShuffleOp::create(b, loc, x, y, low),
                               vector::ShuffleOp::create(b, loc, x, y, high)));
      }
      vectors = half;
    }
    return vectors.front();
  }

  /// Writes the results of a tile, whole rows of columns at a time.
  Value emitResult(unsigned result, int64_t rows, int64_t columns,
                   ArrayRef<Value> accumulators, Value tensor) {
    int64_t rowsTogether = std::max<int64_t>(1, lanes / columns);
    for (int64_t row = 0; row < rows; row += rowsTogether) {
      int64_t count = std::min(rowsTogether, rows - row);
      Value sums = combineLanes(
          result, accumulators.slice(row * columns, count * columns));
      for (int64_t i = 0; i < count; ++i)
        tensor = writeRow(result, row + i, columns,
                          extractLanes(sums, i * columns, columns), tensor);
    }
    return tensor;
  }

  Value extractLanes(Value vector, int64_t first, int64_t count) {
    if (lanes == 1)
      return vector;
    if (count == 1)
      return vector::ExtractOp::create(b, loc, vector, first);
    return vector::ExtractStridedSliceOp::create(b, loc, vector, first, count,
                                                 1);
  }

  Value writeRow(unsigned result, int64_t row, int64_t columns, Value value,
                 Value tensor) {
    SmallVector<Value> first = position;
    // Lanes are columns here.
    llvm::SaveAndRestore lanesOfRow(lanes, columns);
    llvm::SaveAndRestore wholeRow(lanesAreWhole, true);
    llvm::SaveAndRestore laneDimOfRow(
        laneDim, schedule.column ? *schedule.column : laneDim);
    if (schedule.row)
      position[*schedule.row] = shift(position[*schedule.row], row);
    if (!startsFromIdentity(result)) {
      Value start = fills[result] ? spread(fills[result])
                                  : read(tensor, getInitMap(result), 0);
      value = combine(result, start, value);
    }
    tensor = write(value, tensor, getInitMap(result), 0);
    position = first;
    return tensor;
  }

  bool startsFromIdentity(unsigned result) {
    APFloat start(0.0);
    return fills[result] && matchPattern(fills[result], m_ConstantFloat(&start)) &&
           (schedule.combiners[result] == Combiner::Sum
                ? start.isPosZero()
                : start.isInfinity() && start.isNegative());
  }

  const ReductionSchedule &schedule;
  int64_t vectorLanes, rows = 1, columns = 1;
  int64_t together = 1; // Columns that are read at a time.
  SmallVector<Value> fills;
};

} // namespace

bool mlir::attn::hasReductionLanes(RewriterBase &rewriter,
                                   linalg::LinalgOp op) {
  return succeeded(getSchedule(rewriter, op));
}

FailureOr<SmallVector<Value>>
mlir::attn::vectorizeReduction(RewriterBase &rewriter, linalg::LinalgOp op,
                               const TileSizes &tiles) {
  FailureOr<ReductionSchedule> schedule = getSchedule(rewriter, op);
  if (failed(schedule))
    return failure();
  return ReductionEmitter(rewriter, op, *schedule, tiles).run();
}
