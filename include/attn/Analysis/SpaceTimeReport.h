//===- SpaceTimeReport.h - Plans as text, JSON and a page -------*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_SPACETIMEREPORT_H
#define ATTN_ANALYSIS_SPACETIMEREPORT_H

#include "attn/Analysis/PlanChoice.h"
#include "mlir/IR/Location.h"
#include "llvm/Support/JSON.h"

namespace mlir::attn {

/// `3 x (2 layers, keep = input, window = 16), block = 4`: segments that repeat
/// are said once.
std::string describePlan(const Plan &plan);

/// `12345`, or `3.21e14` where that is shorter.
std::string formatCount(const Integer &count);
/// `96 B`, `1.50 KiB`, ...
std::string formatBytes(const Integer &bytes);

/// Exact integers as decimal strings: they do not fit in a JSON number.
llvm::json::Object toJson(const Plan &plan);
llvm::json::Object toJson(const SpaceTime &cost);
/// `curve`, `chosen` (an index), `fits`.
llvm::json::Object toJson(const PlanChoice &choice);

llvm::json::Object toJson(const ClosedForms &forms);

/// One line per count: `folds  C(L + 3, 3) - 1 - L = 209`.
void printClosedForms(llvm::raw_ostream &os, const ClosedForms &forms);

/// One row per plan of the curve, the chosen one marked by `*`.
void printTable(llvm::raw_ostream &os, const PlanChoice &choice);

/// A remark about what was chosen for `length` tokens, with the next plans of less
/// work and of less memory.
void remarkChoice(Location loc, const PlanChoice &choice, int64_t length);

/// What the page about one program shows.
struct Report {
  struct Attention {
    std::string location, origin, scores, form, why;
  };
  /// What looks like attention and is none.
  struct Refusal {
    std::string location, reason, help;
  };

  std::string title;
  PlanChoice choice; // Without plans if the program is no stack.
  std::optional<int64_t> budgetBytes;
  SmallVector<Attention> attentions;
  SmallVector<Refusal> refusals;
};

/// A self-contained HTML page, well-formed as XML: the plans as a curve and as
/// a table, the form of each attention, and what was not raised to attention.
/// Long curves are thinned out.
void writeReport(llvm::raw_ostream &os, const Report &report);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_SPACETIMEREPORT_H
