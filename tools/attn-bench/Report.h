//===- Report.h - The table and its JSON -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_BENCH_REPORT_H
#define ATTN_TOOLS_ATTN_BENCH_REPORT_H

#include "Measure.h"
#include "Shape.h"

namespace mlir::attn {

/// One program on one workload.
struct Row {
  std::string workload; // As in the first column.
  llvm::json::Object fields; // More about the workload.
  std::string type;          // Of elements.
  std::string program;
  bool isPeer = false;
  unsigned threads = 1;
  double flops = 0, bytes = 0; // Credited; 0 bytes: not known.
  Limit limit = Limit::MultiplyAdds32;
  Measurement measurement;
  /// The share that a peer's matrix products reach without the rest of it.
  std::optional<double> gemmShare;
};

/// Below this its matrix library, not the peer, is what would be measured.
constexpr double kLeastGemmShare = 0.8;

/// Writes rows to stdout as they come, as a Markdown table, and keeps them.
class Report {
public:
  /// `peers`: what they are over; empty: none. `threads`: of rows that say so.
  Report(unsigned repetitions, unsigned threads, std::string peers);

  void add(Row row);
  /// The file appears whole or not at all.
  llvm::Error writeJson(StringRef path) const;
  bool isEmpty() const { return rows.empty(); }

private:
  void printHeader() const;

  unsigned repetitions, threads;
  std::string machine, peers;
  std::vector<Row> rows;
};

} // namespace mlir::attn

#endif // ATTN_TOOLS_ATTN_BENCH_REPORT_H
