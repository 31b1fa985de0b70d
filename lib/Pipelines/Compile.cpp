//===- Compile.cpp - From a module to a kernel ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Pipelines/Compile.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Target/CPU/Emission.h"
#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/IR/LLVMContext.h"

using namespace mlir;
using namespace mlir::attn;

FailureOr<Compiler> Compiler::create(ModuleOp module, CompileOptions options) {
  FailureOr<func::FuncOp> entry = findEntry(module, options.entry);
  if (failed(entry))
    return failure();
  // What else is public is not part of this kernel.
  for (auto function : module.getOps<func::FuncOp>())
    if (function != *entry && !function.isExternal())
      function.setPrivate();
  entry->setPublic();

  FailureOr<KernelInterface> interface = getKernelInterface(*entry);
  if (failed(interface))
    return failure();
  llvm::Expected<Machine> machine = attn::getMachine(options.cpu);
  if (!machine)
    return module.emitError(llvm::toString(machine.takeError()));
  Compiler compiler;
  compiler.module = module;
  compiler.options = std::move(options);
  compiler.interface = std::move(*interface);
  compiler.machine = std::make_shared<Machine>(std::move(*machine));
  return compiler;
}

LogicalResult Compiler::run(ModuleOp module,
                            function_ref<void(OpPassManager &)> build) {
  PassManager pm(module.getContext(), ModuleOp::getOperationName());
  pm.enableVerifier();
  if (failed(applyPassManagerCLOptions(pm)))
    return failure();
  if (options.timing)
    pm.enableTiming();
  build(pm);
  return pm.run(module);
}

/// Tiles suited to the machine, unless the options say otherwise.
static void setTiles(const CompileOptions &options, const Machine &machine,
                     FormPipelineOptions &form, CPUPipelineOptions &cpu) {
  form.form = options.form;
  form.count = options.count;
  form.numThreads = options.numThreads;
  cpu.numThreads = options.numThreads;
  cpu.count = options.count;
  chooseTiles(machine, form, cpu);
  if (options.queries)
    form.queries = options.queries;
  if (options.keys)
    form.keys = options.keys;
  if (options.block)
    form.block = options.block;
}

/// What the buffers of dynamic size take for their administration.
static constexpr int64_t kHeapBlockBytes = 128;

/// Plans on a copy: passes that look at the function must not change its interface.
LogicalResult Compiler::selectPlan(std::optional<int64_t> budget) {
  FormPipelineOptions form;
  form.form = options.form;
  form.memoryBudget = budget.value_or(-1);
  form.length = options.length.value_or(-1);
  OwningOpRef<ModuleOp> copy = module.clone();
  if (failed(run(*copy, [&](OpPassManager &pm) {
        pm.addPass(createSymbolDCEPass());
        buildSelectPipeline(pm, form);
      })))
    return failure();
  auto planned =
      getPlannedStack(copy->lookupSymbol<func::FuncOp>(interface.name));
  if (failed(planned))
    return failure();
  plan = *planned;
  return success();
}

void Compiler::setPlan(ModuleOp module) const {
  module.lookupSymbol<func::FuncOp>(interface.name)
      ->setAttr(AttnDialect::kPlan, plan->plan);
}

/// Bytes that the plan takes in emitted code.
FailureOr<int64_t> Compiler::measurePlan() const {
  Compiler trial = *this;
  OwningOpRef<ModuleOp> copy = trial.module.clone();
  setPlan(*copy);
  trial.module = *copy;
  trial.options.memoryBudget = std::nullopt;
  trial.options.count = false;
  if (failed(trial.lowerToForm()) || failed(trial.lowerToBuffers()))
    return failure();
  int64_t bytes = trial.scratch.stackBytes + trial.scratch.heapBytes;
  if (trial.scratch.dynamicBuffers)
    bytes += static_cast<int64_t>(getPlanCost().cacheBytes) +
             kHeapBlockBytes * trial.scratch.dynamicBuffers;
  return bytes;
}

SpaceTime Compiler::getPlanCost() const {
  int64_t length = ShapedType::isDynamic(plan->cost.length)
                       ? options.length.value_or(0)
                       : plan->cost.length;
  return evaluate(plan->cost, Plan::get(plan->plan), length);
}

/// Where the code takes more than was thought, the plan is made again for as much
/// less, until it fits.
LogicalResult Compiler::choosePlan() {
  auto function = module.lookupSymbol<func::FuncOp>(interface.name);
  bool isPlanned = function->hasAttr(AttnDialect::kPlan);
  if (!options.memoryBudget && options.form != FormKind::Recompute && !isPlanned)
    return success();
  std::optional<int64_t> budget = options.memoryBudget;
  SmallVector<Diagnostic> said; // Of the last choice, which is the one that holds.
  while (true) {
    said.clear();
    ScopedDiagnosticHandler keep(module.getContext(), [&](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() != DiagnosticSeverity::Remark)
        return failure();
      said.push_back(std::move(diagnostic));
      return success();
    });
    if (failed(selectPlan(budget)))
      return failure();
    if (!plan || !budget || isPlanned)
      break;
    FailureOr<int64_t> bytes = measurePlan();
    if (failed(bytes))
      return failure();
    int64_t over = *bytes - *options.memoryBudget;
    if (over <= 0)
      break;
    budget = std::min(*budget,
                      static_cast<int64_t>(getPlanCost().getPeakBytes())) -
             over;
    if (*budget < 0)
      return module.emitError("no plan fits in ")
             << *options.memoryBudget << " bytes: the code of the smallest takes "
             << *bytes;
  }
  for (Diagnostic &diagnostic : said)
    module.getContext()->getDiagEngine().emit(std::move(diagnostic));
  if (plan)
    setPlan(module);
  return success();
}

LogicalResult Compiler::lowerToForm() {
  if (failed(choosePlan()))
    return failure();
  FormPipelineOptions form;
  CPUPipelineOptions cpu;
  setTiles(options, *machine, form, cpu);
  return run(module, [&](OpPassManager &pm) {
    // What the kernel does not call is not compiled.
    pm.addPass(createSymbolDCEPass());
    pm.addPass(createCPUCInterface());
    buildFormPipeline(pm, form);
  });
}

LogicalResult Compiler::lowerToBuffers() {
  FormPipelineOptions form;
  CPUPipelineOptions cpu;
  setTiles(options, *machine, form, cpu);
  if (failed(run(module, [&](OpPassManager &pm) {
        buildCPUBufferPipeline(pm, cpu);
      })))
    return failure();
  // A kernel without independent loops needs no OpenMP runtime.
  WalkResult hasLoops = module.walk([](Operation *op) {
    return isa<scf::ForallOp, scf::ParallelOp>(op) ? WalkResult::interrupt()
                                                   : WalkResult::advance();
  });
  interface.numThreads = hasLoops.wasInterrupted() ? options.numThreads : 1;
  scratch = getScratchMemory(module, interface.numThreads);
  interface.counters = getCounters(module); // What cannot be reached is gone.
  return success();
}

LogicalResult Compiler::lowerToLLVM() {
  CPUPipelineOptions cpu;
  cpu.kernel = interface.name;
  cpu.numThreads = interface.numThreads;
  return run(module, [&](OpPassManager &pm) { buildCPULLVMPipeline(pm, cpu); });
}

llvm::Expected<std::unique_ptr<llvm::Module>>
Compiler::translate(llvm::LLVMContext &context) {
  return translateToLLVM(module, context, *machine);
}

FailureOr<CompiledKernel>
mlir::attn::compileToObject(ModuleOp module, const CompileOptions &options) {
  FailureOr<Compiler> compiler = Compiler::create(module, options);
  if (failed(compiler) || failed(compiler->lowerToForm()) ||
      failed(compiler->lowerToBuffers()) || failed(compiler->lowerToLLVM()))
    return failure();
  if (!compiler->getMachine().isHost)
    return module.emitError("code for CPU '")
           << options.cpu << "' does not run on this machine; compile it with "
           << "attn-compile, or leave out --cpu";
  llvm::LLVMContext context;
  auto translated = compiler->translate(context);
  if (!translated)
    return module.emitError(llvm::toString(translated.takeError()));
  auto object = emitCode(**translated, compiler->getMachine(),
                         llvm::CodeGenFileType::ObjectFile);
  if (!object)
    return module.emitError(llvm::toString(object.takeError()));
  return CompiledKernel{compiler->getInterface(), compiler->getScratch(),
                        compiler->getPlan(), std::move(*object)};
}
