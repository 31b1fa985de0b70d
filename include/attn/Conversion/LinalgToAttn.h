//===- LinalgToAttn.h - What raising found, and what not -*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CONVERSION_LINALGTOATTN_H
#define ATTN_CONVERSION_LINALGTOATTN_H

#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "mlir/IR/Location.h"
#include "mlir/Pass/Pass.h"
#include "llvm/Support/JSON.h"

namespace mlir::attn {

/// The attention in a module that was spelled out.
struct RaisingReport {
  struct Found {
    std::string function;
    Location location; // Of the operation that had the result.
    std::string type;  // Of the result.
    std::string mask;  // The mask attribute; empty for none.
    bool hasMaskTensor = false, hasScoreRegion = false;
    bool makesEmptyRowsNaN = false; // With a pass over the result.
    std::string scores; // The same in words.
  };
  struct Refused {
    std::string function;
    Location location; // Of the operation that shows that it is none.
    std::string reason, help;
  };
  SmallVector<Found, 0> found;
  SmallVector<Refused, 0> refused;
};

/// What happens to scores: `mask #attn.causal, a mask tensor, a score region`,
/// or `no mask`.
std::string describeScores(AttentionOp op);

/// What it costs that a query that sees no key gives NaN, and how to be rid of
/// it; empty where it costs nothing.
StringRef describeEmptyRows(const RaisingReport::Found &found);

/// `file:line:column`, or what else is known of a place.
std::string describeLocation(Location location);

/// One line for each attention, found or refused.
void print(llvm::raw_ostream &os, const RaisingReport &report);
/// `found` and `refused`, arrays of objects.
llvm::json::Object toJson(const RaisingReport &report);

/// linalg-to-attn that says in `report`, which must live longer, what it did.
std::unique_ptr<Pass> createLinalgToAttn(RaisingReport &report,
                                         const LinalgToAttnOptions &options);

} // namespace mlir::attn

#endif // ATTN_CONVERSION_LINALGTOATTN_H
