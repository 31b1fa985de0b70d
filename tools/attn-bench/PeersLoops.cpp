//===- PeersLoops.cpp - What peers do between products ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PeersLoops.h"
#include <algorithm>
#include <cmath>
#include <cstring>

using namespace mlir::attn;

namespace {
// Vectors by hand: a maximum of floats is no reduction that compilers reorder.
// By reference: as arguments, wide vectors have another ABI on each machine.
typedef float Floats __attribute__((vector_size(peers::kLanes * 4)));
typedef int32_t Ints __attribute__((vector_size(peers::kLanes * 4)));
} // namespace

#define ATTN_INLINE static inline __attribute__((always_inline))

/// The first `count` lanes; others are 0.
ATTN_INLINE void load(Floats &x, const float *from,
                      int64_t count = peers::kLanes) {
  if (count < peers::kLanes)
    x = Floats{};
  std::memcpy(&x, from, std::min(count, peers::kLanes) * sizeof(float));
}
ATTN_INLINE void store(float *to, const Floats &x,
                       int64_t count = peers::kLanes) {
  std::memcpy(to, &x, std::min(count, peers::kLanes) * sizeof(float));
}

/// x = 2^x for x <= 0, relative error below 1e-6; at most 2^-126 below -126.
ATTN_INLINE void exponentiate(Floats &x) {
  Floats least = Floats{} - 126.0f;
  x = x > least ? x : least;
  constexpr float kRound = 12582912.0f; // 1.5 * 2^23: what is added is rounded.
  Floats rounded = x + kRound;
  Floats f = x - (rounded - kRound);
  // Taylor's polynomial of 2^f, |f| <= 1/2.
  Floats p = f * 1.5403530e-4f + 1.3333558e-3f;
  p = p * f + 9.6181291e-3f;
  p = p * f + 5.5504109e-2f;
  p = p * f + 2.4022651e-1f;
  p = p * f + 6.9314718e-1f;
  p = p * f + 1.0f;
  Ints exponent, bits;
  std::memcpy(&exponent, &rounded, sizeof(exponent));
  std::memcpy(&bits, &p, sizeof(bits));
  bits += exponent << 23;
  std::memcpy(&x, &bits, sizeof(x));
}

ATTN_INLINE float addLanes(const Floats &x) {
  typedef float Eight __attribute__((vector_size(32)));
  typedef float Four __attribute__((vector_size(16)));
  Eight eight = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7) +
                __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
  Four four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) +
              __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
  return four[0] + four[1] + (four[2] + four[3]);
}

// One row of keys or values at a time, for all rows of queries or weights: two
// at a time were about half as fast from memory at head dimension 128.

template <int kRows>
ATTN_INLINE void multiplyLanes(Floats (&sum)[kRows], const float *query,
                               const float *key, int64_t dim,
                               int64_t count = peers::kLanes) {
  Floats q, k;
  load(k, key, count);
  for (int r = 0; r < kRows; ++r) {
    load(q, query + r * dim, count);
    sum[r] += q * k;
  }
}

template <int kRows>
ATTN_INLINE void scoreRows(const float *query, const float *key, int64_t keys,
                           int64_t dim, float factor, float *scores,
                           int64_t stride) {
  for (int64_t j = 0; j < keys; ++j, key += dim) {
    Floats sum[kRows] = {};
    int64_t d = 0;
    for (; d + peers::kLanes <= dim; d += peers::kLanes)
      multiplyLanes<kRows>(sum, query + d, key + d, dim);
    if (d < dim)
      multiplyLanes<kRows>(sum, query + d, key + d, dim, dim - d);
    for (int r = 0; r < kRows; ++r)
      scores[r * stride + j] = factor * addLanes(sum[r]);
  }
}

template <int kRows>
ATTN_INLINE void addProducts(float *output, const float (&weights)[kRows],
                             const float *value, int64_t dim,
                             int64_t count = peers::kLanes) {
  Floats v, o;
  load(v, value, count);
  for (int r = 0; r < kRows; ++r) {
    load(o, output + r * dim, count);
    o += weights[r] * v;
    store(output + r * dim, o, count);
  }
}

template <int kRows>
ATTN_INLINE void weighRows(const float *weights, int64_t stride,
                           const float *value, int64_t keys, int64_t dim,
                           float *output) {
  for (int64_t j = 0; j < keys; ++j, value += dim) {
    float w[kRows]; // A copy: what is written is not among them.
    for (int r = 0; r < kRows; ++r)
      w[r] = weights[r * stride + j];
    int64_t d = 0;
    for (; d + peers::kLanes <= dim; d += peers::kLanes)
      addProducts<kRows>(output + d, w, value + d, dim);
    if (d < dim)
      addProducts<kRows>(output + d, w, value + d, dim, dim - d);
  }
}

ATTN_INLINE float foldRow(float *scores, int64_t width, float &max,
                          float &sum) {
  Floats largest = Floats{} + max, s;
  for (int64_t j = 0; j < width; j += peers::kLanes) {
    load(s, scores + j);
    largest = s > largest ? s : largest;
  }
  float newMax = max;
  for (int64_t lane = 0; lane < peers::kLanes; ++lane)
    newMax = std::fmax(newMax, largest[lane]);
  if (newMax == -INFINITY) { // Nothing is visible yet.
    std::memset(scores, 0, width * sizeof(float));
    return 1.0f;
  }
  Floats total = {};
  for (int64_t j = 0; j < width; j += peers::kLanes) {
    load(s, scores + j);
    s -= newMax;
    exponentiate(s);
    total += s;
    store(scores + j, s);
  }
  float correction = std::exp2(max - newMax);
  sum = sum * correction + addLanes(total);
  max = newMax;
  return correction;
}

ATTN_PEER_LOOP
void peers::scoreFewRows(const float *query, int64_t rows, const float *key,
                         int64_t keys, int64_t dim, float factor, float *scores,
                         int64_t stride) {
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4)
    scoreRows<4>(query + i * dim, key, keys, dim, factor, scores + i * stride,
                 stride);
  for (; i < rows; ++i)
    scoreRows<1>(query + i * dim, key, keys, dim, factor, scores + i * stride,
                 stride);
}

ATTN_PEER_LOOP
void peers::weighFewRows(const float *weights, int64_t stride, int64_t rows,
                         const float *value, int64_t keys, int64_t dim,
                         float *output) {
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4)
    weighRows<4>(weights + i * stride, stride, value, keys, dim,
                 output + i * dim);
  for (; i < rows; ++i)
    weighRows<1>(weights + i * stride, stride, value, keys, dim,
                 output + i * dim);
}

void peers::hide(float *scores, int64_t begin, int64_t end, int64_t width) {
  for (int64_t j = 0; j < begin; ++j)
    scores[j] = -INFINITY;
  for (int64_t j = end; j < padded(width); ++j)
    scores[j] = -INFINITY;
}

ATTN_PEER_LOOP
void peers::foldSoftmax(float *scores, int64_t stride, int64_t rows,
                        int64_t width, float *max, float *sum,
                        float *accumulator, int64_t dim) {
  for (int64_t i = 0; i < rows; ++i) {
    float correction =
        foldRow(scores + i * stride, padded(width), max[i], sum[i]);
    if (accumulator && correction != 1.0f)
      for (int64_t d = 0; d < dim; ++d)
        accumulator[i * dim + d] *= correction;
  }
}

ATTN_PEER_LOOP
void peers::divideRows(const float *input, const float *sum, float *output,
                       int64_t rows, int64_t dim) {
  for (int64_t i = 0; i < rows; ++i) {
    float factor = sum[i] == 0.0f ? 0.0f : 1.0f / sum[i];
    for (int64_t d = 0; d < dim; ++d)
      output[i * dim + d] = input[i * dim + d] * factor;
  }
}

ATTN_PEER_LOOP
void peers::scaleRows(const float *input, const float *factors, float *output,
                      int64_t rows, int64_t dim) {
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t d = 0; d < dim; ++d)
      output[i * dim + d] = input[i * dim + d] * factors[i];
}

ATTN_PEER_LOOP
void peers::maskTriangle(float *scores, int64_t stride, int64_t rows,
                         const float *factors) {
  for (int64_t i = 0; i < rows; ++i) {
    float *row = scores + i * stride;
    if (factors)
      for (int64_t j = 0; j <= i; ++j)
        row[j] *= factors[i - j];
    for (int64_t j = i + 1; j < rows; ++j)
      row[j] = 0.0f;
  }
}
