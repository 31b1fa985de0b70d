//===- NVPTXPipeline.cpp - linalg on tensors to kernels in the NVVM dialect ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/Passes.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Target/CPU/Passes.h"
#include "attn/Target/NVPTX/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::attn;

/// What a thread may have in local memory, in bytes: a GPU sets this much aside for
/// each of the threads that it can run at the same time.
static constexpr int64_t kMaxLocalBytes = 32768;

void mlir::attn::chooseDeviceTiles(FormPipelineOptions &form) {
  // A thread takes a query: its neighbours are other threads, not lanes. A tile of
  // scores may stay in registers.
  form.queries = 1;
  form.keys = 16;
  form.block = 0;
  form.blockBytes = 0;
  form.parts = 1;
  form.parallelTokens = true;
  form.lanes = 1;
  form.chunksBesideBatch = false; // One thread would go from one to the next.
  form.numThreads = kDeviceThreads;
  form.kernels = true;
}

void mlir::attn::buildNVPTXBufferPipeline(OpPassManager &pm,
                                          const NVPTXPipelineOptions &options) {
  pm.addPass(createLinalgToKernel());
  pm.addPass(createNVPTXAddDestinations());
  pm.addPass(createConvertElementwiseToLinalgPass());
  arith::ArithEmulateUnsupportedFloatsOptions noArithmetic;
  noArithmetic.sourceTypeStrs = {"bf16"};
  pm.addPass(arith::createArithEmulateUnsupportedFloats(noArithmetic));
  pm.addPass(math::createMathExtendToSupportedTypes());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addNestedPass<func::FuncOp>(createCPUSplitDestinations());
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  pm.addPass(createCanonicalizerPass());
  CPUBoundTemporariesOptions temporaries;
  temporaries.maxBytes = kMaxLocalBytes;
  pm.addPass(createCPUBoundTemporaries(temporaries));
  bufferization::OneShotBufferizePassOptions bufferize;
  bufferize.bufferizeFunctionBoundaries = true;
  bufferize.allowReturnAllocsFromLoops = true;
  bufferize.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  pm.addPass(bufferization::createOneShotBufferizePass(bufferize));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(bufferization::createDropEquivalentBufferResultsPass());
  CPUAssignFramesOptions frames;
  frames.maxStackBytes = kMaxLocalBytes;
  pm.addPass(createCPUAssignFrames(frames));
  pm.addPass(createNVPTXCarryInPlace());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // Sizes that loops do not change are sizes of the host.
  pm.addPass(createLoopInvariantCodeMotionPass());
  NVPTXMapLoopsOptions map;
  map.threads = options.threads;
  map.maxLocalBytes = kMaxLocalBytes;
  pm.addPass(createNVPTXMapLoops(map));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void mlir::attn::buildNVVMPipeline(OpPassManager &pm) {
  OpPassManager &kernels = pm.nest<gpu::GPUModuleOp>();
  kernels.addPass(createKernelToNVVM());
  kernels.addPass(createConvertLinalgToLoopsPass());
  kernels.addPass(createForallToForLoopPass());
  kernels.addPass(createParallelForToNestedForsPass());
  kernels.addPass(createNVPTXExpandMath());
  kernels.addPass(createCPUExpandMath());
  kernels.addPass(createNVPTXRefuseLibraryCalls());
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(memref::createExpandStridedMetadataPass());
  kernels.addPass(createLowerAffinePass());
  kernels.addPass(createSCFToControlFlowPass());
  kernels.addPass(createNVPTXTakeAddresses());
  kernels.addPass(createNVPTXConvertToNVVM());
  kernels.addPass(createReconcileUnrealizedCastsPass());
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
}

void mlir::attn::buildNVPTXPipeline(OpPassManager &pm,
                                    const NVPTXPipelineOptions &options) {
  buildNVPTXBufferPipeline(pm, options);
  buildNVVMPipeline(pm);
}
