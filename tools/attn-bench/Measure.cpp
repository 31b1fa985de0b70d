//===- Measure.cpp - Time, beside what the machine can do ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Measure.h"
#include "common/Threads.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace mlir::attn;

llvm::Expected<double> MachineLimits::measure(Limit limit,
                                              unsigned threads) {
  if (limit == Limit::Reads) {
    if (!bandwidth) {
      auto created = ReadBandwidth::create();
      if (!created)
        return created.takeError();
      bandwidth.emplace(std::move(*created));
    }
    return bandwidth->measure(threads);
  }
  auto it = peaks.find(limit);
  if (it == peaks.end()) {
    auto created =
        MachinePeak::create(limit == Limit::MultiplyAdds64 ? 64 : 32);
    if (!created)
      return created.takeError();
    it = peaks.emplace(limit, std::move(*created)).first;
  }
  return it->second.measure(threads);
}

/// Samples shorter than this would be compared with a longer one of the peak.
static constexpr double kSampleSeconds = 0.01;

llvm::Expected<Measurement>
mlir::attn::measure(llvm::function_ref<llvm::Error(size_t)> call,
                    size_t copies, unsigned repetitions, double work,
                    Limit limit, MachineLimits &limits, unsigned threads) {
  StayOnCPU stay(threads);
  size_t next = 0;
  auto time = [&](int64_t calls) -> llvm::Expected<double> {
    double start = getSeconds(threads);
    for (int64_t i = 0; i < calls; ++i)
      if (auto error = call(next++ % copies))
        return error;
    return (getSeconds(threads) - start) / calls;
  };
  // The first call of each copy touches its pages; the second is as the others.
  for (size_t i = 0; i < copies; ++i)
    if (auto first = time(1); !first)
      return first.takeError();
  auto second = time(1);
  if (!second)
    return second.takeError();
  auto calls =
      int64_t(std::ceil(kSampleSeconds / std::max(*second, 1e-8)));

  llvm::SmallVector<double> times, shares;
  double bestLimit = 0;
  for (unsigned i = 0; i < repetitions; ++i) {
    auto rate = limits.measure(limit, threads);
    if (!rate)
      return rate.takeError();
    auto seconds = time(calls);
    if (!seconds)
      return seconds.takeError();
    bestLimit = std::max(bestLimit, *rate);
    times.push_back(*seconds);
    shares.push_back(work / *seconds / *rate);
  }
  llvm::sort(times);
  llvm::sort(shares);
  return Measurement{times.front(), times[times.size() / 2], bestLimit,
                     work / times.front() / bestLimit,
                     shares[shares.size() / 2]};
}

Measurement mlir::attn::summarize(std::vector<double> seconds,
                                  llvm::SmallVector<double> rates,
                                  double work) {
  llvm::sort(seconds);
  llvm::sort(rates);
  double median = seconds[seconds.size() / 2];
  return Measurement{seconds.front(), median, rates.back(),
                     work / seconds.front() / rates.back(),
                     work / median / rates[rates.size() / 2]};
}
