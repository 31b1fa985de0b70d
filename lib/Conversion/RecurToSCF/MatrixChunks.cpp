//===- MatrixChunks.cpp - Chunks of tokens as matrix products ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Within a chunk of C tokens, with S the state before it and a_i the decay of
// token i:
//
//     y_i = W_i q_i^T S + sum_{j<=i} D_ij (q_i . k_j) v_j^T
//     S'  = W_C S + sum_j E_j k_j v_j^T
//     D_ij = a_{j+1} .. a_i    W_i = a_1 .. a_i    E_j = a_{j+1} .. a_C
//
// Decays are multiplied as the tokens pass, never divided and never taken as the
// difference of sums of logarithms: numbers stay in [0, 1] for decays that do,
// and a decay of 0 forgets. Letters of dimensions: i tokens that read, j tokens
// that are read, g query heads of a group, k and n rows and columns of the state.
//
//===----------------------------------------------------------------------===//

#include "MatrixChunks.h"
#include "Tiles.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::recur;

using Point = Tiles::Point;

namespace {

/// Products of decays within a chunk.
struct Decays {
  Value between; // D (i, j); null without decay
  Value start;   // W (i)
  Value toEnd;   // E (j)
  Value whole;   // W_C, a number
};

class Chunk {
public:
  Chunk(OpBuilder &b, ScanOp op, const MatrixScan &scan, ArrayRef<Value> batch,
        Value begin, int64_t size)
      : b(b), op(op), scan(scan), loc(op.getLoc()), begin(begin), size(size),
        type(cast<FloatType>(getElementTypeOrSelf(op.getStateTypes()[0]))),
        tiles(b, loc, type), place(batch) {
    place.push_back(Value());
    queryDims = scan.hasGroups ? "igk" : "ik";
    scoreDims = scan.hasGroups ? "igj" : "ij";
    outputDims = scan.hasGroups ? "ign" : "in";
  }

  /// (outputs, state) after this chunk.
  std::pair<Value, Value> run(Value output, Value state) {
    query = getInput(scan.query);
    value = getInput(scan.value);
    if (scan.transition == Transition::Diagonal)
      return runDiagonal(output, state);
    Value key = getInput(scan.key);
    keyTransposed = tiles.map("kj", {{key, "jk"}}, first);
    Decays decays = getDecays();
    if (scan.transition == Transition::DPLR)
      value = solveDelta(key, decays, state);

    Value products = contract({query, queryDims}, {keyTransposed, "kj"}, scoreDims);
    Value scores = maskScores(products, decays);
    Value queries = query;
    Value keys = keyTransposed;
    if (decays.between) {
      queries = multiply(queryDims, {query, queryDims}, {decays.start, "i"});
      keys = multiply("kj", {keyTransposed, "kj"}, {decays.toEnd, "j"});
    }
    return finish(output, state, queries, scores, keys, {decays.whole, ""});
  }

private:
  static Value first(Point, ValueRange x) { return x[0]; }
  static Value product(Point p, ValueRange x) {
    return arith::MulFOp::create(p.b, p.loc, x[0], x[1]);
  }
  Value multiply(StringRef dims, Term left, Term right) {
    return tiles.map(dims, {left, right}, product);
  }
  Value contract(Term left, Term right, StringRef dims) {
    return tiles.contract(left, right,
                          {tiles.fill(0.0, dims, {left, right}), dims});
  }

  /// y = queries S + scores V; S' = decay o S + keys V. S is read before it
  /// decays, so that it can do so in place.
  std::pair<Value, Value> finish(Value output, Value state, Value queries,
                                 Value scores, Value keys, Term decay) {
    Value tile = slice(output, op.getOutputMap(0));
    bool inPlace = getElementTypeOrSelf(tile) == type;
    Value zero = tiles.constant(0.0);
    Value y = inPlace ? linalg::FillOp::create(b, loc, zero, tile).getResult(0)
                      : tiles.fill(0.0, outputDims, {{queries, queryDims},
                                                     {state, "kn"}});
    y = tiles.contract({queries, queryDims}, {state, "kn"}, {y, outputDims});
    y = tiles.contract({scores, scoreDims}, {value, "jn"}, {y, outputDims});
    if (!inPlace)
      y = tiles.update({tile, outputDims}, {{y, outputDims}}, first);
    Value kept = decay.value ? tiles.update({state, "kn"}, {decay}, product)
                             : state;
    Value next = tiles.contract({keys, "kj"}, {value, "jn"}, {kept, "kn"});
    return {insert(y, output, op.getOutputMap(0)), next};
  }

  //===--------------------------------------------------------------------===//
  // One decay for the whole state
  //===--------------------------------------------------------------------===//

  /// D, W and E, one row after the other: row_i = a_i row_{i-1}, then 1 at i.
  Decays getDecays() {
    if (scan.transition == Transition::Unit)
      return {};
    Value ones = tensor::EmptyOp::create(b, loc, {size}, type);
    Value decay = getPerToken(scan.decay);
    Value factors = tiles.map("i", {{decay, decayDims(decay)}, {ones, "i"}},
                              [](Point p, ValueRange x) -> Value {
                                return math::ExpOp::create(p.b, p.loc, x[0]);
                              });
    Value row = tiles.fill(0.0, "j", {{ones, "j"}});
    Value between = tensor::EmptyOp::create(b, loc, {size, size}, type);
    Value start = tensor::EmptyOp::create(b, loc, {size}, type);
    Value unit = getUnit();
    bool exclusive = op.getExclusive();
    Values results = forEachToken(
        {row, between, start, tiles.constant(1.0)},
        [&](OpBuilder &b, Value i, ValueRange values) -> Values {
          Tiles tiles(b, loc, type);
          Value row = values[0], between = values[1], start = values[2],
                whole = values[3];
          auto write = [&] {
            between = setRow(b, between, row, i);
            start = tensor::InsertOp::create(b, loc, whole, start, i);
          };
          if (exclusive)
            write();
          Value factor = tensor::ExtractOp::create(b, loc, factors, i);
          row = tiles.update({row, "j"}, {{factor, ""}, {getRow(b, unit, i), "j"}},
                             [](Point p, ValueRange x) -> Value {
                               return math::FmaOp::create(p.b, p.loc, x[0], x[2],
                                                          x[1]);
                             });
          whole = arith::MulFOp::create(b, loc, whole, factor);
          if (!exclusive)
            write();
          return {row, between, start, whole};
        });
    return {results[1], results[2], results[0], results[3]};
  }

  /// 1 where j = i, else 0.
  Value getUnit() {
    Value empty = tensor::EmptyOp::create(b, loc, {size, size}, type);
    return tiles.update({empty, "ij"}, {}, [&](Point p, ValueRange) -> Value {
      Value own = arith::CmpIOp::create(p.b, p.loc, arith::CmpIPredicate::eq,
                                        p.index('j'), p.index('i'));
      Tiles tiles(p.b, p.loc, type);
      Value one = tiles.constant(1.0), zero = tiles.constant(0.0);
      return arith::SelectOp::create(p.b, p.loc, own, one, zero);
    });
  }

  /// (q_i . k_j) D_ij for j <= i (exclusive: j < i), else 0.
  Value maskScores(Value products, const Decays &decays) {
    auto predicate = op.getExclusive() ? arith::CmpIPredicate::slt
                                       : arith::CmpIPredicate::sle;
    SmallVector<Term> terms;
    if (decays.between)
      terms.push_back({decays.between, "ij"});
    return tiles.update({products, scoreDims}, terms,
                        [&](Point p, ValueRange x) -> Value {
                          Value seen = arith::CmpIOp::create(
                              p.b, p.loc, predicate, p.index('j'), p.index('i'));
                          Value score = x.size() == 2 ? product(p, x) : x[0];
                          return arith::SelectOp::create(
                              p.b, p.loc, seen, score,
                              Tiles(p.b, p.loc, type).constant(0.0));
                        });
  }

  //===--------------------------------------------------------------------===//
  // A decay for each row of the state
  //===--------------------------------------------------------------------===//

  /// The keys decay as the tokens pass; a query sees them as they are then.
  std::pair<Value, Value> runDiagonal(Value output, Value state) {
    Value key = getInput(scan.key);
    Value decay = getPerToken(scan.decay);
    StringRef decayDims = getRank(decay) == 2 ? "ik" : "k";
    Value factors = tiles.map(decayDims, {{decay, decayDims}},
                              [](Point p, ValueRange x) -> Value {
                                return math::ExpOp::create(p.b, p.loc, x[0]);
                              });
    Value keys = tiles.fill(0.0, "kj", {{key, "jk"}});
    Value whole = tiles.fill(1.0, "k", {{key, "jk"}});
    Value queries = tiles.createEmpty(queryDims, {{query, queryDims}});
    Value scores =
        tiles.createEmpty(scoreDims, {{query, queryDims}, {key, "jk"}});
    Value unit = getUnit();
    Values results = forEachToken(
        {keys, whole, queries, scores},
        [&](OpBuilder &b, Value i, ValueRange values) -> Values {
          Value factor = decayDims == "ik" ? getRow(b, factors, i) : factors;
          return passToken(b, i, factor, getRow(b, key, i), getRow(b, unit, i),
                           values);
        });
    return finish(output, state, results[2], results[3], results[0],
                  {results[1], "k"});
  }

  /// K o (j = own) + factor o K, then the scores of the query with it; and the
  /// query that sees the state before the chunk. One pass over K.
  Values passToken(OpBuilder &b, Value i, Value factor, Value own, Value unit,
                   ValueRange values) {
    Tiles tiles(b, loc, type);
    bool exclusive = op.getExclusive();
    StringRef headDims = scan.hasGroups ? "gk" : "k";
    StringRef rowDims = scan.hasGroups ? "gj" : "j";
    Value keys = values[0], whole = values[1];
    Value head = getRow(b, query, i);
    auto decay = [](Point p, Value factor, Value own, Value unit, Value key) {
      Value decayed = arith::MulFOp::create(p.b, p.loc, factor, key);
      return math::FmaOp::create(p.b, p.loc, own, unit, decayed).getResult();
    };
    auto passKeys = [&] {
      keys = tiles.update({keys, "kj"}, {{factor, "k"}, {own, "k"}, {unit, "j"}},
                          [&](Point p, ValueRange x) {
                            return decay(p, x[0], x[1], x[2], x[3]);
                          });
    };
    auto passWhole = [&] {
      whole = tiles.update({whole, "k"}, {{factor, "k"}}, product);
    };
    Term rowInit{tiles.fill(0.0, rowDims, {{head, headDims}, {keys, "kj"}}),
                 rowDims};
    Value row;
    if (!exclusive)
      passWhole();
    Value seen = tiles.map(headDims, {{head, headDims}, {whole, "k"}}, product);
    if (exclusive)
      passWhole();
    if (scan.hasGroups) {
      // Several heads read the same keys: these change once.
      if (!exclusive)
        passKeys();
      row = tiles.contract({head, headDims}, {keys, "kj"}, rowInit);
      if (exclusive)
        passKeys();
    } else {
      Values both = tiles.updateAll(
          {{keys, "kj"}, rowInit},
          {{factor, "k"}, {own, "k"}, {unit, "j"}, {head, "k"}},
          [&](Point p, ValueRange x) -> SmallVector<Value> {
            Value after = decay(p, x[0], x[1], x[2], x[4]);
            Value read = exclusive ? x[4] : after;
            return {after,
                    math::FmaOp::create(p.b, p.loc, x[3], read, x[5])};
          });
      keys = both[0];
      row = both[1];
    }
    return {keys, whole, setRow(b, values[2], seen, i),
            setRow(b, values[3], row, i)};
  }

  //===--------------------------------------------------------------------===//
  // The delta rule
  //===--------------------------------------------------------------------===//

  /// What each token adds, u, given what those before it added:
  ///
  ///     u_i = beta_i (v_i - W_i k_i^T S) - sum_{j<i} L_ij u_j
  ///     L_ij = beta_i D_ij (k_i . k_j)
  ///
  /// In place of v the chunk is then one with a scalar decay (the WY form; Yang
  /// et al., arXiv:2406.06484, section 3.2, and arXiv:2412.06464).
  Value solveDelta(Value key, const Decays &decays, Value state) {
    Value beta = getPerToken(scan.beta);
    StringRef betaDims = decayDims(beta);
    Value lower = contract({key, "ik"}, {keyTransposed, "kj"}, "ij");
    lower = tiles.update(
        {lower, "ij"}, {{beta, betaDims}, {decays.between, "ij"}},
        [&](Point p, ValueRange x) -> Value {
          Value before =
              arith::CmpIOp::create(p.b, p.loc, arith::CmpIPredicate::slt,
                                    p.index('j'), p.index('i'));
          Value entry = arith::MulFOp::create(
              p.b, p.loc, arith::MulFOp::create(p.b, p.loc, x[0], x[1]), x[2]);
          return arith::SelectOp::create(
              p.b, p.loc, before, entry,
              Tiles(p.b, p.loc, type).constant(0.0));
        });
    Value seen = contract({key, "ik"}, {state, "kn"}, "in");
    Value added = tiles.update(
        {seen, "in"},
        {{beta, betaDims}, {decays.start, "i"}, {value, "in"}},
        [](Point p, ValueRange x) -> Value {
          Value minus = arith::NegFOp::create(p.b, p.loc, x[1]);
          Value rest = math::FmaOp::create(p.b, p.loc, minus, x[3], x[2]);
          return arith::MulFOp::create(p.b, p.loc, x[0], rest);
        });
    return forEachToken(
        {added}, [&](OpBuilder &b, Value i, ValueRange values) -> Values {
          Tiles tiles(b, loc, type);
          Value row = getRow(b, lower, i), own = getRow(b, values[0], i);
          Term rows{values[0], "jn"};
          Value others = tiles.contract(
              {row, "j"}, rows, {tiles.fill(0.0, "n", {rows}), "n"});
          Value rest = tiles.map("n", {{own, "n"}, {others, "n"}},
                                 [](Point p, ValueRange x) -> Value {
                                   return arith::SubFOp::create(p.b, p.loc, x[0],
                                                                x[1]);
                                 });
          return {setRow(b, values[0], rest, i)};
        })[0];
  }

  //===--------------------------------------------------------------------===//
  // Access
  //===--------------------------------------------------------------------===//

  static unsigned getRank(Value value) {
    auto tensor = dyn_cast<RankedTensorType>(value.getType());
    return tensor ? tensor.getRank() : 0;
  }
  static StringRef decayDims(Value perToken) {
    return getRank(perToken) ? "i" : "";
  }

  Values forEachToken(ValueRange values,
                      function_ref<Values(OpBuilder &, Value, ValueRange)> body) {
    return forEach(b, loc, createIndex(b, loc, 0), createIndex(b, loc, size),
                   createIndex(b, loc, 1), values, body);
  }

  /// What a component is to the tokens of this chunk; the same for all of them
  /// if it does not change with the token.
  Value getPerToken(const MatrixScan::Component &component) {
    if (!component.input) {
      if (Operation *constant = component.constant.getDefiningOp();
          constant && op->isAncestor(constant))
        return b.clone(*constant)->getResult(0);
      return component.constant;
    }
    return getInput(*component.input);
  }

  Value getInput(unsigned i) {
    AffineMap map = op.getInputMap(i);
    Value input = op.getInputs()[i];
    if (map.isFunctionOfDim(op.getTimeDim()))
      return slice(input, map);
    return sliceAt(b, loc, input, map, place);
  }

  /// Tokens of this chunk, outermost.
  struct Range {
    SmallVector<OpFoldResult> offsets, sizes, strides;
    SmallVector<int64_t> kept;
  };
  Range getRange(Value operand, AffineMap map) {
    Range range;
    auto type = cast<RankedTensorType>(operand.getType());
    for (int64_t i = 0; i < type.getRank(); ++i) {
      range.strides.push_back(b.getIndexAttr(1));
      if (i >= map.getNumResults()) {
        range.offsets.push_back(b.getIndexAttr(0));
        range.sizes.push_back(tensor::getMixedSize(b, loc, operand, i));
        range.kept.push_back(type.getDimSize(i));
        continue;
      }
      bool isTime = map.getDimPosition(i) == op.getTimeDim();
      range.offsets.push_back(isTime ? begin : place[map.getDimPosition(i)]);
      range.sizes.push_back(b.getIndexAttr(isTime ? size : 1));
      if (isTime)
        range.kept.push_back(size);
    }
    return range;
  }
  Value slice(Value operand, AffineMap map) {
    Range range = getRange(operand, map);
    auto type = cast<RankedTensorType>(operand.getType());
    return tensor::ExtractSliceOp::create(
        b, loc, RankedTensorType::get(range.kept, type.getElementType()),
        operand, range.offsets, range.sizes, range.strides);
  }
  Value insert(Value tile, Value operand, AffineMap map) {
    Range range = getRange(operand, map);
    return tensor::InsertSliceOp::create(b, loc, tile, operand, range.offsets,
                                         range.sizes, range.strides);
  }

  static AffineMap getFirst(OpBuilder &b) { return b.getMultiDimIdentityMap(1); }
  Value getRow(OpBuilder &b, Value tile, Value i) {
    return sliceAt(b, loc, tile, getFirst(b), i);
  }
  Value setRow(OpBuilder &b, Value tile, Value row, Value i) {
    return insertAt(b, loc, row, tile, getFirst(b), i);
  }

  OpBuilder &b;
  ScanOp op;
  const MatrixScan &scan;
  Location loc;
  Value begin;
  int64_t size;
  FloatType type;
  Tiles tiles;
  Place place;
  StringRef queryDims, scoreDims, outputDims;
  Value query, value, keyTransposed;
};

} // namespace

Progress mlir::recur::emitMatrixChunks(OpBuilder &b, ScanOp op,
                                       const MatrixScan &scan,
                                       ArrayRef<Value> batch, Value end,
                                       int64_t chunk, Progress progress) {
  Location loc = op.getLoc();
  Values results = forEach(
      b, loc, createIndex(b, loc, 0), end, createIndex(b, loc, chunk),
      {progress.outputs[0], progress.states[0]},
      [&](OpBuilder &b, Value begin, ValueRange values) -> Values {
        Chunk tokens(b, op, scan, batch, begin, chunk);
        auto [output, state] = tokens.run(values[0], values[1]);
        return {output, state};
      });
  return {{results[0]}, {results[1]}};
}
