//===- AttnToRecur.cpp - Attention as a rescan of its keys ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cell.h"
#include "attn/Conversion/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNTORECUR
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {
/// A tensor as a recurrence iterates over it: features are its last dimension.
struct Sequence {
  Value tensor;
  AffineMap map;                    // (batch.., t, j) -> iterated dimensions
  SmallVector<int64_t> permutation; // From what attention sees; empty if none.
};

/// The operands of a rescan in place of attention.
struct Sequences {
  Sequence query, key, value, mask, querySegments, keySegments, output,
      logSumExp;
};
} // namespace

/// The value with its dimensions permuted: result i is dimension
/// permutation[i].
static Value transpose(OpBuilder &b, Location loc, Value value,
                       ArrayRef<int64_t> permutation, Value init = {}) {
  if (!init) {
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, value);
    applyPermutationToVector(sizes, permutation);
    init = tensor::EmptyOp::create(b, loc, sizes,
                                   getElementTypeOrSelf(value.getType()));
  }
  return linalg::TransposeOp::create(b, loc, value, init, permutation)
      ->getResult(0);
}

/// A tensor that attention sees through `map`, its features moved to the end.
static Sequence createSequence(OpBuilder &b, AttentionOp op, Value tensor,
                               AffineMap map, bool isDestination = false) {
  unsigned batch = op.getNumBatchDims();
  SmallVector<unsigned> iterated;
  SmallVector<int64_t> permutation, features;
  for (unsigned i = 0; i < map.getNumResults(); ++i) {
    unsigned dim = map.getDimPosition(i);
    if (dim == op.getFeatureDim() || dim == op.getValueDim()) {
      features.push_back(i);
      continue;
    }
    permutation.push_back(i);
    iterated.push_back(dim == op.getQueryDim() ? batch
                       : dim == op.getKeyDim() ? batch + 1
                                               : dim);
  }
  llvm::append_range(permutation, features);
  Sequence sequence{tensor,
                    AffineMap::getMultiDimMapWithTargets(batch + 2, iterated,
                                                         op.getContext()),
                    {}};
  if (isIdentityPermutation(permutation))
    return sequence;
  sequence.permutation = permutation;
  if (!isDestination) {
    sequence.tensor = transpose(b, op.getLoc(), tensor, permutation);
    return sequence;
  }
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, op.getLoc(), tensor);
  applyPermutationToVector(sizes, permutation);
  sequence.tensor = tensor::EmptyOp::create(
      b, op.getLoc(), sizes, getElementTypeOrSelf(tensor.getType()));
  return sequence;
}

static Sequences createSequences(OpBuilder &b, AttentionOp op) {
  Sequences all;
  all.query = createSequence(b, op, op.getQuery(), op.getQueryMap());
  all.key = createSequence(b, op, op.getKey(), op.getKeyMap());
  all.value = createSequence(b, op, op.getValue(), op.getValueMap());
  if (op.getMaskTensor())
    all.mask = createSequence(b, op, op.getMaskTensor(), op.getMaskTensorMap());
  if (op.hasSegments()) {
    all.querySegments = createSequence(b, op, op.getQuerySegments(),
                                       op.getQuerySegmentsMap());
    all.keySegments =
        createSequence(b, op, op.getKeySegments(), op.getKeySegmentsMap());
  }
  all.output = createSequence(b, op, op.getOutputInit(), op.getOutputMap(),
                              /*isDestination=*/true);
  if (op.hasLogSumExp())
    all.logSumExp =
        createSequence(b, op, op.getOutputs()[1], op.getLogSumExpMap(), true);
  return all;
}

/// The rescan without its regions.
static recur::RescanOp createRescan(OpBuilder &b, AttentionOp op,
                                    const Sequences &sequences,
                                    ValueRange inits) {
  SmallVector<Value> inputs, outputs;
  SmallVector<AffineMap> maps;
  auto add = [&](SmallVector<Value> &operands, const Sequence &sequence) {
    if (!sequence.tensor)
      return;
    operands.push_back(sequence.tensor);
    maps.push_back(sequence.map);
  };
  for (const Sequence *input :
       {&sequences.query, &sequences.key, &sequences.value, &sequences.mask,
        &sequences.querySegments, &sequences.keySegments})
    add(inputs, *input);
  add(outputs, sequences.output);
  add(outputs, sequences.logSumExp);
  unsigned batch = op.getNumBatchDims();
  AffineMap batchMap = AffineMap::get(
      batch + 2, 0,
      b.getMultiDimIdentityMap(batch + 2).getResults().take_front(batch),
      b.getContext());
  maps.append(inits.size(), batchMap);

  SmallVector<Type> results(ValueRange(outputs).getTypes());
  llvm::append_range(results, inits.getTypes());
  bool isPrefix = !op.getQueryOffset() && hidesKeysAfterQuery(op.getMaskAttr());
  return recur::RescanOp::create(
      b, op.getLoc(), results, inputs, outputs, inits,
      b.getAffineMapArrayAttr(maps), recur::Boundary::Reset,
      isPrefix ? recur::History::Prefix : recur::History::All);
}

/// What the arguments of a step for the inputs of `createRescan` are.
static QueryAndKey getPair(AttentionOp op, ValueRange arguments) {
  QueryAndKey pair{arguments[0], arguments[1], arguments[2], {}, {}, {}};
  if (op.getMaskTensor())
    pair.mask = arguments[3];
  if (op.hasSegments()) {
    pair.querySegment = arguments.end()[-2];
    pair.keySegment = arguments.end()[-1];
  }
  return pair;
}

static void addRegions(RewriterBase &rewriter, AttentionOp op,
                       recur::RescanOp rescan, Cell &cell) {
  Location loc = rescan.getLoc();
  OpBuilder::InsertionGuard guard(rewriter);
  SmallVector<Type> inputs = rescan.getInputSliceTypes(),
                    state = rescan.getStateTypes();
  auto addBlock = [&](Region &region, ArrayRef<Type> seen) {
    SmallVector<Type> types(seen);
    llvm::append_range(types, state);
    return rewriter.createBlock(&region, {}, types,
                                SmallVector<Location>(types.size(), loc));
  };

  ValueRange arguments = addBlock(rescan.getStep(), inputs)->getArguments();
  QueryAndKey pair = getPair(op, arguments.take_front(inputs.size()));
  SmallVector<Value> next =
      cell.step(rewriter, pair, arguments.drop_front(inputs.size()));
  recur::YieldOp::create(rewriter, loc, next);

  SmallVector<Type> tokens;
  for (auto [i, type] : llvm::enumerate(inputs))
    if (!rescan.isHistoryInput(i))
      tokens.push_back(type);
  arguments = addBlock(rescan.getRead(), tokens)->getArguments();
  SmallVector<Value> outputs =
      cell.read(rewriter, arguments.drop_front(tokens.size()));
  recur::YieldOp::create(rewriter, loc, outputs);
}

// attention(q, K, V)  -->  for each t: finish(fold(.. fold(identity, k_0, v_0)
//                                                     .., k_j, v_j))
static void rewriteToRescan(RewriterBase &rewriter, AttentionOp op,
                            bool stabilize) {
  Location loc = op.getLoc();
  rewriter.setInsertionPoint(op);
  SmallVector<OpFoldResult> loopSizes = getLoopSizes(rewriter, op);
  std::unique_ptr<Cell> cell = stabilize ? createFoldCell(op, loopSizes)
                                         : createTextbookCell(op, loopSizes);
  Sequences sequences = createSequences(rewriter, op);
  SmallVector<Value> identity = cell->createIdentity(rewriter);
  recur::RescanOp rescan = createRescan(rewriter, op, sequences, identity);
  addRegions(rewriter, op, rescan, *cell);

  // The log-sum-exp has no features, and so is never transposed.
  SmallVector<Value> results(
      rescan.getResults().take_front(op->getNumResults()));
  ArrayRef<int64_t> permutation = sequences.output.permutation;
  if (!permutation.empty())
    results[0] =
        transpose(rewriter, loc, results[0],
                  invertPermutationVector(permutation), op.getOutputInit());
  rewriter.replaceOp(op, results);
}

namespace {
struct AttnToRecur : attn::impl::AttnToRecurBase<AttnToRecur> {
  using AttnToRecurBase::AttnToRecurBase;

  void runOnOperation() override {
    SmallVector<AttentionOp> ops;
    getOperation()->walk([&](AttentionOp op) {
      FormAttr form = op.getFormAttr();
      if (!form || form.getKind() == FormKind::Recurrent)
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (AttentionOp op : ops)
      rewriteToRescan(rewriter, op, stabilize);
  }
};
} // namespace
