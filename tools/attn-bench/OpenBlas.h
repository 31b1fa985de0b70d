//===- OpenBlas.h - OpenBLAS, if it is installed -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_BENCH_OPENBLAS_H
#define ATTN_TOOLS_ATTN_BENCH_OPENBLAS_H

#include <cstdint>
#include <memory>
#include <string>

namespace mlir::attn {

/// The library as found at run time: nothing here is built or linked against it.
class OpenBlas {
public:
  /// Null if there is no libopenblas.so.0, or one without what is needed. Sets
  /// it to one thread.
  static std::unique_ptr<OpenBlas> load();

  /// Version and the core type it chose kernels for. OPENBLAS_CORETYPE in the
  /// environment makes it choose another.
  const std::string &getDescription() const { return description; }

  /// Row-major c (m x n) = alpha a b + beta c, or b transposed, or a transposed.
  /// `lda`, `ldb`, `ldc` are elements from row to row as stored. A product with
  /// few rows is done row by row, a matrix and a vector at a time.
  struct Product {
    int64_t m, n, k;
    bool transposeA = false, transposeB = false;
    float alpha = 1, beta = 0;
  };
  void multiply(const Product &product, const float *a, int64_t lda,
                const float *b, int64_t ldb, float *c, int64_t ldc) const;

  /// Operations of all products so far, a multiply-add counted as two.
  double getFlops() const { return flops; }

private:
  using Sgemm = void (*)(int order, int transA, int transB, int m, int n, int k,
                         float alpha, const float *a, int lda, const float *b,
                         int ldb, float beta, float *c, int ldc);
  using Sgemv = void (*)(int order, int trans, int m, int n, float alpha,
                         const float *a, int lda, const float *x, int stepX,
                         float beta, float *y, int stepY);
  Sgemm sgemm = nullptr;
  Sgemv sgemv = nullptr;
  std::string description;
  mutable double flops = 0;
};

} // namespace mlir::attn

#endif // ATTN_TOOLS_ATTN_BENCH_OPENBLAS_H
