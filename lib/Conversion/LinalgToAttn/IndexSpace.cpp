//===- IndexSpace.cpp - Indices of elements, simplified by sizes ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IndexSpace.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;
using namespace mlir::attn;

unsigned IndexSpace::add(Dimension dimension) {
  dimensions.push_back(dimension);
  return dimensions.size() - 1;
}

AffineExpr IndexSpace::getIndex(unsigned dim) const {
  return simplify(getAffineDimExpr(dim, context));
}

bool IndexSpace::haveSameSize(unsigned a, unsigned b) const {
  const Dimension &x = dimensions[a], &y = dimensions[b];
  if (a == b)
    return true;
  if (!ShapedType::isDynamic(x.size) || !ShapedType::isDynamic(y.size))
    return x.size == y.size;
  if (!x.tensor || !y.tensor)
    return false;
  if (x.tensor == y.tensor && x.axis == y.axis)
    return true;
  FailureOr<bool> equal = ValueBoundsConstraintSet::areEqual(
      {x.tensor, x.axis}, {y.tensor, y.axis});
  return succeeded(equal) && *equal;
}

//===----------------------------------------------------------------------===//
// Simplification
//===----------------------------------------------------------------------===//

/// `index` as floordiv or mod by a positive constant.
static std::optional<std::pair<AffineBinaryOpExpr, int64_t>>
matchDivision(AffineExpr index, AffineExprKind kind) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(index);
  if (!binary || binary.getKind() != kind)
    return std::nullopt;
  auto divisor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (!divisor || divisor.getValue() <= 0)
    return std::nullopt;
  return std::pair(binary, divisor.getValue());
}

LinearIndex IndexSpace::getLinear(AffineExpr index) const {
  LinearIndex linear;
  auto add = [&](auto &&add, AffineExpr part, int64_t factor) -> void {
    if (auto constant = dyn_cast<AffineConstantExpr>(part)) {
      linear.constant += factor * constant.getValue();
      return;
    }
    auto binary = dyn_cast<AffineBinaryOpExpr>(part);
    if (binary && binary.getKind() == AffineExprKind::Add) {
      add(add, binary.getLHS(), factor);
      return add(add, binary.getRHS(), factor);
    }
    if (binary && binary.getKind() == AffineExprKind::Mul) {
      if (auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS()))
        return add(add, binary.getLHS(), factor * constant.getValue());
      if (auto constant = dyn_cast<AffineConstantExpr>(binary.getLHS()))
        return add(add, binary.getRHS(), factor * constant.getValue());
    }
    for (IndexTerm &term : linear.terms)
      if (term.index == part) {
        term.factor += factor;
        return;
      }
    linear.terms.push_back({part, factor});
  };
  add(add, index, 1);
  llvm::erase_if(linear.terms,
                 [](const IndexTerm &term) { return term.factor == 0; });
  return linear;
}

AffineExpr IndexSpace::build(LinearIndex linear) const {
  // f c (e floordiv c) + f (e mod c)  -->  f e
  for (bool changed = true; changed;) {
    changed = false;
    for (const IndexTerm &term : linear.terms) {
      auto mod = matchDivision(term.index, AffineExprKind::Mod);
      if (!mod)
        continue;
      AffineExpr whole = mod->first.getLHS();
      AffineExpr quotient = divide(whole, mod->second, /*remainder=*/false);
      auto *other = llvm::find_if(linear.terms, [&](const IndexTerm &x) {
        return x.index == quotient && x.factor == term.factor * mod->second;
      });
      if (other == linear.terms.end())
        continue;
      int64_t factor = term.factor;
      linear.terms.erase(other);
      llvm::erase_if(linear.terms, [&](const IndexTerm &x) {
        return x.factor == factor && x.index == AffineExpr(mod->first);
      });
      linear.terms.push_back({whole, factor});
      changed = true;
      break;
    }
  }
  // One order, so that equal sums are one expression.
  llvm::sort(linear.terms, [](const IndexTerm &a, const IndexTerm &b) {
    auto getKey = [](AffineExpr index) {
      auto dim = dyn_cast<AffineDimExpr>(index);
      return std::pair(dim ? dim.getPosition() : ~0u,
                       index.getAsOpaquePointer());
    };
    return getKey(a.index) < getKey(b.index);
  });
  AffineExpr sum = getAffineConstantExpr(0, context);
  for (const IndexTerm &term : linear.terms)
    sum = sum + term.index * term.factor;
  return sum + linear.constant;
}

std::optional<int64_t> IndexSpace::getMax(AffineExpr index) const {
  if (auto dim = dyn_cast<AffineDimExpr>(index)) {
    int64_t size = dimensions[dim.getPosition()].size;
    return ShapedType::isDynamic(size) ? std::nullopt : std::optional(size - 1);
  }
  if (auto mod = matchDivision(index, AffineExprKind::Mod))
    return mod->second - 1;
  if (auto quotient = matchDivision(index, AffineExprKind::FloorDiv)) {
    std::optional<int64_t> max = getMax(quotient->first.getLHS());
    return max ? std::optional(*max / quotient->second) : std::nullopt;
  }
  LinearIndex linear = getLinear(index);
  int64_t sum = linear.constant;
  for (const IndexTerm &term : linear.terms) {
    if (term.index == index || term.factor < 0)
      return std::nullopt;
    std::optional<int64_t> max = getMax(term.index);
    if (!max)
      return std::nullopt;
    sum += term.factor * *max;
  }
  return sum;
}

AffineExpr IndexSpace::divide(AffineExpr index, int64_t divisor,
                              bool remainder) const {
  LinearIndex whole, rest;
  LinearIndex linear = getLinear(index);
  bool isPositive = linear.constant >= 0;
  for (const IndexTerm &term : linear.terms) {
    isPositive &= term.factor > 0;
    if (term.factor % divisor == 0)
      whole.terms.push_back({term.index, term.factor / divisor});
    else
      rest.terms.push_back(term);
  }
  whole.constant = linear.constant / divisor;
  rest.constant = linear.constant % divisor;
  AffineExpr left = build(rest);
  std::optional<int64_t> max = isPositive ? getMax(left) : std::nullopt;
  if (!isPositive)
    return remainder ? index % divisor : index.floorDiv(divisor);
  if (max && *max < divisor)
    return remainder ? left : build(whole);
  if (remainder) {
    // (e mod 12) mod 4 = e mod 4
    auto mod = matchDivision(left, AffineExprKind::Mod);
    return mod && mod->second % divisor == 0
               ? divide(mod->first.getLHS(), divisor, true)
               : left % divisor;
  }
  // (e floordiv 3) floordiv 4 = e floordiv 12
  auto inner = matchDivision(left, AffineExprKind::FloorDiv);
  AffineExpr quotient =
      inner ? divide(inner->first.getLHS(), inner->second * divisor, false)
            : left.floorDiv(divisor);
  whole.terms.push_back({quotient, 1});
  return build(whole);
}

AffineExpr IndexSpace::simplify(AffineExpr index) const {
  if (auto dim = dyn_cast<AffineDimExpr>(index))
    return dimensions[dim.getPosition()].size == 1
               ? getAffineConstantExpr(0, context)
               : index;
  auto binary = dyn_cast<AffineBinaryOpExpr>(index);
  if (!binary)
    return index;
  AffineExpr lhs = simplify(binary.getLHS()), rhs = simplify(binary.getRHS());
  auto divisor = dyn_cast<AffineConstantExpr>(rhs);
  bool isDivision = divisor && divisor.getValue() > 0;
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    return build(getLinear(lhs + rhs));
  case AffineExprKind::Mul:
    return build(getLinear(lhs * rhs));
  case AffineExprKind::FloorDiv:
    return isDivision ? divide(lhs, divisor.getValue(), false)
                      : lhs.floorDiv(rhs);
  case AffineExprKind::Mod:
    return isDivision ? divide(lhs, divisor.getValue(), true) : lhs % rhs;
  default:
    return index;
  }
}

//===----------------------------------------------------------------------===//
// Reshapes
//===----------------------------------------------------------------------===//

AffineExpr IndexSpace::linearize(ArrayRef<AffineExpr> indices,
                                 ArrayRef<int64_t> shape) const {
  AffineExpr sum = getAffineConstantExpr(0, context);
  int64_t stride = 1;
  for (auto [index, size] : llvm::reverse(llvm::zip_equal(indices, shape))) {
    bool isZero = isa<AffineConstantExpr>(index) &&
                  cast<AffineConstantExpr>(index).getValue() == 0;
    if (!isZero && ShapedType::isDynamic(stride))
      return nullptr;
    if (!isZero)
      sum = sum + index * stride;
    if (size != 1)
      stride = ShapedType::isDynamic(size) || ShapedType::isDynamic(stride)
                   ? ShapedType::kDynamic
                   : stride * size;
  }
  return simplify(sum);
}

SmallVector<AffineExpr> IndexSpace::delinearize(AffineExpr index,
                                                ArrayRef<int64_t> shape) const {
  SmallVector<AffineExpr> indices(shape.size(),
                                  getAffineConstantExpr(0, context));
  auto isOne = [](int64_t size) { return size == 1; };
  size_t first = llvm::find_if_not(shape, isOne) - shape.begin();
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > first;) {
    if (shape[i] == 1)
      continue;
    AffineExpr digit = stride == 1 ? index : index.floorDiv(stride);
    if (i != first) {
      if (ShapedType::isDynamic(shape[i]))
        return {};
      digit = digit % shape[i];
      stride *= shape[i];
    }
    indices[i] = simplify(digit);
  }
  return indices;
}

//===----------------------------------------------------------------------===//
// Digits
//===----------------------------------------------------------------------===//

namespace {
/// (dim mod high) floordiv low; `high` is 0 for none.
struct Digit {
  unsigned dim;
  int64_t low, high;
};
} // namespace

static std::optional<Digit> getDigit(AffineExpr index) {
  if (auto dim = dyn_cast<AffineDimExpr>(index))
    return Digit{dim.getPosition(), 1, 0};
  auto quotient = matchDivision(index, AffineExprKind::FloorDiv);
  auto mod = matchDivision(index, AffineExprKind::Mod);
  if (!quotient && !mod)
    return std::nullopt;
  std::optional<Digit> digit =
      getDigit((quotient ? quotient : mod)->first.getLHS());
  if (!digit)
    return std::nullopt;
  if (quotient)
    digit->low *= quotient->second;
  else if (int64_t high = digit->low * mod->second;
           digit->high == 0 || high < digit->high)
    digit->high = high;
  return digit;
}

void IndexSpace::collectCuts(AffineExpr index, Cuts &cuts) {
  index.walk([&](AffineExpr part) {
    std::optional<Digit> digit = getDigit(part);
    if (!digit)
      return;
    for (int64_t cut : {digit->low, digit->high})
      if (cut > 1 && !llvm::is_contained(cuts[digit->dim], cut))
        cuts[digit->dim].push_back(cut);
  });
}
