//===- StackCostTest.cpp - Costs of layers, read from IR ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/StackCost.h"
#include "UnitTest.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {
class StackCostTest : public UnitTest {
protected:
  StackCost read(const std::string &source) {
    OwningOpRef<ModuleOp> module = parse(source);
    FailureOr<Stack> stack =
        analyzeStack(*module->getOps<func::FuncOp>().begin());
    EXPECT_TRUE(succeeded(stack)) << diagnostics;
    return getStackCost(*stack);
  }
};
} // namespace

// The scan sees 2 heads of 4 features, the rescan 8 numbers.
static const char *kStack = R"mlir(
func.func @f(%x: tensor<9x2x4xf32>) -> tensor<9x2x4xf32> {
  %init = tensor.empty() : tensor<9x2x4xf32>
  %g = arith.constant dense<-0.5> : tensor<2xf32>
  %s0 = arith.constant dense<0.0> : tensor<2x4x4xf32>
  %h0 = arith.constant dense<0.0> : tensor<2x4xf32>
  %q = math.tanh %x : tensor<9x2x4xf32>
  %k = math.sin %x : tensor<9x2x4xf32>
  %y, %s = recur.scan ins(%q, %k, %g : tensor<9x2x4xf32>, tensor<9x2x4xf32>, tensor<2xf32>) outs(%init : tensor<9x2x4xf32>) init(%s0 : tensor<2x4x4xf32>)
      {indexing_maps = [affine_map<(h, t) -> (t, h)>, affine_map<(h, t) -> (t, h)>, affine_map<(h, t) -> (h)>,
                        affine_map<(h, t) -> (t, h)>, affine_map<(h, t) -> (h)>],
       monoid = #recur.affine<scalar>}
      lift(%q_t: tensor<4xf32>, %k_t: tensor<4xf32>, %g_t: f32) {
        recur.yield %g_t, %k_t, %k_t : f32, tensor<4xf32>, tensor<4xf32>
      }
      read(%q_t: tensor<4xf32>, %k_t: tensor<4xf32>, %g_t: f32, %m: tensor<4x4xf32>) {
        %zero = arith.constant dense<0.0> : tensor<4xf32>
        %o = linalg.vecmat ins(%q_t, %m : tensor<4xf32>, tensor<4x4xf32>) outs(%zero : tensor<4xf32>) -> tensor<4xf32>
        recur.yield %o : tensor<4xf32>
      } -> tensor<9x2x4xf32>, tensor<2x4x4xf32>
  %z, %h = recur.rescan ins(%y, %y : tensor<9x2x4xf32>, tensor<9x2x4xf32>) outs(%init : tensor<9x2x4xf32>) init(%h0 : tensor<2x4xf32>)
      {indexing_maps = [affine_map<(b, t, j) -> (t, b)>, affine_map<(b, t, j) -> (j, b)>, affine_map<(b, t, j) -> (t, b)>, affine_map<(b, t, j) -> (b)>]}
      step(%y_t: tensor<4xf32>, %y_j: tensor<4xf32>, %a: tensor<4xf32>) {
        %p = arith.mulf %y_t, %y_j : tensor<4xf32>
        %next = arith.addf %p, %a : tensor<4xf32>
        recur.yield %next : tensor<4xf32>
      } -> tensor<9x2x4xf32>, tensor<2x4xf32>
  return %z : tensor<9x2x4xf32>
}
)mlir";

TEST_F(StackCostTest, Recurrences) {
  StackCost cost = read(kStack);
  ASSERT_EQ(cost.layers.size(), 2u);
  EXPECT_EQ(cost.length, 9);

  const LayerCost &scan = cost.layers[0];
  EXPECT_EQ(scan.folds, 2);
  // For each head: one exponential, and a product and a multiply-add of 4 x 4.
  EXPECT_EQ(scan.pairFlops, 2 * (1 + 2 * 16));
  EXPECT_EQ(scan.keyFlops, 8);              // The key, not the query.
  EXPECT_EQ(scan.tokenFlops, 8 + 2 * 2 * 16); // The query, and `read`.
  EXPECT_EQ(scan.inputBytes, 0);
  EXPECT_EQ(scan.keyValueBytes, 8 * 4);
  EXPECT_EQ(scan.stateBytes, (2 * 16 + 8) * 4); // With the query.
  EXPECT_EQ(scan.scoreBytes, 16 * 4);           // One head at a time.
  EXPECT_FALSE(scan.left);

  const LayerCost &rescan = cost.layers[1];
  EXPECT_EQ(rescan.folds, 2);
  EXPECT_EQ(rescan.pairFlops, 2 * 2 * 4);
  EXPECT_EQ(rescan.keyFlops, 0);
  EXPECT_EQ(rescan.tokenFlops, 0);
  EXPECT_EQ(rescan.inputBytes, 8 * 4);
  EXPECT_EQ(rescan.keyValueBytes, 8 * 4);
  EXPECT_EQ(rescan.stateBytes, (8 + 8) * 4);
  EXPECT_EQ(rescan.scoreBytes, 2 * 4 * 4);
}
