//===- Assembly.h - Custom directives of the assembly formats ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_DIALECT_ATTN_IR_ASSEMBLY_H
#define ATTN_LIB_DIALECT_ATTN_IR_ASSEMBLY_H

#include "attn/Dialect/Attn/IR/Attn.h"
#include "mlir/IR/OpImplementation.h"

namespace mlir::attn {

/// The ranks of operands that need not be there, and whether there is a
/// log-sum-exp.
struct OperandRanks {
  std::optional<unsigned> maskTensor, querySegments, keySegments;
  bool hasLogSumExp;
};

/// The indexing maps of `attn.attention` in the layout that `letters` names for
/// the query: b (batch), h (head), g (query heads that share a key head),
/// s (sequence), d (features). Null if there is no such layout.
ArrayAttr getLayoutMaps(MLIRContext *context, StringRef letters,
                        const OperandRanks &ranks);

/// The layout meant when none is written; empty if the rank has none.
StringRef getDefaultLayout(unsigned queryRank);

// layout(bshd) | indexing_maps = [...] | nothing
ParseResult parseLayout(OpAsmParser &parser, ArrayAttr &maps, Type query,
                        Type maskTensor, Type querySegments, Type keySegments,
                        TypeRange outputs);
void printLayout(OpAsmPrinter &printer, Operation *op, ArrayAttr maps,
                 Type query, Type maskTensor, Type querySegments,
                 Type keySegments, TypeRange outputs);

// score(%s : f32, %h : index, ...) { ... } | nothing
ParseResult
parseScoreRegion(OpAsmParser &parser,
                 SmallVectorImpl<std::unique_ptr<Region>> &regions);
void printScoreRegion(OpAsmPrinter &printer, Operation *op,
                      MutableArrayRef<Region> regions);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_IR_ASSEMBLY_H
