//===- Report.cpp - The table and its JSON ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;
using namespace mlir::attn;

/// What of a machine decides its numbers, and no name of it.
static std::string describeMachine() {
  std::string text =
      llvm::Triple(llvm::sys::getProcessTriple()).getArchName().str();
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  for (StringRef name : {"sve", "neon", "avx2", "avx512f", "avx512bf16", "fma"})
    if (features.lookup(name))
      text += " " + name.str();
  if (auto machine = getMachine("native"))
    text += ", " + std::to_string(machine->vectorBits) + "-bit vectors";
  else
    llvm::consumeError(machine.takeError());
  return text;
}

static constexpr const char *kColumns =
    "| {0,-30} | {1,-4} | {2,-26} | {3,10} | {4,10} | {5,13} | {6,17} | {7,6} | "
    "{8,6} | {9,10} |\n";

Report::Report(unsigned repetitions, unsigned threads, std::string peers)
    : repetitions(repetitions), threads(threads), machine(describeMachine()),
      peers(std::move(peers)) {}

void Report::printHeader() const {
  llvm::outs() << "One thread on one CPU (" << machine
               << "), thread CPU time, best and median of " << repetitions
               << ".\n";
  if (threads > 1)
    llvm::outs() << "On " << threads
                 << " threads: wall-clock time, and the limit that as many reach "
                    "together.\n";
  if (!peers.empty())
    llvm::outs() << "Peers: " << peers << ".\n";
  llvm::outs() << "\n"
               << llvm::formatv(kColumns, "workload", "type", "program",
                                "best", "median", "rate", "limit", "share",
                                "median", "gemm alone");
  llvm::outs() << llvm::formatv(kColumns, "---", "---", "---", "--:", "--:",
                                "--:", "--:", "--:", "--:", "--:");
}

static std::string formatSeconds(double seconds) {
  return llvm::formatv("{0:f3} ms", seconds * 1e3);
}

static std::string formatShare(double share) {
  return llvm::formatv("{0:f0} %", share * 100);
}

void Report::add(Row row) {
  if (rows.empty())
    printHeader();
  const Measurement &m = row.measurement;
  bool isReads = row.limit == Limit::Reads;
  StringRef unit = isReads ? "GB/s" : "GFLOP/s";
  double work = isReads ? row.bytes : row.flops;
  std::string gemm;
  if (row.gemmShare)
    gemm = formatShare(*row.gemmShare) +
           (*row.gemmShare < kLeastGemmShare ? " (!)" : "");
  llvm::outs() << llvm::formatv(
      kColumns, row.workload, row.type, row.program,
      formatSeconds(m.bestSeconds), formatSeconds(m.medianSeconds),
      llvm::formatv("{0:f1} {1}", work / m.bestSeconds * 1e-9, unit).str(),
      llvm::formatv("{0} {1:f1} {2}", isReads ? "reads" : "FMA",
                    m.bestLimit * 1e-9, unit)
          .str(),
      formatShare(m.bestShare), formatShare(m.medianShare), gemm);
  llvm::outs().flush();
  rows.push_back(std::move(row));
}

llvm::Error Report::writeJson(StringRef path) const {
  llvm::json::Array list;
  for (const Row &row : rows) {
    llvm::json::Object object = row.fields;
    const Measurement &m = row.measurement;
    object["workload"] = row.workload;
    object["type"] = row.type;
    object["program"] = row.program;
    object["peer"] = row.isPeer;
    object["threads"] = int64_t(row.threads);
    object["flops"] = row.flops;
    object["bytes"] = row.bytes;
    object["best_s"] = m.bestSeconds;
    object["median_s"] = m.medianSeconds;
    object["limit"] = row.limit == Limit::Reads ? "reads" : "fma";
    object["limit_per_s"] = m.bestLimit;
    object["share"] = m.bestShare;
    object["median_share"] = m.medianShare;
    if (row.gemmShare) {
      object["gemm_share"] = *row.gemmShare;
      object["counts"] = *row.gemmShare >= kLeastGemmShare;
    }
    list.push_back(std::move(object));
  }
  llvm::json::Object root{{"machine", machine},
                          {"repetitions", int64_t(repetitions)},
                          {"rows", std::move(list)}};
  if (!peers.empty())
    root["peers"] = peers;
  auto error = llvm::writeToOutput(path, [&](llvm::raw_ostream &os) {
    os << llvm::formatv("{0:2}\n", llvm::json::Value(std::move(root)));
    return llvm::Error::success();
  });
  if (error)
    return llvm::createStringError("cannot write " + path + ": " +
                                   llvm::toString(std::move(error)));
  return error;
}
