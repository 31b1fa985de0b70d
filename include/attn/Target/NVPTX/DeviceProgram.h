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
#include "llvm/Support/Error.h"
#include <array>

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

/// A program for given free sizes, in the order of its parts.
struct SizedProgram {
  struct Launch {
    std::array<int64_t, 3> grid;
    SmallVector<int64_t> sizes; // Of its parameters; 0 if it is not a size.
    bool isEmpty() const { return grid[0] == 0 || grid[1] == 0 || grid[2] == 0; }
  };
  SmallVector<int64_t> bufferBytes;
  SmallVector<Launch> launches;
};

/// The value of a size for given free sizes, from 0 to 2^63 - 1; what is less, more
/// (at any step) or divided by less than 1 is an error in words.
llvm::Expected<int64_t> evaluateSize(AffineExpr size,
                                     const KernelInterface &interface,
                                     ArrayRef<int64_t> sizeValues);
/// All of them. Fails too where a grid has more blocks than a GPU can have.
llvm::Expected<SizedProgram> evaluateSizes(const DeviceProgram &program,
                                           ArrayRef<int64_t> sizeValues);

/// The most blocks that a grid can have in each of its dimensions.
constexpr int64_t kMaxBlocks[3] = {2147483647, 65535, 65535};

/// A size in the syntax of Python, over the names of the free sizes.
std::string getSizeText(AffineExpr size, const KernelInterface &interface);

/// The program, without its PTX, for what is to run it:
///
///     {"name": ..., "target": "nvptx", "chip": "sm_80",
///      "arguments": [...], "sizes": [...], // As of a kernel of a CPU.
///      "buffers": [{"bytes": "keys * 4"}],
///      "launches": [{"kernel": ..., "grid": ["-(-queries // 128)", "1", "1"],
///                    "block": [128, 1, 1], "shared_bytes": 0,
///                    "parameters": [{"argument": "query"}, {"buffer": 0},
///                                   {"size": "keys"}]}]}
///
/// where sizes are text as of `getSizeText`.
llvm::json::Value describeProgram(const DeviceProgram &program);

/// A C header, for C and C++, that runs the program with the CUDA driver: finds
/// the kernels in a module, tells how much scratch memory they need, and launches
/// them.
std::string getDeviceHeader(const DeviceProgram &program);

} // namespace mlir::attn

#endif // ATTN_TARGET_NVPTX_DEVICEPROGRAM_H
