//===- SizeClasses.cpp - Which sizes of a function must agree ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/SizeClasses.h"
#include "attn/Dialect/Recur/IR/Recur.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/IndexingMapOpInterface.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

SizeClasses::SizeClasses(func::FuncOp function) {
  for (BlockArgument argument : function.getArguments())
    uniteAll(argument, argument);
  function.walk([&](Operation *op) { visit(op); });
  for (auto [key, node] : nodes) {
    int64_t size =
        cast<RankedTensorType>(key.first.getType()).getDimSize(key.second);
    if (!ShapedType::isDynamic(size))
      staticSizes[classes.getLeaderValue(node)] = size;
  }
}

unsigned SizeClasses::getNode(Value tensor, unsigned dim) {
  auto [it, isNew] = nodes.try_emplace({tensor, dim}, nodes.size());
  if (isNew)
    classes.insert(it->second);
  return it->second;
}

void SizeClasses::unite(Value a, unsigned dimA, Value b, unsigned dimB) {
  unsigned nodeA = getNode(a, dimA), nodeB = getNode(b, dimB);
  classes.unionSets(nodeA, nodeB);
}

void SizeClasses::uniteAll(Value a, Value b) {
  auto type = dyn_cast<RankedTensorType>(a.getType());
  auto other = dyn_cast<RankedTensorType>(b.getType());
  if (type && other && type.getRank() == other.getRank())
    for (int64_t i = 0; i < type.getRank(); ++i)
      unite(a, i, b, i);
}

unsigned SizeClasses::getClass(Value tensor, unsigned dim) const {
  return classes.getLeaderValue(nodes.at({tensor, dim}));
}

std::optional<int64_t> SizeClasses::getStaticSize(unsigned sizeClass) const {
  auto it = staticSizes.find(sizeClass);
  return it == staticSizes.end() ? std::nullopt : std::optional(it->second);
}

void SizeClasses::visit(Operation *op) {
  // Sizes seen through the same loop are equal.
  DenseMap<unsigned, std::pair<Value, unsigned>> loops;
  auto uniteLoops = [&](Value operand, AffineMap map) {
    if (!map || !isa<RankedTensorType>(operand.getType()))
      return;
    for (auto [i, result] : llvm::enumerate(map.getResults()))
      if (auto dim = dyn_cast<AffineDimExpr>(result)) {
        auto [it, isNew] = loops.try_emplace(dim.getPosition(), operand, i);
        unite(operand, i, it->second.first, it->second.second);
      }
  };
  if (auto mapped = dyn_cast<IndexingMapOpInterface>(op))
    for (OpOperand &operand : op->getOpOperands())
      uniteLoops(operand.get(), mapped.getMatchingIndexingMap(&operand));
  auto uniteRecurrence = [&](auto recurrence) {
    for (auto [operand, map] : llvm::zip_equal(
             op->getOperands(), recurrence.getIndexingMapsArray()))
      uniteLoops(operand, map);
  };
  if (auto scan = dyn_cast<recur::ScanOp>(op))
    uniteRecurrence(scan);
  if (auto rescan = dyn_cast<recur::RescanOp>(op))
    uniteRecurrence(rescan);
  // A result has the size of its destination.
  if (auto styled = dyn_cast<DestinationStyleOpInterface>(op))
    for (auto [init, result] :
         llvm::zip(styled.getDpsInits(), op->getResults()))
      uniteAll(init, result);

  auto uniteRanges = [&](ValueRange a, ValueRange b) {
    for (auto [x, y] : llvm::zip(a, b))
      uniteAll(x, y);
  };
  // A size taken from a tensor.
  auto uniteSizes = [&](Value tensor, ArrayRef<OpFoldResult> sizes) {
    for (auto [i, size] : llvm::enumerate(sizes))
      if (auto value = dyn_cast<Value>(size))
        if (auto dim = value.getDefiningOp<tensor::DimOp>())
          if (auto type = dyn_cast<RankedTensorType>(dim.getSource().getType()))
            if (std::optional<int64_t> index = dim.getConstantIndex();
                index && *index >= 0 && *index < type.getRank())
              unite(tensor, i, dim.getSource(), *index);
  };
  auto uniteGroups = [&](Value collapsed, Value expanded,
                         ArrayRef<ReassociationIndices> groups) {
    auto type = cast<RankedTensorType>(expanded.getType());
    for (auto [i, group] : llvm::enumerate(groups)) {
      // What is left without sizes of 1.
      auto isLong = [&](int64_t dim) { return type.getDimSize(dim) != 1; };
      if (llvm::count_if(group, isLong) == 1)
        unite(collapsed, i, expanded, *llvm::find_if(group, isLong));
      else if (group.size() == 1)
        unite(collapsed, i, expanded, group.front());
    }
  };
  // The dimensions of `whole` that a slice of it takes as they are.
  auto uniteSlice = [&](Value slice, Value whole, auto op) {
    llvm::SmallBitVector dropped = op.getDroppedDims();
    auto wholeType = cast<RankedTensorType>(whole.getType());
    unsigned dim = 0;
    for (int64_t i = 0; i < wholeType.getRank(); ++i) {
      if (dropped.test(i))
        continue;
      OpFoldResult size = op.getMixedSizes()[i];
      auto dimOp = dyn_cast<Value>(size)
                       ? cast<Value>(size).template getDefiningOp<tensor::DimOp>()
                       : nullptr;
      bool isWhole =
          isConstantIntValue(op.getMixedOffsets()[i], 0) &&
          isConstantIntValue(op.getMixedStrides()[i], 1) &&
          (dimOp ? dimOp.getSource() == whole && dimOp.getConstantIndex() == i
                 : isConstantIntValue(size, wholeType.getDimSize(i)));
      if (isWhole)
        unite(slice, dim, whole, i);
      ++dim;
    }
  };
  TypeSwitch<Operation *>(op)
      .Case<tensor::CastOp>(
          [&](auto cast) { uniteAll(cast.getSource(), cast.getDest()); })
      .Case<tensor::EmptyOp>(
          [&](auto empty) { uniteSizes(empty, empty.getMixedSizes()); })
      .Case<tensor::CollapseShapeOp>([&](auto reshape) {
        uniteGroups(reshape.getResult(), reshape.getSrc(),
                    reshape.getReassociationIndices());
      })
      .Case<tensor::ExpandShapeOp>([&](auto reshape) {
        uniteGroups(reshape.getSrc(), reshape.getResult(),
                    reshape.getReassociationIndices());
      })
      .Case<tensor::ExtractSliceOp>([&](auto slice) {
        uniteSlice(slice.getResult(), slice.getSource(), slice);
      })
      .Case<tensor::InsertSliceOp>([&](auto insert) {
        uniteAll(insert.getDest(), insert.getResult());
        uniteSlice(insert.getSource(), insert.getDest(), insert);
      })
      .Case<tensor::ConcatOp>([&](auto concat) {
        for (Value input : concat.getInputs())
          for (int64_t i = 0; i < concat.getRank(); ++i)
            if (i != static_cast<int64_t>(concat.getDim()))
              unite(concat.getResult(), i, input, i);
      })
      .Case<tensor::PadOp>([&](auto pad) {
        for (auto [i, low, high] :
             llvm::enumerate(pad.getMixedLowPad(), pad.getMixedHighPad()))
          if (isConstantIntValue(low, 0) && isConstantIntValue(high, 0))
            unite(pad.getResult(), i, pad.getSource(), i);
      })
      .Case<scf::ForOp>([&](auto loop) {
        uniteRanges(loop.getInitArgs(), loop.getRegionIterArgs());
        uniteRanges(loop.getInitArgs(), loop.getResults());
        uniteRanges(loop.getInitArgs(), loop.getYieldedValues());
      })
      .Case<scf::IfOp>([&](auto branch) {
        if (branch.getNumResults() == 0)
          return;
        uniteRanges(branch.getResults(), branch.thenYield().getOperands());
        uniteRanges(branch.getResults(), branch.elseYield().getOperands());
      })
      .Default([&](Operation *other) {
        if (!OpTrait::hasElementwiseMappableTraits(other))
          return;
        for (Value operand : other->getOperands())
          for (Value result : other->getResults())
            uniteAll(operand, result);
      });

  // Every tensor has a class.
  for (Value result : op->getResults())
    uniteAll(result, result);
}
