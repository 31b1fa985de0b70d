//===- Foreign.cpp - Operations of dialects that are not linked ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Foreign.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

ForeignOp::ForeignOp(Operation *op)
    : op(op), attributes(op->getDiscardableAttrDictionary()) {
  if (auto properties = dyn_cast_or_null<DictionaryAttr>(
          op->getPropertiesAsAttribute()))
    for (NamedAttribute entry : properties)
      attributes.set(entry.getName(), entry.getValue());
}

Attribute ForeignOp::take(StringRef name) { return attributes.erase(name); }

FailureOr<int64_t> ForeignOp::takeInteger(StringRef name, int64_t fallback) {
  Attribute attribute = take(name);
  if (!attribute)
    return fallback;
  if (auto boolean = dyn_cast<BoolAttr>(attribute))
    return static_cast<int64_t>(boolean.getValue());
  auto integer = dyn_cast<IntegerAttr>(attribute);
  if (!integer || integer.getValue().getSignificantBits() > 64)
    return refuse() << "has the attribute " << name << " = " << attribute
                    << ", which should be a 64-bit integer";
  return integer.getValue().getSExtValue();
}

FailureOr<std::optional<double>> ForeignOp::takeNumber(StringRef name) {
  Attribute attribute = take(name);
  if (!attribute)
    return std::optional<double>();
  std::optional<double> number;
  if (auto real = dyn_cast<FloatAttr>(attribute))
    number = real.getValueAsDouble();
  else if (auto integer = dyn_cast<IntegerAttr>(attribute);
           integer && integer.getValue().getSignificantBits() <= 64)
    number = integer.getValue().getSExtValue();
  if (!number || !std::isfinite(*number))
    return refuse() << "has the attribute " << name << " = " << attribute
                    << ", which should be a finite number";
  return number;
}

FailureOr<std::string> ForeignOp::takeString(StringRef name,
                                             StringRef fallback) {
  Attribute attribute = take(name);
  if (!attribute)
    return fallback.str();
  auto text = dyn_cast<StringAttr>(attribute);
  if (!text)
    return refuse() << "has the attribute " << name << " = " << attribute
                    << ", which should be a string";
  return text.str();
}

void ForeignOp::ignore(ArrayRef<StringRef> names) {
  for (StringRef name : names)
    attributes.erase(name);
}

LogicalResult ForeignOp::takeNoMore() {
  for (NamedAttribute entry : attributes) {
    // Those of other dialects do not belong to what the operation means.
    if (entry.getName().strref().contains('.'))
      continue;
    return refuse() << "has the attribute " << entry.getName() << " = "
                    << entry.getValue()
                    << ", whose meaning is not known here; remove it if the "
                       "result does not depend on it";
  }
  return success();
}

Value ForeignOp::getOperand(unsigned place) const {
  if (place >= op->getNumOperands() ||
      isa<NoneType>(op->getOperand(place).getType()))
    return Value();
  return op->getOperand(place);
}

bool ForeignOp::isUsed(unsigned result) const {
  return result < op->getNumResults() && !op->getResult(result).use_empty();
}

LogicalResult ForeignOp::verifyTensor(Value value, StringRef name) const {
  if (!value)
    return refuse() << "has no " << name;
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return refuse() << "has the " << name << " of type " << value.getType()
                    << ", which should be a tensor of known rank: convert it "
                       "before bufferization, after shape inference";
  Type element = type.getElementType();
  if (!element.isF16() && !element.isBF16() && !element.isF32() &&
      !element.isF64())
    return refuse() << "has the " << name << " of type " << type
                    << "; attention takes elements of f16, bf16, f32 and f64: "
                       "convert them before it";
  return success();
}

Value mlir::attn::getBooleanMask(OpBuilder &b, Location loc, Value mask) {
  auto type = cast<RankedTensorType>(mask.getType());
  if (!type.getElementType().isSignlessInteger() ||
      type.getElementType().isInteger(1))
    return mask;
  Value init = tensor::EmptyOp::create(
      b, loc, tensor::getMixedSizes(b, loc, mask), b.getI1Type());
  AffineMap map = b.getMultiDimIdentityMap(type.getRank());
  return linalg::GenericOp::create(
             b, loc, init.getType(), mask, init, ArrayRef<AffineMap>{map, map},
             SmallVector<utils::IteratorType>(type.getRank(),
                                              utils::IteratorType::parallel),
             [](OpBuilder &b, Location loc, ValueRange values) {
               Value bit = arith::TruncIOp::create(b, loc, b.getI1Type(),
                                                   values[0]);
               linalg::YieldOp::create(b, loc, bit);
             })
      .getResult(0);
}
