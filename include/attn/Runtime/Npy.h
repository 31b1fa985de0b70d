//===- Npy.h - NumPy's .npy files -------------------------------*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_NPY_H
#define ATTN_RUNTIME_NPY_H

#include "attn/Runtime/Array.h"

namespace mlir::attn {

/// Reads a .npy file, format versions 1.0 to 3.0, little-endian, of b1 (i1), i1
/// (i8), i2, i4, i8 (i64 or index), f2, f4 or f8 elements, in C or Fortran order.
/// Source: numpy.lib.format of the NumPy reference.
///
/// `wanted` is the element type that the program needs; null takes the file's
/// own. bf16, which .npy lacks, is read from f4 and rounded to nearest even. Any
/// other difference is an error that says how to convert: nothing is guessed.
///
/// Errors name the file, what is wrong and at which byte.
llvm::Expected<Array> readNpy(StringRef path, Type wanted,
                              MLIRContext *context);

/// Writes a .npy file in C order; bf16 is written as f4, index as i8. The file
/// appears whole or not at all.
llvm::Error writeNpy(StringRef path, const Array &array);

} // namespace mlir::attn

#endif // ATTN_RUNTIME_NPY_H
