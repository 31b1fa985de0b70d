//===- Outputs.cpp - What attn-compile writes ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Outputs.h"
#include "common/ToolOptions.h"
#include "llvm/Support/FileUtilities.h"

using namespace mlir;
using namespace mlir::attn;

StringRef mlir::attn::getName(Emit kind) {
  switch (kind) {
  case Emit::MLIR:
    return "mlir";
  case Emit::LLVMMLIR:
    return "llvm-mlir";
  case Emit::LL:
    return "ll";
  case Emit::BC:
    return "bc";
  case Emit::S:
    return "s";
  case Emit::O:
    return "o";
  case Emit::A:
    return "a";
  case Emit::SO:
    return "so";
  case Emit::H:
    return "h";
  case Emit::JSON:
    return "json";
  case Emit::Summary:
    return "summary";
  case Emit::Report:
    return "report";
  case Emit::PTX:
    return "ptx";
  case Emit::Cubin:
    return "cubin";
  }
  return "";
}

LogicalResult Outputs::write(StringRef prefix) {
  if (files.empty())
    return success();
  if (prefix.empty()) {
    llvm::outs() << files.front().second;
    return success();
  }
  for (const auto &file : files) {
    std::string path = (prefix + "." + file.first).str();
    auto error = llvm::writeToOutput(path, [&](llvm::raw_ostream &os) {
      os << file.second;
      return llvm::Error::success();
    });
    if (error)
      return reportError("cannot write " + path + ": " +
                         llvm::toString(std::move(error)));
  }
  return success();
}

std::string mlir::attn::print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream os(text);
  module.print(os);
  return text;
}

std::string mlir::attn::print(const llvm::Module &module) {
  std::string text;
  llvm::raw_string_ostream os(text);
  module.print(os, nullptr);
  return text;
}
