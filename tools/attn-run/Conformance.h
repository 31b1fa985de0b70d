//===- Conformance.h - Cases of a standard, against every form -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_RUN_CONFORMANCE_H
#define ATTN_TOOLS_ATTN_RUN_CONFORMANCE_H

#include "attn/Pipelines/Compile.h"
#include "llvm/Support/JSON.h"

namespace mlir::attn {

/// One tensor of a case, from case.json.
struct CaseTensor {
  std::string name, elementType; // As in IR: f32, i64, i1, ...
  SmallVector<int64_t> shape;
};

/// One case: a folder with case.json and one .npy per tensor.
struct ConformanceCase {
  std::string name, folder, operation;
  llvm::json::Object attributes;
  /// By position of the operator; an input left out has no name.
  std::vector<CaseTensor> inputs, outputs;

  int64_t getInteger(StringRef attribute, int64_t fallback) const;
  std::optional<double> getNumber(StringRef attribute) const;
};

/// A module that computes the case: a function of the inputs that are there, in
/// order, that returns the outputs in order. It holds an operation of the onnx
/// dialect, for foreign-to-attn.
std::string getOnnxAttentionModule(const ConformanceCase &test);

/// The same for LinearAttention, its scan in the given `schedule` (as in
/// `#recur.schedule`). Fails with the reason to skip it.
llvm::Expected<std::string>
getOnnxLinearAttentionModule(const ConformanceCase &test, StringRef schedule);

/// Runs every case below `directory`, attention in each of `forms`, a recurrence
/// in each schedule that is worth it; prints a line per case
/// and a closing line. Fails if a case fails, or there is none.
LogicalResult runConformance(StringRef directory, ArrayRef<FormKind> forms,
                             const CompileOptions &options,
                             MLIRContext &context);

} // namespace mlir::attn

#endif // ATTN_TOOLS_ATTN_RUN_CONFORMANCE_H
