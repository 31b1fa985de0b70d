//===- SelectSchedule.cpp - Choose the order of evaluation of each scan ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/MatrixScan.h"
#include "attn/Dialect/Recur/Transforms/Passes.h"
#include "mlir/IR/Remarks.h"

namespace mlir::recur {
#define GEN_PASS_DEF_RECURSELECTSCHEDULE
#include "attn/Dialect/Recur/Transforms/Passes.h.inc"
} // namespace mlir::recur

using namespace mlir;
using namespace mlir::recur;

/// A state below the size of a first-level cache stays there from token to token,
/// and the matrix products of a chunk, which do more work, do not pay.
static constexpr int64_t kMinStateBytes = 32768;

/// Bytes of a state, if known.
static std::optional<int64_t> getBytes(RankedTensorType state) {
  if (!state.hasStaticShape())
    return std::nullopt;
  return state.getNumElements() * state.getElementTypeBitWidth() / 8;
}

static ScheduleAttr selectSchedule(ScanOp op, std::string &reason) {
  auto sequential = ScheduleAttr::get(op.getContext(), ScheduleKind::Sequential, 0);
  FailureOr<MatrixScan> scan = matchMatrixScan(
      op, [&](const Twine &why) { reason = why.str(); });
  if (failed(scan))
    return sequential;
  std::optional<int64_t> bytes =
      getBytes(cast<RankedTensorType>(op.getStateTypes().front()));
  if (bytes && *bytes < kMinStateBytes) {
    reason = "the state is too small for matrix products to pay";
    return sequential;
  }
  int64_t length = op.getStaticLoopRanges()[op.getTimeDim()];
  int64_t chunk = scan->getDefaultChunk();
  if (!ShapedType::isDynamic(length) && length < chunk) {
    reason = "the sequence is shorter than a chunk";
    return sequential;
  }
  reason = "a chunk is matrix products";
  return ScheduleAttr::get(op.getContext(), ScheduleKind::Chunked, chunk);
}

namespace {
struct RecurSelectSchedule
    : recur::impl::RecurSelectScheduleBase<RecurSelectSchedule> {
  void runOnOperation() override {
    getOperation()->walk([](ScanOp op) {
      if (op.getSchedule())
        return;
      std::string reason;
      ScheduleAttr schedule = selectSchedule(op, reason);
      op.setScheduleAttr(schedule);
      remark::passed(op.getLoc(),
                     remark::RemarkOpts::name("recur-select-schedule")
                         .category("recur"))
          << remark::metric("Schedule", stringifyScheduleKind(schedule.getKind()))
          << remark::reason("{0}", reason);
    });
  }
};
} // namespace
