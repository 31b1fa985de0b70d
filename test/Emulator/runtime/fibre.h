//===- fibre.h - Changing stacks ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Changing from one stack to another.
//
//===----------------------------------------------------------------------===//

#ifndef PTX_EMULATOR_FIBRE_H
#define PTX_EMULATOR_FIBRE_H

#include <cstddef>

namespace ptx {

// A stack with a page below it that must not be touched.
void *allocateStack(size_t bytes);
void releaseStack(void *stack, size_t bytes);
// The stack pointer with which `switchStack` first enters `entry`, which
// must not return.
void *prepareStack(void *stack, size_t bytes, void (*entry)());
// Goes on at `to`; whoever comes back to `*from` returns from here.
void switchStack(void **from, void *to);

} // namespace ptx

#endif
