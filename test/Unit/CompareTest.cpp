//===- CompareTest.cpp - Comparison and numeric gates ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "UnitTest.h"
#include "attn/Runtime/Compare.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {
class CompareTest : public UnitTest {
protected:
  Comparison compareNumbers(ArrayRef<double> computed,
                            ArrayRef<double> expected, Tolerance tolerance,
                            Type type = Type()) {
    Array array = llvm::cantFail(
        Array::create(type ? type : Float32Type::get(&context),
                      {static_cast<int64_t>(computed.size())}));
    for (auto [i, x] : llvm::enumerate(computed))
      array.setFloat(i, x);
    return compare(array,
                   tensor({static_cast<int64_t>(expected.size())}, expected),
                   tolerance);
  }
};
} // namespace

TEST_F(CompareTest, FindsTheWorstAndTheFirst) {
  Comparison result =
      compareNumbers({1.0, 2.5, 3.0, 7.0}, {1.0, 2.0, 3.0, 4.0}, {0.0, 0.25});
  EXPECT_EQ(result.mismatches, 2);
  EXPECT_EQ(result.worstIndex, 3);
  EXPECT_EQ(result.maxAbsError, 3.0);
  ASSERT_TRUE(result.firstBad);
  EXPECT_EQ(result.firstBad->index, 1);
  EXPECT_EQ(result.firstBad->computed, 2.5);
  EXPECT_EQ(result.firstBad->expected, 2.0);
}

TEST_F(CompareTest, AddsBothTolerances) {
  EXPECT_TRUE(compareNumbers({12.5}, {10.0}, {0.125, 1.25}).agrees());
  EXPECT_FALSE(compareNumbers({12.625}, {10.0}, {0.125, 1.25}).agrees());
}

TEST_F(CompareTest, NoToleranceHidesNaNOrInfinity) {
  Tolerance any{kInfinity, kInfinity};
  EXPECT_TRUE(compareNumbers({kNaN, kInfinity}, {kNaN, kInfinity}, {}).agrees());
  EXPECT_FALSE(compareNumbers({kNaN}, {1.0}, any).agrees());
  EXPECT_FALSE(compareNumbers({1.0}, {kNaN}, any).agrees());
  EXPECT_FALSE(compareNumbers({kInfinity}, {-kInfinity}, any).agrees());
  EXPECT_FALSE(compareNumbers({kInfinity}, {1.0}, any).agrees());
  EXPECT_FALSE(compareNumbers({1.0}, {kInfinity}, any).agrees());
  EXPECT_FALSE(compareNumbers({kNaN}, {kInfinity}, any).agrees());
  EXPECT_EQ(compareNumbers({kNaN}, {kNaN}, {}).worstIndex, -1);
}

TEST_F(CompareTest, WhatOverflowsTheTypeIsInfinite) {
  Type half = Float16Type::get(&context);
  EXPECT_TRUE(compareNumbers({kInfinity}, {70000.0}, {}, half).agrees());
  EXPECT_FALSE(compareNumbers({kInfinity}, {65000.0}, {}, half).agrees());
}

TEST_F(CompareTest, IntegersAreExact) {
  Type type = IntegerType::get(&context, 64);
  Array array = llvm::cantFail(Array::create(type, {1}));
  array.setInt(0, (int64_t(1) << 60) + 1);
  EXPECT_FALSE(
      compare(array, tensor(type, {1}, {int64_t(1) << 60}), {}).agrees());
  EXPECT_TRUE(
      compare(array, tensor(type, {1}, {(int64_t(1) << 60) + 1}), {}).agrees());
}

TEST_F(CompareTest, DescribesIndices) {
  EXPECT_EQ(describeIndex({2, 3, 4}, 23), "[1, 2, 3]");
  EXPECT_EQ(describeIndex({1, 12, 1024, 64}, 3 * 65536 + 17 * 64 + 5),
            "[0, 3, 17, 5]");
  EXPECT_EQ(describeIndex({}, 0), "[]");
}

TEST_F(CompareTest, Gates) {
  Builder b(&context);
  AttentionNumbers numbers{/*chainLength=*/1024, /*headDim=*/64,
                           /*scale=*/0.125,      /*maxQueryNorm=*/10.0,
                           /*maxKeyNorm=*/12.0,  /*maxAbsValue=*/4.0,
                           /*keys=*/1024};
  double u = 1.0 / (1 << 24);
  double single = 2 * u * (1 + 32 + 8 * 0.125 * 10 * 12) * 4;
  EXPECT_DOUBLE_EQ(*getErrorGate(b.getF32Type(), numbers), single);
  EXPECT_DOUBLE_EQ(*getErrorGate(b.getF16Type(), numbers), 2e-3 + single);
  EXPECT_DOUBLE_EQ(*getErrorGate(b.getBF16Type(), numbers), 1.6e-2 + single);
  EXPECT_DOUBLE_EQ(*getErrorGate(b.getF64Type(), numbers), 4e-13);
  EXPECT_FALSE(getErrorGate(b.getI32Type(), numbers));
  numbers.keys = 4097;
  EXPECT_FALSE(getErrorGate(b.getF64Type(), numbers));
  numbers.keys = 4096;
  numbers.maxKeyNorm = 80.0; // Scores of 100.
  EXPECT_FALSE(getErrorGate(b.getF64Type(), numbers));

  EXPECT_DOUBLE_EQ(*getNaiveGate(b.getF32Type(), 1e-6, 2.0), 3e-6 + 8 * u);
  EXPECT_DOUBLE_EQ(*getNaiveGate(b.getF16Type(), 1e-3, 2.0), 1.25e-3);
  EXPECT_DOUBLE_EQ(*getNaiveGate(b.getBF16Type(), 1e-2, 2.0), 1.25e-2);
  EXPECT_FALSE(getNaiveGate(b.getF64Type(), 1e-16, 2.0));
}
