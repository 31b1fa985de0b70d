//===- KernelInterface.h - What a compiled function looks like from C -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_KERNELINTERFACE_H
#define ATTN_ANALYSIS_KERNELINTERFACE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/JSON.h"

namespace mlir::attn {

/// The C interface of one function on tensors:
///
///     int32_t NAME(inputs..., outputs..., sizes...)
///     int32_t NAME_packed(void *const *arguments, const int64_t *sizes)
///
/// Arrays are contiguous and row-major. Each free size is passed once, however
/// many arrays have it. What the kernel counts (`attn.count`) is read by
///
///     int64_t NAME_count_COUNTER(void)
///
/// which gives the sum over all calls since the kernel was loaded.
struct KernelInterface {
  /// One dimension of an array: a number, or the index of a free size.
  struct Dim {
    int64_t size = ShapedType::kDynamic;
    int64_t parameter = -1;
    bool isStatic() const { return parameter < 0; }
  };
  struct Argument {
    std::string name;
    Type type; // A ranked tensor, or a scalar (inputs only).
    SmallVector<Dim> dims;
    bool isOutput = false;
    bool isArray() const { return isa<RankedTensorType>(type); }
  };
  /// What `NAME` returns.
  enum Status : int32_t {
    Ok = 0,
    NullPointer = 1,
    BadSize = 2,
    UnsupportedCPU = 3
  };

  std::string name;
  SmallVector<Argument> arguments; // Inputs, then outputs.
  SmallVector<std::string> sizes;  // Names of the free sizes.
  SmallVector<std::string> counters; // Names of what an instrumented kernel counts.
  int64_t numThreads = 1; // Above 1 it needs LLVM's OpenMP runtime, libomp.

  /// Shape of an array for given free sizes.
  SmallVector<int64_t> getShape(const Argument &argument,
                                ArrayRef<int64_t> sizeValues) const;
};

/// The interface of `function`, before any rewrite. Emits an error where a
/// function cannot have one.
FailureOr<KernelInterface> getKernelInterface(func::FuncOp function);

/// Names of the counters of `module`, each once, in alphabetical order.
SmallVector<std::string> getCounters(ModuleOp module);
/// The name of the C function that reads a kernel's counter.
std::string getCounterReader(StringRef kernel, StringRef counter);

/// The arguments for programs that make calls: name, role (input or output), type
/// of the elements, and shape (numbers, and names of free sizes).
llvm::json::Array describeArguments(const KernelInterface &interface);

/// The C type of an element: f16, bf16 and booleans as integers without a sign.
std::string getCType(Type element);
/// Lines of a C comment about what the arguments and the sizes are.
void writeArguments(raw_ostream &os, const KernelInterface &interface);
/// `name` with `_` for what a C identifier cannot have.
std::string getCIdentifier(StringRef name);

/// The function to compile: `name`, or the only public one if `name` is empty.
/// Emits an error at the module if there is none or the choice is not unique.
FailureOr<func::FuncOp> findEntry(ModuleOp module, StringRef name);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_KERNELINTERFACE_H
