//===- Pipelines.h - Where passes are strung together -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PIPELINES_PIPELINES_H
#define ATTN_PIPELINES_PIPELINES_H

#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace mlir::attn {

struct Machine;

/// attn operations to a form: choose, rewrite, decompose to linalg on tensors.
struct FormPipelineOptions : PassPipelineOptions<FormPipelineOptions> {
  PassOptions::Option<FormKind> form{
      *this, "form", llvm::cl::desc("form of attentions that have none"),
      llvm::cl::init(FormKind::Blocked),
      llvm::cl::values(
          clEnumValN(FormKind::Materialized, "materialized", "textbook L x L"),
          clEnumValN(FormKind::Recurrent, "recurrent", "one key after the other"),
          clEnumValN(FormKind::Blocked, "blocked", "online softmax on tiles"),
          clEnumValN(FormKind::Recompute, "recompute", "nothing kept"))};
  PassOptions::Option<int64_t> queries{
      *this, "queries", llvm::cl::desc("queries per tile, in rows"),
      llvm::cl::init(32)};
  PassOptions::Option<int64_t> keys{
      *this, "keys", llvm::cl::desc("keys per tile, in rows"),
      llvm::cl::init(256)};
  PassOptions::Option<int64_t> block{
      *this, "block",
      llvm::cl::desc("queries that share a tile of keys, in rows"),
      llvm::cl::init(0)};
  PassOptions::Option<int64_t> blockBytes{
      *this, "block-bytes",
      llvm::cl::desc("bytes that the queries and sums of a block may take"),
      llvm::cl::init(0)};
  PassOptions::Option<int64_t> parts{
      *this, "parts",
      llvm::cl::desc("parts of a tile of queries at the mask's edge"),
      llvm::cl::init(1)};
  PassOptions::Option<bool> raise{
      *this, "raise", llvm::cl::desc("find attention that is spelled out"),
      llvm::cl::init(true)};
  PassOptions::Option<bool> kernels{
      *this, "kernels",
      llvm::cl::desc("attention on f16 and bf16 as schedules for blocks of GPU "
                     "threads"),
      llvm::cl::init(false)};
  PassOptions::Option<EmptyRows> emptyRows{
      *this, "empty-rows",
      llvm::cl::desc("what a query gives whose keys are all hidden by data, "
                     "where attention is spelled out"),
      llvm::cl::init(EmptyRows::AsWritten),
      llvm::cl::values(
          clEnumValN(EmptyRows::AsWritten, "as-written", "mostly NaN"),
          clEnumValN(EmptyRows::Zero, "zero", "0, which is faster"))};
  PassOptions::Option<bool> count{
      *this, "count", llvm::cl::desc("count folds while running"),
      llvm::cl::init(false)};
  PassOptions::Option<int64_t> numThreads{
      *this, "num-threads", llvm::cl::desc("threads to have independent loops for"),
      llvm::cl::init(1)};
  PassOptions::Option<int64_t> lanes{
      *this, "lanes",
      llvm::cl::desc("elements of the batch that a thread of a recurrence takes, "
                     "where they lie next to each other"),
      llvm::cl::init(64)};
  PassOptions::Option<bool> chunksBesideBatch{
      *this, "chunks-beside-batch",
      llvm::cl::desc("where a batch is too small for the threads, divide the "
                     "chunks of one sequence after the other"),
      llvm::cl::init(true)};
  PassOptions::Option<bool> parallelTokens{
      *this, "parallel-tokens",
      llvm::cl::desc("independent blocks of tokens of a stack as loops for "
                     "several threads"),
      llvm::cl::init(false)};
  PassOptions::Option<int64_t> memoryBudget{
      *this, "memory-budget",
      llvm::cl::desc("bytes that a stack of attentions may keep; -1: no limit"),
      llvm::cl::init(-1)};
  PassOptions::Option<int64_t> length{
      *this, "length",
      llvm::cl::desc("tokens to plan for, where their number is free"),
      llvm::cl::init(-1)};
};
/// Operations of other projects, and of TOSA, to attention and linalg: what the
/// reference and the other pipelines understand. Others are errors.
void buildImportPipeline(OpPassManager &pm);
/// Also finds attention that is spelled out.
void buildRaisePipeline(OpPassManager &pm);

/// Makes the choices, as attributes, and then carries them out.
void buildSelectPipeline(OpPassManager &pm, const FormPipelineOptions &options);
void buildFormPipeline(OpPassManager &pm, const FormPipelineOptions &options);

/// linalg on tensors to the LLVM dialect, for a CPU.
struct CPUPipelineOptions : PassPipelineOptions<CPUPipelineOptions> {
  PassOptions::Option<int64_t> vectorBits{
      *this, "vector-bits", llvm::cl::desc("width of a vector register"),
      llvm::cl::init(256)};
  PassOptions::Option<int64_t> lanes{
      *this, "lanes", llvm::cl::desc("vector registers of lanes per tile"),
      llvm::cl::init(2)};
  PassOptions::Option<int64_t> rows{
      *this, "rows", llvm::cl::desc("rows per register tile"),
      llvm::cl::init(4)};
  PassOptions::Option<int64_t> blockRows{
      *this, "block-rows", llvm::cl::desc("rows per block of a large product"),
      llvm::cl::init(64)};
  PassOptions::Option<int64_t> blockReduction{
      *this, "block-reduction",
      llvm::cl::desc("steps of the reduction per block of a large product"),
      llvm::cl::init(256)};
  PassOptions::Option<int64_t> panelBytes{
      *this, "panel-bytes",
      llvm::cl::desc("bytes that a panel of a large product may take"),
      llvm::cl::init(245760)};
  PassOptions::Option<std::string> kernel{
      *this, "kernel",
      llvm::cl::desc("name of the kernel that counters belong to")};
  PassOptions::Option<int64_t> numThreads{
      *this, "num-threads",
      llvm::cl::desc("threads of the OpenMP runtime to run scf.forall on"),
      llvm::cl::init(1)};
  PassOptions::Option<bool> count{
      *this, "count",
      llvm::cl::desc("count bytes of layer functions' temporaries while running"),
      llvm::cl::init(false)};
};
void buildCPUPipeline(OpPassManager &pm, const CPUPipelineOptions &options);
/// Its two halves: to loops and vectors on buffers, and on to the LLVM dialect.
void buildCPUBufferPipeline(OpPassManager &pm,
                            const CPUPipelineOptions &options);
void buildCPULLVMPipeline(OpPassManager &pm, const CPUPipelineOptions &options);

/// linalg on tensors to kernels in the NVVM dialect and their launches.
struct NVPTXPipelineOptions : PassPipelineOptions<NVPTXPipelineOptions> {
  PassOptions::Option<int64_t> threads{
      *this, "threads",
      llvm::cl::desc("threads of a block, where each takes an iteration"),
      llvm::cl::init(128)};
};
void buildNVPTXPipeline(OpPassManager &pm, const NVPTXPipelineOptions &options);
/// Its two halves: to kernels on buffers, and on to the NVVM dialect.
void buildNVPTXBufferPipeline(OpPassManager &pm,
                              const NVPTXPipelineOptions &options);
void buildNVVMPipeline(OpPassManager &pm);

/// So many threads want independent loops on a GPU.
inline constexpr int64_t kDeviceThreads = 16384;
/// Tile sizes for a GPU, one query for each thread.
void chooseDeviceTiles(FormPipelineOptions &form);

/// Tile sizes that suit a machine.
void chooseTiles(const Machine &machine, FormPipelineOptions &form,
                 CPUPipelineOptions &cpu);

/// Dialects and interface implementations that the pipelines need.
void registerDialects(DialectRegistry &registry);
/// Passes and pipelines by name, for tools that take them on the command line.
void registerPassesAndPipelines();

} // namespace mlir::attn

#endif // ATTN_PIPELINES_PIPELINES_H
