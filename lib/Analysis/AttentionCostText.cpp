//===- AttentionCostText.cpp - Forms of one attention as text and JSON ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/AttentionCost.h"
#include "attn/Analysis/SpaceTimeReport.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::attn;

/// `blocked (queries = 16, keys = 256, block = 64)`
static std::string describeForm(const FormCost &form) {
  std::string text = stringifyFormKind(form.form).str();
  llvm::raw_string_ostream os(text);
  if (form.form == FormKind::Materialized)
    return text;
  os << " (queries = " << form.tiles.queries;
  if (form.form == FormKind::Blocked) {
    os << ", keys = " << form.tiles.keys;
    if (form.tiles.block > form.tiles.queries)
      os << ", block = " << form.tiles.block;
  }
  os << ')';
  return text;
}

/// `4 L^2 + 8 L`, or `C(n+1, 2)` in tiles.
static std::string printForm(const CostFigure &figure) {
  return figure.step == 1 ? figure.form->printPowers("L")
                          : figure.form->print("n");
}

static std::array<std::pair<StringRef, const CostFigure *>, 4>
getFigures(const FormCost &form) {
  return {{{"flops", &form.flops},
           {"key_reads", &form.keyReads},
           {"state_bytes", &form.state},
           {"temporary_bytes", &form.temporaries}}};
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static void printHead(llvm::raw_ostream &os, const AttentionCost &cost) {
  auto describe = [](bool isLength, int64_t size, StringRef one,
                     StringRef many) {
    return (isLength ? "L" : std::to_string(size)) + " " +
           (!isLength && size == 1 ? one : many).str();
  };
  os << "  "
     << describe(cost.isLengthOfQueries, cost.queries, "query", "queries")
     << ", " << describe(cost.isLengthOfKeys, cost.keys, "key", "keys") << ", ";
  if (cost.perHead)
    os << "for each head";
  else
    os << cost.heads << (cost.heads == 1 ? " head" : " heads");
  if (cost.length)
    os << ", L = " << *cost.length;
  os << '\n';
}

static void printForms(llvm::raw_ostream &os, const AttentionCost &cost) {
  size_t width = 4;
  for (const FormCost &form : cost.forms)
    width = std::max(width, describeForm(form).size());
  auto printRow = [&](StringRef mark, StringRef form,
                      ArrayRef<std::string> row) {
    os << mark << ' ' << llvm::left_justify(form, width);
    for (const std::string &cell : row)
      os << "  " << llvm::right_justify(cell, 11);
    os << '\n';
  };
  auto count = [](const CostFigure &figure) {
    return figure.value ? formatCount(*figure.value) : "?";
  };
  auto bytes = [](const CostFigure &figure) {
    return figure.value ? formatBytes(*figure.value) : "?";
  };
  printRow(" ", "form",
           {"peak", "flops", "folds", "key reads", "state", "temporaries",
            "cache", "disk"});
  for (const FormCost &form : cost.forms)
    printRow(form.isChosen ? "*" : " ", describeForm(form),
             {bytes(form.peak), count(form.flops), count(cost.folds),
              count(form.keyReads), bytes(form.state), bytes(form.temporaries),
              formatBytes(Integer(0)), bytes(cost.disk)});
}

static void printClosedForm(llvm::raw_ostream &os, const AttentionCost &cost,
                            StringRef of, StringRef name,
                            const CostFigure &figure) {
  if (!figure.form || figure.form->isConstant())
    return;
  os << "  " << llvm::left_justify(of, 13) << llvm::left_justify(name, 16)
     << printForm(figure);
  // The last tile is not whole, or L is not known.
  bool holds = cost.length && *cost.length % figure.step == 0;
  if (figure.value && holds)
    os << " = " << *figure.value;
  if (figure.step != 1)
    os << ", n = L / " << figure.step;
  if (figure.value && !holds)
    os << "; " << *figure.value;
  os << '\n';
}

void mlir::attn::printCost(llvm::raw_ostream &os, const AttentionCost &cost) {
  printHead(os, cost);
  printForms(os, cost);
  printClosedForm(os, cost, "all", "folds", cost.folds);
  printClosedForm(os, cost, "all", "disk_bytes", cost.disk);
  for (const FormCost &form : cost.forms)
    for (auto [name, figure] : getFigures(form))
      printClosedForm(os, cost, stringifyFormKind(form.form), name, *figure);
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static llvm::json::Value toJson(const std::optional<Integer> &value) {
  if (!value)
    return nullptr;
  std::string digits;
  llvm::raw_string_ostream(digits) << *value;
  return digits;
}

static llvm::json::Value toJson(const CostFigure &figure) {
  llvm::json::Object object{{"value", toJson(figure.value)}};
  if (figure.form && !figure.form->isConstant()) {
    object["closed_form"] = printForm(figure);
    if (figure.step != 1)
      object["tokens_per_n"] = figure.step;
  }
  return object;
}

llvm::json::Object mlir::attn::toJson(const AttentionCost &cost) {
  auto getSize = [](bool isLength, int64_t size) -> llvm::json::Value {
    return isLength ? llvm::json::Value("L") : llvm::json::Value(size);
  };
  llvm::json::Array forms;
  for (const FormCost &form : cost.forms) {
    llvm::json::Object object{{"form", stringifyFormKind(form.form)},
                              {"chosen", form.isChosen},
                              {"peak_bytes", ::toJson(form.peak)},
                              {"row_bytes", form.rowBytes},
                              {"cache_bytes", "0"}};
    if (form.form != FormKind::Materialized)
      object["queries"] = form.tiles.queries;
    if (form.form == FormKind::Blocked) {
      object["keys"] = form.tiles.keys;
      object["block"] = form.tiles.block;
    }
    for (auto [name, figure] : getFigures(form))
      object[name] = ::toJson(*figure);
    forms.push_back(std::move(object));
  }
  llvm::json::Object object{
      {"queries", getSize(cost.isLengthOfQueries, cost.queries)},
      {"keys", getSize(cost.isLengthOfKeys, cost.keys)},
      {"heads", cost.perHead ? llvm::json::Value(nullptr)
                             : ::toJson(std::optional(cost.heads))},
      {"folds", ::toJson(cost.folds)},
      {"disk_bytes", ::toJson(cost.disk)},
      {"forms", std::move(forms)}};
  if (cost.length)
    object["L"] = *cost.length;
  return object;
}
