//===- FormPipeline.cpp - attn operations to linalg on tensors ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Dialect/Recur/Transforms/Passes.h"
#include "attn/Pipelines/Pipelines.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/Tosa/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::attn;

void mlir::attn::buildImportPipeline(OpPassManager &pm) {
  pm.addPass(createForeignToAttn({/*refuseOthers=*/true}));
  OpPassManager &functions = pm.nest<func::FuncOp>();
  functions.addPass(tosa::createTosaMakeBroadcastablePass());
  functions.addPass(tosa::createTosaToLinalgNamed());
  functions.addPass(tosa::createTosaToLinalg());
  functions.addPass(createTosaToArithPass());
  functions.addPass(createTosaToTensorPass());
}

void mlir::attn::buildRaisePipeline(OpPassManager &pm) {
  buildImportPipeline(pm);
  pm.addPass(createLinalgToAttn());
  pm.addPass(createCanonicalizerPass());
}

void mlir::attn::buildSelectPipeline(OpPassManager &pm,
                                     const FormPipelineOptions &options) {
  pm.addPass(createForeignToAttn());
  // A stack is one function.
  if (options.form == FormKind::Recompute || options.memoryBudget >= 0)
    pm.addPass(createInlinerPass());
  if (options.raise) {
    LinalgToAttnOptions raise;
    raise.emptyRows = options.emptyRows;
    pm.addPass(createLinalgToAttn(raise));
  }
  pm.addPass(createCanonicalizerPass());
  // Rescans that people wrote: L steps in place of L^2 where the algebra allows.
  pm.addPass(recur::createRecurRescanToScan());
  pm.addPass(recur::createRecurSeparateKernel());
  AttnSelectFormOptions select;
  select.form = options.form;
  select.memoryBudget = options.memoryBudget;
  select.length = options.length;
  pm.addPass(createAttnSelectForm(select));
}

void mlir::attn::buildFormPipeline(OpPassManager &pm,
                                   const FormPipelineOptions &options) {
  buildSelectPipeline(pm, options);
  // Sizes of what is computed come from inputs: nothing else need be computed
  // to know them.
  pm.addPass(memref::createResolveShapedTypeResultDimsPass());
  pm.addPass(createCanonicalizerPass());
  AttnToRecomputeOptions recompute;
  recompute.counters = options.count;
  recompute.parallelTokens = options.parallelTokens;
  pm.addPass(createAttnToRecompute(recompute));
  AttnToMaterializedOptions materialized;
  materialized.numThreads = options.numThreads;
  pm.addPass(createAttnToMaterialized(materialized));
  if (options.kernels)
    pm.addPass(createAttnToKernel());
  AttnToBlockedOptions blocked;
  blocked.queries = options.queries;
  blocked.keys = options.keys;
  blocked.block = options.block;
  blocked.blockBytes = options.blockBytes;
  blocked.parts = options.parts;
  blocked.numThreads = options.numThreads;
  pm.addPass(createAttnToBlocked(blocked));
  pm.addPass(createAttnToRecur());
  pm.addPass(recur::createRecurSelectSchedule());
  RecurToSCFOptions recurrent;
  recurrent.queries = options.queries;
  recurrent.numThreads = options.numThreads;
  recurrent.lanes = options.lanes;
  recurrent.chunksBesideBatch = options.chunksBesideBatch;
  pm.addPass(createRecurToSCF(recurrent));
  if (options.count) {
    // What is computed twice is merged later on, and then runs once; folds that
    // are counted apart could not be merged.
    pm.addPass(createCSEPass());
    pm.addPass(createAttnInstrument());
  }
  pm.addPass(createAttnFuseMultiplyAdd());
  pm.addPass(createAttnDecompose());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createAttnHoistInvariants());
}
