//===- Raiser.h - From a match to an operation, step by step -*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_LINALGTOATTN_RAISER_H
#define ATTN_LIB_CONVERSION_LINALGTOATTN_RAISER_H

#include "OperandView.h"
#include "RaiseAttention.h"
#include "ScoreMask.h"
#include <cmath>

namespace mlir::attn {

/// The least number that is finite in base 2 as well.
constexpr double kLeastScore = -2e38;

class Raiser {
public:
  Raiser(RewriterBase &rewriter, ExpressionReader &reader, AttentionMatch match,
         EmptyRows emptyRows, Refusal &refusal)
      : rewriter(rewriter), reader(reader), space(reader.space),
        match(std::move(match)), emptyRows(emptyRows), refusal(refusal),
        loc(this->match.result.getLoc()) {}

  FailureOr<AttentionOp> raise();

private:
  LogicalResult refuse(Operation *op, const Twine &reason, const Twine &help) {
    refusal = {op ? op : match.result.getDefiningOp(), reason.str(),
               help.str()};
    return failure();
  }

  LogicalResult verifyUsers();
  LogicalResult verifyTypes();
  void splitDims();
  LogicalResult findViews();
  LogicalResult findRoles();
  Rows readMask(Fills fills, SmallVectorImpl<Visible> &visible);
  LogicalResult findMask();
  bool mayHideRow(Expr term);
  bool takeLimit(const Visible &part, Positions positions, bool isOnlyMask);
  Value writeLimit(const RuntimeLimit &limit, int64_t more);
  LogicalResult verifyScore();
  AttentionOp write();
  Value createLogSumExp(OperandView output, ArrayRef<OpFoldResult> sizes,
                        SmallVectorImpl<AffineMap> &maps);
  Value writeEmptyRows(AttentionOp op);
  AffineMap getMap(const OperandView &view);
  void writeScore(AttentionOp op);
  FloatAttr getScale();

  Positions getPositions() {
    return {isUnit(queries) ? std::nullopt : std::optional(queries),
            match.keys};
  }
  bool isUnit(unsigned dim) { return space.get(dim).size == 1; }
  bool isOf(Expr element, unsigned dim) {
    return reader.dependsOn(element, dim);
  }

  RewriterBase &rewriter;
  ExpressionReader &reader;
  IndexSpace &space;
  AttentionMatch match;
  EmptyRows emptyRows;
  Refusal &refusal;
  Location loc;

  SmallVector<SmallVector<unsigned>> axes; // Of the result, split.
  bool hasNewQueries = false;              // The result has no axis of queries.
  SmallVector<unsigned> batch;
  unsigned queries = 0, values = 0; // m and n
  OperandView query, key, value;
  MaskedScore masked;
  std::optional<OperandView> mask; // A tensor, boolean or to be added.
  std::optional<RuntimeLimit> offset, validKeys;
  double fill = -INFINITY;
  bool makesEmptyRowsNaN = false;
  bool keepsFill = false; // The most negative float is left in the score.
  double factor = 1; // The score is factor * product.
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_LINALGTOATTN_RAISER_H
