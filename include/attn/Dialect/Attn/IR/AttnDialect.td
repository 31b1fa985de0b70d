//===- AttnDialect.td - The attn dialect ------------------*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTNDIALECT_TD
#define ATTN_DIALECT_ATTN_IR_ATTNDIALECT_TD

include "mlir/IR/DialectBase.td"

def Attn_Dialect : Dialect {
  let name = "attn";
  let cppNamespace = "::mlir::attn";
  let summary = "Softmax attention as a fold in a commutative monoid";
  let description = [{
    Softmax attention over keys `k_j` and values `v_j` is a fold. The state of
    one query is `(m, l, acc)`:

        m    the largest score seen, in base 2
        l    the sum of the weights 2^(s_j - m)
        acc  the sum of the weights times the values

    with identity `(-inf, 0, 0)` and the commutative, associative merge

        m   = max(m1, m2)
        l   = l1 * 2^(m1 - m)   + l2 * 2^(m2 - m)
        acc = acc1 * 2^(m1 - m) + acc2 * 2^(m2 - m)

    The operations are this algebra: `attn.fold` folds a run of keys into a
    state, `attn.combine` merges states, `attn.finish` reads the answer
    `acc / l`. `attn.attention` is what a user writes; every form of it (the
    textbook one, the blocked one, ...) is a bracketing of the same fold, so
    masks, scale, precision and minus infinity are decided in one place.

    The laws that rewrites use:

        fold(s, K1 ++ K2) = fold(fold(s, K1), K2)
        fold(s, K)        = s                             if the mask hides K
        fold(s, K)        = combine(s, fold(identity, K))

    Source: Milakov and Gimelshein, arXiv:1805.02867; Rabe and Staats,
    arXiv:2112.05682; Dao et al., arXiv:2205.14135.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"
  ];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let extraClassDeclaration = [{
    void registerAttributes();

    /// Tells of a `math.exp2` that its operand is at most 0, or NaN: that of a
    /// weight is. Emitted code may take one scaling in place of two.
    static constexpr ::llvm::StringLiteral kNonPositive = "attn.nonpositive";
    /// The plan of a function, a PlanAttr.
    static constexpr ::llvm::StringLiteral kPlan = "attn.plan";
    /// Marks a function that evaluates one layer for some tokens: its temporaries
    /// are the frame of a call, in memory that its callers hand down.
    static constexpr ::llvm::StringLiteral kFrame = "attn.frame";
    /// Marks a function whose temporaries and those of the layers that it calls
    /// are one memory.
    static constexpr ::llvm::StringLiteral kFrameRoot = "attn.frame_root";
  }];
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNDIALECT_TD
