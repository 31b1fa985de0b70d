//===- Segments.h - Layers that a plan evaluates as one -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_ATTNTORECOMPUTE_SEGMENTS_H
#define ATTN_LIB_CONVERSION_ATTNTORECOMPUTE_SEGMENTS_H

#include "Cache.h"
#include "Layers.h"

namespace mlir::attn {

/// Some layers that are evaluated as one, and what is kept for them.
class SegmentRewrite {
public:
  SegmentRewrite(RewriteContext &context, SegmentAttr plan, int64_t firstLayer)
      : context(context), plan(plan),
        layers(MutableArrayRef(context.stack.layers)
                   .slice(firstLayer, plan.getLayers())),
        firstLayer(firstLayer) {}

  void createCaches(OpBuilder &b);
  void createFunctions(SymbolTable &symbols);
  /// Evaluates the layers for the tokens of `slicer`.
  void emit(OpBuilder &b, Scope &scope, TokenSlicer &slicer);

  SmallVector<Value> getCacheTensors();

private:
  /// Histories of layer `i` for the tokens from `first` on.
  SmallVector<History> getHistories(OpBuilder &b, Scope &scope, unsigned i,
                                    Value first, bool isOutermost);
  /// Makes what enters layer `i` known to `slicer`; it may be computed in
  /// `destinations`.
  void provideInputs(OpBuilder &b, Scope &scope, unsigned i,
                     TokenSlicer &slicer, ValueRange destinations = {});

  RewriteContext &context;
  SegmentAttr plan;
  MutableArrayRef<Layer> layers;
  int64_t firstLayer;
  std::optional<Cache> kept;               // What enters the first layer.
  std::vector<std::optional<Cache>> recent, prefix; // The others; not [0].
  SmallVector<LayerFunction> functions;    // [i] gives what enters layer i + 1.
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTORECOMPUTE_SEGMENTS_H
