//===- ArrayTest.cpp - Arrays, rounding and random data ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "UnitTest.h"
#include "llvm/ADT/APFloat.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {
class ArrayTest : public UnitTest {
protected:
  Builder b{&context};

  std::string getError(Type type, ArrayRef<int64_t> shape) {
    llvm::Expected<Array> array = Array::create(type, shape);
    EXPECT_FALSE(static_cast<bool>(array));
    return array ? "" : llvm::toString(array.takeError());
  }
};
} // namespace

static uint64_t roundWithAPFloat(FloatType type, double value) {
  APFloat rounded(value);
  bool losesInfo;
  rounded.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                  &losesInfo);
  return rounded.bitcastToAPInt().getZExtValue();
}

// Every 16-bit number, the ties half way to its neighbours, and what lies just
// beside them.
TEST_F(ArrayTest, RoundsAsAPFloat) {
  for (FloatType type :
       {FloatType(b.getF16Type()), FloatType(b.getBF16Type())}) {
    for (uint64_t bits = 0; bits < 0x10000; ++bits) {
      double x = decodeFloat(type, bits), y = decodeFloat(type, bits ^ 1);
      if (std::isnan(x)) {
        EXPECT_TRUE(std::isnan(roundToType(type, x)));
        continue;
      }
      double next = decodeFloat(type, (bits & 0x7fff) == 0x7fff ? bits : bits + 1);
      ASSERT_EQ(encodeFloat(type, x), bits);
      for (double middle : {x, (x + y) / 2, (x + next) / 2}) {
        if (std::isnan(middle))
          continue;
        for (double z : {middle, std::nextafter(middle, kInfinity),
                         std::nextafter(middle, -kInfinity)})
          ASSERT_EQ(encodeFloat(type, z), roundWithAPFloat(type, z)) << z;
      }
    }
  }
}

TEST_F(ArrayTest, RoundsTiesDenormalsAndOverflow) {
  auto half = cast<FloatType>(b.getF16Type());
  EXPECT_EQ(encodeFloat(half, 1.0 + 0x1p-11), 0x3c00u);         // tie, to even
  EXPECT_EQ(encodeFloat(half, 1.0 + 3 * 0x1p-11), 0x3c02u);     // tie, to even
  EXPECT_EQ(encodeFloat(half, 0x1p-25), 0u);                    // tie with zero
  EXPECT_EQ(encodeFloat(half, 0x1.0000001p-25), 1u);
  EXPECT_EQ(encodeFloat(half, -0x1p-30), 0x8000u);              // keeps its sign
  EXPECT_EQ(encodeFloat(half, 65519.99), 0x7bffu);
  EXPECT_EQ(encodeFloat(half, 65520.0), 0x7c00u);               // infinite
  EXPECT_EQ(encodeFloat(half, -kInfinity), 0xfc00u);
  EXPECT_TRUE(std::isnan(roundToType(half, kNaN)));
  auto brain = cast<FloatType>(b.getBF16Type());
  // Through float this would become a tie and be rounded twice.
  EXPECT_EQ(encodeFloat(brain, 1.0 + 0x1p-8 + 0x1p-40), 0x3f81u);
  EXPECT_EQ(encodeFloat(brain, 1.0 + 0x1p-8), 0x3f80u);
  EXPECT_EQ(encodeFloat(brain, 0x1p-133), 1u);
  EXPECT_EQ(encodeFloat(brain, 3.4e38), 0x7f80u);
}

TEST_F(ArrayTest, StoresWhatItIsGiven) {
  for (Type type : {b.getI8Type(), b.getI16Type(), b.getI32Type(),
                    b.getI64Type()}) {
    Array array = llvm::cantFail(Array::create(type, {2, 2}));
    array.setInt(3, -7);
    EXPECT_EQ(array.getInt(3), -7);
    EXPECT_EQ(array.getInt(2), 0);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(array.bytes.data()) % 64, 0u);
  }
  Array truth = llvm::cantFail(Array::create(b.getI1Type(), {3}));
  truth.setInt(1, 2);
  EXPECT_EQ(truth.bytes[1], 1);
  EXPECT_EQ(truth.getInt(1), 1);
  Array index = llvm::cantFail(Array::create(b.getIndexType(), {1}));
  index.setInt(0, int64_t(1) << 40);
  EXPECT_EQ(index.getInt(0), int64_t(1) << 40);
  Array empty = llvm::cantFail(Array::create(b.getF32Type(), {4, 0}));
  EXPECT_EQ(empty.getNumElements(), 0);
}

TEST_F(ArrayTest, RefusesWhatItCannotHold) {
  int64_t big = int64_t(1) << 33;
  EXPECT_EQ(getError(b.getF32Type(), {big, big}),
            "an array of this shape would have more than 2^40 bytes");
  EXPECT_EQ(getError(b.getF32Type(), {0, big, big}),
            "an array of this shape would have more than 2^40 bytes");
  EXPECT_EQ(getError(b.getI1Type(), {int64_t(1) << 41}),
            "an array of this shape would have more than 2^40 bytes");
  EXPECT_EQ(getError(b.getF32Type(), {int64_t(1) << 39}),
            "an array of this shape would have more than 2^40 bytes");
  EXPECT_EQ(getError(b.getF32Type(), {2, -3}),
            "dimension 1 has the negative size -3");
  EXPECT_EQ(getError(b.getIntegerType(7), {2}),
            "arrays of i7 are not supported; use f16, bf16, f32, f64, i1, i8, "
            "i16, i32, i64 or index");
}

TEST_F(ArrayTest, RandomNumbersAreNormalAndFixed) {
  Array array = llvm::cantFail(Array::create(b.getF64Type(), {200000}));
  fillRandom(array, 0);
  double sum = 0.0, squares = 0.0, fourths = 0.0;
  for (int64_t i = 0; i < 200000; ++i) {
    double x = array.getFloat(i);
    sum += x;
    squares += x * x;
    fourths += x * x * x * x;
  }
  EXPECT_NEAR(sum / 200000, 0.0, 0.01);
  EXPECT_NEAR(squares / 200000, 1.0, 0.02);
  EXPECT_NEAR(fourths / 200000, 3.0, 0.1);

  // Other shapes and types begin with the same numbers; another seed does not.
  Array half = llvm::cantFail(Array::create(b.getF16Type(), {3, 5}));
  fillRandom(half, 0);
  EXPECT_EQ(half.getFloat(14), roundToType(cast<FloatType>(b.getF16Type()),
                                           array.getFloat(14)));
  fillRandom(half, 1);
  EXPECT_NE(half.getFloat(14), roundToType(cast<FloatType>(b.getF16Type()),
                                           array.getFloat(14)));
  // Pinned: a changed generator changes every recorded result.
  EXPECT_NEAR(array.getFloat(0), -0.2788749225862037, 1e-12);
  EXPECT_NEAR(array.getFloat(1), -0.7642228620191804, 1e-12);

  Array small = llvm::cantFail(Array::create(b.getI32Type(), {1000}));
  fillRandom(small, 0);
  for (int64_t i = 0; i < 1000; ++i)
    ASSERT_TRUE(small.getInt(i) >= 0 && small.getInt(i) < 8);
}
