//===- FormsTest.cpp - Every form computes what attention means ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "UnitTest.h"
#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {
/// One attention, f64: batch 2, heads 3, `queries` x `keys`, features 5 and 4.
struct Case {
  std::string mask;         // Attribute, or empty.
  std::string maskTensor;   // Its type, or empty.
  bool perBatch = false;    // query_offset and valid_keys, one per batch.
  bool scoreRegion = false;
  bool dynamic = false;
  int64_t queries = 37, keys = 53, offset = 0;
};

class FormsTest : public UnitTest {
protected:
  static constexpr int64_t kBatch = 2, kHeads = 3, kFeatures = 5, kValues = 4;

  /// Dimension 2, the length, may be dynamic.
  static std::string getType(const Case &c, ArrayRef<int64_t> shape) {
    std::string text = "tensor<";
    for (auto [i, size] : llvm::enumerate(shape))
      text += (i == 2 && c.dynamic ? "?" : std::to_string(size)) + "x";
    return text + "f64>";
  }

  static std::string getSource(const Case &c) {
    std::string q = getType(c, {kBatch, kHeads, c.queries, kFeatures});
    std::string k = getType(c, {kBatch, kHeads, c.keys, kFeatures});
    std::string v = getType(c, {kBatch, kHeads, c.keys, kValues});
    std::string o = getType(c, {kBatch, kHeads, c.queries, kValues});
    std::string l = getType(c, {kBatch, kHeads, c.queries});
    std::string size = c.dynamic ? "%size" : "";
    std::string source = "func.func @f(%q: " + q + ", %k: " + k + ", %v: " + v +
                         ", %offset: tensor<2xi64>, %valid: tensor<2xi64>, "
                         "%shift: index";
    if (!c.maskTensor.empty())
      source += ", %mask: " + c.maskTensor;
    source += ") -> (" + o + ", " + l + ") {\n%c2 = arith.constant 2 : index\n";
    if (c.dynamic)
      source += "%size = tensor.dim %q, %c2 : " + q + "\n";
    source += "%o0 = tensor.empty(" + size + ") : " + o + "\n%l0 = tensor.empty(" +
              size + ") : " + l + "\n%o, %l = attn.attention ins(%q, %k, %v : " +
              q + ", " + k + ", " + v + ") ";
    if (!c.maskTensor.empty())
      source += "mask_tensor(%mask : " + c.maskTensor + ") ";
    source += c.perBatch ? "query_offset(%offset : tensor<2xi64>) "
                           "valid_keys(%valid : tensor<2xi64>) "
                         : "query_offset(%shift : index) ";
    source += "outs(%o0, %l0 : " + o + ", " + l + ") ";
    if (!c.mask.empty())
      source += "{mask = " + c.mask + "} ";
    if (c.scoreRegion)
      source += R"(
        score(%s : f64, %b : index, %h : index, %i : index, %j : index) {
          %c7 = arith.constant 7 : index
          %hj = arith.muli %h, %j : index
          %x = arith.addi %hj, %i : index
          %y = arith.addi %x, %b : index
          %r = arith.remui %y, %c7 : index
          %ri = arith.index_cast %r : index to i64
          %rf = arith.sitofp %ri : i64 to f64
          %t = math.tanh %s : f64
          %z = arith.addf %t, %rf : f64
          attn.yield %z : f64
        })";
    return source + " -> " + o + ", " + l + "\nreturn %o, %l : " + o + ", " + l +
           "\n}";
  }

  Values getInputs(const Case &c) {
    Type i64 = IntegerType::get(&context, 64);
    Values inputs = {random({kBatch, kHeads, c.queries, kFeatures}, 1),
                     random({kBatch, kHeads, c.keys, kFeatures}, 2),
                     random({kBatch, kHeads, c.keys, kValues}, 3),
                     tensor(i64, {2}, {-3, 11}),
                     tensor(i64, {2}, {c.keys, c.keys / 2}),
                     index(c.offset)};
    if (c.perBatch) // Keys that nobody sees.
      for (unsigned i : {1, 2}) {
        int64_t row = i == 1 ? kFeatures : kValues;
        Number *data = inputs[i].mutableData();
        for (int64_t h = kHeads; h < 2 * kHeads; ++h)
          for (int64_t n = c.keys / 2 * row; n < c.keys * row; ++n)
            data[h * c.keys * row + n] = kNaN;
      }
    if (c.maskTensor.empty())
      return inputs;
    bool isBoolean = StringRef(c.maskTensor).ends_with("i1>");
    int64_t elements = c.queries * c.keys;
    ReferenceValue mask =
        isBoolean ? tensor(IntegerType::get(&context, 1), {c.queries, c.keys},
                           SmallVector<int64_t>(elements, 0))
                  : random({c.queries, c.keys}, 4);
    Number *data = mask.mutableData();
    for (int64_t n = 0; n < elements; ++n) {
      bool visible = n % 3 != 0 && n / c.keys != 2; // Row 2 sees nothing.
      if (isBoolean)
        data[n] = visible;
      else if (!visible)
        data[n] = -kInfinity;
    }
    inputs.push_back(mask);
    return inputs;
  }

  using BuildPipeline = function_ref<void(OpPassManager &)>;

  void expectSame(const Case &c, StringRef name, BuildPipeline build) {
    std::string source = getSource(c);
    Values inputs = getInputs(c);
    OwningOpRef<ModuleOp> module = parse(source);
    if (!module)
      return;
    Values expected = run(*module, inputs);
    runPasses(*module, build);
    Values results = run(*module, inputs);
    for (unsigned i = 0; i < 2; ++i)
      EXPECT_TRUE(isClose(results[i], expected[i], 1e-12))
          << name.str() << ", result " << i << "\n"
          << source;
  }

  void expectFormsAgree(const Case &c) {
    expectSame(c, "materialized", [](OpPassManager &manager) {
      manager.addPass(createAttnToMaterialized());
    });
    expectSame(c, "materialized, decomposed", [](OpPassManager &manager) {
      manager.addPass(createAttnToMaterialized());
      manager.addPass(createAttnDecompose());
    });
    for (auto [queries, keys] : {std::pair(8, 16), std::pair(16, 8)}) {
      AttnToBlockedOptions options;
      options.queries = queries;
      options.keys = keys;
      expectSame(c, "blocked", [&](OpPassManager &manager) {
        manager.addPass(createAttnToBlocked(options));
      });
      expectSame(c, "blocked, decomposed", [&](OpPassManager &manager) {
        manager.addPass(createAttnToBlocked(options));
        manager.addPass(createAttnDecompose());
      });
    }
  }
};
} // namespace

TEST_F(FormsTest, NoMask) {
  Case c;
  expectFormsAgree(c);
  c.dynamic = true;
  expectFormsAgree(c);
}

TEST_F(FormsTest, Masks) {
  for (const char *mask :
       {"#attn.causal", "#attn.window<9, 3>", "#attn.window<0, 0>",
        "#attn.prefix<19>", "#attn.and<#attn.causal, #attn.window<20, 20>>",
        "#attn.or<#attn.prefix<11>, #attn.causal>",
        "#attn.or<#attn.prefix<5>, #attn.window<3, 0>>"})
    for (int64_t offset : {-5, 0, 1, 16}) {
      Case c;
      c.mask = mask;
      c.offset = offset;
      c.dynamic = offset == 1;
      expectFormsAgree(c);
    }
}

// Tiles begin at multiples of 8: only some offset shows an interval of keys that
// is one too long.
TEST_F(FormsTest, EdgesOfMasks) {
  AttnToBlockedOptions options;
  options.queries = 8;
  options.keys = 8;
  for (const char *mask :
       {"#attn.causal", "#attn.window<9, 3>", "#attn.window<17, 12>",
        "#attn.prefix<16>", "#attn.prefix<17>",
        "#attn.and<#attn.causal, #attn.window<10, 20>>",
        "#attn.or<#attn.prefix<7>, #attn.causal>",
        "#attn.or<#attn.prefix<16>, #attn.window<5, 4>>"})
    for (int64_t offset = 0; offset < 8; ++offset) {
      Case c;
      c.mask = mask;
      c.offset = offset;
      c.queries = 17;
      c.keys = 34;
      expectSame(c, "blocked", [&](OpPassManager &manager) {
        manager.addPass(createAttnToBlocked(options));
      });
    }
}

TEST_F(FormsTest, PerBatch) {
  for (const char *mask : {"", "#attn.causal", "#attn.window<6, 0>"})
    for (bool dynamic : {false, true}) {
      Case c;
      c.mask = mask;
      c.perBatch = true;
      c.dynamic = dynamic;
      expectFormsAgree(c);
    }
}

TEST_F(FormsTest, MaskTensors) {
  for (const char *type : {"tensor<37x53xf64>", "tensor<37x53xi1>"})
    for (const char *mask : {"", "#attn.causal"}) {
      Case c;
      c.mask = mask;
      c.maskTensor = type;
      expectFormsAgree(c);
    }
}

TEST_F(FormsTest, ScoreRegions) {
  for (const char *mask : {"", "#attn.causal"})
    for (bool perBatch : {false, true}) {
      Case c;
      c.mask = mask;
      c.scoreRegion = true;
      c.perBatch = perBatch;
      expectFormsAgree(c);
    }
}

TEST_F(FormsTest, SmallSizes) {
  for (int64_t queries : {0, 1, 2, 8, 17})
    for (int64_t keys : {0, 1, 3, 16, 33})
      for (bool dynamic : {false, true}) {
        Case c;
        c.mask = "#attn.causal";
        c.queries = queries;
        c.keys = keys;
        c.dynamic = dynamic;
        expectFormsAgree(c);
      }
}
