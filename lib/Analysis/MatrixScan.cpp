//===- MatrixScan.cpp - Scans that are matrix products ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/MatrixScan.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::recur;

using Component = MatrixScan::Component;

/// What `value`, yielded by or used in `body`, is to all tokens.
static std::optional<Component> getComponent(ScanOp op, Block *body,
                                             Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value);
      argument && argument.getOwner() == body) {
    if (argument.getArgNumber() >= op.getInputs().size())
      return std::nullopt;
    return Component{argument.getArgNumber(), Value()};
  }
  if (!op->isAncestor(value.getParentRegion()->getParentOp()))
    return Component{std::nullopt, value};
  if (Operation *constant = value.getDefiningOp();
      constant && matchPattern(value, m_Constant()))
    return Component{std::nullopt, value};
  return std::nullopt;
}

static bool isZero(Value init) {
  if (auto fill = init.getDefiningOp<linalg::FillOp>())
    return matchPattern(fill.value(), m_AnyZeroFloat());
  return matchPattern(init, m_AnyZeroFloat());
}

/// The input q of `read`, if that is q^T S, perhaps rounded.
static std::optional<unsigned> matchQuery(ScanOp op) {
  Block *body = op.getReadBody();
  if (!body || op.getOutputs().size() != 1)
    return std::nullopt;
  Value result = body->getTerminator()->getOperand(0);
  if (auto rounded = result.getDefiningOp<arith::TruncFOp>())
    result = rounded.getIn();
  auto product = result.getDefiningOp<linalg::LinalgOp>();
  if (!product || !linalg::isaContractionOpInterface(product) ||
      !isZero(product.getDpsInits()[0]))
    return std::nullopt;
  unsigned state = op.getInputs().size();
  for (unsigned left : {0u, 1u}) {
    auto query = dyn_cast<BlockArgument>(product->getOperand(left));
    auto matrix = dyn_cast<BlockArgument>(product->getOperand(1 - left));
    if (!query || !matrix || query.getOwner() != body ||
        matrix.getOwner() != body || matrix.getArgNumber() != state ||
        query.getArgNumber() >= state)
      continue;
    SmallVector<AffineMap> maps = product.getIndexingMapsArray();
    AffineMap q = maps[left], s = maps[1 - left], y = maps[2];
    // q (g.., k), S (k, n), y (g.., n)
    if (s.getNumResults() != 2 || q.getNumResults() == 0 ||
        q.getNumResults() != y.getNumResults() ||
        q.getResults().back() != s.getResult(0) ||
        y.getResults().back() != s.getResult(1) ||
        q.getResults().drop_back() != y.getResults().drop_back())
      continue;
    return query.getArgNumber();
  }
  return std::nullopt;
}

FailureOr<MatrixScan>
mlir::recur::matchMatrixScan(ScanOp op,
                             function_ref<void(const Twine &)> refuse) {
  auto no = [&](const Twine &reason) -> FailureOr<MatrixScan> {
    refuse(reason);
    return failure();
  };
  auto affine = dyn_cast_or_null<AffineAttr>(op.getMonoidAttr());
  if (!affine || affine.getTransition() == Transition::ComplexDiagonal ||
      affine.getTransition() == Transition::Dense)
    return no("only unit, scalar, diagonal and dplr transitions have a form "
              "with matrix products");
  if (op.getReverse())
    return no("it runs in reverse; reverse the sequences instead");
  auto state = dyn_cast<RankedTensorType>(op.getStateTypes().front());
  if (!state || state.getRank() != 2)
    return no("the state is not a matrix");

  MatrixScan scan{};
  scan.transition = affine.getTransition();
  scan.rows = state.getDimSize(0);
  if (scan.transition == Transition::DPLR && op.getExclusive())
    return no("an exclusive delta rule has no such form here");
  Block *lift = op.getLiftBody();
  SmallVector<Component> element;
  for (Value value : lift->getTerminator()->getOperands()) {
    std::optional<Component> component = getComponent(op, lift, value);
    if (!component)
      return no("`lift` computes; apply what it does to whole sequences, before "
                "the scan");
    element.push_back(*component);
  }
  unsigned transitions = scan.transition == Transition::Unit   ? 0
                         : scan.transition == Transition::DPLR ? 2
                                                               : 1;
  if (element.size() != transitions + 2)
    return no("its input is not an outer product of k and v");
  auto hasTime = [&](unsigned input) {
    return op.getInputMap(input).isFunctionOfDim(op.getTimeDim());
  };
  auto isVectorPerToken = [&](const Component &component) {
    if (!component.input)
      return false;
    auto type =
        dyn_cast<RankedTensorType>(op.getInputSliceTypes()[*component.input]);
    return type && type.getRank() == 1 && hasTime(*component.input);
  };
  const Component &key = element[transitions], &value = element[transitions + 1];
  if (!isVectorPerToken(key) || !isVectorPerToken(value))
    return no("k and v must be vectors that change with the token");
  scan.key = *key.input;
  scan.value = *value.input;
  if (transitions)
    scan.decay = element[0];
  if (transitions == 2)
    scan.beta = element[1];
  if (scan.transition == Transition::Diagonal) {
    Type type = scan.decay.input ? op.getInputSliceTypes()[*scan.decay.input]
                                 : scan.decay.constant.getType();
    auto vector = dyn_cast<RankedTensorType>(type);
    if (!vector || vector.getRank() != 1)
      return no("the decay must be a vector over the first dimension of the "
                "state");
    if (!scan.decay.input)
      return no("a diagonal decay must be an input");
  }

  std::optional<unsigned> query = matchQuery(op);
  if (!query)
    return no("`read` must be the product of one input with the state, q^T S");
  scan.query = *query;
  auto queryType =
      dyn_cast<RankedTensorType>(op.getInputSliceTypes()[scan.query]);
  if (!queryType || queryType.getRank() > 2 || !hasTime(scan.query))
    return no("the query must be a vector, or one for each of a group, that "
              "changes with the token");
  scan.hasGroups = queryType.getRank() == 2;
  return scan;
}
