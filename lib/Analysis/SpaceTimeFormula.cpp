//===- SpaceTimeFormula.cpp - Sums of binomial coefficients ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/SpaceTime.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

BinomialSum BinomialSum::constant(Integer value) {
  BinomialSum sum;
  sum.add({0, 0, std::move(value)});
  return sum;
}

BinomialSum BinomialSum::binomial(int64_t shift, int64_t choose) {
  BinomialSum sum;
  sum.add({choose, shift, Integer(1)});
  return sum;
}

void BinomialSum::add(Term term) {
  // C(n + a, 1) = C(n, 1) + a C(n, 0)
  if (term.choose == 1 && term.shift != 0)
    add({0, 0, term.coefficient * term.shift});
  if (term.choose < 2)
    term.shift = 0;
  auto same = llvm::find_if(terms, [&](const Term &other) {
    return other.choose == term.choose && other.shift == term.shift;
  });
  if (same == terms.end())
    terms.push_back(std::move(term));
  else
    same->coefficient += term.coefficient;
  llvm::erase_if(terms, [](const Term &x) { return x.coefficient == 0; });
}

/// Pascal's rule, backwards:
///     C(m, k) - C(m - 1, k - 1)  -->  C(m - 1, k)
///     C(m, k) + C(m, k + 1)      -->  C(m + 1, k + 1)
bool BinomialSum::mergePair() {
  for (const Term &x : terms)
    for (const Term &y : terms) {
      bool isLess = y.shift == x.shift - 1 && y.choose == x.choose - 1 &&
                    y.coefficient == -x.coefficient;
      bool isMore = y.shift == x.shift && y.choose == x.choose + 1 &&
                    y.coefficient == x.coefficient;
      if (std::min(x.choose, y.choose) < 2 || (!isLess && !isMore))
        continue;
      Term merged = isLess ? Term{x.choose, x.shift - 1, x.coefficient}
                           : Term{y.choose, y.shift + 1, y.coefficient};
      Term one = x, other = y; // Adding moves the terms.
      add({one.choose, one.shift, -one.coefficient});
      add({other.choose, other.shift, -other.coefficient});
      add(merged);
      return true;
    }
  return false;
}

/// The same for k = 1, where C(m, 1) is a linear and a constant term:
///     C(m, 2) - (m - 1)  -->  C(m - 1, 2)
///     C(m, 2) + m        -->  C(m + 1, 2)
bool BinomialSum::mergeLinear() {
  auto getCoefficient = [&](int64_t choose) {
    for (const Term &term : terms)
      if (term.choose == choose)
        return term.coefficient;
    return Integer(0);
  };
  Integer linear = getCoefficient(1), constant = getCoefficient(0);
  for (const Term &term : terms) {
    int64_t step = linear == term.coefficient ? 1 : -1;
    if (term.choose != 2 || linear != term.coefficient * step ||
        constant != linear * (term.shift + std::min<int64_t>(step, 0)))
      continue;
    Term square = term; // Adding moves the terms.
    add({2, square.shift, -square.coefficient});
    add({2, square.shift + step, square.coefficient});
    add({1, 0, -linear});
    add({0, 0, -constant});
    return true;
  }
  return false;
}

void BinomialSum::simplify() {
  while (mergePair() || mergeLinear())
    ;
}

BinomialSum BinomialSum::operator+(const BinomialSum &other) const {
  BinomialSum sum = *this;
  for (const Term &term : other.terms)
    sum.add(term);
  return sum;
}

BinomialSum BinomialSum::operator-(const BinomialSum &other) const {
  return *this + other * Integer(-1);
}

BinomialSum BinomialSum::operator*(const Integer &factor) const {
  BinomialSum product;
  for (const Term &term : terms)
    product.add({term.choose, term.shift, term.coefficient * factor});
  return product;
}

/// C(m, k), 0 for m < k.
static Integer getBinomial(int64_t m, int64_t k) {
  if (m < k)
    return Integer(0);
  Integer value(1);
  k = std::min(k, m - k);
  for (int64_t i = 1; i <= k; ++i)
    value = value * (m - k + i) / i;
  return value;
}

Integer BinomialSum::evaluate(int64_t n) const {
  Integer sum(0);
  for (const Term &term : terms)
    sum += term.coefficient * getBinomial(n + term.shift, term.choose);
  return sum;
}

std::string BinomialSum::print(StringRef n) const {
  // The fastest growing first; the number of blocks itself comes last.
  SmallVector<Term, 4> sorted(terms);
  llvm::sort(sorted, [](const Term &x, const Term &y) {
    auto getRank = [](const Term &term) {
      return term.choose < 2 ? -term.choose - 1 : term.choose;
    };
    return std::make_pair(getRank(x), x.shift) >
           std::make_pair(getRank(y), y.shift);
  });
  std::string text;
  llvm::raw_string_ostream os(text);
  for (const Term &term : sorted) {
    bool isNegative = term.coefficient < 0;
    Integer size = isNegative ? -term.coefficient : term.coefficient;
    if (!text.empty())
      os << (isNegative ? " - " : " + ");
    else if (isNegative)
      os << '-';
    if (size != 1 || term.choose == 0)
      os << size << (term.choose ? " " : "");
    if (term.choose == 1)
      os << n;
    if (term.choose < 2)
      continue;
    os << "C(" << n;
    if (term.shift)
      os << (term.shift > 0 ? "+" : "") << term.shift;
    os << ", " << term.choose << ')';
  }
  return text.empty() ? "0" : text;
}

std::string BinomialSum::printPowers(StringRef n) const {
  // Twice the coefficients of 1, n and n^2:
  //     C(n + a, 2) = (n^2 + (2 a - 1) n + a (a - 1)) / 2
  std::array<Integer, 3> twice = {Integer(0), Integer(0), Integer(0)};
  for (const Term &term : terms) {
    if (term.choose > 2)
      return print(n);
    if (term.choose < 2) {
      twice[term.choose] += term.coefficient * 2;
      continue;
    }
    twice[0] += term.coefficient * term.shift * (term.shift - 1);
    twice[1] += term.coefficient * (2 * term.shift - 1);
    twice[2] += term.coefficient;
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  for (int64_t power : {2, 1, 0}) {
    const Integer &doubled = twice[power];
    if (doubled % 2 != 0)
      return print(n);
    if (doubled == 0)
      continue;
    Integer coefficient = doubled / 2;
    if (!text.empty())
      os << (coefficient < 0 ? " - " : " + ");
    else if (coefficient < 0)
      os << '-';
    if (coefficient < 0)
      coefficient = -coefficient;
    if (coefficient != 1 || power == 0)
      os << coefficient << (power ? " " : "");
    if (power)
      os << n << (power == 2 ? "^2" : "");
  }
  return text.empty() ? "0" : text;
}
