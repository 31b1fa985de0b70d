//===- AttnInterfaces.td - Interface of mask attributes ---*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTNINTERFACES_TD
#define ATTN_DIALECT_ATTN_IR_ATTNINTERFACES_TD

include "mlir/IR/OpBase.td"

def MaskAttrInterface : AttrInterface<"MaskAttrInterface"> {
  let cppNamespace = "::mlir::attn";
  let description = [{
    A mask that is a predicate on absolute positions. Each mask states its
    predicate and its intervals once, over `MaskAlgebra` (MaskAlgebra.h); the
    same statement is evaluated on integers and emitted as IR, so the two
    cannot drift apart.

    `query` is the query's row plus the query offset of the operation, `key`
    the row of the key. Both are 64-bit.
  }];
  let methods = [
    InterfaceMethod<
      "Whether the key is visible to the query.",
      "::mlir::attn::MaskAlgebra::Bool", "isVisible",
      (ins "::mlir::attn::MaskAlgebra &":$algebra,
           "::mlir::attn::MaskAlgebra::Int":$query,
           "::mlir::attn::MaskAlgebra::Int":$key)>,
    InterfaceMethod<
      [{An interval of keys that holds every key visible to some query of
        `[queries.begin, queries.end)`. Keys outside need not be visited.}],
      "::mlir::attn::MaskAlgebra::Interval", "getVisibleKeys",
      (ins "::mlir::attn::MaskAlgebra &":$algebra,
           "::mlir::attn::MaskAlgebra::Interval":$queries)>,
    InterfaceMethod<
      [{An interval of keys visible to every query of
        `[queries.begin, queries.end)`. Keys inside need no masking. The
        interval may be empty (`end <= begin`).}],
      "::mlir::attn::MaskAlgebra::Interval", "getFullKeys",
      (ins "::mlir::attn::MaskAlgebra &":$algebra,
           "::mlir::attn::MaskAlgebra::Interval":$queries)>,
  ];
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNINTERFACES_TD
