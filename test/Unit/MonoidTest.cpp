//===- MonoidTest.cpp - The laws of monoids, on numbers ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "UnitTest.h"
#include "attn/Dialect/Recur/IR/Recur.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {
struct Case {
  std::string monoid;
  std::vector<std::string> element, state;
  /// Components of an element in which -inf means something.
  std::vector<unsigned> mayBeInfinite;
};

/// Builds @f(e0.., e1.., e2.., h..) whose results are the two sides of each law.
class Laws {
public:
  Laws(MLIRContext *context, recur::MonoidAttrInterface monoid,
       TypeRange element, TypeRange state)
      : builder(context), loc(builder.getUnknownLoc()), monoid(monoid),
        module(ModuleOp::create(loc)) {
    SmallVector<Type> arguments;
    for (int i = 0; i < 3; ++i)
      llvm::append_range(arguments, element);
    llvm::append_range(arguments, state);
    builder.setInsertionPointToEnd(module->getBody());
    function = func::FuncOp::create(
        builder, loc, "f", builder.getFunctionType(arguments, {}));
    builder.setInsertionPointToStart(function.addEntryBlock());
    ValueRange values = function.getArguments();
    unsigned size = element.size();
    SmallVector<ValueRange> e;
    for (int i = 0; i < 3; ++i)
      e.push_back(values.slice(i * size, size));
    buildLaws(e, values.drop_front(3 * size));
    func::ReturnOp::create(builder, loc, results);
    function.setType(builder.getFunctionType(
        arguments, llvm::to_vector(ValueRange(results).getTypes())));
  }

  OpBuilder builder;
  Location loc;
  recur::MonoidAttrInterface monoid;
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
  struct Sides {
    std::string law;
    bool areProducts;
    unsigned first, size; // Of the left side; the right one follows.
  };
  std::vector<Sides> sides;

private:
  using Side = SmallVector<Value>;

  void expectEqual(const std::string &law, bool areProducts, const Side &left,
                   const Side &right) {
    sides.push_back({law, areProducts, unsigned(results.size()),
                     unsigned(left.size())});
    llvm::append_range(results, left);
    llvm::append_range(results, right);
  }

  Side getIdentity(ValueRange h) {
    Side identity;
    for (auto [type, fill] :
         llvm::zip_equal(monoid.getProductTypes(h.getTypes()),
                         monoid.getIdentity(h.getTypes()))) {
      Value number = arith::ConstantOp::create(
          builder, loc, builder.getFloatAttr(getElementTypeOrSelf(type), fill));
      auto tensor = dyn_cast<RankedTensorType>(type);
      if (!tensor) {
        identity.push_back(number);
        continue;
      }
      Value empty = tensor::EmptyOp::create(
          builder, loc, tensor::getMixedSizes(builder, loc, h.front()),
          tensor.getElementType());
      identity.push_back(
          linalg::FillOp::create(builder, loc, number, empty).getResult(0));
    }
    return identity;
  }

  void buildLaws(ArrayRef<ValueRange> e, ValueRange h) {
    auto lift = [&](unsigned i) {
      return monoid.toProduct(builder, loc, e[i], h);
    };
    auto combine = [&](ValueRange p, ValueRange q) {
      return monoid.combine(builder, loc, p, q);
    };
    auto apply = [&](ValueRange p, ValueRange h) {
      return monoid.apply(builder, loc, p, h);
    };
    Side p = lift(0), q = lift(1), r = lift(2), identity = getIdentity(h);
    expectEqual("(p q) r = p (q r)", true, combine(combine(p, q), r),
                combine(p, combine(q, r)));
    expectEqual("1 p = p", true, combine(identity, p), p);
    expectEqual("p 1 = p", true, combine(p, identity), p);
    expectEqual("apply(1, h) = h", false, apply(identity, h), Side(h));
    for (unsigned i = 0; i < 3; ++i)
      expectEqual("apply(toProduct(e), h) = act(e, h)", false,
                  apply(lift(i), h), monoid.act(builder, loc, e[i], h));
    expectEqual("apply(p q, h) = apply(q, apply(p, h))", false,
                apply(combine(p, q), h), apply(q, apply(p, h)));
    expectEqual("apply((p q) r, h) = act(c, act(b, act(a, h)))", false,
                apply(combine(combine(p, q), r), h), [&] {
                  Side state(h);
                  for (ValueRange element : e)
                    state = monoid.act(builder, loc, element, state);
                  return state;
                }());
    if (monoid.isCommutative())
      expectEqual("p q = q p", true, combine(p, q), combine(q, p));
  }

  Side results;
};

class MonoidTest : public UnitTest {
protected:
  MonoidTest() { context.loadDialect<func::FuncDialect>(); }

  recur::MonoidAttrInterface getMonoid(const std::string &name) {
    return cast<recur::MonoidAttrInterface>(
        parseAttribute("#recur." + name, &context));
  }

  SmallVector<Type> getTypes(ArrayRef<std::string> names) {
    return llvm::map_to_vector(names, [&](const std::string &name) {
      return parseType(name, &context);
    });
  }

  static Type makeDynamic(Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return type;
    SmallVector<int64_t> shape(tensor.getRank(), ShapedType::kDynamic);
    return tensor.clone(shape);
  }

  ReferenceValue makeInput(Type type, uint64_t seed, bool isInfinite) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    Array array = llvm::cantFail(
        Array::create(getElementTypeOrSelf(type),
                      tensor ? tensor.getShape() : ArrayRef<int64_t>()));
    fillRandom(array, seed);
    ReferenceValue value = llvm::cantFail(ReferenceValue::fromArray(array));
    if (isInfinite) // Some of a tensor, all of a number.
      for (int64_t i = 0; i < value.getNumElements(); i += 2)
        value.mutableData()[i] = -kInfinity;
    return tensor ? value
                  : ReferenceValue::scalar(value.getElementType(), value[0]);
  }

  /// (m, l, a) stands for the sums e^m l and e^m a: compare these.
  static void normalize(recur::MonoidAttrInterface monoid,
                        MutableArrayRef<ReferenceValue> values) {
    if (!isa<recur::DecayedSoftmaxAttr>(monoid))
      return;
    ReferenceValue &max = values[values.size() - 3];
    for (ReferenceValue &sum : values.take_back(2))
      for (int64_t i = 0; i < sum.getNumElements(); ++i)
        sum.mutableData()[i].f *= std::exp(max[i].f);
  }

  void checkLaws(const Case &c, bool isDynamic) {
    recur::MonoidAttrInterface monoid = getMonoid(c.monoid);
    ASSERT_TRUE(monoid.isComposable());
    SmallVector<Type> element = getTypes(c.element), state = getTypes(c.state);
    SmallVector<Type> elementTypes = element, stateTypes = state;
    if (isDynamic) {
      elementTypes = llvm::map_to_vector(element, makeDynamic);
      stateTypes = llvm::map_to_vector(state, makeDynamic);
    }
    std::string name = c.monoid + " of (" + llvm::join(c.element, ", ") +
                       ") on (" + llvm::join(c.state, ", ") + ")" +
                       (isDynamic ? ", dynamic" : "");
    ASSERT_TRUE(succeeded(monoid.verifyTypes(
        [&] { return emitError(UnknownLoc::get(&context)); }, elementTypes,
        stateTypes)))
        << name << diagnostics;
    Laws laws(&context, monoid, elementTypes, stateTypes);
    ASSERT_TRUE(succeeded(verify(*laws.module))) << name << diagnostics;

    // -inf nowhere, then in one of the three elements, then in all.
    for (unsigned trial = 0; trial < 5; ++trial) {
      Values inputs;
      for (unsigned i = 0; i < 3; ++i)
        for (auto [k, type] : llvm::enumerate(element))
          inputs.push_back(makeInput(type, 10 * i + k + 1,
                                     llvm::is_contained(c.mayBeInfinite, k) &&
                                         (trial == i + 1 || trial == 4)));
      for (auto [k, type] : llvm::enumerate(state))
        inputs.push_back(makeInput(type, 100 + k, false));
      Values results = run(*laws.module, inputs);
      for (const Laws::Sides &sides : laws.sides) {
        auto left = MutableArrayRef(results).slice(sides.first, sides.size);
        auto right = MutableArrayRef(results).slice(sides.first + sides.size,
                                                    sides.size);
        normalize(monoid, left);
        normalize(monoid, right);
        for (auto [x, y] : llvm::zip_equal(left, right)) {
          EXPECT_TRUE(isClose(x, y, 1e-13))
              << name << ": " << sides.law << ", trial " << trial;
          EXPECT_TRUE(llvm::none_of(x.getElements(), [](Number number) {
            return std::isnan(number.f);
          })) << name << ": " << sides.law << ", trial " << trial;
        }
      }
    }
  }
};
} // namespace

TEST_F(MonoidTest, Laws) {
  std::string f = "f64", a = "tensor<4xf64>", b = "tensor<3xf64>",
              ab = "tensor<4x3xf64>", abc = "tensor<4x3x2xf64>";
  Case cases[] = {
      {"affine<unit>", {f}, {f}, {}},
      {"affine<unit>", {f, f}, {f}, {}},
      {"affine<unit>", {a}, {a}, {}},
      {"affine<unit>", {a, f}, {a}, {}},
      {"affine<unit>", {ab}, {ab}, {}},
      {"affine<unit>", {a, b}, {ab}, {}},
      {"affine<unit>", {ab, "tensor<2xf64>"}, {abc}, {}},
      {"affine<scalar>", {f, f}, {f}, {0}},
      {"affine<scalar>", {f, a}, {a}, {0}},
      {"affine<scalar>", {f, f, a}, {a}, {0}},
      {"affine<scalar>", {f, ab}, {ab}, {0}},
      {"affine<scalar>", {f, a, b}, {ab}, {0}},
      {"affine<diagonal>", {f, f}, {f}, {0}},
      {"affine<diagonal>", {a, a}, {a}, {0}},
      {"affine<diagonal>", {a, a, b}, {ab}, {0}},
      {"affine<diagonal>", {ab, a, b}, {ab}, {0}},
      {"affine<diagonal>", {f, ab}, {ab}, {0}},
      {"affine<complex_diagonal>", {f, f, f, f}, {f, f}, {0}},
      {"affine<complex_diagonal>", {a, a, a, a}, {a, a}, {0}},
      {"affine<complex_diagonal>", {a, a, ab, ab}, {ab, ab}, {0}},
      {"affine<complex_diagonal>", {f, f, ab, ab}, {ab, ab}, {0}},
      {"decayed_softmax", {f, f, f}, {f, f, f}, {0}},
      {"decayed_softmax", {f, f, f}, {f, f, f}, {1}},
      {"decayed_softmax", {a, a, a}, {a, a, a}, {0, 1}},
      {"decayed_softmax", {ab, ab, ab}, {ab, ab, ab}, {0, 1}},
      // Elements narrower than the state.
      {"affine<scalar>", {"f32", "tensor<4xbf16>", "tensor<3xf16>"}, {ab}, {0}},
      {"affine<complex_diagonal>",
       {"tensor<4xf32>", "tensor<4xf32>", "tensor<4xf16>", a},
       {a, a},
       {0}},
      {"decayed_softmax", {"f32", "f32", "bf16"}, {f, f, f}, {0, 1}},
  };
  for (const Case &c : cases)
    for (bool isDynamic : {false, true})
      checkLaws(c, isDynamic);
}

TEST_F(MonoidTest, NotComposable) {
  EXPECT_FALSE(getMonoid("affine<dplr>").isComposable());
  EXPECT_FALSE(getMonoid("affine<dense>").isComposable());
}

// Only without decay does the order not matter.
TEST_F(MonoidTest, Commutative) {
  EXPECT_TRUE(getMonoid("affine<unit>").isCommutative());
  for (const char *name :
       {"affine<scalar>", "affine<diagonal>", "affine<complex_diagonal>",
        "affine<dplr>", "affine<dense>", "decayed_softmax"})
    EXPECT_FALSE(getMonoid(name).isCommutative()) << name;
}
