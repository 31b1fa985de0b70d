//===- AttnOps.cpp - Verifiers and interfaces of the attn operations ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/Attn.h"
#include "Assembly.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::attn;

#define GET_OP_CLASSES
#include "attn/Dialect/Attn/IR/AttnOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Operands seen through maps
//===----------------------------------------------------------------------===//

template <typename OpTy>
static SmallVector<OpOperand *> getQueryKeyValueMaskAndInits(OpTy op) {
  SmallVector<OpOperand *> operands = {&op.getQueryMutable(),
                                       &op.getKeyMutable(),
                                       &op.getValueMutable()};
  for (MutableOperandRange optional :
       {op.getMaskTensorMutable(), op.getQuerySegmentsMutable(),
        op.getKeySegmentsMutable()})
    for (OpOperand &operand : optional)
      operands.push_back(&operand);
  for (OpOperand &init : op.getDpsInitsMutable())
    operands.push_back(&init);
  return operands;
}

template <typename OpTy>
static SmallVector<OpOperand *> getAllOperands(OpTy op) {
  SmallVector<OpOperand *> operands;
  for (OpOperand &operand : op->getOpOperands())
    operands.push_back(&operand);
  return operands;
}

SmallVector<OpOperand *> AttentionOp::getMappedOperands() {
  return getQueryKeyValueMaskAndInits(*this);
}
SmallVector<OpOperand *> FoldOp::getMappedOperands() {
  return getQueryKeyValueMaskAndInits(*this);
}
SmallVector<OpOperand *> CombineOp::getMappedOperands() {
  return getAllOperands(*this);
}
SmallVector<OpOperand *> FinishOp::getMappedOperands() {
  return getAllOperands(*this);
}

template <typename OpTy>
static AffineMap getMapOf(OpTy op, OpOperand *operand) {
  for (auto [mapped, map] :
       llvm::zip_equal(op.getMappedOperands(), op.getIndexingMapsArray()))
    if (mapped == operand)
      return map;
  return {}; // A scalar operand: it has no map.
}

SmallVector<OpFoldResult>
mlir::attn::getLoopSizes(OpBuilder &b, IndexingMapOpInterface op) {
  unsigned loops = op.getIndexingMapsArray().front().getNumDims();
  SmallVector<OpFoldResult> sizes(loops);
  auto isKnown = [](OpFoldResult size) { return size && isa<Attribute>(size); };
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (!map)
      continue;
    auto type = cast<ShapedType>(operand.get().getType());
    for (unsigned i = 0; i < map.getNumResults(); ++i) {
      OpFoldResult &size = sizes[map.getDimPosition(i)];
      if (!type.isDynamicDim(i) && !isKnown(size))
        size = b.getIndexAttr(type.getDimSize(i));
      else if (!size)
        size = tensor::DimOp::create(b, op.getLoc(), operand.get(), i)
                   .getResult();
    }
  }
  return sizes;
}

Operation *mlir::attn::cloneOnOperands(OpBuilder &b,
                                       DestinationStyleOpInterface op,
                                       ValueRange operands) {
  auto copy = cast<DestinationStyleOpInterface>(b.clone(*op));
  copy->setOperands(operands);
  for (auto [init, result] :
       llvm::zip_equal(copy.getDpsInits(), copy->getResults()))
    result.setType(init.getType());
  return copy;
}

template <typename OpTy>
static SmallVector<int64_t> getStaticRanges(OpTy op) {
  SmallVector<int64_t> ranges(op.getNumLoops(), ShapedType::kDynamic);
  for (auto [operand, map] :
       llvm::zip_equal(op.getMappedOperands(), op.getIndexingMapsArray()))
    for (auto [i, size] : llvm::enumerate(op.getShape(operand)))
      if (!ShapedType::isDynamic(size))
        ranges[map.getDimPosition(i)] = size;
  return ranges;
}

static LogicalResult reifyInits(DestinationStyleOpInterface op, OpBuilder &b,
                                ReifiedRankedShapedTypeDims &shapes) {
  for (Value init : op.getDpsInits())
    shapes.push_back(tensor::getMixedSizes(b, op.getLoc(), init));
  return success();
}

static FloatType getStateTypeFor(Type element) {
  return element.isF64() ? cast<FloatType>(element)
                         : Float32Type::get(element.getContext());
}

FloatType AttentionOp::getStateType() {
  return getStateTypeFor(getElementTypeOrSelf(getQuery().getType()));
}
FloatType FoldOp::getStateType() {
  return cast<FloatType>(getElementTypeOrSelf(getAcc().getType()));
}
FloatType CombineOp::getStateType() {
  return cast<FloatType>(getElementTypeOrSelf(getAcc().getType()));
}
FloatType FinishOp::getStateType() {
  return cast<FloatType>(getElementTypeOrSelf(getAcc().getType()));
}

#define ATTN_MAPPED_OP(OpTy)                                                   \
  AffineMap OpTy::getMatchingIndexingMap(OpOperand *operand) {                 \
    return getMapOf(*this, operand);                                           \
  }                                                                            \
  SmallVector<int64_t> OpTy::getStaticLoopRanges() {                           \
    return getStaticRanges(*this);                                             \
  }                                                                            \
  LogicalResult OpTy::reifyResultShapes(OpBuilder &b,                          \
                                        ReifiedRankedShapedTypeDims &shapes) { \
    return reifyInits(*this, b, shapes);                                       \
  }
ATTN_MAPPED_OP(AttentionOp)
ATTN_MAPPED_OP(FoldOp)
ATTN_MAPPED_OP(CombineOp)
ATTN_MAPPED_OP(FinishOp)
#undef ATTN_MAPPED_OP

unsigned AttentionOp::getNumHeadDims() {
  if (std::optional<int64_t> heads = getHeadDims())
    return *heads;
  unsigned batch = getNumBatchDims();
  return batch <= 1 ? batch : batch - 1;
}

/// Without segments and their maps; without what the mask compares.
template <typename OpTy>
static void removeMask(OpTy op) {
  op.removeMaskAttr();
  op.getQueryOffsetMutable().clear();
  if (!op.hasSegments())
    return;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  auto first = maps.begin() + op.getNumMappedInputs() - 2;
  maps.erase(first, first + 2);
  op.setIndexingMapsAttr(Builder(op.getContext()).getAffineMapArrayAttr(maps));
  op.getQuerySegmentsMutable().clear();
  op.getKeySegmentsMutable().clear();
}
void AttentionOp::dropMask() { removeMask(*this); }
void FoldOp::dropMask() { removeMask(*this); }

OpFoldResult FoldOp::getOriginOf(unsigned i) {
  if (getOrigin().empty())
    return Builder(getContext()).getIndexAttr(0);
  return getAsOpFoldResult(getOrigin()[i]);
}

OpFoldResult FoldOp::getPerBatch(OpBuilder &b, Value perBatch,
                                 function_ref<OpFoldResult(unsigned)> index) {
  auto type = dyn_cast<RankedTensorType>(perBatch.getType());
  if (!type)
    return getAsOpFoldResult(perBatch);
  MaskAlgebra algebra(b, getLoc());
  SmallVector<Value> indices;
  for (unsigned i = 0; i < type.getRank(); ++i)
    indices.push_back(
        algebra.materialize(algebra.add(index(i), getOriginOf(i))));
  Value entry = tensor::ExtractOp::create(b, getLoc(), perBatch, indices);
  if (!entry.getType().isIndex())
    entry = arith::IndexCastOp::create(b, getLoc(), b.getIndexType(), entry);
  return entry;
}

//===----------------------------------------------------------------------===//
// Names in the printed form
//===----------------------------------------------------------------------===//

static void nameOutputs(ValueRange results, OpAsmSetValueNameFn setName) {
  StringRef names[] = {"output", "lse"};
  for (auto [result, name] : llvm::zip(results, names))
    setName(result, name);
}
void AttentionOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  nameOutputs(getResults(), setName);
}
void FinishOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  nameOutputs(getResults(), setName);
}
void FoldOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getNewMax(), "new_max");
  setName(getNewSum(), "new_sum");
  setName(getNewAcc(), "new_acc");
}

/// (score, b.., `last`..); names are given to whatever arguments there are.
static void nameScoreArguments(Region &region, ArrayRef<StringRef> last,
                               OpAsmSetValueNameFn setName) {
  unsigned count = region.getNumArguments();
  for (BlockArgument argument : region.getArguments()) {
    unsigned fromEnd = count - argument.getArgNumber();
    setName(argument, argument.getArgNumber() == 0 ? "score"
                      : fromEnd <= last.size()     ? last[last.size() - fromEnd]
                                                   : "b");
  }
}
void AttentionOp::getAsmBlockArgumentNames(Region &region,
                                           OpAsmSetValueNameFn setName) {
  nameScoreArguments(region, {"h", "i", "j"}, setName);
}
void FoldOp::getAsmBlockArgumentNames(Region &region,
                                      OpAsmSetValueNameFn setName) {
  nameScoreArguments(region, {"i", "j"}, setName);
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

namespace {
/// What an operand must and may be indexed by; batch dimensions aside.
struct OperandRole {
  StringRef name;
  SmallVector<StringRef> dims; // Of the named dimensions, in any order.
  bool allBatchDims;           // Otherwise some, or none.
  bool someDims = false;       // A subset of `dims` is enough.
};

/// Names of the last dimensions of the iteration space.
struct DimNames {
  SmallVector<StringRef> names, meanings;
};
} // namespace

static std::string describeDim(const DimNames &dims, unsigned loops,
                               unsigned dim) {
  unsigned batch = loops - dims.names.size();
  if (dim < batch)
    return "batch dimension " + std::to_string(dim);
  return (dims.names[dim - batch] + " (" + dims.meanings[dim - batch] + ")")
      .str();
}

/// Verifies maps and shapes: one map per operand, each a projected permutation
/// over one space, with the dimensions its operand needs, and sizes that agree.
template <typename OpTy>
static LogicalResult verifyMaps(OpTy op, ArrayRef<OperandRole> roles,
                                const DimNames &dims) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  SmallVector<OpOperand *> operands = op.getMappedOperands();
  if (maps.size() != operands.size())
    return op.emitOpError("needs one indexing map per operand: ")
           << operands.size() << " operands, " << maps.size() << " maps";

  unsigned loops = maps.front().getNumDims(), named = dims.names.size();
  if (loops < named) {
    InFlightDiagnostic diag =
        op.emitOpError("needs indexing maps over (batch.., ");
    llvm::interleaveComma(dims.names, diag);
    return diag << "), got " << loops << " dimensions";
  }

  struct Seen {
    int64_t size = ShapedType::kDynamic;
    StringRef operand;
    unsigned position = 0;
  };
  SmallVector<Seen> seen(loops);
  for (auto [role, operand, map] : llvm::zip_equal(roles, operands, maps)) {
    if (map.getNumDims() != loops || map.getNumSymbols() != 0 ||
        !map.isProjectedPermutation())
      return op.emitOpError("the map of ")
             << role.name << " must be a projected permutation of " << loops
             << " dimensions, got " << AffineMapAttr::get(map)
             << "; grouped heads are a dimension of their own";
    ArrayRef<int64_t> shape = op.getShape(operand);
    if (map.getNumResults() != shape.size())
      return op.emitOpError("the map of ")
             << role.name << " has " << map.getNumResults()
             << " results, but the operand has rank " << shape.size();

    llvm::SmallBitVector used(loops);
    for (unsigned i = 0; i < shape.size(); ++i)
      used.set(map.getDimPosition(i));
    for (unsigned dim = 0; dim < loops; ++dim) {
      bool isBatch = dim < loops - named;
      bool may = isBatch || llvm::is_contained(
                                role.dims, dims.names[dim - (loops - named)]);
      bool must = may && !role.someDims && (!isBatch || role.allBatchDims);
      if (used[dim] && !may)
        return op.emitOpError("the map of ")
               << role.name << " must not use "
               << describeDim(dims, loops, dim);
      if (!used[dim] && must)
        return op.emitOpError("the map of ")
               << role.name << " must use " << describeDim(dims, loops, dim);
    }

    for (auto [i, size] : llvm::enumerate(shape)) {
      if (ShapedType::isDynamic(size))
        continue;
      Seen &other = seen[map.getDimPosition(i)];
      if (ShapedType::isDynamic(other.size))
        other = {size, role.name, static_cast<unsigned>(i)};
      else if (other.size != size)
        return op.emitOpError("sizes differ in ")
               << describeDim(dims, loops, map.getDimPosition(i))
               << ": dimension " << other.position << " of " << other.operand
               << " has size " << other.size << ", dimension " << i << " of "
               << role.name << " has size " << size;
    }
  }
  return success();
}

static DimNames getAttentionDims() {
  return {{"m", "k1", "k2", "n"},
          {"queries", "features of query and key", "keys",
           "features of the value"}};
}

template <typename OpTy>
static SmallVector<OperandRole> getAttentionRoles(OpTy op) {
  SmallVector<OperandRole> roles = {{"query", {"m", "k1"}, true},
                                    {"key", {"k1", "k2"}, false},
                                    {"value", {"k2", "n"}, false}};
  if (op.getMaskTensor())
    roles.push_back({"mask tensor", {"m", "k2"}, false, /*someDims=*/true});
  if (op.hasSegments())
    roles.append({{"segments of queries", {"m"}, false, /*someDims=*/true},
                  {"segments of keys", {"k2"}, false, /*someDims=*/true}});
  return roles;
}

/// The results of a destination-style op have the types of its inits.
static LogicalResult verifyResultTypes(DestinationStyleOpInterface op) {
  if (op.getNumDpsInits() != op->getNumResults())
    return op.emitOpError("needs one result per destination: ")
           << op.getNumDpsInits() << " destinations, " << op->getNumResults()
           << " results";
  for (auto [init, result] :
       llvm::zip_equal(op.getDpsInits(), op->getResults()))
    if (init.getType() != result.getType())
      return op.emitOpError("the result type ")
             << result.getType() << " differs from its destination's "
             << init.getType();
  return success();
}

template <typename OpTy>
static LogicalResult verifyStateType(OpTy op, FloatType expected,
                                     ArrayRef<Value> states) {
  for (Value state : states)
    if (getElementTypeOrSelf(state.getType()) != expected)
      return op.emitOpError("the running state must be ")
             << expected << ", got " << state.getType();
  return success();
}

template <typename OpTy>
static LogicalResult verifyLogSumExpType(OpTy op) {
  Type type = op.getOutputs()[1].getType();
  if (getElementTypeOrSelf(type) != op.getStateType())
    return op.emitOpError("the log-sum-exp must be ")
           << op.getStateType() << ", got " << type;
  return success();
}

/// Segments are there iff the mask compares them.
template <typename OpTy>
static LogicalResult verifySegments(OpTy op) {
  Value queries = op.getQuerySegments(), keys = op.getKeySegments();
  if (!queries != !keys)
    return op.emitOpError("needs segments of queries and of keys, or neither");
  if (usesSegments(op.getMaskAttr()) != op.hasSegments())
    return op.emitOpError(op.hasSegments()
                              ? "has segments, but its mask does not compare "
                                "them: it has no #attn.segments"
                              : "has a mask that compares segments, but no "
                                "operands segments(...)");
  if (queries && getElementTypeOrSelf(queries.getType()) !=
                     getElementTypeOrSelf(keys.getType()))
    return op.emitOpError("segments of queries and of keys must have one "
                          "element type, got ")
           << queries.getType() << " and " << keys.getType();
  return success();
}

/// What attention and fold share besides maps: element types, scale, per-batch
/// operands, the number of score regions.
template <typename OpTy>
static LogicalResult verifyScores(OpTy op, unsigned perBatchRank) {
  Type element = getElementTypeOrSelf(op.getQuery().getType());
  for (Value value : {op.getKey(), op.getValue()})
    if (getElementTypeOrSelf(value.getType()).isF64() != element.isF64())
      return op.emitOpError("f64 and narrower types must not be mixed: query "
                            "has element type ")
             << element << ", another operand " << value.getType();
  if (Value mask = op.getMaskTensor())
    if (getElementTypeOrSelf(mask.getType()).isF64() && !element.isF64())
      return op.emitOpError("the mask tensor must not be wider than the "
                            "running state, ")
             << op.getStateType() << ", got " << mask.getType();
  if (op.getScore().size() > 1)
    return op.emitOpError("takes at most one score region, got ")
           << op.getScore().size();

  if (std::optional<APFloat> scale = op.getScale())
    if (!scale->isFinite())
      return op.emitOpError("the scale must be finite");

  auto verifyPerBatch = [&](StringRef name, Value value) -> LogicalResult {
    auto type =
        dyn_cast_or_null<RankedTensorType>(value ? value.getType() : Type());
    if (!type || type.getRank() == static_cast<int64_t>(perBatchRank))
      return success();
    return op.emitOpError() << name << " must be an index or have one element "
                            << "per batch, that is rank " << perBatchRank
                            << ", got " << type;
  };
  return success(
      succeeded(verifyPerBatch("query_offset", op.getQueryOffset())) &&
      succeeded(verifyPerBatch("valid_keys", op.getValidKeys())));
}

template <typename OpTy>
static LogicalResult verifyScoreRegion(OpTy op, ArrayRef<StringRef> indices) {
  if (!op.getScoreBody())
    return success();
  FloatType stateType = op.getStateType();
  Block &body = *op.getScoreBody();
  bool typesAgree = body.getNumArguments() == indices.size() + 1 &&
                    body.getArgument(0).getType() == stateType;
  for (BlockArgument argument : body.getArguments().drop_front(
           std::min<unsigned>(1, body.getNumArguments())))
    typesAgree &= argument.getType().isIndex();
  if (!typesAgree) {
    InFlightDiagnostic diag =
        op.emitOpError("the score region must take (score : ") << stateType;
    for (StringRef index : indices)
      diag << ", " << index << " : index";
    return diag << ")";
  }
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield || yield.getScore().getType() != stateType)
    return op.emitOpError("the score region must end in attn.yield of a ")
           << stateType;
  for (Operation &nested : body)
    if (!isMemoryEffectFree(&nested))
      return nested.emitOpError(
          "has side effects; a score region must not");
  return success();
}

/// Whether per-batch tensors have as many elements as there are batches.
template <typename OpTy>
static LogicalResult verifyPerBatchSizes(OpTy op, unsigned perBatchRank) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (Value value : {op.getQueryOffset(), op.getValidKeys()}) {
    auto type =
        dyn_cast_or_null<RankedTensorType>(value ? value.getType() : Type());
    if (!type)
      continue;
    for (unsigned i = 0; i < perBatchRank; ++i)
      if (!type.isDynamicDim(i) && !ShapedType::isDynamic(ranges[i]) &&
          type.getDimSize(i) != ranges[i])
        return op.emitOpError("a per-batch operand has ")
               << type.getDimSize(i) << " elements in dimension " << i
               << ", but there are " << ranges[i] << " batches";
  }
  return success();
}

LogicalResult AttentionOp::verify() {
  if (getOutputs().empty() || getOutputs().size() > 2)
    return emitOpError("needs one destination for the output and at most one "
                       "for the log-sum-exp, got ")
           << getOutputs().size();
  if (failed(verifySegments(*this)))
    return failure();
  SmallVector<OperandRole> roles = getAttentionRoles(*this);
  roles.push_back({"output", {"m", "n"}, true});
  if (hasLogSumExp())
    roles.push_back({"log-sum-exp", {"m"}, true});
  if (failed(verifyMaps(*this, roles, getAttentionDims())) ||
      failed(verifyResultTypes(*this)))
    return failure();

  Type element = getElementTypeOrSelf(getQuery().getType());
  if (getElementTypeOrSelf(getOutputInit().getType()).isF64() !=
      element.isF64())
    return emitOpError("f64 and narrower types must not be mixed: query has "
                       "element type ")
           << element << ", another operand " << getOutputInit().getType();
  if (hasLogSumExp() && failed(verifyLogSumExpType(*this)))
    return failure();

  unsigned batch = getNumBatchDims();
  int64_t heads = getHeadDims().value_or(0);
  if (heads < 0 || heads > batch)
    return emitOpError("head_dims is ")
           << heads << ", but there are " << batch << " batch dimensions";
  unsigned perBatchRank = batch - getNumHeadDims();
  if (failed(verifyScores(*this, perBatchRank)))
    return failure();
  return verifyPerBatchSizes(*this, perBatchRank);
}

LogicalResult AttentionOp::verifyRegions() {
  SmallVector<StringRef> indices(getNumBatchDims() - getNumHeadDims(), "b");
  indices.append({"h", "i", "j"});
  return verifyScoreRegion(*this, indices);
}

LogicalResult FoldOp::verify() {
  if (failed(verifySegments(*this)))
    return failure();
  SmallVector<OperandRole> roles = getAttentionRoles(*this);
  roles.push_back({"m", {"m"}, true});
  roles.push_back({"l", {"m"}, true});
  roles.push_back({"acc", {"m", "n"}, true});
  if (failed(verifyMaps(*this, roles, getAttentionDims())) ||
      failed(verifyResultTypes(*this)) ||
      failed(verifyStateType(
          *this,
          getStateTypeFor(getElementTypeOrSelf(getQuery().getType())),
          {getMax(), getSum(), getAcc()})))
    return failure();
  unsigned positions = getNumBatchDims() + 2;
  if (!getOrigin().empty() && getOrigin().size() != positions)
    return emitOpError("needs one position per dimension of (batch.., m, k2), "
                       "that is ")
           << positions << ", got " << getOrigin().size();
  auto getRank = [](Value value) -> unsigned {
    auto type =
        dyn_cast_or_null<RankedTensorType>(value ? value.getType() : Type());
    return type ? type.getRank() : 0;
  };
  unsigned rank = std::max(getRank(getQueryOffset()), getRank(getValidKeys()));
  if (rank > getNumBatchDims())
    return emitOpError("a per-batch operand has rank ")
           << rank << ", but there are " << getNumBatchDims()
           << " batch dimensions";
  if (failed(verifyScores(*this, rank)))
    return failure();
  // A tile has the per-batch operands of the whole.
  return getOrigin().empty() ? verifyPerBatchSizes(*this, rank) : success();
}

LogicalResult FoldOp::verifyRegions() {
  SmallVector<StringRef> indices(getNumBatchDims(), "b");
  indices.append({"i", "j"});
  return verifyScoreRegion(*this, indices);
}

LogicalResult CombineOp::verify() {
  SmallVector<OperandRole> roles = {{"partial m", {"m", "s"}, true},
                                    {"partial l", {"m", "s"}, true},
                                    {"partial acc", {"m", "s", "n"}, true},
                                    {"m", {"m"}, true},
                                    {"l", {"m"}, true},
                                    {"acc", {"m", "n"}, true}};
  DimNames dims = {{"m", "s", "n"},
                   {"queries", "splits", "features of the value"}};
  if (failed(verifyMaps(*this, roles, dims)))
    return failure();
  if (failed(verifyStateType(*this, getStateType(),
                             ArrayRef<Value>{getPartialMax(), getPartialSum(),
                              getPartialAcc(), getMax(), getSum()})))
    return failure();
  return verifyResultTypes(*this);
}

LogicalResult FinishOp::verify() {
  if (getOutputs().empty() || getOutputs().size() > 2)
    return emitOpError("needs one destination for the output and at most one "
                       "for the log-sum-exp, got ")
           << getOutputs().size();
  SmallVector<OperandRole> roles = {{"m", {"m"}, true},
                                    {"l", {"m"}, true},
                                    {"acc", {"m", "n"}, true},
                                    {"output", {"m", "n"}, true}};
  if (hasLogSumExp())
    roles.push_back({"log-sum-exp", {"m"}, true});
  DimNames dims = {{"m", "n"}, {"queries", "features of the value"}};
  if (failed(verifyMaps(*this, roles, dims)) ||
      failed(verifyStateType(*this, getStateType(), {getMax(), getSum()})))
    return failure();
  if (hasLogSumExp() && failed(verifyLogSumExpType(*this)))
    return failure();
  return verifyResultTypes(*this);
}

LogicalResult CountOp::verify() {
  StringRef name = getCounter();
  auto isWordCharacter = [](char c) { return llvm::isAlnum(c) || c == '_'; };
  if (name.empty() || llvm::isDigit(name.front()) ||
      !llvm::all_of(name, isWordCharacter))
    return emitOpError("the name of a counter is part of a C function's name: "
                       "letters, digits and _, not first a digit; got \"")
           << name << "\"";
  return success();
}
