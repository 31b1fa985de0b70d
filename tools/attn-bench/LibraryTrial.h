//===- LibraryTrial.h - Which library is the fastest here -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_BENCH_LIBRARYTRIAL_H
#define ATTN_TOOLS_ATTN_BENCH_LIBRARYTRIAL_H

#include "MatrixLibrary.h"
#include "llvm/Support/Error.h"

namespace mlir::attn {

enum class WantedLibrary { Fastest, OneDNN, OpenBLAS };

/// The library whose products are the fastest on the tiles of the flash peer,
/// head dimensions 64 and 128.
struct FastestLibrary {
  std::unique_ptr<MatrixLibrary> matrices; // Null: none is installed.
  /// The library, and the share of the peak that it and others reach.
  std::string summary;

  /// Tries what is installed, OpenBLAS with each core type that this CPU could
  /// have unless OPENBLAS_CORETYPE is in the environment. With one `wanted`,
  /// that one, and an error if there is none. Call it before there are other
  /// threads: each trial has a process, because some end it.
  static llvm::Expected<FastestLibrary> find(WantedLibrary wanted);
};

} // namespace mlir::attn

#endif // ATTN_TOOLS_ATTN_BENCH_LIBRARYTRIAL_H
