//===- BlockProducts.cpp - Large products in blocks that caches hold ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProductBlocks.h"
#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUBLOCKPRODUCTS
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

/// Whether `value` is one tile of many: made anew in each iteration of a loop.
bool changesInLoop(Value value) {
  Operation *op = value.getDefiningOp();
  return op && op->getParentOfType<LoopLikeOpInterface>();
}

/// At most this many rows are left to cpu-block-reductions, if that leaves the
/// order of sums alone.
constexpr int64_t kFewRows = 16;

std::optional<Product> matchProduct(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics() || op.hasIndexSemantics() ||
      op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1)
    return std::nullopt;
  for (AffineMap map : op.getIndexingMapsArray())
    if (!map.isProjectedPermutation())
      return std::nullopt;
  FailureOr<linalg::ContractionDimensions> dims =
      linalg::inferContractionDims(op);
  if (failed(dims) || dims->m.empty() || dims->n.empty() || dims->k.empty())
    return std::nullopt;
  Product product{op,
                  op.getDpsInputOperand(0),
                  op.getDpsInputOperand(1),
                  0,
                  0,
                  0,
                  {},
                  {},
                  {},
                  {},
                  {},
                  {}};
  AffineMap result = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  product.n = result.getDimPosition(result.getNumResults() - 1);
  if (llvm::is_contained(dims->m, product.n)) {
    std::swap(product.rows, product.columns);
    std::swap(dims->m, dims->n);
  }
  if (!llvm::is_contained(dims->n, product.n))
    return std::nullopt;
  // The innermost of its kind is the largest one as a rule.
  product.m = dims->m.back();
  product.k = dims->k.back();
  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim) {
    if (dim == product.m || dim == product.n || dim == product.k)
      continue;
    if (llvm::is_contained(dims->k, dim))
      product.aroundReduction.push_back(dim);
    else if (llvm::is_contained(dims->m, dim))
      product.aroundRows.push_back(dim);
    else
      product.aroundColumns.push_back(dim);
  }
  return product;
}

/// Whether vectors lie along the columns: the product runs over B as it is.
bool isRowMajor(Product &product) {
  AffineMap map = product.op.getMatchingIndexingMap(product.columns);
  return map.getDimPosition(map.getNumResults() - 1) == product.n;
}

/// Elements of B for one step of the dimensions that all three have, the batch;
/// none if unknown.
std::optional<int64_t> getMatrixElements(Product &product) {
  int64_t elements = 1;
  AffineMap rows = product.op.getMatchingIndexingMap(product.rows);
  AffineMap map = product.op.getMatchingIndexingMap(product.columns);
  SmallVector<utils::IteratorType> loops = product.op.getIteratorTypesArray();
  for (unsigned i = 0; i < map.getNumResults(); ++i) {
    unsigned dim = map.getDimPosition(i);
    if (rows.isFunctionOfDim(dim) &&
        loops[dim] == utils::IteratorType::parallel)
      continue;
    FailureOr<int64_t> bound = ValueBoundsConstraintSet::computeConstantBound(
        presburger::BoundType::UB, {product.columns->get(), int64_t(i)},
        /*stopCondition=*/nullptr, /*closedUB=*/true);
    if (failed(bound))
      return std::nullopt;
    elements *= *bound;
  }
  return elements;
}

/// The type of the sums, if that is a float.
FloatType getSumType(linalg::LinalgOp op) {
  return dyn_cast<FloatType>(
      getElementTypeOrSelf(op.getDpsInits()[0].getType()));
}

/// Whether B is too large for the second cache, and read more than a few times.
bool paysToBlock(Product &product, int64_t cachedBytes) {
  FloatType sum = getSumType(product.op);
  // In each loop that gives back a tensor of unknown size, upstream's analysis
  // of sizes (ValueBoundsOpInterface of scf.for, LLVM 22) asks twice as much as
  // in the one around it: a batch of such products would never be compiled.
  auto type = cast<RankedTensorType>(product.op.getDpsInits()[0].getType());
  if (!type.hasStaticShape() &&
      !(product.aroundColumns.empty() && product.aroundReduction.empty() &&
        product.aroundRows.empty()))
    return false;
  if (!sum || changesInLoop(product.columns->get()))
    return false;
  std::optional<int64_t> elements = getMatrixElements(product);
  if (elements && *elements * sum.getWidth() / 8 <= cachedBytes)
    return false;
  int64_t rows = product.op.getStaticLoopRanges()[product.m];
  return !isRowMajor(product) || ShapedType::isDynamic(rows) || rows > kFewRows;
}

/// Whether what `fused` computes can take the place of the product, or of its
/// initial value, in memory: element by element.
bool runsInPlace(FusedBody &fused, Product &product) {
  linalg::LinalgOp op = fused.op;
  if (op.getNumDpsInits() != 1 || op.getNumReductionLoops() != 0)
    return false;
  OpOperand *init = op.getDpsInitOperand(0);
  unsigned number = init->getOperandNumber();
  return number == fused.shared ||
         (!op.payloadUsesValueFromOperand(init) &&
          fused.maps[number] == fused.maps[fused.shared] &&
          init->get().getType() == product.op.getDpsInits()[0].getType());
}

void addFusion(Product &product) {
  // Where there may be no step of the reduction, there may be no first one.
  SmallVector<int64_t> sizes = product.op.getStaticLoopRanges();
  if (ShapedType::isDynamic(sizes[product.k]) ||
      llvm::any_of(product.aroundReduction, [&](unsigned dim) {
        return ShapedType::isDynamic(sizes[dim]) || sizes[dim] == 0;
      }))
    return;
  if (auto fill = product.op.getDpsInits()[0].getDefiningOp<linalg::FillOp>())
    product.fill = fill;
  product.prologue = getPrologue(product.op);
  if (product.prologue && (!runsInPlace(*product.prologue, product) ||
                           product.prologue->op.payloadUsesValueFromOperand(
                               product.prologue->op.getDpsInitOperand(0))))
    product.prologue.reset();
  product.epilogue = getEpilogue(product.op);
  if (product.epilogue && !runsInPlace(*product.epilogue, product))
    product.epilogue.reset();
}

/// The largest part of `size` up to `most` that divides it, in whole vectors if
/// there is one; `most` if all parts are small.
int64_t getPart(int64_t size, int64_t most, int64_t multiple) {
  if (ShapedType::isDynamic(size))
    return most;
  if (size <= most + most / 4)
    return size;
  for (int64_t step : {multiple, std::max<int64_t>(1, multiple / 2)})
    for (int64_t part = most / step * step; part > most / 2; part -= step)
      if (size % part == 0)
        return part;
  return most;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

struct CPUBlockProducts : attn::impl::CPUBlockProductsBase<CPUBlockProducts> {
  using CPUBlockProductsBase::CPUBlockProductsBase;

  void runOnOperation() override {
    if (rows <= 0 || reduction <= 0 || columns <= 0 || panelBytes <= 0) {
      getOperation()->emitError(
          "rows, reduction, columns and panel-bytes must be positive, got ")
          << rows.getValue() << ", " << reduction.getValue() << ", "
          << columns.getValue() << ", " << panelBytes.getValue();
      return signalPassFailure();
    }
    SmallVector<linalg::LinalgOp> ops;
    getOperation()->walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    DenseSet<Operation *> fused;
    for (linalg::LinalgOp op : ops) {
      if (fused.contains(op))
        continue;
      std::optional<Product> product = matchProduct(op);
      if (!product || !paysToBlock(*product, cachedBytes))
        continue;
      addFusion(*product);
      for (auto &other : {product->prologue, product->epilogue})
        if (other)
          fused.insert(other->op);
      rewrite(*product);
    }
  }

  BlockSizes getBlocks(Product &product) {
    SmallVector<int64_t> sizes = product.op.getStaticLoopRanges();
    int64_t bytes = std::max(getSumType(product.op).getWidth() / 8, 4u);
    int64_t vectors = std::max<int64_t>(1, columns * 4 / bytes);
    // Sums run in order, in blocks of any size: these may depend on the rows.
    // Few of them leave time for nothing but reading B, best in long pieces.
    int64_t m = sizes[product.m];
    bool isFew = !ShapedType::isDynamic(m) && m <= kFewRows;
    int64_t longest =
        isFew ? std::max<int64_t>(reduction, panelBytes / bytes / vectors)
              : int64_t(reduction);
    int64_t k = getPart(sizes[product.k], longest, 2);
    int64_t most =
        std::max(vectors, panelBytes / bytes / k / vectors * vectors);
    return {getPart(m, rows, 1), getPart(sizes[product.n], most, vectors), k};
  }

  void rewrite(Product &product) {
    Operation *last = product.epilogue ? product.epilogue->op : product.op;
    IRRewriter rewriter(last);
    BlockSizes blocks = getBlocks(product);
    Value result = emitBlocks(rewriter, product, blocks);
    rewriter.replaceOp(last, result);
    if (product.epilogue)
      rewriter.eraseOp(product.op);
    if (product.prologue)
      rewriter.eraseOp(product.prologue->op);
    else if (product.fill && product.fill->use_empty())
      rewriter.eraseOp(product.fill);
  }
};

} // namespace
