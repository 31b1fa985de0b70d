//===- DeviceProgram.h - What a host does to run a program on a GPU -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_NVPTX_DEVICEPROGRAM_H
#define ATTN_TARGET_NVPTX_DEVICEPROGRAM_H

#include "attn/Analysis/KernelInterface.h"
#include "mlir/IR/AffineExpr.h"

namespace mlir::attn {

/// Device code and how to run it: buffers to allocate, then launches one after the
/// other on one stream, all straight-line. Sizes are affine expressions (with
/// floordiv and ceildiv) whose symbols are the free sizes of `interface`, in its
/// order; they are not negative.
struct DeviceProgram {
  /// Device memory for the time of one run; its content is undefined at first.
  struct Buffer {
    AffineExpr bytes;
  };

  /// One parameter of a kernel, 8 bytes unless it is a scalar argument.
  struct Parameter {
    enum Kind {
      Argument, // Argument `index` of the interface: the device address of an
                // array, or the value of a scalar (an index as 64 bits).
      Buffer,   // The device address of buffer `index`.
      Size,     // The value of `size`, 64 bits.
    };
    Kind kind;
    unsigned index = 0;
    AffineExpr size = {};
  };

  struct Launch {
    std::string kernel;          // Name of the entry in the PTX.
    AffineExpr grid[3];          // Blocks; a launch of none is left out.
    int64_t block[3] = {1, 1, 1}; // Threads of a block.
    int64_t sharedBytes = 0;     // Dynamic shared memory of a block.
    SmallVector<Parameter> parameters;
  };

  KernelInterface interface;
  std::string chip; // Such as sm_80.
  std::string ptx;
  SmallVector<Buffer> buffers;
  SmallVector<Launch> launches;
};

} // namespace mlir::attn

#endif // ATTN_TARGET_NVPTX_DEVICEPROGRAM_H
