//===- ReferenceAttnTest.cpp - attention against a computation written apart ===//
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
/// Sizes of a batch of heads: query (B, H, L, D), key (B, H, S, D), value
/// (B, H, S, E).
constexpr int64_t B = 2, H = 3, L = 6, S = 7, D = 4, E = 5;

/// Whether query row i of batch b sees key j.
using Visible = std::function<bool(int64_t b, int64_t i, int64_t j)>;
/// What is added to, or made of, a scaled score.
using Score =
    std::function<double(double s, int64_t b, int64_t h, int64_t i, int64_t j)>;

class ReferenceAttnTest : public UnitTest {
protected:
  /// @f(query, key, value, extra...) -> (output, log-sum-exp)
  static std::string getSource(const std::string &extraArguments,
                               const std::string &clauses,
                               const std::string &attributes,
                               const std::string &region = "") {
    return R"(
      func.func @f(%q: tensor<2x3x6x4xf64>, %k: tensor<2x3x7x4xf64>,
                   %v: tensor<2x3x7x5xf64>)" +
           extraArguments + R"() -> (tensor<2x3x6x5xf64>, tensor<2x3x6xf64>) {
        %o0 = tensor.empty() : tensor<2x3x6x5xf64>
        %l0 = tensor.empty() : tensor<2x3x6xf64>
        %o, %l = attn.attention ins(%q, %k, %v : tensor<2x3x6x4xf64>,
            tensor<2x3x7x4xf64>, tensor<2x3x7x5xf64>) )" +
           clauses +
           " outs(%o0, %l0 : tensor<2x3x6x5xf64>, tensor<2x3x6xf64>) " +
           (attributes.empty() ? "" : "{" + attributes + "} ") + region +
           R"( -> tensor<2x3x6x5xf64>, tensor<2x3x6xf64>
        return %o, %l : tensor<2x3x6x5xf64>, tensor<2x3x6xf64>
      })";
  }

  /// p_j = exp(s_j - lse), o = sum_j p_j v_j, lse = log(sum_j exp(s_j)), in long
  /// double and without subtracting a maximum.
  std::pair<ReferenceValue, ReferenceValue>
  attend(const Visible &visible, const Score &score, double scale = 0.5) {
    ReferenceValue o = tensor({B, H, L, E}, std::vector<double>(B * H * L * E));
    ReferenceValue lse = tensor({B, H, L}, std::vector<double>(B * H * L));
    for (int64_t row = 0; row < B * H * L; ++row) {
      int64_t b = row / (H * L), h = row / L % H, i = row % L;
      std::vector<long double> weights(S, 0.0L);
      long double sum = 0.0L;
      for (int64_t j = 0; j < S; ++j) {
        if (visible && !visible(b, i, j))
          continue;
        double dot = 0.0;
        for (int64_t d = 0; d < D; ++d)
          dot += q[row * D + d].f * k[((b * H + h) * S + j) * D + d].f;
        double s = scale * dot;
        weights[j] = std::exp((long double)(score ? score(s, b, h, i, j) : s));
        sum += weights[j];
      }
      lse.mutableData()[row] = static_cast<double>(std::log(sum));
      for (int64_t e = 0; e < E && sum != 0.0L; ++e) {
        long double x = 0.0L;
        for (int64_t j = 0; j < S; ++j)
          x += weights[j] / sum * v[((b * H + h) * S + j) * E + e].f;
        o.mutableData()[row * E + e] = static_cast<double>(x);
      }
    }
    return {o, lse};
  }

  void expectAttention(const std::string &source, Values extra,
                       const Visible &visible, const Score &score = nullptr,
                       double scale = 0.5) {
    Values inputs = {q, k, v};
    llvm::append_range(inputs, extra);
    Values results = run(source, inputs);
    auto [o, lse] = attend(visible, score, scale);
    EXPECT_TRUE(isClose(results[0], o, 1e-13)) << source;
    EXPECT_TRUE(isClose(results[1], lse, 1e-13)) << source;
  }

  ReferenceValue q = random({B, H, L, D}, 1), k = random({B, H, S, D}, 2),
                 v = random({B, H, S, E}, 3);
};
} // namespace

TEST_F(ReferenceAttnTest, NoMask) {
  expectAttention(getSource("", "", ""), {}, nullptr);
  expectAttention(getSource("", "", "scale = 0.3"), {}, nullptr, nullptr, 0.3);
}

TEST_F(ReferenceAttnTest, Masks) {
  struct Case {
    std::string mask;
    std::function<bool(int64_t, int64_t)> visible; // Of (i + offset, j).
  };
  Case cases[] = {
      {"#attn.causal", [](int64_t i, int64_t j) { return j <= i; }},
      {"#attn.window<2, 1>",
       [](int64_t i, int64_t j) { return j >= i - 2 && j <= i + 1; }},
      {"#attn.window<0, 0>", [](int64_t i, int64_t j) { return i == j; }},
      {"#attn.prefix<3>", [](int64_t, int64_t j) { return j < 3; }},
      {"#attn.prefix<0>", [](int64_t, int64_t) { return false; }},
      {"#attn.and<#attn.causal, #attn.window<2, 2>>",
       [](int64_t i, int64_t j) { return j <= i && j >= i - 2; }},
      {"#attn.or<#attn.prefix<2>, #attn.window<1, 0>>",
       [](int64_t i, int64_t j) { return j < 2 || j == i || j == i - 1; }},
  };
  for (const Case &c : cases)
    for (int64_t offset : {-5, 0, 1, 40})
      expectAttention(getSource(", %offset: index", "query_offset(%offset : index)",
                                "mask = " + c.mask),
                      {index(offset)}, [&](int64_t, int64_t i, int64_t j) {
                        return c.visible(i + offset, j);
                      });
}

// The sum of a row and an offset need not fit in 64 bits.
TEST_F(ReferenceAttnTest, FarPositionsDoNotOverflow) {
  int64_t far = std::numeric_limits<int64_t>::max();
  std::string source = getSource(", %offset: index",
                                 "query_offset(%offset : index)",
                                 "mask = #attn.causal");
  expectAttention(source, {index(far)}, nullptr);
  expectAttention(source, {index(-far)},
                  [](int64_t, int64_t, int64_t) { return false; });
}

TEST_F(ReferenceAttnTest, OffsetsAndValidKeysPerBatch) {
  Type i64 = IntegerType::get(&context, 64);
  int64_t offsets[] = {-2, 3}, valid[] = {0, 5};
  expectAttention(
      getSource(", %offset: tensor<2xi64>, %valid: tensor<2xi64>",
                "query_offset(%offset : tensor<2xi64>) "
                "valid_keys(%valid : tensor<2xi64>)",
                "mask = #attn.causal"),
      {tensor(i64, {2}, {-2, 3}), tensor(i64, {2}, {0, 5})},
      [&](int64_t b, int64_t i, int64_t j) {
        return j <= i + offsets[b] && j < valid[b];
      });
  valid[0] = 4;
  expectAttention(getSource(", %valid: tensor<2xi64>",
                            "valid_keys(%valid : tensor<2xi64>)", ""),
                  {tensor(i64, {2}, {4, 5})},
                  [&](int64_t b, int64_t, int64_t j) { return j < valid[b]; });
}

TEST_F(ReferenceAttnTest, AdditiveMask) {
  std::vector<double> bias(L * S);
  for (int64_t n = 0; n < L * S; ++n)
    bias[n] = n % 3 == 0 ? -kInfinity : 0.25 * (n % 7);
  for (int64_t j = 0; j < S; ++j)
    bias[2 * S + j] = -kInfinity; // A row that sees nothing.
  expectAttention(
      getSource(", %mask: tensor<6x7xf64>", "mask_tensor(%mask : tensor<6x7xf64>)",
                ""),
      {tensor({L, S}, bias)},
      [&](int64_t, int64_t i, int64_t j) {
        return bias[i * S + j] != -kInfinity;
      },
      [&](double s, int64_t, int64_t, int64_t i, int64_t j) {
        return s + bias[i * S + j];
      });
}

TEST_F(ReferenceAttnTest, BooleanMask) {
  std::vector<int64_t> mask(L * S);
  for (int64_t n = 0; n < L * S; ++n)
    mask[n] = n / S != 4 && n % 3 != 1;
  expectAttention(
      getSource(", %mask: tensor<6x7xi1>", "mask_tensor(%mask : tensor<6x7xi1>)",
                ""),
      {tensor(IntegerType::get(&context, 1), {L, S}, mask)},
      [&](int64_t, int64_t i, int64_t j) { return mask[i * S + j] != 0; });
}

// The region sees natural units after the scale; h is the head, i and j rows, and
// the mask comes after it.
TEST_F(ReferenceAttnTest, ScoreRegion) {
  expectAttention(
      getSource(", %slopes: tensor<3xf64>", "", "mask = #attn.causal", R"(
        score(%s : f64, %b : index, %h : index, %i : index, %j : index) {
          %slope = tensor.extract %slopes[%h] : tensor<3xf64>
          %d = arith.subi %j, %i : index
          %di = arith.index_cast %d : index to i64
          %df = arith.sitofp %di : i64 to f64
          %bi = arith.index_cast %b : index to i64
          %bf = arith.sitofp %bi : i64 to f64
          %t = math.tanh %s : f64
          %m = arith.mulf %slope, %df : f64
          %x = arith.addf %t, %m : f64
          %y = arith.addf %x, %bf : f64
          attn.yield %y : f64
        })"),
      {tensor({H}, {0.5, 0.25, -0.125})},
      [](int64_t, int64_t i, int64_t j) { return j <= i; },
      [](double s, int64_t b, int64_t h, int64_t i, int64_t j) {
        double slope = h == 0 ? 0.5 : h == 1 ? 0.25 : -0.125;
        return std::tanh(s) + slope * (j - i) + b;
      });
}

// A region that the list of kernels does not cover goes through the interpreter.
TEST_F(ReferenceAttnTest, ScoreRegionWithControlFlow) {
  expectAttention(
      getSource("", "", "", R"(
        score(%s : f64, %b : index, %h : index, %i : index, %j : index) {
          %c = arith.cmpi slt, %j, %h : index
          %y = scf.if %c -> f64 {
            %n = arith.negf %s : f64
            scf.yield %n : f64
          } else {
            scf.yield %s : f64
          }
          attn.yield %y : f64
        })"),
      {}, nullptr, [](double s, int64_t, int64_t h, int64_t, int64_t j) {
        return j < h ? -s : s;
      });
}

// What a query does not see reaches nothing; what it sees reaches its row only.
TEST_F(ReferenceAttnTest, NaNReachesItsRowOnly) {
  Values clean = run(getSource("", "", "mask = #attn.causal"), {q, k, v});
  // Key or value 4 of the first head.
  ReferenceValue badKey = k, badValue = v, infiniteValue = v;
  badKey.mutableData()[4 * D + 1] = kNaN;
  for (int64_t e = 0; e < E; ++e) {
    badValue.mutableData()[4 * E + e] = kNaN;
    infiniteValue.mutableData()[4 * E + e] = kInfinity;
  }
  Values results[] = {
      run(getSource("", "", "mask = #attn.causal"), {q, badKey, v}),
      run(getSource("", "", "mask = #attn.causal"), {q, k, badValue}),
      run(getSource("", "", "mask = #attn.causal"), {q, k, infiniteValue})};
  for (int64_t n = 0; n < B * H * L * E; ++n) {
    if (n / E == 4 || n / E == 5) {
      EXPECT_TRUE(std::isnan(results[0][0][n].f)) << n;
      EXPECT_TRUE(std::isnan(results[1][0][n].f)) << n;
      EXPECT_EQ(results[2][0][n].f, kInfinity) << n;
      continue;
    }
    for (const Values &result : results)
      EXPECT_EQ(result[0][n].f, clean[0][n].f) << n;
  }
}

TEST_F(ReferenceAttnTest, InfiniteScoresHide) {
  // <q, k> = -inf at key 0: hidden, whatever its value.
  ReferenceValue q1 = tensor({1, 1}, {1.0}),
                 k1 = tensor({2, 1}, {-kInfinity, 0.0}),
                 v1 = tensor({2, 1}, {kNaN, 3.0});
  Values results = run(R"(
    func.func @f(%q: tensor<1x1xf64>, %k: tensor<2x1xf64>, %v: tensor<2x1xf64>)
        -> tensor<1x1xf64> {
      %o0 = tensor.empty() : tensor<1x1xf64>
      %o = attn.attention ins(%q, %k, %v : tensor<1x1xf64>, tensor<2x1xf64>,
          tensor<2x1xf64>) outs(%o0 : tensor<1x1xf64>) -> tensor<1x1xf64>
      return %o : tensor<1x1xf64>
    })",
                       {q1, k1, v1});
  EXPECT_EQ(results[0][0].f, 3.0);
}

// Query head (h, g) attends to key head h; the region sees the flattened head.
TEST_F(ReferenceAttnTest, GroupedHeads) {
  constexpr int64_t G = 2;
  ReferenceValue grouped = random({B, H, G, L, D}, 4);
  Values results = run(R"(
    func.func @f(%q: tensor<2x3x2x6x4xf64>, %k: tensor<2x3x7x4xf64>,
                 %v: tensor<2x3x7x5xf64>)
        -> (tensor<2x3x2x6x5xf64>, tensor<2x3x2x6xf64>) {
      %o0 = tensor.empty() : tensor<2x3x2x6x5xf64>
      %l0 = tensor.empty() : tensor<2x3x2x6xf64>
      %o, %l = attn.attention ins(%q, %k, %v : tensor<2x3x2x6x4xf64>,
          tensor<2x3x7x4xf64>, tensor<2x3x7x5xf64>)
          outs(%o0, %l0 : tensor<2x3x2x6x5xf64>, tensor<2x3x2x6xf64>)
          layout(bhgsd) {mask = #attn.causal}
          score(%s : f64, %b : index, %h : index, %i : index, %j : index) {
            %n = arith.muli %h, %j : index
            %ni = arith.index_cast %n : index to i64
            %nf = arith.sitofp %ni : i64 to f64
            %x = arith.addf %s, %nf : f64
            attn.yield %x : f64
          } -> tensor<2x3x2x6x5xf64>, tensor<2x3x2x6xf64>
      return %o, %l : tensor<2x3x2x6x5xf64>, tensor<2x3x2x6xf64>
    })",
                       {grouped, k, v});
  for (int64_t g = 0; g < G; ++g) {
    for (int64_t bh = 0; bh < B * H; ++bh)
      std::copy_n(grouped.data() + (bh * G + g) * L * D, L * D,
                  q.mutableData() + bh * L * D);
    auto [o, lse] = attend(
        [](int64_t, int64_t i, int64_t j) { return j <= i; },
        [&](double s, int64_t, int64_t h, int64_t, int64_t j) {
          return s + (h * G + g) * j;
        });
    for (int64_t bh = 0; bh < B * H; ++bh) {
      for (int64_t n = 0; n < L * E; ++n)
        EXPECT_NEAR(results[0][(bh * G + g) * L * E + n].f, o[bh * L * E + n].f,
                    1e-13);
      for (int64_t i = 0; i < L; ++i)
        EXPECT_NEAR(results[1][(bh * G + g) * L + i].f, lse[bh * L + i].f, 1e-13);
    }
  }
}

// Sequence before heads is the same numbers in another order.
TEST_F(ReferenceAttnTest, Layouts) {
  auto transpose = [&](const ReferenceValue &x) { // (B, H, N, D) -> (B, N, H, D)
    ArrayRef<int64_t> n = x.getShape();
    ReferenceValue y = tensor({n[0], n[2], n[1], n[3]}, toDoubles(x));
    for (int64_t i = 0; i < x.getNumElements(); ++i) {
      int64_t d = i % n[3], s = i / n[3] % n[2], h = i / n[3] / n[2] % n[1],
              b = i / n[3] / n[2] / n[1];
      y.mutableData()[((b * n[2] + s) * n[1] + h) * n[3] + d] = x[i];
    }
    return y;
  };
  Values results = run(R"(
    func.func @f(%q: tensor<2x?x3x4xf64>, %k: tensor<2x?x3x4xf64>,
                 %v: tensor<2x?x3x5xf64>) -> tensor<2x?x3x5xf64> {
      %c1 = arith.constant 1 : index
      %n = tensor.dim %q, %c1 : tensor<2x?x3x4xf64>
      %o0 = tensor.empty(%n) : tensor<2x?x3x5xf64>
      %o = attn.attention ins(%q, %k, %v : tensor<2x?x3x4xf64>,
          tensor<2x?x3x4xf64>, tensor<2x?x3x5xf64>)
          outs(%o0 : tensor<2x?x3x5xf64>) layout(bshd) {mask = #attn.causal}
          -> tensor<2x?x3x5xf64>
      return %o : tensor<2x?x3x5xf64>
    })",
                       {transpose(q), transpose(k), transpose(v)});
  auto [o, lse] =
      attend([](int64_t, int64_t i, int64_t j) { return j <= i; }, nullptr);
  EXPECT_TRUE(isClose(results[0], transpose(o), 1e-13));
}

//===----------------------------------------------------------------------===//
// The laws of the fold
//===----------------------------------------------------------------------===//

// fold(fold(s, K1), K2), combine(s, fold(identity, K1), fold(identity, K2)) and
// fold(s, K1 ++ K2), where s has seen other keys; some rows see nothing.
TEST_F(ReferenceAttnTest, FoldsAndCombine) {
  std::string maps = R"(indexing_maps = [
      affine_map<(m, k1, k2, n) -> (m, k1)>, affine_map<(m, k1, k2, n) -> (k2, k1)>,
      affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (m)>,
      affine_map<(m, k1, k2, n) -> (m)>, affine_map<(m, k1, k2, n) -> (n, m)>],
      mask = #attn.window<3, 0>)";
  auto fold = [&](const std::string &name, const std::string &from,
                  const std::string &first, int count, const std::string &state) {
    std::string k = std::to_string(count);
    return "%" + name + "_k = tensor.extract_slice %k[" + from + ", 0] [" + k +
           ", 4] [1, 1] : tensor<12x4xf64> to tensor<" + k + "x4xf64>\n" + "%" +
           name + "_v = tensor.extract_slice %v[" + from + ", 0] [" + k +
           ", 3] [1, 1] : tensor<12x3xf64> to tensor<" + k + "x3xf64>\n" + "%" +
           name + ":3 = attn.fold ins(%q, %" + name + "_k, %" + name +
           "_v : tensor<6x4xf64>, tensor<" + k + "x4xf64>, tensor<" + k +
           "x3xf64>) at(%c0, %" + first + ") outs(" + state +
           " : tensor<6xf64>, tensor<6xf64>, tensor<3x6xf64>) {" + maps +
           "} -> tensor<6xf64>, tensor<6xf64>, tensor<3x6xf64>\n";
  };
  std::string source = R"(
    func.func @f(%q: tensor<6x4xf64>, %k: tensor<12x4xf64>, %v: tensor<12x3xf64>)
        -> (tensor<6xf64>, tensor<6xf64>, tensor<3x6xf64>, tensor<6xf64>,
            tensor<6xf64>, tensor<3x6xf64>, tensor<6xf64>, tensor<6xf64>,
            tensor<3x6xf64>) {
      %c0 = arith.constant 0 : index
      %c2 = arith.constant 2 : index
      %c5 = arith.constant 5 : index
      %m0 = arith.constant dense<0xFFF0000000000000> : tensor<6xf64>
      %l0 = arith.constant dense<0.0> : tensor<6xf64>
      %a0 = arith.constant dense<0.0> : tensor<3x6xf64>
      )" + fold("s", "0", "c2", 2, "%m0, %l0, %a0") +
                       fold("whole", "2", "c2", 10, "%s#0, %s#1, %s#2") +
                       fold("one", "2", "c2", 3, "%s#0, %s#1, %s#2") +
                       fold("two", "5", "c5", 7, "%one#0, %one#1, %one#2") +
                       fold("p", "2", "c2", 3, "%m0, %l0, %a0") +
                       fold("r", "5", "c5", 7, "%m0, %l0, %a0") + R"(
      %pm = tensor.concat dim(0) %p#0, %r#0, %m0 : (tensor<6xf64>, tensor<6xf64>, tensor<6xf64>) -> tensor<18xf64>
      %pl = tensor.concat dim(0) %p#1, %r#1, %l0 : (tensor<6xf64>, tensor<6xf64>, tensor<6xf64>) -> tensor<18xf64>
      %pa = tensor.concat dim(0) %p#2, %r#2, %a0 : (tensor<3x6xf64>, tensor<3x6xf64>, tensor<3x6xf64>) -> tensor<9x6xf64>
      %em = tensor.expand_shape %pm [[0, 1]] output_shape [3, 6] : tensor<18xf64> into tensor<3x6xf64>
      %el = tensor.expand_shape %pl [[0, 1]] output_shape [3, 6] : tensor<18xf64> into tensor<3x6xf64>
      %ea = tensor.expand_shape %pa [[0, 1], [2]] output_shape [3, 3, 6] : tensor<9x6xf64> into tensor<3x3x6xf64>
      %c:3 = attn.combine ins(%em, %el, %ea : tensor<3x6xf64>, tensor<3x6xf64>, tensor<3x3x6xf64>)
          outs(%s#0, %s#1, %s#2 : tensor<6xf64>, tensor<6xf64>, tensor<3x6xf64>)
          {indexing_maps = [affine_map<(m, s, n) -> (s, m)>, affine_map<(m, s, n) -> (s, m)>,
             affine_map<(m, s, n) -> (s, n, m)>, affine_map<(m, s, n) -> (m)>,
             affine_map<(m, s, n) -> (m)>, affine_map<(m, s, n) -> (n, m)>]}
          -> tensor<6xf64>, tensor<6xf64>, tensor<3x6xf64>
      return %whole#0, %whole#1, %whole#2, %two#0, %two#1, %two#2, %c#0, %c#1, %c#2
          : tensor<6xf64>, tensor<6xf64>, tensor<3x6xf64>, tensor<6xf64>,
            tensor<6xf64>, tensor<3x6xf64>, tensor<6xf64>, tensor<6xf64>,
            tensor<3x6xf64>
    })";
  Values results = run(
      source, {random({6, 4}, 1), random({12, 4}, 2), random({12, 3}, 3)});
  ASSERT_EQ(results.size(), 9u);
  for (unsigned i = 0; i < 3; ++i) {
    EXPECT_TRUE(isClose(results[3 + i], results[i], 1e-14));
    EXPECT_TRUE(isClose(results[6 + i], results[i], 1e-14));
  }
  // Row 0 sees keys -3..0, and this fold begins at 2: an empty state.
  EXPECT_EQ(results[0][0].f, -kInfinity);
  EXPECT_EQ(results[1][0].f, 0.0);
  EXPECT_GT(results[1][5].f, 0.0);
}

TEST_F(ReferenceAttnTest, Finish) {
  Values results = run(R"(
    func.func @f(%m: tensor<2xf64>, %l: tensor<2xf64>, %a: tensor<3x2xf64>)
        -> (tensor<2x3xf64>, tensor<2xf64>) {
      %o0 = tensor.empty() : tensor<2x3xf64>
      %l0 = tensor.empty() : tensor<2xf64>
      %o, %lse = attn.finish ins(%m, %l, %a : tensor<2xf64>, tensor<2xf64>, tensor<3x2xf64>)
          outs(%o0, %l0 : tensor<2x3xf64>, tensor<2xf64>)
          {indexing_maps = [affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m)>,
             affine_map<(m, n) -> (n, m)>, affine_map<(m, n) -> (m, n)>,
             affine_map<(m, n) -> (m)>]} -> tensor<2x3xf64>, tensor<2xf64>
      return %o, %lse : tensor<2x3xf64>, tensor<2xf64>
    })",
                       {tensor({2}, {3.0, -kInfinity}), tensor({2}, {4.0, 0.0}),
                        tensor({3, 2}, {1, 0, 2, 0, 3, 0})});
  EXPECT_EQ(toDoubles(results[0]),
            (std::vector<double>{0.25, 0.5, 0.75, 0.0, 0.0, 0.0}));
  EXPECT_NEAR(results[1][0].f, std::log(4.0 * 8.0), 1e-15);
  EXPECT_EQ(results[1][1].f, -kInfinity);
}

TEST_F(ReferenceAttnTest, SizesMustAgree) {
  std::string error = runInvalid(R"(
    func.func @f(%q: tensor<?x?xf64>, %k: tensor<?x?xf64>, %v: tensor<?x?xf64>,
                 %o0: tensor<?x?xf64>) -> tensor<?x?xf64> {
      %o = attn.attention ins(%q, %k, %v : tensor<?x?xf64>, tensor<?x?xf64>,
          tensor<?x?xf64>) outs(%o0 : tensor<?x?xf64>) -> tensor<?x?xf64>
      return %o : tensor<?x?xf64>
    })",
                                 {random({2, 4}, 1), random({3, 4}, 1),
                                  random({2, 4}, 1), random({2, 4}, 1)});
  EXPECT_EQ(error, "'attn.attention' op has operands whose sizes differ in "
                   "dimension 2 of its iteration space: 3 and 2\n");
}
