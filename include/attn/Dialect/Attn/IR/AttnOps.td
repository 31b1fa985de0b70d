//===- AttnOps.td - attention, fold, combine, finish ------*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTNOPS_TD
#define ATTN_DIALECT_ATTN_IR_ATTNOPS_TD

include "attn/Dialect/Attn/IR/AttnAttrs.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/IndexingMapOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/TilingInterface.td"
include "mlir/Interfaces/ViewLikeInterface.td"
include "mlir/Dialect/Linalg/IR/LinalgInterfaces.td"

def Attn_Element : AnyTypeOf<[F16, BF16, F32, F64]>;
def Attn_Tensor : RankedTensorOf<[F16, BF16, F32, F64]>;
def Attn_State : RankedTensorOf<[F32, F64]>;
def Attn_MaskTensor : RankedTensorOf<[I1, F16, BF16, F32, F64]>;
def Attn_Segments : RankedTensorOf<[I32, I64]>;
/// One number for all batches, or a tensor with one per batch.
def Attn_PerBatch : AnyTypeOf<[Index, RankedTensorOf<[Index, I32, I64]>],
  "an index, or a tensor of index, i32 or i64 with one element per batch">;

/// Operations on an iteration space of named dimensions, each operand seen
/// through a projected permutation of them.
class Attn_Op<string mnemonic, list<Trait> traits = []>
    : Op<Attn_Dialect, mnemonic, !listconcat([
        Pure,
        DestinationStyleOpInterface,
        DeclareOpInterfaceMethods<IndexingMapOpInterface,
          ["getMatchingIndexingMap", "getStaticLoopRanges"]>,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
          ["reifyResultShapes"]>],
        traits)> {
  let hasVerifier = 1;

  code mapDeclarations = [{
    /// The operands that have an indexing map, in the order of the maps.
    ::llvm::SmallVector<::mlir::OpOperand *> getMappedOperands();
    /// The operand's shape (IndexingMapOpInterface).
    ::llvm::ArrayRef<int64_t> getShape(::mlir::OpOperand *operand) {
      return ::llvm::cast<::mlir::ShapedType>(operand->get().getType()).getShape();
    }
    /// Rank of the iteration space.
    unsigned getNumLoops() {
      return getIndexingMapsArray().front().getNumDims();
    }
    /// Element type of the running state: f64 for f64 data, else f32.
    ::mlir::FloatType getStateType();
  }];
}

/// Dimensions of attention and fold: (batch.., m, k1, k2, n).
class Attn_AttentionLikeOp<string mnemonic, list<Trait> traits = []>
    : Attn_Op<mnemonic, traits> {
  // The score region is looked into only after its own operations are known to
  // be well formed.
  let hasRegionVerifier = 1;

  code dimDeclarations = [{
    /// The iteration space is (batch.., m, k1, k2, n).
    unsigned getNumBatchDims() { return getNumLoops() - 4; }
    unsigned getQueryDim() { return getNumLoops() - 4; }     // m
    unsigned getFeatureDim() { return getNumLoops() - 3; }   // k1
    unsigned getKeyDim() { return getNumLoops() - 2; }       // k2
    unsigned getValueDim() { return getNumLoops() - 1; }     // n
    ::mlir::AffineMap getQueryMap() { return getIndexingMapsArray()[0]; }
    ::mlir::AffineMap getKeyMap() { return getIndexingMapsArray()[1]; }
    ::mlir::AffineMap getValueMap() { return getIndexingMapsArray()[2]; }
    /// The score region's block, or null.
    ::mlir::Block *getScoreBody() {
      return getScore().empty() ? nullptr : &getScore().front().front();
    }
    /// The map of the mask tensor; requires that there is one.
    ::mlir::AffineMap getMaskTensorMap() { return getIndexingMapsArray()[3]; }
    /// Whether some keys of a query may be hidden one by one: by a mask tensor, or
    /// by a score region that gives -inf to some and not to others. Position then
    /// does not say of any key that it is visible.
    bool mayHideSingleKeys();
    /// Whether there are segment ids, of queries and of keys.
    bool hasSegments() { return static_cast<bool>(getQuerySegments()); }
    /// The maps of the segment ids; require that there are some.
    ::mlir::AffineMap getQuerySegmentsMap() {
      return getIndexingMapsArray()[getNumMappedInputs() - 2];
    }
    ::mlir::AffineMap getKeySegmentsMap() {
      return getIndexingMapsArray()[getNumMappedInputs() - 1];
    }
    /// Maps come in the order of the operands, destinations last.
    unsigned getNumMappedInputs() {
      return 3 + (getMaskTensor() ? 1 : 0) + (hasSegments() ? 2 : 0);
    }
    /// Removes the mask attribute and the operands that only it looks at.
    void dropMask();
  }];
}

def Attn_AttentionOp : Attn_AttentionLikeOp<"attention", [
    AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<OpAsmOpInterface,
      ["getAsmResultNames", "getAsmBlockArgumentNames"]>]> {
  let summary = "softmax attention: what the user means";
  let hasCanonicalizer = 1;
  let description = [{
    For each batch index `b..` and query row `i`

        s_j    = score(scale * <query_i, key_j>, b.., h, i, j) + mask_tensor_ij
        o_i    = sum_j softmax(s)_j * value_j         over the visible j
        lse_i  = ln(sum_j exp(s_j))                   over the visible j

    Key `j` is visible iff the `mask` attribute says so, `j < valid_keys`, and
    the mask tensor, if there is one, is true or not `-inf` there. A query that
    sees no key gives `o = 0` and `lse = -inf`; so does one that sees only
    scores of `-inf`. NaN and `+inf` in what a query sees reach that query's row
    and no other; what it does not see reaches nothing.

    **Iteration space.** `(batch.., m, k1, k2, n)`: m queries, k2 keys,
    k1 features of query and key, n features of the value. `indexing_maps`
    gives, for query, key, value, mask tensor (if any), segments of queries and
    of keys (if any), output and log-sum-exp (if any), a projected permutation of
    these dimensions. Transposed keys,
    packed or interleaved heads and grouped queries are maps, never copies: with
    grouped heads the query has a group dimension that key and value lack.

    Instead of maps the common layouts have a short form, `layout(LETTERS)`:
    the order of b (batch), h (head), g (query heads that share a key head),
    s (sequence), d (features) in the query; key and value lack g. Without
    `layout` it is `bhgsd`, `bhsd`, `hsd` or `sd` by the rank of the query. A
    mask tensor then covers the trailing dimensions of `(batch.., m, k2)`,
    segments have the first batch dimensions, as many as their rank has room for,
    before m or k2, and the log-sum-exp has the query's layout without d.

    **Scale** is in natural units and defaults to `1/sqrt(k1)`. **Alignment**
    is explicit: position `i + query_offset` of a query is compared with `j`;
    the default is 0. `query_offset` and `valid_keys` are one index, or a tensor
    with one element per batch (ragged caches). **Score region**: sees natural
    units, after the scale and before masking; `h` is the flattened query head
    (0 without heads), `i` and `j` are rows of query and key whatever the
    tiling; it may capture values and has no side effects. A key to which it
    gives `-inf`, as a constant or read from memory, is hidden. `head_dims` says how
    many of the last batch dimensions form the head: by default all but the
    first if there are several, otherwise all.

    **Segments** are the ids, one per query and one per key, that the mask
    `#attn.segments` compares. In self-attention both operands are the same; with
    a cache the ids of the queries are those of the last keys.

    **Precision.** f16, bf16 and f32 accumulate in f32, f64 in f64.
    `form` records which program was chosen (see `#attn.form`).

    The result has the type of the destination, whose content is not read.

    Unspecified: the order of summation, hence the last bits; whether a NaN or
    infinite value reaches a row that sees it with a score that is `-inf` by its
    own arithmetic.

    Causal attention, batch x head x sequence x feature:

    ```mlir
    %o = attn.attention ins(%q, %k, %v : tensor<1x12x1024x64xf32>, tensor<1x12x1024x64xf32>, tensor<1x12x1024x64xf32>)
           outs(%init : tensor<1x12x1024x64xf32>) {mask = #attn.causal} -> tensor<1x12x1024x64xf32>
    ```

    Grouped heads, sequence before heads, with log-sum-exp:

    ```mlir
    %o, %lse = attn.attention ins(%q, %k, %v : tensor<2x?x8x4x64xbf16>, tensor<2x?x8x64xbf16>, tensor<2x?x8x64xbf16>)
           outs(%init, %lse_init : tensor<2x?x8x4x64xbf16>, tensor<2x?x8x4xf32>) layout(bshgd) -> tensor<2x?x8x4x64xbf16>, tensor<2x?x8x4xf32>
    ```

    Documents packed into one sequence, all heads alike:

    ```mlir
    %o = attn.attention ins(%q, %k, %v : tensor<8x2048x64xf32>, tensor<8x2048x64xf32>, tensor<8x2048x64xf32>)
           segments(%documents, %documents : tensor<2048xi32>, tensor<2048xi32>)
           outs(%init : tensor<8x2048x64xf32>) {mask = #attn.and<#attn.causal, #attn.segments>} -> tensor<8x2048x64xf32>
    ```

    Decoding against a cache, with ALiBi:

    ```mlir
    %o = attn.attention ins(%q, %k, %v : tensor<2x8x1x64xf32>, tensor<2x8x4096x64xf32>, tensor<2x8x4096x64xf32>)
           query_offset(%past : tensor<2xi64>) valid_keys(%total : tensor<2xi64>)
           outs(%init : tensor<2x8x1x64xf32>) {mask = #attn.causal}
           score(%s : f32, %b : index, %h : index, %i : index, %j : index) {
      %slope = tensor.extract %slopes[%h] : tensor<8xf32>
      %position = arith.index_cast %j : index to i64
      %distance = arith.sitofp %position : i64 to f32
      %bias = arith.mulf %slope, %distance : f32
      %biased = arith.addf %s, %bias : f32
      attn.yield %biased : f32
    } -> tensor<2x8x1x64xf32>
    ```
  }];
  let arguments = (ins
    Attn_Tensor:$query, Attn_Tensor:$key, Attn_Tensor:$value,
    Optional<Attn_MaskTensor>:$mask_tensor,
    Optional<Attn_Segments>:$query_segments,
    Optional<Attn_Segments>:$key_segments,
    Optional<Attn_PerBatch>:$query_offset,
    Optional<Attn_PerBatch>:$valid_keys,
    Variadic<Attn_Tensor>:$outputs,
    AffineMapArrayAttr:$indexing_maps,
    OptionalAttr<F64Attr>:$scale,
    OptionalAttr<MaskAttrInterface>:$mask,
    OptionalAttr<I64Attr>:$head_dims,
    OptionalAttr<Attn_FormAttr>:$form);
  let results = (outs Variadic<Attn_Tensor>:$results);
  let regions = (region VariadicRegion<SizedRegion<1>>:$score);
  let assemblyFormat = [{
    `ins` `(` $query `,` $key `,` $value `:` type($query) `,` type($key) `,` type($value) `)`
    ( `mask_tensor` `(` $mask_tensor^ `:` type($mask_tensor) `)` )?
    ( `segments` `(` $query_segments^ `,` $key_segments `:` type($query_segments) `,` type($key_segments) `)` )?
    ( `query_offset` `(` $query_offset^ `:` type($query_offset) `)` )?
    ( `valid_keys` `(` $valid_keys^ `:` type($valid_keys) `)` )?
    `outs` `(` $outputs `:` type($outputs) `)`
    `` custom<Layout>($indexing_maps, ref(type($query)), ref(type($mask_tensor)), ref(type($query_segments)), ref(type($key_segments)), ref(type($outputs)))
    attr-dict
    `` custom<ScoreRegion>($score)
    `->` type($results)
  }];
  let extraClassDeclaration = mapDeclarations # dimDeclarations # [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getOutputsMutable(); }
    ::mlir::Value getOutputInit() { return getOutputs()[0]; }
    bool hasLogSumExp() { return getOutputs().size() == 2; }
    ::mlir::AffineMap getOutputMap() {
      return getIndexingMapsArray()[getNumMappedInputs()];
    }
    /// The map of the log-sum-exp; requires that there is one.
    ::mlir::AffineMap getLogSumExpMap() { return getIndexingMapsArray().back(); }
    /// How many of the last batch dimensions form the query head.
    unsigned getNumHeadDims();
  }];
}

def Attn_FoldOp : Attn_AttentionLikeOp<"fold", [
    AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<OpAsmOpInterface,
      ["getAsmResultNames", "getAsmBlockArgumentNames"]>,
    DeclareOpInterfaceMethods<AggregatedOpInterface, ["decomposeOperation"]>,
    DeclareOpInterfaceMethods<TilingInterface,
      ["getLoopIteratorTypes", "getIterationDomain", "getTiledImplementation",
       "getResultTilePosition", "generateResultTileValue",
       "getIterationDomainTileFromResultTile"]>,
    DeclareOpInterfaceMethods<PartialReductionOpInterface,
      ["generateInitialTensorForPartialReduction", "tileToPartialReduction",
       "mergeReductions", "getPartialResultTilePosition"]>]> {
  let summary = "fold a run of keys and values into the running state";
  let hasCanonicalizer = 1;
  let description = [{
    For each query, from the state `(m, l, acc)` in the destination and the
    visible keys `j`, with scores `s_j` as in `attn.attention` but in base 2
    (times log2(e)):

        m'   = max(m, max_j s_j)
        l'   = l * 2^(m - m') + sum_j 2^(s_j - m')
        acc' = acc * 2^(m - m') + sum_j 2^(s_j - m') * value_j

    where a maximum of `-inf` counts as 0 in the differences, so that an empty
    state stays empty. A fold over keys that are all hidden returns its state.

    Maps: query, key, value, mask tensor (if any), segments of queries and of
    keys (if any), m, l, acc over `(batch.., m, k1, k2, n)`. Queries in the innermost dimension of acc
    ("transposed scores") are just another map.

    `at` gives the absolute position of this tile in each of
    `(batch.., m, k2)`; without it the tile is the whole and starts at 0. Masks,
    per-batch operands and score regions use absolute positions, so they mean
    the same under any tiling. The region's arguments are the score and one
    absolute index per dimension of `(batch.., m, k2)`.

    Tiling: batch dimensions and m in parallel; k2 as a reduction that carries
    the state, or split with an extra dimension that `attn.combine` reduces. k1
    and n are never tiled: a score is not linear in partial sums, and tiling n
    would count keys again.

    ```mlir
    %s:3 = attn.fold ins(%q, %k, %v : tensor<32x64xf32>, tensor<256x64xf32>, tensor<256x64xf32>)
             at(%first_query, %first_key)
             outs(%m, %l, %acc : tensor<32xf32>, tensor<32xf32>, tensor<32x64xf32>)
             {indexing_maps = [affine_map<(m, k1, k2, n) -> (m, k1)>, affine_map<(m, k1, k2, n) -> (k2, k1)>,
                               affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (m)>,
                               affine_map<(m, k1, k2, n) -> (m)>, affine_map<(m, k1, k2, n) -> (m, n)>],
              mask = #attn.causal} -> tensor<32xf32>, tensor<32xf32>, tensor<32x64xf32>
    ```
  }];
  let arguments = (ins
    Attn_Tensor:$query, Attn_Tensor:$key, Attn_Tensor:$value,
    Optional<Attn_MaskTensor>:$mask_tensor,
    Optional<Attn_Segments>:$query_segments,
    Optional<Attn_Segments>:$key_segments,
    Optional<Attn_PerBatch>:$query_offset,
    Optional<Attn_PerBatch>:$valid_keys,
    Variadic<Index>:$origin,
    Attn_State:$max, Attn_State:$sum, Attn_State:$acc,
    AffineMapArrayAttr:$indexing_maps,
    OptionalAttr<F64Attr>:$scale,
    OptionalAttr<MaskAttrInterface>:$mask);
  let results = (outs Attn_State:$new_max, Attn_State:$new_sum, Attn_State:$new_acc);
  let regions = (region VariadicRegion<SizedRegion<1>>:$score);
  let assemblyFormat = [{
    `ins` `(` $query `,` $key `,` $value `:` type($query) `,` type($key) `,` type($value) `)`
    ( `mask_tensor` `(` $mask_tensor^ `:` type($mask_tensor) `)` )?
    ( `segments` `(` $query_segments^ `,` $key_segments `:` type($query_segments) `,` type($key_segments) `)` )?
    ( `query_offset` `(` $query_offset^ `:` type($query_offset) `)` )?
    ( `valid_keys` `(` $valid_keys^ `:` type($valid_keys) `)` )?
    ( `at` `(` $origin^ `)` )?
    `outs` `(` $max `,` $sum `,` $acc `:` type($max) `,` type($sum) `,` type($acc) `)`
    attr-dict
    `` custom<ScoreRegion>($score)
    `->` type($new_max) `,` type($new_sum) `,` type($new_acc)
  }];
  let extraClassDeclaration = mapDeclarations # dimDeclarations # [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return ::mlir::MutableOperandRange(*this, getMaxMutable().getOperandNumber(), 3);
    }
    ::mlir::AffineMap getMaxMap() { return getIndexingMapsArray().end()[-3]; }
    ::mlir::AffineMap getSumMap() { return getIndexingMapsArray().end()[-2]; }
    ::mlir::AffineMap getAccMap() { return getIndexingMapsArray().end()[-1]; }
    /// Whether some key may be hidden from some query.
    bool isMasked() {
      return getMask() || getValidKeys() || mayHideSingleKeys();
    }
    /// Absolute position of this tile in dimension `i` of (batch.., m, k2).
    ::mlir::OpFoldResult getOriginOf(unsigned i);
    /// The entry of `query_offset` or `valid_keys` for one batch of this tile;
    /// `index(i)` is the batch's index within the tile in dimension `i`.
    ::mlir::OpFoldResult getPerBatch(
        ::mlir::OpBuilder &b, ::mlir::Value perBatch,
        ::llvm::function_ref<::mlir::OpFoldResult(unsigned)> index);
  }];
}

def Attn_CombineOp : Attn_Op<"combine", [
    DeclareOpInterfaceMethods<AggregatedOpInterface, ["decomposeOperation"]>,
    DeclareOpInterfaceMethods<TilingInterface,
      ["getLoopIteratorTypes", "getIterationDomain", "getTiledImplementation",
       "getResultTilePosition", "generateResultTileValue",
       "getIterationDomainTileFromResultTile"]>]> {
  let summary = "merge partial states along a split dimension";
  let hasCanonicalizer = 1;
  let description = [{
    Merges the partial states `(m_s, l_s, acc_s)` along the split dimension s
    into the state `(m, l, acc)` in the destination:

        m'   = max(m, max_s m_s)
        l'   = l * 2^(m - m') + sum_s l_s * 2^(m_s - m')
        acc' = acc * 2^(m - m') + sum_s acc_s * 2^(m_s - m')

    The identity `(-inf, 0, 0)` changes nothing, bit by bit. Maps: the partial
    m, l, acc, then m, l, acc, over `(batch.., m, s, n)`. Splits of the keys,
    states of several devices and trees are merged by this operation.

    ```mlir
    %s:3 = attn.combine ins(%pm, %pl, %pacc : tensor<4x32xf32>, tensor<4x32xf32>, tensor<4x32x64xf32>)
             outs(%m, %l, %acc : tensor<32xf32>, tensor<32xf32>, tensor<32x64xf32>)
             {indexing_maps = [affine_map<(m, s, n) -> (s, m)>, affine_map<(m, s, n) -> (s, m)>,
                               affine_map<(m, s, n) -> (s, m, n)>, affine_map<(m, s, n) -> (m)>,
                               affine_map<(m, s, n) -> (m)>, affine_map<(m, s, n) -> (m, n)>]}
             -> tensor<32xf32>, tensor<32xf32>, tensor<32x64xf32>
    ```
  }];
  let arguments = (ins
    Attn_State:$partial_max, Attn_State:$partial_sum, Attn_State:$partial_acc,
    Attn_State:$max, Attn_State:$sum, Attn_State:$acc,
    AffineMapArrayAttr:$indexing_maps);
  let results = (outs Attn_State:$new_max, Attn_State:$new_sum, Attn_State:$new_acc);
  let assemblyFormat = [{
    `ins` `(` $partial_max `,` $partial_sum `,` $partial_acc `:`
              type($partial_max) `,` type($partial_sum) `,` type($partial_acc) `)`
    `outs` `(` $max `,` $sum `,` $acc `:` type($max) `,` type($sum) `,` type($acc) `)`
    attr-dict `->` type($new_max) `,` type($new_sum) `,` type($new_acc)
  }];
  let extraClassDeclaration = mapDeclarations # [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return ::mlir::MutableOperandRange(*this, 3, 3);
    }
    /// The iteration space is (batch.., m, s, n).
    unsigned getQueryDim() { return getNumLoops() - 3; }
    unsigned getSplitDim() { return getNumLoops() - 2; }
    unsigned getValueDim() { return getNumLoops() - 1; }
  }];
}

def Attn_FinishOp : Attn_Op<"finish", [
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>,
    DeclareOpInterfaceMethods<AggregatedOpInterface, ["decomposeOperation"]>,
    DeclareOpInterfaceMethods<TilingInterface,
      ["getLoopIteratorTypes", "getIterationDomain", "getTiledImplementation",
       "getResultTilePosition", "generateResultTileValue",
       "getIterationDomainTileFromResultTile"]>]> {
  let summary = "read a state: the output, and the log-sum-exp";
  let description = [{
        o   = acc / l                     or 0    if l == 0
        lse = ln(2) * m + ln(l)           or -inf if l == 0

    Nothing else decides that a query saw no key: `l == 0` holds for masks,
    biases of `-inf` and zero keys alike. Maps: m, l, acc, output, log-sum-exp
    (if any) over `(batch.., m, n)`.

    ```mlir
    %o = attn.finish ins(%m, %l, %acc : tensor<32xf32>, tensor<32xf32>, tensor<64x32xf32>)
           outs(%init : tensor<32x64xbf16>)
           {indexing_maps = [affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m)>,
                             affine_map<(m, n) -> (n, m)>, affine_map<(m, n) -> (m, n)>]} -> tensor<32x64xbf16>
    ```
  }];
  let arguments = (ins
    Attn_State:$max, Attn_State:$sum, Attn_State:$acc,
    Variadic<Attn_Tensor>:$outputs,
    AffineMapArrayAttr:$indexing_maps);
  let results = (outs Variadic<Attn_Tensor>:$results);
  let assemblyFormat = [{
    `ins` `(` $max `,` $sum `,` $acc `:` type($max) `,` type($sum) `,` type($acc) `)`
    `outs` `(` $outputs `:` type($outputs) `)`
    attr-dict `->` type($results)
  }];
  let extraClassDeclaration = mapDeclarations # [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getOutputsMutable(); }
    /// The iteration space is (batch.., m, n).
    unsigned getQueryDim() { return getNumLoops() - 2; }
    unsigned getValueDim() { return getNumLoops() - 1; }
    bool hasLogSumExp() { return getOutputs().size() == 2; }
  }];
}

def Attn_YieldOp : Op<Attn_Dialect, "yield", [
    Pure, Terminator, ParentOneOf<["AttentionOp", "FoldOp"]>]> {
  let summary = "the result of a score region";
  let description = [{
    ```mlir
    attn.yield %score : f32
    ```
  }];
  let arguments = (ins AnyFloat:$score);
  let assemblyFormat = "$score attr-dict `:` type($score)";
}

def Attn_Counters : Resource<"::mlir::attn::CounterResource">;

def Attn_CountOp : Op<Attn_Dialect, "count", [
    MemoryEffects<[MemRead<Attn_Counters>, MemWrite<Attn_Counters>]>]> {
  let summary = "add to a counter of the module";
  let description = [{
    Each time it is reached, adds `amount`, which must not be negative, to the
    64-bit counter of the module with this name, a C identifier. Counters start
    at 0 when the module is loaded; several threads may add to one. What is
    counted is what runs: the operation has a side effect, on counters and on no
    other memory, so it is neither removed nor repeated nor moved out of its
    loop, and what surrounds it is as free to move as without it.

    `attn-instrument` counts `folds`; other passes may count what they make under
    other names. In a kernel for the CPU, `int64_t KERNEL_count_NAME(void)` reads
    a counter (`cpu-expand-counters`).

    ```mlir
    attn.count "folds", %pairs
    ```
  }];
  let arguments = (ins StrAttr:$counter, Index:$amount);
  let assemblyFormat = "$counter `,` $amount attr-dict";
  let hasVerifier = 1;
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNOPS_TD
