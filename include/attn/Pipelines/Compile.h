//===- Compile.h - From a module to a kernel -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PIPELINES_COMPILE_H
#define ATTN_PIPELINES_COMPILE_H

#include "attn/Analysis/KernelInterface.h"
#include "attn/Analysis/PlanChoice.h"
#include "attn/Analysis/ScratchMemory.h"
#include "attn/Analysis/StackCost.h"
#include "attn/Conversion/LinalgToAttn.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Target/CPU/Machine.h"
#include "attn/Target/NVPTX/DeviceProgram.h"
#include "attn/Target/NVPTX/Emission.h"

namespace mlir::attn {

struct CPUPipelineOptions;
struct FormPipelineOptions;

enum class Target { CPU, NVPTX };

struct CompileOptions {
  std::string entry;            // Empty: the only public function.
  FormKind form = FormKind::Blocked;
  Target target = Target::CPU;
  std::string cpu = "native";
  bool isVariant = false;                // One of several for different CPUs.
  std::string chip = kDefaultChip.str(); // Of NVPTX.
  // Tile sizes in rows; 0: suited to the CPU.
  int64_t queries = 0, keys = 0, block = 0;
  bool raise = true;             // Find attention that is spelled out.
  EmptyRows emptyRows = EmptyRows::AsWritten; // In what is raised.
  int64_t numThreads = 1;        // Threads that the kernel runs on.
  std::optional<int64_t> memoryBudget; // Bytes that a stack may keep.
  std::optional<int64_t> length; // Tokens to plan for, where they are free.
  bool count = false;            // The kernel counts its folds.
  bool timing = false;           // Report where compile time goes.
};

/// One compilation, step by step; each step rewrites the module in place. A
/// failure has been reported as a diagnostic.
class Compiler {
public:
  static FailureOr<Compiler> create(ModuleOp module, CompileOptions options);

  /// Attention that is spelled out becomes attn.attention, unless the options
  /// say no. The other steps come after it.
  LogicalResult raise();
  /// The form: attention decomposed to linalg on tensors.
  LogicalResult lowerToForm();
  /// Loops and vectors on buffers.
  LogicalResult lowerToBuffers();
  /// The LLVM dialect; of kernels for a GPU, the NVVM dialect.
  LogicalResult lowerToLLVM();
  /// An optimized LLVM module; for a GPU, that of the kernels.
  llvm::Expected<std::unique_ptr<llvm::Module>>
  translate(llvm::LLVMContext &context);
  /// For a GPU, after `lowerToLLVM`: PTX and how a host runs it.
  FailureOr<DeviceProgram> getDeviceProgram();

  const KernelInterface &getInterface() const { return interface; }
  const Machine &getMachine() const { return *machine; }
  /// What raise() found.
  const RaisingReport &getRaising() const { return raising; }
  const ScratchMemory &getScratch() const { return scratch; }
  /// The plan of a stack; known once the form is.
  const std::optional<PlannedStack> &getPlan() const { return plan; }
  /// Among which plans it was chosen, if it was chosen within a memory budget.
  const std::optional<PlanChoice> &getChoice() const { return choice; }

private:
  LogicalResult run(ModuleOp module,
                    function_ref<void(OpPassManager &)> build);
  LogicalResult choosePlan();
  LogicalResult fitPlan();
  FailureOr<int64_t> measure(const PlannedCost &planned) const;
  func::FuncOp getEntry(ModuleOp module) const;
  void setTiles(FormPipelineOptions &form, CPUPipelineOptions &cpu) const;

  ModuleOp module;
  CompileOptions options;
  std::shared_ptr<Machine> machine;
  std::shared_ptr<llvm::TargetMachine> device; // Of NVPTX.
  KernelInterface interface;
  RaisingReport raising;
  ScratchMemory scratch;
  std::optional<PlannedStack> plan;
  std::optional<PlanChoice> choice;
};

/// The object file of `module` compiled with `options`, and what a caller needs
/// to know about it. The module is left in the LLVM dialect.
struct CompiledKernel {
  KernelInterface interface;
  ScratchMemory scratch;
  std::optional<PlannedStack> plan;
  llvm::SmallVector<char, 0> object;
};
FailureOr<CompiledKernel> compileToObject(ModuleOp module,
                                          const CompileOptions &options);

/// The program for a GPU that `module` is, compiled with `options`. The module is
/// left in the NVVM dialect.
FailureOr<DeviceProgram> compileToDevice(ModuleOp module,
                                         const CompileOptions &options);

} // namespace mlir::attn

#endif // ATTN_PIPELINES_COMPILE_H
