//===- KernelInterfaceText.cpp - Interfaces in JSON and in C ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/KernelInterface.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

llvm::json::Array
mlir::attn::describeArguments(const KernelInterface &interface) {
  llvm::json::Array arguments;
  for (const KernelInterface::Argument &argument : interface.arguments) {
    llvm::json::Array shape;
    for (const KernelInterface::Dim &dim : argument.dims) {
      if (dim.isStatic())
        shape.push_back(dim.size);
      else
        shape.push_back(interface.sizes[dim.parameter]);
    }
    std::string type;
    llvm::raw_string_ostream(type) << getElementTypeOrSelf(argument.type);
    arguments.push_back(
        llvm::json::Object{{"name", argument.name},
                           {"role", argument.isOutput ? "output" : "input"},
                           {"array", argument.isArray()},
                           {"type", type},
                           {"shape", std::move(shape)}});
  }
  return arguments;
}

std::string mlir::attn::getCType(Type element) {
  if (element.isF32())
    return "float";
  if (element.isF64())
    return "double";
  if (element.isF16() || element.isBF16())
    return "uint16_t";
  if (element.isInteger(1))
    return "uint8_t";
  if (element.isIndex())
    return "int64_t";
  return "int" + std::to_string(element.getIntOrFloatBitWidth()) + "_t";
}

static StringRef getEncoding(Type element) {
  if (element.isF16())
    return ", IEEE half precision bits";
  if (element.isBF16())
    return ", bfloat16 bits";
  if (element.isInteger(1))
    return ", 0 or 1";
  return "";
}

static std::string describeShape(const KernelInterface &interface,
                                 const KernelInterface::Argument &argument) {
  std::string text = "[";
  llvm::raw_string_ostream os(text);
  llvm::interleaveComma(argument.dims, os, [&](const KernelInterface::Dim &dim) {
    if (dim.isStatic())
      os << dim.size;
    else
      os << interface.sizes[dim.parameter];
  });
  os << "]";
  return text;
}

void mlir::attn::writeArguments(raw_ostream &os,
                                const KernelInterface &interface) {
  for (const KernelInterface::Argument &argument : interface.arguments) {
    os << " *   " << argument.name << ": "
       << (argument.isOutput ? "output" : "input");
    if (argument.isArray())
      os << " " << describeShape(interface, argument);
    Type element = getElementTypeOrSelf(argument.type);
    os << ", " << getCType(element) << getEncoding(element) << "\n";
  }
  for (const std::string &size : interface.sizes)
    os << " *   " << size << ": number of elements, >= 0\n";
}

std::string mlir::attn::getCIdentifier(StringRef name) {
  std::string identifier = name.str();
  for (char &c : identifier)
    if (!llvm::isAlnum(c))
      c = '_';
  if (identifier.empty() || llvm::isDigit(identifier.front()))
    identifier.insert(0, "_");
  return identifier;
}
