//===- SpaceTime.h - What a plan of a stack costs, exactly ------*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_SPACETIME_H
#define ATTN_ANALYSIS_SPACETIME_H

#include "attn/Dialect/Attn/IR/Attn.h"
#include "llvm/ADT/DynamicAPInt.h"

namespace mlir::attn {

/// Counts of recomputation leave 64 bits soon: 4 layers do at 16171 tokens.
using Integer = llvm::DynamicAPInt;

//===----------------------------------------------------------------------===//
// What is known of a stack
//===----------------------------------------------------------------------===//

/// One layer: a mixer and the token-wise work up to the next one.
struct LayerCost {
  int64_t folds = 1;           // Folds per (query, key) pair: heads x batch.
  int64_t pairFlops = 0;       // Of folding one key into one query, all heads.
  int64_t keyFlops = 0;        // Per token: from the input to keys and values.
  int64_t tokenFlops = 0;      // Per token: query, read, projection, MLP.
  int64_t inputBytes = 0;      // Per token: what the layer below gives; 0 for
                               // the first layer, which reads the arguments.
  int64_t keyValueBytes = 0;   // Per token.
  int64_t stateBytes = 0;      // Per token: query, maximum, sum, accumulator.
  int64_t workBytes = 0;       // Per token: temporaries of the token-wise work.
  int64_t scoreBytes = 0;      // Per (query, key) pair: temporaries of a fold.
  std::optional<int64_t> left; // Sliding window: key j is seen iff
                               // i - left <= j <= i.
  int64_t prefixKeys = 0; // Keys that each token sees before those of tokens.

  bool operator==(const LayerCost &other) const;
};

struct StackCost {
  SmallVector<LayerCost> layers; // The first reads the arguments.
  int64_t diskBytes = 0;         // Per token: the arguments.
  int64_t finalFlops = 0;        // Per token: after the last layer.
  int64_t length = ShapedType::kDynamic;
};

/// A plan as plain data: a choice goes through too many to make attributes.
struct Segment {
  int64_t layers = 1;
  KeepKind keep = KeepKind::None;
  int64_t window = 0;
  int64_t prefix = 0;

  bool operator==(const Segment &other) const;
};

struct Plan {
  SmallVector<Segment> segments;
  int64_t block = 1;

  static Plan get(PlanAttr attribute);
  PlanAttr getAttr(MLIRContext *context) const;
  bool operator==(const Plan &other) const;
};

//===----------------------------------------------------------------------===//
// How often the blocks of a layer are evaluated
//===----------------------------------------------------------------------===//

/// What the blocks of a sequence look like to one segment. Block T folds the
/// blocks J < T and then itself.
struct SegmentBlocks {
  int64_t block = 1;  // Tokens.
  int64_t blocks = 0; // Of the sequence; padding of the last one is work.
  int64_t window = 1; // Last blocks that are at hand, block T among them.
  int64_t prefix = 0; // First blocks that are at hand.

  static SegmentBlocks get(const Segment &segment, int64_t block,
                           int64_t length);
  /// Blocks that the last one does not find at hand: it evaluates them again.
  int64_t getRecomputed() const {
    return std::max<int64_t>(0, blocks - window - prefix);
  }
};

/// Over a whole sequence, for one layer.
struct LayerCounts {
  Integer evaluations; // Of a block.
  Integer history;     // Blocks before the own one that evaluations folded.
  Integer pairs;       // Of a query and a visible key, per head.
};

/// For the layers of one segment, from its first to its last, by recurrence
/// over the blocks: O(layers x blocks) additions.
SmallVector<LayerCounts> countByRecurrence(ArrayRef<LayerCost> layers,
                                           SegmentBlocks range);

/// sum_i coefficient_i C(n + shift_i, choose_i), where n is the number of
/// blocks: the closed form of a count.
class BinomialSum {
public:
  BinomialSum() = default;
  static BinomialSum constant(Integer value);
  static BinomialSum binomial(int64_t shift, int64_t choose);

  BinomialSum operator+(const BinomialSum &other) const;
  BinomialSum operator-(const BinomialSum &other) const;
  BinomialSum operator*(const Integer &factor) const;

  /// Fewer terms, the same sum.
  void simplify();
  Integer evaluate(int64_t n) const;
  /// `C(n + 4, 4) - 1 - n`, with the given name for n.
  std::string print(StringRef n) const;
  /// `4 n^2 + 304 n`, if it has such a form with integers; else as above.
  std::string printPowers(StringRef n) const;
  bool isConstant() const {
    return llvm::all_of(terms, [](const Term &x) { return x.choose == 0; });
  }

private:
  struct Term {
    int64_t choose, shift;
    Integer coefficient;
  };
  void add(Term term);
  bool mergePair();
  bool mergeLinear();

  SmallVector<Term, 4> terms; // A linear one is C(n, 1), a constant C(n, 0).
};

/// Of the topmost `layers` layers of a segment together; they have no sliding
/// windows. One more layer on a shorter segment counts what it adds, so the
/// counts of one layer are a difference. Where the caches hold all blocks at
/// hand, the form is another: what holds for `range.blocks` is returned.
BinomialSum getEvaluations(int64_t layers, SegmentBlocks range);
BinomialSum getHistory(int64_t layers, SegmentBlocks range);

/// The same counts as `countByRecurrence`, by closed form. Nothing if a layer
/// has a sliding window.
std::optional<SmallVector<LayerCounts>>
countByFormula(ArrayRef<LayerCost> layers, SegmentBlocks range);

/// The same counts by what is fastest: the closed form; with a sliding window
/// in every layer, by recurrence up to where one more block always adds the
/// same; else by recurrence.
SmallVector<LayerCounts> countEvaluations(ArrayRef<LayerCost> layers,
                                          SegmentBlocks range);

//===----------------------------------------------------------------------===//
// Totals
//===----------------------------------------------------------------------===//

/// What one segment adds to the counts of a plan.
struct Counts {
  Integer folds;            // As `attn-instrument` counts them.
  Integer blockEvaluations; // Of a layer at a block.
  Integer diskReads;        // Blocks of the arguments.
  Integer flops;

  Counts &operator+=(const Counts &other);
};

/// Bytes of the frames that are live at the worst moment of a segment.
struct FrameBytes {
  Integer state;       // Inputs and running states of nested evaluations.
  Integer temporaries; // Keys, values, scores; or the token-wise work.

  Integer getTotal() const { return state + temporaries; }
};

/// Of evaluating a whole sequence of `length` tokens by a plan.
struct SpaceTime {
  Counts counts;
  FrameBytes frames; // Of the segment that needs most.
  Integer cacheBytes;
  Integer diskBytes; // The arguments: they are there anyway.

  /// What a memory budget limits.
  Integer getPeakBytes() const { return frames.getTotal() + cacheBytes; }
};

/// One segment, whose first layer is the first of `layers`.
Counts countSegment(ArrayRef<LayerCost> layers, ArrayRef<LayerCounts> counts,
                    const Segment &segment, SegmentBlocks range, bool isFirst);
FrameBytes getFrameBytes(ArrayRef<LayerCost> layers, const Segment &segment,
                         SegmentBlocks range, int64_t outputBytes);
Integer getCacheBytes(ArrayRef<LayerCost> layers, const Segment &segment,
                      int64_t length);

/// The layers of `plan` are those of `stack`; `length` is not negative.
SpaceTime evaluate(const StackCost &stack, const Plan &plan, int64_t length);

/// Closed forms of the counts of a plan, with the sequence length L or, in
/// blocks of several tokens, the number of blocks n as the unknown.
struct ClosedForms {
  BinomialSum folds, blockEvaluations, diskReads;
  std::string unknown; // "L", or "n" with n = ceil(L / block).
  int64_t blocks;      // Its value.
};

/// Nothing if a layer has a sliding window. The caches of the plan decide which
/// form applies, so they hold for sequences of about this length: longer ones,
/// and shorter ones down to where a cache holds all of it.
std::optional<ClosedForms> getClosedForms(const StackCost &stack,
                                          const Plan &plan, int64_t length);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_SPACETIME_H
