//===- MachinePeak.cpp - What this machine can do ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Runtime/MachinePeak.h"
#include "attn/Target/CPU/Emission.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Intrinsics.h"
#include <ctime>

using namespace mlir::attn;

double mlir::attn::getThreadSeconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

double mlir::attn::getWallSeconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

struct MachinePeak::Implementation {
  /// double peak(int64_t iterations): keeps its accumulators alive.
  using Entry = double (*)(int64_t);
  std::unique_ptr<llvm::orc::LLJIT> jit;
  Entry entry = nullptr;
  double operationsPerIteration = 0;
};

MachinePeak::MachinePeak(std::unique_ptr<Implementation> implementation)
    : implementation(std::move(implementation)) {}
MachinePeak::MachinePeak(MachinePeak &&) = default;
MachinePeak::~MachinePeak() = default;

/// Enough chains to hide the latency of two multiply-adds per cycle, few enough
/// to stay in registers.
static constexpr unsigned kChains = 12;

static std::unique_ptr<llvm::Module> buildLoop(llvm::LLVMContext &context,
                                               const Machine &machine,
                                               unsigned bits) {
  auto module = std::make_unique<llvm::Module>("peak", context);
  module->setDataLayout(machine.target->createDataLayout());
  module->setTargetTriple(machine.target->getTargetTriple());
  llvm::IRBuilder<> b(context);
  llvm::Type *element = bits == 64 ? b.getDoubleTy() : b.getFloatTy();
  auto *vector =
      llvm::FixedVectorType::get(element, machine.vectorBits / bits);
  auto *function = llvm::Function::Create(
      llvm::FunctionType::get(b.getDoubleTy(), {b.getInt64Ty()}, false),
      llvm::Function::ExternalLinkage, "peak", *module);
  function->addFnAttr("target-cpu", machine.target->getTargetCPU());
  function->addFnAttr("target-features",
                      machine.target->getTargetFeatureString());
  function->addFnAttr("prefer-vector-width",
                      std::to_string(machine.vectorBits));
  auto *entry = llvm::BasicBlock::Create(context, "entry", function);
  auto *loop = llvm::BasicBlock::Create(context, "loop", function);
  auto *exit = llvm::BasicBlock::Create(context, "exit", function);
  b.SetInsertPoint(entry);
  b.CreateBr(loop);
  b.SetInsertPoint(loop);
  auto *i = b.CreatePHI(b.getInt64Ty(), 2);
  i->addIncoming(b.getInt64(0), entry);
  llvm::SmallVector<llvm::PHINode *> chains;
  for (unsigned c = 0; c < kChains; ++c) {
    auto *chain = b.CreatePHI(vector, 2);
    chain->addIncoming(llvm::ConstantFP::get(vector, 1.0 + c), entry);
    chains.push_back(chain);
  }
  llvm::Value *factor = llvm::ConstantFP::get(vector, 0.999);
  llvm::Value *term = llvm::ConstantFP::get(vector, 1e-6);
  llvm::SmallVector<llvm::Value *> updated;
  for (llvm::PHINode *chain : chains) {
    updated.push_back(b.CreateIntrinsic(llvm::Intrinsic::fma, {vector},
                                        {chain, factor, term}));
    chain->addIncoming(updated.back(), loop);
  }
  llvm::Value *next = b.CreateAdd(i, b.getInt64(1));
  i->addIncoming(next, loop);
  b.CreateCondBr(b.CreateICmpSLT(next, function->getArg(0)), loop, exit);
  b.SetInsertPoint(exit);
  llvm::Value *sum = updated.front();
  for (llvm::Value *value : llvm::ArrayRef(updated).drop_front())
    sum = b.CreateFAdd(sum, value);
  b.CreateRet(b.CreateFPExt(b.CreateExtractElement(sum, uint64_t(0)),
                            b.getDoubleTy()));
  return module;
}

llvm::Expected<MachinePeak> MachinePeak::create(unsigned bits) {
  llvm::Expected<Machine> machine = getMachine("native");
  if (!machine)
    return machine.takeError();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module = buildLoop(context, *machine, bits);
  auto object =
      emitCode(*module, *machine, llvm::CodeGenFileType::ObjectFile);
  if (!object)
    return object.takeError();
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  if (auto error = (*jit)->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(
          llvm::StringRef(object->data(), object->size()), "peak")))
    return error;
  auto entry = (*jit)->lookup("peak");
  if (!entry)
    return entry.takeError();
  auto implementation = std::make_unique<Implementation>();
  implementation->entry = entry->toPtr<Implementation::Entry>();
  implementation->jit = std::move(*jit);
  implementation->operationsPerIteration =
      2.0 * kChains * (machine->vectorBits / bits);
  return MachinePeak(std::move(implementation));
}

double MachinePeak::measure() const {
  constexpr int64_t kIterations = 2000000;
  double start = getThreadSeconds();
  volatile double keep = implementation->entry(kIterations);
  (void)keep;
  return kIterations * implementation->operationsPerIteration /
         (getThreadSeconds() - start);
}
