//===- OpenBlas.cpp - OpenBLAS, if it is installed ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpenBlas.h"
#include <dlfcn.h>

using namespace mlir::attn;

std::unique_ptr<OpenBlas> OpenBlas::load() {
  // Never closed: its threads and handlers outlive any use.
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return nullptr;
  auto find = [&](auto *&function, const char *name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(
        dlsym(library, name));
    return function != nullptr;
  };
  auto blas = std::make_unique<OpenBlas>();
  void (*setThreads)(int);
  char *(*getConfig)();
  char *(*getCore)();
  if (!find(blas->sgemm, "cblas_sgemm") ||
      !find(blas->sgemv, "cblas_sgemv") ||
      !find(setThreads, "openblas_set_num_threads") ||
      !find(getConfig, "openblas_get_config") ||
      !find(getCore, "openblas_get_corename"))
    return nullptr;
  setThreads(1);
  // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ...": name and version.
  std::string config = getConfig();
  size_t name = config.find(' ');
  size_t version =
      name == std::string::npos ? name : config.find(' ', name + 1);
  blas->description =
      config.substr(0, version) + ", core type " + getCore() + ", one thread";
  return blas;
}

/// Up to so many rows, products of a matrix and a vector are faster: its gemm packs
/// the matrix first.
static constexpr int64_t kFewRows = 4;

void OpenBlas::multiply(const Product &product, const float *a, int64_t lda,
                        const float *b, int64_t ldb, float *c,
                        int64_t ldc) const {
  // The constants of the C interface of BLAS.
  constexpr int kRowMajor = 101, kPlain = 111, kTransposed = 112;
  flops += 2.0 * product.m * product.n * product.k;
  if (product.m <= kFewRows && !product.transposeA) {
    for (int64_t i = 0; i < product.m; ++i)
      sgemv(kRowMajor, product.transposeB ? kPlain : kTransposed,
            product.transposeB ? product.n : product.k,
            product.transposeB ? product.k : product.n, product.alpha, b, ldb,
            a + i * lda, 1, product.beta, c + i * ldc, 1);
    return;
  }
  sgemm(kRowMajor, product.transposeA ? kTransposed : kPlain,
        product.transposeB ? kTransposed : kPlain, product.m, product.n,
        product.k, product.alpha, a, lda, b, ldb, product.beta, c, ldc);
}
