//===- KernelTypes.cpp - Layouts, fragments, tiles ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Kernel/IR/Kernel.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::kernel;

#include "attn/Dialect/Kernel/IR/KernelEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "attn/Dialect/Kernel/IR/KernelAttrs.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "attn/Dialect/Kernel/IR/KernelTypes.cpp.inc"

void KernelDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "attn/Dialect/Kernel/IR/KernelAttrs.cpp.inc"
      >();
}

void KernelDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "attn/Dialect/Kernel/IR/KernelTypes.cpp.inc"
      >();
}

/// Larger tiles than any block has, so that no product of sizes overflows.
static constexpr int64_t kMaxSize = 1 << 16;
static constexpr int64_t kWarpSize = 32;

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

int64_t LayoutAttr::count(ArrayRef<Digit> digits) {
  int64_t product = 1;
  for (const Digit &digit : digits)
    product *= digit.count;
  return product;
}

std::pair<int64_t, int64_t> LayoutAttr::getPlace(int64_t number) const {
  int64_t row = 0, column = 0;
  for (const Digit &digit : getRegisters()) {
    row += number % digit.count * digit.row;
    column += number % digit.count * digit.column;
    number /= digit.count;
  }
  return {row, column};
}

std::pair<int64_t, int64_t> LayoutAttr::getShape() const {
  int64_t rows = 1, columns = 1;
  for (ArrayRef<Digit> digits : {getRegisters(), getLanes(), getWarps()})
    for (const Digit &digit : digits) {
      rows += (digit.count - 1) * digit.row;
      columns += (digit.count - 1) * digit.column;
    }
  return {rows, columns};
}

LayoutAttr LayoutAttr::getRows() const {
  SmallVector<Digit> registers, lanes, warps;
  for (const Digit &digit : this->getRegisters())
    if (digit.column == 0)
      registers.push_back(digit);
  for (const Digit &digit : getLanes())
    lanes.push_back({digit.count, digit.row, 0});
  for (const Digit &digit : getWarps())
    warps.push_back({digit.count, digit.row, 0});
  return get(getContext(), registers, lanes, warps);
}

LayoutAttr LayoutAttr::getMatrix(MLIRContext *context, int64_t rows,
                                 int64_t columns, int64_t warps) {
  SmallVector<Digit> registers = {{2, 0, 1}, {2, 8, 0}, {columns / 8, 0, 8}};
  if (rows > 16 * warps)
    registers.push_back({rows / (16 * warps), 16 * warps, 0});
  return get(context, registers, {Digit{4, 0, 2}, Digit{8, 1, 0}},
             {Digit{warps, 16, 0}});
}

static ParseResult parseDigits(AsmParser &parser, StringRef name,
                               SmallVector<Digit> &digits) {
  if (parser.parseKeyword(name) || parser.parseEqual())
    return failure();
  return parser.parseCommaSeparatedList(
      AsmParser::Delimiter::Square, [&]() -> ParseResult {
        Digit digit;
        if (parser.parseInteger(digit.count) || parser.parseKeyword("x") ||
            parser.parseLParen() || parser.parseInteger(digit.row) ||
            parser.parseComma() || parser.parseInteger(digit.column) ||
            parser.parseRParen())
          return failure();
        digits.push_back(digit);
        return success();
      });
}

Attribute LayoutAttr::parse(AsmParser &parser, Type) {
  SMLoc where = parser.getCurrentLocation();
  SmallVector<Digit> registers, lanes, warps;
  if (parser.parseLess() || parseDigits(parser, "registers", registers) ||
      parser.parseComma() || parseDigits(parser, "lanes", lanes) ||
      parser.parseComma() || parseDigits(parser, "warps", warps) ||
      parser.parseGreater())
    return {};
  return getChecked([&] { return parser.emitError(where); },
                    parser.getContext(), registers, lanes, warps);
}

void LayoutAttr::print(AsmPrinter &printer) const {
  auto print = [&](StringRef name, ArrayRef<Digit> digits) {
    printer << name << " = [";
    llvm::interleaveComma(digits, printer, [&](const Digit &digit) {
      printer << digit.count << " x (" << digit.row << ", " << digit.column
              << ")";
    });
    printer << "]";
  };
  printer << "<";
  print("registers", getRegisters());
  printer << ", ";
  print("lanes", getLanes());
  printer << ", ";
  print("warps", getWarps());
  printer << ">";
}

/// Whether digits that move and count so far give all places from 0 on, each
/// once.
static bool isDense(SmallVector<std::pair<int64_t, int64_t>> digits) {
  llvm::sort(digits);
  int64_t places = 1;
  for (auto [distance, count] : digits) {
    if (distance != places)
      return false;
    places *= count;
  }
  return true;
}

LogicalResult LayoutAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 ArrayRef<Digit> registers,
                                 ArrayRef<Digit> lanes, ArrayRef<Digit> warps) {
  SmallVector<std::pair<int64_t, int64_t>> rows, columns;
  for (auto [digits, limit] :
       {std::pair(registers, kMaxRegisters), std::pair(lanes, kMaxSize),
        std::pair(warps, kMaxWarps)}) {
    int64_t product = 1;
    for (const Digit &digit : digits) {
      if (digit.count < 1 || digit.count > kMaxSize || digit.row < 0 ||
          digit.row > kMaxSize || digit.column < 0 || digit.column > kMaxSize)
        return emitError() << "a digit counts to 1 or more and moves 0 or more "
                              "rows and columns, at most "
                           << kMaxSize;
      product *= digit.count;
      if (product > limit)
        return emitError() << "there are at most " << kMaxRegisters
                           << " registers of a thread, and " << kMaxWarps
                           << " warps";
      if (digit.count == 1)
        continue;
      if (digit.row != 0 && digit.column != 0)
        return emitError() << "a digit moves rows or columns, got ("
                           << digit.row << ", " << digit.column << ")";
      if (digit.row != 0)
        rows.push_back({digit.row, digit.count});
      if (digit.column != 0)
        columns.push_back({digit.column, digit.count});
    }
  }
  if (int64_t product = count(lanes); product != kWarpSize)
    return emitError() << "a warp has " << kWarpSize
                       << " lanes, but the digits of lanes count to "
                       << product;
  for (auto [digits, name] :
       {std::pair(&rows, "rows"), std::pair(&columns, "columns")})
    if (!isDense(*digits))
      return emitError() << "leaves out " << name
                         << " or holds some twice: the digits that move "
                         << name
                         << " must move 1, and then what those before count to "
                            "together";
  return success();
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

Type FragmentType::parse(AsmParser &parser) {
  SMLoc where = parser.getCurrentLocation();
  SmallVector<int64_t> shape;
  Type element;
  LayoutAttr layout;
  if (parser.parseLess() ||
      parser.parseDimensionList(shape, /*allowDynamic=*/false) ||
      parser.parseType(element) || parser.parseComma() ||
      parser.parseAttribute(layout) || parser.parseGreater())
    return {};
  return getChecked([&] { return parser.emitError(where); },
                    parser.getContext(), shape, element, layout);
}

void FragmentType::print(AsmPrinter &printer) const {
  printer << "<";
  printer.printDimensionList(getShape());
  printer << "x" << getElementType() << ", " << getLayout() << ">";
}

LogicalResult FragmentType::verify(function_ref<InFlightDiagnostic()> emitError,
                                   ArrayRef<int64_t> shape, Type element,
                                   LayoutAttr layout) {
  if (shape.empty() || shape.size() > 2)
    return emitError() << "a fragment has rows, or rows and columns, got "
                       << shape.size() << " dimensions";
  if (!element.isIntOrFloat())
    return emitError() << "elements of a fragment are numbers, got " << element;
  auto [rows, columns] = layout.getShape();
  int64_t wanted = shape.size() == 2 ? shape[1] : 1;
  if (rows != shape[0] || columns != wanted)
    return emitError() << "the layout is one of " << rows << " x " << columns
                       << " elements, not of " << shape[0] << " x " << wanted;
  return success();
}

Type TileType::parse(AsmParser &parser) {
  SMLoc where = parser.getCurrentLocation();
  SmallVector<int64_t> shape;
  Type element;
  int64_t swizzle = 1;
  if (parser.parseLess() ||
      parser.parseDimensionList(shape, /*allowDynamic=*/false) ||
      parser.parseType(element))
    return {};
  if (succeeded(parser.parseOptionalComma()) &&
      (parser.parseKeyword("swizzle") || parser.parseEqual() ||
       parser.parseInteger(swizzle)))
    return {};
  if (parser.parseGreater())
    return {};
  return getChecked([&] { return parser.emitError(where); },
                    parser.getContext(), shape, element, swizzle);
}

void TileType::print(AsmPrinter &printer) const {
  printer << "<";
  printer.printDimensionList(getShape());
  printer << "x" << getElementType();
  if (getSwizzle() != 1)
    printer << ", swizzle = " << getSwizzle();
  printer << ">";
}

LogicalResult TileType::verify(function_ref<InFlightDiagnostic()> emitError,
                               ArrayRef<int64_t> shape, Type element,
                               int64_t swizzle) {
  if (shape.size() != 3)
    return emitError() << "a tile has stages x rows x columns, got "
                       << shape.size() << " dimensions";
  for (int64_t size : shape)
    if (size < 1 || size > kMaxSize)
      return emitError() << "sizes of a tile are from 1 to " << kMaxSize
                         << ", got " << size;
  if (!element.isIntOrFloat() ||
      !llvm::is_contained({8u, 16u, 32u, 64u}, element.getIntOrFloatBitWidth()))
    return emitError() << "elements of a tile are numbers of 1, 2, 4 or 8 "
                          "bytes, got "
                       << element;
  if (!llvm::is_contained({1, 2, 4, 8}, swizzle))
    return emitError() << "swizzle is 1, 2, 4 or 8 rows, got " << swizzle;
  return success();
}

int64_t TileType::getRowBytes() const {
  return llvm::alignTo(getColumns() * getElementBytes(), 16 * getSwizzle());
}
