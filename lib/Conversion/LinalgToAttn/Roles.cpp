//===- Roles.cpp - Which dimension is which ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Raiser.h"

using namespace mlir;
using namespace mlir::attn;

/// Heads that share a key head, or a batch of heads, become dimensions of their
/// own: d --> 12 d0 + 4 d1 + d2.
void Raiser::splitDims() {
  IndexSpace::Cuts cuts;
  for (Expr operand : {match.query, match.key, match.value})
    for (AffineExpr index : operand->source().indices)
      IndexSpace::collectCuts(index, cuts);
  MLIRContext *context = rewriter.getContext();
  llvm::DenseMap<AffineExpr, AffineExpr> split;
  for (unsigned dim : match.output) {
    axes.push_back({dim});
    auto found = cuts.find(dim);
    if (found == cuts.end())
      continue;
    int64_t size = space.get(dim).size;
    SmallVector<int64_t> strides = {1};
    llvm::sort(found->second);
    for (int64_t cut : found->second)
      if (cut != size)
        strides.push_back(cut);
    if (!ShapedType::isDynamic(size))
      strides.push_back(size);
    SmallVector<unsigned> digits;
    AffineExpr index = getAffineConstantExpr(0, context);
    bool divides = true;
    for (size_t i = 0; i < strides.size(); ++i) {
      bool isTop = i + 1 == strides.size();
      if (isTop && !ShapedType::isDynamic(size))
        break;
      divides &= isTop || strides[i + 1] % strides[i] == 0;
      unsigned digit = space.add(
          {isTop ? ShapedType::kDynamic : strides[i + 1] / strides[i]});
      digits.insert(digits.begin(), digit);
      index = index + space.getIndex(digit) * strides[i];
    }
    if (!divides || digits.size() < 2)
      continue;
    axes.back() = digits;
    split[getAffineDimExpr(dim, context)] = index;
  }
  if (split.empty())
    return;
  auto replace = [&](Expr expression) {
    return reader.substitute(
        expression, [&](AffineExpr index) { return index.replace(split); });
  };
  match.query = replace(match.query);
  match.key = replace(match.key);
  match.value = replace(match.value);
  match.dot = replace(match.dot);
  for (Term &term : match.score.terms)
    term.atom = replace(term.atom);
  for (Visible &visible : match.visible)
    visible.condition = replace(visible.condition);
}

LogicalResult Raiser::findViews() {
  struct Operand {
    const char *name;
    Expr element;
    OperandView *view;
    Operation *reader;
  };
  for (auto [name, element, view, op] :
       {Operand{"queries", match.query, &query, match.product},
        Operand{"keys", match.key, &key, match.product},
        Operand{"values", match.value, &value, nullptr}}) {
    std::optional<OperandView> found = getView(reader, element);
    if (!found)
      return refuse(op,
                    Twine("the ") + name +
                        " are read in an order that no axes of a tensor have",
                    "copy them to a tensor with an axis for each dimension");
    *view = *found;
  }
  return success();
}

LogicalResult Raiser::findRoles() {
  SmallVector<unsigned> dims, units, candidates;
  for (ArrayRef<unsigned> axis : axes)
    for (unsigned dim : axis)
      (isUnit(dim) ? units : dims).push_back(dim);

  std::optional<unsigned> n, m;
  for (unsigned dim : dims) {
    bool ofQuery = isOf(match.query, dim), ofKey = isOf(match.key, dim),
         ofValue = isOf(match.value, dim);
    if (!ofQuery && !ofKey && ofValue)
      n = dim;
    if (ofQuery && !ofKey && !ofValue)
      candidates.push_back(dim);
  }
  // Of several dimensions that only queries have one is their position, the
  // others are heads that share a key: it is as long as the keys, or dynamic.
  auto getRank = [&](unsigned dim) {
    bool isDigit = llvm::none_of(axes, [&](ArrayRef<unsigned> axis) {
      return axis.size() == 1 && axis[0] == dim;
    });
    return std::tuple(!isDigit, space.haveSameSize(dim, match.keys),
                      ShapedType::isDynamic(space.get(dim).size), dim);
  };
  for (unsigned dim : candidates)
    if (!m || getRank(dim) > getRank(*m))
      m = dim;
  for (unsigned dim : dims)
    if (dim != n && !isOf(match.query, dim))
      return refuse(match.query->origin,
                    "the queries are the same along a dimension of the result "
                    "other than the values' features",
                    "broadcast the queries to that dimension");
  if (!n && !units.empty())
    n = units.pop_back_val();
  if (!n)
    return refuse(match.value->origin, "the values have no features",
                  "give the values an axis of features, of size 1");
  if (!m && !units.empty())
    m = units.pop_back_val();
  if (!m) {
    m = space.add({1});
    hasNewQueries = true;
  }
  queries = *m;
  values = *n;
  for (ArrayRef<unsigned> axis : axes)
    for (unsigned dim : axis)
      if (dim != queries && dim != values)
        batch.push_back(dim);
  for (unsigned dim : {match.features, match.keys})
    if (isUnit(dim))
      return refuse(match.product, "there is one key, or one feature",
                    "such attention needs no softmax, or is an outer product");
  auto verify = [&](const OperandView &view, ArrayRef<unsigned> own,
                    Operation *op) -> LogicalResult {
    for (ArrayRef<unsigned> axis : view.axes)
      for (unsigned dim : axis)
        if (!llvm::is_contained(own, dim) && !llvm::is_contained(batch, dim))
          return refuse(op,
                        "an operand has a dimension that attention sums "
                        "nothing over",
                        "attention has batch dimensions, queries, keys and "
                        "features, each once");
    for (unsigned dim : own)
      if (!view.has(dim) && !isUnit(dim))
        return refuse(op, "an operand lacks the keys or the features",
                      "queries have features, keys and values both");
    return success();
  };
  if (failed(verify(query, {queries, match.features}, match.query->origin)) ||
      failed(verify(key, {match.keys, match.features}, match.key->origin)) ||
      failed(verify(value, {match.keys, values}, match.value->origin)))
    return failure();
  return success();
}
