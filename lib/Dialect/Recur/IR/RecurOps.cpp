//===- RecurOps.cpp - Verifiers of the recur operations ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Recur/IR/Recur.h"
#include "Assembly.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::recur;

#define GET_OP_CLASSES
#include "attn/Dialect/Recur/IR/RecurOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

Type mlir::recur::getSliceType(RankedTensorType type, unsigned iterated) {
  ArrayRef<int64_t> shape = type.getShape().drop_front(iterated);
  if (shape.empty())
    return type.getElementType();
  return RankedTensorType::get(shape, type.getElementType());
}

template <typename OpTy>
static SmallVector<Type> getSliceTypes(OpTy op, ValueRange operands,
                                       unsigned firstMap) {
  SmallVector<Type> types;
  for (auto [i, operand] : llvm::enumerate(operands))
    types.push_back(
        getSliceType(cast<RankedTensorType>(operand.getType()),
                     op.getIndexingMapsArray()[firstMap + i].getNumResults()));
  return types;
}

/// Calls `see(loop, operand, dimension of operand, its static size)`.
template <typename OpTy>
static void forEachIteratedDim(
    OpTy op, function_ref<void(unsigned, Value, unsigned, int64_t)> see) {
  for (auto [operand, map] :
       llvm::zip_equal(op->getOperands(), op.getIndexingMapsArray()))
    for (unsigned i = 0; i < map.getNumResults(); ++i)
      see(map.getDimPosition(i), operand, i,
          cast<RankedTensorType>(operand.getType()).getDimSize(i));
}

template <typename OpTy>
static SmallVector<int64_t> getStaticRanges(OpTy op) {
  SmallVector<int64_t> ranges(op.getNumLoops(), ShapedType::kDynamic);
  forEachIteratedDim(op, [&](unsigned loop, Value, unsigned, int64_t size) {
    if (!ShapedType::isDynamic(size))
      ranges[loop] = size;
  });
  return ranges;
}

template <typename OpTy>
static SmallVector<OpFoldResult> getSizes(OpTy op, OpBuilder &b) {
  SmallVector<OpFoldResult> sizes;
  for (int64_t range : getStaticRanges(op))
    sizes.push_back(ShapedType::isDynamic(range) ? OpFoldResult()
                                                 : b.getIndexAttr(range));
  forEachIteratedDim(
      op, [&](unsigned loop, Value operand, unsigned dim, int64_t) {
        if (!sizes[loop])
          sizes[loop] =
              tensor::DimOp::create(b, op.getLoc(), operand, dim).getResult();
      });
  return sizes;
}

static LogicalResult reifyInits(DestinationStyleOpInterface op, OpBuilder &b,
                                ReifiedRankedShapedTypeDims &shapes) {
  for (Value init : op.getDpsInits())
    shapes.push_back(tensor::getMixedSizes(b, op.getLoc(), init));
  return success();
}

#define DEFINE_SHARED(OpTy)                                                    \
  SmallVector<OpFoldResult> OpTy::getLoopSizes(OpBuilder &b) {                 \
    return getSizes(*this, b);                                                 \
  }                                                                            \
  SmallVector<int64_t> OpTy::getStaticLoopRanges() {                           \
    return getStaticRanges(*this);                                             \
  }                                                                            \
  SmallVector<Type> OpTy::getInputSliceTypes() {                               \
    return getSliceTypes(*this, getInputs(), 0);                               \
  }                                                                            \
  SmallVector<Type> OpTy::getOutputSliceTypes() {                              \
    return getSliceTypes(*this, getOutputs(), getInputs().size());             \
  }                                                                            \
  SmallVector<Type> OpTy::getStateTypes() {                                    \
    return getSliceTypes(*this, getInits(),                                    \
                         getInputs().size() + getOutputs().size());            \
  }                                                                            \
  LogicalResult OpTy::reifyResultShapes(                                       \
      OpBuilder &b, ReifiedRankedShapedTypeDims &shapes) {                     \
    return reifyInits(*this, b, shapes);                                       \
  }
DEFINE_SHARED(ScanOp)
DEFINE_SHARED(RescanOp)
#undef DEFINE_SHARED

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// `dims`: which loops the map must have, each once and no other.
static bool hasExactly(AffineMap map, ArrayRef<unsigned> dims) {
  if (map.getNumResults() != dims.size())
    return false;
  return llvm::all_of(dims,
                      [&](unsigned dim) { return map.isFunctionOfDim(dim); });
}

template <typename OpTy>
static LogicalResult verifyOperands(OpTy op) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  if (maps.size() != op->getNumOperands())
    return op.emitOpError("needs one indexing map for each of its ")
           << op->getNumOperands() << " operands, has " << maps.size();
  if (op.getInits().empty())
    return op.emitOpError("needs a state: init is empty");
  unsigned ownLoops = isa<ScanOp>(op) ? 1 : 2;
  unsigned loops = maps.front().getNumDims();
  if (loops < ownLoops)
    return op.emitOpError("its maps are over (batch.., ")
           << (ownLoops == 1 ? "t)" : "t, j)") << ", got "
           << AffineMapAttr::get(maps.front());

  for (auto [i, map] : llvm::enumerate(maps)) {
    auto type = cast<RankedTensorType>(op->getOperand(i).getType());
    if (map.getNumDims() != loops || map.getNumSymbols() ||
        !map.isProjectedPermutation())
      return op.emitOpError("indexing map #")
             << i << " must be a projected permutation of the " << loops
             << " dimensions of the first, got " << AffineMapAttr::get(map);
    if (map.getNumResults() > type.getRank())
      return op.emitOpError("indexing map #")
             << i << " has " << map.getNumResults() << " results for "
             << type << ", whose rank is " << type.getRank();
  }

  SmallVector<unsigned> state =
      llvm::to_vector(llvm::seq<unsigned>(0, op.getNumBatchDims()));
  SmallVector<unsigned> output = state;
  output.push_back(op.getTimeDim());
  for (unsigned i = 0; i < op.getOutputs().size(); ++i)
    if (!hasExactly(op.getOutputMap(i), output))
      return op.emitOpError("the map of output #")
             << i << " must have each batch dimension and t, got "
             << AffineMapAttr::get(op.getOutputMap(i));
  for (unsigned i = 0; i < op.getInits().size(); ++i)
    if (!hasExactly(op.getInitMap(i), state))
      return op.emitOpError("the map of init #")
             << i << " must have each batch dimension and no other, got "
             << AffineMapAttr::get(op.getInitMap(i));

  SmallVector<int64_t> ranges(loops, ShapedType::kDynamic);
  SmallVector<bool> bounded(loops, false);
  std::string clash;
  forEachIteratedDim(op, [&](unsigned loop, Value, unsigned, int64_t size) {
    bounded[loop] = true;
    if (ShapedType::isDynamic(size))
      return;
    if (!ShapedType::isDynamic(ranges[loop]) && ranges[loop] != size)
      llvm::raw_string_ostream(clash)
          << "operands disagree on the size of dimension " << loop << ": "
          << ranges[loop] << " and " << size;
    ranges[loop] = size;
  });
  if (!clash.empty())
    return op.emitOpError(clash);
  for (unsigned loop = 0; loop < loops; ++loop)
    if (!bounded[loop])
      return op.emitOpError("nothing says how far ")
             << (loop == op.getTimeDim() ? "t" : "j")
             << " goes: no operand's map has it"; // Inits have all others.
  return success();
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

/// A region takes `arguments` and yields `results`; an empty range of results
/// that is `unknown` leaves them to the caller.
static LogicalResult verifyRegion(Operation *op, StringRef name, Block *body,
                                  TypeRange arguments,
                                  std::optional<SmallVector<Type>> results) {
  if (!body)
    return success();
  if (body->getArgumentTypes() != arguments)
    return op->emitOpError("region '")
           << name << "' must take (" << arguments << "), takes ("
           << body->getArgumentTypes() << ")";
  auto yield = body->empty() ? YieldOp() : dyn_cast<YieldOp>(body->back());
  if (!yield)
    return op->emitOpError("region '") << name << "' must end in recur.yield";
  if (results && TypeRange(yield.getValues()) != TypeRange(*results))
    return yield.emitOpError("region '")
           << name << "' must yield (" << *results << "), yields ("
           << yield.getValues().getTypes() << ")";
  WalkResult pure = body->walk([&](Operation *nested) {
    if (isMemoryEffectFree(nested))
      return WalkResult::advance();
    nested->emitOpError("has side effects; region '")
        << name << "' of " << op->getName() << " must have none";
    return WalkResult::interrupt();
  });
  return failure(pure.wasInterrupted());
}

static SmallVector<Type> concat(ArrayRef<Type> a, ArrayRef<Type> b) {
  SmallVector<Type> types(a);
  llvm::append_range(types, b);
  return types;
}

template <typename OpTy>
static LogicalResult verifyOutputsWithoutRead(OpTy op) {
  SmallVector<Type> outputs = op.getOutputSliceTypes(),
                    state = op.getStateTypes();
  if (op.getReadBody() || outputs.empty() || outputs == state)
    return success();
  return op.emitOpError("without `read` the outputs are the states (")
         << state << "), but their slices are (" << outputs << ")";
}

LogicalResult ScanOp::verify() {
  if (failed(verifyOperands(*this)))
    return failure();
  Region &lift = getLift(), &combine = getCombine(), &step = getStep();
  bool named = getMonoid() && !lift.empty() && combine.empty() && step.empty();
  bool custom = !getMonoid() && !lift.empty() && !combine.empty() && step.empty();
  bool cell = !getMonoid() && lift.empty() && combine.empty() && !step.empty();
  if (!named && !custom && !cell)
    return emitOpError("needs a cell: `step`, or a `monoid` with `lift`, or "
                       "`lift` with `combine`");
  return success();
}

LogicalResult ScanOp::verifyRegions() {
  SmallVector<Type> inputs = getInputSliceTypes(), state = getStateTypes();
  SmallVector<Type> both = concat(inputs, state);
  std::optional<SmallVector<Type>> element;
  if (!getMonoid())
    element = state;
  if (failed(verifyRegion(*this, "lift", getLiftBody(), inputs, element)) ||
      failed(verifyRegion(*this, "combine", getCombineBody(),
                          concat(state, state), state)) ||
      failed(verifyRegion(*this, "step", getStepBody(), both, state)) ||
      failed(verifyRegion(*this, "read", getReadBody(), both,
                          getOutputSliceTypes())))
    return failure();
  if (failed(verifyOutputsWithoutRead(*this)))
    return failure();
  if (MonoidAttrInterface monoid = getMonoidAttr())
    return monoid.verifyTypes([&] { return emitOpError(); },
                              getLiftBody()->getTerminator()->getOperandTypes(),
                              state);
  return success();
}

LogicalResult RescanOp::verify() {
  if (failed(verifyOperands(*this)))
    return failure();
  if (getStep().empty())
    return emitOpError("needs a region `step`");
  return success();
}

LogicalResult RescanOp::verifyRegions() {
  SmallVector<Type> inputs = getInputSliceTypes(), state = getStateTypes();
  SmallVector<Type> tokens;
  for (auto [i, type] : llvm::enumerate(inputs))
    if (!isHistoryInput(i))
      tokens.push_back(type);
  if (failed(verifyRegion(*this, "step", getStepBody(), concat(inputs, state),
                          state)) ||
      failed(verifyRegion(*this, "read", getReadBody(), concat(tokens, state),
                          getOutputSliceTypes())))
    return failure();
  return verifyOutputsWithoutRead(*this);
}

/// The region of a recurrence that holds `op`, or null.
static Region *getRecurrenceRegion(Operation *op) {
  for (Region *region = op->getParentRegion(); region;
       region = region->getParentRegion())
    if (isa<ScanOp, RescanOp>(region->getParentOp()))
      return region;
  return nullptr;
}

LogicalResult IndexOp::verify() {
  Region *region = getRecurrenceRegion(*this);
  if (!region)
    return emitOpError("must be inside a region of a recurrence");
  int64_t loops = 0;
  if (auto scan = dyn_cast<ScanOp>(region->getParentOp())) {
    loops = scan.getNumLoops();
    if (region == &scan.getCombine())
      return emitOpError("the region `combine` belongs to no token");
  } else {
    auto rescan = cast<RescanOp>(region->getParentOp());
    loops = rescan.getNumLoops() - (region == &rescan.getRead());
  }
  if (getDim() >= static_cast<uint64_t>(loops))
    return emitOpError("the iteration space here has ")
           << loops << " dimensions, got dimension " << getDim();
  return success();
}
