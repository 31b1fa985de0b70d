//===- OnnxWriter.cpp - Writes the function of an ONNX case ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxWriter.h"

using namespace mlir;
using namespace mlir::attn;

std::string OnnxValue::type() const {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + elementType + ">";
}

OnnxValue OnnxWriter::empty(OnnxValue like) {
  like.name = fresh();
  os << "  " << like.name << " = tensor.empty() : " << like.type() << "\n";
  return like;
}

OnnxValue OnnxWriter::reshape(const OnnxValue &value, unsigned place,
                              unsigned count, ArrayRef<int64_t> sizes,
                              ArrayRef<std::string> names,
                              StringRef operation) {
  OnnxValue result = value;
  result.name = fresh();
  auto replace = [&](auto &list, auto with) {
    list.erase(list.begin() + place, list.begin() + place + count);
    list.insert(list.begin() + place, with.begin(), with.end());
  };
  replace(result.shape, sizes);
  replace(result.dims, names);
  // The reassociation counts in the longer shape.
  unsigned wide = std::max<unsigned>(count, sizes.size());
  SmallVector<std::string> groups;
  unsigned next = 0;
  for (unsigned i = 0; i < std::min(value.shape.size(), result.shape.size());
       ++i) {
    SmallVector<unsigned> group;
    for (unsigned j = 0; j < (i == place ? wide : 1); ++j)
      group.push_back(next++);
    groups.push_back("[" + commas(group) + "]");
  }
  os << "  " << result.name << " = tensor." << operation << " " << value.name
     << " [" << commas(groups) << "]";
  if (operation == "expand_shape")
    os << " output_shape [" << commas(result.shape) << "]";
  os << " : " << value.type() << " into " << result.type() << "\n";
  return result;
}

std::string OnnxWriter::finish(ArrayRef<OnnxValue> results) {
  SmallVector<std::string> parameters, names, types;
  for (const CaseTensor &tensor : test.inputs)
    if (!tensor.name.empty())
      parameters.push_back(
          "%" + tensor.name + ": " +
          OnnxValue{"", tensor.elementType, tensor.shape, {}}.type());
  for (const OnnxValue &result : results) {
    names.push_back(result.name);
    types.push_back(result.type());
  }
  return "func.func @main(" + llvm::join(parameters, ", ") + ") -> (" +
         llvm::join(types, ", ") + ") {\n" + body + "  return " +
         llvm::join(names, ", ") + " : " + llvm::join(types, ", ") + "\n}\n";
}
