//===- OnnxAttention.h - Attention as ONNX means it -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_FOREIGNTOATTN_ONNXATTENTION_H
#define ATTN_LIB_CONVERSION_FOREIGNTOATTN_ONNXATTENTION_H

#include "Foreign.h"

namespace mlir::attn {

/// A tensor and what its dimensions are, a letter each: b batch, h head (of keys,
/// where there are groups), g query heads that share a key head, m queries, k
/// features of query and key, j keys, n features of the value.
struct OnnxTensor {
  Value value;
  std::string dims;

  RankedTensorType getType() const {
    return cast<RankedTensorType>(value.getType());
  }
  unsigned find(char dim) const { return dims.find(dim); }
  /// The size of a dimension that is there.
  int64_t getSize(char dim) const { return getType().getDimSize(find(dim)); }
};

/// Attention of ONNX, from opset 23 on, or of ONNX Runtime. Steps write IR where
/// the operation is; each fails after an error at it.
class OnnxAttention {
public:
  OnnxAttention(RewriterBase &b, ForeignOp op)
      : b(b), op(op), loc(op.getLoc()) {}

  // What there is to say about the scores.
  bool causal = false;
  int64_t window = 0; // Keys that a query sees, its own the last; 0: all.
  std::optional<double> scale;
  double softcap = 0;
  // Of each element of the batch, tensors of integers; or null.
  Value queryOffset, validKeys;

  OnnxTensor query, key, value;
  std::optional<OnnxTensor> mask;

  /// (batch, tokens, heads * features) as (b, rows, h, columns), or a tensor of
  /// rank 4, (batch, heads, tokens, features), as it is.
  FailureOr<OnnxTensor> splitHeads(Value tensor, StringRef name, int64_t heads,
                                   StringRef headsAttribute, char row,
                                   char column);
  /// Features from `first` on, (batch, tokens, size).
  Value getFeatures(Value packed, int64_t first, int64_t size);
  /// (b, .., h, ..) to (b, h, .., ..).
  OnnxTensor headsFirst(const OnnxTensor &tensor);
  /// The keys before the new ones, then these; both heads first.
  FailureOr<OnnxTensor> appendToCache(Value past, StringRef name,
                                      const OnnxTensor &added);
  /// The keys `added` at `offsets`, one per element of the batch, in a buffer of
  /// `length` keys with `past` at its start.
  FailureOr<OnnxTensor> insertIntoCache(Value past, StringRef name,
                                        const OnnxTensor &added, Value offsets,
                                        int64_t length);
  /// Heads of the query as groups that share a key head.
  LogicalResult groupHeads();
  /// A mask over the last dimensions of (b, h, m, j), broadcast along those of
  /// size 1; keys beyond it are hidden.
  LogicalResult readMask(Value tensor);
  /// The output in the layout that the query came in.
  Value create(bool packed);
  /// Replaces a result of the operation, if it has uses.
  LogicalResult replaceResult(unsigned number, StringRef name, Value value);

private:
  OnnxTensor expand(const OnnxTensor &tensor, unsigned place,
                    ArrayRef<int64_t> sizes, StringRef names);
  OnnxTensor collapse(const OnnxTensor &tensor, unsigned place, char name);
  Value insert(Value source, Value into, unsigned dim, OpFoldResult offset);
  Value createEmpty(ArrayRef<OpFoldResult> sizes, Type element);
  Value createFilled(ArrayRef<OpFoldResult> sizes, TypedAttr element);
  AffineMap getMap(const OnnxTensor &tensor);
  void createSoftcap(Region &region);

  RewriterBase &b;
  ForeignOp op;
  Location loc;
  int64_t heads = 0, group = 1; // Of keys; query heads for each.
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_FOREIGNTOATTN_ONNXATTENTION_H
