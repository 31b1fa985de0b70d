//===- RecurTest.cpp - Recurrences against closed forms written apart ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "UnitTest.h"
#include <complex>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {
class RecurTest : public UnitTest {
protected:
  /// A function @f of `arguments` that returns the results of one recurrence.
  static std::string getSource(const std::string &arguments,
                               const std::string &recurrence,
                               ArrayRef<std::string> results) {
    std::string types = llvm::join(results, ", "), names;
    for (size_t i = 0; i < results.size(); ++i)
      names += (i ? ", %r#" : "%r#") + std::to_string(i);
    return "func.func @f(" + arguments + ") -> (" + types + ") {\n%r:" +
           std::to_string(results.size()) + " = " + recurrence + " -> " +
           types + "\nreturn " + names + " : " + types + "\n}";
  }

  ReferenceValue zeros(ArrayRef<int64_t> shape) {
    return llvm::cantFail(
        ReferenceValue::tensor(Float64Type::get(&context), shape));
  }
};

constexpr int64_t H = 2, L = 6, D = 3, E = 2; // Heads, tokens, key, value.
} // namespace

//===----------------------------------------------------------------------===//
// Linear recurrences
//===----------------------------------------------------------------------===//

/// q, k (H, L, D), v (H, L, E), one log decay per head, state S (H, D, E).
static std::string getRetention(const std::string &monoid,
                                const std::string &element,
                                const std::string &attributes = "") {
  return R"(recur.scan
      ins(%q, %k, %v, %g : tensor<2x?x3xf64>, tensor<2x?x3xf64>, tensor<2x?x2xf64>, tensor<2xf64>)
      outs(%y0 : tensor<2x?x2xf64>) init(%s0 : tensor<2x3x2xf64>)
      {indexing_maps = [affine_map<(h, t) -> (h, t)>, affine_map<(h, t) -> (h, t)>, affine_map<(h, t) -> (h, t)>,
                        affine_map<(h, t) -> (h)>, affine_map<(h, t) -> (h, t)>, affine_map<(h, t) -> (h)>],
       monoid = #recur.)" +
         monoid + attributes + R"(}
      lift(%q_t: tensor<3xf64>, %k_t: tensor<3xf64>, %v_t: tensor<2xf64>, %g_t: f64) {
        recur.yield )" +
         element + R"(
      }
      read(%q_t: tensor<3xf64>, %k_t: tensor<3xf64>, %v_t: tensor<2xf64>, %g_t: f64, %s: tensor<3x2xf64>) {
        %zero = arith.constant dense<0.0> : tensor<2xf64>
        %y = linalg.vecmat ins(%q_t, %s : tensor<3xf64>, tensor<3x2xf64>) outs(%zero : tensor<2xf64>) -> tensor<2xf64>
        recur.yield %y : tensor<2xf64>
      })";
}

static const char *const kRetentionArguments =
    "%q: tensor<2x?x3xf64>, %k: tensor<2x?x3xf64>, %v: tensor<2x?x2xf64>, "
    "%g: tensor<2xf64>, %y0: tensor<2x?x2xf64>, %s0: tensor<2x3x2xf64>";

// y_t = sum_{j <= t} e^{g (t - j)} <q_t, k_j> v_j + e^{g (t + 1)} q_t S_init
TEST_F(RecurTest, LinearAttentionAndRetention) {
  for (int64_t length : {L, int64_t(1), int64_t(0)}) {
    ReferenceValue q = random({H, length, D}, 1), k = random({H, length, D}, 2),
                   v = random({H, length, E}, 3), s0 = random({H, D, E}, 4);
    auto check = [&](const std::string &monoid, const std::string &element,
                     std::vector<double> g, const std::string &attributes) {
      Values results =
          run(getSource(kRetentionArguments,
                        getRetention(monoid, element, attributes),
                        {"tensor<2x?x2xf64>", "tensor<2x3x2xf64>"}),
              {q, k, v, tensor({H}, g), zeros({H, length, E}), s0});
      ReferenceValue y = zeros({H, length, E}), s = zeros({H, D, E});
      for (int64_t h = 0; h < H; ++h)
        for (int64_t e = 0; e < E; ++e) {
          for (int64_t t = 0; t < length; ++t) {
            double sum = 0.0;
            for (int64_t d = 0; d < D; ++d) {
              double x = std::exp(g[h] * (t + 1)) * s0[(h * D + d) * E + e].f;
              for (int64_t j = 0; j <= t; ++j)
                x += std::exp(g[h] * (t - j)) *
                     k[(h * length + j) * D + d].f *
                     v[(h * length + j) * E + e].f;
              sum += q[(h * length + t) * D + d].f * x;
            }
            y.mutableData()[(h * length + t) * E + e] = sum;
          }
          for (int64_t d = 0; d < D; ++d) {
            double x = std::exp(g[h] * length) * s0[(h * D + d) * E + e].f;
            for (int64_t j = 0; j < length; ++j)
              x += std::exp(g[h] * (length - 1 - j)) *
                   k[(h * length + j) * D + d].f *
                   v[(h * length + j) * E + e].f;
            s.mutableData()[(h * D + d) * E + e] = x;
          }
        }
      EXPECT_TRUE(isClose(results[0], y, 1e-13)) << monoid << length;
      EXPECT_TRUE(isClose(results[1], s, 1e-13)) << monoid << length;
    };
    check("affine<unit>", "%k_t, %v_t : tensor<3xf64>, tensor<2xf64>", {0, 0},
          "");
    check("affine<scalar>", "%g_t, %k_t, %v_t : f64, tensor<3xf64>, tensor<2xf64>",
          {-0.1, -0.7}, "");
    // The order that was chosen is none of the reference's business.
    check("affine<scalar>", "%g_t, %k_t, %v_t : f64, tensor<3xf64>, tensor<2xf64>",
          {-0.1, -0.7}, ", schedule = #recur.schedule<chunked, chunk = 4>");
    check("affine<scalar>", "%g_t, %k_t, %v_t : f64, tensor<3xf64>, tensor<2xf64>",
          {-0.1, -0.7}, ", schedule = #recur.schedule<tree>");
  }
}

// h_t = sum_{j <= t} (prod_{j < i <= t} e^{g_i}) b_j + (prod_{i <= t} e^{g_i}) h
TEST_F(RecurTest, ComplexDiagonal) {
  std::string sequence = "tensor<?x3xf64>", state = "tensor<3xf64>";
  std::string source = getSource(
      "%a: tensor<?x3xf64>, %b: tensor<?x3xf64>, %c: tensor<?x3xf64>, %d: "
      "tensor<?x3xf64>, %y: tensor<?x3xf64>, %z: tensor<?x3xf64>, %h: "
      "tensor<3xf64>, %i: tensor<3xf64>",
      R"(recur.scan ins(%a, %b, %c, %d : tensor<?x3xf64>, tensor<?x3xf64>, tensor<?x3xf64>, tensor<?x3xf64>)
        outs(%y, %z : tensor<?x3xf64>, tensor<?x3xf64>) init(%h, %i : tensor<3xf64>, tensor<3xf64>)
        {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> (t)>,
                          affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> (t)>,
                          affine_map<(t) -> ()>, affine_map<(t) -> ()>],
         monoid = #recur.affine<complex_diagonal>}
        lift(%a_t: tensor<3xf64>, %b_t: tensor<3xf64>, %c_t: tensor<3xf64>, %d_t: tensor<3xf64>) {
          recur.yield %a_t, %b_t, %c_t, %d_t : tensor<3xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3xf64>
        })",
      {sequence, sequence, state, state});
  Values in;
  for (uint64_t seed = 1; seed <= 4; ++seed)
    in.push_back(random({L, D}, seed));
  in.append({zeros({L, D}), zeros({L, D}), random({D}, 5), random({D}, 6)});
  Values results = run(source, in);
  for (int64_t t = 0; t < L; ++t)
    for (int64_t d = 0; d < D; ++d) {
      using Complex = std::complex<double>;
      auto at = [&](unsigned re, int64_t i) {
        return Complex(in[re][i * D + d].f, in[re + 1][i * D + d].f);
      };
      Complex exponent = 0.0, h = 0.0;
      for (int64_t j = t; j >= 0; --j) {
        h += std::exp(exponent) * at(2, j);
        exponent += at(0, j);
      }
      h += std::exp(exponent) * Complex(in[6][d].f, in[7][d].f);
      EXPECT_NEAR(results[0][t * D + d].f, h.real(), 1e-12 * (1 + std::abs(h)));
      EXPECT_NEAR(results[1][t * D + d].f, h.imag(), 1e-12 * (1 + std::abs(h)));
      if (t == L - 1) {
        EXPECT_EQ(results[2][d].f, results[0][t * D + d].f);
        EXPECT_EQ(results[3][d].f, results[1][t * D + d].f);
      }
    }
}

// S_t = (I - beta k k^T) e^g S + beta k v^T, with the matrix written out.
TEST_F(RecurTest, DeltaRuleAndDense) {
  std::string source = getSource(
      "%g: tensor<?xf64>, %b: tensor<?xf64>, %k: tensor<?x3xf64>, %v: "
      "tensor<?x2xf64>, %y: tensor<?x3x2xf64>, %s: tensor<3x2xf64>",
      R"(recur.scan ins(%g, %b, %k, %v : tensor<?xf64>, tensor<?xf64>, tensor<?x3xf64>, tensor<?x2xf64>)
        outs(%y : tensor<?x3x2xf64>) init(%s : tensor<3x2xf64>)
        {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> (t)>,
                          affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
         monoid = #recur.affine<dplr>}
        lift(%g_t: f64, %b_t: f64, %k_t: tensor<3xf64>, %v_t: tensor<2xf64>) {
          recur.yield %g_t, %b_t, %k_t, %v_t : f64, f64, tensor<3xf64>, tensor<2xf64>
        })",
      {"tensor<?x3x2xf64>", "tensor<3x2xf64>"});
  std::string dense = getSource(
      "%a: tensor<?x3x3xf64>, %b: tensor<?x3x2xf64>, %y: tensor<?x3x2xf64>, "
      "%s: tensor<3x2xf64>",
      R"(recur.scan ins(%a, %b : tensor<?x3x3xf64>, tensor<?x3x2xf64>)
        outs(%y : tensor<?x3x2xf64>) init(%s : tensor<3x2xf64>)
        {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
         monoid = #recur.affine<dense>}
        lift(%a_t: tensor<3x3xf64>, %b_t: tensor<3x2xf64>) {
          recur.yield %a_t, %b_t : tensor<3x3xf64>, tensor<3x2xf64>
        })",
      {"tensor<?x3x2xf64>", "tensor<3x2xf64>"});
  ReferenceValue g = random({L}, 1), beta = random({L}, 2),
                 k = random({L, D}, 3), v = random({L, E}, 4),
                 s0 = random({D, E}, 5);
  ReferenceValue a = zeros({L, D, D}), b = zeros({L, D, E}),
                 y = zeros({L, D, E}), s = s0;
  for (int64_t t = 0; t < L; ++t) {
    for (int64_t i = 0; i < D; ++i) {
      for (int64_t j = 0; j < D; ++j)
        a.mutableData()[(t * D + i) * D + j] =
            std::exp(g[t].f) *
            ((i == j) - beta[t].f * k[t * D + i].f * k[t * D + j].f);
      for (int64_t e = 0; e < E; ++e)
        b.mutableData()[(t * D + i) * E + e] =
            beta[t].f * k[t * D + i].f * v[t * E + e].f;
    }
    ReferenceValue next = zeros({D, E});
    for (int64_t i = 0; i < D; ++i)
      for (int64_t e = 0; e < E; ++e) {
        double x = b[(t * D + i) * E + e].f;
        for (int64_t j = 0; j < D; ++j)
          x += a[(t * D + i) * D + j].f * s[j * E + e].f;
        next.mutableData()[i * E + e] = x;
        y.mutableData()[(t * D + i) * E + e] = x;
      }
    s = next;
  }
  Values results = run(source, {g, beta, k, v, zeros({L, D, E}), s0});
  EXPECT_TRUE(isClose(results[0], y, 1e-12));
  EXPECT_TRUE(isClose(results[1], s, 1e-12));
  results = run(dense, {a, b, zeros({L, D, E}), s0});
  EXPECT_TRUE(isClose(results[0], y, 1e-12));
  EXPECT_TRUE(isClose(results[1], s, 1e-12));
}

// The mean of v_j with weights e^{s_j + g_{j+1} + .. + g_t}; a score of -inf is
// not seen, a decay of -inf forgets what was before.
TEST_F(RecurTest, DecayedSoftmax) {
  std::string source = getSource(
      "%g: tensor<?xf64>, %s: tensor<?xf64>, %v: tensor<?xf64>, %y: "
      "tensor<?xf64>, %m: tensor<f64>, %l: tensor<f64>, %a: tensor<f64>",
      R"(recur.scan ins(%g, %s, %v : tensor<?xf64>, tensor<?xf64>, tensor<?xf64>)
        outs(%y : tensor<?xf64>) init(%m, %l, %a : tensor<f64>, tensor<f64>, tensor<f64>)
        {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> (t)>,
                          affine_map<(t) -> (t)>, affine_map<(t) -> ()>, affine_map<(t) -> ()>, affine_map<(t) -> ()>],
         monoid = #recur.decayed_softmax}
        lift(%g_t: f64, %s_t: f64, %v_t: f64) {
          recur.yield %g_t, %s_t, %v_t : f64, f64, f64
        }
        read(%g_t: f64, %s_t: f64, %v_t: f64, %m_t: f64, %l_t: f64, %a_t: f64) {
          %mean = arith.divf %a_t, %l_t : f64
          recur.yield %mean : f64
        })",
      {"tensor<?xf64>", "tensor<f64>", "tensor<f64>", "tensor<f64>"});
  ReferenceValue g = random({L}, 1), s = random({L}, 2), v = random({L}, 3);
  s.mutableData()[0] = s.mutableData()[3] = -kInfinity;
  g.mutableData()[4] = -kInfinity;
  Values results =
      run(source, {g, s, v, zeros({L}), tensor({}, {-kInfinity}),
                   tensor({}, {0.0}), tensor({}, {0.0})});
  double sum = 0.0;
  for (int64_t t = 0; t < L; ++t) {
    double weighted = 0.0;
    sum = 0.0;
    for (int64_t j = 0; j <= t; ++j) {
      double exponent = s[j].f;
      for (int64_t i = j + 1; i <= t; ++i)
        exponent += g[i].f;
      sum += std::exp(exponent);
      weighted += std::exp(exponent) * v[j].f;
    }
    if (t == 0)
      EXPECT_TRUE(std::isnan(results[0][t].f)); // 0 / 0: no weight yet.
    else
      EXPECT_NEAR(results[0][t].f, weighted / sum, 1e-13);
  }
  EXPECT_NEAR(std::exp(results[1][0].f) * results[2][0].f, sum, 1e-13);
}

//===----------------------------------------------------------------------===//
// Any cell
//===----------------------------------------------------------------------===//

/// h' = tanh(W h + u)
static std::vector<double> tanhCell(const ReferenceValue &weights,
                                    const ReferenceValue &u, int64_t token,
                                    const std::vector<double> &h) {
  int64_t n = h.size();
  std::vector<double> next(n);
  for (int64_t i = 0; i < n; ++i) {
    double sum = u[token * n + i].f;
    for (int64_t j = 0; j < n; ++j)
      sum += weights[i * n + j].f * h[j];
    next[i] = std::tanh(sum);
  }
  return next;
}

/// The cell in the IR; `u` is what it sees.
static std::string getTanhCell(const std::string &u) {
  return "(" + u + R"(: tensor<3xf64>, %h: tensor<3xf64>) {
        %sum = linalg.matvec ins(%w, %h : tensor<3x3xf64>, tensor<3xf64>) outs()" +
         u + R"( : tensor<3xf64>) -> tensor<3xf64>
        %next = math.tanh %sum : tensor<3xf64>
        recur.yield %next : tensor<3xf64>
      })";
}

TEST_F(RecurTest, TanhCell) {
  // Batches; the sequence is laid out (t, b), the state (b).
  std::string source = getSource(
      "%u: tensor<?x2x3xf64>, %w: tensor<3x3xf64>, %y: tensor<2x?x3xf64>, "
      "%h0: tensor<2x3xf64>",
      R"(recur.scan ins(%u : tensor<?x2x3xf64>) outs(%y : tensor<2x?x3xf64>) init(%h0 : tensor<2x3xf64>)
        {indexing_maps = [affine_map<(b, t) -> (t, b)>, affine_map<(b, t) -> (b, t)>, affine_map<(b, t) -> (b)>]}
        step)" + getTanhCell("%u_t"),
      {"tensor<2x?x3xf64>", "tensor<2x3xf64>"});
  ReferenceValue u = random({L, 2, D}, 1), w = random({D, D}, 2),
                 h0 = random({2, D}, 3);
  Values results = run(source, {u, w, zeros({2, L, D}), h0});
  for (int64_t b = 0; b < 2; ++b) {
    std::vector<double> h;
    for (int64_t i = 0; i < D; ++i)
      h.push_back(h0[b * D + i].f);
    for (int64_t t = 0; t < L; ++t) {
      h = tanhCell(w, u, t * 2 + b, h);
      for (int64_t i = 0; i < D; ++i)
        EXPECT_NEAR(results[0][(b * L + t) * D + i].f, h[i], 1e-14);
    }
    for (int64_t i = 0; i < D; ++i)
      EXPECT_NEAR(results[1][b * D + i].f, h[i], 1e-14);
  }
}

TEST_F(RecurTest, PageFlipping) {
  struct Case {
    std::string attributes;
    bool chain, all;
  };
  for (const Case &c :
       {Case{"", false, false},
        Case{", boundary = #recur<boundary chain>", true, false},
        Case{", history = #recur<history all>", false, true},
        Case{", boundary = #recur<boundary chain>, history = #recur<history all>",
             true, true}})
    for (int64_t length : {L, int64_t(1), int64_t(0)}) {
      std::string source = getSource(
          "%u: tensor<?x3xf64>, %w: tensor<3x3xf64>, %y: tensor<?x3xf64>, "
          "%h0: tensor<3xf64>",
          R"(recur.rescan ins(%u : tensor<?x3xf64>) outs(%y : tensor<?x3xf64>) init(%h0 : tensor<3xf64>)
            {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>])" +
              c.attributes + "} step" + getTanhCell("%u_j"),
          {"tensor<?x3xf64>", "tensor<3xf64>"});
      ReferenceValue u = random({length, D}, 1), w = random({D, D}, 2),
                     h0 = random({D}, 3);
      Values results = run(source, {u, w, zeros({length, D}), h0});
      std::vector<double> h = toDoubles(h0);
      for (int64_t t = 0; t < length; ++t) {
        if (!c.chain)
          h = toDoubles(h0);
        for (int64_t j = 0; j < (c.all ? length : t + 1); ++j)
          h = tanhCell(w, u, j, h);
        for (int64_t i = 0; i < D; ++i)
          EXPECT_NEAR(results[0][t * D + i].f, h[i], 1e-13) << c.attributes;
      }
      EXPECT_TRUE(isClose(results[1], tensor({D}, h), 1e-13)) << c.attributes;
    }
}

// y_t = x_t + sum_{j <= t} (q_t k_j + bias_tj + 100 t + 10 j): inputs of the
// token, the history and of pairs, indices, and a read that sees the token only.
TEST_F(RecurTest, RescanSeesTokensHistoryAndPairs) {
  std::string source = getSource(
      "%q: tensor<?xf64>, %k: tensor<?xf64>, %bias: tensor<?x?xf64>, %y: "
      "tensor<?xf64>, %h0: tensor<f64>",
      R"(recur.rescan ins(%q, %k, %bias : tensor<?xf64>, tensor<?xf64>, tensor<?x?xf64>)
        outs(%y : tensor<?xf64>) init(%h0 : tensor<f64>)
        {indexing_maps = [affine_map<(t, j) -> (t)>, affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (j, t)>,
                          affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>]}
        step(%q_t: f64, %k_j: f64, %b: f64, %h: f64) {
          %t = recur.index 0 : index
          %j = recur.index 1 : index
          %c100 = arith.constant 100 : index
          %c10 = arith.constant 10 : index
          %t100 = arith.muli %t, %c100 : index
          %j10 = arith.muli %j, %c10 : index
          %place = arith.addi %t100, %j10 : index
          %i = arith.index_cast %place : index to i64
          %p = arith.sitofp %i : i64 to f64
          %0 = math.fma %q_t, %k_j, %h : f64
          %1 = arith.addf %0, %b : f64
          %2 = arith.addf %1, %p : f64
          recur.yield %2 : f64
        }
        read(%q_t: f64, %h: f64) {
          %0 = arith.addf %q_t, %h : f64
          recur.yield %0 : f64
        })",
      {"tensor<?xf64>", "tensor<f64>"});
  // The history may be shorter than the tokens, or longer.
  for (int64_t history : {L, L - 2, L + 2, int64_t(0)}) {
    ReferenceValue q = random({L}, 1), k = random({history}, 2),
                   bias = random({history, L}, 3);
    Values results = run(source, {q, k, bias, zeros({L}), tensor({}, {0.5})});
    for (int64_t t = 0; t < L; ++t) {
      double sum = 0.5 + q[t].f;
      for (int64_t j = 0; j <= t && j < history; ++j)
        sum += q[t].f * k[j].f + bias[j * L + t].f + 100.0 * t + 10.0 * j;
      EXPECT_NEAR(results[0][t].f, sum, 1e-9);
    }
  }
}

// Causal attention is the rescan whose step folds one key and whose read
// finishes.
TEST_F(RecurTest, AttentionIsARescanOfAFold) {
  std::string source = R"(
    #query = affine_map<(m, k1, k2, n) -> (m, k1)>
    #key = affine_map<(m, k1, k2, n) -> (k2, k1)>
    #value = affine_map<(m, k1, k2, n) -> (k2, n)>
    #row = affine_map<(m, k1, k2, n) -> (m)>
    #acc = affine_map<(m, k1, k2, n) -> (m, n)>
    func.func @f(%q: tensor<?x1x3xf64>, %k: tensor<?x1x3xf64>, %v: tensor<?x1x2xf64>, %qs: tensor<?x3xf64>,
                 %ks: tensor<?x3xf64>, %vs: tensor<?x2xf64>, %y: tensor<?x1x2xf64>, %o: tensor<?x2xf64>)
        -> (tensor<?x1x2xf64>, tensor<?x2xf64>) {
      %m0 = arith.constant dense<0xFFF0000000000000> : tensor<1xf64>
      %l0 = arith.constant dense<0.0> : tensor<1xf64>
      %a0 = arith.constant dense<0.0> : tensor<1x2xf64>
      %r:4 = recur.rescan ins(%q, %k, %v : tensor<?x1x3xf64>, tensor<?x1x3xf64>, tensor<?x1x2xf64>)
          outs(%y : tensor<?x1x2xf64>) init(%m0, %l0, %a0 : tensor<1xf64>, tensor<1xf64>, tensor<1x2xf64>)
          {indexing_maps = [affine_map<(t, j) -> (t)>, affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (j)>,
                            affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>, affine_map<(t, j) -> ()>,
                            affine_map<(t, j) -> ()>]}
          step(%q_t: tensor<1x3xf64>, %k_j: tensor<1x3xf64>, %v_j: tensor<1x2xf64>, %m: tensor<1xf64>,
               %l: tensor<1xf64>, %a: tensor<1x2xf64>) {
            %s:3 = attn.fold ins(%q_t, %k_j, %v_j : tensor<1x3xf64>, tensor<1x3xf64>, tensor<1x2xf64>)
                outs(%m, %l, %a : tensor<1xf64>, tensor<1xf64>, tensor<1x2xf64>)
                {indexing_maps = [#query, #key, #value, #row, #row, #acc]}
                -> tensor<1xf64>, tensor<1xf64>, tensor<1x2xf64>
            recur.yield %s#0, %s#1, %s#2 : tensor<1xf64>, tensor<1xf64>, tensor<1x2xf64>
          }
          read(%q_t: tensor<1x3xf64>, %m: tensor<1xf64>, %l: tensor<1xf64>, %a: tensor<1x2xf64>) {
            %y0 = tensor.empty() : tensor<1x2xf64>
            %y_t = attn.finish ins(%m, %l, %a : tensor<1xf64>, tensor<1xf64>, tensor<1x2xf64>)
                outs(%y0 : tensor<1x2xf64>)
                {indexing_maps = [affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m, n)>,
                                  affine_map<(m, n) -> (m, n)>]} -> tensor<1x2xf64>
            recur.yield %y_t : tensor<1x2xf64>
          } -> tensor<?x1x2xf64>, tensor<1xf64>, tensor<1xf64>, tensor<1x2xf64>
      %expected = attn.attention ins(%qs, %ks, %vs : tensor<?x3xf64>, tensor<?x3xf64>, tensor<?x2xf64>)
          outs(%o : tensor<?x2xf64>) {mask = #attn.causal} -> tensor<?x2xf64>
      return %r#0, %expected : tensor<?x1x2xf64>, tensor<?x2xf64>
    })";
  ReferenceValue q = random({L, 1, D}, 1), k = random({L, 1, D}, 2),
                 v = random({L, 1, E}, 3);
  auto flat = [&](const ReferenceValue &x, int64_t size) {
    return tensor({L, size}, toDoubles(x));
  };
  Values results = run(source, {q, k, v, flat(q, D), flat(k, D), flat(v, E),
                                zeros({L, 1, E}), zeros({L, E})});
  EXPECT_TRUE(isClose(flat(results[0], E), results[1], 1e-13));
}

//===----------------------------------------------------------------------===//
// Modes of a scan
//===----------------------------------------------------------------------===//

// Sums of x: up to t or from it, with it or without.
TEST_F(RecurTest, PrefixSums) {
  const char *cells[] = {
      R"(step(%x_t: i64, %s: i64) {
           %0 = arith.addi %s, %x_t : i64
           recur.yield %0 : i64
         })",
      R"(lift(%x_t: i64) { recur.yield %x_t : i64 }
         combine(%a: i64, %b: i64) {
           %0 = arith.addi %a, %b : i64
           recur.yield %0 : i64
         })"};
  Type i64 = IntegerType::get(&context, 64);
  for (const char *cell : cells)
    for (bool exclusive : {false, true})
      for (bool reverse : {false, true})
        for (int64_t length : {0, 1, 5}) {
          std::string source = getSource(
              "%x: tensor<?xi64>, %y: tensor<?xi64>, %h: tensor<i64>",
              R"(recur.scan ins(%x : tensor<?xi64>) outs(%y : tensor<?xi64>) init(%h : tensor<i64>)
                {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>])" +
                  std::string(exclusive ? ", exclusive" : "") +
                  (reverse ? ", reverse" : "") + "} " + cell,
              {"tensor<?xi64>", "tensor<i64>"});
          std::vector<int64_t> x, y;
          for (int64_t t = 0; t < length; ++t)
            x.push_back(1 << t);
          int64_t sum = 1000;
          for (int64_t i = 0; i < length; ++i) {
            if (exclusive)
              y.push_back(sum);
            sum += x[reverse ? length - 1 - i : i];
            if (!exclusive)
              y.push_back(sum);
          }
          if (reverse)
            std::reverse(y.begin(), y.end());
          Values results =
              run(source, {tensor(i64, {length}, x),
                           tensor(i64, {length}, std::vector<int64_t>(length)),
                           tensor(i64, {}, {1000})});
          EXPECT_EQ(toInts(results[0]), y) << source;
          EXPECT_EQ(toInts(results[1]), std::vector<int64_t>{sum}) << source;
        }
}

// RWKV's bonus: read sees the token and the state before it.
TEST_F(RecurTest, ExclusiveRead) {
  std::string source = getSource(
      "%x: tensor<?xf64>, %y: tensor<?xf64>, %h: tensor<f64>",
      R"(recur.scan ins(%x : tensor<?xf64>) outs(%y : tensor<?xf64>) init(%h : tensor<f64>)
        {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>], exclusive,
         monoid = #recur.affine<unit>}
        lift(%x_t: f64) { recur.yield %x_t : f64 }
        read(%x_t: f64, %s: f64) {
          %0 = arith.mulf %x_t, %s : f64
          recur.yield %0 : f64
        })",
      {"tensor<?xf64>", "tensor<f64>"});
  Values results =
      run(source, {tensor({3}, {2, 3, 5}), zeros({3}), tensor({}, {1})});
  EXPECT_EQ(toDoubles(results[0]), (std::vector<double>{2, 9, 30}));
  EXPECT_EQ(toDoubles(results[1]), (std::vector<double>{11}));
}

// The running maximum and where it was; two results, one of integers.
TEST_F(RecurTest, CombineRegionWithIndex) {
  std::string source = getSource(
      "%x: tensor<2x?xf64>, %y: tensor<2x?xf64>, %z: tensor<2x?xi64>, %m: "
      "tensor<2xf64>, %i: tensor<2xi64>",
      R"(recur.scan ins(%x : tensor<2x?xf64>) outs(%y, %z : tensor<2x?xf64>, tensor<2x?xi64>)
        init(%m, %i : tensor<2xf64>, tensor<2xi64>)
        {indexing_maps = [affine_map<(c, t) -> (c, t)>, affine_map<(c, t) -> (c, t)>, affine_map<(c, t) -> (c, t)>,
                          affine_map<(c, t) -> (c)>, affine_map<(c, t) -> (c)>]}
        lift(%x_t: f64) {
          %c = recur.index 0 : index
          %t = recur.index 1 : index
          %c10 = arith.constant 10 : index
          %c_10 = arith.muli %c, %c10 : index
          %sum = arith.addi %c_10, %t : index
          %place = arith.index_cast %sum : index to i64
          recur.yield %x_t, %place : f64, i64
        }
        combine(%a: f64, %at: i64, %b: f64, %bt: i64) {
          %later = arith.cmpf ogt, %b, %a : f64
          %max = arith.select %later, %b, %a : f64
          %where = arith.select %later, %bt, %at : i64
          recur.yield %max, %where : f64, i64
        })",
      {"tensor<2x?xf64>", "tensor<2x?xi64>", "tensor<2xf64>", "tensor<2xi64>"});
  Type i64 = IntegerType::get(&context, 64);
  Values results =
      run(source, {tensor({2, 3}, {1, 3, 2, 7, 7, 9}), zeros({2, 3}),
                   tensor(i64, {2, 3}, {0, 0, 0, 0, 0, 0}),
                   tensor({2}, {-kInfinity, 8}), tensor(i64, {2}, {-1, -1})});
  EXPECT_EQ(toDoubles(results[0]), (std::vector<double>{1, 3, 3, 8, 8, 9}));
  EXPECT_EQ(toInts(results[1]), (std::vector<int64_t>{0, 1, 1, -1, -1, 12}));
  EXPECT_EQ(toInts(results[3]), (std::vector<int64_t>{1, 12}));
}

// A scan inside the step of a scan, which uses values of the outer step; both
// have monoids, so that the inner one is evaluated in a copy within a copy.
TEST_F(RecurTest, Nested) {
  std::string source = getSource(
      "%x: tensor<?xf64>, %y: tensor<?xf64>, %h: tensor<f64>",
      R"(recur.scan ins(%x : tensor<?xf64>) outs(%y : tensor<?xf64>) init(%h : tensor<f64>)
        {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
         monoid = #recur.affine<unit>}
        lift(%x_t: f64) {
          %zero = arith.constant dense<0.0> : tensor<f64>
          %outer = recur.index 0 : index
          %last = recur.scan ins(%x : tensor<?xf64>) init(%zero : tensor<f64>)
              {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>}
              lift(%x_j: f64) {
                %inner = recur.index 0 : index
                %seen = arith.cmpi ule, %inner, %outer : index
                %product = arith.mulf %x_t, %x_j : f64
                %no = arith.constant 0.0 : f64
                %value = arith.select %seen, %product, %no : f64
                recur.yield %value : f64
              } -> tensor<f64>
          %e = tensor.extract %last[] : tensor<f64>
          %still_outer = recur.index 0 : index
          %i = arith.index_cast %still_outer : index to i64
          %number = arith.sitofp %i : i64 to f64
          %sum = arith.addf %e, %number : f64
          recur.yield %sum : f64
        })",
      {"tensor<?xf64>", "tensor<f64>"});
  Values results =
      run(source, {tensor({3}, {2, 3, 5}), zeros({3}), tensor({}, {0})});
  // t + x_t sum_{j <= t} x_j, summed up to t.
  EXPECT_EQ(toDoubles(results[0]),
            (std::vector<double>{4, 4 + 16, 4 + 16 + 52}));
}

TEST_F(RecurTest, NoBatch) {
  Values results = run(getSource(kRetentionArguments,
                                 getRetention("affine<unit>",
                                              "%k_t, %v_t : tensor<3xf64>, "
                                              "tensor<2xf64>"),
                                 {"tensor<2x?x2xf64>", "tensor<2x3x2xf64>"}),
                       {zeros({2, 0, 3}), zeros({2, 0, 3}), zeros({2, 0, 2}),
                        zeros({2}), zeros({2, 0, 2}), random({2, 3, 2}, 1)});
  EXPECT_EQ(results[0].getNumElements(), 0);
  EXPECT_TRUE(isClose(results[1], random({2, 3, 2}, 1), 0.0));
}

//===----------------------------------------------------------------------===//
// What cannot be evaluated
//===----------------------------------------------------------------------===//

TEST_F(RecurTest, Refusals) {
  std::string scan = getSource(
      "%x: tensor<?xf64>, %y: tensor<?xf64>, %h: tensor<f64>",
      R"(recur.scan ins(%x : tensor<?xf64>) outs(%y : tensor<?xf64>) init(%h : tensor<f64>)
        {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
        step(%x_t: f64, %s: f64) { recur.yield %x_t : f64 })",
      {"tensor<?xf64>", "tensor<f64>"});
  EXPECT_NE(runInvalid(scan, {zeros({3}), zeros({4}), zeros({})})
                .find("has operands whose sizes differ in dimension 0 of its "
                      "iteration space: 3 and 4"),
            std::string::npos)
      << diagnostics;

  std::string grows = getSource(
      "%x: tensor<?xf64>, %h: tensor<?xf64>",
      R"(recur.scan ins(%x : tensor<?xf64>) init(%h : tensor<?xf64>)
        {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
        step(%x_t: f64, %s: tensor<?xf64>) {
          %c5 = arith.constant 5 : index
          %e = tensor.empty(%c5) : tensor<?xf64>
          recur.yield %e : tensor<?xf64>
        })",
      {"tensor<?xf64>"});
  EXPECT_NE(runInvalid(grows, {zeros({2}), zeros({4})})
                .find("yields [5] as value #0 where the operation needs [4]"),
            std::string::npos)
      << diagnostics;
}
