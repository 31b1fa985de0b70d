//===- KernelInterface.cpp - What a compiled function looks like from C ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/KernelInterface.h"
#include "attn/Analysis/SizeClasses.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Dialect/Recur/IR/Recur.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"
#include <set>

using namespace mlir;
using namespace mlir::attn;

/// A name from what the value is to attention, so that a header reads well.
static std::string getRole(Value value) {
  for (OpOperand &use : value.getUses())
    if (auto op = dyn_cast<AttentionOp>(use.getOwner())) {
      if (value == op.getQuery())
        return "query";
      if (value == op.getKey())
        return "key";
      if (value == op.getValue())
        return "value";
      if (value == op.getMaskTensor())
        return "mask";
      if (value == op.getKeySegments())
        return value == op.getQuerySegments() ? "segments" : "key_segments";
      if (value == op.getQuerySegments())
        return "query_segments";
      if (value == op.getQueryOffset())
        return "query_offset";
      if (value == op.getValidKeys())
        return "valid_keys";
    }
  if (auto op = value.getDefiningOp<AttentionOp>())
    return value == op.getResult(0) ? "output" : "log_sum_exp";
  return "";
}

/// The same for a size, from the loop of attention that it bounds.
static std::string getSizeRole(Value value, unsigned dim) {
  auto describe = [&](AttentionOp op, AffineMap map) -> std::string {
    unsigned loop = map.getDimPosition(dim);
    if (loop == op.getQueryDim())
      return "queries";
    if (loop == op.getKeyDim())
      return "keys";
    if (loop == op.getFeatureDim())
      return "features";
    if (loop == op.getValueDim())
      return "value_features";
    unsigned heads = op.getNumHeadDims(), batch = op.getNumBatchDims() - heads;
    if (loop < batch)
      return "batches";
    return heads == 2 && loop == batch + 1 ? "group" : "heads";
  };
  for (OpOperand &use : value.getUses())
    if (auto op = dyn_cast<AttentionOp>(use.getOwner()))
      if (AffineMap map = op.getMatchingIndexingMap(&use))
        return describe(op, map);
  return "";
}

/// Names for sizes that recurrences go through, however far from an argument.
static DenseMap<unsigned, std::string>
getSequenceSizes(func::FuncOp function, const SizeClasses &classes) {
  DenseMap<unsigned, std::string> names;
  auto see = [&](auto op, unsigned loop, StringRef name) {
    for (auto [operand, map] :
         llvm::zip_equal(op->getOperands(), op.getIndexingMapsArray()))
      for (unsigned i = 0; i < map.getNumResults(); ++i)
        if (map.getDimPosition(i) == loop)
          names.try_emplace(classes.getClass(operand, i), name);
  };
  function.walk([&](Operation *op) {
    if (op->getParentOp() != function)
      return; // Its sizes need not be those of the function.
    if (auto scan = dyn_cast<recur::ScanOp>(op))
      see(scan, scan.getTimeDim(), "tokens");
    if (auto rescan = dyn_cast<recur::RescanOp>(op)) {
      see(rescan, rescan.getTimeDim(), "tokens");
      see(rescan, rescan.getHistoryDim(), "history");
    }
  });
  return names;
}

static std::string makeUnique(std::string name, llvm::StringSet<> &taken) {
  std::string unique = name;
  for (unsigned i = 2; !taken.insert(unique).second; ++i)
    unique = name + std::to_string(i);
  return unique;
}

SmallVector<int64_t>
KernelInterface::getShape(const Argument &argument,
                          ArrayRef<int64_t> sizeValues) const {
  return llvm::map_to_vector(argument.dims, [&](const Dim &dim) {
    return dim.isStatic() ? dim.size : sizeValues[dim.parameter];
  });
}

static bool isSupportedElement(Type type) {
  return type.isIndex() || type.isF16() || type.isBF16() || type.isF32() ||
         type.isF64() || type.isInteger(1) || type.isInteger(8) ||
         type.isInteger(16) || type.isInteger(32) || type.isInteger(64);
}

FailureOr<KernelInterface>
mlir::attn::getKernelInterface(func::FuncOp function) {
  if (function.isExternal())
    return function.emitError("has no body to compile");
  if (!function.getBody().hasOneBlock())
    return function.emitError("has several blocks; write its control flow with "
                              "scf operations");
  SizeClasses classes(function);
  llvm::StringSet<> taken;
  KernelInterface interface;
  interface.name = function.getSymName().str();
  llvm::MapVector<unsigned, int64_t> parameters; // Size class to free size.
  DenseMap<unsigned, std::string> sequenceSizes =
      getSequenceSizes(function, classes);

  auto addArgument = [&](Value value, StringRef fallback, unsigned number,
                         bool isOutput) -> LogicalResult {
    KernelInterface::Argument argument;
    std::string role = getRole(value);
    argument.name = makeUnique(
        role.empty() ? (fallback + Twine(number)).str() : role, taken);
    argument.type = value.getType();
    argument.isOutput = isOutput;
    StringRef what = isOutput ? "result " : "argument ";
    auto tensor = dyn_cast<RankedTensorType>(value.getType());
    if (!isSupportedElement(tensor ? tensor.getElementType() : argument.type) ||
        (isOutput && !tensor))
      return function.emitError()
             << what << number << " has type " << argument.type
             << "; a kernel takes ranked tensors and scalars of floats and "
                "integers, and returns tensors";
    for (int64_t i = 0; tensor && i < tensor.getRank(); ++i) {
      unsigned sizeClass = classes.getClass(value, i);
      KernelInterface::Dim dim;
      if (std::optional<int64_t> size = classes.getStaticSize(sizeClass)) {
        dim.size = *size;
      } else if (auto *known = parameters.find(sizeClass);
                 known != parameters.end()) {
        dim.parameter = known->second;
      } else if (isOutput) {
        return function.emitError()
               << "dimension " << i << " of result " << number
               << " is not known to be the size of an argument; make its "
                  "destination from an argument's size (tensor.dim)";
      } else {
        dim.parameter = interface.sizes.size();
        parameters[sizeClass] = dim.parameter;
        std::string role = getSizeRole(value, i);
        if (role.empty())
          role = sequenceSizes.lookup(sizeClass);
        interface.sizes.push_back(makeUnique(
            role.empty() ? argument.name + "_size" + std::to_string(i) : role,
            taken));
      }
      argument.dims.push_back(dim);
    }
    interface.arguments.push_back(std::move(argument));
    return success();
  };
  for (auto [i, argument] : llvm::enumerate(function.getArguments()))
    if (failed(addArgument(argument, "arg", i, /*isOutput=*/false)))
      return failure();
  Operation *terminator = function.getBody().front().getTerminator();
  for (auto [i, result] : llvm::enumerate(terminator->getOperands()))
    if (failed(addArgument(result, "result", i, /*isOutput=*/true)))
      return failure();
  return interface;
}

SmallVector<std::string> mlir::attn::getCounters(ModuleOp module) {
  std::set<std::string> names;
  module.walk([&](CountOp op) { names.insert(op.getCounter().str()); });
  return SmallVector<std::string>(names.begin(), names.end());
}

std::string mlir::attn::getCounterReader(StringRef kernel, StringRef counter) {
  return (kernel + "_count_" + counter).str();
}

FailureOr<func::FuncOp> mlir::attn::findEntry(ModuleOp module, StringRef name) {
  if (!name.empty()) {
    if (auto function = module.lookupSymbol<func::FuncOp>(name))
      return function;
    return module.emitError("has no function '") << name << "'";
  }
  SmallVector<func::FuncOp> candidates;
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal())
      candidates.push_back(function);
  if (candidates.size() == 1)
    return candidates.front();
  InFlightDiagnostic diag = module.emitError();
  if (candidates.empty())
    return diag << "has no public function to compile";
  diag << "has several public functions; choose one with --entry:";
  for (func::FuncOp function : candidates)
    diag << " " << function.getSymName();
  return diag;
}
