//===- ProductBlocks.h - A product as loops over blocks -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The loops are those of Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication" (2008), around the register tiles of cpu-vectorize-lanes:
//
//   for n: for k:  panel = B[k, n]     in rows that lie close, in a cache
//     for m:       C[m, n] += A[m, k] panel
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGET_CPU_PRODUCTBLOCKS_H
#define ATTN_LIB_TARGET_CPU_PRODUCTBLOCKS_H

#include "ProductFusion.h"

namespace mlir::attn {

/// C[.., m, .., n] += A[.., m, .., k] B[.., k, .., n], n innermost in C.
struct Product {
  linalg::LinalgOp op;
  OpOperand *rows, *columns; // A and B.
  unsigned m, n, k;          // What blocks are taken of.
  /// Other dimensions: loops of single steps around those of n, k and m.
  SmallVector<unsigned> aroundColumns, aroundReduction, aroundRows;
  /// What makes the initial values, and what follows on each result.
  linalg::FillOp fill;
  std::optional<FusedBody> prologue, epilogue;
};

struct BlockSizes {
  int64_t rows, columns, reduction;
};

/// Emits `product`, with what is fused with it, in blocks. Returns the result.
Value emitBlocks(OpBuilder &b, Product &product, const BlockSizes &blocks);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_CPU_PRODUCTBLOCKS_H
