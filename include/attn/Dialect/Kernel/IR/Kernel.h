//===- Kernel.h - The kernel dialect -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_KERNEL_IR_KERNEL_H
#define ATTN_DIALECT_KERNEL_IR_KERNEL_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir::kernel {

/// One digit of a register's, lane's or warp's number: see `#kernel.layout`.
struct Digit {
  int64_t count, row, column;
  bool operator==(const Digit &other) const {
    return count == other.count && row == other.row && column == other.column;
  }
};
inline llvm::hash_code hash_value(const Digit &digit) {
  return llvm::hash_combine(digit.count, digit.row, digit.column);
}

/// The memory that tiles are in: only operations of this dialect see it.
struct SharedMemory : SideEffects::Resource::Base<SharedMemory> {
  StringRef getName() final { return "kernel.shared"; }
};

} // namespace mlir::kernel

#include "attn/Dialect/Kernel/IR/KernelDialect.h.inc"
#include "attn/Dialect/Kernel/IR/KernelEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "attn/Dialect/Kernel/IR/KernelAttrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "attn/Dialect/Kernel/IR/KernelTypes.h.inc"

#define GET_OP_CLASSES
#include "attn/Dialect/Kernel/IR/KernelOps.h.inc"

namespace mlir::kernel {

/// Lets one-shot bufferization see what copies and writes read and write.
void registerBufferization(DialectRegistry &registry);

} // namespace mlir::kernel

#endif // ATTN_DIALECT_KERNEL_IR_KERNEL_H
