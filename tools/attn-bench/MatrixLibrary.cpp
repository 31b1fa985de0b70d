//===- MatrixLibrary.cpp - Matrix products of others ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MatrixLibrary.h"
#include <cstdlib>
#include <dlfcn.h>

using namespace mlir::attn;

/// Never closed: its threads and handlers outlive any use.
static void *open(std::initializer_list<const char *> names) {
  for (const char *name : names)
    if (void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL))
      return library;
  return nullptr;
}

/// Also looks in the libraries that this one needs.
template <typename Function>
static bool find(void *library, const char *name, Function *&function) {
  function = reinterpret_cast<Function *>(dlsym(library, name));
  return function != nullptr;
}

//===----------------------------------------------------------------------===//
// oneDNN
//===----------------------------------------------------------------------===//

// As oneDNN 2 and 3 have them in dnnl_types.h and dnnl_common_types.h.
namespace {
struct DnnlVersion {
  int major, minor, patch;
  const char *hash;
  unsigned cpuRuntime, gpuRuntime;
};
} // namespace
static constexpr unsigned kDnnlSequential = 1, kDnnlOpenMP = 2;

bool MatrixLibrary::loadOneDNN() {
  void *library = open({"libdnnl.so.3", "libdnnl.so.3.6", "libdnnl.so.2"});
  int (*multiply)(char transA, char transB, int64_t m, int64_t n, int64_t k,
                  float alpha, const float *a, int64_t lda, const float *b,
                  int64_t ldb, float beta, float *c, int64_t ldc);
  const DnnlVersion *(*getVersion)();
  void (*setThreads)(int);
  if (!library || !find(library, "dnnl_sgemm", multiply) ||
      !find(library, "dnnl_version", getVersion))
    return false;
  const DnnlVersion *version = getVersion();
  if (version->cpuRuntime == kDnnlOpenMP) {
    if (!find(library, "omp_set_num_threads", setThreads))
      return false;
    setThreads(1);
  } else if (version->cpuRuntime != kDnnlSequential) {
    return false; // Threads whose time would not be seen.
  }
  name = "oneDNN";
  description = name + " " + std::to_string(version->major) + "." +
                std::to_string(version->minor) + "." +
                std::to_string(version->patch);
  sgemm = [multiply](const Product &p, const float *a, int64_t lda,
                     const float *b, int64_t ldb, float *c, int64_t ldc) {
    multiply(p.transposeA ? 'T' : 'N', p.transposeB ? 'T' : 'N', p.m, p.n, p.k,
             p.alpha, a, lda, b, ldb, p.beta, c, ldc);
  };
  return true;
}

//===----------------------------------------------------------------------===//
// OpenBLAS
//===----------------------------------------------------------------------===//

bool MatrixLibrary::loadOpenBLAS() {
  void *library = open({"libopenblas.so.0"});
  void (*multiply)(int order, int transA, int transB, int m, int n, int k,
                   float alpha, const float *a, int lda, const float *b,
                   int ldb, float beta, float *c, int ldc);
  void (*setThreads)(int);
  char *(*getConfig)();
  char *(*getCore)();
  if (!library || !find(library, "cblas_sgemm", multiply) ||
      !find(library, "openblas_set_num_threads", setThreads) ||
      !find(library, "openblas_get_config", getConfig) ||
      !find(library, "openblas_get_corename", getCore))
    return false;
  setThreads(1);
  name = "OpenBLAS";
  // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ...": name and version.
  std::string config = getConfig();
  size_t second = config.find(' ');
  if (second != std::string::npos)
    second = config.find(' ', second + 1);
  description = config.substr(0, second) + ", core type " + getCore();
  sgemm = [multiply](const Product &p, const float *a, int64_t lda,
                     const float *b, int64_t ldb, float *c, int64_t ldc) {
    // The constants of the C interface of BLAS.
    constexpr int kRowMajor = 101, kPlain = 111, kTransposed = 112;
    multiply(kRowMajor, p.transposeA ? kTransposed : kPlain,
             p.transposeB ? kTransposed : kPlain, p.m, p.n, p.k, p.alpha, a,
             lda, b, ldb, p.beta, c, ldc);
  };
  return true;
}

std::unique_ptr<MatrixLibrary> MatrixLibrary::load(const Choice &choice) {
  auto library = std::make_unique<MatrixLibrary>();
  // It looks at this once, when it is loaded.
  if (!choice.coreType.empty())
    setenv("OPENBLAS_CORETYPE", choice.coreType.c_str(), /*replace=*/1);
  bool loaded = choice.kind == Kind::OneDNN ? library->loadOneDNN()
                                            : library->loadOpenBLAS();
  return loaded ? std::move(library) : nullptr;
}
