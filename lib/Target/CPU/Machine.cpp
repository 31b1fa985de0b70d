//===- Machine.cpp - The CPU that code is generated for ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/CPU/Machine.h"
#include "attn/Target/CPU/Detection.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"

using namespace mlir::attn;

/// Asks LLVM's cost model, as a function of this target would.
static void readVectorUnit(Machine &machine) {
  llvm::LLVMContext context;
  llvm::Module module("probe", context);
  module.setTargetTriple(machine.target->getTargetTriple());
  module.setDataLayout(machine.target->createDataLayout());
  auto *probe = llvm::Function::Create(
      llvm::FunctionType::get(llvm::Type::getVoidTy(context), false),
      llvm::Function::ExternalLinkage, "probe", module);
  probe->addFnAttr("target-cpu", machine.target->getTargetCPU());
  probe->addFnAttr("target-features",
                   machine.target->getTargetFeatureString());
  probe->addFnAttr("prefer-vector-width", "512");
  llvm::TargetTransformInfo info =
      machine.target->getTargetTransformInfo(*probe);
  uint64_t bits =
      info.getRegisterBitWidth(
              llvm::TargetTransformInfo::RGK_FixedWidthVector)
          .getFixedValue();
  machine.vectorBits = bits ? bits : 128;
  unsigned vectorClass = info.getRegisterClassForType(/*Vector=*/true);
  machine.vectorRegisters = info.getNumberOfRegisters(vectorClass);
  using Level = llvm::TargetTransformInfo::CacheLevel;
  for (int64_t i : {0, 1})
    if (std::optional<unsigned> known =
            info.getCacheSize(i == 0 ? Level::L1D : Level::L2D))
      machine.cacheBytes[i] = *known;
}

/// Architectures that code is generated for besides this machine's.
static constexpr llvm::StringLiteral kCrossTriples[] = {
    "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"};

/// The code generator for `triple`, if it is there and knows this CPU.
static const llvm::Target *findTarget(const llvm::Triple &triple,
                                      llvm::StringRef cpu) {
  std::string reason;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, reason);
  if (!target)
    return nullptr;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
      target->createMCSubtargetInfo(triple, "", ""));
  return subtarget && subtarget->isCPUStringValid(cpu) ? target : nullptr;
}

/// Adds to `features` what the code for `cpu` must not have.
static llvm::Error restrictFeatures(const llvm::Target &target,
                                    const llvm::Triple &triple,
                                    llvm::StringRef cpu, bool isVariant,
                                    llvm::SubtargetFeatures &features) {
  if (isVariant && triple.getArch() != llvm::Triple::x86_64)
    return llvm::createStringError(
        "programs choose between CPUs on x86_64 only, and '" + cpu +
        "' is one of " + triple.getArchName() + "; give one CPU");
  if (triple.getArch() != llvm::Triple::x86_64)
    return llvm::Error::success();
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
      target.createMCSubtargetInfo(triple, cpu, features.getString()));
  if (!subtarget->checkFeatures("+64bit"))
    return llvm::createStringError(
        "CPU '" + cpu +
        "' has no 64-bit mode; use x86-64 or a later "
        "one");
  if (isVariant)
    disableUncheckedSets(*subtarget, features);
  return llvm::Error::success();
}

llvm::Expected<Machine> mlir::attn::getMachine(llvm::StringRef cpu,
                                               bool isVariant) {
  llvm::InitializeAllTargetInfos();
  llvm::InitializeAllTargets();
  llvm::InitializeAllTargetMCs();
  llvm::InitializeAllAsmPrinters();
  llvm::InitializeAllAsmParsers();
  llvm::Triple host(llvm::sys::getProcessTriple());
  // A name alone may imply features that this machine hides: list all.
  llvm::SubtargetFeatures features;
  bool isNative = cpu.empty() || cpu == "native";
  std::string name = isNative ? llvm::sys::getHostCPUName().str() : cpu.str();
  if (isNative)
    for (const auto &feature : llvm::sys::getHostCPUFeatures())
      features.AddFeature(feature.first(), feature.second);

  llvm::Triple triple = host;
  const llvm::Target *target = findTarget(triple, name);
  for (llvm::StringRef other : kCrossTriples) {
    if (target)
      break;
    triple = llvm::Triple(other);
    target = findTarget(triple, name);
  }
  if (!target)
    return llvm::createStringError(
        "unknown CPU '" + name + "' for " + host.getArchName() +
        ", x86_64 and aarch64; `native` is this machine");
  if (auto error = restrictFeatures(*target, triple, name, isVariant, features))
    return std::move(error);
  Machine machine;
  machine.isHost = triple.getArch() == host.getArch();
  machine.target.reset(target->createTargetMachine(
      triple, name, features.getString(), llvm::TargetOptions(),
      llvm::Reloc::PIC_, std::nullopt, llvm::CodeGenOptLevel::Aggressive));
  if (!machine.target)
    return llvm::createStringError("no target machine for " + triple.str());
  readVectorUnit(machine);
  return machine;
}
