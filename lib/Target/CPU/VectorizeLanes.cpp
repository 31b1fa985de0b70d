//===- VectorizeLanes.cpp - linalg.generic to loops on vectors ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LaneBody.h"
#include "ProductFusion.h"
#include "TransposeRows.h"
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
  /// What runs on the tiles of a product before and after it.
  std::optional<FusedBody> prologue, epilogue;
};

struct TileSizes {
  int64_t vectorBits, lanes, rows;
};

bool usesDim(AffineMap map, unsigned dim) {
  return map.isFunctionOfDim(dim);
}

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

class Emitter {
public:
  Emitter(OpBuilder &b, const Schedule &schedule, const TileSizes &tiles)
      : b(b), schedule(schedule), op(schedule.op), loc(op.getLoc()),
        tiles(tiles) {
    for (auto [i, size] : llvm::enumerate(op.getStaticLoopRanges()))
      sizes.push_back(ShapedType::isDynamic(size) ? getDynamicSize(i)
                                                  : constant(size));
    position.assign(sizes.size(), Value());
  }

  /// The values of the op's results, or of its epilogue's.
  SmallVector<Value> run() {
    SmallVector<Value> tensors(op.getDpsInits());
    if (schedule.prologue)
      tensors = {schedule.prologue->op->getOperand(schedule.prologue->shared)};
    // A result that starts from a constant does not read it.
    fills.assign(tensors.size(), Value());
    for (auto [i, tensor] : llvm::enumerate(tensors))
      if (auto fill = tensor.getDefiningOp<linalg::FillOp>();
          fill && isCarried(i)) {
        fills[i] = fill.value();
        tensor = fill.output();
      }
    if (!schedule.epilogue)
      return emitOuter(schedule.outer, tensors);
    initial = tensors.front();
    FusedBody epilogue = *schedule.epilogue;
    tensors = epilogue.op.getDpsInits();
    for (auto [i, tensor] : llvm::enumerate(tensors))
      if (epilogue.getInitNumber(i) == epilogue.shared)
        tensor = initial;
    return emitOuter(schedule.outer, tensors);
  }

private:
  using Body = function_ref<SmallVector<Value>(Value, ValueRange)>;

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  static std::optional<int64_t> getStatic(Value size) {
    return getConstantIntValue(size);
  }

  Value getDynamicSize(unsigned dim) {
    for (OpOperand &operand : op->getOpOperands()) {
      AffineMap map = op.getMatchingIndexingMap(&operand);
      for (unsigned i = 0; i < map.getNumResults(); ++i)
        if (map.getDimPosition(i) == dim)
          return tensor::DimOp::create(b, loc, operand.get(), i);
    }
    llvm_unreachable("a loop that no operand bounds");
  }

  /// for i in [begin, end) step `step`: values = body(i, values)
  SmallVector<Value> forEach(Value begin, Value end, int64_t step,
                             ValueRange values, Body body) {
    auto staticBegin = getStatic(begin), staticEnd = getStatic(end);
    if (staticBegin && staticEnd) {
      if (*staticEnd <= *staticBegin)
        return llvm::to_vector(values);
      if (*staticEnd - *staticBegin <= step)
        return body(begin, values);
    }
    auto loop = scf::ForOp::create(b, loc, begin, end, constant(step), values);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> results =
        body(loop.getInductionVar(), loop.getRegionIterArgs());
    if (!values.empty())
      scf::YieldOp::create(b, loc, results);
    return llvm::to_vector_of<Value>(loop.getResults());
  }

  /// The largest multiple of `step` that is <= size.
  Value roundDown(Value size, int64_t step) {
    if (auto known = getStatic(size))
      return constant(*known / step * step);
    Value rest = arith::RemUIOp::create(b, loc, size, constant(step));
    return arith::SubIOp::create(b, loc, size, rest);
  }

  /// begin and the largest multiple of `step` that fits before `size`.
  Value roundDown(Value size, Value begin, int64_t step) {
    Value rest = arith::SubIOp::create(b, loc, size, begin);
    return arith::AddIOp::create(b, loc, begin, roundDown(rest, step));
  }

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

  /// Elements of the body's widest float type in one vector register.
  int64_t getVectorLanes() {
    unsigned bits = 0;
    auto see = [&](Type type) {
      if (auto floating = dyn_cast<FloatType>(type))
        bits = std::max(bits, floating.getWidth());
    };
    for (Type type : op.getBlock()->getArgumentTypes())
      see(type);
    for (Operation &nested : *op.getBlock())
      llvm::for_each(nested.getResultTypes(), see);
    return std::max<int64_t>(1, tiles.vectorBits / std::max(bits, 32u));
  }

  SmallVector<Value> emitLanes(ValueRange tensors) {
    Value size = sizes[schedule.lane];
    // Several vectors pay where rows use them again; else they are only more
    // values to keep in registers.
    int64_t narrow = getVectorLanes();
    int64_t wide = schedule.row ? narrow * tiles.lanes : narrow;
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
    // One row alone has too few sums to keep the multipliers busy.
    for (int64_t rows = llvm::bit_floor(uint64_t(tiles.rows - 1)); rows >= 1;
         rows /= 2) {
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
    SmallVector<Value> updated(tensors), running(tensors.size());
    auto getMap = [&](unsigned i) {
      return epilogue.maps[epilogue.getInitNumber(i)];
    };
    auto isReduced = [&](unsigned i) {
      return !schedule.row || !usesDim(getMap(i), *schedule.row);
    };
    for (unsigned i = 0; i < tensors.size(); ++i)
      if (isReduced(i) && epilogue.getInitNumber(i) != epilogue.shared)
        running[i] = read(tensors[i], getMap(i), 0);
    for (auto [row, product] : llvm::enumerate(products)) {
      SmallVector<Value> yielded = emitFused(epilogue, product, row, running);
      for (unsigned i = 0; i < tensors.size(); ++i) {
        if (isReduced(i))
          running[i] = yielded[i];
        else
          updated[i] = write(yielded[i], updated[i], getMap(i), row);
      }
    }
    for (unsigned i = 0; i < tensors.size(); ++i)
      if (isReduced(i))
        updated[i] = write(running[i], updated[i], getMap(i), 0);
    return updated;
  }

  /// The body of `fused` for one row: `shared`, a vector or the tensor to read it
  /// from, is the operand it shares with the product; `running` are what it
  /// reduces along the rows, null where it does not.
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
  // Access
  //===--------------------------------------------------------------------===//

  AffineMap getInitMap(unsigned result) {
    return op.getMatchingIndexingMap(op.getDpsInitOperand(result));
  }

  Value shift(Value index, int64_t by) {
    return by ? Value(arith::AddIOp::create(b, loc, index, constant(by)))
              : index;
  }

  SmallVector<Value> getIndices(AffineMap map, int64_t row) {
    SmallVector<Value> indices;
    for (unsigned i = 0; i < map.getNumResults(); ++i) {
      unsigned dim = map.getDimPosition(i);
      indices.push_back(schedule.row && dim == *schedule.row
                            ? shift(position[dim], row)
                            : position[dim]);
    }
    return indices;
  }

  Value spread(Value scalar) {
    if (lanes == 1)
      return scalar;
    return vector::BroadcastOp::create(
        b, loc, VectorType::get(lanes, scalar.getType()), scalar);
  }

  /// The element under this map: a scalar if all lanes see the same one.
  Value read(Value tensor, AffineMap map, int64_t row) {
    SmallVector<Value> indices = getIndices(map, row);
    Type element = getElementTypeOrSelf(tensor.getType());
    if (lanes == 1 || !usesDim(map, schedule.lane))
      return tensor::ExtractOp::create(b, loc, tensor, indices);
    // A vector of booleans is packed in bits, an array of them is not.
    if (map.getDimPosition(map.getNumResults() - 1) == schedule.lane &&
        !element.isInteger(1))
      return vector::TransferReadOp::create(
          b, loc, VectorType::get(lanes, element), tensor, indices,
          arith::ConstantOp::create(b, loc, b.getZeroAttr(element)),
          ArrayRef<bool>{lanesAreWhole});
    return readStrided(tensor, map, indices);
  }

  /// One load per lane; lanes past the end read the last element again.
  Value readStrided(Value tensor, AffineMap map, SmallVector<Value> indices) {
    unsigned place = 0;
    while (map.getDimPosition(place) != schedule.lane)
      ++place;
    Value first = indices[place];
    Value last = arith::SubIOp::create(b, loc, sizes[schedule.lane], constant(1));
    SmallVector<Value> elements;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      indices[place] = shift(first, lane);
      if (!lanesAreWhole)
        indices[place] =
            arith::MinUIOp::create(b, loc, indices[place], last);
      elements.push_back(tensor::ExtractOp::create(b, loc, tensor, indices));
    }
    Type element = getElementTypeOrSelf(tensor.getType());
    return vector::FromElementsOp::create(
        b, loc, VectorType::get(lanes, element), elements);
  }

  Value write(Value value, Value tensor, AffineMap map, int64_t row) {
    SmallVector<Value> indices = getIndices(map, row);
    if (lanes == 1)
      return tensor::InsertOp::create(b, loc, value, tensor, indices);
    return writeVector(value, tensor, indices, lanesAreWhole);
  }

  /// The vector has as many dimensions as the tensor: bufferization takes a write
  /// at the origin for one of the whole tensor if the vector's first dimensions
  /// are as large (LLVM 22, bufferizesToMemoryRead of TransferWriteOp), and would
  /// lose the other rows.
  Value writeVector(Value value, Value tensor, ArrayRef<Value> indices,
                    bool whole) {
    auto type = cast<VectorType>(value.getType());
    SmallVector<int64_t> shape(indices.size(), 1);
    shape.back() = type.getNumElements();
    SmallVector<bool> inBounds(indices.size(), true);
    inBounds.back() = whole;
    if (shape.size() > 1)
      value = vector::BroadcastOp::create(
          b, loc, VectorType::get(shape, type.getElementType()), value);
    return vector::TransferWriteOp::create(b, loc, value, tensor, indices,
                                           inBounds)
        ->getResult(0);
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
    Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(element));
    SmallVector<Value> rows;
    for (int64_t i = 0; i < size; ++i) {
      position[lane] = shift(firstLane, i);
      Value row = vector::TransferReadOp::create(
          b, loc, VectorType::get(size, element), input->get(),
          getIndices(from, 0), zero, ArrayRef<bool>{true});
      rows.push_back(
          emitLaneBody(b, op, other, size, {row, Value()}, position)[0]);
    }
    position[lane] = firstLane;
    Value tensor = tensors[0];
    for (auto [i, column] : llvm::enumerate(transposeRows(b, loc, rows))) {
      position[other] = shift(firstOther, i);
      tensor = writeVector(column, tensor, getIndices(to, 0), /*whole=*/true);
    }
    position[other] = firstOther;
    return {tensor};
  }

  OpBuilder &b;
  const Schedule &schedule;
  linalg::LinalgOp op;
  Location loc;
  TileSizes tiles;
  SmallVector<Value> sizes, position, fills;
  Value initial; // The tensor of initial values of a product with an epilogue.
  int64_t lanes = 1;
  bool lanesAreWhole = true;
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
    // Op by op, each with its schedule; what runs on a product's tiles has none.
    llvm::MapVector<Operation *, Schedule> schedules;
    DenseSet<Operation *> fused;
    for (linalg::LinalgOp op : ops) {
      IRRewriter rewriter(op);
      FailureOr<Schedule> schedule = getSchedule(rewriter, op);
      if (fused.contains(op) || failed(schedule))
        continue;
      schedule->prologue = getPrologue(op);
      if (schedule->prologue &&
          !fused.insert(schedule->prologue->op).second)
        schedule->prologue.reset();
      schedule->epilogue = getEpilogue(op);
      if (schedule->epilogue)
        fused.insert(schedule->epilogue->op);
      schedules.insert({op, *schedule});
    }
    schedules.remove_if(
        [&](const auto &entry) { return fused.contains(entry.first); });
    for (auto &[op, schedule] : llvm::reverse(schedules)) {
      IRRewriter rewriter(op);
      if (op->use_empty()) {
        rewriter.eraseOp(op); // A fill that its reader took as a constant.
        continue;
      }
      if (schedule.epilogue)
        rewriter.setInsertionPoint(schedule.epilogue->op);
      Emitter emitter(rewriter, schedule, {vectorBits, lanes, rows});
      SmallVector<Value> results = emitter.run();
      if (schedule.epilogue)
        rewriter.replaceOp(schedule.epilogue->op, results);
      else
        rewriter.replaceOp(op, results);
      if (schedule.epilogue)
        rewriter.eraseOp(op);
      if (schedule.prologue)
        rewriter.eraseOp(schedule.prologue->op);
    }
  }
};

} // namespace
