//===- AttnAttrs.td - Masks and forms ---------------------*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTNATTRS_TD
#define ATTN_DIALECT_ATTN_IR_ATTNATTRS_TD

include "attn/Dialect/Attn/IR/AttnDialect.td"
include "attn/Dialect/Attn/IR/AttnInterfaces.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class Attn_Mask<string name, string attrMnemonic>
    : AttrDef<Attn_Dialect, name,
              [DeclareAttrInterfaceMethods<MaskAttrInterface>]> {
  let mnemonic = attrMnemonic;
}

def Attn_CausalAttr : Attn_Mask<"Causal", "causal"> {
  let summary = "each query sees its own position and what came before";
  let description = [{
    Key `j` is visible to query `i` iff `j <= i + offset`, where `offset` is
    the query offset of the operation. Alignment is never guessed: with
    `offset = 0` (the default) it is top-left, `offset = Lk - Lq` aligns the
    last query with the last key.

    ```mlir
    mask = #attn.causal
    ```
  }];
}

def Attn_WindowAttr : Attn_Mask<"Window", "window"> {
  let summary = "each query sees a band of keys around its own position";
  let description = [{
    Key `j` is visible to query `i` iff
    `i + offset - left <= j <= i + offset + right`. `#attn.window<255, 0>` is a
    causal sliding window of 256 keys.

    ```mlir
    mask = #attn.window<255, 0>
    ```
  }];
  let parameters = (ins "int64_t":$left, "int64_t":$right);
  let assemblyFormat = "`<` $left `,` $right `>`";
  let genVerifyDecl = 1;
}

def Attn_PrefixAttr : Attn_Mask<"Prefix", "prefix"> {
  let summary = "every query sees the first keys";
  let description = [{
    Key `j` is visible to every query iff `j < size`. A prefix language model
    is `#attn.or<#attn.prefix<16>, #attn.causal>`.

    ```mlir
    mask = #attn.prefix<16>
    ```
  }];
  let parameters = (ins "int64_t":$size);
  let assemblyFormat = "`<` $size `>`";
  let genVerifyDecl = 1;
}

def Attn_SegmentsAttr : Attn_Mask<"Segments", "segments"> {
  let summary = "each query sees the keys of its own segment";
  let description = [{
    Key `j` is visible to query `i` iff their segment ids are equal; the ids are
    the operands `segments` of the operation. Documents packed into one sequence
    are segments: `#attn.and<#attn.causal, #attn.segments>` is causal attention
    in each of them.

    Any ids are right. Where the ids of the keys do not decrease, the keys of a
    tile of queries are one interval, which is found by binary search, and
    others are not visited; whether they do not decrease is checked while
    running, once.

    ```mlir
    mask = #attn.segments
    ```
  }];
}

class Attn_MaskList<string name, string attrMnemonic>
    : Attn_Mask<name, attrMnemonic> {
  let parameters = (ins ArrayRefParameter<"::mlir::attn::MaskAttrInterface">:$masks);
  let assemblyFormat = "`<` custom<Masks>($masks) `>`";
  let genVerifyDecl = 1;
}

def Attn_AndAttr : Attn_MaskList<"And", "and"> {
  let summary = "visible where all masks agree";
  let description = [{
    ```mlir
    mask = #attn.and<#attn.causal, #attn.window<64, 64>>
    ```
  }];
}

def Attn_OrAttr : Attn_MaskList<"Or", "or"> {
  let summary = "visible where one mask says so";
  let description = [{
    ```mlir
    mask = #attn.or<#attn.prefix<16>, #attn.causal>
    ```
  }];
}

def Attn_FormKind : I32EnumAttr<"FormKind", "program that computes attention", [
  I32EnumAttrCase<"Materialized", 0, "materialized">,
  I32EnumAttrCase<"Recurrent", 1, "recurrent">,
  I32EnumAttrCase<"Blocked", 2, "blocked">,
  I32EnumAttrCase<"Recompute", 3, "recompute">]> {
  let cppNamespace = "::mlir::attn";
  let genSpecializedAttr = 0;
}

def Attn_FormAttr : AttrDef<Attn_Dialect, "Form"> {
  let mnemonic = "form";
  let summary = "the form chosen for one attention";
  let description = [{
    A choice is data in the IR, made by one pass (`attn-select-form`, a person,
    a transform script) and carried out by another (`attn-to-blocked`, ...).
    `queries` and `keys` are tile sizes in rows, `block` is the number of queries
    that share a tile of keys while it is in a cache; 0, the default, leaves them
    to the rewrite. They are part of the numeric schedule: pin them to reproduce a
    result bit by bit on another machine.

    ```mlir
    form = #attn.form<blocked, queries = 64, keys = 256>
    ```
  }];
  let parameters = (ins EnumParameter<Attn_FormKind>:$kind,
                        DefaultValuedParameter<"int64_t", "0">:$queries,
                        DefaultValuedParameter<"int64_t", "0">:$keys,
                        DefaultValuedParameter<"int64_t", "0">:$block);
  let assemblyFormat = "`<` $kind (`,` struct($queries, $keys, $block)^)? `>`";
  let genVerifyDecl = 1;
}

def Attn_KeepKind : I32EnumAttr<"KeepKind", "what a segment keeps of earlier tokens", [
  I32EnumAttrCase<"None", 0, "none">,
  I32EnumAttrCase<"Input", 1, "input">,
  I32EnumAttrCase<"KeyValue", 2, "kv">]> {
  let cppNamespace = "::mlir::attn";
  let genSpecializedAttr = 0;
}

def Attn_SegmentAttr : AttrDef<Attn_Dialect, "Segment"> {
  let mnemonic = "segment";
  let summary = "consecutive layers that a plan evaluates as one";
  let description = [{
    A layer is a mixer (attention) and the token-wise work up to the next one.
    What enters the first layer of the segment is known for every token: `keep` is

        none    nothing is kept: the input of the function is read again. Only
                the first segment can do that
        input   the values that enter the segment
        kv      keys and values of its only layer

    Between its layers nothing is kept but the last `window` tokens, the one that
    is computed among them, and the first `prefix` tokens: the rest is computed
    again for each query.

    ```mlir
    segment = #attn.segment<layers = 2, keep = input, window = 16>
    ```
  }];
  let parameters = (ins "int64_t":$layers,
      DefaultValuedParameter<"::mlir::attn::KeepKind",
                             "::mlir::attn::KeepKind::None">:$keep,
      DefaultValuedParameter<"int64_t", "0">:$window,
      DefaultValuedParameter<"int64_t", "0">:$prefix);
  let assemblyFormat = "`<` struct($layers, $keep, $window, $prefix) `>`";
  let genVerifyDecl = 1;
}

def Attn_PlanAttr : AttrDef<Attn_Dialect, "Plan"> {
  let mnemonic = "plan";
  let summary = "what the evaluation of a stack keeps and what it computes again";
  let description = [{
    Set on a function as `attn.plan`: by `attn-select-form` or a person, carried
    out by `attn-to-recompute`. The layers of the segments are those of the
    function, in order. `block` tokens are evaluated at a time.

        recompute everything   [<layers = N>]
        key-value cache        [<layers = 1, keep = kv>, ...]

    ```mlir
    plan = #attn.plan<segments = [<layers = 2>, <layers = 2, keep = input, window = 16>], block = 4>
    ```
  }];
  let parameters = (ins
      ArrayRefParameter<"::mlir::attn::SegmentAttr">:$segments,
      DefaultValuedParameter<"int64_t", "1">:$block);
  let assemblyFormat = "`<` struct(custom<Segments>($segments), $block) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Layers of all segments.
    int64_t getNumLayers();
  }];
}

def Attn_NumericsKind : I32EnumAttr<"NumericsKind", "numeric contract", [
  I32EnumAttrCase<"Strict", 0, "strict">,
  I32EnumAttrCase<"Fast", 1, "fast">]> {
  let cppNamespace = "::mlir::attn";
  let genSpecializedAttr = 0;
}

def Attn_NumericsAttr : AttrDef<Attn_Dialect, "Numerics"> {
  let mnemonic = "numerics";
  let summary = "the numeric contract of a module";
  let description = [{
    Set on a module as `attn.numerics`. `strict`, the default: no fast-math flag
    anywhere, multiply-adds are explicit, every reduction has a fixed order.
    `fast` permits more; so far nothing makes use of it. No mode assumes that
    there are no NaNs or infinities.

    ```mlir
    numerics = #attn.numerics<strict>
    ```
  }];
  let parameters = (ins EnumParameter<Attn_NumericsKind>:$kind);
  let assemblyFormat = "`<` $kind `>`";
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNATTRS_TD
