//===- fibre.cpp - Changing stacks ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Changing stacks: by hand on x86-64, by <ucontext.h> elsewhere, which is
// ten times slower because it also asks the system for the signal mask.
//
//===----------------------------------------------------------------------===//

#include "fibre.h"
#include <cstdint>
#include <cstdlib>
#include <sys/mman.h>

namespace {
const size_t PageBytes = 65536; // A multiple of every system's page.
}

void *ptx::allocateStack(size_t bytes) {
  void *all = mmap(nullptr, bytes + PageBytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (all == MAP_FAILED)
    abort();
  mprotect(all, PageBytes, PROT_NONE);
  return static_cast<char *>(all) + PageBytes;
}

void ptx::releaseStack(void *stack, size_t bytes) {
  munmap(static_cast<char *>(stack) - PageBytes, bytes + PageBytes);
}

#if defined(__x86_64__) && !defined(PTX_EMULATOR_UCONTEXT)

extern "C" __attribute__((visibility("hidden"))) void
ptxEmulatorSwitch(void **from, void *to);
// The registers that a function must keep, and the stack pointer.
asm(R"(
  .text
  .hidden ptxEmulatorSwitch
  .globl ptxEmulatorSwitch
ptxEmulatorSwitch:
  push %rbx
  push %rbp
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbp
  pop %rbx
  ret
)");

void *ptx::prepareStack(void *stack, size_t bytes, void (*entry)()) {
  auto *top = reinterpret_cast<uintptr_t *>(static_cast<char *>(stack) + bytes);
  // A function starts 8 bytes below a multiple of 16: its return address.
  *--top = 0;
  *--top = reinterpret_cast<uintptr_t>(entry);
  for (int i = 0; i < 6; ++i)
    *--top = 0;
  return top;
}
void ptx::switchStack(void **from, void *to) { ptxEmulatorSwitch(from, to); }

#else

#include <ucontext.h>

void *ptx::prepareStack(void *stack, size_t bytes, void (*entry)()) {
  auto *context = static_cast<ucontext_t *>(stack); // At the far end.
  getcontext(context);
  context->uc_stack.ss_sp = static_cast<char *>(stack) + sizeof(ucontext_t);
  context->uc_stack.ss_size = bytes - sizeof(ucontext_t);
  context->uc_link = nullptr;
  makecontext(context, entry, 0);
  return context;
}
void ptx::switchStack(void **from, void *to) {
  ucontext_t here;
  *from = &here;
  swapcontext(&here, static_cast<ucontext_t *>(to));
}

#endif
