//===- Assembly.cpp - Custom directives of the assembly formats ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Assembly.h"

using namespace mlir;
using namespace mlir::recur;

namespace {
using NamedRegion = std::pair<StringRef, Region *>;
} // namespace

static ParseResult parseRegions(OpAsmParser &parser,
                                ArrayRef<NamedRegion> regions) {
  while (true) {
    StringRef name;
    SMLoc loc = parser.getCurrentLocation();
    if (failed(parser.parseOptionalKeyword(&name)))
      return success();
    const auto *found = llvm::find_if(
        regions, [&](NamedRegion region) { return region.first == name; });
    if (found == regions.end()) {
      InFlightDiagnostic diag = parser.emitError(loc, "unknown region '")
                                << name << "'; there are ";
      llvm::interleaveComma(llvm::make_first_range(regions), diag);
      return diag;
    }
    if (!found->second->empty())
      return parser.emitError(loc, "a second region '") << name << "'";
    SmallVector<OpAsmParser::Argument> arguments;
    if (parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren,
                                 /*allowType=*/true) ||
        parser.parseRegion(*found->second, arguments))
      return failure();
    if (found->second->empty())
      found->second->emplaceBlock();
  }
}

static void printRegions(OpAsmPrinter &printer,
                         ArrayRef<NamedRegion> regions) {
  for (auto [name, region] : regions) {
    if (region->empty())
      continue;
    printer << " " << name << "(";
    llvm::interleaveComma(region->getArguments(), printer,
                          [&](BlockArgument argument) {
                            printer.printRegionArgument(argument);
                          });
    printer << ") ";
    printer.printRegion(*region, /*printEntryBlockArgs=*/false);
  }
}

ParseResult mlir::recur::parseCell(OpAsmParser &parser, Region &lift,
                                   Region &combine, Region &step,
                                   Region &read) {
  return parseRegions(parser, {{"lift", &lift},
                               {"combine", &combine},
                               {"step", &step},
                               {"read", &read}});
}

void mlir::recur::printCell(OpAsmPrinter &printer, Operation *, Region &lift,
                            Region &combine, Region &step, Region &read) {
  printRegions(printer, {{"lift", &lift},
                         {"combine", &combine},
                         {"step", &step},
                         {"read", &read}});
}

ParseResult mlir::recur::parseStepAndRead(OpAsmParser &parser, Region &step,
                                          Region &read) {
  return parseRegions(parser, {{"step", &step}, {"read", &read}});
}

void mlir::recur::printStepAndRead(OpAsmPrinter &printer, Operation *,
                                   Region &step, Region &read) {
  printRegions(printer, {{"step", &step}, {"read", &read}});
}
