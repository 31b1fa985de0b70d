//===- RecurAttrs.td - Monoids and schedules ---*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_RECUR_IR_RECURATTRS_TD
#define ATTN_DIALECT_RECUR_IR_RECURATTRS_TD

include "attn/Dialect/Recur/IR/RecurDialect.td"
include "attn/Dialect/Recur/IR/RecurInterfaces.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Recur_Transition : I32EnumAttr<"Transition", "class of state transitions", [
  I32EnumAttrCase<"Unit", 0, "unit">,
  I32EnumAttrCase<"Scalar", 1, "scalar">,
  I32EnumAttrCase<"Diagonal", 2, "diagonal">,
  I32EnumAttrCase<"ComplexDiagonal", 3, "complex_diagonal">,
  I32EnumAttrCase<"DPLR", 4, "dplr">,
  I32EnumAttrCase<"Dense", 5, "dense">]> {
  let cppNamespace = "::mlir::recur";
  let genSpecializedAttr = 0;
}

class Recur_Monoid<string name, string attrMnemonic>
    : AttrDef<Recur_Dialect, name,
              [DeclareAttrInterfaceMethods<MonoidAttrInterface>]> {
  let mnemonic = attrMnemonic;
}

def Recur_AffineAttr : Recur_Monoid<"Affine", "affine"> {
  let summary = "h -> A h + b";
  let description = [{
    Affine maps of the state. The class of the transition A says what an element
    consists of:

    | class              | element           | action on the state                    |
    |--------------------|-------------------|----------------------------------------|
    | `unit`             | input             | h + b                                  |
    | `scalar`           | g, input          | e^g h + b                              |
    | `diagonal`         | g, input          | e^g o h + b                            |
    | `complex_diagonal` | re g, im g, re b, im b | e^g o h + b, state (re h, im h)   |
    | `dplr`             | g, beta, k, v     | e^g S, then S + beta k (v - k^T S)     |
    | `dense`            | A, b              | A h + b                                |

    `input` is either one component `b` with the state's shape, or two, `k` and
    `v`, whose outer product `b = k v^T` has the state's shape: the dimensions of
    the state are those of k, then those of v.

    Decays are natural logarithms `g`, so that products of many are sums and
    never underflow before they must; `-inf` forgets the state. In `scalar`, g
    is one number; in `diagonal` its dimensions are the first ones of the state
    (dk of a state dk x dv). `dplr`, diagonal plus low rank, is the gated delta
    rule: g and beta are numbers, k has dimension dk, v dv, the state dk x dv;
    with unit keys its A = e^g (I - beta k k^T).

    All classes but `dplr` and `dense` have products of the state's size; only
    `unit` commutes.

    ```mlir
    monoid = #recur.affine<diagonal>
    ```
  }];
  let parameters = (ins EnumParameter<Recur_Transition>:$transition);
  let assemblyFormat = "`<` $transition `>`";
}

def Recur_DecayedSoftmaxAttr
    : Recur_Monoid<"DecayedSoftmax", "decayed_softmax"> {
  let summary = "a softmax whose scores fade: RWKV-4";
  let description = [{
    Elements `(g, s, v)` of one shape: a log decay, a score and a value. The
    state `(m, l, a)` is a maximum and two sums scaled by e^-m:

        m' = max(m + g, s)
        l' = l e^(m + g - m') + e^(s - m')
        a' = a e^(m + g - m') + v e^(s - m')

    where a maximum of `-inf` counts as 0 in the differences. The identity is
    `(-inf, 0, 0)`; the weighted mean is `a / l`. Softmax without decay is
    `attn.fold` and nothing else. Source: Peng et al., arXiv:2305.13048.

    ```mlir
    monoid = #recur.decayed_softmax
    ```
  }];
}

def Recur_ScheduleKind : I32EnumAttr<"ScheduleKind", "order of evaluation", [
  I32EnumAttrCase<"Sequential", 0, "sequential">,
  I32EnumAttrCase<"Chunked", 1, "chunked">,
  I32EnumAttrCase<"Tree", 2, "tree">]> {
  let cppNamespace = "::mlir::recur";
  let genSpecializedAttr = 0;
}

def Recur_ScheduleAttr : AttrDef<Recur_Dialect, "Schedule"> {
  let mnemonic = "schedule";
  let summary = "the order chosen for one scan";
  let description = [{
    `sequential`: one token after the other, O(1) state. `chunked`: `chunk`
    tokens at once; with matrix products inside where the monoid has such a form,
    otherwise the summaries of chunks first and all chunks from their carries
    then. `tree`: all products by a work-efficient tree. Chosen by
    `recur-select-schedule`, a person or a script; carried out by `recur-to-scf`.
    `chunk` is in tokens; 0, the default, leaves it to the rewrite.

    ```mlir
    schedule = #recur.schedule<chunked, chunk = 64>
    ```
  }];
  let parameters = (ins EnumParameter<Recur_ScheduleKind>:$kind,
                        DefaultValuedParameter<"int64_t", "0">:$chunk);
  let assemblyFormat = "`<` $kind (`,` struct($chunk)^)? `>`";
  let genVerifyDecl = 1;
}

class Recur_Enum<string name, string description, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, description, cases> {
  let cppNamespace = "::mlir::recur";
  let genSpecializedAttr = 0;
}

def Recur_Boundary : Recur_Enum<"Boundary", "state at the start of a reread", [
  I32EnumAttrCase<"Reset", 0, "reset">,
  I32EnumAttrCase<"Chain", 1, "chain">]>;
def Recur_BoundaryAttr : EnumAttr<Recur_Dialect, Recur_Boundary, "boundary">;

def Recur_History : Recur_Enum<"History", "tokens that a reread visits", [
  I32EnumAttrCase<"Prefix", 0, "prefix">,
  I32EnumAttrCase<"All", 1, "all">]>;
def Recur_HistoryAttr : EnumAttr<Recur_Dialect, Recur_History, "history">;

#endif // ATTN_DIALECT_RECUR_IR_RECURATTRS_TD
