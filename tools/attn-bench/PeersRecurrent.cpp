//===- PeersRecurrent.cpp - Linear recurrences around a library's sgemm ===//
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

/// Chunks of C tokens, with D_ij = decay^(i - j) for j <= i and 0 elsewhere,
/// a_i = decay^(i + 1), b_i = decay^(C - 1 - i):
///
///   O = (Q K^T o D) V + (a o Q) S,    S = decay^C S + (b o K)^T V
///
/// without decay all factors are 1. Source: arXiv:2307.08621.
class ChunkedPeer final : public Peer {
public:
  ChunkedPeer(const Shape &shape, const MatrixLibrary &library)
      : Peer("chunked over " + library.getName(), shape, library),
        scores(kChunk * kChunk), state(shape.headDim * shape.headDim),
        scaledQuery(kChunk * shape.headDim), scaledKey(kChunk * shape.headDim) {
  }

  void run(const float *query, const float *key, const float *value,
           float *output, bool productsOnly) final {
    int64_t head = shape.queries * shape.headDim;
    for (int64_t h = 0; h < shape.batch * shape.heads; ++h) {
      decay = shape.kind == Shape::Kind::Decay ? getDecay(h % shape.heads) : 1;
      std::fill(state.begin(), state.end(), 0.0f);
      for (int64_t t = 0; t < shape.queries; t += kChunk) {
        int64_t first = h * head + t * shape.headDim;
        runChunk(query + first, key + first, value + first, output + first,
                 std::min(kChunk, shape.queries - t), productsOnly);
      }
    }
  }

private:
  static constexpr int64_t kChunk = Shape::kChunk;

  void runChunk(const float *query, const float *key, const float *value,
                float *output, int64_t count, bool productsOnly) {
    int64_t dim = shape.headDim;
    bool decays = shape.kind == Shape::Kind::Decay;
    MatrixLibrary::Product product{count, count, dim};
    product.transposeB = true;
    library.multiply(product, query, dim, key, dim, scores.data(), kChunk);
    if (!productsOnly) {
      setFactors(count);
      peers::maskTriangle(scores.data(), kChunk, count,
                          decays ? withinChunk : nullptr);
    }
    if (decays && !productsOnly) {
      peers::scaleRows(query, fromState, scaledQuery.data(), count, dim);
      peers::scaleRows(key, toState, scaledKey.data(), count, dim);
      query = scaledQuery.data();
      key = scaledKey.data();
    }
    product = {count, dim, count};
    library.multiply(product, scores.data(), kChunk, value, dim, output, dim);
    product = {count, dim, dim};
    product.beta = 1;
    library.multiply(product, query, dim, state.data(), dim, output, dim);
    product = {dim, dim, count};
    product.transposeA = true;
    product.beta = std::pow(decay, double(count));
    library.multiply(product, key, dim, value, dim, state.data(), dim);
  }

  void setFactors(int64_t count) {
    double power = 1;
    for (int64_t i = 0; i < count; ++i) {
      withinChunk[i] = toState[count - 1 - i] = power;
      fromState[i] = power *= decay;
    }
  }

  double decay = 1;
  std::vector<float> scores, state, scaledQuery, scaledKey;
  float withinChunk[kChunk], fromState[kChunk], toState[kChunk];
};

} // namespace

std::unique_ptr<Peer> mlir::attn::createChunkedPeer(const Shape &shape,
                                                    const MatrixLibrary &library) {
  return std::make_unique<ChunkedPeer>(shape, library);
}

std::vector<std::unique_ptr<Peer>>
mlir::attn::createPeers(const Shape &shape, const MatrixLibrary &library) {
  std::vector<std::unique_ptr<Peer>> peers;
  if (shape.hasDecayInput() || shape.score != Shape::Score::None)
    return peers; // The library has nothing for decays of tokens or for scores.
  if (shape.kind != Shape::Kind::Attention) {
    peers.push_back(createChunkedPeer(shape, library));
    return peers;
  }
  peers.push_back(createFlashPeer(shape, library));
  peers.push_back(createNaivePeer(shape, library));
  return peers;
}
