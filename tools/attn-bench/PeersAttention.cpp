//===- PeersAttention.cpp - Attention around a library's sgemm ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Peers.h"
#include "PeersLoops.h"
#include <cmath>

using namespace mlir::attn;

namespace {

/// What both programs do for each head.
class AttentionPeer : public Peer {
public:
  AttentionPeer(std::string name, const Shape &shape,
                const MatrixLibrary &library)
      : Peer(std::move(name), shape, library) {
    // The query heads of a key head are as one head, if no mask tells rows
    // apart.
    if (shape.queries == 1 && shape.getGroup() > 1) {
      rows = shape.getGroup();
      heads = shape.kvHeads;
      group = 1;
    } else {
      rows = shape.queries;
      heads = shape.heads;
      group = shape.getGroup();
    }
  }

  void run(const float *query, const float *key, const float *value,
           float *output, bool productsOnly) final {
    for (int64_t h = 0; h < shape.batch * heads; ++h) {
      int64_t first = h / group * shape.keys * shape.headDim;
      runHead(query + h * rows * shape.headDim, key + first, value + first,
              output + h * rows * shape.headDim, productsOnly);
    }
  }

protected:
  virtual void runHead(const float *query, const float *key, const float *value,
                       float *output, bool productsOnly) = 0;

  std::pair<int64_t, int64_t> getVisibleKeys(int64_t row) const {
    return shape.getVisibleKeys(shape.queries == 1 ? 0 : row);
  }

  /// scores = query key^T, in base 2.
  void score(const float *query, int64_t rows, const float *key, int64_t keys,
             float *scores, int64_t stride) const {
    int64_t dim = shape.headDim;
    float factor = M_LOG2E / std::sqrt(double(dim));
    if (rows <= peers::kFewRows) {
      library.addFlops(2.0 * rows * keys * dim);
      return peers::scoreFewRows(query, rows, key, keys, dim, factor, scores,
                                 stride);
    }
    MatrixLibrary::Product product{rows, keys, dim};
    product.transposeB = true;
    product.alpha = factor;
    library.multiply(product, query, dim, key, dim, scores, stride);
  }

  /// output += weights value.
  void weigh(const float *weights, int64_t stride, int64_t rows,
             const float *value, int64_t keys, float *output) const {
    int64_t dim = shape.headDim;
    if (rows <= peers::kFewRows) {
      library.addFlops(2.0 * rows * keys * dim);
      return peers::weighFewRows(weights, stride, rows, value, keys, dim,
                                 output);
    }
    MatrixLibrary::Product product{rows, dim, keys};
    product.beta = 1;
    library.multiply(product, weights, stride, value, dim, output, dim);
  }

  /// Online softmax on a row of `width` scores of which [begin, end) are
  /// visible; weights are 0 elsewhere.
  void foldVisible(float *scores, int64_t begin, int64_t end, int64_t width,
                   float &max, float &sum, float *accumulator) const {
    int64_t first = begin / peers::kLanes * peers::kLanes;
    int64_t last = std::max(first, peers::padded(end));
    std::fill(scores, scores + first, 0.0f);
    peers::hide(scores + first, begin - first, end - first, last - first);
    peers::foldSoftmax(scores + first, last - first, 1, last - first, &max,
                       &sum, accumulator, shape.headDim);
    for (int64_t j = last; j < width; ++j)
      scores[j] = 0.0f;
  }

  int64_t rows, heads, group;
};

/// FlashAttention's loop (arXiv:2205.14135): tiles of queries and keys, hidden
/// tiles skipped.
class FlashPeer final : public AttentionPeer {
public:
  FlashPeer(const Shape &shape, const MatrixLibrary &library)
      : AttentionPeer("flash over " + library.getName(), shape, library),
        // About the best of 64 to 256 queries and 128 to 512 keys where this
        // was written; several are as good. A few rows are read in long
        // streams.
        tileQueries(64), tileKeys(rows <= peers::kFewRows ? 2048 : 384),
        scores(tileQueries * tileKeys),
        accumulator(tileQueries * shape.headDim), max(tileQueries),
        sum(tileQueries) {}

private:
  void runHead(const float *query, const float *key, const float *value,
               float *output, bool productsOnly) final {
    int64_t dim = shape.headDim;
    for (int64_t i = 0; i < rows; i += tileQueries) {
      int64_t count = std::min(tileQueries, rows - i);
      std::fill(max.begin(), max.end(), -INFINITY);
      std::fill(sum.begin(), sum.end(), 0.0f);
      std::fill(accumulator.begin(), accumulator.end(), 0.0f);
      int64_t begin = getVisibleKeys(i).first;
      int64_t end = getVisibleKeys(i + count - 1).second;
      for (int64_t j = begin; j < end; j += tileKeys) {
        int64_t width = std::min(tileKeys, end - j);
        score(query + i * dim, count, key + j * dim, width, scores.data(),
              tileKeys);
        if (!productsOnly)
          fold(i, count, j, width);
        weigh(scores.data(), tileKeys, count, value + j * dim, width,
              accumulator.data());
      }
      if (!productsOnly)
        peers::divideRows(accumulator.data(), sum.data(), output + i * dim,
                          count, dim);
    }
  }

  /// The tile of `count` queries from `i` and `width` keys from `j`.
  void fold(int64_t i, int64_t count, int64_t j, int64_t width) {
    for (int64_t r = 0; r < count; ++r) {
      auto [begin, end] = getVisibleKeys(i + r);
      begin = std::clamp<int64_t>(begin - j, 0, width);
      end = std::clamp<int64_t>(end - j, 0, width);
      foldVisible(scores.data() + r * tileKeys, begin, end, width, max[r],
                  sum[r], accumulator.data() + r * shape.headDim);
    }
  }

  int64_t tileQueries, tileKeys;
  std::vector<float> scores, accumulator, max, sum;
};

/// The textbook: all scores of a head, softmax by rows over what is visible,
/// one product more.
class NaivePeer final : public AttentionPeer {
public:
  NaivePeer(const Shape &shape, const MatrixLibrary &library)
      : AttentionPeer("materialized over " + library.getName(), shape, library),
        stride(peers::padded(shape.keys)), scores(rows * stride), sum(rows) {}

private:
  void runHead(const float *query, const float *key, const float *value,
               float *output, bool productsOnly) final {
    score(query, rows, key, shape.keys, scores.data(), stride);
    if (!productsOnly)
      for (int64_t r = 0; r < rows; ++r)
        sum[r] = normalize(r, scores.data() + r * stride);
    std::fill(output, output + rows * shape.headDim, 0.0f);
    weigh(scores.data(), stride, rows, value, shape.keys, output);
    if (!productsOnly)
      peers::divideRows(output, sum.data(), output, rows, shape.headDim);
  }

  /// Weights in place, 0 where hidden; returns their sum.
  float normalize(int64_t row, float *scores) const {
    auto [begin, end] = getVisibleKeys(row);
    float max = -INFINITY, sum = 0;
    foldVisible(scores, begin, end, shape.keys, max, sum, nullptr);
    return sum;
  }

  int64_t stride;
  std::vector<float> scores, sum;
};

} // namespace

std::unique_ptr<Peer>
mlir::attn::createFlashPeer(const Shape &shape, const MatrixLibrary &library) {
  return std::make_unique<FlashPeer>(shape, library);
}

std::unique_ptr<Peer>
mlir::attn::createNaivePeer(const Shape &shape, const MatrixLibrary &library) {
  return std::make_unique<NaivePeer>(shape, library);
}
