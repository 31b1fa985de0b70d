//===- KernelOps.cpp - Verification of kernel operations ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Kernel/IR/Kernel.h"
#include "mlir/IR/OpDefinition.h"

using namespace mlir;
using namespace mlir::kernel;

static ParseResult parseKind(OpAsmParser &parser, ReductionKindAttr &kind) {
  SMLoc where = parser.getCurrentLocation();
  StringRef name;
  if (parser.parseKeyword(&name))
    return failure();
  std::optional<ReductionKind> known = symbolizeReductionKind(name);
  if (!known)
    return parser.emitError(where)
           << "unknown reduction '" << name << "'; there are add and max";
  kind = ReductionKindAttr::get(parser.getContext(), *known);
  return success();
}
static void printKind(OpAsmPrinter &printer, Operation *,
                      ReductionKindAttr kind) {
  printer << stringifyReductionKind(kind.getValue());
}

#define GET_OP_CLASSES
#include "attn/Dialect/Kernel/IR/KernelOps.cpp.inc"

/// Whether `offsets` and `dims` name a part of an array of this type with
/// `rank` dimensions.
static LogicalResult verifyPart(Operation *op, ShapedType array,
                                ValueRange offsets, ArrayRef<int64_t> dims,
                                size_t rank) {
  if (static_cast<int64_t>(offsets.size()) != array.getRank())
    return op->emitOpError("needs an offset for each of the ")
           << array.getRank() << " dimensions of " << array << ", got "
           << offsets.size();
  if (dims.size() != rank)
    return op->emitOpError("needs ")
           << rank << " dims, one for each dimension of the tile, got "
           << dims.size();
  for (auto [i, dim] : llvm::enumerate(dims))
    if (dim < 0 || dim >= array.getRank() ||
        llvm::is_contained(dims.take_front(i), dim))
      return op->emitOpError("dims are different dimensions of ")
             << array << ", got " << dim;
  return success();
}

LogicalResult CopyOp::verify() {
  auto source = cast<ShapedType>(getSource().getType());
  if (source.getElementType() != getTile().getType().getElementType())
    return emitOpError("copies elements of ")
           << source.getElementType() << " to a tile of "
           << getTile().getType().getElementType();
  return verifyPart(*this, source, getOffsets(), getDims(), 2);
}

LogicalResult ViewOp::verify() {
  TileType tile = getTile().getType();
  auto tensor = cast<RankedTensorType>(getTensor().getType());
  auto dropUnits = [](ArrayRef<int64_t> shape) {
    return llvm::to_vector(
        llvm::make_filter_range(shape, [](int64_t size) { return size != 1; }));
  };
  bool fits =
      dropUnits(tensor.getShape()) == dropUnits(tile.getShape().drop_front());
  if (!fits || tensor.getElementType() != tile.getElementType())
    return emitOpError("shows ")
           << tile << " as " << tensor << "; the tensor needs its "
           << tile.getRows() << " rows and " << tile.getColumns()
           << " columns, apart from dimensions of size 1, and its element type";
  return success();
}

LogicalResult WindowOp::verify() {
  auto source = cast<RankedTensorType>(getSource().getType());
  auto tensor = cast<RankedTensorType>(getTensor().getType());
  if (tensor.getRank() != source.getRank() ||
      tensor.getElementType() != source.getElementType())
    return emitOpError("shows ") << source << " as " << tensor
                                 << "; rank and element type must be the same";
  if (static_cast<int64_t>(getOffsets().size()) != source.getRank())
    return emitOpError("needs an offset for each of the ")
           << source.getRank() << " dimensions of " << source << ", got "
           << getOffsets().size();
  return success();
}

LogicalResult LoadOp::verify() {
  TileType tile = getTile().getType();
  FragmentType fragment = getFragment().getType();
  if (fragment.getShape() != tile.getShape().drop_front() ||
      fragment.getElementType() != tile.getElementType())
    return emitOpError("loads ") << tile << " into " << fragment
                                 << "; rows, columns and element type must be "
                                    "the same";
  return success();
}

/// rows x depth times depth x columns.
template <typename OpTy> static LogicalResult verifyProduct(OpTy op) {
  FragmentType left = op.getLeft().getType();
  FragmentType accumulator = op.getAccumulator().getType();
  TileType tile = op.getTile().getType();
  if (left.getRank() != 2 || accumulator.getRank() != 2)
    return op.emitOpError("multiplies matrices, got fragments of ")
           << left.getRank() << " and " << accumulator.getRank()
           << " dimensions";
  int64_t depth = tile.getRows(), columns = tile.getColumns();
  if (op.getTransposed())
    std::swap(depth, columns);
  if (left.getShape()[1] != depth || accumulator.getShape()[1] != columns ||
      left.getShape()[0] != accumulator.getShape()[0])
    return op.emitOpError("multiplies ")
           << left.getShape()[0] << " x " << left.getShape()[1] << " by "
           << depth << " x " << columns << ", but the accumulator is "
           << accumulator.getShape()[0] << " x " << accumulator.getShape()[1];
  if (!accumulator.getElementType().isF32())
    return op.emitOpError("sums in f32, got an accumulator of ")
           << accumulator.getElementType();
  Type element = tile.getElementType();
  if (!element.isF16() && !element.isBF16())
    return op.emitOpError("takes tiles of f16 or bf16, got ") << element;
  if (left.getElementType() != element && !left.getElementType().isF32())
    return op.emitOpError("takes a left operand of ")
           << element << " or f32, got " << left.getElementType();
  return success();
}

LogicalResult MmaOp::verify() { return verifyProduct(*this); }

LogicalResult TakeNonFiniteOp::verify() {
  if (getTransposed())
    return emitOpError("takes values, which are not transposed");
  return verifyProduct(*this);
}

LogicalResult MapOp::verifyRegions() {
  auto getType = [](Value fragment) {
    return cast<FragmentType>(fragment.getType());
  };
  Block &block = getBody().front();
  size_t wanted = getInputs().size() + 2;
  if (block.getNumArguments() != wanted)
    return emitOpError(
               "needs a region with an argument for each input, the row "
               "and the column: ")
           << wanted << ", got " << block.getNumArguments();
  for (auto [i, argument] : llvm::enumerate(block.getArguments())) {
    Type type = i < getInputs().size()
                    ? getType(getInputs()[i]).getElementType()
                    : Type(IndexType::get(getContext()));
    if (argument.getType() != type)
      return emitOpError("needs a region argument ")
             << i << " of " << type << ", got " << argument.getType();
  }
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield)
    return emitOpError("needs a region that ends with kernel.yield");
  if (yield.getNumOperands() != getNumResults())
    return emitOpError("has ") << getNumResults() << " results, but yields "
                               << yield.getNumOperands() << " elements";
  if (getNumResults() == 0)
    return emitOpError("has no result");
  LayoutAttr layout = getType(getResults()[0]).getLayout();
  for (auto [result, value] : llvm::zip(getResults(), yield.getValues())) {
    if (getType(result).getElementType() != value.getType())
      return emitOpError("yields ") << value.getType() << " for a result of "
                                    << getType(result).getElementType();
    if (getType(result).getLayout() != layout)
      return emitOpError("needs the same layout for all results");
  }
  for (Value input : getInputs()) {
    LayoutAttr given = getType(input).getLayout();
    if (given != layout && given != layout.getRows())
      return emitOpError("needs inputs of the layout of its results, or of its "
                         "rows, got ")
             << input.getType();
  }
  return success();
}

LogicalResult ReduceOp::verify() {
  FragmentType input = getInput().getType(), init = getInit().getType();
  if (input.getRank() != 2 || init.getRank() != 1 ||
      input.getLayout().getRows() != init.getLayout() ||
      input.getElementType() != init.getElementType() ||
      !isa<FloatType>(input.getElementType()))
    return emitOpError("combines the columns of ")
           << input
           << "; the initial elements need the rows of its layout and "
              "its element type, a float, got "
           << init;
  return success();
}

LogicalResult WriteOp::verify() {
  auto destination = cast<ShapedType>(getDestination().getType());
  bool isTensor = isa<TensorType>(destination);
  if (isTensor != static_cast<bool>(getResult()) ||
      (isTensor && getResult().getType() != getDestination().getType()))
    return emitOpError(isTensor ? "needs a result of the destination's type"
                                : "writes a memref in place and has no result");
  if (!isa<FloatType>(destination.getElementType()) ||
      !isa<FloatType>(getFragment().getType().getElementType()))
    return emitOpError("writes floats to floats");
  return verifyPart(*this, destination, getOffsets(), getDims(),
                    getFragment().getType().getRank());
}

LogicalResult RoleOp::verify() {
  int64_t first = getFirst(), warps = getWarps();
  if (first > LayoutAttr::kMaxWarps || warps > LayoutAttr::kMaxWarps - first)
    return emitOpError("is for warps of a block, which has at most ")
           << LayoutAttr::kMaxWarps << ", got " << warps << " from " << first
           << " on";
  std::optional<int64_t> registers = getRegisters();
  if (!registers)
    return success();
  if (*registers < 24 || *registers > 240 || *registers % 8)
    return emitOpError("registers are a multiple of 8 from 24 to 240, got ")
           << *registers;
  if (first % 4 || warps % 4)
    return emitOpError(
               "registers are shared by warpgroups: first and warps must "
               "be multiples of 4, got ")
           << first << " and " << warps;
  return success();
}
