//===- VisiblePairs.cpp - How many pairs of a query and a visible key ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/VisiblePairs.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// An exact number, or unknown.
using Count = std::optional<int64_t>;

static Count add(Count a, Count b) {
  int64_t sum;
  if (!a || !b || llvm::AddOverflow(*a, *b, sum))
    return std::nullopt;
  return sum;
}

static Count mul(Count a, Count b) {
  int64_t product;
  if (!a || !b || llvm::MulOverflow(*a, *b, product))
    return std::nullopt;
  return product;
}

//===----------------------------------------------------------------------===//
// The keys that one query sees, as intervals
//===----------------------------------------------------------------------===//

namespace {
struct Keys {
  int64_t begin, end; // Half open, not empty.
};
/// In order, without overlap.
using KeySet = SmallVector<Keys, 2>;
} // namespace

static KeySet unite(const KeySet &a, const KeySet &b) {
  KeySet all(a);
  llvm::append_range(all, b);
  llvm::sort(all, [](Keys x, Keys y) { return x.begin < y.begin; });
  KeySet merged;
  for (Keys keys : all) {
    if (!merged.empty() && keys.begin <= merged.back().end)
      merged.back().end = std::max(merged.back().end, keys.end);
    else
      merged.push_back(keys);
  }
  return merged;
}

static KeySet intersect(const KeySet &a, const KeySet &b) {
  KeySet common;
  for (Keys x : a)
    for (Keys y : b) {
      Keys both{std::max(x.begin, y.begin), std::min(x.end, y.end)};
      if (both.begin < both.end)
        common.push_back(both);
    }
  return common;
}

/// The keys of [0, keys) that `mask` shows to the query.
static KeySet getVisibleKeys(MaskAttrInterface mask, MaskAlgebra &algebra,
                             int64_t query, int64_t keys) {
  auto visit = [&](auto masks, auto merge) {
    KeySet set = getVisibleKeys(masks.front(), algebra, query, keys);
    for (MaskAttrInterface next : masks.drop_front())
      set = merge(set, getVisibleKeys(next, algebra, query, keys));
    return set;
  };
  if (auto all = dyn_cast<AndAttr>(mask))
    return visit(all.getMasks(), intersect);
  if (auto any = dyn_cast<OrAttr>(mask))
    return visit(any.getMasks(), unite);

  MaskAlgebra::Interval queries{algebra.constant(query),
                                algebra.constant(query + 1)};
  auto getKeys = [&](MaskAlgebra::Interval interval) {
    return Keys{std::max<int64_t>(0, *getConstantIntValue(interval.begin)),
                std::min(keys, *getConstantIntValue(interval.end))};
  };
  Keys visible = getKeys(mask.getVisibleKeys(algebra, queries));
  Keys full = getKeys(mask.getFullKeys(algebra, queries));
  if (visible.begin >= visible.end)
    return {};
  if (visible.begin == full.begin && visible.end == full.end)
    return {visible};
  // No mask so far: its intervals for one query are not the keys it shows.
  KeySet set;
  for (int64_t key = visible.begin; key < visible.end; ++key)
    if (*getConstantIntValue(mask.isVisible(algebra, queries.begin,
                                            algebra.constant(key))))
      set = unite(set, {{key, key + 1}});
  return set;
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

/// The constants of a per-batch operand: one for all batches, or one each.
/// Nothing if they are not constant, or so large that positions may overflow.
static std::optional<SmallVector<int64_t>> getConstants(Value perBatch,
                                                        int64_t none) {
  SmallVector<int64_t> values;
  DenseIntElementsAttr dense;
  if (!perBatch)
    values = {none};
  else if (auto scalar = getConstantIntValue(perBatch))
    values = {*scalar};
  else if (matchPattern(perBatch, m_Constant(&dense)))
    values = llvm::map_to_vector(dense.getValues<APInt>(), [](const APInt &x) {
      return x.getSExtValue();
    });
  else
    return std::nullopt;
  constexpr int64_t kMax = MaskAlgebra::kMaxPosition / 4;
  if (llvm::any_of(values, [](int64_t x) { return x <= -kMax || x >= kMax; }))
    return std::nullopt;
  return values;
}

/// More queries than a mask is asked for, one by one.
static constexpr int64_t kMaxQueries = 1 << 24;

/// Pairs of one head.
static Count countHead(MaskAttrInterface mask, int64_t queries, int64_t keys,
                       int64_t offset) {
  if (!mask)
    return mul(queries, keys);
  if (queries > kMaxQueries)
    return std::nullopt;
  MaskAlgebra algebra(mask.getContext());
  Count pairs = 0;
  for (int64_t i = 0; i < queries; ++i)
    for (Keys seen : getVisibleKeys(mask, algebra, i + offset, keys))
      pairs = add(pairs, seen.end - seen.begin);
  return pairs;
}

Count mlir::attn::countVisiblePairs(AttentionOp op,
                                    std::optional<int64_t> length,
                                    bool perHead) {
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  for (auto [dim, size] : llvm::enumerate(sizes))
    if (ShapedType::isDynamic(size)) {
      bool isLength = dim == op.getQueryDim() || dim == op.getKeyDim();
      if (length && isLength)
        size = *length;
      else if (perHead && dim < op.getNumBatchDims())
        size = 1;
    }
  int64_t queries = sizes[op.getQueryDim()], keys = sizes[op.getKeyDim()];
  // Without a mask nothing depends on where a query is.
  auto offsets =
      getConstants(op.getMaskAttr() ? op.getQueryOffset() : Value(), 0);
  auto valid = getConstants(op.getValidKeys(), keys);
  if (op.getMaskTensor() || op.hasSegments() || ShapedType::isDynamic(queries) ||
      ShapedType::isDynamic(keys) || !offsets || !valid)
    return std::nullopt;
  Count heads = 1;
  for (int64_t size : ArrayRef(sizes).take_front(op.getNumBatchDims()))
    heads = ShapedType::isDynamic(size) ? std::nullopt : mul(heads, size);
  // Entries of per-batch operands: the heads are spread evenly over them.
  int64_t entries = std::max(offsets->size(), valid->size());
  if (!heads || offsets->empty() || valid->empty())
    return heads;
  auto getEntry = [](ArrayRef<int64_t> values, int64_t i) {
    return values.size() == 1 ? values[0] : values[i];
  };
  Count pairs = 0;
  for (int64_t i = 0; i < entries; ++i) {
    int64_t seen = std::clamp<int64_t>(getEntry(*valid, i), 0, keys);
    pairs = add(pairs, countHead(op.getMaskAttr(), queries, seen,
                                 getEntry(*offsets, i)));
  }
  return mul(pairs, *heads / entries);
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

namespace {
/// Counts what one execution folds.
class FoldCounter {
public:
  Count visit(Operation *op) {
    return llvm::TypeSwitch<Operation *, Count>(op)
        .Case([](AttentionOp attention) {
          return attention->use_empty() ? 0 // Removed before it is counted.
                                        : countVisiblePairs(attention);
        })
        .Case([](FoldOp) { return std::nullopt; })
        .Case([&](func::CallOp call) {
          return visit(SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
              call, call.getCalleeAttr()));
        })
        .Case([&](func::FuncOp function) {
          // Unknown while it is being visited: it calls itself.
          auto [known, isNew] = functions.try_emplace(function, std::nullopt);
          if (!isNew)
            return known->second;
          Count count = visitRegions(function);
          return functions[function] = count;
        })
        .Case([&](scf::ForOp loop) {
          Count count = visitRegions(loop);
          std::optional<APInt> trips = loop.getStaticTripCount();
          if (count == 0)
            return count;
          return trips ? mul(count, trips->trySExtValue()) : std::nullopt;
        })
        .Default([&](Operation *other) {
          // How often other control flow runs its regions, only it knows.
          Count count = visitRegions(other);
          return count == 0 ? count : std::nullopt;
        });
  }

private:
  Count visitRegions(Operation *op) {
    Count count = 0;
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (Operation &nested : block)
          count = add(count, visit(&nested));
    return count;
  }

  llvm::DenseMap<Operation *, Count> functions;
};
} // namespace

Count mlir::attn::countFolds(func::FuncOp function) {
  return FoldCounter().visit(function);
}

std::optional<double>
mlir::attn::countAttentionFlops(func::FuncOp function) {
  std::optional<double> sum;
  WalkResult known = function.walk([&](AttentionOp op) {
    SmallVector<int64_t> ranges = op.getStaticLoopRanges();
    std::optional<int64_t> pairs = countVisiblePairs(op);
    if (!pairs || llvm::any_of(ranges, ShapedType::isDynamic))
      return WalkResult::interrupt();
    sum = sum.value_or(0) +
          2.0 * *pairs *
              (ranges[op.getFeatureDim()] + ranges[op.getValueDim()]);
    return WalkResult::advance();
  });
  return known.wasInterrupted() ? std::nullopt : sum;
}
