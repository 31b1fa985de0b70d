//===- Shape.h - What is computed, and how much of it -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_BENCH_SHAPE_H
#define ATTN_TOOLS_ATTN_BENCH_SHAPE_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include <optional>
#include <string>
#include <vector>

namespace mlir::attn {

/// One problem of the table. Arrays are batch x head x sequence x feature, the
/// query with a group dimension before the sequence if heads share keys.
struct Shape {
  enum class Kind {
    Attention, // softmax(scale q k^T) v
    // o_t = q_t S_t, S_t = a_t S_(t-1) + k_t v_t^T, where a_t is
    Linear,   // 1: linear attention
    Decay,    // a number for each head: retention (arXiv:2307.08621)
    Selected, // a number for each token: Mamba-2, SSD (arXiv:2405.21060)
    Gated     // a diagonal matrix for each token: GLA (arXiv:2312.06635)
  };
  enum class Mask { None, Causal, Window, Documents };
  enum class Score { None, ALiBi, SoftCap };

  Kind kind = Kind::Attention;
  int64_t batch = 1;
  int64_t heads = 1;   // Of the query.
  int64_t kvHeads = 1; // Divides heads.
  int64_t queries = 0; // Tokens.
  int64_t keys = 0;
  int64_t headDim = 64; // Features of query, key and value.
  Mask mask = Mask::Causal;
  int64_t window = 0; // Keys a query sees, its own among them.
  /// Of one length, packed into the sequence, causal attention in each.
  int64_t documents = 0;
  Score score = Score::None;

  /// "heads=32,kv-heads=8,queries=1,keys=4096,dim=128,mask=window:256".
  static llvm::Expected<Shape> parse(StringRef text);

  int64_t getGroup() const { return heads / kvHeads; }
  /// The last query sees the last key.
  int64_t getOffset() const {
    return mask == Mask::None ? 0 : keys - queries;
  }
  /// The half-open interval of keys that query `i` sees.
  std::pair<int64_t, int64_t> getVisibleKeys(int64_t i) const;
  int64_t getDocumentSize() const { return queries / documents; }
  /// What the score region makes of the score of a head's query and key.
  double applyScore(double score, int64_t head, int64_t i, int64_t j) const;
  SmallVector<int64_t> getQueryShape() const;
  SmallVector<int64_t> getKeyShape() const;

  /// Few queries read many keys once: memory is the limit, not arithmetic.
  bool isDecode() const;
  /// Two products over the visible keys; a multiply-add counts as two.
  double getAttentionFlops() const;
  /// Operations that every program for a recurrence is credited with, a
  /// multiply-add counted as two: the products of the chunked form, the triangle
  /// of each chunk in full.
  double getRecurrenceFlops() const;
  /// The same for one token after the other.
  double getSequentialFlops() const {
    return 4.0 * batch * heads * queries * headDim * headDim;
  }
  /// Tokens of a chunk.
  int64_t getChunk() const { return kind == Kind::Gated ? 16 : kChunk; }
  /// Whether log decays are an input, and their shape.
  bool hasDecayInput() const {
    return kind == Kind::Selected || kind == Kind::Gated;
  }
  SmallVector<int64_t> getDecayShape() const;
  /// Bytes that must be read or written once, `elementBytes` each.
  double getBytes(int64_t elementBytes) const;

  /// A function in the attn or the recur dialect; `schedule`, as in
  /// #recur.schedule, is of recurrences.
  std::string getSource(StringRef elementType, StringRef schedule = "") const;
  /// As in a column of the table, and as fields of a JSON object.
  std::string getLabel() const;
  void addFields(llvm::json::Object &object) const;

  static constexpr int64_t kChunk = 32;

private:
  std::string getScoreSource(StringRef stateType) const;
  std::string getAttentionSource(StringRef elementType) const;
  std::string getRecurrenceSource(StringRef elementType,
                                  StringRef schedule) const;
};

StringRef stringify(Shape::Kind kind);

/// The slope of one head of so many, as in ALiBi (arXiv:2108.12409).
double getSlope(int64_t head, int64_t heads);

/// The decay of one head, as in retentive networks (arXiv:2307.08621).
double getDecay(int64_t head);

/// The shapes of a suite.
enum class Suite { Prefill, Decode, Recurrent, GPU, All };
std::vector<Shape> getShapes(Suite suite);

} // namespace mlir::attn

#endif // ATTN_TOOLS_ATTN_BENCH_SHAPE_H
