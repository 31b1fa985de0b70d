//===- SpaceTimePlot.cpp - The curve of a report ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SpaceTimePlot.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

SmallVector<size_t> mlir::attn::getShownPoints(const PlanChoice &choice,
                                               size_t most) {
  size_t step = llvm::divideCeil(choice.curve.size(), most);
  SmallVector<size_t> shown;
  for (size_t i = 0; i < choice.curve.size(); ++i)
    if (i % step == 0 || i + 1 == choice.curve.size() ||
        (i + 1 >= choice.chosen && i <= choice.chosen + 1))
      shown.push_back(i);
  return shown;
}

/// Of what may be far beyond the numbers that a double has.
static double getLog10(const Integer &value) {
  std::string digits;
  llvm::raw_string_ostream(digits) << value;
  if (value <= 0)
    return 0;
  double leading = 0;
  for (char digit : StringRef(digits).take_front(15))
    leading = 10 * leading + (digit - '0');
  size_t dropped = digits.size() - std::min<size_t>(digits.size(), 15);
  return std::log10(leading) + dropped;
}

namespace {
/// A logarithmic axis: whole powers of its base at both ends.
class Axis {
public:
  Axis(double logLeast, double logMost, double logBase, double begin,
       double end)
      : logBase(logBase), begin(begin), end(end),
        // Room for a label beyond the outermost points.
        first(std::floor(logLeast / logBase - 0.4)),
        last(std::ceil(logMost / logBase + 0.4)) {}

  double place(double log) const {
    return begin + (end - begin) * (log / logBase - first) / (last - first);
  }
  /// Exponents of at most nine powers.
  SmallVector<int64_t> getTicks() const {
    int64_t step = std::ceil((last - first) / 8);
    SmallVector<int64_t> ticks;
    for (int64_t power = first; power <= last; power += step)
      ticks.push_back(power);
    return ticks;
  }
  double placePower(int64_t power) const { return place(power * logBase); }

private:
  double logBase, begin, end, first, last;
};
} // namespace

static constexpr double kWidth = 800, kHeight = 420;
static constexpr double kLeft = 70, kRight = 780, kTop = 20, kBottom = 365;

static void writeAxes(llvm::raw_ostream &os, const Axis &x, const Axis &y) {
  for (int64_t power : y.getTicks())
    os << llvm::formatv("<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" "
                        "y1=\"{2:f1}\" y2=\"{2:f1}\"/><text class=\"tick\" "
                        "x=\"{3}\" y=\"{4:f1}\" text-anchor=\"end\">1e{5}"
                        "</text>\n",
                        kLeft, kRight, y.placePower(power), kLeft - 8,
                        y.placePower(power) + 4, power);
  for (int64_t power : x.getTicks()) {
    Integer bytes(1);
    for (int64_t i = 0; i < power; ++i)
      bytes *= 2;
    os << llvm::formatv("<line class=\"grid\" x1=\"{0:f1}\" x2=\"{0:f1}\" "
                        "y1=\"{1}\" y2=\"{2}\"/><text class=\"tick\" "
                        "x=\"{0:f1}\" y=\"{3}\" text-anchor=\"middle\">{4}"
                        "</text>\n",
                        x.placePower(power), kTop, kBottom, kBottom + 18,
                        power < 0 ? "" : formatBytes(bytes));
  }
  os << llvm::formatv("<text x=\"{0}\" y=\"{1}\" text-anchor=\"middle\">bytes "
                      "at the peak</text>\n<text transform=\"translate(16 {2}) "
                      "rotate(-90)\" text-anchor=\"middle\">flops</text>\n",
                      (kLeft + kRight) / 2, kHeight - 12, (kTop + kBottom) / 2);
}

/// Plans beyond the budget are below the chosen one: the top is free.
static void writeBudget(llvm::raw_ostream &os, double x, int64_t bytes) {
  bool isLeft = x < (kLeft + kRight) / 2;
  os << llvm::formatv("<line class=\"budget\" x1=\"{0:f1}\" x2=\"{0:f1}\" "
                      "y1=\"{1}\" y2=\"{2}\"/><text class=\"tick\" "
                      "x=\"{3:f1}\" y=\"{4}\" text-anchor=\"{5}\">budget "
                      "{6}</text>\n",
                      x, kTop, kBottom, isLeft ? x + 6 : x - 6, kTop + 12,
                      isLeft ? "start" : "end", formatBytes(Integer(bytes)));
}

/// No plan needs less in both, and none is shown that needs more in both: the
/// label of a point is above it on the right, or below it on the left.
static void writeLabel(llvm::raw_ostream &os, const Plan &plan, double x,
                       double y) {
  constexpr size_t kMaxCharacters = 44;
  std::string text = describePlan(plan);
  if (text.size() > kMaxCharacters)
    text = text.substr(0, kMaxCharacters - 3) + "...";
  bool isLeft = x < (kLeft + kRight) / 2;
  os << llvm::formatv("<text class=\"label\" x=\"{0:f1}\" y=\"{1:f1}\" "
                      "text-anchor=\"{2}\">{3}</text>\n",
                      isLeft ? x + 10 : x - 10, isLeft ? y - 8 : y + 18,
                      isLeft ? "start" : "end", escapeHtml(text));
}

void mlir::attn::writePlot(llvm::raw_ostream &os, const Report &report,
                           size_t mostPoints) {
  const PlanChoice &choice = report.choice;
  auto getBytes = [](const PlannedCost &point) {
    return getLog10(point.cost.getPeakBytes());
  };
  auto getFlops = [](const PlannedCost &point) {
    return getLog10(point.cost.counts.flops);
  };
  const PlannedCost &smallest = choice.curve.front();
  const PlannedCost &fastest = choice.curve.back();
  Axis x(getBytes(smallest), getBytes(fastest), std::log10(2), kLeft, kRight);
  Axis y(getFlops(fastest), getFlops(smallest), 1, kBottom, kTop);

  os << llvm::formatv("<svg xmlns=\"http://www.w3.org/2000/svg\" "
                      "viewBox=\"0 0 {0} {1}\" role=\"img\" aria-label=\"Bytes "
                      "at the peak against flops\">\n",
                      kWidth, kHeight);
  writeAxes(os, x, y);
  if (report.budgetBytes) {
    double budget = x.place(getLog10(Integer(*report.budgetBytes)));
    if (budget >= kLeft && budget <= kRight)
      writeBudget(os, budget, *report.budgetBytes);
  }
  // More memory than a plan needs is of no use before the next plan fits.
  SmallVector<size_t> shown = getShownPoints(choice, mostPoints);
  os << "<path class=\"curve\" d=\"";
  for (size_t i : shown) {
    const PlannedCost &point = choice.curve[i];
    os << llvm::formatv(i == 0 ? "M{0:f1} {1:f1}" : "H{0:f1}V{1:f1}",
                        x.place(getBytes(point)), y.place(getFlops(point)));
  }
  os << "\"/>\n";
  for (size_t i : shown) {
    const PlannedCost &point = choice.curve[i];
    bool isChosen = i == choice.chosen;
    os << llvm::formatv("<circle class=\"{0}\" cx=\"{1:f1}\" cy=\"{2:f1}\" "
                        "r=\"{3}\"><title>{4}: {5}, {6} flops</title>"
                        "</circle>\n",
                        isChosen ? "chosen" : "point", x.place(getBytes(point)),
                        y.place(getFlops(point)), isChosen ? 6 : 3,
                        escapeHtml(describePlan(point.plan)),
                        formatBytes(point.cost.getPeakBytes()),
                        formatCount(point.cost.counts.flops));
  }
  const PlannedCost &chosen = choice.getChosen();
  writeLabel(os, chosen.plan, x.place(getBytes(chosen)),
             y.place(getFlops(chosen)));
  os << "</svg>\n";
}
