//===- UnitTest.h - What the unit tests share -------------------*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_UNITTEST_H
#define ATTN_TEST_UNIT_UNITTEST_H

#include "attn/Runtime/Reference.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include <gtest/gtest.h>

namespace mlir::attn::test {

using Values = SmallVector<ReferenceValue>;

/// A context with all dialects; diagnostics are collected in `diagnostics`.
class UnitTest : public ::testing::Test {
protected:
  UnitTest();

  OwningOpRef<ModuleOp> parse(const std::string &source);
  /// Evaluates the function @f; a failure to do so fails the test.
  Values run(ModuleOp module, ArrayRef<ReferenceValue> inputs);
  Values run(const std::string &source, ArrayRef<ReferenceValue> inputs);
  /// The diagnostic of an evaluation that must fail.
  std::string runInvalid(const std::string &source,
                         ArrayRef<ReferenceValue> inputs);
  void runPasses(ModuleOp module, function_ref<void(OpPassManager &)> build);

  /// f64 tensors.
  ReferenceValue random(ArrayRef<int64_t> shape, uint64_t seed);
  ReferenceValue tensor(ArrayRef<int64_t> shape, ArrayRef<double> elements);
  ReferenceValue tensor(Type type, ArrayRef<int64_t> shape,
                        ArrayRef<int64_t> elements);
  ReferenceValue number(double value);
  ReferenceValue index(int64_t value);

  MLIRContext context;
  std::string diagnostics;
};

/// Both are NaN, or equal, or within tolerance * max(1, |y|).
::testing::AssertionResult isClose(const ReferenceValue &x,
                                   const ReferenceValue &y, double tolerance);

std::vector<double> toDoubles(const ReferenceValue &value);
std::vector<int64_t> toInts(const ReferenceValue &value);

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

} // namespace mlir::attn::test

#endif // ATTN_TEST_UNIT_UNITTEST_H
