//===- VisiblePairsTest.cpp - Visible pairs are counted exactly ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/VisiblePairs.h"
#include "UnitTest.h"
#include "mlir/AsmParser/AsmParser.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {
class VisiblePairsTest : public UnitTest {
protected:
  VisiblePairsTest() { context.loadDialect<AttnDialect>(); }

  MaskAttrInterface mask(StringRef text) {
    auto attribute = parseAttribute(text, &context);
    EXPECT_TRUE(attribute) << diagnostics;
    return cast<MaskAttrInterface>(attribute);
  }

  /// One head of 6 x 9, d_qk = 5, d_v = 4, batch 2 x 3.
  std::optional<double> countFlops(const std::string &operands,
                                   const std::string &attributes) {
    OwningOpRef<ModuleOp> module = parse(
        "func.func @f(%q: tensor<2x3x6x5xf32>, %k: tensor<2x3x9x5xf32>, "
        "%v: tensor<2x3x9x4xf32>, %init: tensor<2x3x6x4xf32>, %unknown: index) "
        "-> tensor<2x3x6x4xf32> {\n%c3 = arith.constant 3 : index\n"
        "%o = attn.attention ins(%q, %k, %v : tensor<2x3x6x5xf32>, "
        "tensor<2x3x9x5xf32>, tensor<2x3x9x4xf32>) " +
        operands + " outs(%init : tensor<2x3x6x4xf32>) " + attributes +
        " -> tensor<2x3x6x4xf32>\nreturn %o : tensor<2x3x6x4xf32>\n}");
    return countAttentionFlops(module->lookupSymbol<func::FuncOp>("f"));
  }
};
} // namespace

TEST_F(VisiblePairsTest, AgreesWithThePredicate) {
  constexpr double perPair = 2 * 3 * 2 * (5 + 4);
  for (StringRef text :
       {"#attn.causal", "#attn.window<5, 2>", "#attn.window<1, 0>",
        "#attn.prefix<4>", "#attn.and<#attn.causal, #attn.window<3, 9>>",
        "#attn.or<#attn.prefix<3>, #attn.window<2, 0>>"})
    for (int64_t offset : {0, 3}) {
      MaskAttrInterface m = mask(text);
      MaskAlgebra algebra(&context);
      double pairs = 0;
      for (int64_t i = 0; i < 6; ++i)
        for (int64_t j = 0; j < 9; ++j)
          pairs += *MaskAlgebra::getConstant(
                       m.isVisible(algebra, algebra.constant(i + offset),
                                   algebra.constant(j))) != 0;
      EXPECT_EQ(countFlops(offset ? "query_offset(%c3 : index)" : "",
                           "{mask = " + text.str() + "}"),
                perPair * pairs)
          << text.str() << " at " << offset;
    }
}

TEST_F(VisiblePairsTest, CreditsOperations) {
  constexpr double perPair = 2 * 3 * 2 * (5 + 4);
  EXPECT_EQ(countFlops("", ""), perPair * 6 * 9);
  EXPECT_EQ(countFlops("", "{mask = #attn.causal}"), perPair * 21);
  EXPECT_EQ(countFlops("query_offset(%c3 : index)", "{mask = #attn.causal}"),
            perPair * (21 + 6 * 3));
  EXPECT_EQ(countFlops("valid_keys(%c3 : index)", "{mask = #attn.causal}"),
            perPair * (1 + 2 + 3 * 4));
  // What is not known is not counted.
  EXPECT_EQ(countFlops("query_offset(%unknown : index)", "{mask = #attn.causal}"),
            std::nullopt);
  EXPECT_EQ(countFlops("query_offset(%unknown : index)", ""), perPair * 54);
  EXPECT_EQ(countFlops("valid_keys(%unknown : index)", ""), std::nullopt);
}
