//===- MatrixLibrary.h - Matrix products of others -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_BENCH_MATRIXLIBRARY_H
#define ATTN_TOOLS_ATTN_BENCH_MATRIXLIBRARY_H

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace mlir::attn {

/// A library's single-precision products, as found at run time: nothing here is
/// built or linked against it.
class MatrixLibrary {
public:
  enum class Kind { OneDNN, OpenBLAS };
  struct Choice {
    Kind kind;
    /// What OpenBLAS takes its kernels for; empty: it chooses.
    std::string coreType = {};
  };
  /// Sets it to one thread. Null if it is not installed, lacks what is needed,
  /// or does not let itself be set to one thread. A core type can only be given
  /// to the first OpenBLAS of a process.
  static std::unique_ptr<MatrixLibrary> load(const Choice &choice);

  /// As in names of programs, and with what tells its builds and settings
  /// apart.
  const std::string &getName() const { return name; }
  const std::string &getDescription() const { return description; }

  /// Row-major c (m x n) = alpha a b + beta c, or b transposed, or a
  /// transposed. `lda`, `ldb`, `ldc` are elements from row to row as stored.
  struct Product {
    int64_t m, n, k;
    bool transposeA = false, transposeB = false;
    float alpha = 1, beta = 0;
  };
  void multiply(const Product &product, const float *a, int64_t lda,
                const float *b, int64_t ldb, float *c, int64_t ldc) const {
    flops += 2.0 * product.m * product.n * product.k;
    sgemm(product, a, lda, b, ldb, c, ldc);
  }

  /// Operations of all products so far, a multiply-add counted as two.
  double getFlops() const { return flops; }
  /// A product that is done without the library.
  void addFlops(double count) const { flops += count; }

private:
  bool loadOneDNN();
  bool loadOpenBLAS();

  std::function<void(const Product &product, const float *a, int64_t lda,
                     const float *b, int64_t ldb, float *c, int64_t ldc)>
      sgemm;
  std::string name, description;
  mutable double flops = 0;
};

} // namespace mlir::attn

#endif // ATTN_TOOLS_ATTN_BENCH_MATRIXLIBRARY_H
