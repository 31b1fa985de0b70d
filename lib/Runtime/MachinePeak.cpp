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
#include <numeric>
#include <thread>

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

//===----------------------------------------------------------------------===//
// Small loops, compiled for this machine
//===----------------------------------------------------------------------===//

namespace {

/// A function of one basic block that repeats.
struct Loop {
  Loop(llvm::LLVMContext &context, const Machine &machine, llvm::StringRef name,
       llvm::Type *result, llvm::ArrayRef<llvm::Type *> arguments)
      : module(std::make_unique<llvm::Module>(name, context)), b(context) {
    module->setDataLayout(machine.target->createDataLayout());
    module->setTargetTriple(machine.target->getTargetTriple());
    function = llvm::Function::Create(
        llvm::FunctionType::get(result, arguments, false),
        llvm::Function::ExternalLinkage, name, *module);
    function->addFnAttr("target-cpu", machine.target->getTargetCPU());
    function->addFnAttr("target-features",
                        machine.target->getTargetFeatureString());
    function->addFnAttr("prefer-vector-width",
                        std::to_string(machine.vectorBits));
    entry = llvm::BasicBlock::Create(context, "entry", function);
    body = llvm::BasicBlock::Create(context, "loop", function);
    exit = llvm::BasicBlock::Create(context, "exit", function);
    b.SetInsertPoint(entry);
    b.CreateBr(body);
    b.SetInsertPoint(body);
    counter = carry(b.getInt64(0));
  }

  llvm::PHINode *carry(llvm::Value *initial) {
    llvm::PHINode *phi = b.CreatePHI(initial->getType(), 2);
    phi->addIncoming(initial, entry);
    return phi;
  }

  /// Repeats while the counter, plus `step`, is less than `end`.
  void close(int64_t step, llvm::Value *end) {
    llvm::Value *next = b.CreateAdd(counter, b.getInt64(step));
    counter->addIncoming(next, body);
    b.CreateCondBr(b.CreateICmpSLT(next, end), body, exit);
    b.SetInsertPoint(exit);
  }

  std::unique_ptr<llvm::Module> module;
  llvm::IRBuilder<> b;
  llvm::Function *function;
  llvm::BasicBlock *entry, *body, *exit;
  llvm::PHINode *counter;
};

/// A loop in this process, and where it begins.
struct LoadedLoop {
  std::unique_ptr<llvm::orc::LLJIT> jit;
  llvm::orc::ExecutorAddr entry;
};

} // namespace

static llvm::Expected<LoadedLoop> load(Loop &loop, const Machine &machine) {
  auto object =
      emitCode(*loop.module, machine, llvm::CodeGenFileType::ObjectFile);
  if (!object)
    return object.takeError();
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  if (auto error = (*jit)->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(
          llvm::StringRef(object->data(), object->size()), "loop")))
    return error;
  auto entry = (*jit)->lookup(loop.function->getName());
  if (!entry)
    return entry.takeError();
  return LoadedLoop{std::move(*jit), *entry};
}

/// The work per second of thread CPU time that threads reach together: each does
/// `run` of its number, worth `work`.
static double measureTogether(unsigned threads, double work,
                              llvm::function_ref<void(unsigned)> run) {
  std::vector<double> rates(threads);
  auto measureOne = [&](unsigned thread) {
    double start = getThreadSeconds();
    run(thread);
    rates[thread] = work / (getThreadSeconds() - start);
  };
  std::vector<std::thread> others;
  for (unsigned thread = 1; thread < threads; ++thread)
    others.emplace_back(measureOne, thread);
  measureOne(0);
  for (std::thread &other : others)
    other.join();
  return std::accumulate(rates.begin(), rates.end(), 0.0);
}

//===----------------------------------------------------------------------===//
// Multiply-adds
//===----------------------------------------------------------------------===//

struct MachinePeak::Implementation {
  LoadedLoop loop;
  double operationsPerIteration = 0;
};

MachinePeak::MachinePeak(std::unique_ptr<Implementation> implementation)
    : implementation(std::move(implementation)) {}
MachinePeak::MachinePeak(MachinePeak &&) = default;
MachinePeak::~MachinePeak() = default;

/// Enough chains to hide the latency of two multiply-adds per cycle, few enough
/// to stay in registers.
static constexpr unsigned kChains = 12;

/// double peak(int64_t iterations): keeps its accumulators alive.
static void emitMultiplyAdds(Loop &loop, const Machine &machine,
                             unsigned bits) {
  llvm::IRBuilder<> &b = loop.b;
  llvm::Type *number = b.getDoubleTy();
  auto *vector = llvm::FixedVectorType::get(
      bits == 64 ? number : b.getFloatTy(), machine.vectorBits / bits);
  llvm::SmallVector<llvm::PHINode *> chains;
  for (unsigned c = 0; c < kChains; ++c)
    chains.push_back(loop.carry(llvm::ConstantFP::get(vector, 1.0 + c)));
  llvm::Value *factor = llvm::ConstantFP::get(vector, 0.999);
  llvm::Value *term = llvm::ConstantFP::get(vector, 1e-6);
  llvm::SmallVector<llvm::Value *> updated;
  for (llvm::PHINode *chain : chains) {
    updated.push_back(b.CreateIntrinsic(llvm::Intrinsic::fma, {vector},
                                        {chain, factor, term}));
    chain->addIncoming(updated.back(), loop.body);
  }
  loop.close(1, loop.function->getArg(0));
  llvm::Value *sum = updated.front();
  for (llvm::Value *value : llvm::ArrayRef(updated).drop_front())
    sum = b.CreateFAdd(sum, value);
  b.CreateRet(
      b.CreateFPExt(b.CreateExtractElement(sum, uint64_t(0)), number));
}

llvm::Expected<MachinePeak> MachinePeak::create(unsigned bits) {
  llvm::Expected<Machine> machine = getMachine("native");
  if (!machine)
    return machine.takeError();
  llvm::LLVMContext context;
  Loop peak(context, *machine, "peak", llvm::Type::getDoubleTy(context),
            {llvm::Type::getInt64Ty(context)});
  emitMultiplyAdds(peak, *machine, bits);
  auto loop = load(peak, *machine);
  if (!loop)
    return loop.takeError();
  double operations = 2.0 * kChains * (machine->vectorBits / bits);
  return MachinePeak(std::unique_ptr<Implementation>(
      new Implementation{std::move(*loop), operations}));
}

double MachinePeak::measure(unsigned threads) const {
  constexpr int64_t kIterations = 2000000;
  auto *loop = implementation->loop.entry.toPtr<double (*)(int64_t)>();
  return measureTogether(
      threads, kIterations * implementation->operationsPerIteration,
      [&](unsigned) {
        volatile double keep = loop(kIterations);
        (void)keep;
      });
}

//===----------------------------------------------------------------------===//
// Reads
//===----------------------------------------------------------------------===//

int64_t mlir::attn::getBytesBeyondCache() {
  // The C library's answer covers the whole package, of which a virtual machine
  // has a part: the kernel knows which.
  int64_t kilobytes = 0;
  if (auto file = llvm::MemoryBuffer::getFile(
          "/sys/devices/system/cpu/cpu0/cache/index3/size"))
    (*file)->getBuffer().consumeInteger(10, kilobytes);
  constexpr int64_t kMiB = 1 << 20;
  return std::clamp(4 * kilobytes * 1024, 256 * kMiB, 1024 * kMiB);
}

struct ReadBandwidth::Implementation {
  LoadedLoop loop;
  llvm::SmallVector<char, 0> buffer;
};

ReadBandwidth::ReadBandwidth(std::unique_ptr<Implementation> implementation)
    : implementation(std::move(implementation)) {}
ReadBandwidth::ReadBandwidth(ReadBandwidth &&) = default;
ReadBandwidth::~ReadBandwidth() = default;

/// Loads per stream and iteration.
static constexpr unsigned kLoads = 8;

/// int32_t read(const void *buffer, int64_t half): the sum of two halves, each of
/// `half` bytes. Two streams keep more prefetches in flight than one.
static void emitReads(Loop &loop, const Machine &machine) {
  llvm::IRBuilder<> &b = loop.b;
  int64_t bytes = machine.vectorBits / 8;
  auto *vector = llvm::FixedVectorType::get(b.getInt32Ty(), bytes / 4);
  llvm::Value *first =
      b.CreatePtrAdd(loop.function->getArg(0), loop.counter);
  llvm::Value *second = b.CreatePtrAdd(first, loop.function->getArg(1));
  // All phis come first in the block.
  b.SetInsertPoint(loop.body, loop.body->getFirstNonPHIIt());
  llvm::SmallVector<llvm::PHINode *> sums;
  for (unsigned i = 0; i < kLoads; ++i)
    sums.push_back(loop.carry(llvm::Constant::getNullValue(vector)));
  b.SetInsertPoint(loop.body);
  llvm::SmallVector<llvm::Value *> updated(sums.begin(), sums.end());
  for (llvm::Value *stream : {first, second})
    for (unsigned i = 0; i < kLoads; ++i)
      updated[i] = b.CreateAdd(
          updated[i],
          b.CreateAlignedLoad(vector,
                              b.CreatePtrAdd(stream, b.getInt64(i * bytes)),
                              llvm::Align(4)));
  for (auto [sum, value] : llvm::zip(sums, updated))
    sum->addIncoming(value, loop.body);
  loop.close(kLoads * bytes, loop.function->getArg(1));
  llvm::Value *sum = updated.front();
  for (llvm::Value *value : llvm::ArrayRef(updated).drop_front())
    sum = b.CreateAdd(sum, value);
  b.CreateRet(b.CreateAddReduce(sum));
}

llvm::Expected<ReadBandwidth> ReadBandwidth::create() {
  llvm::Expected<Machine> machine = getMachine("native");
  if (!machine)
    return machine.takeError();
  llvm::LLVMContext context;
  Loop read(context, *machine, "read", llvm::Type::getInt32Ty(context),
            {llvm::PointerType::getUnqual(context),
             llvm::Type::getInt64Ty(context)});
  emitReads(read, *machine);
  auto loop = load(read, *machine);
  if (!loop)
    return loop.takeError();
  auto implementation = std::make_unique<Implementation>();
  implementation->loop = std::move(*loop);
  // Written to: pages never touched are all one page of zeros, in cache.
  implementation->buffer.assign(getBytesBeyondCache(), 1);
  return ReadBandwidth(std::move(implementation));
}

double ReadBandwidth::measure(unsigned threads) const {
  auto *loop =
      implementation->loop.entry.toPtr<int32_t (*)(const void *, int64_t)>();
  const auto &buffer = implementation->buffer;
  int64_t half = buffer.size() / (2 * threads);
  return measureTogether(threads, 2 * half, [&](unsigned thread) {
    volatile int32_t keep = loop(buffer.data() + 2 * half * thread, half);
    (void)keep;
  });
}
