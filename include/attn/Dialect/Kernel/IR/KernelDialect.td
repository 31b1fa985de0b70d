//===- KernelDialect.td - The kernel dialect ---*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_KERNEL_IR_KERNELDIALECT_TD
#define ATTN_DIALECT_KERNEL_IR_KERNELDIALECT_TD

include "mlir/IR/DialectBase.td"

def Kernel_Dialect : Dialect {
  let name = "kernel";
  let cppNamespace = "::mlir::kernel";
  let summary = "Schedules of one block of GPU threads";
  let description = [{
    What lies between tiles and instructions: where a tile is (distributed over
    the registers of a block, or in its shared memory), when it is copied, who
    waits for what, and products of matrices. All threads of the block run the
    operations together.

    A *fragment* is a tile in registers. Its type says by `#kernel.layout` which
    thread holds which elements, so that operations on fragments are those on
    tiles. A *tile* is a piece of shared memory, with several stages if it is
    copied ahead.

    How an operation becomes instructions depends on the chip alone: the dialect
    names no instruction.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let extraClassDeclaration = [{
    void registerAttributes();
    void registerTypes();
    /// On a loop that blocks of threads share: the threads of a block.
    static constexpr ::llvm::StringLiteral kThreads = "kernel.threads";
    /// On a kernel: bytes of shared memory that a block needs.
    static constexpr ::llvm::StringLiteral kSharedBytes = "kernel.shared_bytes";
  }];
}

#endif // ATTN_DIALECT_KERNEL_IR_KERNELDIALECT_TD
