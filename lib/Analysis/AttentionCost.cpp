//===- AttentionCost.cpp - What one attention costs in each form ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/AttentionCost.h"
#include "AttentionMemory.h"
#include "attn/Analysis/VisiblePairs.h"

using namespace mlir;
using namespace mlir::attn;
using Interval = MaskAlgebra::Interval;

/// More tiles than this are not looked at one by one.
static constexpr int64_t kMaxTiles = 1 << 20;

//===----------------------------------------------------------------------===//
// Closed forms
//===----------------------------------------------------------------------===//

/// coefficient u^degree for the unknown u.
static BinomialSum getPower(const Integer &coefficient, int64_t degree) {
  if (degree == 0)
    return BinomialSum::constant(coefficient);
  BinomialSum linear = BinomialSum::binomial(0, 1) * coefficient;
  // u^2 = 2 C(u, 2) + u
  return degree == 1 ? linear
                     : linear + BinomialSum::binomial(0, 2) * (coefficient * 2);
}

/// The value where the closed form says it and nothing else did.
static void evaluate(CostFigure &figure, std::optional<int64_t> length) {
  if (!figure.value && figure.form && length && *length % figure.step == 0)
    figure.value = figure.form->evaluate(*length / figure.step);
}

static CostFigure operator*(const CostFigure &figure, const Integer &factor) {
  CostFigure product = figure;
  if (product.value)
    product.value = *product.value * factor;
  if (product.form)
    product.form = *product.form * factor;
  return product;
}

static CostFigure operator+(const CostFigure &a, const CostFigure &b) {
  CostFigure sum;
  if (a.value && b.value)
    sum.value = *a.value + *b.value;
  if (a.form && b.form)
    sum.form = *a.form + *b.form;
  return sum;
}

//===----------------------------------------------------------------------===//
// Counts
//===----------------------------------------------------------------------===//

namespace {
/// What one head of a form does.
struct HeadCounts {
  CostFigure pairs, keyReads;
};

class CostBuilder {
public:
  CostBuilder(AttentionOp op, std::optional<int64_t> length)
      : op(op), shape(AttentionShape::get(op)) {
    cost.heads = shape.heads;
    cost.perHead = shape.hasUnknownHeads;
    bool isSame = shape.queries == shape.keys;
    cost.isLengthOfQueries = ShapedType::isDynamic(shape.queries) || isSame;
    cost.isLengthOfKeys = ShapedType::isDynamic(shape.keys) || isSame;
    cost.queries = shape.queries;
    cost.keys = shape.keys;
    if (!isSame || ShapedType::isDynamic(shape.queries))
      cost.length = shape.hasUnknownLength() ? length : std::nullopt;
    else
      cost.length = shape.queries;
    neverFull = op.mayHideSingleKeys();
  }

  AttentionCost build(AttentionTiles given, int64_t blockBytes) {
    addFolds();
    addDisk();
    FormCost materialized, recurrent, blocked;
    materialized.form = FormKind::Materialized;
    recurrent.form = FormKind::Recurrent;
    recurrent.tiles = {given.queries, 1, 0};
    blocked.form = FormKind::Blocked;
    blocked.tiles = chooseBlockedTiles(op, given, blockBytes);
    addMemory(materialized, getMaterializedMemory(shape));
    addCounts(materialized, {getAllPairs(), getKeys()}, cost.heads);

    for (FormCost *form : {&recurrent, &blocked}) {
      bool few = form == &blocked && isTiledAsFewQueries(op, blocked.tiles);
      addMemory(*form, getTiledMemory(op, shape, form->tiles, few));
      addCounts(*form, countTiles(form->tiles, few),
                few ? shape.keyHeads : cost.heads);
    }
    cost.forms = {materialized, recurrent, blocked};
    if (FormAttr chosen = op.getFormAttr())
      for (FormCost &form : cost.forms)
        form.isChosen = form.form == chosen.getKind();
    return std::move(cost);
  }

private:
  /// Numbers of queries and keys, if known.
  std::optional<int64_t> getQueryCount() {
    return cost.isLengthOfQueries ? cost.length : std::optional(cost.queries);
  }
  std::optional<int64_t> getKeyCount() {
    return cost.isLengthOfKeys ? cost.length : std::optional(cost.keys);
  }

  CostFigure getKeys() {
    CostFigure figure;
    if (cost.queries == 0) { // None that would read.
      figure.value = Integer(0);
      return figure;
    }
    figure.form = cost.isLengthOfKeys ? getPower(Integer(1), 1)
                                      : getPower(Integer(cost.keys), 0);
    evaluate(figure, getKeyCount());
    return figure;
  }

  CostFigure getAllPairs() {
    Integer factor(1);
    int64_t degree = 0;
    cost.isLengthOfQueries ? void(++degree) : void(factor *= cost.queries);
    cost.isLengthOfKeys ? void(++degree) : void(factor *= cost.keys);
    CostFigure figure;
    figure.form = getPower(factor, degree);
    if (getQueryCount() && getKeyCount())
      figure.value = Integer(*getQueryCount()) * *getKeyCount();
    return figure;
  }

  /// Whether each query sees all keys as far as positions say.
  bool showsAll() {
    return !op.getMaskAttr() && !op.getValidKeys() && !op.hasSegments();
  }
  bool isCausal() {
    return isa_and_nonnull<CausalAttr>(op.getMaskAttr()) &&
           !op.getQueryOffset() && !op.getValidKeys() && !op.hasSegments() &&
           cost.isLengthOfQueries && cost.isLengthOfKeys;
  }

  void addFolds() {
    if (showsAll() && !op.getMaskTensor())
      cost.folds = getAllPairs() * cost.heads;
    else if (isCausal() && !op.getMaskTensor())
      cost.folds.form = BinomialSum::binomial(1, 2) * cost.heads;
    evaluate(cost.folds, cost.length);
    if (cost.folds.value || (shape.hasUnknownLength() && !cost.length))
      return;
    // Per head, if the number of heads is not known.
    if (auto pairs = countVisiblePairs(op, cost.length, cost.perHead))
      cost.folds.value = Integer(*pairs);
  }

  void addDisk() {
    SmallVector<Value> tensors = {op.getQuery(), op.getKey(), op.getValue()};
    for (Value mask :
         {op.getMaskTensor(), op.getQuerySegments(), op.getKeySegments()})
      if (mask)
        tensors.push_back(mask);
    llvm::append_range(tensors, op.getResults());
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    BinomialSum bytes;
    for (auto [tensor, map] : llvm::zip_equal(tensors, maps)) {
      Integer factor(getElementBytes(tensor));
      int64_t degree = 0;
      for (AffineExpr result : map.getResults()) {
        unsigned dim = cast<AffineDimExpr>(result).getPosition();
        int64_t size = shape.sizes[dim];
        if (dim == op.getQueryDim() ? cost.isLengthOfQueries
                                    : dim == op.getKeyDim() &&
                                          cost.isLengthOfKeys)
          ++degree;
        else if (!ShapedType::isDynamic(size)) // Else a batch: for one.
          factor *= size;
      }
      bytes = bytes + getPower(factor, degree);
    }
    cost.disk.form = bytes;
    setConstant(cost.disk);
  }

  /// A form without L is known anyway.
  void setConstant(CostFigure &figure) {
    bool isConstant = !cost.isLengthOfQueries && !cost.isLengthOfKeys;
    evaluate(figure, isConstant ? std::optional<int64_t>(0) : cost.length);
  }

  void addMemory(FormCost &form, const FormMemory &memory) {
    form.rowBytes = memory.rowBytes;
    for (auto [figure, bytes] :
         {std::pair(&form.state, &memory.state),
          std::pair(&form.temporaries, &memory.temporaries)}) {
      if (bytes->isConstant()) {
        figure->value = bytes->constant;
        figure->form = getPower(bytes->constant, 0);
        continue;
      }
      figure->form = getPower(bytes->constant, 0) +
                     getPower(bytes->perToken, 1) + getPower(bytes->perPair, 2);
      evaluate(*figure, cost.length);
    }
    form.peak = form.state + form.temporaries;
  }

  void addCounts(FormCost &form, HeadCounts counts, const Integer &keyHeads) {
    Integer pairFlops = Integer(2) * (Integer(shape.features) + shape.values);
    int64_t step = counts.pairs.step, readStep = counts.keyReads.step;
    form.flops = counts.pairs * (cost.heads * pairFlops);
    form.flops.step = step;
    form.keyReads = counts.keyReads * keyHeads;
    form.keyReads.step = readStep;
  }

  //===--------------------------------------------------------------------===//
  // Tiles
  //===--------------------------------------------------------------------===//

  struct Keys {
    int64_t begin, fullBegin, fullEnd, end;
  };

  /// How the keys [first, last) are split for the queries [row, row + rows), as
  /// `splitFoldAtMask` does it.
  Keys split(int64_t first, int64_t last, int64_t row, int64_t rows,
             int64_t unit, MaskEdge edge = MaskEdge::Both) {
    MaskAlgebra algebra(op.getContext());
    Interval range{algebra.constant(first), algebra.constant(last)};
    Interval visible = range, full = range;
    if (MaskAttrInterface mask = op.getMaskAttr()) {
      Interval queries{algebra.constant(row), algebra.constant(row + rows)};
      visible =
          algebra.intersect(visible, mask.getVisibleKeys(algebra, queries));
      full = algebra.intersect(full, mask.getFullKeys(algebra, queries));
    }
    KeyIntervals keys =
        splitKeys(algebra, range, visible,
                  neverFull ? std::nullopt : std::optional(full), unit, edge);
    return {*getConstantIntValue(keys.begin),
            *getConstantIntValue(keys.fullBegin),
            *getConstantIntValue(keys.fullEnd), *getConstantIntValue(keys.end)};
  }

  struct Visits {
    Integer pairs{0}, reads{0};
    void add(int64_t keys, int64_t rows) {
      reads += keys;
      pairs += Integer(keys) * rows;
    }
  };

  /// What `tileKeys` makes of these keys for the queries [row, row + rows).
  void visit(Visits &visits, std::pair<int64_t, int64_t> keys, int64_t row,
             int64_t rows, ArrayRef<EdgeTile> edges,
             MaskEdge edge = MaskEdge::Both) {
    if (keys.first == keys.second)
      return;
    EdgeTile sizes = edges.front();
    for (int64_t i = row; i < row + rows; i += sizes.queries) {
      int64_t tile = std::min(sizes.queries, row + rows - i);
      Keys seen = split(keys.first, keys.second, i, tile, sizes.keys, edge);
      if (neverFull || edges.size() == 1) {
        visits.add(seen.end - seen.begin, tile);
        continue;
      }
      visits.add(seen.fullEnd - seen.fullBegin, tile);
      ArrayRef<EdgeTile> others = edges.drop_front();
      visit(visits, {seen.begin, seen.fullBegin}, i, tile, others,
            getEdgeOf(edge, sizes.isSeparate, MaskEdge::Begin));
      visit(visits, {seen.fullEnd, seen.end}, i, tile, others,
            getEdgeOf(edge, sizes.isSeparate, MaskEdge::End));
    }
  }

  HeadCounts countTiles(const AttentionTiles &tiles, bool few) {
    HeadCounts counts = getTileForms(tiles, few);
    std::optional<int64_t> queries = getQueryCount(), keys = getKeyCount();
    evaluate(counts.pairs, cost.length);
    evaluate(counts.keyReads, cost.length);
    bool isKnown = !op.getValidKeys() && !op.hasSegments() &&
                   !(op.getMaskAttr() && op.getQueryOffset());
    if ((counts.pairs.value && counts.keyReads.value) || !isKnown ||
        !queries || !keys || *queries / tiles.queries > kMaxTiles ||
        std::max(*queries, *keys) > MaskAlgebra::kMaxPosition / 4)
      return counts;

    bool isBlocked = isInBlocks(op, tiles) && !few;
    int64_t rows = isBlocked ? tiles.block : few ? *queries : tiles.queries;
    SmallVector<EdgeTile> edges = getEdges(op, tiles);
    bool isSeparate =
        hasSeparateEdges(op.getMaskAttr(), tiles.block, edges.front().keys);
    if (few)
      edges = {{rows, getEdgeKeysOfFewQueries(tiles.keys)}};
    Visits visits;
    for (int64_t row = 0; row < *queries; row += rows) {
      int64_t size = std::min(rows, *queries - row);
      if (!isBlocked) {
        visit(visits, {0, *keys}, row, size, edges);
        continue;
      }
      // What all see is read once for all of the block, the rest by each tile.
      Keys seen = split(0, *keys, row, size, edges.front().keys);
      visits.add(seen.fullEnd - seen.fullBegin, size);
      visit(visits, {seen.begin, seen.fullBegin}, row, size, edges,
            getEdgeOf(MaskEdge::Both, isSeparate, MaskEdge::Begin));
      visit(visits, {seen.fullEnd, seen.end}, row, size, edges,
            getEdgeOf(MaskEdge::Both, isSeparate, MaskEdge::End));
    }
    counts.pairs.value = visits.pairs;
    counts.keyReads.value = visits.reads;
    return counts;
  }

  /// For whole tiles.
  HeadCounts getTileForms(const AttentionTiles &tiles, bool few) {
    HeadCounts counts;
    bool shares = isInBlocks(op, tiles) && !neverFull;
    int64_t rows = shares && !few ? tiles.block : tiles.queries;
    if (showsAll()) {
      counts.pairs = getAllPairs();
      // Each of n tiles reads all keys: L = rows n.
      if (cost.isLengthOfQueries) {
        counts.keyReads.step = rows;
        counts.keyReads.form = cost.isLengthOfKeys
                                   ? getPower(Integer(rows), 2)
                                   : getPower(Integer(cost.keys), 1);
      } else {
        counts.keyReads =
            getKeys() * Integer(few ? 1 : llvm::divideCeil(cost.queries, rows));
      }
    } else if (isCausal() && !few) {
      // Tile i sees the i - 1 tiles of keys before its own, and of its own as
      // many edges as it has itself, up to each.
      SmallVector<EdgeTile> edges = getEdges(op, tiles);
      Integer tile(tiles.queries), edge(edges.back().queries);
      int64_t parts = tiles.queries / edges.back().queries;
      Integer atEdge = edge * Integer(parts * (parts + 1) / 2);
      BinomialSum before = BinomialSum::binomial(0, 2) * tile;
      BinomialSum own = before + getPower(atEdge, 1);
      BinomialSum ownPairs = before * tile + getPower(atEdge * edge, 1);
      if (neverFull || parts == 1) { // n + C(n, 2)
        own = BinomialSum::binomial(1, 2) * tile;
        ownPairs = own * tile;
      }
      int64_t perBlock = tiles.block / tiles.queries;
      if (shares && (edges.front().keys == 1 || rows % edges.front().keys ||
                     rows % tiles.queries))
        return counts;
      if (shares) {
        // Block i has the i - 1 blocks before it in common.
        BinomialSum common = BinomialSum::binomial(0, 2) * Integer(rows);
        Integer perTile(own.evaluate(perBlock));
        Integer pairsPerTile(ownPairs.evaluate(perBlock));
        own = common + getPower(perTile, 1);
        ownPairs = common * Integer(rows) + getPower(pairsPerTile, 1);
      }
      counts.keyReads.form = own;
      counts.pairs.form = ownPairs;
      counts.keyReads.step = counts.pairs.step = rows;
    }
    return counts;
  }

  AttentionOp op;
  AttentionShape shape;
  AttentionCost cost;
  bool neverFull; // No key is known to be visible to all of a tile.
};
} // namespace

std::optional<AttentionCost>
mlir::attn::getAttentionCost(AttentionOp op, AttentionTiles given,
                             int64_t blockBytes,
                             std::optional<int64_t> length) {
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  if (ShapedType::isDynamic(sizes[op.getFeatureDim()]) ||
      ShapedType::isDynamic(sizes[op.getValueDim()]))
    return std::nullopt;
  return CostBuilder(op, length).build(given, blockBytes);
}
