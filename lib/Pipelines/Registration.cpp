//===- Registration.cpp - Dialects, passes and pipelines by name ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Dialect/Kernel/IR/Kernel.h"
#include "attn/Dialect/Recur/Transforms/Passes.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Target/CPU/Passes.h"
#include "attn/Target/NVPTX/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"

using namespace mlir;
using namespace mlir::attn;

void mlir::attn::registerDialects(DialectRegistry &registry) {
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registerAllToLLVMIRTranslations(registry);
  registry.insert<AttnDialect, recur::RecurDialect, kernel::KernelDialect>();
  kernel::registerBufferization(registry);
}

void mlir::attn::registerPassesAndPipelines() {
  registerAttnTransformsPasses();
  recur::registerRecurTransformsPasses();
  registerAttnConversionPasses();
  registerAttnCPUPasses();
  registerAttnNVPTXPasses();
  PassPipelineRegistration<>(
      "attn-raise-pipeline",
      "attention of other projects, or spelled out, to attn.attention",
      buildRaisePipeline);
  PassPipelineRegistration<FormPipelineOptions>(
      "attn-form-pipeline",
      "attention to a form, decomposed to linalg on tensors",
      buildFormPipeline);
  PassPipelineRegistration<CPUPipelineOptions>(
      "attn-cpu-pipeline", "linalg on tensors to the LLVM dialect, for a CPU",
      buildCPUPipeline);
  PassPipelineRegistration<NVPTXPipelineOptions>(
      "attn-nvptx-pipeline",
      "linalg on tensors to kernels in the NVVM dialect and their launches",
      buildNVPTXPipeline);
}
