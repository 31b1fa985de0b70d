//===- SpaceTimeReport.cpp - A page about the plans of a program ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/SpaceTimeReport.h"
#include "SpaceTimePlot.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// More rows than anybody reads, and the page stays far below 1 MB.
static constexpr size_t kMaxRows = 400;

static constexpr StringRef kStyle = R"css(
:root { color-scheme: light dark; --ink: #1c2024; --soft: #667080;
  --line: #d5dae0; --paper: #ffffff; --mark: #c2410c; --curve: #1d4ed8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --soft: #98a2b0;
  --line: #3a424c; --paper: #14171a; --mark: #fb923c; --curve: #7aa2f7; } }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: var(--ink);
  background: var(--paper); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
svg { width: 100%; max-width: 60rem; height: auto; display: block;
  overflow: visible; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg .tick { fill: var(--soft); } svg .grid { stroke: var(--line); }
svg .curve { fill: none; stroke: var(--curve); stroke-width: 1.5; }
svg .point { fill: var(--curve); } svg .chosen { fill: var(--mark); }
svg .label { fill: var(--mark); font-weight: 600; }
svg .budget { stroke: var(--mark); stroke-dasharray: 4 4; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.85rem; white-space: nowrap; }
th, td { padding: 0.25rem 0.75rem; text-align: right;
  border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
tr.chosen td { color: var(--mark); font-weight: 600; }
.why td { text-align: left; white-space: normal; }
.why th { text-align: left; }
)css";

std::string mlir::attn::escapeHtml(StringRef text) {
  std::string escaped;
  llvm::raw_string_ostream os(escaped);
  std::string printable = text.str();
  // Control characters are not XML.
  for (char &c : printable)
    if (static_cast<unsigned char>(c) < ' ')
      c = ' ';
  llvm::printHTMLEscaped(printable, os);
  return escaped;
}

static void writeSummary(llvm::raw_ostream &os, const Report &report) {
  const PlannedCost &chosen = report.choice.getChosen();
  auto describe = [](const PlannedCost &point) {
    return escapeHtml(describePlan(point.plan)) + " takes " +
           formatBytes(point.cost.getPeakBytes()) + " and " +
           formatCount(point.cost.counts.flops) + " flops";
  };
  os << "<p>Chosen: <strong>" << escapeHtml(describePlan(chosen.plan))
     << "</strong>, " << formatBytes(chosen.cost.getPeakBytes())
     << " at the peak, " << formatCount(chosen.cost.counts.flops) << " flops";
  if (report.budgetBytes)
    os << (report.choice.fits ? ", within the budget of "
                              : ", the smallest plan there is: it exceeds the "
                                "budget of ")
       << formatBytes(Integer(*report.budgetBytes));
  os << ".</p>\n<ul>\n";
  if (const PlannedCost *smaller = report.choice.getNextSmaller())
    os << "<li>With less memory: " << describe(*smaller) << ".</li>\n";
  if (const PlannedCost *faster = report.choice.getNextFaster())
    os << "<li>With less work: " << describe(*faster) << ".</li>\n";
  os << "<li>The inputs take " << formatBytes(chosen.cost.diskBytes)
     << " in any case.</li>\n</ul>\n";
}

static void writeTable(llvm::raw_ostream &os, const PlanChoice &choice) {
  os << "<h2>Plans</h2>\n<div class=\"wide\"><table>\n<tr>";
  for (StringRef head : {"plan", "peak", "flops", "folds", "block evaluations",
                         "disk reads", "state", "temporaries", "caches"})
    os << "<th>" << head << "</th>";
  os << "</tr>\n";
  for (size_t i : getShownPoints(choice, kMaxRows)) {
    const PlannedCost &point = choice.curve[i];
    const Counts &counts = point.cost.counts;
    os << (i == choice.chosen ? "<tr class=\"chosen\">" : "<tr>");
    for (const std::string &cell :
         {escapeHtml(describePlan(point.plan)),
          formatBytes(point.cost.getPeakBytes()), formatCount(counts.flops),
          formatCount(counts.folds), formatCount(counts.blockEvaluations),
          formatCount(counts.diskReads), formatBytes(point.cost.frames.state),
          formatBytes(point.cost.frames.temporaries),
          formatBytes(point.cost.cacheBytes)})
      os << "<td>" << cell << "</td>";
    os << "</tr>\n";
  }
  os << "</table></div>\n";
}

/// A table of texts, or nothing if it has no rows.
static void writeTexts(llvm::raw_ostream &os, StringRef title,
                       ArrayRef<StringRef> heads,
                       ArrayRef<SmallVector<std::string>> rows) {
  if (rows.empty())
    return;
  os << "<h2>" << title << "</h2>\n<div class=\"wide\"><table class=\"why\">\n<tr>";
  for (StringRef head : heads)
    os << "<th>" << head << "</th>";
  os << "</tr>\n";
  for (ArrayRef<std::string> row : rows) {
    os << "<tr>";
    for (const std::string &cell : row)
      os << "<td>" << escapeHtml(cell) << "</td>";
    os << "</tr>\n";
  }
  os << "</table></div>\n";
}

static void writeAttentions(llvm::raw_ostream &os, const Report &report) {
  SmallVector<SmallVector<std::string>> rows;
  for (const Report::Attention &x : report.attentions)
    rows.push_back({x.location, x.origin, x.scores, x.form, x.why});
  writeTexts(os, "Each attention: its form and why",
             {"where", "written as", "scores", "form", "why"}, rows);
  rows.clear();
  for (const Report::Refusal &x : report.refusals)
    rows.push_back({x.location, x.reason, x.help});
  writeTexts(os, "What looks like attention and was not raised",
             {"where", "because", "what would help"}, rows);
}

void mlir::attn::writeReport(llvm::raw_ostream &os, const Report &report) {
  std::string title = escapeHtml(report.title);
  os << "<!DOCTYPE html>\n"
        "<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
        "<meta charset=\"utf-8\"/>\n"
        "<meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\"/>\n<title>"
     << title << "</title>\n<style>" << kStyle << "</style>\n</head>\n<body>\n"
     << "<h1>" << title << "</h1>\n";
  if (!report.choice.curve.empty()) {
    writeSummary(os, report);
    os << "<h2>Memory against work</h2>\n";
    writePlot(os, report, kMaxRows);
    writeTable(os, report.choice);
  }
  writeAttentions(os, report);
  os << "</body>\n</html>\n";
}
