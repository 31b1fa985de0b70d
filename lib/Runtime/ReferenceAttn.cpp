//===- ReferenceAttn.cpp - What attention, fold, combine and finish mean ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each operation straight from its description, and from nothing else: no code is
// shared with its decomposition, and masks are written out again, so that a
// mistake there shows here.
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

//===----------------------------------------------------------------------===//
// Operands seen through maps
//===----------------------------------------------------------------------===//

namespace {
/// An operand and, for each dimension of the iteration space, the distance
/// between neighbours; 0 along dimensions that its map does not use.
struct View {
  View(const ReferenceValue &value, AffineMap map)
      : value(value), strides(map.getNumDims(), 0) {
    for (auto [i, stride] :
         llvm::enumerate(getRowMajorStrides(value.getShape())))
      strides[map.getDimPosition(i)] = stride;
  }

  /// The offset of a point; dimensions it lacks are 0.
  int64_t getOffset(ArrayRef<int64_t> point) const {
    int64_t offset = 0;
    for (auto [index, stride] : llvm::zip(point, strides))
      offset += index * stride;
    return offset;
  }
  /// `count` elements along dimension `dim` from `offset` on.
  void read(int64_t offset, unsigned dim, int64_t count, double *to) const {
    for (int64_t i = 0; i < count; ++i)
      to[i] = value[offset + i * strides[dim]].f;
  }
  void write(int64_t offset, unsigned dim, ArrayRef<double> from) {
    Number *data = value.mutableData();
    for (auto [i, x] : llvm::enumerate(from))
      data[offset + i * strides[dim]] = x;
  }

  ReferenceValue value;
  SmallVector<int64_t> strides;
};

/// The operands of an operation of the dialect and its iteration space.
struct Operands {
  SmallVector<int64_t> sizes; // Of the loops.
  SmallVector<View> views;    // In the order of the maps.
};
} // namespace

template <typename OpTy>
static FailureOr<Operands> readOperands(Interpreter &interpreter, OpTy op) {
  Operands operands;
  operands.sizes.assign(op.getNumLoops(), -1);
  for (auto [operand, map] :
       llvm::zip_equal(op.getMappedOperands(), op.getIndexingMapsArray())) {
    const ReferenceValue &value = interpreter.get(operand->get());
    operands.views.emplace_back(value, map);
    for (auto [i, size] : llvm::enumerate(value.getShape())) {
      int64_t &known = operands.sizes[map.getDimPosition(i)];
      if (known >= 0 && known != size)
        return op.emitOpError("has operands whose sizes differ in dimension ")
               << map.getDimPosition(i) << " of its iteration space: " << known
               << " and " << size;
      known = size;
    }
  }
  return operands;
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

/// Wide enough for the sum of any position, offset and window.
using Position = __int128;
/// `same`: whether query and key are of one segment.
using MaskPredicate = std::function<bool(Position query, int64_t key, bool same)>;

static MaskPredicate getPredicate(MaskAttrInterface mask) {
  auto getAll = [](ArrayRef<MaskAttrInterface> masks) {
    return llvm::map_to_vector(masks, getPredicate);
  };
  return llvm::TypeSwitch<Attribute, MaskPredicate>(mask)
      .Case([](CausalAttr) -> MaskPredicate {
        return [](Position query, int64_t key, bool) { return key <= query; };
      })
      .Case([](WindowAttr window) -> MaskPredicate {
        Position left = window.getLeft(), right = window.getRight();
        return [left, right](Position query, int64_t key, bool) {
          return query - left <= key && key <= query + right;
        };
      })
      .Case([](PrefixAttr prefix) -> MaskPredicate {
        return [size = prefix.getSize()](Position, int64_t key, bool) {
          return key < size;
        };
      })
      .Case([](SegmentsAttr) -> MaskPredicate {
        return [](Position, int64_t, bool same) { return same; };
      })
      .Case([&](AndAttr both) -> MaskPredicate {
        return [masks = getAll(both.getMasks())](Position query, int64_t key,
                                                bool same) {
          return llvm::all_of(masks,
                              [&](auto &m) { return m(query, key, same); });
        };
      })
      .Case([&](OrAttr either) -> MaskPredicate {
        return [masks = getAll(either.getMasks())](Position query, int64_t key,
                                                  bool same) {
          return llvm::any_of(masks,
                              [&](auto &m) { return m(query, key, same); });
        };
      })
      .Default([&](Attribute) -> MaskPredicate { // A mask from elsewhere.
        return [mask](Position query, int64_t key, bool same) {
          MaskAlgebra algebra(mask.getContext());
          algebra.sameSegment = algebra.constantBool(same);
          return *MaskAlgebra::getConstant(mask.isVisible(
                     algebra, algebra.constant(static_cast<int64_t>(query)),
                     algebra.constant(key))) != 0;
        };
      });
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

namespace {
/// The scores of attention and fold, a row at a time:
///
///   s_j = score(scale * <query_i, key_j>, b.., h, i, j) + mask_tensor_ij
///
/// in natural units, and -inf where the key is hidden.
template <typename OpTy>
class Scores {
public:
  Scores(Interpreter &interpreter, OpTy op, const Operands &operands)
      : interpreter(interpreter), op(op), sizes(operands.sizes),
        query(operands.views[0]), key(operands.views[1]) {
    if (op.getMaskTensor())
      maskTensor = operands.views[3];
    if (op.hasSegments()) {
      querySegments = operands.views[op.getNumMappedInputs() - 2];
      keySegments = operands.views[op.getNumMappedInputs() - 1];
    }
    if (MaskAttrInterface mask = op.getMaskAttr())
      isVisible = getPredicate(mask);
    if (Block *body = op.getScoreBody())
      region = std::make_unique<ElementFunction>(interpreter, *body);
    scale = 1.0 / std::sqrt(static_cast<double>(sizes[op.getFeatureDim()]));
    if (std::optional<APFloat> given = op.getScale())
      scale = given->convertToDouble();
    origin.assign(op.getNumBatchDims() + 2, 0);
    if constexpr (std::is_same_v<OpTy, FoldOp>)
      for (unsigned i = 0; i < origin.size(); ++i)
        origin[i] = interpreter.getInt(op.getOriginOf(i));
  }

  /// Reads what the rows of one batch index share.
  LogicalResult beginBatch(ArrayRef<int64_t> batch) {
    int64_t features = sizes[op.getFeatureDim()], count = sizes[op.getKeyDim()];
    keys.resize(features * count);
    for (int64_t j = 0; j < count; ++j)
      key.read(key.getOffset(batch) + j * key.strides[op.getKeyDim()],
               op.getFeatureDim(), features, keys.data() + j * features);
    queryRow.resize(features);
    return success(
        succeeded(readPerBatch(op.getQueryOffset(), batch, queryOffset)) &&
        succeeded(readPerBatch(op.getValidKeys(), batch, validKeys)));
  }

  /// The scores of row `i` of the batch index.
  LogicalResult compute(ArrayRef<int64_t> batch, int64_t i,
                        MutableArrayRef<double> scores) {
    SmallVector<int64_t> point(batch);
    point.push_back(i);
    unsigned m = op.getQueryDim(), k2 = op.getKeyDim();
    query.read(query.getOffset(point), op.getFeatureDim(), queryRow.size(),
               queryRow.data());
    int64_t firstMask = maskTensor ? maskTensor->getOffset(point) : 0;
    int64_t row = i + origin[m];
    for (auto [j, score] : llvm::enumerate(scores)) {
      score = -kInfinity;
      int64_t column = j + origin[m + 1];
      if (validKeys && column >= *validKeys)
        continue;
      if (isVisible &&
          !isVisible(Position(row) + queryOffset.value_or(0), column,
                     isSameSegment(point, j)))
        continue;
      double bias = 0.0;
      if (maskTensor) {
        Number element = maskTensor->value[firstMask + j * maskTensor->strides[k2]];
        if (maskTensor->value.isFloat())
          bias = element.f;
        if (maskTensor->value.isFloat() ? bias == -kInfinity : !element.i)
          continue;
      }
      double natural = scale * dot(j);
      if (region && failed(applyRegion(batch, row, column, natural)))
        return failure();
      score = natural + bias;
    }
    return success();
  }

private:
  bool isSameSegment(ArrayRef<int64_t> queryPoint, int64_t j) {
    if (!querySegments)
      return false;
    int64_t first = keySegments->getOffset(queryPoint.drop_back());
    int64_t key = first + j * keySegments->strides[op.getKeyDim()];
    return querySegments->value[querySegments->getOffset(queryPoint)].i ==
           keySegments->value[key].i;
  }

  double dot(int64_t j) const {
    const double *k = keys.data() + j * queryRow.size();
    // Four sums: in one, each addition would wait for the last.
    double sums[4] = {0.0, 0.0, 0.0, 0.0};
    size_t size = queryRow.size(), whole = size / 4 * 4;
    for (size_t i = 0; i < whole; i += 4)
      for (size_t lane = 0; lane < 4; ++lane)
        sums[lane] += queryRow[i + lane] * k[i + lane];
    for (size_t i = whole; i < size; ++i)
      sums[0] += queryRow[i] * k[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }

  /// The number for a batch index of an operand that is one index, or a tensor
  /// over the first batch dimensions.
  LogicalResult readPerBatch(Value operand, ArrayRef<int64_t> batch,
                             std::optional<int64_t> &result) {
    if (!operand)
      return success();
    const ReferenceValue &value = interpreter.get(operand);
    int64_t offset = 0;
    for (auto [i, size] : llvm::enumerate(value.getShape())) {
      int64_t index = batch[i] + origin[i];
      if (index < 0 || index >= size)
        return op.emitOpError("reads entry ")
               << index << " of a per-batch operand with " << size;
      offset = offset * size + index;
    }
    result = value[offset].i;
    return success();
  }

  LogicalResult applyRegion(ArrayRef<int64_t> batch, int64_t row,
                            int64_t column, double &score) {
    SmallVector<Number> arguments = {score};
    unsigned named = batch.size();
    if constexpr (std::is_same_v<OpTy, AttentionOp>)
      named -= op.getNumHeadDims();
    for (unsigned i = 0; i < named; ++i)
      arguments.push_back(batch[i] + origin[i]);
    if constexpr (std::is_same_v<OpTy, AttentionOp>) {
      int64_t head = 0;
      for (unsigned i = named; i < batch.size(); ++i)
        head = head * sizes[i] + batch[i];
      arguments.push_back(head);
    }
    arguments.push_back(row);
    arguments.push_back(column);
    Number result;
    if (failed((*region)(arguments, {}, result)))
      return failure();
    score = result.f;
    return success();
  }

  Interpreter &interpreter;
  OpTy op;
  ArrayRef<int64_t> sizes;
  View query, key;
  std::optional<View> maskTensor, querySegments, keySegments;
  MaskPredicate isVisible; // Null without mask attribute.
  std::unique_ptr<ElementFunction> region;
  double scale;
  SmallVector<int64_t> origin; // Absolute position in (batch.., m, k2).
  std::vector<double> keys, queryRow;
  std::optional<int64_t> queryOffset, validKeys;
};
} // namespace

/// max(a, b), or a if b is NaN: a NaN reaches its row through its weight.
static double runningMax(double a, double b) { return b > a ? b : a; }

/// The values of one batch index, (k2, n).
template <typename OpTy>
static std::vector<double> readValues(OpTy op, const Operands &operands,
                                      ArrayRef<int64_t> batch) {
  const View &value = operands.views[2];
  int64_t count = operands.sizes[op.getKeyDim()];
  int64_t features = operands.sizes[op.getValueDim()];
  std::vector<double> values(count * features);
  for (int64_t j = 0; j < count; ++j)
    value.read(value.getOffset(batch) + j * value.strides[op.getKeyDim()],
               op.getValueDim(), features, values.data() + j * features);
  return values;
}

static void addScaled(double weight, const double *values,
                      MutableArrayRef<double> acc) {
  for (size_t i = 0; i < acc.size(); ++i)
    acc[i] += weight * values[i];
}

//===----------------------------------------------------------------------===//
// attention
//===----------------------------------------------------------------------===//

/// o = sum_j softmax(s)_j value_j and lse = ln(sum_j exp(s_j)) over the visible
/// keys, in two passes; 0 and -inf if there are none.
static double attendRow(ArrayRef<double> scores, ArrayRef<double> values,
                        MutableArrayRef<double> output) {
  llvm::fill(output, 0.0);
  double max = -kInfinity, sum = 0.0;
  for (double score : scores)
    max = runningMax(max, score);
  bool seesKey = false;
  for (auto [j, score] : llvm::enumerate(scores)) {
    if (score == -kInfinity)
      continue;
    seesKey = true;
    double weight = std::exp(score - max);
    sum += weight;
    addScaled(weight, values.data() + j * output.size(), output);
  }
  if (!seesKey)
    return -kInfinity;
  for (double &x : output)
    x /= sum;
  return max + std::log(sum);
}

static LogicalResult evaluateAttention(Interpreter &interpreter,
                                       AttentionOp op) {
  FailureOr<Operands> operands = readOperands(interpreter, op);
  if (failed(operands))
    return failure();
  ArrayRef<int64_t> sizes = operands->sizes;
  unsigned batchDims = op.getNumBatchDims();
  unsigned firstInit = op.getNumMappedInputs();
  View output = operands->views[firstInit];
  std::optional<View> lse;
  if (op.hasLogSumExp())
    lse = operands->views[firstInit + 1];

  Scores<AttentionOp> rows(interpreter, op, *operands);
  std::vector<double> scores(sizes[op.getKeyDim()]);
  std::vector<double> result(sizes[op.getValueDim()]);
  LogicalResult evaluated = walkBox(
      sizes.take_front(batchDims), [&](ArrayRef<int64_t> batch) {
        if (failed(rows.beginBatch(batch)))
          return failure();
        std::vector<double> values = readValues(op, *operands, batch);
        SmallVector<int64_t> point(batch);
        point.push_back(0);
        for (int64_t &i = point.back(); i < sizes[op.getQueryDim()]; ++i) {
          if (failed(rows.compute(batch, i, scores)))
            return failure();
          double rowLse = attendRow(scores, values, result);
          output.write(output.getOffset(point), op.getValueDim(), result);
          if (lse)
            lse->value.mutableData()[lse->getOffset(point)] = rowLse;
        }
        return success();
      });
  if (failed(evaluated))
    return failure();
  Values results = {output.value};
  if (lse)
    results.push_back(lse->value);
  return interpreter.setAll(op->getResults(), std::move(results));
}

//===----------------------------------------------------------------------===//
// fold, combine, finish
//===----------------------------------------------------------------------===//

namespace {
/// The state of one query. `max` is in base 2.
struct State {
  double max, sum;
  std::vector<double> acc;
};

/// Three operands that hold the states of many queries.
struct StateViews {
  StateViews(ArrayRef<View> views, unsigned valueDim, int64_t features)
      : max(views[0]), sum(views[1]), acc(views[2]), valueDim(valueDim),
        features(features) {}

  State read(ArrayRef<int64_t> point) const {
    State state;
    state.max = max.value[max.getOffset(point)].f;
    state.sum = sum.value[sum.getOffset(point)].f;
    state.acc.resize(features);
    acc.read(acc.getOffset(point), valueDim, features, state.acc.data());
    return state;
  }
  void write(ArrayRef<int64_t> point, const State &state) {
    max.value.mutableData()[max.getOffset(point)] = state.max;
    sum.value.mutableData()[sum.getOffset(point)] = state.sum;
    acc.write(acc.getOffset(point), valueDim, state.acc);
  }
  Values getValues() const { return {max.value, sum.value, acc.value}; }

  View max, sum, acc;
  unsigned valueDim;
  int64_t features;
};
} // namespace

/// A maximum of -inf counts as 0 in the differences: an empty state stays empty.
static double guard(double max) { return max == -kInfinity ? 0.0 : max; }

/// Rescales a state to a new maximum.
static void decay(State &state, double newMax) {
  double factor = std::exp2(state.max - guard(newMax));
  state.max = newMax;
  state.sum *= factor;
  for (double &x : state.acc)
    x *= factor;
}

/// m'   = max(m, max_j s_j)
/// l'   = l * 2^(m - m') + sum_j 2^(s_j - m')
/// acc' = acc * 2^(m - m') + sum_j 2^(s_j - m') * value_j
///
/// over the visible keys, with scores in base 2.
static void foldRow(State &state, ArrayRef<double> scores,
                    ArrayRef<double> values) {
  double newMax = state.max;
  for (double score : scores)
    newMax = runningMax(newMax, score);
  decay(state, newMax);
  for (auto [j, score] : llvm::enumerate(scores)) {
    if (score == -kInfinity)
      continue;
    double weight = std::exp2(score - guard(newMax));
    state.sum += weight;
    addScaled(weight, values.data() + j * state.acc.size(), state.acc);
  }
}

static LogicalResult evaluateFold(Interpreter &interpreter, FoldOp op) {
  FailureOr<Operands> operands = readOperands(interpreter, op);
  if (failed(operands))
    return failure();
  ArrayRef<int64_t> sizes = operands->sizes;
  StateViews states(ArrayRef(operands->views).take_back(3), op.getValueDim(),
                    sizes[op.getValueDim()]);
  Scores<FoldOp> rows(interpreter, op, *operands);
  std::vector<double> scores(sizes[op.getKeyDim()]);
  LogicalResult evaluated = walkBox(
      sizes.take_front(op.getNumBatchDims()), [&](ArrayRef<int64_t> batch) {
        if (failed(rows.beginBatch(batch)))
          return failure();
        std::vector<double> values = readValues(op, *operands, batch);
        SmallVector<int64_t> point(batch);
        point.push_back(0);
        for (int64_t &i = point.back(); i < sizes[op.getQueryDim()]; ++i) {
          if (failed(rows.compute(batch, i, scores)))
            return failure();
          for (double &score : scores)
            score *= llvm::numbers::log2e;
          State state = states.read(point);
          foldRow(state, scores, values);
          states.write(point, state);
        }
        return success();
      });
  if (failed(evaluated))
    return failure();
  return interpreter.setAll(op->getResults(), states.getValues());
}

/// m'   = max(m, max_s m_s)
/// l'   = l * 2^(m - m') + sum_s l_s * 2^(m_s - m')
/// acc' = acc * 2^(m - m') + sum_s acc_s * 2^(m_s - m')
static void combineRow(State &state, MutableArrayRef<State> partials) {
  double newMax = state.max;
  for (const State &partial : partials)
    newMax = runningMax(newMax, partial.max);
  decay(state, newMax);
  for (State &partial : partials) {
    decay(partial, newMax);
    state.sum += partial.sum;
    addScaled(1.0, partial.acc.data(), state.acc);
  }
}

static LogicalResult evaluateCombine(Interpreter &interpreter, CombineOp op) {
  FailureOr<Operands> operands = readOperands(interpreter, op);
  if (failed(operands))
    return failure();
  ArrayRef<int64_t> sizes = operands->sizes;
  int64_t features = sizes[op.getValueDim()];
  ArrayRef<View> views = operands->views;
  StateViews partials(views.take_front(3), op.getValueDim(), features);
  StateViews states(views.take_back(3), op.getValueDim(), features);
  (void)walkBox(sizes.take_front(op.getSplitDim()),
                [&](ArrayRef<int64_t> point) {
                  State state = states.read(point);
                  SmallVector<State> merged;
                  SmallVector<int64_t> split(point);
                  split.push_back(0);
                  for (int64_t &s = split.back(); s < sizes[op.getSplitDim()];
                       ++s)
                    merged.push_back(partials.read(split));
                  combineRow(state, merged);
                  states.write(point, state);
                  return success();
                });
  return interpreter.setAll(op->getResults(), states.getValues());
}

/// o   = acc / l             or 0    if l == 0
/// lse = ln(2) * m + ln(l)   or -inf if l == 0
static LogicalResult evaluateFinish(Interpreter &interpreter, FinishOp op) {
  FailureOr<Operands> operands = readOperands(interpreter, op);
  if (failed(operands))
    return failure();
  ArrayRef<int64_t> sizes = operands->sizes;
  ArrayRef<View> views = operands->views;
  StateViews states(views.take_front(3), op.getValueDim(),
                    sizes[op.getValueDim()]);
  View output = views[3];
  std::optional<View> lse;
  if (op.hasLogSumExp())
    lse = views[4];
  (void)walkBox(
      sizes.take_front(op.getValueDim()), [&](ArrayRef<int64_t> point) {
        State state = states.read(point);
        bool isEmpty = state.sum == 0.0;
        for (double &x : state.acc)
          x = isEmpty ? 0.0 : x / state.sum;
        output.write(output.getOffset(point), op.getValueDim(), state.acc);
        if (lse)
          lse->value.mutableData()[lse->getOffset(point)] =
              isEmpty ? -kInfinity
                      : llvm::numbers::ln2 * state.max + std::log(state.sum);
        return success();
      });
  Values results = {output.value};
  if (lse)
    results.push_back(lse->value);
  return interpreter.setAll(op->getResults(), std::move(results));
}

/// The reference has no counters: it evaluates what a program means.
static LogicalResult evaluateCount(Interpreter &, CountOp) {
  return success();
}

void reference::addAttnHandlers(HandlerTable &table) {
  table.add<AttentionOp>(evaluateAttention);
  table.add<FoldOp>(evaluateFold);
  table.add<CombineOp>(evaluateCombine);
  table.add<FinishOp>(evaluateFinish);
  table.add<CountOp>(evaluateCount);
}
