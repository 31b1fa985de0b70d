//===- SpaceTimePlot.h - The curve of a report ------------------*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_ANALYSIS_SPACETIMEPLOT_H
#define ATTN_LIB_ANALYSIS_SPACETIMEPLOT_H

#include "attn/Analysis/SpaceTimeReport.h"

namespace mlir::attn {

std::string escapeHtml(StringRef text);

/// Indices into the curve: at most about `most`, evenly spread, with both ends
/// and the chosen one and its neighbours.
SmallVector<size_t> getShownPoints(const PlanChoice &choice, size_t most);

/// The curve as SVG: peak bytes against flops, both on a logarithmic scale.
void writePlot(llvm::raw_ostream &os, const Report &report, size_t mostPoints);

} // namespace mlir::attn

#endif // ATTN_LIB_ANALYSIS_SPACETIMEPLOT_H
