//===- OnnxAttention.cpp - A case of ONNX's Attention as onnx-mlir has it ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxWriter.h"

using namespace mlir;
using namespace mlir::attn;

/// Attributes of a case as onnx-mlir prints those of an operation.
static std::string getAttributes(const ConformanceCase &test) {
  SmallVector<std::string> entries;
  for (const auto &[key, value] : test.attributes) {
    std::string text;
    if (auto integer = value.getAsInteger())
      text = llvm::formatv("{0} : si64", *integer);
    else if (auto number = value.getAsNumber())
      text = llvm::formatv("{0:e17} : f64", *number);
    else
      text = llvm::formatv("\"{0}\"", llvm::json::Value(value));
    entries.push_back(key.str() + " = " + text);
  }
  return llvm::join(entries, ", ");
}

// What Attention means is known to foreign-to-attn, and to nothing else.
std::string mlir::attn::getOnnxAttentionModule(const ConformanceCase &test) {
  auto getType = [](const CaseTensor &tensor) {
    return tensor.name.empty()
               ? std::string("none")
               : OnnxValue{"", tensor.elementType, tensor.shape, {}}.type();
  };
  SmallVector<std::string> parameters, operands, types, results, resultTypes,
      returned, returnedTypes;
  for (const CaseTensor &tensor : test.inputs) {
    operands.push_back("%" + (tensor.name.empty() ? "none" : tensor.name));
    types.push_back(getType(tensor));
    if (!tensor.name.empty())
      parameters.push_back(operands.back() + ": " + types.back());
  }
  for (auto [i, tensor] : llvm::enumerate(test.outputs)) {
    results.push_back("%result" + std::to_string(i));
    resultTypes.push_back(getType(tensor));
    if (tensor.name.empty())
      continue;
    returned.push_back(results.back());
    returnedTypes.push_back(resultTypes.back());
  }
  return llvm::formatv(
      "func.func @main({0}) -> ({1}) {{\n"
      "  %none = \"onnx.NoValue\"() {{value} : () -> none\n"
      "  {2} = \"onnx.Attention\"({3}) {{{4}} : ({5}) -> ({6})\n"
      "  return {7} : {1}\n"
      "}\n",
      commas(parameters), commas(returnedTypes), commas(results),
      commas(operands), getAttributes(test), commas(types), commas(resultTypes),
      commas(returned));
}
