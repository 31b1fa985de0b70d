//===- Measure.h - Time, beside what the machine can do -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_BENCH_MEASURE_H
#define ATTN_TOOLS_ATTN_BENCH_MEASURE_H

#include "attn/Runtime/MachinePeak.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <map>
#include <optional>

namespace mlir::attn {

/// What bounds a program from below.
enum class Limit { MultiplyAdds32, MultiplyAdds64, Reads };

/// The peaks of this machine, measured when asked for.
class MachineLimits {
public:
  /// Operations or bytes per second that so many threads reach, now.
  llvm::Expected<double> measure(Limit limit, unsigned threads = 1);

private:
  std::map<Limit, MachinePeak> peaks;
  std::optional<ReadBandwidth> bandwidth;
};

struct Measurement {
  double bestSeconds, medianSeconds; // Of one call.
  double bestLimit;                  // Operations or bytes per second.
  double bestShare;   // Of the best call in the best measurement of the limit.
  double medianShare; // Of the shares of each call in the limit just before.
};

/// Times `call` `repetitions` times, each beside a measurement of the limit:
/// limit, call, limit, call, ... `work` is in the limit's unit. A call that is
/// short is repeated to a hundredth of a second. `copies` is the number of sets of
/// buffers that `call`, which gets their number, takes in turn; it runs on `threads`
/// threads, and is compared with as many of the limit.
llvm::Expected<Measurement>
measure(llvm::function_ref<llvm::Error(size_t copy)> call, size_t copies,
        unsigned repetitions, double work, Limit limit, MachineLimits &limits,
        unsigned threads = 1);

/// The same of times of calls and measurements of the limit that were made apart,
/// none of them empty: the median share is that of the medians.
Measurement summarize(std::vector<double> seconds,
                      llvm::SmallVector<double> rates, double work);

} // namespace mlir::attn

#endif // ATTN_TOOLS_ATTN_BENCH_MEASURE_H
