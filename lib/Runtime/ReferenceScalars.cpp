//===- ReferenceScalars.cpp - arith and math on numbers ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

//===----------------------------------------------------------------------===//
// Integers of some width
//===----------------------------------------------------------------------===//

int64_t reference::wrapToWidth(uint64_t value, unsigned width) {
  if (width >= 64)
    return value;
  if (width == 1) // A truth value, not -1.
    return value & 1;
  return llvm::SignExtend64(value, width);
}

static int64_t asSigned(Number value, unsigned width) {
  return width == 1 ? -value.i : value.i;
}

static uint64_t asUnsigned(Number value, unsigned width) {
  return static_cast<uint64_t>(value.i) &
         (width >= 64 ? ~uint64_t(0) : (uint64_t(1) << width) - 1);
}

static unsigned getWidth(Type type) {
  return type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
}

ScalarInfo::ScalarInfo(Operation *op) {
  operandType = getElementTypeOrSelf(op->getOperand(0).getType());
  resultType = getElementTypeOrSelf(op->getResult(0).getType());
  operandWidth = getWidth(operandType);
  resultWidth = getWidth(resultType);
  if (auto compare = dyn_cast<arith::CmpFOp>(op))
    predicate = static_cast<int64_t>(compare.getPredicate());
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    predicate = static_cast<int64_t>(compare.getPredicate());
}

//===----------------------------------------------------------------------===//
// The table of kernels
//===----------------------------------------------------------------------===//

namespace {
class ScalarTable {
public:
  ScalarTable();
  const ScalarOp *lookup(StringRef name) const {
    auto it = kernels.find(name);
    return it == kernels.end() ? nullptr : &it->second;
  }

private:
  using Undefined = const char *(*)(const Number *, const ScalarInfo &);

  void add(StringRef name, Kernel kernel, Undefined undefined = nullptr) {
    kernels[name] = {std::move(kernel), undefined};
  }
  /// double -> double
  template <typename F>
  void unary(StringRef name, F f) {
    add(name, [f](const Number *x, const ScalarInfo &) {
      return Number(static_cast<double>(f(x[0].f)));
    });
  }
  /// (double, double) -> double
  template <typename F>
  void binary(StringRef name, F f) {
    add(name, [f](const Number *x, const ScalarInfo &) {
      return Number(static_cast<double>(f(x[0].f, x[1].f)));
    });
  }
  /// double -> bool
  template <typename F>
  void test(StringRef name, F f) {
    add(name, [f](const Number *x, const ScalarInfo &) {
      return Number(static_cast<bool>(f(x[0].f)));
    });
  }
  /// (int64, int64) -> int64, wrapped to the width of the type.
  template <typename F>
  void signedBinary(StringRef name, F f, Undefined undefined = nullptr) {
    add(name,
        [f](const Number *x, const ScalarInfo &info) {
          unsigned width = info.operandWidth;
          return Number(wrapToWidth(
              f(asSigned(x[0], width), asSigned(x[1], width)), width));
        },
        undefined);
  }
  /// (uint64, uint64) -> uint64, wrapped to the width of the type.
  template <typename F>
  void unsignedBinary(StringRef name, F f, Undefined undefined = nullptr) {
    add(name,
        [f](const Number *x, const ScalarInfo &info) {
          unsigned width = info.operandWidth;
          return Number(wrapToWidth(
              f(asUnsigned(x[0], width), asUnsigned(x[1], width)), width));
        },
        undefined);
  }

  void addFloatArithmetic();
  void addIntegerArithmetic();
  void addConversions();
  void addMath();

  llvm::StringMap<ScalarOp> kernels;
};
} // namespace

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

/// NaN if either is, and -0 < +0 (arith.maximumf, arith.minimumf).
static double maximum(double a, double b) {
  if (std::isnan(a) || std::isnan(b))
    return std::numeric_limits<double>::quiet_NaN();
  if (a == b)
    return std::signbit(a) ? b : a;
  return a > b ? a : b;
}
static double minimum(double a, double b) { return -maximum(-a, -b); }

static bool compareFloats(arith::CmpFPredicate predicate, double a, double b) {
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case arith::CmpFPredicate::AlwaysFalse:
    return false;
  case arith::CmpFPredicate::OEQ:
    return a == b;
  case arith::CmpFPredicate::OGT:
    return a > b;
  case arith::CmpFPredicate::OGE:
    return a >= b;
  case arith::CmpFPredicate::OLT:
    return a < b;
  case arith::CmpFPredicate::OLE:
    return a <= b;
  case arith::CmpFPredicate::ONE:
    return !unordered && a != b;
  case arith::CmpFPredicate::ORD:
    return !unordered;
  case arith::CmpFPredicate::UEQ:
    return unordered || a == b;
  case arith::CmpFPredicate::UGT:
    return unordered || a > b;
  case arith::CmpFPredicate::UGE:
    return unordered || a >= b;
  case arith::CmpFPredicate::ULT:
    return unordered || a < b;
  case arith::CmpFPredicate::ULE:
    return unordered || a <= b;
  case arith::CmpFPredicate::UNE:
    return unordered || a != b;
  case arith::CmpFPredicate::UNO:
    return unordered;
  case arith::CmpFPredicate::AlwaysTrue:
    return true;
  }
  llvm_unreachable("unknown predicate");
}

void ScalarTable::addFloatArithmetic() {
  binary("arith.addf", [](double a, double b) { return a + b; });
  binary("arith.subf", [](double a, double b) { return a - b; });
  binary("arith.mulf", [](double a, double b) { return a * b; });
  binary("arith.divf", [](double a, double b) { return a / b; });
  binary("arith.remf", [](double a, double b) { return std::fmod(a, b); });
  binary("arith.maximumf", maximum);
  binary("arith.minimumf", minimum);
  binary("arith.maxnumf", [](double a, double b) { return std::fmax(a, b); });
  binary("arith.minnumf", [](double a, double b) { return std::fmin(a, b); });
  unary("arith.negf", [](double a) { return -a; });
  add("arith.cmpf", [](const Number *x, const ScalarInfo &info) {
    auto predicate = static_cast<arith::CmpFPredicate>(info.predicate);
    return Number(compareFloats(predicate, x[0].f, x[1].f));
  });
}

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

static bool compareInts(arith::CmpIPredicate predicate, Number a, Number b,
                        unsigned width) {
  int64_t sa = asSigned(a, width), sb = asSigned(b, width);
  uint64_t ua = asUnsigned(a, width), ub = asUnsigned(b, width);
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return ua == ub;
  case arith::CmpIPredicate::ne:
    return ua != ub;
  case arith::CmpIPredicate::slt:
    return sa < sb;
  case arith::CmpIPredicate::sle:
    return sa <= sb;
  case arith::CmpIPredicate::sgt:
    return sa > sb;
  case arith::CmpIPredicate::sge:
    return sa >= sb;
  case arith::CmpIPredicate::ult:
    return ua < ub;
  case arith::CmpIPredicate::ule:
    return ua <= ub;
  case arith::CmpIPredicate::ugt:
    return ua > ub;
  case arith::CmpIPredicate::uge:
    return ua >= ub;
  }
  llvm_unreachable("unknown predicate");
}

static const char *getUndefinedUnsignedDivision(const Number *x,
                                                const ScalarInfo &) {
  return x[1].i == 0 ? "divides by zero" : nullptr;
}

static const char *getUndefinedSignedDivision(const Number *x,
                                              const ScalarInfo &info) {
  unsigned width = info.operandWidth;
  if (x[1].i == 0)
    return "divides by zero";
  if (asSigned(x[1], width) == -1 &&
      asSigned(x[0], width) == std::numeric_limits<int64_t>::min() >>
          (64 - width))
    return "overflows: it divides the smallest integer by -1";
  return nullptr;
}

void ScalarTable::addIntegerArithmetic() {
  unsignedBinary("arith.addi", [](uint64_t a, uint64_t b) { return a + b; });
  unsignedBinary("arith.subi", [](uint64_t a, uint64_t b) { return a - b; });
  unsignedBinary("arith.muli", [](uint64_t a, uint64_t b) { return a * b; });
  unsignedBinary("arith.andi", [](uint64_t a, uint64_t b) { return a & b; });
  unsignedBinary("arith.ori", [](uint64_t a, uint64_t b) { return a | b; });
  unsignedBinary("arith.xori", [](uint64_t a, uint64_t b) { return a ^ b; });
  unsignedBinary("arith.maxui",
                 [](uint64_t a, uint64_t b) { return std::max(a, b); });
  unsignedBinary("arith.minui",
                 [](uint64_t a, uint64_t b) { return std::min(a, b); });
  signedBinary("arith.maxsi",
               [](int64_t a, int64_t b) { return std::max(a, b); });
  signedBinary("arith.minsi",
               [](int64_t a, int64_t b) { return std::min(a, b); });

  // Shifts by the width and more are poison, which may be computed and not used.
  unsignedBinary("arith.shli", [](uint64_t a, uint64_t b) {
    return b < 64 ? a << b : 0;
  });
  unsignedBinary("arith.shrui", [](uint64_t a, uint64_t b) {
    return b < 64 ? a >> b : 0;
  });
  signedBinary("arith.shrsi", [](int64_t a, int64_t b) {
    return a >> std::min<uint64_t>(b, 63);
  });

  signedBinary("arith.divsi", [](int64_t a, int64_t b) { return a / b; },
               getUndefinedSignedDivision);
  signedBinary("arith.remsi", [](int64_t a, int64_t b) { return a % b; },
               getUndefinedSignedDivision);
  signedBinary("arith.floordivsi",
               [](int64_t a, int64_t b) {
                 return a / b - (a % b != 0 && (a < 0) != (b < 0));
               },
               getUndefinedSignedDivision);
  signedBinary("arith.ceildivsi",
               [](int64_t a, int64_t b) {
                 return a / b + (a % b != 0 && (a < 0) == (b < 0));
               },
               getUndefinedSignedDivision);
  unsignedBinary("arith.divui", [](uint64_t a, uint64_t b) { return a / b; },
                 getUndefinedUnsignedDivision);
  unsignedBinary("arith.remui", [](uint64_t a, uint64_t b) { return a % b; },
                 getUndefinedUnsignedDivision);
  unsignedBinary("arith.ceildivui",
                 [](uint64_t a, uint64_t b) { return a / b + (a % b != 0); },
                 getUndefinedUnsignedDivision);

  add("arith.cmpi", [](const Number *x, const ScalarInfo &info) {
    auto predicate = static_cast<arith::CmpIPredicate>(info.predicate);
    return Number(compareInts(predicate, x[0], x[1], info.operandWidth));
  });
  add("arith.select", [](const Number *x, const ScalarInfo &) {
    return x[0].i ? x[1] : x[2];
  });
}

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

/// Out of range is poison, which may be computed and not used: saturate.
static int64_t toSigned(double value) {
  if (std::isnan(value))
    return 0;
  if (value >= 0x1p63)
    return std::numeric_limits<int64_t>::max();
  if (value < -0x1p63)
    return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}
static uint64_t toUnsigned(double value) {
  if (!(value > 0.0))
    return 0;
  if (value >= 0x1p64)
    return std::numeric_limits<uint64_t>::max();
  return static_cast<uint64_t>(value);
}

/// Bits of a float are those of its type: the double is rounded to it first,
/// which preserves the sign of zeros and of what underflows.
static Number bitcast(const Number *x, const ScalarInfo &info) {
  auto from = dyn_cast<FloatType>(info.operandType);
  auto to = dyn_cast<FloatType>(info.resultType);
  uint64_t bits = from ? encodeFloat(from, x[0].f)
                       : asUnsigned(x[0], info.operandWidth);
  return to ? Number(decodeFloat(to, bits))
            : Number(wrapToWidth(bits, info.resultWidth));
}

void ScalarTable::addConversions() {
  auto signExtend = [](const Number *x, const ScalarInfo &info) {
    return Number(
        wrapToWidth(asSigned(x[0], info.operandWidth), info.resultWidth));
  };
  auto zeroExtend = [](const Number *x, const ScalarInfo &info) {
    return Number(
        wrapToWidth(asUnsigned(x[0], info.operandWidth), info.resultWidth));
  };
  add("arith.extsi", signExtend);
  add("arith.trunci", signExtend);
  add("arith.index_cast", signExtend);
  add("arith.extui", zeroExtend);
  add("arith.index_castui", zeroExtend);
  unary("arith.extf", [](double x) { return x; });
  unary("arith.truncf", [](double x) { return x; });
  add("arith.sitofp", [](const Number *x, const ScalarInfo &info) {
    return Number(static_cast<double>(asSigned(x[0], info.operandWidth)));
  });
  add("arith.uitofp", [](const Number *x, const ScalarInfo &info) {
    return Number(static_cast<double>(asUnsigned(x[0], info.operandWidth)));
  });
  add("arith.fptosi", [](const Number *x, const ScalarInfo &info) {
    return Number(wrapToWidth(toSigned(x[0].f), info.resultWidth));
  });
  add("arith.fptoui", [](const Number *x, const ScalarInfo &info) {
    return Number(wrapToWidth(toUnsigned(x[0].f), info.resultWidth));
  });
  add("arith.bitcast", bitcast);
}

//===----------------------------------------------------------------------===//
// math
//===----------------------------------------------------------------------===//

void ScalarTable::addMath() {
  unary("math.absf", [](double x) { return std::fabs(x); });
  unary("math.acos", [](double x) { return std::acos(x); });
  unary("math.acosh", [](double x) { return std::acosh(x); });
  unary("math.asin", [](double x) { return std::asin(x); });
  unary("math.asinh", [](double x) { return std::asinh(x); });
  unary("math.atan", [](double x) { return std::atan(x); });
  unary("math.atanh", [](double x) { return std::atanh(x); });
  unary("math.cbrt", [](double x) { return std::cbrt(x); });
  unary("math.ceil", [](double x) { return std::ceil(x); });
  unary("math.cos", [](double x) { return std::cos(x); });
  unary("math.cosh", [](double x) { return std::cosh(x); });
  unary("math.erf", [](double x) { return std::erf(x); });
  unary("math.erfc", [](double x) { return std::erfc(x); });
  unary("math.exp", [](double x) { return std::exp(x); });
  unary("math.exp2", [](double x) { return std::exp2(x); });
  unary("math.expm1", [](double x) { return std::expm1(x); });
  unary("math.floor", [](double x) { return std::floor(x); });
  unary("math.log", [](double x) { return std::log(x); });
  unary("math.log10", [](double x) { return std::log10(x); });
  unary("math.log1p", [](double x) { return std::log1p(x); });
  unary("math.log2", [](double x) { return std::log2(x); });
  unary("math.round", [](double x) { return std::round(x); });
  unary("math.roundeven", [](double x) { return std::nearbyint(x); });
  unary("math.rsqrt", [](double x) { return 1.0 / std::sqrt(x); });
  unary("math.sin", [](double x) { return std::sin(x); });
  unary("math.sinh", [](double x) { return std::sinh(x); });
  unary("math.sqrt", [](double x) { return std::sqrt(x); });
  unary("math.tan", [](double x) { return std::tan(x); });
  unary("math.tanh", [](double x) { return std::tanh(x); });
  unary("math.trunc", [](double x) { return std::trunc(x); });
  binary("math.atan2", [](double x, double y) { return std::atan2(x, y); });
  binary("math.copysign",
         [](double x, double y) { return std::copysign(x, y); });
  binary("math.powf", [](double x, double y) { return std::pow(x, y); });
  test("math.isfinite", [](double x) { return std::isfinite(x); });
  test("math.isinf", [](double x) { return std::isinf(x); });
  test("math.isnan", [](double x) { return std::isnan(x); });
  add("math.fma", [](const Number *x, const ScalarInfo &) {
    return Number(std::fma(x[0].f, x[1].f, x[2].f));
  });
  add("math.fpowi", [](const Number *x, const ScalarInfo &) {
    return Number(std::pow(x[0].f, static_cast<double>(x[1].i)));
  });
  add("math.absi", [](const Number *x, const ScalarInfo &info) {
    uint64_t magnitude = x[0].i < 0 ? 0 - static_cast<uint64_t>(x[0].i)
                                    : static_cast<uint64_t>(x[0].i);
    return Number(wrapToWidth(magnitude, info.resultWidth));
  });
}

ScalarTable::ScalarTable() {
  addFloatArithmetic();
  addIntegerArithmetic();
  addConversions();
  addMath();
}

const ScalarOp *reference::lookupScalarOp(OperationName name) {
  static const ScalarTable table;
  return table.lookup(name.getStringRef());
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

LogicalResult reference::evaluateElementwise(Interpreter &interpreter,
                                             Operation *op,
                                             const ScalarOp &scalarOp) {
  ScalarInfo info(op);
  Values operands = interpreter.getAll(op->getOperands());
  ReferenceValue result = ReferenceValue::scalar(info.resultType, Number());
  if (isa<RankedTensorType>(op->getResult(0).getType())) {
    const ReferenceValue *shaped = nullptr;
    for (const ReferenceValue &operand : operands) {
      if (!operand.isTensor()) // The condition of a select.
        continue;
      if (shaped && shaped->getShape() != operand.getShape())
        return op->emitOpError("has operands of different shapes");
      shaped = &operand;
    }
    FailureOr<ReferenceValue> tensor =
        interpreter.createTensor(op, info.resultType, shaped->getShape());
    if (failed(tensor))
      return failure();
    result = std::move(*tensor);
  }

  SmallVector<Number> arguments(operands.size());
  Number *data = result.mutableData();
  for (int64_t i = 0, e = result.getNumElements(); i < e; ++i) {
    for (auto [argument, operand] : llvm::zip_equal(arguments, operands))
      argument = operand[operand.isTensor() ? i : 0];
    if (scalarOp.getUndefined)
      if (const char *reason =
              scalarOp.getUndefined(arguments.data(), info))
        return op->emitOpError() << reason;
    data[i] = scalarOp.kernel(arguments.data(), info);
  }
  interpreter.set(op->getResult(0), std::move(result));
  return success();
}

static Number getNumber(const APInt &value) {
  return Number(wrapToWidth(value.getZExtValue(), value.getBitWidth()));
}

static Number getNumber(APFloat value) {
  bool losesInfo;
  value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                &losesInfo);
  return Number(value.convertToDouble());
}

static LogicalResult evaluateConstant(Interpreter &interpreter,
                                      arith::ConstantOp op) {
  if (auto value = dyn_cast<FloatAttr>(op.getValue())) {
    interpreter.set(op, ReferenceValue::scalar(op.getType(),
                                               getNumber(value.getValue())));
    return success();
  }
  if (auto value = dyn_cast<IntegerAttr>(op.getValue())) {
    interpreter.set(op, ReferenceValue::scalar(op.getType(),
                                               getNumber(value.getValue())));
    return success();
  }
  auto dense = dyn_cast<DenseElementsAttr>(op.getValue());
  if (!dense)
    return op.emitOpError("has a value that the reference evaluation does not "
                          "know; it knows numbers and dense<...>");
  FailureOr<ReferenceValue> tensor = interpreter.createTensor(
      op, dense.getElementType(), dense.getType().getShape());
  if (failed(tensor))
    return failure();
  Number *data = tensor->mutableData();
  if (isa<FloatType>(dense.getElementType()))
    for (const APFloat &value : dense.getValues<APFloat>())
      *data++ = getNumber(value);
  else
    for (const APInt &value : dense.getValues<APInt>())
      *data++ = getNumber(value);
  interpreter.set(op, std::move(*tensor));
  return success();
}

void reference::addScalarHandlers(HandlerTable &table) {
  table.add<arith::ConstantOp>(evaluateConstant);
}
