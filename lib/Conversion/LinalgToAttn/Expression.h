//===- Expression.h - What an element of a tensor is made of -*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// linalg, tensor and arith have many ways to say one thing. Read element by
// element they say the same: element (b, i, j) of a tensor is an expression of
// elements of other tensors, whatever shapes they went through on the way. So
// raising matches algebra, not operations.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_LINALGTOATTN_EXPRESSION_H
#define ATTN_LIB_CONVERSION_LINALGTOATTN_EXPRESSION_H

#include "IndexSpace.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"
#include <deque>

namespace mlir::attn {

/// A place where an element can be read.
struct Access {
  Value tensor;
  SmallVector<AffineExpr> indices;
};

struct Expression;
using Expr = const Expression *;

/// A scalar as a function of dimensions. Conversions between float types are
/// left out: attention computes in the widest of them.
struct Expression {
  enum class Kind {
    Constant, // `number` or, for integers, `integer`
    Position, // `position`
    Element,  // of the last of `accesses`, the others being views of it; or a
              // scalar, without indices
    Apply,    // operation `name` on `operands`
    Reduce,   // of `operands[0]` over `dimension` by `name`; a maximum starts
              // at `number`
  };
  Kind kind;
  Type type;
  Operation *origin = nullptr; // What computes it, for remarks.
  double number = 0;
  int64_t integer = 0;
  AffineExpr position = {};
  SmallVector<Access> accesses = {};
  std::optional<OperationName> name = std::nullopt;
  DictionaryAttr attributes = {};
  SmallVector<Expr> operands = {};
  unsigned dimension = 0;

  template <typename... Ops> bool is() const {
    return kind == Kind::Apply &&
           ((name->getStringRef() == Ops::getOperationName()) || ...);
  }
  template <typename... Ops> bool isReduction() const {
    return kind == Kind::Reduce &&
           ((name->getStringRef() == Ops::getOperationName()) || ...);
  }
  bool isElement() const { return kind == Kind::Element; }
  bool isScalar() const {
    return isElement() && !isa<ShapedType>(accesses.back().tensor.getType());
  }
  const Access &source() const { return accesses.back(); }
  std::optional<double> getNumber() const;
};

/// Reads expressions from IR, one operation at a time.
class ExpressionReader {
public:
  explicit ExpressionReader(MLIRContext *context)
      : space(context), context(context) {}

  IndexSpace space;

  /// The element of `tensor` at `indices`, seen through operations that only
  /// move elements.
  Expr getElement(Value tensor, ArrayRef<AffineExpr> indices);
  /// The element of `tensor` at new dimensions, which are added to `dims`.
  Expr getElement(Value tensor, SmallVectorImpl<unsigned> &dims);
  Expr getConstant(Type type, double number);
  Expr getPosition(AffineExpr position);

  /// What an element is made of, or the element where nothing is known: an
  /// argument, a constant that is no splat, another kind of operation.
  Expr resolve(Expr expression);

  /// An operation on expressions, simplified.
  Expr apply(OperationName name, DictionaryAttr attributes,
             ArrayRef<Expr> operands, Type type, Operation *origin);
  template <typename Op>
  Expr apply(ArrayRef<Expr> operands, Type type, Operation *origin) {
    return apply(OperationName(Op::getOperationName(), context),
                 DictionaryAttr::get(context), operands, type, origin);
  }

  /// `expression` with other indices in place of dimensions.
  Expr substitute(Expr expression,
                  llvm::function_ref<AffineExpr(AffineExpr)> replace);
  Expr substitute(Expr expression, unsigned dim, unsigned by);

  /// Whether two expressions are one function of the dimensions.
  bool areSame(Expr a, Expr b);

  static bool dependsOn(Expr expression, unsigned dim);

  /// Operations that were read.
  llvm::SetVector<Operation *> read;

private:
  std::optional<Access> step(const Access &access);
  Expr expand(Expr element);
  Expr expandLinalg(Operation *op, unsigned result,
                    ArrayRef<AffineExpr> indices);
  Expr expandElementwise(Operation *op, ArrayRef<AffineExpr> indices);
  Expr expandSoftmax(Operation *op, ArrayRef<AffineExpr> indices);
  Expr simplify(OperationName name, DictionaryAttr attributes,
                ArrayRef<Expr> operands, Type type, Operation *origin);
  Expr create(Expression expression);
  friend class RegionReader;

  MLIRContext *context;
  std::deque<Expression> expressions;
  llvm::DenseMap<Expr, Expr> expanded;
  llvm::DenseMap<std::pair<Expr, Expr>, bool> compared;
};

/// What an operation on floats gives, if it is known.
std::optional<double> computeNumber(StringRef name, ArrayRef<double> operands);

/// An integer as an index over dimensions, or null.
AffineExpr getAffineIndex(Expr expression, MLIRContext *context);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_LINALGTOATTN_EXPRESSION_H
