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
#include "attn/Target/NVPTX/ExtractProgram.h"
#include "attn/Target/NVPTX/Passes.h"
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
  llvm::Expected<Machine> machine =
      attn::getMachine(options.cpu, options.isVariant);
  if (!machine)
    return module.emitError(llvm::toString(machine.takeError()));
  Compiler compiler;
  if (options.target == Target::NVPTX) {
    auto device = getDeviceMachine(options.chip);
    if (!device)
      return module.emitError(llvm::toString(device.takeError()));
    compiler.device = std::move(*device);
  }
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
void Compiler::setTiles(FormPipelineOptions &form,
                        CPUPipelineOptions &cpu) const {
  form.form = options.form;
  form.raise = false; // It is done.
  form.count = options.count;
  form.numThreads = options.numThreads;
  cpu.numThreads = options.numThreads;
  cpu.count = options.count;
  chooseTiles(*machine, form, cpu);
  if (options.target == Target::NVPTX)
    chooseDeviceTiles(form);
  if (options.queries)
    form.queries = options.queries;
  if (options.keys)
    form.keys = options.keys;
  if (options.block)
    form.block = options.block;
}

LogicalResult Compiler::raise() {
  if (!options.raise)
    return success();
  return run(module, [&](OpPassManager &pm) {
    // What the kernel does not call is not compiled.
    pm.addPass(createSymbolDCEPass());
    LinalgToAttnOptions raise;
    raise.emptyRows = options.emptyRows;
    pm.addPass(createLinalgToAttn(raising, raise));
  });
}

LogicalResult Compiler::lowerToForm() {
  if (failed(choosePlan()))
    return failure();
  FormPipelineOptions form;
  CPUPipelineOptions cpu;
  setTiles(form, cpu);
  return run(module, [&](OpPassManager &pm) {
    pm.addPass(createSymbolDCEPass());
    if (options.target == Target::CPU) {
      pm.addPass(createCPUCInterface(interface));
    } else {
      // Steps of called functions are steps of the program.
      pm.addPass(createInlinerPass());
      pm.addPass(createNVPTXAddDestinations());
    }
    buildFormPipeline(pm, form);
  });
}

LogicalResult Compiler::lowerToBuffers() {
  FormPipelineOptions form;
  CPUPipelineOptions cpu;
  setTiles(form, cpu);
  if (options.target == Target::NVPTX)
    return run(module, [](OpPassManager &pm) {
      buildNVPTXBufferPipeline(pm, NVPTXPipelineOptions());
    });
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
  if (options.target == Target::NVPTX)
    return run(module, [](OpPassManager &pm) { buildNVVMPipeline(pm); });
  CPUPipelineOptions cpu;
  cpu.kernel = interface.name;
  cpu.numThreads = interface.numThreads;
  return run(module, [&](OpPassManager &pm) { buildCPULLVMPipeline(pm, cpu); });
}

llvm::Expected<std::unique_ptr<llvm::Module>>
Compiler::translate(llvm::LLVMContext &context) {
  if (options.target == Target::NVPTX)
    return translateToLLVM(*module.getOps<gpu::GPUModuleOp>().begin(), context,
                           *device);
  return translateToLLVM(module, context, *machine);
}

FailureOr<DeviceProgram> Compiler::getDeviceProgram() {
  FailureOr<DeviceProgram> program =
      attn::getDeviceProgram(getEntry(module), interface);
  if (failed(program))
    return failure();
  llvm::LLVMContext context;
  auto translated = translate(context);
  if (!translated)
    return module.emitError(llvm::toString(translated.takeError()));
  auto ptx = emitPTX(**translated, *device);
  if (!ptx)
    return module.emitError(llvm::toString(ptx.takeError()));
  program->chip = options.chip;
  program->ptx = std::move(*ptx);
  return program;
}

FailureOr<DeviceProgram>
mlir::attn::compileToDevice(ModuleOp module, const CompileOptions &options) {
  CompileOptions given = options;
  given.target = Target::NVPTX;
  FailureOr<Compiler> compiler = Compiler::create(module, std::move(given));
  if (failed(compiler) || failed(compiler->raise()) ||
      failed(compiler->lowerToForm()) ||
      failed(compiler->lowerToBuffers()) || failed(compiler->lowerToLLVM()))
    return failure();
  return compiler->getDeviceProgram();
}

FailureOr<CompiledKernel>
mlir::attn::compileToObject(ModuleOp module, const CompileOptions &options) {
  if (options.target != Target::CPU)
    return module.emitError("no code generation for this target yet that runs "
                            "here; use attn-compile, or --target=cpu");
  FailureOr<Compiler> compiler = Compiler::create(module, options);
  if (failed(compiler) || failed(compiler->raise()) ||
      failed(compiler->lowerToForm()) ||
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
