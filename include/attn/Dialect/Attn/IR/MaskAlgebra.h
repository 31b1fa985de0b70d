//===- MaskAlgebra.h - Position arithmetic, evaluated or emitted -*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Masks state what they mean once, over this algebra. On constants it computes;
// on SSA values it emits arith operations. A reference evaluation is the
// algebra without a builder: everything is a constant.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_MASKALGEBRA_H
#define ATTN_DIALECT_ATTN_IR_MASKALGEBRA_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

namespace mlir::attn {

class MaskAlgebra {
public:
  /// A position: an i64 constant or an SSA value of type index.
  using Int = OpFoldResult;
  /// A truth value: an i1 constant or an SSA value of type i1.
  using Bool = OpFoldResult;
  /// The half-open interval [begin, end); empty if end <= begin.
  struct Interval {
    Int begin, end;
  };

  /// Positions and sizes stay below this, so that sums of two never overflow.
  static constexpr int64_t kMaxPosition = int64_t(1) << 62;

  /// The keys that some, or all, of the queries share a segment with.
  struct SegmentKeys {
    Interval visible, full;
  };

  /// What `#attn.segments` answers: set by who asks, since ids are operands.
  /// Whether the query and the key of `isVisible` are of one segment:
  std::optional<Bool> sameSegment;
  /// The keys for the queries of `getVisibleKeys` and `getFullKeys`; unset, all
  /// may be visible and none need be.
  std::optional<SegmentKeys> segmentKeys;

  /// Constants only.
  explicit MaskAlgebra(MLIRContext *context) : context(context) {}
  /// Emits at the insertion point of `builder`.
  MaskAlgebra(OpBuilder &builder, Location loc)
      : context(builder.getContext()), builder(&builder), loc(loc) {}

  Int constant(int64_t value);
  Bool constantBool(bool value);

  Int add(Int a, Int b);
  Int sub(Int a, Int b);
  Int min(Int a, Int b);
  Int max(Int a, Int b);
  /// The largest multiple of `unit` that is <= a. Requires unit > 0, a >= 0.
  Int alignDown(Int a, int64_t unit);
  /// The smallest multiple of `unit` that is >= a. Requires unit > 0, a >= 0.
  Int alignUp(Int a, int64_t unit);
  Bool lessEqual(Int a, Int b);
  Bool less(Int a, Int b);
  Bool equal(Value a, Value b);
  Bool logicalAnd(Bool a, Bool b);
  Bool logicalOr(Bool a, Bool b);
  Int select(Bool condition, Int a, Int b);

  /// Of keys `a`: where positions begin, at 0, no interval cuts them.
  Interval intersect(Interval a, Interval b) {
    return {getConstant(b.begin) == 0 ? a.begin : max(a.begin, b.begin),
            min(a.end, b.end)};
  }
  /// The smallest interval that holds both; an empty interval adds nothing.
  Interval hull(Interval a, Interval b);

  /// The value, if constant.
  static std::optional<int64_t> getConstant(Int a);
  /// The value as an SSA value; emits constants.
  Value materialize(OpFoldResult a);

private:
  MLIRContext *context;
  OpBuilder *builder = nullptr;
  std::optional<Location> loc;
};

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_IR_MASKALGEBRA_H
