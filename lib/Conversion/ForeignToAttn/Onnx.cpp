//===- Onnx.cpp - Attention of ONNX and ONNX Runtime, as onnx-mlir has it ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Attention: the ONNX operator (opset 23 on) as onnx/onnx defines it, in
// onnx/reference/ops/op_attention.py: inputs Q, K, V, attn_mask, past_key,
// past_value, nonpad_kv_seqlen; the soft cap comes before the mask; causal masks
// are aligned by the past, or else by the valid keys less the queries.
//
// GroupQueryAttention: microsoft/onnxruntime, docs/ContribOperators.md, and
// contrib_ops/cpu/bert/gqa_attention_base.h for what it computes: seqlens_k is
// the number of tokens in all, less one, of each element of the batch, of which
// the new ones are the last; local_window_size counts the query's own key, since
// pull request 25927 (September 2025); before, it did not.
//
// Operands that are left out are of type none.
//
//===----------------------------------------------------------------------===//

#include "OnnxAttention.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

/// One integer per element of the batch.
static LogicalResult verifyPerBatch(ForeignOp op, Value value, StringRef name) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (type && type.getRank() == 1 &&
      (type.getElementType().isSignlessInteger(32) ||
       type.getElementType().isSignlessInteger(64)))
    return success();
  return op.refuse() << "has the " << name << " of type " << value.getType()
                     << "; it should be one i32 or i64 per element of the batch";
}

/// A tensor like `like` full of `value`.
static Value getSplat(OpBuilder &b, Location loc, Value like, int64_t value) {
  auto type = cast<RankedTensorType>(like.getType());
  if (type.hasStaticShape())
    return arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(
            type, b.getIntegerAttr(type.getElementType(), value)));
  Value element = arith::ConstantOp::create(
      b, loc, b.getIntegerAttr(type.getElementType(), value));
  return tensor::SplatOp::create(
      b, loc, element, tensor::getMixedSizes(b, loc, like));
}

namespace {
/// Operands and results by name, in the order of the operators.
struct OnnxInput {
  enum { Q, K, V, Mask, PastKey, PastValue, NonPad, Count };
};
struct OnnxOutput {
  enum { Y, PresentKey, PresentValue, Scores };
};
struct GroupQueryInput {
  enum {
    Query, Key, Value, PastKey, PastValue, SeqlensK, TotalLength, CosCache,
    SinCache, PositionIds, AttentionBias, Count
  };
};
} // namespace

/// The number of what `op` does not know beyond `known`, present operands.
static LogicalResult verifyOperandCount(ForeignOp op, unsigned known,
                                        StringRef hint) {
  for (unsigned i = known; i < op->getNumOperands(); ++i)
    if (op.getOperand(i))
      return op.refuse() << "has the operand " << i << ", which is not known "
                         << "here" << hint;
  return success();
}

/// softmax_precision: an element type as ONNX numbers them.
static LogicalResult verifyPrecision(ForeignOp op, int64_t precision,
                                     Type element) {
  constexpr int64_t kUnset = 0, kFloat = 1, kHalf = 10, kDouble = 11,
                    kBFloat = 16;
  if (llvm::is_contained({kUnset, kFloat, kHalf, kBFloat}, precision) ||
      (precision == kDouble && element.isF64()))
    return success();
  return op.refuse() << "has softmax_precision = " << precision
                     << ", but softmax of " << element
                     << " is computed in f32; use 1 (float), or f64 data";
}

//===----------------------------------------------------------------------===//
// onnx.Attention
//===----------------------------------------------------------------------===//

LogicalResult mlir::attn::convertOnnxAttention(RewriterBase &rewriter,
                                               ForeignOp op) {
  OnnxAttention attention(rewriter, op);
  FailureOr<int64_t> causal = op.takeInteger("is_causal", 0);
  FailureOr<int64_t> queryHeads = op.takeInteger("q_num_heads", 0);
  FailureOr<int64_t> keyHeads = op.takeInteger("kv_num_heads", 0);
  FailureOr<int64_t> scores = op.takeInteger("qk_matmul_output_mode", 0);
  FailureOr<int64_t> precision = op.takeInteger("softmax_precision", 0);
  FailureOr<std::optional<double>> scale = op.takeNumber("scale");
  FailureOr<std::optional<double>> softcap = op.takeNumber("softcap");
  op.ignore({"onnx_node_name"});
  if (failed(causal) || failed(queryHeads) || failed(keyHeads) ||
      failed(scores) || failed(precision) || failed(scale) ||
      failed(softcap) || failed(op.takeNoMore()) ||
      failed(verifyOperandCount(op, OnnxInput::Count, "")))
    return failure();
  if (op.isUsed(OnnxOutput::Scores))
    return op.refuse() << "returns its scores (qk_matmul_output_mode = "
                       << *scores
                       << "), which are in no form of attention whole; compute "
                          "them apart, from query and key";
  attention.causal = *causal != 0;
  attention.scale = *scale;
  attention.softcap = std::max(0.0, softcap->value_or(0));

  auto query = attention.splitHeads(op.getOperand(OnnxInput::Q), "query",
                                    *queryHeads, "q_num_heads", 'm', 'k');
  if (failed(query))
    return failure();
  auto key = attention.splitHeads(op.getOperand(OnnxInput::K), "key", *keyHeads,
                                  "kv_num_heads", 'j', 'k');
  if (failed(key))
    return failure();
  auto value = attention.splitHeads(op.getOperand(OnnxInput::V), "value",
                                    *keyHeads, "kv_num_heads", 'j', 'n');
  if (failed(value) ||
      failed(verifyPrecision(op, *precision,
                             query->getType().getElementType())))
    return failure();

  Value pastKey = op.getOperand(OnnxInput::PastKey),
        pastValue = op.getOperand(OnnxInput::PastValue);
  if (!pastKey != !pastValue)
    return op.refuse() << "has one of past_key and past_value; it needs both, "
                          "or neither";
  for (auto [tensor, past, name, present] :
       {std::tuple(&*key, pastKey, "past key", OnnxOutput::PresentKey),
        std::tuple(&*value, pastValue, "past value",
                   OnnxOutput::PresentValue)}) {
    if (past || op.isUsed(present))
      *tensor = attention.headsFirst(*tensor);
    if (!past)
      continue;
    auto whole = attention.appendToCache(past, name, *tensor);
    if (failed(whole))
      return failure();
    *tensor = *whole;
  }
  attention.query = *query;
  attention.key = *key;
  attention.value = *value;
  if (failed(attention.groupHeads()))
    return failure();
  Value mask = op.getOperand(OnnxInput::Mask);
  if (mask && failed(attention.readMask(mask)))
    return failure();

  Location loc = op.getLoc();
  Value valid = op.getOperand(OnnxInput::NonPad);
  if (valid && failed(verifyPerBatch(op, valid, "nonpad_kv_seqlen")))
    return failure();
  attention.validKeys = valid;
  int64_t rows = query->getSize('m');
  if (attention.causal && pastKey) {
    attention.queryOffset = getValueOrCreateConstantIndexOp(
        rewriter, loc, tensor::getMixedSize(rewriter, loc, pastKey, 2));
  } else if (attention.causal && valid) {
    // Of each element of the batch: its number of keys less that of queries.
    if (ShapedType::isDynamic(rows))
      return op.refuse() << "has nonpad_kv_seqlen and an unknown number of "
                            "queries, which align its causal mask; state it";
    attention.queryOffset = arith::SubIOp::create(
        rewriter, loc, valid, getSplat(rewriter, loc, valid, rows));
  }
  bool packed = cast<RankedTensorType>(op.getOperand(OnnxInput::Q).getType())
                    .getRank() == 3;
  Value output = attention.create(packed);
  if (failed(attention.replaceResult(OnnxOutput::Y, "output", output)) ||
      failed(attention.replaceResult(OnnxOutput::PresentKey, "present key",
                                     key->value)) ||
      failed(attention.replaceResult(OnnxOutput::PresentValue, "present value",
                                     value->value)))
    return failure();
  rewriter.eraseOp(op.operator->());
  return success();
}

//===----------------------------------------------------------------------===//
// GroupQueryAttention
//===----------------------------------------------------------------------===//

/// What cannot be kept, by attribute.
static LogicalResult verifyPlain(ForeignOp &op) {
  struct {
    StringRef name, hint;
  } switches[] = {
      {"do_rotary", "apply RotaryEmbedding to query and key before it"},
      {"smooth_softmax", "the weights of attn.attention sum to one"},
      {"qk_output", "scores are in no form of attention whole; compute them "
                    "apart, from query and key"},
      {"kv_cache_bit_width", "dequantize the cache before it"},
      {"is_past_bsnh", "transpose the cache to (batch, heads, tokens, "
                       "features)"},
  };
  for (auto [name, hint] : switches) {
    FailureOr<int64_t> value = op.takeInteger(name, 0);
    if (failed(value))
      return failure();
    if (*value > 0)
      return op.refuse() << "has " << name << " = " << *value
                         << ", which has no counterpart here; " << hint;
  }
  for (StringRef name : {"k_quant_type", "v_quant_type"}) {
    FailureOr<std::string> type = op.takeString(name, "NONE");
    if (failed(type))
      return failure();
    if (*type != "NONE")
      return op.refuse() << "has " << name << " = \"" << *type
                         << "\": attention takes elements of f16, bf16, f32 and "
                            "f64; dequantize the cache before it";
  }
  // Of rotation, which there is none of, and of how onnx-mlir infers shapes.
  op.ignore({"rotary_interleaved", "function_name", "domain_name",
             "onnx_node_name", "inputs_for_infer", "shape_infer_pattern",
             "output_element_type"});
  return success();
}

LogicalResult mlir::attn::convertGroupQueryAttention(RewriterBase &rewriter,
                                                     ForeignOp op) {
  using Input = GroupQueryInput;
  OnnxAttention attention(rewriter, op);
  FailureOr<int64_t> queryHeads = op.takeInteger("num_heads", 0);
  FailureOr<int64_t> keyHeads = op.takeInteger("kv_num_heads", 0);
  FailureOr<int64_t> window = op.takeInteger("local_window_size", -1);
  FailureOr<int64_t> unidirectional = op.takeInteger("unidirectional", 1);
  FailureOr<std::optional<double>> scale = op.takeNumber("scale");
  FailureOr<std::optional<double>> softcap = op.takeNumber("softcap");
  if (failed(queryHeads) || failed(keyHeads) || failed(window) ||
      failed(unidirectional) || failed(scale) || failed(softcap) ||
      failed(verifyPlain(op)) || failed(op.takeNoMore()) ||
      failed(verifyOperandCount(
          op, Input::Count,
          ": sinks and scales of a cache have no counterpart; leave them out")))
    return failure();
  if (*queryHeads <= 0 || *keyHeads <= 0 || *queryHeads % *keyHeads)
    return op.refuse() << "has num_heads = " << *queryHeads
                       << " and kv_num_heads = " << *keyHeads
                       << "; the first should be a multiple of the second";
  if (*window == 0 || *window < -1)
    return op.refuse() << "has local_window_size = " << *window
                       << "; it should be -1, no window, or the number of keys "
                          "that a query sees";
  if (*unidirectional != 1)
    return op.refuse() << "has unidirectional = " << *unidirectional
                       << "; use onnx.Attention for attention that is not "
                          "causal";
  attention.causal = true;
  attention.window = std::max<int64_t>(*window, 0);
  if (scale->value_or(0) != 0) // 0 is the default, 1 / sqrt(features).
    attention.scale = *scale;
  attention.softcap = std::max(0.0, softcap->value_or(0));

  // Query, key and value, maybe one after the other in one tensor.
  Value q = op.getOperand(Input::Query), k = op.getOperand(Input::Key),
        v = op.getOperand(Input::Value);
  if (failed(op.verifyTensor(q, "query")))
    return failure();
  auto type = cast<RankedTensorType>(q.getType());
  if (!k && !v) {
    int64_t size = type.getRank() == 3 ? type.getDimSize(2) : 0;
    int64_t all = *queryHeads + 2 * *keyHeads;
    if (size <= 0 || size % all)
      return op.refuse() << "has no key and no value, and " << type
                         << " as query, which should then be (batch, tokens, "
                            "(num_heads + 2 * kv_num_heads) * features)";
    int64_t features = size / all, first = *queryHeads * features,
            length = *keyHeads * features;
    Value packed = q;
    q = attention.getFeatures(packed, 0, first);
    k = attention.getFeatures(packed, first, length);
    v = attention.getFeatures(packed, first + length, length);
  }
  auto query =
      attention.splitHeads(q, "query", *queryHeads, "num_heads", 'm', 'k');
  if (failed(query))
    return failure();
  auto key = attention.splitHeads(k, "key", *keyHeads, "kv_num_heads", 'j', 'k');
  if (failed(key))
    return failure();
  auto value =
      attention.splitHeads(v, "value", *keyHeads, "kv_num_heads", 'j', 'n');
  if (failed(value))
    return failure();

  Location loc = op.getLoc();
  Value lengths = op.getOperand(Input::SeqlensK);
  if (!lengths)
    return op.refuse() << "has no seqlens_k, one number per element of the batch";
  // (batch) or (batch, 1).
  if (auto rank2 = dyn_cast<RankedTensorType>(lengths.getType());
      rank2 && rank2.getRank() == 2 && rank2.getDimSize(1) == 1)
    lengths = tensor::CollapseShapeOp::create(
        rewriter, loc, lengths,
        ArrayRef<ReassociationIndices>{ReassociationIndices{0, 1}});
  if (failed(verifyPerBatch(op, lengths, "seqlens_k")))
    return failure();
  attention.validKeys = arith::AddIOp::create(
      rewriter, loc, lengths, getSplat(rewriter, loc, lengths, 1));

  // The cache.
  Value pastKey = op.getOperand(Input::PastKey),
        pastValue = op.getOperand(Input::PastValue);
  if (!pastKey != !pastValue)
    return op.refuse() << "has one of past_key and past_value; it needs both, "
                          "or neither";
  for (OnnxTensor *tensor : {&*key, &*value})
    if (pastKey || op.isUsed(1) || op.isUsed(2))
      *tensor = attention.headsFirst(*tensor);
  if (pastKey) {
    int64_t rows = query->getSize('m');
    if (ShapedType::isDynamic(rows))
      return op.refuse() << "has a cache and an unknown number of new tokens; "
                            "state it";
    attention.queryOffset = arith::MaxSIOp::create(
        rewriter, loc,
        arith::SubIOp::create(
            rewriter, loc, attention.validKeys,
            getSplat(rewriter, loc, lengths, rows)),
        getSplat(rewriter, loc, lengths, 0));
    for (auto [tensor, past, name, present] :
         {std::tuple(&*key, pastKey, "past key", 1u),
          std::tuple(&*value, pastValue, "past value", 2u)}) {
      // As long as the present one: where that is, new tokens are written into
      // the buffer, if it has no type, they come after it.
      auto type = dyn_cast<RankedTensorType>(past.getType());
      int64_t length = type && type.getRank() == 4 && !type.isDynamicDim(2)
                           ? type.getDimSize(2) + rows
                           : ShapedType::kDynamic;
      if (present < op->getNumResults())
        if (auto result =
                dyn_cast<RankedTensorType>(op->getResult(present).getType());
            result && result.getRank() == 4)
          length = result.getDimSize(2);
      auto whole = attention.insertIntoCache(past, name, *tensor,
                                             attention.queryOffset, length);
      if (failed(whole))
        return failure();
      *tensor = *whole;
    }
  }
  attention.query = *query;
  attention.key = *key;
  attention.value = *value;
  if (failed(attention.groupHeads()))
    return failure();
  Value bias = op.getOperand(Input::AttentionBias);
  if (bias && failed(attention.readMask(bias)))
    return failure();
  Value output = attention.create(type.getRank() == 3);
  if (failed(attention.replaceResult(0, "output", output)) ||
      failed(attention.replaceResult(1, "present key", key->value)) ||
      failed(attention.replaceResult(2, "present value", value->value)))
    return failure();
  if (op.isUsed(3))
    return op.refuse() << "returns its scores, which are in no form of attention "
                          "whole; compute them apart, from query and key";
  rewriter.eraseOp(op.operator->());
  return success();
}
