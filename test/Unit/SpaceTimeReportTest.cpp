//===- SpaceTimeReportTest.cpp - Text, JSON and the page ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/SpaceTimeReport.h"
#include "SpaceTimeSimulator.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

static const Plan kPlan{
    {{2}, {2, KeepKind::Input, 16}, {2, KeepKind::Input, 16}}, 4};

TEST(SpaceTimeReportTest, PlansReadWell) {
  EXPECT_EQ(describePlan(kPlan), "(2 layers) + 2 x (2 layers, keep = input, "
                                 "window = 16), block = 4");
  EXPECT_EQ(describePlan({{{1, KeepKind::KeyValue}}, 1}),
            "(1 layer, keep = kv)");
}

TEST(SpaceTimeReportTest, NumbersReadWell) {
  EXPECT_EQ(formatCount(Integer(0)), "0");
  EXPECT_EQ(formatCount(Integer(999999)), "999999");
  EXPECT_EQ(formatCount(Integer(1004999)), "1.00e6");
  EXPECT_EQ(formatCount(Integer(1005000)), "1.01e6");
  EXPECT_EQ(formatCount(Integer(9995000)), "1.00e7");
  EXPECT_EQ(formatCount(Integer(INT64_MAX) * 1000), "9.22e21");
  EXPECT_EQ(formatBytes(Integer(0)), "0 B");
  EXPECT_EQ(formatBytes(Integer(1023)), "1023 B");
  EXPECT_EQ(formatBytes(Integer(1024)), "1 KiB");
  EXPECT_EQ(formatBytes(Integer(1536 * 1024)), "1.50 MiB");
}

TEST(SpaceTimeReportTest, JsonIsExact) {
  StackCost stack;
  stack.layers.resize(12);
  SpaceTime cost = evaluate(stack, {{{12}}}, 64);
  llvm::json::Object json = toJson(cost);
  // C(77, 13) - 1 - 64
  EXPECT_EQ(json.getString("folds"), "183746395241960");
  llvm::json::Object plan = toJson(kPlan);
  EXPECT_EQ(plan.getInteger("block"), 4);
  const llvm::json::Array *segments = plan.getArray("segments");
  ASSERT_TRUE(segments);
  ASSERT_EQ(segments->size(), 3u);
  EXPECT_EQ((*segments)[1].getAsObject()->getString("keep"), "input");
  EXPECT_EQ((*segments)[1].getAsObject()->getInteger("window"), 16);

  PlanChoice choice = choosePlan(makeStack(2), 16, 0);
  llvm::json::Object all = toJson(choice);
  EXPECT_EQ(all.getInteger("chosen"), 0);
  EXPECT_EQ(all.getBoolean("fits"), false);
  EXPECT_EQ(all.getArray("curve")->size(), choice.curve.size());
}

TEST(SpaceTimeReportTest, TableMarksTheChosenPlan) {
  PlanChoice choice = choosePlan(makeStack(2), 16, std::nullopt);
  std::string text;
  llvm::raw_string_ostream os(text);
  printTable(os, choice);
  SmallVector<StringRef> rows;
  StringRef(text).split(rows, '\n', -1, /*KeepEmpty=*/false);
  ASSERT_EQ(rows.size(), choice.curve.size() + 1);
  for (auto [i, row] : llvm::enumerate(ArrayRef(rows).drop_front())) {
    EXPECT_EQ(row.starts_with("*"), i == choice.chosen);
    EXPECT_EQ(row.size(), rows.front().size());
    EXPECT_TRUE(row.contains(describePlan(choice.curve[i].plan)));
  }
}

/// A page whose texts would break it if they were not escaped.
static Report getReport() {
  Report report;
  report.title = "<decoder> & \"friends\"";
  StackCost stack = makeStack(6);
  report.budgetBytes = 40000;
  report.choice = choosePlan(stack, 512, report.budgetBytes);
  report.attentions = {
      {"decoder.mlir:12:8", "attn.attention", "no mask", "recompute",
       "memory < 64 KiB & 6 layers"},
      {"decoder.mlir:30:8", "linalg", "no mask", "blocked",
       "keys and values are\x01 inputs"}};
  return report;
}

/// Prints the page, for scripts: SpaceTimeReport.test reads it.
TEST(SpaceTimeReportTest, PageShowsTheChoice) {
  Report report = getReport();
  std::string page;
  llvm::raw_string_ostream os(page);
  writeReport(os, report);
  EXPECT_LT(page.size(), size_t(1) << 20);
  EXPECT_EQ(page.find("<decoder>"), std::string::npos);
  EXPECT_NE(page.find("<strong>" +
                      describePlan(report.choice.getChosen().plan) +
                      "</strong>"),
            std::string::npos);
  llvm::outs() << "BEGIN PAGE\n" << page << "END PAGE\n";
  llvm::outs().flush(); // Before the test framework writes again.
}

/// A curve of many plans is thinned out, the chosen one is always there.
TEST(SpaceTimeReportTest, LongCurvesStaySmall) {
  Report report = getReport();
  PlannedCost point = report.choice.curve.front();
  report.choice.curve.assign(100000, point);
  report.choice.chosen = 77777;
  report.choice.curve[77777].plan = {{{3, KeepKind::None, 0, 7777}}, 1};
  std::string page;
  llvm::raw_string_ostream os(page);
  writeReport(os, report);
  EXPECT_LT(page.size(), size_t(1) << 20);
  EXPECT_NE(page.find("<tr class=\"chosen\"><td>(3 layers, prefix = 7777)"),
            std::string::npos);
}
