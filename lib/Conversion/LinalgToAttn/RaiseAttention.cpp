//===- RaiseAttention.cpp - An attn.attention for what was found ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Raiser.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

/// What is computed from the scores must be of no other use: it would be
/// computed as before, and the attention on top of it.
LogicalResult Raiser::verifyUsers() {
  Operation *root = match.result.getDefiningOp();
  SetVector<Operation *> ops;
  ops.insert(match.product);
  for (size_t i = 0; i < ops.size(); ++i)
    for (Operation *user : ops[i]->getUsers()) {
      if (user == root || isa<tensor::DimOp>(user) || isOpTriviallyDead(user))
        continue;
      if (!reader.read.contains(user))
        return refuse(
            user,
            "the scores or weights have another use, for which a "
            "tensor of queries times keys is computed",
            "drop that use, or compute it from queries and keys again");
      ops.insert(user);
    }
  return success();
}

LogicalResult Raiser::verifyTypes() {
  Type types[] = {match.query->type, match.key->type, match.value->type,
                  getElementTypeOrSelf(match.result.getType())};
  for (Type type : types) {
    if (!isa<Float16Type, BFloat16Type, Float32Type, Float64Type>(type))
      return refuse(nullptr,
                    "an operand has elements of another type than f16, "
                    "bf16, f32 and f64",
                    "convert queries, keys and values to one of them");
    if (type.isF64() != types[0].isF64())
      return refuse(nullptr, "f64 and narrower types are mixed",
                    "convert queries, keys and values to one type");
  }
  return success();
}

FailureOr<AttentionOp> Raiser::raise() {
  if (failed(verifyUsers()) || failed(verifyTypes()))
    return failure();
  AttentionMatch whole = match;
  splitDims();
  if (failed(findViews())) {
    match = whole;
    axes.clear();
    for (unsigned dim : match.output)
      axes.push_back({dim});
    if (failed(findViews()))
      return failure();
  }
  if (failed(findRoles()) || failed(findMask()) || failed(verifyScore()))
    return failure();
  return write();
}

FailureOr<AttentionOp> mlir::attn::raiseAttention(RewriterBase &rewriter,
                                                  ExpressionReader &reader,
                                                  AttentionMatch match,
                                                  EmptyRows emptyRows,
                                                  Refusal &refusal) {
  return Raiser(rewriter, reader, std::move(match), emptyRows, refusal).raise();
}
