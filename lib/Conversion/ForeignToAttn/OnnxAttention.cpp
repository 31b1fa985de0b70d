//===- OnnxAttention.cpp - Attention as ONNX means it ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxAttention.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// One group per dimension, but `count` from `place` on in one.
static SmallVector<ReassociationIndices>
getReassociation(unsigned rank, unsigned place, unsigned count) {
  SmallVector<ReassociationIndices> groups;
  for (unsigned i = 0, next = 0; next < rank; ++i) {
    ReassociationIndices &group = groups.emplace_back();
    for (unsigned j = 0; j < (i == place ? count : 1); ++j)
      group.push_back(next++);
  }
  return groups;
}

OnnxTensor OnnxAttention::expand(const OnnxTensor &tensor, unsigned place,
                                 ArrayRef<int64_t> sizes, StringRef names) {
  SmallVector<OpFoldResult> mixed = tensor::getMixedSizes(b, loc, tensor.value);
  SmallVector<int64_t> shape(tensor.getType().getShape());
  mixed.erase(mixed.begin() + place);
  shape.erase(shape.begin() + place);
  for (auto [i, size] : llvm::enumerate(sizes)) {
    mixed.insert(mixed.begin() + place + i, b.getIndexAttr(size));
    shape.insert(shape.begin() + place + i, size);
  }
  OnnxTensor result = tensor;
  result.dims.replace(place, 1, names.str());
  result.value = tensor::ExpandShapeOp::create(
      b, loc,
      RankedTensorType::get(shape, tensor.getType().getElementType()),
      tensor.value, getReassociation(shape.size(), place, sizes.size()), mixed);
  return result;
}

OnnxTensor OnnxAttention::collapse(const OnnxTensor &tensor, unsigned place,
                                   char name) {
  OnnxTensor result = tensor;
  result.dims.replace(place, 2, 1, name);
  result.value = tensor::CollapseShapeOp::create(
      b, loc, tensor.value, getReassociation(tensor.dims.size(), place, 2));
  return result;
}

Value OnnxAttention::createEmpty(ArrayRef<OpFoldResult> sizes, Type element) {
  return tensor::EmptyOp::create(b, loc, sizes, element);
}

Value OnnxAttention::createFilled(ArrayRef<OpFoldResult> sizes,
                                  TypedAttr element) {
  Value constant = arith::ConstantOp::create(b, loc, element);
  return linalg::FillOp::create(b, loc, constant,
                                createEmpty(sizes, element.getType()))
      .getResult(0);
}

Value OnnxAttention::insert(Value source, Value into, unsigned dim,
                            OpFoldResult offset) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, source);
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0)),
      strides(sizes.size(), b.getIndexAttr(1));
  offsets[dim] = offset;
  return tensor::InsertSliceOp::create(b, loc, source, into, offsets, sizes,
                                       strides);
}

Value OnnxAttention::getFeatures(Value packed, int64_t first, int64_t size) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, packed);
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0)),
      strides(sizes.size(), b.getIndexAttr(1));
  offsets.back() = b.getIndexAttr(first);
  sizes.back() = b.getIndexAttr(size);
  return tensor::ExtractSliceOp::create(b, loc, packed, offsets, sizes, strides);
}

OnnxTensor OnnxAttention::headsFirst(const OnnxTensor &tensor) {
  if (tensor.find('h') == 1)
    return tensor;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, tensor.value);
  OnnxTensor result = tensor;
  std::swap(sizes[1], sizes[2]);
  std::swap(result.dims[1], result.dims[2]);
  result.value =
      linalg::TransposeOp::create(
          b, loc, tensor.value,
          createEmpty(sizes, tensor.getType().getElementType()),
          ArrayRef<int64_t>{0, 2, 1, 3})
          ->getResult(0);
  return result;
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

FailureOr<OnnxTensor>
OnnxAttention::splitHeads(Value tensor, StringRef name, int64_t heads,
                          StringRef headsAttribute, char row, char column) {
  if (failed(op.verifyTensor(tensor, name)))
    return failure();
  auto type = cast<RankedTensorType>(tensor.getType());
  if (type.getRank() == 4)
    return OnnxTensor{tensor, {'b', 'h', row, column}};
  if (type.getRank() != 3)
    return op.refuse() << "has the " << name << " of type " << type
                       << "; it should be (batch, heads, tokens, features) or "
                          "(batch, tokens, heads * features)";
  int64_t size = type.getDimSize(2);
  if (heads <= 0 || ShapedType::isDynamic(size) || size % heads)
    return op.refuse() << "has the " << name << " of type " << type << " and "
                       << headsAttribute << " = " << heads
                       << ", which should divide its last size, and that be "
                          "known";
  return expand({tensor, {'b', row, column}}, 2, {heads, size / heads},
                std::string{'h', column});
}

/// Fails unless `past` continues like `added`: (b, h, .., features).
static LogicalResult verifyCache(ForeignOp op, Value past, StringRef name,
                                 const OnnxTensor &added) {
  if (failed(op.verifyTensor(past, name)))
    return failure();
  auto type = cast<RankedTensorType>(past.getType()), other = added.getType();
  bool agrees = type.getRank() == 4 &&
                type.getElementType() == other.getElementType();
  for (unsigned i : {0u, 1u, 3u})
    agrees = agrees && (type.getDimSize(i) == other.getDimSize(i) ||
                        type.isDynamicDim(i) || other.isDynamicDim(i));
  if (!agrees)
    return op.refuse() << "has the " << name << " of type " << type
                       << ", which does not continue as " << other
                       << " (batch, heads, tokens, features)";
  return success();
}

FailureOr<OnnxTensor> OnnxAttention::appendToCache(Value past, StringRef name,
                                                   const OnnxTensor &added) {
  if (failed(verifyCache(op, past, name, added)))
    return failure();
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, added.value);
  OpFoldResult before = tensor::getMixedSize(b, loc, past, 2);
  OpFoldResult offset = before;
  if (isa<Attribute>(before) && isa<Attribute>(sizes[2]))
    sizes[2] = b.getIndexAttr(*getConstantIntValue(before) +
                              *getConstantIntValue(sizes[2]));
  else
    sizes[2] = arith::AddIOp::create(
                   b, loc, getValueOrCreateConstantIndexOp(b, loc, before),
                   getValueOrCreateConstantIndexOp(b, loc, sizes[2]))
                   .getResult();
  OnnxTensor result = added;
  result.value = createEmpty(sizes, added.getType().getElementType());
  result.value = insert(past, result.value, 2, b.getIndexAttr(0));
  result.value = insert(added.value, result.value, 2, offset);
  return result;
}

FailureOr<OnnxTensor>
OnnxAttention::insertIntoCache(Value past, StringRef name,
                               const OnnxTensor &added, Value offsets,
                               int64_t length) {
  if (failed(verifyCache(op, past, name, added)))
    return failure();
  int64_t before = cast<RankedTensorType>(past.getType()).getDimSize(2);
  int64_t rows = added.getType().getDimSize(2);
  if (ShapedType::isDynamic(before) || ShapedType::isDynamic(length) ||
      ShapedType::isDynamic(rows) || length < before || length < rows)
    return op.refuse() << "has the " << name << " of type " << past.getType()
                       << ", which should have a known number of tokens that "
                          "the present one of "
                       << length << " has room for: state the shapes";
  OnnxTensor result = added;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, added.value);
  Value count = getValueOrCreateConstantIndexOp(b, loc, sizes[0]);
  result.value = past;
  if (before != length) {
    Type element = added.getType().getElementType();
    sizes[2] = b.getIndexAttr(length);
    result.value =
        insert(past, createEmpty(sizes, element), 2, b.getIndexAttr(0));
    sizes[2] = b.getIndexAttr(length - before);
    result.value =
        insert(createFilled(sizes, b.getFloatAttr(element, 0)), result.value, 2,
               b.getIndexAttr(before));
  }
  // Each element of the batch has its own number of tokens so far.
  Value zero = arith::ConstantIndexOp::create(b, loc, 0),
        one = arith::ConstantIndexOp::create(b, loc, 1),
        last = arith::ConstantIndexOp::create(b, loc, length - rows);
  auto loop = scf::ForOp::create(
      b, loc, zero, count, one, result.value,
      [&](OpBuilder &b, Location loc, Value i, ValueRange buffer) {
        Value offset = tensor::ExtractOp::create(b, loc, offsets, i);
        offset = arith::IndexCastOp::create(b, loc, b.getIndexType(), offset);
        // No offset leads out of the buffer.
        offset = arith::MaxSIOp::create(b, loc, offset, zero);
        offset = arith::MinSIOp::create(b, loc, offset, last);
        SmallVector<OpFoldResult> sizes =
            tensor::getMixedSizes(b, loc, added.value);
        SmallVector<OpFoldResult> offsets(4, b.getIndexAttr(0)),
            strides(4, b.getIndexAttr(1));
        sizes[0] = b.getIndexAttr(1);
        offsets[0] = i;
        Value tokens = tensor::ExtractSliceOp::create(b, loc, added.value,
                                                      offsets, sizes, strides);
        offsets[2] = offset;
        Value inserted = tensor::InsertSliceOp::create(
            b, loc, tokens, buffer[0], offsets, sizes, strides);
        scf::YieldOp::create(b, loc, inserted);
      });
  result.value = loop.getResult(0);
  return result;
}

LogicalResult OnnxAttention::groupHeads() {
  heads = key.getSize('h');
  int64_t queryHeads = query.getSize('h'), valueHeads = value.getSize('h');
  if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(queryHeads) ||
      heads <= 0 || valueHeads != heads || queryHeads % heads)
    return op.refuse() << "has " << query.getType() << ", " << key.getType()
                       << " and " << value.getType()
                       << " as query, key and value by heads; their numbers of "
                          "heads should be known, those of key and value equal, "
                          "and that of the query a multiple";
  group = queryHeads / heads;
  if (group > 1)
    query = expand(query, query.find('h'), {heads, group}, "hg");
  return success();
}

LogicalResult OnnxAttention::readMask(Value tensor) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  Type element = type ? type.getElementType() : Type();
  if (!type || type.getRank() > 4 || type.getRank() < 1 ||
      (!element.isSignlessInteger(1) &&
       element != query.getType().getElementType()))
    return op.refuse() << "has a mask of type " << tensor.getType()
                       << "; it should be the last dimensions of (batch, heads, "
                          "queries, keys), of i1 or as the query, "
                       << query.getType().getElementType();
  unsigned rank = type.getRank();
  int64_t keys = key.getSize('j'), maskKeys = type.getDimSize(rank - 1);
  if (ShapedType::isDynamic(keys) != ShapedType::isDynamic(maskKeys))
    return op.refuse() << "has a mask of type " << type << " and keys of type "
                       << key.getType()
                       << ": it cannot be told whether all keys are covered; "
                          "state both sizes";
  OnnxTensor whole{tensor, StringRef("bhmj").take_back(rank).str()};
  // A map without them says the same as dimensions of size 1.
  OnnxTensor dropped = whole;
  dropped.dims.clear();
  SmallVector<int64_t> shape;
  for (auto [size, dim] : llvm::zip(type.getShape(), whole.dims))
    if (size != 1 || dim == 'j') {
      dropped.dims += dim;
      shape.push_back(size);
    }
  if (dropped.dims != whole.dims) {
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, tensor);
    dropped.value = tensor::ExtractSliceOp::create(
        b, loc, RankedTensorType::get(shape, element), tensor,
        SmallVector<OpFoldResult>(rank, b.getIndexAttr(0)), sizes,
        SmallVector<OpFoldResult>(rank, b.getIndexAttr(1)));
  }
  if (maskKeys < keys) {
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(b, loc, dropped.value);
    sizes.back() = b.getIndexAttr(keys);
    TypedAttr hidden = b.getBoolAttr(false);
    if (auto real = dyn_cast<FloatType>(element))
      hidden = b.getFloatAttr(
          real, APFloat::getInf(real.getFloatSemantics(), /*Negative=*/true));
    dropped.value = insert(dropped.value, createFilled(sizes, hidden),
                           dropped.dims.size() - 1, b.getIndexAttr(0));
  }
  if (size_t place = dropped.dims.find('h');
      place != std::string::npos && group > 1) {
    if (dropped.getType().getDimSize(place) != heads * group)
      return op.refuse() << "has a mask of type " << type << " for "
                         << heads * group << " heads";
    dropped = expand(dropped, place, {heads, group}, "hg");
  }
  mask = dropped;
  return success();
}

//===----------------------------------------------------------------------===//
// The attention
//===----------------------------------------------------------------------===//

AffineMap OnnxAttention::getMap(const OnnxTensor &tensor) {
  StringRef loops = group > 1 ? "bhgmkjn" : "bhmkjn";
  SmallVector<unsigned> dims;
  for (char dim : tensor.dims)
    dims.push_back(loops.find(dim));
  return AffineMap::getMultiDimMapWithTargets(loops.size(), dims,
                                              b.getContext());
}

/// softcap * tanh(s / softcap)
void OnnxAttention::createSoftcap(Region &region) {
  FloatType state = query.getType().getElementType().isF64()
                        ? cast<FloatType>(b.getF64Type())
                        : b.getF32Type();
  OpBuilder::InsertionGuard guard(b);
  SmallVector<Type> types(5, b.getIndexType());
  types[0] = state;
  Block *body =
      b.createBlock(&region, {}, types, SmallVector<Location>(5, loc));
  Value cap =
      arith::ConstantOp::create(b, loc, b.getFloatAttr(state, softcap));
  Value ratio = arith::DivFOp::create(b, loc, body->getArgument(0), cap);
  Value bounded = math::TanhOp::create(b, loc, ratio);
  Value capped = arith::MulFOp::create(b, loc, bounded, cap);
  YieldOp::create(b, loc, capped);
}

Value OnnxAttention::create(bool packed) {
  SmallVector<AffineMap> maps = {getMap(query), getMap(key), getMap(value)};
  if (mask)
    maps.push_back(getMap(*mask));
  OnnxTensor output = query;
  output.dims.back() = 'n';
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, query.value);
  sizes.back() = tensor::getMixedSize(b, loc, value.value, value.find('n'));
  output.value = createEmpty(sizes, query.getType().getElementType());
  maps.push_back(getMap(output));

  MaskAttrInterface visible;
  if (window > 0)
    visible = WindowAttr::get(b.getContext(), window - 1, 0);
  else if (causal)
    visible = CausalAttr::get(b.getContext());
  auto attention = AttentionOp::create(
      b, loc, output.value.getType(), query.value, key.value, value.value,
      mask ? mask->value : Value(), /*query_segments=*/Value(),
      /*key_segments=*/Value(), visible ? queryOffset : Value(), validKeys,
      output.value, b.getAffineMapArrayAttr(maps),
      scale ? b.getF64FloatAttr(*scale) : FloatAttr(), visible,
      /*head_dims=*/IntegerAttr(), /*form=*/FormAttr(),
      /*scoreCount=*/softcap != 0);
  if (softcap != 0)
    createSoftcap(attention.getScore().front());
  output.value = attention.getResult(0);
  if (group > 1)
    output = collapse(output, output.find('h'), 'h');
  if (packed)
    output = collapse(output, output.find('h'), 'n');
  return output.value;
}

LogicalResult OnnxAttention::replaceResult(unsigned number, StringRef name,
                                           Value value) {
  if (!op.isUsed(number))
    return success();
  Value result = op->getResult(number);
  if (result.getType() != value.getType()) {
    if (!isa<RankedTensorType>(result.getType()) ||
        !tensor::CastOp::areCastCompatible(value.getType(), result.getType()))
      return op.refuse() << "returns the " << name << " as " << result.getType()
                         << ", but it is " << value.getType()
                         << ": run the shape inference of onnx-mlir first";
    value = tensor::CastOp::create(b, loc, result.getType(), value);
  }
  b.replaceAllUsesWith(result, value);
  return success();
}
