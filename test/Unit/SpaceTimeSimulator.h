//===- SpaceTimeSimulator.h - Runs the loops of a plan, counting -*- C++
//-*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_SPACETIMESIMULATOR_H
#define ATTN_TEST_UNIT_SPACETIMESIMULATOR_H

#include "attn/Analysis/SpaceTime.h"

namespace mlir::attn::test {

/// What was counted while the loops ran.
struct Simulation {
  int64_t folds = 0, blockEvaluations = 0, diskReads = 0, flops = 0;
  int64_t frameBytes = 0; // At the worst moment.
  int64_t cacheBytes = 0;
};

Simulation simulate(const StackCost &stack, const Plan &plan, int64_t length);

/// A stack of layers of different sizes.
StackCost makeStack(int64_t layers);

std::string describe(const Plan &plan);

} // namespace mlir::attn::test

#endif // ATTN_TEST_UNIT_SPACETIMESIMULATOR_H
