//===- Emission.cpp - Kernels to PTX and cubin ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/NVPTX/Emission.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Program.h"

using namespace mlir;
using namespace mlir::attn;

/// What LLVM would need a library for; the code generator would stop the process.
static bool needsLibrary(const llvm::Function &function) {
  if (!function.isDeclaration())
    return false;
  switch (function.getIntrinsicID()) {
  case llvm::Intrinsic::not_intrinsic:
  case llvm::Intrinsic::exp:
  case llvm::Intrinsic::exp10:
  case llvm::Intrinsic::log:
  case llvm::Intrinsic::log2:
  case llvm::Intrinsic::log10:
  case llvm::Intrinsic::pow:
  case llvm::Intrinsic::sin:
  case llvm::Intrinsic::cos:
  case llvm::Intrinsic::tan:
  case llvm::Intrinsic::tanh:
    return !function.use_empty();
  case llvm::Intrinsic::exp2: // f32 and smaller have an instruction.
    return !function.use_empty() && function.getReturnType()->isDoubleTy();
  default:
    return false;
  }
}

llvm::Expected<std::unique_ptr<llvm::Module>>
mlir::attn::translateToLLVM(gpu::GPUModuleOp kernels,
                            llvm::LLVMContext &context,
                            llvm::TargetMachine &machine) {
  std::unique_ptr<llvm::Module> translated =
      translateModuleToLLVMIR(kernels, context, kernels.getName());
  if (!translated)
    return llvm::createStringError("translation to LLVM IR failed");
  translated->setDataLayout(machine.createDataLayout());
  translated->setTargetTriple(machine.getTargetTriple());
  // Only kernels have names outside: the code generator makes others such that
  // PTX can have them.
  for (llvm::Function &function : *translated)
    if (!function.isDeclaration() &&
        function.getCallingConv() != llvm::CallingConv::PTX_Kernel)
      function.setLinkage(llvm::GlobalValue::InternalLinkage);

  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  // Unrolled as much as LLVM does for this target, a kernel of some nested loops
  // has hundreds of kilobytes. CUDA's assembler unrolls too.
  llvm::PipelineTuningOptions tuning;
  tuning.LoopUnrolling = false;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3)
      .run(*translated, modules);
  for (const llvm::Function &function : *translated)
    if (needsLibrary(function))
      return llvm::createStringError(
          "kernels would call '" + function.getName() +
          "', and there is no library of functions on the GPU");
  return translated;
}

llvm::Expected<std::string>
mlir::attn::emitPTX(llvm::Module &module, llvm::TargetMachine &machine) {
  SmallString<0> code;
  llvm::raw_svector_ostream stream(code);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr,
                                  llvm::CodeGenFileType::AssemblyFile))
    return llvm::createStringError("this LLVM cannot write PTX");
  passes.run(module);
  return code.str().str();
}

std::optional<std::string> mlir::attn::findAssembler() {
  if (auto path = llvm::sys::findProgramByName("ptxas"))
    return *path;
  SmallVector<std::string> folders;
  if (const char *home = std::getenv("CUDA_HOME"))
    folders.push_back(std::string(home) + "/bin");
  folders.push_back("/usr/local/cuda/bin");
  for (StringRef folder : folders)
    if (auto path = llvm::sys::findProgramByName("ptxas", folder))
      return *path;
  return std::nullopt;
}

llvm::Expected<std::string> mlir::attn::assemble(StringRef assembler,
                                                 StringRef ptx,
                                                 StringRef chip) {
  SmallString<128> ptxPath, cubinPath, logPath;
  if (llvm::sys::fs::createTemporaryFile("attn", "ptx", ptxPath) ||
      llvm::sys::fs::createTemporaryFile("attn", "cubin", cubinPath) ||
      llvm::sys::fs::createTemporaryFile("attn", "log", logPath))
    return llvm::createStringError("cannot create temporary files");
  llvm::FileRemover removePtx(ptxPath), removeCubin(cubinPath),
      removeLog(logPath);
  if (auto error = llvm::writeToOutput(ptxPath, [&](llvm::raw_ostream &os) {
        os << ptx;
        return llvm::Error::success();
      }))
    return std::move(error);
  std::optional<StringRef> redirects[] = {std::nullopt, StringRef(logPath),
                                          StringRef(logPath)};
  std::string architecture = ("-arch=" + chip).str(), message;
  StringRef arguments[] = {assembler, architecture, "-o", cubinPath, ptxPath};
  int status = llvm::sys::ExecuteAndWait(assembler, arguments, std::nullopt,
                                         redirects, 0, 0, &message);
  if (status != 0) {
    auto log = llvm::MemoryBuffer::getFile(logPath);
    return llvm::createStringError(assembler + " failed: " + message +
                                   (log ? (*log)->getBuffer() : ""));
  }
  auto cubin = llvm::MemoryBuffer::getFile(cubinPath);
  if (!cubin)
    return llvm::createStringError("cannot read what " + assembler + " wrote");
  return (*cubin)->getBuffer().str();
}
