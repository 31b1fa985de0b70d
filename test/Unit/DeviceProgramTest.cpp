//===- DeviceProgramTest.cpp - Sizes, JSON and C of device programs ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/NVPTX/DeviceProgram.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/FormatVariadic.h"
#include <gtest/gtest.h>
#include <iostream>

using namespace mlir;
using namespace mlir::attn;

namespace {

/// softmax(q, k) with two kernels, scores in a buffer.
class DeviceProgramTest : public ::testing::Test {
protected:
  DeviceProgramTest() {
    using Parameter = DeviceProgram::Parameter;
    KernelInterface &interface = program.interface;
    interface.name = "scores.of";
    interface.sizes = {"queries", "keys"};
    auto tensor = [](Type element) {
      return RankedTensorType::get(
          {ShapedType::kDynamic, 64}, element);
    };
    KernelInterface::Dim feature{64, -1}, query{ShapedType::kDynamic, 0},
        key{ShapedType::kDynamic, 1};
    interface.arguments = {
        {"query", tensor(b.getBF16Type()), {query, feature}, false},
        {"key", tensor(b.getBF16Type()), {key, feature}, false},
        {"scale", b.getF32Type(), {}, false},
        {"output", tensor(b.getF64Type()), {query, key}, true}};
    program.chip = "sm_80";
    program.buffers = {{queries * keys * 4}, {b.getAffineConstantExpr(100)}};
    AffineExpr one = b.getAffineConstantExpr(1);
    DeviceProgram::Launch products{"products",
                                   {queries.ceilDiv(128), keys, one},
                                   {128, 1, 1},
                                   0,
                                   {}};
    products.parameters = {{Parameter::Argument, 0},
                           {Parameter::Argument, 1},
                           {Parameter::Argument, 2},
                           {Parameter::Buffer, 0}};
    DeviceProgram::Launch sums{
        "sums", {queries, one, one}, {32, 2, 1}, 65536, {}};
    sums.parameters = {{Parameter::Buffer, 1},
                       {Parameter::Argument, 3},
                       {Parameter::Size, 0, (keys + 3).floorDiv(4) * 4}};
    DeviceProgram::Launch last{"last", {one, one, one}, {1, 1, 1}, 0, {}};
    program.launches = {products, sums, last, products};
  }

  int64_t evaluate(AffineExpr size, ArrayRef<int64_t> values) {
    llvm::Expected<int64_t> value =
        evaluateSize(size, program.interface, values);
    return value ? *value : (llvm::consumeError(value.takeError()), -1);
  }
  std::string getError(ArrayRef<int64_t> sizes) {
    auto sized = evaluateSizes(program, sizes);
    return sized ? "" : llvm::toString(sized.takeError());
  }

  /// For device-program.test.
  void print(const std::string &text) { std::cout << "\n" << text << std::endl; }

  MLIRContext context;
  Builder b{&context};
  AffineExpr queries = b.getAffineSymbolExpr(0), keys = b.getAffineSymbolExpr(1);
  DeviceProgram program;
};

} // namespace

TEST_F(DeviceProgramTest, SizesAreEvaluated) {
  EXPECT_EQ(evaluate(queries.ceilDiv(128), {129, 0}), 2);
  EXPECT_EQ(evaluate(queries.ceilDiv(128), {128, 0}), 1);
  EXPECT_EQ(evaluate(queries.ceilDiv(128), {0, 0}), 0);
  EXPECT_EQ(evaluate((keys - 5).floorDiv(4) + 3, {0, 4}), 2);
  EXPECT_EQ(evaluate((keys - 5) % 4, {0, 4}), 3);
  EXPECT_EQ(evaluate(queries * keys * 4, {1 << 30, 1 << 29}),
            int64_t(1) << 61);
}

TEST_F(DeviceProgramTest, BadSizesAreRefused) {
  EXPECT_EQ(evaluate(queries * keys * 4, {1 << 31, 1 << 30}), -1);
  EXPECT_EQ(evaluate(queries + keys, {INT64_MAX, 1}), -1);
  EXPECT_EQ(evaluate(queries - keys, {3, 4}), -1);
  EXPECT_EQ(evaluate(queries.floorDiv(keys), {3, 0}), -1);
  EXPECT_EQ(evaluate(queries + b.getAffineSymbolExpr(7), {3, 0}), -1);
  EXPECT_EQ(getError({int64_t(1) << 40, int64_t(1) << 40}),
            "the size '(queries * keys) * 4' is not from 0 to 2^63 - 1 for "
            "queries = 1099511627776, keys = 1099511627776; use smaller arrays");
  EXPECT_EQ(getError({1, 65536}),
            "the kernel 'products' needs 65536 blocks in dimension 1 of its "
            "grid, but a GPU has at most 65535; use smaller arrays");
}

TEST_F(DeviceProgramTest, ProgramsAreEvaluated) {
  llvm::Expected<SizedProgram> sized = evaluateSizes(program, {200, 6});
  ASSERT_TRUE(static_cast<bool>(sized));
  EXPECT_EQ(sized->bufferBytes, (SmallVector<int64_t>{4800, 100}));
  ASSERT_EQ(sized->launches.size(), 4u);
  EXPECT_EQ(sized->launches[0].grid, (std::array<int64_t, 3>{2, 6, 1}));
  EXPECT_FALSE(sized->launches[0].isEmpty());
  EXPECT_EQ(sized->launches[1].sizes, (SmallVector<int64_t>{0, 0, 8}));
  llvm::Expected<SizedProgram> none = evaluateSizes(program, {200, 0});
  ASSERT_TRUE(static_cast<bool>(none));
  EXPECT_TRUE(none->launches[0].isEmpty());
}

// What Python makes of the text is checked by device-program.test.
TEST_F(DeviceProgramTest, SizesAreText) {
  auto text = [&](AffineExpr size) {
    return getSizeText(size, program.interface);
  };
  EXPECT_EQ(text(queries.ceilDiv(128) * 4), "(-(-queries // 128)) * 4");
  EXPECT_EQ(text((keys - 5).floorDiv(4) % 3), "((keys + (-5)) // 4) % 3");
}

TEST_F(DeviceProgramTest, JsonIsPrinted) {
  print(llvm::formatv("JSON {0}", describeProgram(program)));
}

TEST_F(DeviceProgramTest, HeaderIsPrinted) {
  print(getDeviceHeader(program));
}

// Nothing to allocate, to run or to pass.
TEST_F(DeviceProgramTest, EmptyHeaderIsPrinted) {
  program.interface.name = "scores.of.empty";
  program.interface.arguments.clear();
  program.interface.sizes.clear();
  program.buffers.clear();
  program.launches.clear();
  print(getDeviceHeader(program));
}
