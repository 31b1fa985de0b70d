//===- OnnxWriter.h - Writes the function of an ONNX case -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_RUN_ONNXWRITER_H
#define ATTN_TOOLS_ATTN_RUN_ONNXWRITER_H

#include "Conformance.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

namespace mlir::attn {

/// A tensor in the function being written: its SSA name, type and the iteration
/// dimension behind each of its dimensions.
struct OnnxValue {
  std::string name, elementType;
  SmallVector<int64_t> shape;
  SmallVector<std::string> dims;

  std::string type() const;
};

template <typename Range> std::string commas(const Range &range) {
  return llvm::join(
      llvm::map_range(
          range, [](const auto &x) { return llvm::formatv("{0}", x).str(); }),
      ", ");
}

/// Text of a function with the inputs of a case as its parameters.
class OnnxWriter {
public:
  explicit OnnxWriter(const ConformanceCase &test) : test(test), os(body) {}

protected:
  bool has(unsigned place) const {
    return place < test.inputs.size() && !test.inputs[place].name.empty();
  }
  bool returns(unsigned place) const {
    return place < test.outputs.size() && !test.outputs[place].name.empty();
  }
  OnnxValue getInput(unsigned place, ArrayRef<std::string> dims) {
    const CaseTensor &tensor = test.inputs[place];
    return {"%" + tensor.name, tensor.elementType, tensor.shape,
            SmallVector<std::string>(dims)};
  }
  std::string fresh() { return "%" + std::to_string(next++); }
  OnnxValue empty(OnnxValue like);

  /// Splits dimension `place` into `sizes`, named `names`.
  OnnxValue expand(const OnnxValue &value, unsigned place,
                   ArrayRef<int64_t> sizes, ArrayRef<std::string> names) {
    return reshape(value, place, 1, sizes, names, "expand_shape");
  }
  /// Joins the dimensions `place` and `place + 1`.
  OnnxValue collapse(const OnnxValue &value, unsigned place, StringRef name) {
    return reshape(value, place, 2,
                   {value.shape[place] * value.shape[place + 1]}, {name.str()},
                   "collapse_shape");
  }

  /// The function that computes `results`.
  std::string finish(ArrayRef<OnnxValue> results);

  const ConformanceCase &test;
  std::string body;
  llvm::raw_string_ostream os;

private:
  OnnxValue reshape(const OnnxValue &value, unsigned place, unsigned count,
                    ArrayRef<int64_t> sizes, ArrayRef<std::string> names,
                    StringRef operation);

  unsigned next = 0;
};

} // namespace mlir::attn

#endif // ATTN_TOOLS_ATTN_RUN_ONNXWRITER_H
