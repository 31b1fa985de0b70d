//===- SpaceTimeText.cpp - Plans as text and JSON ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/SpaceTimeReport.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::attn;

static std::string getDigits(const Integer &value) {
  std::string digits;
  llvm::raw_string_ostream(digits) << value;
  return digits;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static std::string describeSegment(const Segment &segment) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << segment.layers << (segment.layers == 1 ? " layer" : " layers");
  if (segment.keep != KeepKind::None)
    os << ", keep = " << stringifyKeepKind(segment.keep);
  if (segment.window)
    os << ", window = " << segment.window;
  if (segment.prefix)
    os << ", prefix = " << segment.prefix;
  return text;
}

std::string mlir::attn::describePlan(const Plan &plan) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (ArrayRef<Segment> rest = plan.segments; !rest.empty();) {
    ArrayRef<Segment> same = rest.take_while(
        [&](const Segment &segment) { return segment == rest.front(); });
    rest = rest.drop_front(same.size());
    if (same.size() > 1)
      os << same.size() << " x ";
    os << '(' << describeSegment(same.front()) << ')'
       << (rest.empty() ? "" : " + ");
  }
  if (plan.block != 1)
    os << ", block = " << plan.block;
  return text;
}

std::string mlir::attn::formatCount(const Integer &count) {
  std::string digits = getDigits(count);
  if (digits.size() <= 6 || count < 0)
    return digits;
  int64_t leading = 0;
  for (char digit : StringRef(digits).take_front(4))
    leading = 10 * leading + (digit - '0');
  leading = (leading + 5) / 10; // Three digits, rounded.
  size_t exponent = digits.size() - 1;
  if (leading == 1000) {
    leading = 100;
    ++exponent;
  }
  return llvm::formatv("{0}.{1}{2}e{3}", leading / 100, leading / 10 % 10,
                       leading % 10, exponent);
}

std::string mlir::attn::formatBytes(const Integer &bytes) {
  static constexpr StringRef kUnits[] = {"B",   "KiB", "MiB", "GiB",
                                         "TiB", "PiB", "EiB"};
  Integer unit(1);
  size_t i = 0;
  while (i + 1 < std::size(kUnits) && bytes >= unit * 1024) {
    unit *= 1024;
    ++i;
  }
  Integer hundredths = (bytes * 100 + unit / 2) / unit;
  std::string text = getDigits(hundredths / 100);
  int64_t fraction(hundredths % 100);
  if (bytes % unit != 0)
    text += llvm::formatv(".{0}{1}", fraction / 10, fraction % 10);
  return text + " " + kUnits[i].str();
}

void mlir::attn::printTable(llvm::raw_ostream &os, const PlanChoice &choice) {
  size_t width = 4;
  for (const PlannedCost &point : choice.curve)
    width = std::max(width, describePlan(point.plan).size());
  auto printRow = [&](StringRef mark, StringRef plan,
                      ArrayRef<std::string> row) {
    os << mark << ' ' << llvm::left_justify(plan, width);
    for (const std::string &cell : row)
      os << "  " << llvm::right_justify(cell, 12);
    os << '\n';
  };
  printRow(" ", "plan",
           {"peak", "flops", "folds", "evaluations", "disk reads", "state",
            "temporaries", "cache", "disk"});
  for (auto [i, point] : llvm::enumerate(choice.curve)) {
    const SpaceTime &cost = point.cost;
    printRow(i == choice.chosen ? "*" : " ", describePlan(point.plan),
             {formatBytes(cost.getPeakBytes()), formatCount(cost.counts.flops),
              formatCount(cost.counts.folds),
              formatCount(cost.counts.blockEvaluations),
              formatCount(cost.counts.diskReads),
              formatBytes(cost.frames.state),
              formatBytes(cost.frames.temporaries),
              formatBytes(cost.cacheBytes), formatBytes(cost.diskBytes)});
  }
}

/// `96 KiB and 1.20e9 operations: (2 layers, window = 16)`
static std::string describe(const PlannedCost &planned) {
  return formatBytes(planned.cost.getPeakBytes()) + " and " +
         formatCount(planned.cost.counts.flops) +
         " operations: " + describePlan(planned.plan);
}

void mlir::attn::remarkChoice(Location loc, const PlanChoice &choice,
                              int64_t length) {
  InFlightDiagnostic remark = emitRemark(loc, "planned for ")
                              << length << " tokens: "
                              << describe(choice.getChosen());
  if (const PlannedCost *faster = choice.getNextFaster())
    remark.attachNote() << "less work: " << describe(*faster);
  if (const PlannedCost *smaller = choice.getNextSmaller())
    remark.attachNote() << "less memory: " << describe(*smaller);
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

llvm::json::Object mlir::attn::toJson(const Plan &plan) {
  llvm::json::Array segments;
  for (const Segment &segment : plan.segments)
    segments.push_back(
        llvm::json::Object{{"layers", segment.layers},
                           {"keep", stringifyKeepKind(segment.keep)},
                           {"window", segment.window},
                           {"prefix", segment.prefix}});
  return llvm::json::Object{{"segments", std::move(segments)},
                            {"block", plan.block}};
}

llvm::json::Object mlir::attn::toJson(const SpaceTime &cost) {
  return llvm::json::Object{
      {"folds", getDigits(cost.counts.folds)},
      {"block_evaluations", getDigits(cost.counts.blockEvaluations)},
      {"disk_reads", getDigits(cost.counts.diskReads)},
      {"flops", getDigits(cost.counts.flops)},
      {"peak_bytes", getDigits(cost.getPeakBytes())},
      {"state_bytes", getDigits(cost.frames.state)},
      {"temporary_bytes", getDigits(cost.frames.temporaries)},
      {"cache_bytes", getDigits(cost.cacheBytes)},
      {"disk_bytes", getDigits(cost.diskBytes)}};
}

llvm::json::Object mlir::attn::toJson(const PlanChoice &choice) {
  llvm::json::Array curve;
  for (const PlannedCost &point : choice.curve) {
    llvm::json::Object entry = toJson(point.cost);
    entry["plan"] = toJson(point.plan);
    curve.push_back(std::move(entry));
  }
  return llvm::json::Object{{"curve", std::move(curve)},
                            {"chosen", static_cast<int64_t>(choice.chosen)},
                            {"fits", choice.fits}};
}

//===----------------------------------------------------------------------===//
// Closed forms
//===----------------------------------------------------------------------===//

static std::array<std::pair<StringRef, const BinomialSum *>, 3>
getCounts(const ClosedForms &forms) {
  return {{{"folds", &forms.folds},
           {"block_evaluations", &forms.blockEvaluations},
           {"disk_reads", &forms.diskReads}}};
}

llvm::json::Object mlir::attn::toJson(const ClosedForms &forms) {
  llvm::json::Object object{{"unknown", forms.unknown}};
  for (auto [name, count] : getCounts(forms))
    object[name] = count->print(forms.unknown);
  return object;
}

void mlir::attn::printClosedForms(llvm::raw_ostream &os,
                                  const ClosedForms &forms) {
  for (auto [name, count] : getCounts(forms))
    os << "  " << llvm::left_justify(name, 18) << count->print(forms.unknown)
       << " = " << getDigits(count->evaluate(forms.blocks)) << "\n";
  if (forms.unknown != "L")
    os << "  with " << forms.unknown << " = " << forms.blocks << " blocks\n";
}
