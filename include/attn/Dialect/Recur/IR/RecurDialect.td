//===- RecurDialect.td - The recur dialect ---*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_RECUR_IR_RECURDIALECT_TD
#define ATTN_DIALECT_RECUR_IR_RECURDIALECT_TD

include "mlir/IR/DialectBase.td"

def Recur_Dialect : Dialect {
  let name = "recur";
  let cppNamespace = "::mlir::recur";
  let summary = "Recurrences over a sequence, and what makes them parallel";
  let description = [{
    Two iteration shapes, each with any cell:

        scan     h_t = step(x_t, h_{t-1})               L applications
                 y_t = read(x_t, h_t)
        rescan   h_tj = step(x_t, x_j, h_t(j-1))        j <= t: L(L+1)/2
                 y_t  = read(x_t, h_tt)

    A scan is an RNN. A rescan rereads the whole history for each token; causal
    softmax attention is the rescan whose step is an `attn.fold` of one key.

    A scan is parallel if its cell is the action of a monoid: elements e_t with
    an associative product, h_t = e_t . h_{t-1}. The monoid is a named attribute
    (`#recur.affine`, `#recur.decayed_softmax`) or a `combine` region. Linear
    attention, RetNet, Mamba, RWKV, LRU and DeltaNet are one operation with
    different elements.

    Sources: Feng et al., arXiv:2405.13956 (attention as an RNN); Blelloch 1990,
    Prefix sums and their applications; Yang et al., arXiv:2312.06635 and
    arXiv:2406.06484 (chunked forms).
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"
  ];
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = "void registerAttributes();";
}

#endif // ATTN_DIALECT_RECUR_IR_RECURDIALECT_TD
