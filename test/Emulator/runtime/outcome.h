//===- outcome.h - How a launch ended ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How a launch ended.
//
//===----------------------------------------------------------------------===//

#ifndef PTX_EMULATOR_OUTCOME_H
#define PTX_EMULATOR_OUTCOME_H

#include "machine.h"
#include <string>

namespace ptx {

struct Outcome {
  std::string message; // Empty: all is well.
  int line = 0;        // 0: of no one line.
  uint32_t thread[3] = {};
};
extern Outcome outcome;

// One line for each group of lanes that stand at one place.
std::string describeStanding();
void warpAfterExit(Thread &t);
// Perhaps new priorities of the warps.
void reshuffle();

} // namespace ptx

#endif
