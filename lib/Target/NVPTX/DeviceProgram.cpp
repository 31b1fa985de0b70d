//===- DeviceProgram.cpp - Sizes and a description of a device program ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/NVPTX/DeviceProgram.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Values of sizes
//===----------------------------------------------------------------------===//

/// Nothing if it is not defined or does not fit in 64 bits.
static std::optional<int64_t> evaluate(AffineExpr expr,
                                       ArrayRef<int64_t> sizeValues) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr)) {
    if (symbol.getPosition() >= sizeValues.size())
      return std::nullopt;
    return sizeValues[symbol.getPosition()];
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  std::optional<int64_t> x = evaluate(binary.getLHS(), sizeValues);
  std::optional<int64_t> y = evaluate(binary.getRHS(), sizeValues);
  if (!x || !y)
    return std::nullopt;
  int64_t result;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return llvm::AddOverflow(*x, *y, result) ? std::nullopt
                                             : std::optional(result);
  case AffineExprKind::Mul:
    return llvm::MulOverflow(*x, *y, result) ? std::nullopt
                                             : std::optional(result);
  default:
    break;
  }
  if (*y < 1)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::FloorDiv)
    return llvm::divideFloorSigned(*x, *y);
  if (expr.getKind() == AffineExprKind::CeilDiv)
    return llvm::divideCeilSigned(*x, *y);
  return llvm::mod(*x, *y);
}

llvm::Expected<int64_t>
mlir::attn::evaluateSize(AffineExpr size, const KernelInterface &interface,
                         ArrayRef<int64_t> sizeValues) {
  std::optional<int64_t> value = evaluate(size, sizeValues);
  if (value && *value >= 0)
    return *value;
  SmallVector<std::string> values;
  for (auto [name, value] : llvm::zip(interface.sizes, sizeValues))
    values.push_back(name + " = " + std::to_string(value));
  return llvm::createStringError(
      "the size '" + getSizeText(size, interface) +
      "' is not from 0 to 2^63 - 1 for " +
      (values.empty() ? "these arrays" : llvm::join(values, ", ")) +
      "; use smaller arrays");
}

llvm::Expected<SizedProgram>
mlir::attn::evaluateSizes(const DeviceProgram &program,
                          ArrayRef<int64_t> sizeValues) {
  SizedProgram sized;
  auto evaluate = [&](AffineExpr size) {
    return evaluateSize(size, program.interface, sizeValues);
  };
  for (const DeviceProgram::Buffer &buffer : program.buffers) {
    llvm::Expected<int64_t> bytes = evaluate(buffer.bytes);
    if (!bytes)
      return bytes.takeError();
    sized.bufferBytes.push_back(*bytes);
  }
  for (const DeviceProgram::Launch &launch : program.launches) {
    SizedProgram::Launch &result = sized.launches.emplace_back();
    for (unsigned i = 0; i < 3; ++i) {
      llvm::Expected<int64_t> blocks = evaluate(launch.grid[i]);
      if (!blocks)
        return blocks.takeError();
      if (*blocks > kMaxBlocks[i])
        return llvm::createStringError(
            "the kernel '" + launch.kernel + "' needs " +
            std::to_string(*blocks) + " blocks in dimension " +
            std::to_string(i) + " of its grid, but a GPU has at most " +
            std::to_string(kMaxBlocks[i]) + "; use smaller arrays");
      result.grid[i] = *blocks;
    }
    for (const DeviceProgram::Parameter &parameter : launch.parameters) {
      int64_t &size = result.sizes.emplace_back(0);
      if (parameter.kind != DeviceProgram::Parameter::Size)
        continue;
      llvm::Expected<int64_t> value = evaluate(parameter.size);
      if (!value)
        return value.takeError();
      size = *value;
    }
  }
  return sized;
}

//===----------------------------------------------------------------------===//
// Descriptions
//===----------------------------------------------------------------------===//

/// `nested`: as an operand, with parentheses where it needs them.
static std::string getText(AffineExpr expr, const KernelInterface &interface,
                           bool nested) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    std::string text = std::to_string(constant.getValue());
    return nested && constant.getValue() < 0 ? "(" + text + ")" : text;
  }
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbol.getPosition() < interface.sizes.size()
               ? interface.sizes[symbol.getPosition()]
               : "unknown";
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return "unknown";
  std::string x = getText(binary.getLHS(), interface, /*nested=*/true);
  std::string y = getText(binary.getRHS(), interface, /*nested=*/true);
  // Rounding up is rounding down of the negative.
  if (expr.getKind() == AffineExprKind::CeilDiv)
    return (nested ? "(" : "") + ("-(-" + x + " // " + y + ")") +
           (nested ? ")" : "");
  StringRef op = expr.getKind() == AffineExprKind::Add        ? " + "
                 : expr.getKind() == AffineExprKind::Mul      ? " * "
                 : expr.getKind() == AffineExprKind::FloorDiv ? " // "
                                                              : " % ";
  return (nested ? "(" : "") + x + op.str() + y + (nested ? ")" : "");
}

std::string mlir::attn::getSizeText(AffineExpr size,
                                    const KernelInterface &interface) {
  return getText(size, interface, /*nested=*/false);
}

static llvm::json::Object describe(const DeviceProgram::Parameter &parameter,
                                   const KernelInterface &interface) {
  switch (parameter.kind) {
  case DeviceProgram::Parameter::Argument:
    return llvm::json::Object{
        {"argument", interface.arguments[parameter.index].name}};
  case DeviceProgram::Parameter::Buffer:
    return llvm::json::Object{{"buffer", parameter.index}};
  case DeviceProgram::Parameter::Size:
    return llvm::json::Object{{"size", getSizeText(parameter.size, interface)}};
  }
  return {};
}

llvm::json::Value mlir::attn::describeProgram(const DeviceProgram &program) {
  const KernelInterface &interface = program.interface;
  llvm::json::Array buffers, launches;
  for (const DeviceProgram::Buffer &buffer : program.buffers)
    buffers.push_back(
        llvm::json::Object{{"bytes", getSizeText(buffer.bytes, interface)}});
  for (const DeviceProgram::Launch &launch : program.launches) {
    llvm::json::Array grid, parameters;
    for (AffineExpr blocks : launch.grid)
      grid.push_back(getSizeText(blocks, interface));
    for (const DeviceProgram::Parameter &parameter : launch.parameters)
      parameters.push_back(describe(parameter, interface));
    launches.push_back(
        llvm::json::Object{{"kernel", launch.kernel},
                           {"grid", std::move(grid)},
                           {"block", llvm::json::Array(launch.block)},
                           {"shared_bytes", launch.sharedBytes},
                           {"parameters", std::move(parameters)}});
  }
  return llvm::json::Object{{"name", interface.name},
                            {"target", "nvptx"},
                            {"chip", program.chip},
                            {"arguments", describeArguments(interface)},
                            {"sizes", llvm::json::Array(interface.sizes)},
                            {"buffers", std::move(buffers)},
                            {"launches", std::move(launches)}};
}
