//===- Peers.h - What others would do with a matrix library -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_BENCH_PEERS_H
#define ATTN_TOOLS_ATTN_BENCH_PEERS_H

#include "MatrixLibrary.h"
#include "Shape.h"
#include <memory>

namespace mlir::attn {

/// A program for one shape, f32, written by hand around a library's sgemm.
class Peer {
public:
  Peer(std::string name, const Shape &shape, const MatrixLibrary &library)
      : name(std::move(name)), shape(shape), library(library) {}
  virtual ~Peer() = default;

  const std::string &getName() const { return name; }

  /// Arrays as `Shape` describes them. With `productsOnly` everything but the
  /// matrix products is left out, and what is written means nothing.
  virtual void run(const float *query, const float *key, const float *value,
                   float *output, bool productsOnly) = 0;

protected:
  std::string name;
  Shape shape;
  const MatrixLibrary &library;
};

/// Attention: online softmax on tiles, and the full matrix of scores.
std::unique_ptr<Peer> createFlashPeer(const Shape &shape, const MatrixLibrary &library);
std::unique_ptr<Peer> createNaivePeer(const Shape &shape, const MatrixLibrary &library);
/// Linear and decay: a state, and the scores within chunks of `Shape::kChunk`.
std::unique_ptr<Peer> createChunkedPeer(const Shape &shape,
                                        const MatrixLibrary &library);

/// All peers that there are for a shape.
std::vector<std::unique_ptr<Peer>> createPeers(const Shape &shape,
                                               const MatrixLibrary &library);

} // namespace mlir::attn

#endif // ATTN_TOOLS_ATTN_BENCH_PEERS_H
