//===- ReferenceTest.cpp - The reference evaluation, operation by operation ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "UnitTest.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {
class ReferenceTest : public UnitTest {
protected:
  /// One operation on f64 numbers %a, %b, %c.
  double scalar(const std::string &op, const std::string &types, double a,
                double b = 0.0, double c = 0.0) {
    return run("func.func @f(%a: f64, %b: f64, %c: f64) -> f64 {\n%r = " + op +
                   " : " + types + "\nreturn %r : f64\n}",
               {number(a), number(b), number(c)})[0][0]
        .f;
  }
  /// One operation on integers %a, %b of a type.
  int64_t integer(const std::string &op, const std::string &type, int64_t a,
                  int64_t b, const std::string &resultType = "") {
    std::string result = resultType.empty() ? type : resultType;
    Type t = parseType(type);
    return run("func.func @f(%a: " + type + ", %b: " + type + ") -> " + result +
                   " {\n%r = " + op + "\nreturn %r : " + result + "\n}",
               {ReferenceValue::scalar(t, a), ReferenceValue::scalar(t, b)})[0][0]
        .i;
  }
  Type parseType(StringRef type) {
    if (type == "index")
      return IndexType::get(&context);
    unsigned width;
    EXPECT_FALSE(type.drop_front().getAsInteger(10, width));
    return IntegerType::get(&context, width);
  }
  Type i64 = IntegerType::get(&context, 64);
};
} // namespace

TEST_F(ReferenceTest, Floats) {
  EXPECT_EQ(scalar("arith.addf %a, %b", "f64", 1, 2), 3);
  EXPECT_EQ(scalar("arith.subf %a, %b", "f64", 1, 2), -1);
  EXPECT_EQ(scalar("arith.divf %a, %b", "f64", 1, 4), 0.25);
  EXPECT_EQ(scalar("arith.remf %a, %b", "f64", -7, 4), -3);
  EXPECT_EQ(scalar("arith.negf %a", "f64", 2), -2);
  EXPECT_TRUE(std::isnan(scalar("arith.maximumf %a, %b", "f64", kNaN, 2)));
  EXPECT_EQ(scalar("arith.maxnumf %a, %b", "f64", kNaN, 2), 2);
  EXPECT_TRUE(std::signbit(scalar("arith.minimumf %a, %b", "f64", 0.0, -0.0)));
  EXPECT_FALSE(std::signbit(scalar("arith.maximumf %a, %b", "f64", -0.0, 0.0)));
  EXPECT_EQ(scalar("math.fma %a, %b, %c", "f64", 2, 3, 4), 10);
  EXPECT_EQ(scalar("math.exp2 %a", "f64", 3), 8);
  EXPECT_EQ(scalar("math.log %a", "f64", 0), -kInfinity);
  EXPECT_EQ(scalar("math.rsqrt %a", "f64", 4), 0.5);
  EXPECT_EQ(scalar("math.roundeven %a", "f64", 2.5), 2);
  EXPECT_EQ(scalar("math.powf %a, %b", "f64", 2, 10), 1024);
  EXPECT_EQ(scalar("math.floor %a", "f64", -0.5), -1);
  EXPECT_EQ(scalar("math.erf %a", "f64", 1), std::erf(1.0));
}

TEST_F(ReferenceTest, FloatPredicates) {
  struct {
    const char *name;
    bool less, equal, greater, unordered;
  } predicates[] = {
      {"false", 0, 0, 0, 0}, {"oeq", 0, 1, 0, 0}, {"ogt", 0, 0, 1, 0},
      {"oge", 0, 1, 1, 0},   {"olt", 1, 0, 0, 0}, {"ole", 1, 1, 0, 0},
      {"one", 1, 0, 1, 0},   {"ord", 1, 1, 1, 0}, {"ueq", 0, 1, 0, 1},
      {"ugt", 0, 0, 1, 1},   {"uge", 0, 1, 1, 1}, {"ult", 1, 0, 0, 1},
      {"ule", 1, 1, 0, 1},   {"une", 1, 0, 1, 1}, {"uno", 0, 0, 0, 1},
      {"true", 1, 1, 1, 1}};
  for (auto &p : predicates) {
    auto holds = [&](double a, double b) {
      return run(std::string("func.func @f(%a: f64, %b: f64) -> i1 {\n%r = "
                             "arith.cmpf ") +
                     p.name + ", %a, %b : f64\nreturn %r : i1\n}",
                 {number(a), number(b)})[0][0]
                 .i != 0;
    };
    EXPECT_EQ(holds(1, 2), p.less) << p.name;
    EXPECT_EQ(holds(2, 2), p.equal) << p.name;
    EXPECT_EQ(holds(3, 2), p.greater) << p.name;
    EXPECT_EQ(holds(kNaN, 2), p.unordered) << p.name;
  }
}

TEST_F(ReferenceTest, Integers) {
  EXPECT_EQ(integer("arith.addi %a, %b : i8", "i8", 127, 1), -128);
  EXPECT_EQ(integer("arith.muli %a, %b : i32", "i32", 1 << 20, 1 << 20), 0);
  EXPECT_EQ(integer("arith.subi %a, %b : index", "index", 3, 5), -2);
  EXPECT_EQ(integer("arith.xori %a, %b : i1", "i1", 1, 1), 0);
  EXPECT_EQ(integer("arith.addi %a, %b : i1", "i1", 1, 1), 0);
  EXPECT_EQ(integer("arith.divsi %a, %b : i64", "i64", -7, 2), -3);
  EXPECT_EQ(integer("arith.floordivsi %a, %b : i64", "i64", -7, 2), -4);
  EXPECT_EQ(integer("arith.ceildivsi %a, %b : i64", "i64", 7, 2), 4);
  EXPECT_EQ(integer("arith.ceildivsi %a, %b : i64", "i64", -7, 2), -3);
  EXPECT_EQ(integer("arith.remsi %a, %b : i64", "i64", -7, 2), -1);
  EXPECT_EQ(integer("arith.divui %a, %b : i8", "i8", -1, 2), 127);
  EXPECT_EQ(integer("arith.shrsi %a, %b : i8", "i8", -8, 1), -4);
  EXPECT_EQ(integer("arith.shrui %a, %b : i8", "i8", -8, 1), 124);
  EXPECT_EQ(integer("arith.shli %a, %b : i8", "i8", 1, 7), -128);
  EXPECT_EQ(integer("arith.maxui %a, %b : i8", "i8", -1, 2), -1);
  EXPECT_EQ(integer("arith.minsi %a, %b : i8", "i8", -1, 2), -1);
  auto compare = [&](const std::string &predicate, int64_t a, int64_t b,
                     const std::string &type) {
    return integer("arith.cmpi " + predicate + ", %a, %b : " + type, type, a, b,
                   "i1");
  };
  EXPECT_EQ(compare("slt", -1, 2, "i8"), 1);
  EXPECT_EQ(compare("ult", -1, 2, "i8"), 0);
  EXPECT_EQ(compare("slt", 1, 0, "i1"), 1); // One bit: true is -1.
  EXPECT_EQ(compare("sge", 2, 2, "index"), 1);
  EXPECT_EQ(compare("ne", 2, 2, "index"), 0);
  EXPECT_EQ(compare("ule", 2, 3, "i32"), 1);
  EXPECT_EQ(compare("sgt", 2, 3, "i32"), 0);
}

TEST_F(ReferenceTest, Conversions) {
  EXPECT_EQ(integer("arith.extui %a : i8 to i32", "i8", -1, 0, "i32"), 255);
  EXPECT_EQ(integer("arith.extsi %a : i8 to i32", "i8", -1, 0, "i32"), -1);
  EXPECT_EQ(integer("arith.extui %a : i1 to i32", "i1", 1, 0, "i32"), 1);
  EXPECT_EQ(integer("arith.extsi %a : i1 to i32", "i1", 1, 0, "i32"), -1);
  EXPECT_EQ(integer("arith.trunci %a : i32 to i8", "i32", 200, 0, "i8"), -56);
  EXPECT_EQ(integer("arith.index_castui %a : i8 to index", "i8", -1, 0, "index"),
            255);
  Values results = run(R"(
    func.func @f(%x: f64, %i: i8) -> (f64, f64, i64, i64, f32, i32, f32, i16) {
      %narrow = arith.truncf %x : f64 to f16
      %wide = arith.extf %narrow : f16 to f64
      %u = arith.uitofp %i : i8 to f64
      %s = arith.fptosi %x : f64 to i64
      %n = arith.fptoui %x : f64 to i64
      %si = arith.sitofp %i : i8 to f32
      %single = arith.truncf %x : f64 to f32
      %bits = arith.bitcast %single : f32 to i32
      %back = arith.bitcast %bits : i32 to f32
      %half = arith.bitcast %narrow : f16 to i16
      return %wide, %u, %s, %n, %si, %bits, %back, %half
          : f64, f64, i64, i64, f32, i32, f32, i16
    })",
                       {number(-2.1), ReferenceValue::scalar(
                                          IntegerType::get(&context, 8),
                                          int64_t(-1))});
  EXPECT_EQ(results[0][0].f, -2.1); // Never rounded.
  EXPECT_EQ(results[1][0].f, 255);
  EXPECT_EQ(results[2][0].i, -2);
  EXPECT_EQ(results[3][0].i, 0);
  EXPECT_EQ(results[4][0].f, -1);
  EXPECT_EQ(results[5][0].i, llvm::bit_cast<int32_t>(-2.1f));
  EXPECT_EQ(results[6][0].f, -2.1f);
  EXPECT_EQ(results[7][0].i, int16_t(0xc033));
}

// The sign of a weight is read through its bits, however small it is.
TEST_F(ReferenceTest, BitcastKeepsTheSign) {
  for (double x : {-0.0, -1e-300, 0.0, 1e-300}) {
    Values results = run(R"(
      func.func @f(%x: f32) -> i1 {
        %zero = arith.constant 0 : i32
        %bits = arith.bitcast %x : f32 to i32
        %r = arith.cmpi slt, %bits, %zero : i32
        return %r : i1
      })",
                         {ReferenceValue::scalar(Float32Type::get(&context), x)});
    EXPECT_EQ(results[0][0].i, std::signbit(x)) << x;
  }
}

TEST_F(ReferenceTest, Linalg) {
  Values results = run(R"(
    func.func @f(%a: tensor<2x3xf64>, %b: tensor<3x2xf64>)
        -> (tensor<2x2xf64>, tensor<3x2xf64>, tensor<2xf64>, tensor<2x3xf64>,
            tensor<2x3xf64>, tensor<2xf64>, tensor<2x3xf64>) {
      %zero = arith.constant 0.0 : f64
      %e22 = tensor.empty() : tensor<2x2xf64>
      %e32 = tensor.empty() : tensor<3x2xf64>
      %e2 = tensor.empty() : tensor<2xf64>
      %e23 = tensor.empty() : tensor<2x3xf64>
      %z = linalg.fill ins(%zero : f64) outs(%e22 : tensor<2x2xf64>) -> tensor<2x2xf64>
      %product = linalg.matmul ins(%a, %b : tensor<2x3xf64>, tensor<3x2xf64>)
          outs(%z : tensor<2x2xf64>) -> tensor<2x2xf64>
      %t = linalg.transpose ins(%a : tensor<2x3xf64>) outs(%e32 : tensor<3x2xf64>)
          permutation = [1, 0]
      %z2 = linalg.fill ins(%zero : f64) outs(%e2 : tensor<2xf64>) -> tensor<2xf64>
      %sum = linalg.reduce { arith.addf } ins(%a : tensor<2x3xf64>)
          outs(%z2 : tensor<2xf64>) dimensions = [1]
      %wide = linalg.broadcast ins(%sum : tensor<2xf64>) outs(%e23 : tensor<2x3xf64>)
          dimensions = [1]
      %index = linalg.generic {
          indexing_maps = [affine_map<(i, j) -> (i, j)>],
          iterator_types = ["parallel", "parallel"]} outs(%e23 : tensor<2x3xf64>) {
        ^bb0(%o: f64):
          %i = linalg.index 0 : index
          %j = linalg.index 1 : index
          %n = affine.apply affine_map<(i, j) -> (10 * i + j)>(%i, %j)
          %m = arith.index_cast %n : index to i64
          %x = arith.sitofp %m : i64 to f64
          linalg.yield %x : f64
      } -> tensor<2x3xf64>
      %v = tensor.extract_slice %a[0, 0] [2, 2] [1, 1] : tensor<2x3xf64> to tensor<2x2xf64>
      %conv0 = linalg.fill ins(%zero : f64) outs(%e2 : tensor<2xf64>) -> tensor<2xf64>
      %row = tensor.extract_slice %a[0, 0] [1, 3] [1, 1] : tensor<2x3xf64> to tensor<3xf64>
      %filter = tensor.extract_slice %b[0, 0] [1, 2] [1, 1] : tensor<3x2xf64> to tensor<2xf64>
      %conv = linalg.conv_1d ins(%row, %filter : tensor<3xf64>, tensor<2xf64>)
          outs(%conv0 : tensor<2xf64>) -> tensor<2xf64>
      %mapped = linalg.map { math.absf } ins(%a : tensor<2x3xf64>) outs(%e23 : tensor<2x3xf64>)
      return %product, %t, %sum, %wide, %index, %conv, %mapped
          : tensor<2x2xf64>, tensor<3x2xf64>, tensor<2xf64>, tensor<2x3xf64>,
            tensor<2x3xf64>, tensor<2xf64>, tensor<2x3xf64>
    })",
                       {tensor({2, 3}, {1, -2, 3, 4, 5, 6}),
                        tensor({3, 2}, {1, 2, 3, 4, 5, 6})});
  using V = std::vector<double>;
  EXPECT_EQ(toDoubles(results[0]), (V{10, 12, 49, 64}));
  EXPECT_EQ(toDoubles(results[1]), (V{1, 4, -2, 5, 3, 6}));
  EXPECT_EQ(toDoubles(results[2]), (V{2, 15}));
  EXPECT_EQ(toDoubles(results[3]), (V{2, 2, 2, 15, 15, 15}));
  EXPECT_EQ(toDoubles(results[4]), (V{0, 1, 2, 10, 11, 12}));
  EXPECT_EQ(toDoubles(results[5]), (V{-3, 4}));
  EXPECT_EQ(toDoubles(results[6]), (V{1, 2, 3, 4, 5, 6}));
}

TEST_F(ReferenceTest, Softmax) {
  Values results = run(R"(
    func.func @f(%a: tensor<2x2xf64>) -> (tensor<2x2xf64>, tensor<2x2xf64>) {
      %e = tensor.empty() : tensor<2x2xf64>
      %r = linalg.softmax dimension(0) ins(%a : tensor<2x2xf64>) outs(%e : tensor<2x2xf64>) -> tensor<2x2xf64>
      %c = linalg.softmax dimension(1) ins(%a : tensor<2x2xf64>) outs(%e : tensor<2x2xf64>) -> tensor<2x2xf64>
      return %r, %c : tensor<2x2xf64>, tensor<2x2xf64>
    })",
                       {tensor({2, 2}, {0, std::log(3.0), 1000, 1000})});
  EXPECT_TRUE(isClose(results[1], tensor({2, 2}, {0.25, 0.75, 0.5, 0.5}), 1e-15));
  EXPECT_TRUE(isClose(results[0], tensor({2, 2}, {0, 0, 1, 1}), 1e-15));
}

TEST_F(ReferenceTest, Tensors) {
  Values results = run(R"(
    func.func @f(%a: tensor<2x3xf64>, %n: index)
        -> (tensor<?xf64>, tensor<2x3xf64>, tensor<6xf64>, tensor<3x2xf64>,
            tensor<4x4xf64>, tensor<4x3xf64>, tensor<?xindex>, tensor<2xf64>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %x = arith.constant 9.0 : f64
      %slice = tensor.extract_slice %a[1, 0] [1, %n] [1, 2]
          : tensor<2x3xf64> to tensor<?xf64>
      %single = tensor.extract_slice %a[0, 1] [2, 1] [1, 1] : tensor<2x3xf64> to tensor<2xf64>
      %inserted = tensor.insert_slice %single into %a[0, 2] [2, 1] [1, 1]
          : tensor<2xf64> into tensor<2x3xf64>
      %flat = tensor.collapse_shape %a [[0, 1]] : tensor<2x3xf64> into tensor<6xf64>
      %tall = tensor.expand_shape %flat [[0, 1]] output_shape [3, 2]
          : tensor<6xf64> into tensor<3x2xf64>
      %padded = tensor.pad %a low[1, 0] high[1, 1] {
        ^bb0(%i: index, %j: index):
          tensor.yield %x : f64
      } : tensor<2x3xf64> to tensor<4x4xf64>
      %double = tensor.concat dim(0) %a, %a : (tensor<2x3xf64>, tensor<2x3xf64>) -> tensor<4x3xf64>
      %count = tensor.generate %n {
        ^bb0(%i: index):
          %d = tensor.dim %a, %c1 : tensor<2x3xf64>
          %s = arith.muli %i, %d : index
          tensor.yield %s : index
      } : tensor<?xindex>
      %e = tensor.extract %a[%c1, %c0] : tensor<2x3xf64>
      %from = tensor.from_elements %e, %x : tensor<2xf64>
      %swapped = tensor.insert %x into %from[%c0] : tensor<2xf64>
      return %slice, %inserted, %flat, %tall, %padded, %double, %count, %swapped
          : tensor<?xf64>, tensor<2x3xf64>, tensor<6xf64>, tensor<3x2xf64>,
            tensor<4x4xf64>, tensor<4x3xf64>, tensor<?xindex>, tensor<2xf64>
    })",
                       {tensor({2, 3}, {1, 2, 3, 4, 5, 6}), index(2)});
  using V = std::vector<double>;
  EXPECT_EQ(toDoubles(results[0]), (V{4, 6}));
  EXPECT_EQ(toDoubles(results[1]), (V{1, 2, 2, 4, 5, 5}));
  EXPECT_EQ(toDoubles(results[2]), (V{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(results[3].getShape(), (ArrayRef<int64_t>{3, 2}));
  EXPECT_EQ(toDoubles(results[4]),
            (V{9, 9, 9, 9, 1, 2, 3, 9, 4, 5, 6, 9, 9, 9, 9, 9}));
  EXPECT_EQ(toDoubles(results[5]), (V{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(toInts(results[6]), (std::vector<int64_t>{0, 3}));
  EXPECT_EQ(toDoubles(results[7]), (V{9, 9}));
}

TEST_F(ReferenceTest, EmptyTensorsAreNaN) {
  Values results = run(R"(
    func.func @f() -> tensor<2xf32> {
      %e = tensor.empty() : tensor<2xf32>
      return %e : tensor<2xf32>
    })",
                       {});
  EXPECT_TRUE(std::isnan(results[0][0].f) && std::isnan(results[0][1].f));
}

TEST_F(ReferenceTest, ControlFlow) {
  Values results = run(R"(
    func.func private @square(%x: index) -> index {
      %r = arith.muli %x, %x : index
      return %r : index
    }
    func.func @f(%n: index, %t: tensor<5xf64>) -> (index, index, tensor<5xf64>, index) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c3 = arith.constant 3 : index
      %sum = scf.for %i = %c1 to %n step %c3 iter_args(%s = %c0) -> index {
        %q = func.call @square(%i) : (index) -> index
        %r = arith.addi %s, %q : index
        scf.yield %r : index
      }
      %power = scf.while (%x = %c1) : (index) -> index {
        %go = arith.cmpi slt, %x, %n : index
        scf.condition(%go) %x : index
      } do {
      ^bb0(%x: index):
        %y = arith.addi %x, %x : index
        scf.yield %y : index
      }
      %forall = scf.forall (%i) = (0) to (5) step (2) shared_outs(%o = %t) -> tensor<5xf64> {
        %size = affine.min affine_map<(i) -> (2, 5 - i)>(%i)
        %slice = tensor.extract_slice %t[%i] [%size] [1] : tensor<5xf64> to tensor<?xf64>
        %twice = arith.addf %slice, %slice : tensor<?xf64>
        scf.forall.in_parallel {
          tensor.parallel_insert_slice %twice into %o[%i] [%size] [1] : tensor<?xf64> into tensor<5xf64>
        }
      }
      %m = affine.max affine_map<(i)[s] -> (i floordiv 2, s mod 4, -i ceildiv 3)>(%n)[%c3]
      return %sum, %power, %forall, %m : index, index, tensor<5xf64>, index
    })",
                       {index(10), tensor({5}, {1, 2, 3, 4, 5})});
  EXPECT_EQ(results[0][0].i, 1 + 16 + 49);
  EXPECT_EQ(results[1][0].i, 16);
  EXPECT_EQ(toDoubles(results[2]), (std::vector<double>{2, 4, 6, 8, 10}));
  EXPECT_EQ(results[3][0].i, 5);
}

// A value that many hold is not changed under them.
TEST_F(ReferenceTest, WritesDoNotAlias) {
  ReferenceValue a = tensor({2}, {1, 2});
  Values results = run(R"(
    func.func @f(%a: tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>) {
      %c0 = arith.constant 0 : index
      %x = arith.constant 9.0 : f64
      %b = tensor.insert %x into %a[%c0] : tensor<2xf64>
      %c = linalg.fill ins(%x : f64) outs(%a : tensor<2xf64>) -> tensor<2xf64>
      return %a, %b : tensor<2xf64>, tensor<2xf64>
    })",
                       {a});
  EXPECT_EQ(toDoubles(results[0]), (std::vector<double>{1, 2}));
  EXPECT_EQ(toDoubles(results[1]), (std::vector<double>{9, 2}));
  EXPECT_EQ(toDoubles(a), (std::vector<double>{1, 2}));
}

//===----------------------------------------------------------------------===//
// What cannot be evaluated
//===----------------------------------------------------------------------===//

TEST_F(ReferenceTest, Refusals) {
  auto expectError = [&](const std::string &body, const std::string &error) {
    EXPECT_EQ(runInvalid("func.func @f(%n: index, %t: tensor<?xf64>) {\n" + body +
                             "\nreturn\n}",
                         {index(3), tensor({2}, {1, 2})}),
              error + "\n")
        << body;
  };
  expectError("%m = memref.alloc() : memref<2xf32>",
              "'memref.alloc' op has a result of type 'memref<2xf32>', which the "
              "reference evaluation does not know: it has f16, bf16, f32, f64, "
              "index, integers of up to 64 bits, and ranked tensors of these");
  expectError("%x = tensor.rank %t : tensor<?xf64>",
              "'tensor.rank' op is not known to the reference evaluation, which "
              "knows attn, recur, linalg on tensors, arith, math, tensor, scf, func, "
              "and affine.apply, min and max");
  expectError("%x = tensor.extract %t[%n] : tensor<?xf64>",
              "'tensor.extract' op uses index 3 of a dimension of size 2");
  expectError("%x = tensor.generate %n {\n^bb0(%i: index):\n"
              "%e = tensor.extract %t[%i] : tensor<?xf64>\n"
              "tensor.yield %e : f64\n} : tensor<?xf64>",
              "'tensor.extract' op reads index 2 of a dimension of size 2");
  expectError("%x = tensor.extract_slice %t[0] [%n] [1] : tensor<?xf64> to "
              "tensor<?xf64>",
              "'tensor.extract_slice' op uses a slice out of bounds: dimension 0 "
              "has offset 0, size 3 and stride 1 in a tensor of size 2");
  expectError("%x = tensor.cast %t : tensor<?xf64> to tensor<5xf64>",
              "'tensor.cast' op computes a result of shape [2] where its type "
              "says 'tensor<5xf64>'");
  expectError("%z = arith.subi %n, %n : index\n"
              "%x = arith.divui %n, %z : index",
              "'arith.divui' op divides by zero");
  expectError("%z = arith.subi %n, %n : index\n"
              "scf.for %i = %z to %n step %z {\n}",
              "'scf.for' op has step 0; it must be positive");
  expectError("%b = arith.constant 1099511627776 : index\n"
              "%x = tensor.empty(%b) : tensor<?xf64>",
              "'tensor.empty' op cannot be evaluated: an array of this shape "
              "would have more than 2^40 bytes");
  expectError("%b = arith.constant -1 : index\n"
              "%x = tensor.empty(%b) : tensor<?xf64>",
              "'tensor.empty' op cannot be evaluated: dimension 0 has the "
              "negative size -1");
  expectError("%e = tensor.empty(%n) : tensor<?xf64>\n"
              "%x = arith.addf %t, %e : tensor<?xf64>",
              "'arith.addf' op has operands of different shapes");
  expectError("%e = tensor.empty(%n) : tensor<?xf64>\n"
              "%x = linalg.add ins(%t, %t : tensor<?xf64>, tensor<?xf64>) "
              "outs(%e : tensor<?xf64>) -> tensor<?xf64>",
              "'linalg.add' op has operands whose sizes differ in loop 0: 2 and "
              "3");
  expectError("cf.br ^bb1\n^bb1:",
              "'func.func' op has several blocks; the reference evaluation knows "
              "structured control flow (scf) only");
}

TEST_F(ReferenceTest, BadInputs) {
  std::string source = "func.func @f(%t: tensor<2x?xf64>) {\nreturn\n}";
  EXPECT_EQ(runInvalid(source, {}),
            "'func.func' op takes 1 arguments, got 0\n");
  EXPECT_EQ(runInvalid(source, {tensor({3, 1}, {1, 2, 3})}),
            "'func.func' op argument 0 has type 'tensor<2x?xf64>', got a tensor "
            "of 'f64' of shape [3, 1]\n");
  EXPECT_EQ(runInvalid(source, {number(1)}),
            "'func.func' op argument 0 has type 'tensor<2x?xf64>', got a scalar "
            "'f64' of shape []\n");
}

TEST_F(ReferenceTest, EndlessRecursionIsAnError) {
  EXPECT_EQ(runInvalid("func.func @f(%n: index) {\nfunc.call @f(%n) : (index) -> "
                       "()\nreturn\n}",
                       {index(0)}),
            "'func.func' op is nested more than 400 regions and calls deep, too "
            "deep to evaluate\n");
}
