//===- UnitTest.cpp - What the unit tests share ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "UnitTest.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Dialect/Recur/IR/Recur.h"
#include "attn/Runtime/Compare.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

static const DialectRegistry &getRegistry() {
  static const DialectRegistry registry = [] {
    DialectRegistry registry;
    registerAllDialects(registry);
    registerAllExtensions(registry);
    registry.insert<AttnDialect, recur::RecurDialect>();
    return registry;
  }();
  return registry;
}

UnitTest::UnitTest()
    : context(getRegistry(), MLIRContext::Threading::DISABLED) {
  context.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
    diagnostics += diagnostic.str() + "\n";
  });
}

OwningOpRef<ModuleOp> UnitTest::parse(const std::string &source) {
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(source, &context);
  EXPECT_TRUE(module) << diagnostics << source;
  return module;
}

Values UnitTest::run(ModuleOp module, ArrayRef<ReferenceValue> inputs) {
  auto function = module.lookupSymbol<func::FuncOp>("f");
  FailureOr<Values> results = evaluate(function, inputs);
  EXPECT_TRUE(succeeded(results)) << diagnostics;
  return succeeded(results) ? *results : Values(function.getNumResults());
}

Values UnitTest::run(const std::string &source,
                     ArrayRef<ReferenceValue> inputs) {
  OwningOpRef<ModuleOp> module = parse(source);
  return module ? run(*module, inputs) : Values(4);
}

std::string UnitTest::runInvalid(const std::string &source,
                                 ArrayRef<ReferenceValue> inputs) {
  OwningOpRef<ModuleOp> module = parse(source);
  if (!module)
    return "";
  diagnostics.clear();
  EXPECT_TRUE(failed(
      evaluate(module->lookupSymbol<func::FuncOp>("f"), inputs)));
  return diagnostics;
}

void UnitTest::runPasses(ModuleOp module,
                         function_ref<void(OpPassManager &)> build) {
  PassManager manager(&context);
  build(manager);
  EXPECT_TRUE(succeeded(manager.run(module))) << diagnostics;
}

ReferenceValue UnitTest::random(ArrayRef<int64_t> shape, uint64_t seed) {
  Array array =
      llvm::cantFail(Array::create(Float64Type::get(&context), shape));
  fillRandom(array, seed);
  return llvm::cantFail(ReferenceValue::fromArray(array));
}

ReferenceValue UnitTest::tensor(ArrayRef<int64_t> shape,
                                ArrayRef<double> elements) {
  ReferenceValue value = llvm::cantFail(
      ReferenceValue::tensor(Float64Type::get(&context), shape));
  EXPECT_EQ(value.getNumElements(), static_cast<int64_t>(elements.size()));
  llvm::copy(elements, value.mutableData());
  return value;
}

ReferenceValue UnitTest::tensor(Type type, ArrayRef<int64_t> shape,
                                ArrayRef<int64_t> elements) {
  ReferenceValue value = llvm::cantFail(ReferenceValue::tensor(type, shape));
  EXPECT_EQ(value.getNumElements(), static_cast<int64_t>(elements.size()));
  llvm::copy(elements, value.mutableData());
  return value;
}

ReferenceValue UnitTest::number(double value) {
  return ReferenceValue::scalar(Float64Type::get(&context), value);
}

ReferenceValue UnitTest::index(int64_t value) {
  return ReferenceValue::scalar(IndexType::get(&context), value);
}

static bool isClose(double x, double y, double tolerance) {
  if (std::isnan(x) || std::isnan(y))
    return std::isnan(x) && std::isnan(y);
  return x == y || std::fabs(x - y) <= tolerance * std::max(1.0, std::fabs(y));
}

::testing::AssertionResult test::isClose(const ReferenceValue &x,
                                         const ReferenceValue &y,
                                         double tolerance) {
  if (x.getShape() != y.getShape())
    return ::testing::AssertionFailure() << "shapes differ";
  for (int64_t i = 0; i < x.getNumElements(); ++i)
    if (!::isClose(x[i].f, y[i].f, tolerance))
      return ::testing::AssertionFailure()
             << x[i].f << " and " << y[i].f << " differ at "
             << describeIndex(x.getShape(), i);
  return ::testing::AssertionSuccess();
}

std::vector<double> test::toDoubles(const ReferenceValue &value) {
  std::vector<double> result;
  for (Number number : value.getElements())
    result.push_back(number.f);
  return result;
}

std::vector<int64_t> test::toInts(const ReferenceValue &value) {
  std::vector<int64_t> result;
  for (Number number : value.getElements())
    result.push_back(number.i);
  return result;
}
