//===- Transforms.h - Transformations of the attn dialect -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_TRANSFORMS_TRANSFORMS_H
#define ATTN_DIALECT_ATTN_TRANSFORMS_TRANSFORMS_H

#include "attn/Dialect/Attn/IR/Attn.h"

namespace mlir::attn {

/// Where the queries of a state are.
enum class StateLayout {
  /// Innermost: packed queries are (batch.., k1, m) and acc is (batch.., n, m), so
  /// that vector lanes are queries: no transposed keys, no horizontal reductions.
  QueryLanes,
  /// In rows: (batch.., m, k1) and (batch.., m, n). Lanes are features.
  QueryRows,
};

/// attention(q, K, V)  -->  finish(fold(identity, K, V))
///
/// The pieces that forms rearrange.
struct FoldedAttention {
  FoldOp fold;
  FinishOp finish;
};
FoldedAttention foldAttention(RewriterBase &rewriter, AttentionOp op,
                              StateLayout layout = StateLayout::QueryLanes);

/// (-inf, 0, 0): the state of no keys, where m and l have the sizes `rows` and acc
/// has `sums`.
SmallVector<Value> createIdentity(OpBuilder &b, Location loc, FloatType type,
                                  ArrayRef<OpFoldResult> rows,
                                  ArrayRef<OpFoldResult> sums);

/// Moves the score region of `op`, (score, b.., h, i, j), if there is one, into
/// `fold`, a fold with its batch dimensions: (score, batch.., i, j). h is the
/// flattened head. `loopSizes` are sizes of the iteration space of `op`.
void moveScoreRegion(RewriterBase &rewriter, AttentionOp op, FoldOp fold,
                     ArrayRef<OpFoldResult> loopSizes);

/// fold(s, K)  -->  fold(fold(fold(s, K1), K2), K3)
///
/// K2 are keys visible to every query, folded without mask; K1 and K3 are
/// visible to some query; what no query sees is in none of them.
struct SplitFold {
  FoldOp before, full, after; // Null where provably empty.
};
/// K1 = [begin, fullBegin), K2 = [fullBegin, fullEnd),
/// K3 = [fullEnd, end).
struct KeyIntervals {
  OpFoldResult begin, fullBegin, fullEnd, end;
};
SplitFold splitFoldAtMask(RewriterBase &rewriter, FoldOp op,
                          const KeyIntervals &keys);

/// `operand`, of the dimensions that `map` says, as a tensor of `dims` in their
/// order, of type `type`: side by side what is read one after the other.
Value packOperand(OpBuilder &b, Location loc, FloatType type, Value operand,
                  AffineMap map, ArrayRef<unsigned> dims,
                  ArrayRef<OpFoldResult> loopSizes);

/// Whether keys or values are apart in memory, as those of interleaved heads are,
/// or narrower than what is computed with.
bool needsPacking(AttentionOp op);

/// fold(s, K, V)  -->  fold(s, packed K, packed V)
void packKeys(RewriterBase &rewriter, FoldOp fold);

/// Which edges of a mask some keys may be at: where its queries begin to see keys,
/// where they end to, or both. At one of them K3 or K1 is provably empty.
enum class MaskEdge { Both, Begin, End };

/// Where to split the keys of `range`, which are at `edge`. `visible` is what some
/// query sees, `full` what all see; without it, no key is known to be. `unit` is
/// the number of keys that a tile next to the mask's edge will have: K2 begins and
/// ends at its multiples.
KeyIntervals splitKeys(MaskAlgebra &algebra, MaskAlgebra::Interval range,
                       MaskAlgebra::Interval visible,
                       std::optional<MaskAlgebra::Interval> full, int64_t unit,
                       MaskEdge edge = MaskEdge::Both);
/// The same for the keys and queries of a fold.
KeyIntervals getKeyIntervals(RewriterBase &rewriter, FoldOp op, int64_t unit,
                             MaskEdge edge = MaskEdge::Both);

/// How many keys each query sees if these are one band around it, whatever its
/// position; a number that none exceeds if the band has one edge only.
std::optional<int64_t> getBandWidth(MaskAttrInterface mask);

/// Whether of keys split in multiples of `unit` those that only some of so many
/// queries see are at one edge of `mask` each.
bool hasSeparateEdges(MaskAttrInterface mask, int64_t queries, int64_t unit);

/// The keys that share a segment with some and with all queries of a fold, by
/// binary search in their ids, if those of the keys never decrease; otherwise all
/// keys and none. Nothing if the fold has no segments, or those of several
/// sequences.
std::optional<MaskAlgebra::SegmentKeys> findSegmentKeys(RewriterBase &rewriter,
                                                        FoldOp op);

/// finish(fold(s, K))  -->  forall batch, tiles of queries:
///                            finish(fold(tile of s, K))
///
/// Iterations write apart and read nothing of each other: they may run on several
/// threads, and no number depends on how many these are. A tile has `queries`
/// rows; all of them if that is 0. What does not fill a tile is the last tile's
/// loss if `cut`, else a loop of its own, so that the others have a constant size.
/// The fold is cloned for each of its results: `simplifyTiles` makes it one again.
LogicalResult distributeQueries(RewriterBase &rewriter, FinishOp finish,
                                int64_t queries, bool cut);

/// Sizes next to the mask's edge, in rows; 0 queries: all of a fold.
struct EdgeTile {
  int64_t queries, keys;
  bool isSeparate = false; // Keys of these sizes are at one edge of the mask.
};

/// fold(s, K)  -->  fold(fold(fold(s, K1), K2), K3) for each tile of as many
/// queries as the first of `edges` has. K2, which is visible to all of them and
/// needs no mask, is in tiles of `keys`. K1 and K3 are for the other edges to
/// tile, smaller ones, with tiles of as many keys as the first has; for the last
/// they are in tiles of its keys. All keys under a mask of single elements, which
/// has no edge, are K3, in tiles of `keys`.
LogicalResult tileKeys(RewriterBase &rewriter, FoldOp fold, int64_t keys,
                       ArrayRef<EdgeTile> edges,
                       MaskEdge edge = MaskEdge::Both);
/// The same for some keys of one tile of queries.
LogicalResult tileKeys(RewriterBase &rewriter, FoldOp fold,
                       const KeyIntervals &intervals, int64_t keys,
                       ArrayRef<EdgeTile> edges,
                       MaskEdge edge = MaskEdge::Both);

/// Canonicalizes what tiling leaves behind and merges what it cloned.
void simplifyTiles(Operation *root);

/// Runs `tileOuter`, which tiles what is around `fold`, then `tileInner` on each
/// fold that `fold` has become, and simplifies after both.
LogicalResult
tileOuterThenInner(FoldOp fold, function_ref<LogicalResult()> tileOuter,
                   function_ref<LogicalResult(FoldOp)> tileInner);

/// Sizes of the tiles of attention, in rows.
struct AttentionTiles {
  int64_t queries; // Side by side in the vector lanes.
  int64_t keys;    // Scores of a tile stay in the first cache.
  int64_t block;   // Queries that share a tile of keys while it is in a cache;
                   // up to `queries`, each tile of them reads its own.
  int64_t parts = 1; // Parts of a tile of queries that go on alone at the mask's
                     // edge. The same ones on every CPU, for the same bits.
  int64_t split = 0; // Keys that few queries have a state of their own for.
  bool pack = false; // Blocks have a copy of the keys and values that they share.
};

/// The tiles of the blocked form of `op`: those of its `form` where it says, else
/// those given; a block that neither gives has as many queries as `blockBytes`
/// holds, in whole tiles. A split is a constant number of whole tiles.
AttentionTiles chooseBlockedTiles(AttentionOp op, AttentionTiles given,
                                  int64_t blockBytes);

/// Whether its queries are few, and all of them in one tile: `tileFewQueries`.
bool isTiledAsFewQueries(AttentionOp op, const AttentionTiles &tiles);

/// Whether few queries would have several splits of keys, as far as is known.
bool isSplit(AttentionOp op, const AttentionTiles &tiles);

/// Whether several tiles of queries share tiles of keys.
bool isInBlocks(AttentionOp op, const AttentionTiles &tiles);

/// How the keys that some query of a tile sees and another does not are tiled:
/// the whole tile of queries first, then parts of it.
SmallVector<EdgeTile> getEdges(AttentionOp op, const AttentionTiles &tiles);
/// Which edges K1 or K3, at `own` edge, is at, of keys at `edge`.
MaskEdge getEdgeOf(MaskEdge edge, bool isSeparate, MaskEdge own);
int64_t getEdgeKeysOfFewQueries(int64_t keys);

/// attention  -->  for each block of queries:
///                   for each tile of keys that all of the block see:
///                     packed, if they have to be
///                     for each tile of queries of the block: s = fold(s, tile)
///                   for each tile of queries of the block:
///                     for each tile of the keys left: s = fold(s, tile)
///                   finish(s)
///
/// Keys that the mask hides are not visited, those that it shows are folded
/// without mask; next to the mask's edge a tile has min(queries, keys) keys.
/// With `keys` = 1 it is the recurrent form, with several queries side by side.
/// `parallel` makes the loops over batch and queries scf.forall.
LogicalResult tileAttention(AttentionOp op, const AttentionTiles &tiles,
                            bool parallel);

/// Whether the queries that share keys and values, rows of all heads of a group
/// together, are so few that they would leave vector lanes empty.
bool hasFewQueries(AttentionOp op);

/// Whether the heads of this batch dimension share keys and values.
bool isGroup(AttentionOp op, unsigned batchDim);

/// attention  -->  for each batch that has keys of its own:
///                   for each split of the keys:
///                     t = identity
///                     for each tile of the split: t = fold(t, tile)
///                     s = combine(s, {t})
///                   finish(s)
///
/// For few queries, such as one per head against a cache: rows of a group stay
/// together, so that they share each read of keys and values, and vector lanes
/// are features. Keys are tiled as by `tileAttention`; where all are in one
/// split, without a combination. `parallel` makes an scf.forall of the loops over
/// batch and splits, which keeps a state of each split, and another one of the
/// combinations: in the same order, so that no number depends on it.
LogicalResult tileFewQueries(AttentionOp op, const AttentionTiles &tiles,
                             bool parallel);

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_TRANSFORMS_H
