//===- CPUPipeline.cpp - linalg on tensors to the LLVM dialect ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/ScratchMemory.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Target/CPU/Machine.h"
#include "attn/Target/CPU/Passes.h"
#include "mlir/Conversion/BufferizationToMemRef/BufferizationToMemRef.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Dialect/Vector/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::attn;

static void addBufferization(OpPassManager &pm,
                             const CPUPipelineOptions &cpu) {
  pm.addNestedPass<func::FuncOp>(createCPUSplitDestinations());
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  pm.addPass(createCanonicalizerPass());
  CPUBoundTemporariesOptions temporaries;
  temporaries.maxBytes = kMaxStackBytes;
  pm.addPass(createCPUBoundTemporaries(temporaries));
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.allowReturnAllocsFromLoops = true;
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  pm.addPass(bufferization::createOneShotBufferizePass(options));
  // What an iteration allocates stays in it where threads need it, and only
  // there: scf.for has no stack of its own, so buffers move out of it.
  if (cpu.numThreads <= 1)
    pm.addPass(createForallToForLoopPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // A private function that writes into its argument has no need to return it;
  // that a loop gives back what it was given is known after canonicalization.
  pm.addPass(bufferization::createDropEquivalentBufferResultsPass());
  CPUAssignFramesOptions frames;
  frames.maxStackBytes = kMaxStackBytes;
  frames.countBytes = cpu.count;
  pm.addPass(createCPUAssignFrames(frames));
  pm.addNestedPass<func::FuncOp>(bufferization::createBufferHoistingPass());
  pm.addNestedPass<func::FuncOp>(bufferization::createBufferLoopHoistingPass());
  bufferization::PromoteBuffersToStackPassOptions stack;
  stack.maxAllocSizeInBytes = kMaxStackBytes;
  pm.addNestedPass<func::FuncOp>(
      bufferization::createPromoteBuffersToStackPass(stack));
  bufferization::buildBufferDeallocationPipeline(pm);
  // A function that returns its argument clones it.
  pm.addPass(createConvertBufferizationToMemRefPass());
}

void mlir::attn::buildCPULLVMPipeline(OpPassManager &pm,
                                      const CPUPipelineOptions &options) {
  CPUExpandCountersOptions counters;
  counters.kernel = options.kernel;
  pm.addPass(createCPUExpandCounters(counters));
  pm.addPass(createCPUPrefetchTiles());
  pm.addPass(createCPUExpandCopies());
  pm.addPass(createConvertLinalgToLoopsPass());
  pm.addPass(createCPUPrefetchStreams());
  CPUExpandMathOptions math;
  math.vectorBits = options.vectorBits;
  pm.addPass(createCPUExpandMath(math));
  pm.addPass(createConvertVectorToSCFPass(
      VectorTransferToSCFOptions().enableFullUnroll()));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  if (options.numThreads > 1) {
    // Wraps iterations in an allocation scope of their own: a stack buffer is
    // private to its iteration and gone after it.
    pm.addPass(createForallToParallelLoopPass());
    ConvertSCFToOpenMPPassOptions openMP;
    openMP.numThreads = options.numThreads;
    pm.addPass(createConvertSCFToOpenMPPass(openMP));
    pm.addPass(createCPUStealIterations());
  }
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createUBToLLVMConversionPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertFuncToLLVMPass());
  // After functions: before, their calling convention would change.
  if (options.numThreads > 1)
    pm.addPass(createConvertOpenMPToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void mlir::attn::buildCPUBufferPipeline(OpPassManager &pm,
                                        const CPUPipelineOptions &options) {
  pm.addPass(createConvertElementwiseToLinalgPass());
  // No CPU adds bf16: LLVM would call a library function that not every libgcc
  // has.
  arith::ArithEmulateUnsupportedFloatsOptions noArithmetic;
  noArithmetic.sourceTypeStrs = {"bf16"};
  pm.addPass(arith::createArithEmulateUnsupportedFloats(noArithmetic));
  pm.addPass(math::createMathExtendToSupportedTypes());
  pm.addPass(createCPUCollapseRows());
  CPUBlockProductsOptions products;
  products.columns = options.vectorBits / 32 * options.lanes;
  products.rows = options.blockRows;
  products.reduction = options.blockReduction;
  products.panelBytes = options.panelBytes;
  pm.addPass(createCPUBlockProducts(products));
  CPUBlockReductionsOptions blocks;
  blocks.columns = options.vectorBits / 32 * options.lanes;
  pm.addPass(createCPUBlockReductions(blocks));
  CPUVectorizeLanesOptions lanes;
  lanes.vectorBits = options.vectorBits;
  lanes.lanes = options.lanes;
  lanes.rows = options.rows;
  pm.addPass(createCPUVectorizeLanes(lanes));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  addBufferization(pm, options);
}

void mlir::attn::buildCPUPipeline(OpPassManager &pm,
                                  const CPUPipelineOptions &options) {
  buildCPUBufferPipeline(pm, options);
  buildCPULLVMPipeline(pm, options);
}

void mlir::attn::chooseTiles(const Machine &machine, FormPipelineOptions &form,
                             CPUPipelineOptions &cpu) {
  // Accumulators fill the register file but for the lanes' data and two
  // temporaries: rows x lanes + lanes + 2 <= registers.
  cpu.vectorBits = machine.vectorBits;
  cpu.lanes = 2;
  cpu.rows = std::clamp<int64_t>((machine.vectorRegisters - 4) / cpu.lanes, 2, 8);
  form.queries = machine.vectorBits / 32 * cpu.lanes;
  form.parts = cpu.lanes; // Of one vector each.
  // Scores take half of the first cache, keys and values pass through the rest.
  // A block's queries and sums are as large as LLVM says of the second, which it
  // takes for smaller than it is on any machine of the last years.
  int64_t scoreBytes = machine.cacheBytes[0] / 2;
  form.keys = std::clamp<int64_t>(
      llvm::bit_floor<uint64_t>(scoreBytes / (4 * form.queries)), 128, 512);
  form.blockBytes = machine.cacheBytes[1];
  // What a register tile reads of a panel takes half of the first cache, the
  // panel itself the second, for the same reason, and a block of rows a quarter.
  cpu.blockReduction = std::clamp<int64_t>(
      machine.cacheBytes[0] / 2 / (machine.vectorBits / 8 * cpu.lanes), 64, 512);
  cpu.panelBytes = machine.cacheBytes[1] / 16 * 15;
  cpu.blockRows = std::clamp<int64_t>(
      machine.cacheBytes[1] / 4 / (4 * cpu.blockReduction), 32, 512);
}
