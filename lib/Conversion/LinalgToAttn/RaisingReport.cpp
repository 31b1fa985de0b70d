//===- RaisingReport.cpp - What raising found, as text and JSON ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/LinalgToAttn.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::attn;

std::string mlir::attn::describeScores(AttentionOp op) {
  SmallVector<std::string> parts;
  if (MaskAttrInterface mask = op.getMaskAttr()) {
    parts.emplace_back("mask ");
    llvm::raw_string_ostream(parts.back()) << Attribute(mask);
  }
  if (op.getMaskTensor())
    parts.push_back("a mask tensor");
  if (op.getScoreBody())
    parts.push_back("a score region");
  return parts.empty() ? "no mask" : llvm::join(parts, ", ");
}

StringRef mlir::attn::describeEmptyRows(const RaisingReport::Found &found) {
  return found.makesEmptyRowsNaN
             ? "; NaN where a query sees no key, as written (0 with "
               "empty-rows=zero, which takes one pass less)"
             : "";
}

std::string mlir::attn::describeLocation(Location location) {
  if (auto place = location->findInstanceOf<FileLineColLoc>())
    return (place.getFilename().getValue() + ":" +
            llvm::Twine(place.getLine()) + ":" + llvm::Twine(place.getColumn()))
        .str();
  std::string text;
  llvm::raw_string_ostream(text) << location;
  return text;
}

void mlir::attn::print(llvm::raw_ostream &os, const RaisingReport &report) {
  for (const RaisingReport::Found &found : report.found)
    os << "@" << found.function << " " << describeLocation(found.location)
       << ": attention of " << found.type << ", " << found.scores
       << describeEmptyRows(found) << "\n";
  for (const RaisingReport::Refused &refused : report.refused)
    os << "@" << refused.function << " " << describeLocation(refused.location)
       << ": not raised: " << refused.reason << "; " << refused.help << "\n";
  if (report.found.empty() && report.refused.empty())
    os << "nothing looks like attention\n";
}

llvm::json::Object mlir::attn::toJson(const RaisingReport &report) {
  llvm::json::Array found, refused;
  for (const RaisingReport::Found &entry : report.found)
    found.push_back(llvm::json::Object{
        {"function", entry.function},
        {"location", describeLocation(entry.location)},
        {"type", entry.type},
        {"mask", entry.mask.empty() ? llvm::json::Value(nullptr)
                                    : llvm::json::Value(entry.mask)},
        {"mask_tensor", entry.hasMaskTensor},
        {"score_region", entry.hasScoreRegion},
        {"empty_rows", entry.makesEmptyRowsNaN ? "nan" : "zero"}});
  for (const RaisingReport::Refused &entry : report.refused)
    refused.push_back(
        llvm::json::Object{{"function", entry.function},
                           {"location", describeLocation(entry.location)},
                           {"reason", entry.reason},
                           {"help", entry.help}});
  return llvm::json::Object{{"found", std::move(found)},
                            {"refused", std::move(refused)}};
}
