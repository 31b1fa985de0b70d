//===- Segments.cpp - Layers that a plan evaluates as one ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Segments.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::attn;

/// What need be kept of `values`: each once, and no inputs of the function.
static SmallVector<Value> getComputed(ArrayRef<Value> values) {
  SetVector<Value> computed;
  for (Value value : values)
    if (!isa<BlockArgument>(value))
      computed.insert(value);
  return computed.takeVector();
}

void SegmentRewrite::createCaches(OpBuilder &b) {
  if (plan.getKeep() == KeepKind::Input)
    kept.emplace(b, context, Cache::All, 0, layers.front().inputs);
  if (plan.getKeep() == KeepKind::KeyValue)
    kept.emplace(b, context, Cache::All, 0,
                 getComputed(layers.front().getKeyedOperands()));
  recent.resize(layers.size());
  prefix.resize(layers.size());
  for (unsigned i = 1; i < layers.size(); ++i) {
    if (plan.getWindow())
      recent[i].emplace(b, context, Cache::Recent, plan.getWindow(),
                        layers[i].inputs);
    if (plan.getPrefix())
      prefix[i].emplace(b, context, Cache::First, plan.getPrefix(),
                        layers[i].inputs);
  }
}

SmallVector<Value> SegmentRewrite::getCacheTensors() {
  SmallVector<Value> tensors;
  auto add = [&](const std::optional<Cache> &cache) {
    if (cache)
      llvm::append_range(tensors, cache->getTensors());
  };
  add(kept);
  llvm::for_each(recent, add);
  llvm::for_each(prefix, add);
  return tensors;
}

void SegmentRewrite::createFunctions(SymbolTable &symbols) {
  func::FuncOp original = context.stack.function;
  for (unsigned i = 0; i + 1 < layers.size(); ++i) {
    std::string name = (original.getSymName() + ".layer_" +
                        Twine(firstLayer + i + 1)).str();
    functions.push_back(createLayerFunction(
        context, name, layers[i + 1].inputs,
        [&](OpBuilder &b, Scope &scope, TokenSlicer &slicer,
            ValueRange destinations) {
          // What enters is read before what leaves is written: one memory.
          provideInputs(b, scope, i, slicer, destinations);
          emitMixer(b, context, scope, slicer, layers[i],
                    getHistories(b, scope, i, slicer.getFirst(),
                                 /*isOutermost=*/false));
        }));
    symbols.insert(functions.back().function);
  }
}

void SegmentRewrite::provideInputs(OpBuilder &b, Scope &scope, unsigned i,
                                   TokenSlicer &slicer,
                                   ValueRange destinations) {
  if (i > 0) {
    SmallVector<Value> inputs = functions[i - 1].call(
        b, context.stack.function.getLoc(), scope, slicer.getFirst(),
        destinations);
    for (auto [whole, tile] : llvm::zip(layers[i].inputs, inputs))
      slicer.set(whole, tile);
  } else if (kept) {
    kept->load(b, scope, slicer);
  }
}

/// Blocks of the prefix, those that are evaluated again, and those of the window,
/// in this order. Only the outermost evaluation has a window: what it evaluates
/// again is before that.
SmallVector<History>
SegmentRewrite::getHistories(OpBuilder &b, Scope &scope, unsigned i, Value first,
                                           bool isOutermost) {
  Location loc = context.stack.function.getLoc();
  MaskAlgebra algebra(b, loc);
  Value begin = emitFirstVisible(b, context, layers[i], first);
  auto provide = [this, &scope, i](OpBuilder &b, TokenSlicer &slicer) {
    provideInputs(b, scope, i, slicer);
  };
  auto load = [&scope](const Cache &cache) {
    return [&scope, &cache](OpBuilder &b, TokenSlicer &slicer) {
      cache.load(b, scope, slicer);
    };
  };
  SmallVector<History> histories;
  if (i > 0 && prefix[i]) {
    Value end = algebra.materialize(
        algebra.min(algebra.constant(plan.getPrefix()), first));
    histories.push_back({begin, end, load(*prefix[i])});
    begin = algebra.materialize(algebra.max(begin, end));
  }
  if (i > 0 && recent[i] && isOutermost) {
    // The tokens at hand are among the last `window`.
    Value end = algebra.materialize(algebra.max(
        begin,
        algebra.sub(first, algebra.constant(plan.getWindow() - context.block))));
    histories.push_back({begin, end, provide});
    histories.push_back({end, first, load(*recent[i])});
  } else {
    histories.push_back({begin, first, provide});
  }
  return histories;
}

void SegmentRewrite::emit(OpBuilder &b, Scope &scope, TokenSlicer &slicer) {
  for (unsigned i = 0; i < layers.size(); ++i) {
    // What enters, now: then the code above it needs nothing else.
    for (Value input : layers[i].inputs)
      slicer.get(input);
    if (i == 0 && kept && plan.getKeep() == KeepKind::Input)
      kept->store(b, scope, slicer);
    for (const auto &caches : {&recent, &prefix})
      if ((*caches)[i])
        (*caches)[i]->store(b, scope, slicer);
    emitMixer(b, context, scope, slicer, layers[i],
              getHistories(b, scope, i, slicer.getFirst(),
                           /*isOutermost=*/true));
    if (plan.getKeep() == KeepKind::KeyValue)
      kept->store(b, scope, slicer);
  }
}
