//===- ExtractProgram.h - The host's part of mapped kernels, as data -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_NVPTX_EXTRACTPROGRAM_H
#define ATTN_TARGET_NVPTX_EXTRACTPROGRAM_H

#include "attn/Target/NVPTX/DeviceProgram.h"

namespace mlir::attn {

/// The buffers and launches of `host`, a function that nvptx-map-loops made, whose
/// arguments are those of `interface`; without code. Emits an error at what is not
/// of such a function.
FailureOr<DeviceProgram> getDeviceProgram(func::FuncOp host,
                                          const KernelInterface &interface);

} // namespace mlir::attn

#endif // ATTN_TARGET_NVPTX_EXTRACTPROGRAM_H
