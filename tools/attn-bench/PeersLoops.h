//===- PeersLoops.h - What peers do between products -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_BENCH_PEERSLOOPS_H
#define ATTN_TOOLS_ATTN_BENCH_PEERSLOOPS_H

#include <cstdint>

// Compiled for several generations of one architecture; the machine's is chosen
// when the program starts.
#if defined(__x86_64__)
#define ATTN_PEER_LOOP                                                         \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define ATTN_PEER_LOOP
#endif

namespace mlir::attn::peers {

/// Rows of scores are padded to a multiple of this.
constexpr int64_t kLanes = 16;
constexpr int64_t padded(int64_t n) {
  return (n + kLanes - 1) / kLanes * kLanes;
}

/// Up to so many rows, products only read the other matrix: no library packs
/// it.
constexpr int64_t kFewRows = 8;

/// scores = factor * query key^T, for few rows of queries; of scores, `stride`
/// apart.
void scoreFewRows(const float *query, int64_t rows, const float *key,
                  int64_t keys, int64_t dim, float factor, float *scores,
                  int64_t stride);

/// output += weights value, for few rows of weights, `stride` apart.
void weighFewRows(const float *weights, int64_t stride, int64_t rows,
                  const float *value, int64_t keys, int64_t dim, float *output);

/// Scores outside of [begin, end) become -infinity, up to padded(width).
void hide(float *scores, int64_t begin, int64_t end, int64_t width);

/// Online softmax in base 2 on `rows` rows of padded(width) scores, `stride`
/// apart: scores become weights 2^(s - max), `max` and `sum` are brought up to
/// date, and so are the rows of the accumulator, `dim` wide, unless it is null.
void foldSoftmax(float *scores, int64_t stride, int64_t rows, int64_t width,
                 float *max, float *sum, float *accumulator, int64_t dim);

/// output = input / sum by rows; 0 where the sum is 0. May be in place.
void divideRows(const float *input, const float *sum, float *output,
                int64_t rows, int64_t dim);

/// output = factor[row] * input.
void scaleRows(const float *input, const float *factors, float *output,
               int64_t rows, int64_t dim);

/// scores[i, j] *= factors[i - j] where j <= i, 0 elsewhere; rows `stride`
/// apart. Null: factors of 1.
void maskTriangle(float *scores, int64_t stride, int64_t rows,
                  const float *factors);

} // namespace mlir::attn::peers

#endif // ATTN_TOOLS_ATTN_BENCH_PEERSLOOPS_H
