//===- AttnDecompose.cpp - fold, combine and finish as linalg on tensors ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Every number is decided here. Scores are kept in base 2, so that weights are
// exp2 of differences; the scale and log2(e) are multiplied in double precision
// and rounded once. A score region sees natural units.
//
// A hidden key has score -inf and weight -0.0: a zero that changes no sum, and
// whose sign tells the product with the value to skip it, since 0 * NaN would not
// be 0. Weights that underflow are +0.0 and do multiply.
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNDECOMPOSE
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;
using utils::IteratorType;

namespace {

//===----------------------------------------------------------------------===//
// Scalar arithmetic, as one writes it
//===----------------------------------------------------------------------===//

/// Emits scalar operations of one float type.
class Scalars {
public:
  Scalars(OpBuilder &b, Location loc, FloatType type)
      : b(b), loc(loc), type(type) {}

  Value constant(double value) {
    APFloat rounded(value);
    bool losesInfo;
    rounded.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                    &losesInfo);
    return arith::ConstantOp::create(b, loc, FloatAttr::get(type, rounded));
  }
  Value negativeInfinity() {
    return arith::ConstantOp::create(
        b, loc,
        FloatAttr::get(type, APFloat::getInf(type.getFloatSemantics(), true)));
  }
  Value convert(Value x) {
    return convertScalarToDtype(b, loc, x, type, /*isUnsignedCast=*/false);
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, loc, x, y); }
  Value fma(Value x, Value y, Value z) {
    return math::FmaOp::create(b, loc, x, y, z);
  }
  Value exp2(Value x) { return math::Exp2Op::create(b, loc, x); }
  Value log(Value x) { return math::LogOp::create(b, loc, x); }
  Value equal(Value x, Value y) {
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x, y);
  }
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(b, loc, condition, x, y);
  }
  /// max(x, y), or y if x is NaN. y is a running maximum and never NaN: a NaN
  /// score reaches its row through its weight.
  Value runningMax(Value x, Value y) {
    Value greater =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, x, y);
    return select(greater, x, y);
  }
  /// The maximum to subtract: an empty state has none, and must not give
  /// -inf - (-inf).
  Value guard(Value max) {
    return select(equal(max, negativeInfinity()), constant(0.0), max);
  }
  /// Whether the sign bit is set.
  Value signBit(Value x) {
    Type bits = b.getIntegerType(type.getWidth());
    Value zero = arith::ConstantOp::create(b, loc, b.getIntegerAttr(bits, 0));
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                 arith::BitcastOp::create(b, loc, bits, x),
                                 zero);
  }

  OpBuilder &b;
  Location loc;
  FloatType type;
};

//===----------------------------------------------------------------------===//
// Elementwise and reducing loops over some of an op's dimensions
//===----------------------------------------------------------------------===//

/// An operand and the dimensions of the op that index it.
struct Operand {
  Value value;
  AffineMap map;
};

/// Builds linalg.generic over a choice of an op's dimensions, in this order.
class Loops {
public:
  Loops(OpBuilder &b, Location loc, FloatType type, ArrayRef<unsigned> dims,
        ArrayRef<unsigned> reductions)
      : b(b), loc(loc), type(type), dims(dims), reductions(reductions) {}

  /// The index of dimension `dim` inside the body.
  Value index(unsigned dim) {
    return linalg::IndexOp::create(b, loc, llvm::find(dims, dim) - dims.begin());
  }

  SmallVector<Value>
  operator()(ArrayRef<Operand> ins, ArrayRef<Operand> outs,
             function_ref<SmallVector<Value>(Scalars &, ValueRange)> body) {
    SmallVector<AffineMap> maps;
    SmallVector<Value> inputs, inits;
    for (const Operand &operand : ins) {
      inputs.push_back(operand.value);
      maps.push_back(restrict(operand.map));
    }
    SmallVector<Type> types;
    for (const Operand &operand : outs) {
      inits.push_back(operand.value);
      types.push_back(operand.value.getType());
      maps.push_back(restrict(operand.map));
    }
    SmallVector<IteratorType> iterators;
    for (unsigned dim : dims)
      iterators.push_back(llvm::is_contained(reductions, dim)
                              ? IteratorType::reduction
                              : IteratorType::parallel);
    auto generic = linalg::GenericOp::create(
        b, loc, types, inputs, inits, maps, iterators,
        [&](OpBuilder &nested, Location loc, ValueRange arguments) {
          Scalars scalars(nested, loc, type);
          linalg::YieldOp::create(nested, loc, body(scalars, arguments));
        });
    return llvm::to_vector_of<Value>(generic.getResults());
  }

private:
  AffineMap restrict(AffineMap map) {
    SmallVector<AffineExpr> results;
    for (unsigned i = 0; i < map.getNumResults(); ++i)
      results.push_back(getAffineDimExpr(
          llvm::find(dims, map.getDimPosition(i)) - dims.begin(),
          map.getContext()));
    return AffineMap::get(dims.size(), 0, results, map.getContext());
  }

  OpBuilder &b;
  Location loc;
  FloatType type;
  SmallVector<unsigned> dims, reductions;
};

/// (first..., dims...) as a list of dimensions and as a map.
SmallVector<unsigned> withBatch(unsigned batch, ArrayRef<unsigned> dims) {
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, batch));
  llvm::append_range(all, dims);
  return all;
}
AffineMap getMap(unsigned loops, ArrayRef<unsigned> dims, MLIRContext *context) {
  SmallVector<AffineExpr> results;
  for (unsigned dim : dims)
    results.push_back(getAffineDimExpr(dim, context));
  return AffineMap::get(loops, 0, results, context);
}

/// Whether queries are innermost in this map of acc.
bool isQueryInnermost(AffineMap acc, unsigned queryDim) {
  return acc.getDimPosition(acc.getNumResults() - 1) == queryDim;
}

//===----------------------------------------------------------------------===//
// fold
//===----------------------------------------------------------------------===//

/// The score of one query and key as its body sees it: scale, score region,
/// mask tensor, visibility, in this order.
class ScoreBody {
public:
  ScoreBody(OpBuilder &b, FoldOp op) : b(b), op(op), loc(op.getLoc()) {
    Scalars scalars(b, loc, op.getStateType());
    scale = createScale(scalars);
  }

  Value operator()(OpBuilder &body, Loops &loops, Scalars &scalars, Value raw,
                   Value maskElement) {
    unsigned batch = op.getNumBatchDims();
    SmallVector<Value> position;
    auto getPosition = [&](unsigned i) {
      unsigned dim = i <= batch ? i : op.getKeyDim();
      MaskAlgebra algebra(body, loc);
      return algebra.materialize(
          algebra.add(loops.index(dim), op.getOriginOf(i)));
    };

    Value score = scalars.mul(raw, scale);
    if (op.getScoreBody()) {
      for (unsigned i = 0; i < batch + 2; ++i)
        position.push_back(getPosition(i));
      score = applyScoreRegion(body, score, position);
      score = scalars.mul(score, scalars.constant(llvm::numbers::log2e));
    }

    Value visible;
    auto require = [&](Value condition) {
      visible = visible ? arith::AndIOp::create(body, loc, visible, condition)
                        : condition;
    };
    if (maskElement && maskElement.getType().isInteger(1)) {
      require(maskElement);
    } else if (maskElement) {
      Value bias = scalars.convert(maskElement);
      require(arith::CmpFOp::create(body, loc, arith::CmpFPredicate::UNE, bias,
                                    scalars.negativeInfinity()));
      score = scalars.fma(bias, scalars.constant(llvm::numbers::log2e), score);
    }
    MaskAlgebra algebra(body, loc);
    if (MaskAttrInterface mask = op.getMaskAttr()) {
      OpFoldResult query = getPosition(batch);
      if (Value offset = op.getQueryOffset())
        query = algebra.add(query, getPerBatch(body, loops, offset));
      require(algebra.materialize(
          mask.isVisible(algebra, query, getPosition(batch + 1))));
    }
    if (Value validKeys = op.getValidKeys())
      require(algebra.materialize(algebra.less(
          getPosition(batch + 1), getPerBatch(body, loops, validKeys))));
    return visible ? scalars.select(visible, score, scalars.negativeInfinity())
                   : score;
  }

private:
  /// scale * log2(e), or the scale alone if a region wants natural units.
  Value createScale(Scalars &scalars) {
    double unit = op.getScoreBody() ? 1.0 : llvm::numbers::log2e;
    int64_t features = op.getStaticLoopRanges()[op.getFeatureDim()];
    if (std::optional<APFloat> given = op.getScale())
      return scalars.constant(given->convertToDouble() * unit);
    if (!ShapedType::isDynamic(features))
      return scalars.constant(unit / std::sqrt(static_cast<double>(features)));
    Value size = getValueOrCreateConstantIndexOp(
        b, loc, getLoopSizes(b, op)[op.getFeatureDim()]);
    Value count = arith::IndexCastOp::create(b, loc, b.getI64Type(), size);
    Value real = arith::SIToFPOp::create(b, loc, b.getF64Type(), count);
    Value root = math::SqrtOp::create(b, loc, real);
    Value numerator =
        arith::ConstantOp::create(b, loc, b.getF64FloatAttr(unit));
    return scalars.convert(arith::DivFOp::create(b, loc, numerator, root));
  }

  Value applyScoreRegion(OpBuilder &body, Value score,
                         ArrayRef<Value> position) {
    Block &block = *op.getScoreBody();
    IRMapping mapping;
    mapping.map(block.getArgument(0), score);
    mapping.map(block.getArguments().drop_front(), position);
    for (Operation &nested : block.without_terminator())
      body.clone(nested, mapping);
    return mapping.lookupOrDefault(
        cast<YieldOp>(block.getTerminator()).getScore());
  }

  OpFoldResult getPerBatch(OpBuilder &body, Loops &loops, Value perBatch) {
    auto type = dyn_cast<RankedTensorType>(perBatch.getType());
    if (!type)
      return perBatch;
    SmallVector<Value> indices;
    MaskAlgebra algebra(body, loc);
    for (unsigned i = 0; i < type.getRank(); ++i)
      indices.push_back(
          algebra.materialize(algebra.add(loops.index(i), op.getOriginOf(i))));
    Value entry = tensor::ExtractOp::create(body, loc, perBatch, indices);
    if (entry.getType().isIndex())
      return entry;
    return arith::IndexCastOp::create(body, loc, body.getIndexType(), entry)
        .getResult();
  }

  OpBuilder &b;
  FoldOp op;
  Location loc;
  Value scale;
};

} // namespace

FailureOr<SmallVector<Value>> FoldOp::decomposeOperation(OpBuilder &b) {
  Location loc = getLoc();
  MLIRContext *context = getContext();
  FloatType type = getStateType();
  unsigned batch = getNumBatchDims(), loops = getNumLoops();
  unsigned m = getQueryDim(), k1 = getFeatureDim(), k2 = getKeyDim(),
           n = getValueDim();
  bool lanesAreQueries = isQueryInnermost(getAccMap(), m);
  auto inOrder = [&](unsigned outer, unsigned inner) {
    return lanesAreQueries ? withBatch(batch, {outer, inner})
                           : withBatch(batch, {inner, outer});
  };
  Scalars outside(b, loc, type);
  SmallVector<OpFoldResult> sizes = getLoopSizes(b, *this);

  // S = K Q
  AffineMap scoreMap = getMap(loops, inOrder(k2, m), context);
  SmallVector<OpFoldResult> scoreSizes;
  for (unsigned i = 0; i < scoreMap.getNumResults(); ++i)
    scoreSizes.push_back(sizes[scoreMap.getDimPosition(i)]);
  Value empty = tensor::EmptyOp::create(b, loc, scoreSizes, type);
  Value zeros = linalg::FillOp::create(b, loc, outside.constant(0.0), empty)
                    .getResult(0);
  SmallVector<unsigned> productDims = inOrder(k2, m);
  productDims.push_back(k1);
  Value raw = Loops(b, loc, type, productDims, {k1})(
      {{getKey(), getKeyMap()}, {getQuery(), getQueryMap()}},
      {{zeros, scoreMap}}, [&](Scalars &s, ValueRange args) {
        return SmallVector<Value>{
            s.fma(s.convert(args[0]), s.convert(args[1]), args[2])};
      })[0];

  // s = mask(score(scale * S)),  t = max_k2 s
  ScoreBody scoreBody(b, *this);
  SmallVector<Operand> masks;
  if (getMaskTensor())
    masks.push_back({getMaskTensor(), getMaskTensorMap()});
  Loops rows(b, loc, type, inOrder(k2, m), {k2});
  auto emptyLikeMax = [&]() -> Value {
    return tensor::EmptyOp::create(
        b, loc, tensor::getMixedSizes(b, loc, getMax()), type);
  };
  Value noKeys = linalg::FillOp::create(b, loc, outside.negativeInfinity(),
                                        emptyLikeMax())
                     .getResult(0);
  SmallVector<Value> scored =
      rows(masks, {{raw, scoreMap}, {noKeys, getMaxMap()}},
           [&](Scalars &s, ValueRange args) {
             Value maskElement = getMaskTensor() ? args[0] : Value();
             args = args.take_back(2);
             Loops inside(s.b, loc, type, inOrder(k2, m), {k2});
             Value score = scoreBody(s.b, inside, s, args[0], maskElement);
             return SmallVector<Value>{score, s.runningMax(score, args[1])};
           });
  Value scores = scored[0], tileMax = scored[1];

  // m' = max(m, t),  decay = 2^(m - m')
  //
  // Together, so that m' can take the place of m in memory: nothing reads m
  // after it is overwritten.
  SmallVector<unsigned> queryDims = withBatch(batch, {m});
  SmallVector<Value> updated = Loops(b, loc, type, queryDims, {})(
      {{tileMax, getMaxMap()}},
      {{getMax(), getMaxMap()}, {emptyLikeMax(), getMaxMap()}},
      [&](Scalars &s, ValueRange args) {
        Value max = s.runningMax(args[0], args[1]);
        return SmallVector<Value>{max, s.exp2(s.sub(args[1], s.guard(max)))};
      });
  Value newMax = updated[0], decay = updated[1];

  // w = 2^(s - m'),  l' = decay * l + sum_k2 w
  Value decayedSum = Loops(b, loc, type, queryDims, {})(
      {{decay, getMaxMap()}}, {{getSum(), getSumMap()}},
      [&](Scalars &s, ValueRange args) {
        return SmallVector<Value>{s.mul(args[0], args[1])};
      })[0];
  SmallVector<Value> weighted = rows(
      {{newMax, getMaxMap()}},
      {{scores, scoreMap}, {decayedSum, getSumMap()}},
      [&](Scalars &s, ValueRange args) {
        Value weight = s.exp2(s.sub(args[1], s.guard(args[0])));
        if (isMasked())
          weight = s.select(s.equal(args[1], s.negativeInfinity()),
                            s.constant(-0.0), weight);
        return SmallVector<Value>{weight, s.add(args[2], weight)};
      });
  Value weights = weighted[0], newSum = weighted[1];

  // acc' = decay * acc + sum_k2 w * V
  Value decayedAcc = Loops(b, loc, type, inOrder(n, m), {})(
      {{decay, getMaxMap()}}, {{getAcc(), getAccMap()}},
      [&](Scalars &s, ValueRange args) {
        return SmallVector<Value>{s.mul(args[0], args[1])};
      })[0];
  SmallVector<unsigned> accDims = inOrder(n, m);
  accDims.push_back(k2);
  Value newAcc = Loops(b, loc, type, accDims, {k2})(
      {{getValue(), getValueMap()}, {weights, scoreMap}},
      {{decayedAcc, getAccMap()}}, [&](Scalars &s, ValueRange args) {
        Value sum = s.fma(s.convert(args[0]), args[1], args[2]);
        if (isMasked())
          sum = s.select(s.signBit(args[1]), args[2], sum);
        return SmallVector<Value>{sum};
      })[0];
  return SmallVector<Value>{newMax, newSum, newAcc};
}

//===----------------------------------------------------------------------===//
// combine
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<Value>> CombineOp::decomposeOperation(OpBuilder &b) {
  Location loc = getLoc();
  FloatType type = getStateType();
  unsigned batch = getNumLoops() - 3, m = getQueryDim(), split = getSplitDim(),
           n = getValueDim();
  SmallVector<AffineMap> maps = getIndexingMapsArray();
  AffineMap partialMax = maps[0], partialSum = maps[1], partialAcc = maps[2],
            max = maps[3], sum = maps[4], acc = maps[5];
  SmallVector<unsigned> rowDims = withBatch(batch, {split, m}),
                        queryDims = withBatch(batch, {m});

  // m' = max(m, max_s m_s)
  Value newMax = Loops(b, loc, type, rowDims, {split})(
      {{getPartialMax(), partialMax}}, {{getMax(), max}},
      [&](Scalars &s, ValueRange args) {
        return SmallVector<Value>{s.runningMax(args[0], args[1])};
      })[0];

  // decay = 2^(m - m'),  decay_s = 2^(m_s - m')
  auto emptyLike = [&](Value value) -> Value {
    return tensor::EmptyOp::create(
        b, loc, tensor::getMixedSizes(b, loc, value), type);
  };
  auto getDecay = [&](Value before, AffineMap map, ArrayRef<unsigned> dims) {
    return Loops(b, loc, type, dims, {})(
        {{before, map}, {newMax, max}}, {{emptyLike(before), map}},
        [&](Scalars &s, ValueRange args) {
          return SmallVector<Value>{s.exp2(s.sub(args[0], s.guard(args[1])))};
        })[0];
  };
  Value decay = getDecay(getMax(), max, queryDims);
  Value decays = getDecay(getPartialMax(), partialMax, rowDims);

  // x' = decay * x + sum_s decay_s * x_s        for l and acc
  auto merge = [&](Operand state, Operand partial, ArrayRef<unsigned> dims,
                   ArrayRef<unsigned> partialDims) {
    Value decayed = Loops(b, loc, type, dims, {})(
        {{decay, max}}, {state}, [&](Scalars &s, ValueRange args) {
          return SmallVector<Value>{s.mul(args[0], args[1])};
        })[0];
    return Loops(b, loc, type, partialDims, {split})(
        {partial, {decays, partialMax}}, {{decayed, state.map}},
        [&](Scalars &s, ValueRange args) {
          return SmallVector<Value>{s.fma(args[0], args[1], args[2])};
        })[0];
  };
  bool lanesAreQueries = isQueryInnermost(acc, m);
  SmallVector<unsigned> accDims = lanesAreQueries ? withBatch(batch, {n, m})
                                                  : withBatch(batch, {m, n});
  SmallVector<unsigned> partialAccDims = accDims;
  partialAccDims.push_back(split);
  Value newSum = merge({getSum(), sum}, {getPartialSum(), partialSum},
                       queryDims, rowDims);
  Value newAcc = merge({getAcc(), acc}, {getPartialAcc(), partialAcc}, accDims,
                       partialAccDims);
  return SmallVector<Value>{newMax, newSum, newAcc};
}

//===----------------------------------------------------------------------===//
// finish
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<Value>> FinishOp::decomposeOperation(OpBuilder &b) {
  Location loc = getLoc();
  FloatType type = getStateType();
  unsigned batch = getNumLoops() - 2, m = getQueryDim(), n = getValueDim();
  SmallVector<AffineMap> maps = getIndexingMapsArray();
  AffineMap max = maps[0], sum = maps[1], acc = maps[2], output = maps[3];
  SmallVector<unsigned> accDims = isQueryInnermost(acc, m)
                                      ? withBatch(batch, {n, m})
                                      : withBatch(batch, {m, n});

  // o = l == 0 ? 0 : acc / l, in the layout of acc, then in that of the output.
  Type outputType = getElementTypeOrSelf(getOutputs()[0].getType());
  Value read = acc == output
                   ? getOutputs()[0]
                   : Value(tensor::EmptyOp::create(
                         b, loc, tensor::getMixedSizes(b, loc, getAcc()),
                         outputType));
  read = Loops(b, loc, type, accDims, {})(
      {{getAcc(), acc}, {getSum(), sum}}, {{read, acc}},
      [&](Scalars &s, ValueRange args) {
        Value zero = s.constant(0.0);
        Value quotient = s.select(s.equal(args[1], zero), zero,
                                  s.div(args[0], args[1]));
        return SmallVector<Value>{convertScalarToDtype(
            s.b, loc, quotient, outputType, /*isUnsignedCast=*/false)};
      })[0];
  if (acc != output)
    read = Loops(b, loc, type, accDims, {})(
        {{read, acc}}, {{getOutputs()[0], output}},
        [&](Scalars &, ValueRange args) {
          return SmallVector<Value>{args[0]};
        })[0];
  SmallVector<Value> results = {read};

  // lse = l == 0 ? -inf : ln(2) * m + ln(l)
  if (hasLogSumExp())
    results.push_back(Loops(b, loc, type, withBatch(batch, {m}), {})(
        {{getMax(), max}, {getSum(), sum}}, {{getOutputs()[1], maps[4]}},
        [&](Scalars &s, ValueRange args) {
          Value lse = s.fma(args[0], s.constant(llvm::numbers::ln2),
                            s.log(args[1]));
          return SmallVector<Value>{
              s.select(s.equal(args[1], s.constant(0.0)), s.negativeInfinity(),
                       lse)};
        })[0]);
  return results;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct AttnDecompose : attn::impl::AttnDecomposeBase<AttnDecompose> {
  void runOnOperation() override {
    WalkResult left = getOperation()->walk([](AttentionOp op) {
      InFlightDiagnostic diag = op.emitOpError("was not rewritten to a form");
      if (FormAttr form = op.getFormAttr())
        diag << ": no rewrite to the " << stringifyFormKind(form.getKind())
             << " form is implemented yet; choose blocked or materialized";
      else
        diag << "; run attn-to-blocked or attn-to-materialized first";
      return WalkResult::interrupt();
    });
    if (left.wasInterrupted())
      return signalPassFailure();
    SmallVector<linalg::AggregatedOpInterface> ops;
    getOperation()->walk([&](linalg::AggregatedOpInterface op) {
      if (isa<AttnDialect>(op->getDialect()))
        ops.push_back(op);
    });
    for (linalg::AggregatedOpInterface op : ops) {
      IRRewriter rewriter(op);
      FailureOr<SmallVector<Value>> results = op.decomposeOperation(rewriter);
      if (failed(results))
        return signalPassFailure();
      rewriter.replaceOp(op, *results);
    }
  }
};
} // namespace
