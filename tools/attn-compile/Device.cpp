//===- Device.cpp - attn-compile for a GPU ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Outputs.h"
#include "common/ToolOptions.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace mlir::attn;

static LogicalResult verifyEmits(ArrayRef<Emit> emits) {
  for (Emit kind : emits)
    if (!llvm::is_contained({Emit::MLIR, Emit::LLVMMLIR, Emit::LL, Emit::PTX,
                             Emit::Cubin, Emit::H, Emit::JSON},
                            kind))
      return reportError("--emit=" + getName(kind) + " is for CPUs; with "
                         "--target=nvptx there are mlir, llvm-mlir, ll, ptx, "
                         "cubin, h and json");
  return success();
}

/// The machine code, or nothing where there is no assembler and others are wanted.
static LogicalResult addCubin(const DeviceProgram &program, bool isOnlyOne,
                              Outputs &outputs) {
  std::optional<std::string> assembler = findAssembler();
  if (!assembler) {
    const char *message =
        "no cubin: CUDA's ptxas is neither on PATH nor in $CUDA_HOME/bin or "
        "/usr/local/cuda/bin; install it, or use --emit=ptx, which the driver "
        "assembles when it is loaded";
    if (isOnlyOne)
      return reportError(message);
    llvm::WithColor::warning() << message << "\n";
    return success();
  }
  auto cubin = assemble(*assembler, program.ptx, program.chip);
  if (!cubin)
    return reportError(llvm::toString(cubin.takeError()));
  outputs.add("cubin", std::move(*cubin));
  return success();
}

LogicalResult mlir::attn::compileForDevice(ModuleOp module,
                                           const CompileOptions &options,
                                           ArrayRef<Emit> emits,
                                           Outputs &outputs) {
  auto wants = [&](Emit kind) { return llvm::is_contained(emits, kind); };
  if (failed(verifyEmits(emits)))
    return failure();
  FailureOr<Compiler> compiler = Compiler::create(module, options);
  if (failed(compiler) || failed(compiler->raise()) ||
      failed(compiler->lowerToForm()))
    return failure();
  if (wants(Emit::MLIR))
    outputs.add("mlir", print(module));
  if (failed(compiler->lowerToBuffers()) || failed(compiler->lowerToLLVM()))
    return failure();
  if (wants(Emit::LLVMMLIR))
    outputs.add("llvm.mlir", print(module));
  if (wants(Emit::LL)) {
    llvm::LLVMContext context;
    auto translated = compiler->translate(context);
    if (!translated)
      return module.emitError(llvm::toString(translated.takeError()));
    outputs.add("ll", print(**translated));
  }
  FailureOr<DeviceProgram> program = compiler->getDeviceProgram();
  if (failed(program))
    return failure();
  if (wants(Emit::H))
    outputs.add("h", getDeviceHeader(*program));
  if (wants(Emit::JSON))
    outputs.add("json", llvm::formatv("{0:2}\n", describeProgram(*program)));
  if (wants(Emit::PTX))
    outputs.add("ptx", program->ptx);
  if (wants(Emit::Cubin))
    return addCubin(*program, /*isOnlyOne=*/emits.size() == 1, outputs);
  return success();
}
