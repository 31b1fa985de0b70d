//===- MatrixChunks.h - Chunks of tokens as matrix products -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_RECURTOSCF_MATRIXCHUNKS_H
#define ATTN_LIB_CONVERSION_RECURTOSCF_MATRIXCHUNKS_H

#include "Schedules.h"
#include "attn/Analysis/MatrixScan.h"

namespace mlir::recur {

/// Tokens [0, end), `chunk` at a time; end is a multiple of chunk.
Progress emitMatrixChunks(OpBuilder &b, ScanOp op, const MatrixScan &scan,
                          ArrayRef<Value> batch, Value end, int64_t chunk,
                          Progress progress);

} // namespace mlir::recur

#endif // ATTN_LIB_CONVERSION_RECURTOSCF_MATRIXCHUNKS_H
