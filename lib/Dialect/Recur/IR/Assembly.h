//===- Assembly.h - Custom directives of the assembly formats ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_DIALECT_RECUR_IR_ASSEMBLY_H
#define ATTN_LIB_DIALECT_RECUR_IR_ASSEMBLY_H

#include "attn/Dialect/Recur/IR/Recur.h"

namespace mlir::recur {

// lift(%x: f32, ...) { ... } combine(...) { ... } step(...) { ... }
// read(...) { ... }, each optional, in any order
ParseResult parseCell(OpAsmParser &parser, Region &lift, Region &combine,
                      Region &step, Region &read);
void printCell(OpAsmPrinter &printer, Operation *op, Region &lift,
               Region &combine, Region &step, Region &read);

// The same with step and read only.
ParseResult parseStepAndRead(OpAsmParser &parser, Region &step, Region &read);
void printStepAndRead(OpAsmPrinter &printer, Operation *op, Region &step,
                      Region &read);

} // namespace mlir::recur

#endif // ATTN_LIB_DIALECT_RECUR_IR_ASSEMBLY_H
