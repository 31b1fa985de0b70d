//===- Foreign.h - Operations of dialects that are not linked -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_FOREIGNTOATTN_FOREIGN_H
#define ATTN_LIB_CONVERSION_FOREIGNTOATTN_FOREIGN_H

#include "attn/Dialect/Attn/IR/Attn.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::attn {

/// An operation in generic form. Attributes are taken by name, whether they
/// were written as properties, <{..}>, or as attributes, {..}; what nobody took
/// is not understood.
class ForeignOp {
public:
  explicit ForeignOp(Operation *op);

  Operation *operator->() const { return op; }
  Location getLoc() const { return op->getLoc(); }

  /// An error at the operation, to be continued.
  InFlightDiagnostic refuse() const { return op->emitOpError(); }

  /// The attribute, or null.
  Attribute take(StringRef name);
  FailureOr<int64_t> takeInteger(StringRef name, int64_t fallback);
  FailureOr<std::optional<double>> takeNumber(StringRef name);
  FailureOr<std::string> takeString(StringRef name, StringRef fallback);
  /// Attributes that change nothing about what is computed.
  void ignore(ArrayRef<StringRef> names);
  /// Fails, with an error, if there are attributes that were not taken.
  LogicalResult takeNoMore();

  /// An operand; null if it is left out: beyond the last, or of type none.
  Value getOperand(unsigned place) const;
  /// A result that is there and has a use.
  bool isUsed(unsigned result) const;

  /// Fails, with an error, unless the value is a tensor of known rank with
  /// elements that attention takes.
  LogicalResult verifyTensor(Value value, StringRef name) const;

private:
  Operation *op;
  NamedAttrList attributes;
};

/// A mask of integers as one of truth values, by its lowest bit.
Value getBooleanMask(OpBuilder &b, Location loc, Value mask);

// Each replaces the operation, or fails after an error at it.
LogicalResult convertLinalgExtAttention(RewriterBase &rewriter, ForeignOp op);
LogicalResult convertLinalgExtOnlineAttention(RewriterBase &rewriter,
                                              ForeignOp op);
LogicalResult convertTMTensorAttention(RewriterBase &rewriter, ForeignOp op);
LogicalResult convertOnnxAttention(RewriterBase &rewriter, ForeignOp op);
LogicalResult convertGroupQueryAttention(RewriterBase &rewriter, ForeignOp op);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_FOREIGNTOATTN_FOREIGN_H
