//===- OperandView.cpp - Elements as operands with a map ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperandView.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

bool OperandView::has(unsigned dim) const {
  return llvm::any_of(axes, [&](ArrayRef<unsigned> dims) {
    return llvm::is_contained(dims, dim);
  });
}

/// The dimensions whose row-major index `index` is, covering an axis of `size`.
static std::optional<SmallVector<unsigned>>
getDims(const IndexSpace &space, AffineExpr index, int64_t size) {
  LinearIndex linear = space.getLinear(index);
  if (linear.constant != 0)
    return std::nullopt;
  if (linear.terms.empty())
    return size == 1 ? std::optional(SmallVector<unsigned>()) : std::nullopt;
  llvm::sort(linear.terms, [](const IndexTerm &a, const IndexTerm &b) {
    return a.factor < b.factor;
  });
  SmallVector<unsigned> dims;
  int64_t stride = 1;
  for (const IndexTerm &term : linear.terms) {
    auto dim = dyn_cast<AffineDimExpr>(term.index);
    if (!dim || ShapedType::isDynamic(stride) || term.factor != stride)
      return std::nullopt;
    dims.insert(dims.begin(), dim.getPosition());
    int64_t dimSize = space.get(dim.getPosition()).size;
    stride = ShapedType::isDynamic(dimSize) ? dimSize : stride * dimSize;
  }
  // An axis that is not covered would be read in part only.
  if (stride != size)
    return std::nullopt;
  return dims;
}

static std::optional<OperandView> getView(const IndexSpace &space,
                                          const Access &access) {
  auto type = dyn_cast<RankedTensorType>(access.tensor.getType());
  if (!type)
    return std::nullopt;
  OperandView view{access.tensor, {}};
  for (auto [index, size] : llvm::zip_equal(access.indices, type.getShape())) {
    std::optional<SmallVector<unsigned>> dims = getDims(space, index, size);
    if (!dims || llvm::any_of(*dims, [&](unsigned d) { return view.has(d); }))
      return std::nullopt;
    view.axes.push_back(*dims);
  }
  return view;
}

std::optional<OperandView> mlir::attn::getView(const ExpressionReader &reader,
                                               Expr element) {
  std::optional<OperandView> found;
  for (const Access &access : element->accesses) {
    if (std::optional<OperandView> view = ::getView(reader.space, access))
      found = view;
    // Behind a slice are elements that nobody reads.
    if (access.tensor.getDefiningOp<tensor::ExtractSliceOp>())
      break;
  }
  return found;
}

//===----------------------------------------------------------------------===//
// Reshapes
//===----------------------------------------------------------------------===//

/// expand_shape so that each axis is one dimension.
static void splitAxes(OpBuilder &builder, Location loc, const IndexSpace &space,
                      OperandView &view) {
  auto type = cast<RankedTensorType>(view.tensor.getType());
  SmallVector<int64_t> shape;
  SmallVector<ReassociationIndices> groups;
  SmallVector<SmallVector<unsigned>> axes;
  for (auto [dims, size] : llvm::zip_equal(view.axes, type.getShape())) {
    ReassociationIndices group;
    auto add = [&](int64_t dimSize, SmallVector<unsigned> dim) {
      group.push_back(shape.size());
      shape.push_back(dimSize);
      axes.push_back(std::move(dim));
    };
    if (dims.size() <= 1)
      add(size, dims);
    else
      for (unsigned dim : dims)
        add(space.get(dim).size, {dim});
    groups.push_back(group);
  }
  if (shape.size() == view.axes.size())
    return;
  view.tensor = tensor::ExpandShapeOp::create(
      builder, loc, RankedTensorType::get(shape, type.getElementType()),
      view.tensor, groups);
  view.axes = axes;
}

/// A reshape that only drops and adds axes of size 1; `kept` are the axes of
/// the result that the tensor has.
static Value reshapeUnits(OpBuilder &builder, Location loc, Value tensor,
                          const llvm::SmallBitVector &drop) {
  if (drop.none())
    return tensor;
  SmallVector<ReassociationIndices> groups;
  ReassociationIndices pending;
  for (unsigned i = 0; i < drop.size(); ++i) {
    pending.push_back(i);
    if (!drop[i]) {
      groups.push_back(pending);
      pending.clear();
    }
  }
  if (!groups.empty())
    groups.back().append(pending);
  return tensor::CollapseShapeOp::create(builder, loc, tensor, groups);
}

void mlir::attn::materialize(OpBuilder &builder, Location loc,
                             const IndexSpace &space, OperandView &view,
                             ArrayRef<unsigned> units, bool needsAll) {
  splitAxes(builder, loc, space, view);
  SmallVector<unsigned> left;
  for (unsigned unit : units)
    if (!view.has(unit))
      left.push_back(unit);
  auto *next = left.begin();
  for (SmallVector<unsigned> &dims : view.axes)
    if (dims.empty() && next != left.end())
      dims.push_back(*next++);

  llvm::SmallBitVector drop(view.axes.size());
  for (auto [i, dims] : llvm::enumerate(view.axes))
    drop[i] = dims.empty();
  view.tensor = reshapeUnits(builder, loc, view.tensor, drop);
  llvm::erase_if(view.axes,
                 [](ArrayRef<unsigned> dims) { return dims.empty(); });
  if (!needsAll || next == left.end())
    return;

  // New axes go before the last one.
  auto type = cast<RankedTensorType>(view.tensor.getType());
  ArrayRef<unsigned> added(next, left.end());
  SmallVector<int64_t> shape(type.getShape());
  shape.insert(shape.end() - 1, added.size(), 1);
  SmallVector<ReassociationIndices> groups;
  for (int64_t i = 0; i < type.getRank(); ++i)
    groups.push_back({i});
  for (unsigned i = 0; i < added.size(); ++i)
    groups.back().push_back(type.getRank() + i);
  view.tensor = tensor::ExpandShapeOp::create(
      builder, loc, RankedTensorType::get(shape, type.getElementType()),
      view.tensor, groups);
  for (unsigned unit : added)
    view.axes.insert(view.axes.end() - 1, SmallVector<unsigned>{unit});
}
