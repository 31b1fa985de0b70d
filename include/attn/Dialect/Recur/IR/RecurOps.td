//===- RecurOps.td - scan, rescan ---*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_RECUR_IR_RECUROPS_TD
#define ATTN_DIALECT_RECUR_IR_RECUROPS_TD

include "attn/Dialect/Recur/IR/RecurAttrs.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/TilingInterface.td"

/// Recurrences: sequences in, states in destination style, sequences out.
class Recur_Op<string mnemonic, list<Trait> traits = []>
    : Op<Recur_Dialect, mnemonic, !listconcat([
        Pure, AttrSizedOperandSegments,
        DestinationStyleOpInterface,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
          ["reifyResultShapes"]>,
        DeclareOpInterfaceMethods<TilingInterface,
          ["getLoopIteratorTypes", "getIterationDomain",
           "getTiledImplementation", "getResultTilePosition"]>],
        traits)> {
  let hasVerifier = 1;
  let hasRegionVerifier = 1;

  code sharedDeclarations = [{
    /// Maps of ins, outs and init over the iteration space.
    ::llvm::SmallVector<::mlir::AffineMap> getIndexingMapsArray() {
      return ::llvm::to_vector(
          getIndexingMaps().getAsValueRange<::mlir::AffineMapAttr>());
    }
    ::mlir::AffineMap getInputMap(unsigned i) { return getIndexingMapsArray()[i]; }
    ::mlir::AffineMap getOutputMap(unsigned i) {
      return getIndexingMapsArray()[getInputs().size() + i];
    }
    ::mlir::AffineMap getInitMap(unsigned i) {
      return getIndexingMapsArray()[getInputs().size() + getOutputs().size() + i];
    }
    /// The iteration space is (batch.., t) or (batch.., t, j).
    unsigned getNumLoops() { return getIndexingMapsArray().front().getNumDims(); }
    unsigned getTimeDim() { return getNumBatchDims(); }
    /// Its sizes, static where any operand knows them.
    ::llvm::SmallVector<::mlir::OpFoldResult> getLoopSizes(::mlir::OpBuilder &b);
    ::llvm::SmallVector<int64_t> getStaticLoopRanges();

    /// What a region sees of the operands: types of the slices.
    ::llvm::SmallVector<::mlir::Type> getInputSliceTypes();
    ::llvm::SmallVector<::mlir::Type> getStateTypes();
    ::llvm::SmallVector<::mlir::Type> getOutputSliceTypes();

    /// Destinations and results: the outputs, then the final states.
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return ::mlir::MutableOperandRange(
          *this, getInputs().size(), getOutputs().size() + getInits().size());
    }
    ::mlir::ResultRange getOutputResults() {
      return (*this)->getResults().take_front(getOutputs().size());
    }
    ::mlir::ResultRange getFinalStates() {
      return (*this)->getResults().drop_front(getOutputs().size());
    }
    /// Regions by what they say; null where absent.
    ::mlir::Block *getStepBody() { return getBody(getStep()); }
    ::mlir::Block *getReadBody() { return getBody(getRead()); }
    static ::mlir::Block *getBody(::mlir::Region &region) {
      return region.empty() ? nullptr : &region.front();
    }
  }];
}

def Recur_ScanOp : Recur_Op<"scan"> {
  let summary = "one shared state over a sequence";
  let hasCanonicalizer = 1;
  let description = [{
    For each batch index, over `t` in order, with `h_{-1}` from `init`:

        h_t = step(x_t, h_{t-1})
        y_t = read(x_t, h_t)            or read(x_t, h_{t-1}) if `exclusive`

    and the state after the last token. `reverse` goes through the sequence from
    its end. Without `read`, y_t is the state.

    **Operands.** `ins` are sequences, `init` states, `outs` the destinations of
    the outputs, whose content is not read. `indexing_maps` gives for each of
    them, over `(batch.., t)`, which of the first dimensions of the operand are
    iterated: the rest is what a region sees, a tensor, or a number where nothing
    is left. An operand without `t` is the same for all tokens, one without a
    batch dimension for all of the batch. Each init has all batch dimensions, each
    output these and `t`. The results are the outputs, then the final states.

    **Regions.** `step` and `read` take the slices of all `ins`, then the state.
    They may capture values, use `recur.index`, and have no side effects. The type
    of the state is that of `init`, whatever the type of the inputs.

    ```mlir
    %y, %last = recur.scan ins(%u : tensor<2x?x8xf32>) outs(%y0 : tensor<2x?x8xf32>) init(%h0 : tensor<2x8xf32>)
        {indexing_maps = [affine_map<(b, t) -> (b, t)>, affine_map<(b, t) -> (b, t)>, affine_map<(b, t) -> (b)>]}
        step(%u_t: tensor<8xf32>, %h: tensor<8xf32>) {
          %sum = linalg.matvec ins(%weights, %h : tensor<8x8xf32>, tensor<8xf32>) outs(%u_t : tensor<8xf32>) -> tensor<8xf32>
          %next = math.tanh %sum : tensor<8xf32>
          recur.yield %next : tensor<8xf32>
        } -> tensor<2x?x8xf32>, tensor<2x8xf32>
    ```

    **A named monoid** in place of `step`: `lift` yields the element of a token,
    and h_t = act(lift(x_t), h_{t-1}). Retention with a decay for each head:

    ```mlir
    %y, %last = recur.scan ins(%q, %k, %v, %decay : tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8xf32>)
        outs(%y0 : tensor<8x?x64xf32>) init(%s0 : tensor<8x64x64xf32>)
        {indexing_maps = [affine_map<(h, t) -> (h, t)>, affine_map<(h, t) -> (h, t)>, affine_map<(h, t) -> (h, t)>,
                          affine_map<(h, t) -> (h)>, affine_map<(h, t) -> (h, t)>, affine_map<(h, t) -> (h)>],
         monoid = #recur.affine<scalar>, schedule = #recur.schedule<chunked, chunk = 64>}
        lift(%q_t: tensor<64xf32>, %k_t: tensor<64xf32>, %v_t: tensor<64xf32>, %g: f32) {
          recur.yield %g, %k_t, %v_t : f32, tensor<64xf32>, tensor<64xf32>
        }
        read(%q_t: tensor<64xf32>, %k_t: tensor<64xf32>, %v_t: tensor<64xf32>, %g: f32, %s: tensor<64x64xf32>) {
          %zero = arith.constant dense<0.0> : tensor<64xf32>
          %y_t = linalg.vecmat ins(%q_t, %s : tensor<64xf32>, tensor<64x64xf32>) outs(%zero : tensor<64xf32>) -> tensor<64xf32>
          recur.yield %y_t : tensor<64xf32>
        } -> tensor<8x?x64xf32>, tensor<8x64x64xf32>
    ```

    **Any other monoid**: `lift`, and `combine(a, b)` with a before b. Elements
    and states are then of one type and h_t = combine(h_{t-1}, lift(x_t)). That
    `combine` is associative is the author's claim; no identity is asked for. The
    running maximum and where it was:

    ```mlir
    %m, %at, %m_last, %at_last = recur.scan ins(%x : tensor<4x?xf32>)
        outs(%m0, %at0 : tensor<4x?xf32>, tensor<4x?xi64>) init(%first, %none : tensor<4xf32>, tensor<4xi64>)
        {indexing_maps = [affine_map<(c, t) -> (c, t)>, affine_map<(c, t) -> (c, t)>, affine_map<(c, t) -> (c, t)>,
                          affine_map<(c, t) -> (c)>, affine_map<(c, t) -> (c)>]}
        lift(%x_t: f32) {
          %t = recur.index 1 : index
          %place = arith.index_cast %t : index to i64
          recur.yield %x_t, %place : f32, i64
        }
        combine(%a: f32, %i: i64, %b: f32, %j: i64) {
          %later = arith.cmpf ogt, %b, %a : f32
          %max = arith.select %later, %b, %a : f32
          %where = arith.select %later, %j, %i : i64
          recur.yield %max, %where : f32, i64
        } -> tensor<4x?xf32>, tensor<4x?xi64>, tensor<4xf32>, tensor<4xi64>
    ```

    `schedule` records the order of evaluation that was chosen. Orders differ in
    rounding only.
  }];
  let arguments = (ins
    Variadic<AnyRankedTensor>:$inputs,
    Variadic<AnyRankedTensor>:$outputs,
    Variadic<AnyRankedTensor>:$inits,
    AffineMapArrayAttr:$indexing_maps,
    OptionalAttr<MonoidAttrInterface>:$monoid,
    UnitAttr:$exclusive,
    UnitAttr:$reverse,
    OptionalAttr<Recur_ScheduleAttr>:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region MaxSizedRegion<1>:$lift, MaxSizedRegion<1>:$combine,
                        MaxSizedRegion<1>:$step, MaxSizedRegion<1>:$read);
  let assemblyFormat = [{
    ( `ins` `(` $inputs^ `:` type($inputs) `)` )?
    ( `outs` `(` $outputs^ `:` type($outputs) `)` )?
    `init` `(` $inits `:` type($inits) `)`
    attr-dict
    `` custom<Cell>($lift, $combine, $step, $read)
    `->` type($results)
  }];
  let extraClassDeclaration = sharedDeclarations # [{
    unsigned getNumBatchDims() { return getNumLoops() - 1; }
    ::mlir::Block *getLiftBody() { return getBody(getLift()); }
    ::mlir::Block *getCombineBody() { return getBody(getCombine()); }
  }];
}

def Recur_RescanOp : Recur_Op<"rescan"> {
  let summary = "reread the whole history for each token";
  let hasCanonicalizer = 1;
  let description = [{
    For each batch index and each `t` in order, over `j` in order:

        h   = init                      `boundary = reset`, the default; or as the
                                        token before left it: `chain`
        h   = step(x_t, x_j, h)         for j = 0 .. t, `history = prefix`, the
                                        default; or all j: `all`
        y_t = read(x_t, h)

    and the state after the last token. A history shorter than the tokens is
    reread as far as it goes, as by top-left causal attention. The state is O(1),
    the work L(L+1)/2 steps: the page-flipping RNN. With `reset` and a step that does not look at
    `t` it is a scan (`recur-rescan-to-scan`); causal attention is the case whose
    step is an `attn.fold` of one key (`attn-to-recur`).

    `indexing_maps` are over `(batch.., t, j)`: an operand with `t` is seen by
    tokens, one with `j` by the history, one with both (a bias, a mask) by pairs;
    a sequence that is both reader and read is passed twice. Otherwise operands,
    regions and results are as in `recur.scan`; `read` sees nothing of `j`, and
    its arguments are those inputs whose maps lack `j`, then the state.

    A cell that rereads, chained:

    ```mlir
    %y, %last = recur.rescan ins(%u : tensor<?x8xf32>) outs(%y0 : tensor<?x8xf32>) init(%h0 : tensor<8xf32>)
        {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>],
         boundary = #recur<boundary chain>}
        step(%u_j: tensor<8xf32>, %h: tensor<8xf32>) {
          %sum = linalg.matvec ins(%weights, %h : tensor<8x8xf32>, tensor<8xf32>) outs(%u_j : tensor<8xf32>) -> tensor<8xf32>
          %next = math.tanh %sum : tensor<8xf32>
          recur.yield %next : tensor<8xf32>
        } -> tensor<?x8xf32>, tensor<8xf32>
    ```

    Attention with a linear kernel: a scan in disguise (`recur-separate-kernel`):

    ```mlir
    %y, %last = recur.rescan ins(%q, %k, %v : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x4xf32>)
        outs(%y0 : tensor<?x4xf32>) init(%h0 : tensor<4xf32>)
        {indexing_maps = [affine_map<(t, j) -> (t)>, affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (j)>,
                          affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>]}
        step(%q_t: tensor<8xf32>, %k_j: tensor<8xf32>, %v_j: tensor<4xf32>, %h: tensor<4xf32>) {
          %zero = arith.constant dense<0.0> : tensor<f32>
          %dot = linalg.dot ins(%q_t, %k_j : tensor<8xf32>, tensor<8xf32>) outs(%zero : tensor<f32>) -> tensor<f32>
          %next = linalg.generic {indexing_maps = [affine_map<(n) -> ()>, affine_map<(n) -> (n)>, affine_map<(n) -> (n)>],
                                  iterator_types = ["parallel"]}
                  ins(%dot, %v_j : tensor<f32>, tensor<4xf32>) outs(%h : tensor<4xf32>) {
          ^bb0(%w: f32, %v_n: f32, %h_n: f32):
            %product = arith.mulf %w, %v_n : f32
            %sum = arith.addf %h_n, %product : f32
            linalg.yield %sum : f32
          } -> tensor<4xf32>
          recur.yield %next : tensor<4xf32>
        } -> tensor<?x4xf32>, tensor<4xf32>
    ```
  }];
  let arguments = (ins
    Variadic<AnyRankedTensor>:$inputs,
    Variadic<AnyRankedTensor>:$outputs,
    Variadic<AnyRankedTensor>:$inits,
    AffineMapArrayAttr:$indexing_maps,
    DefaultValuedAttr<Recur_BoundaryAttr, "::mlir::recur::Boundary::Reset">:$boundary,
    DefaultValuedAttr<Recur_HistoryAttr, "::mlir::recur::History::Prefix">:$history);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region MaxSizedRegion<1>:$step, MaxSizedRegion<1>:$read);
  let assemblyFormat = [{
    ( `ins` `(` $inputs^ `:` type($inputs) `)` )?
    ( `outs` `(` $outputs^ `:` type($outputs) `)` )?
    `init` `(` $inits `:` type($inits) `)`
    attr-dict
    `` custom<StepAndRead>($step, $read)
    `->` type($results)
  }];
  let extraClassDeclaration = sharedDeclarations # [{
    unsigned getNumBatchDims() { return getNumLoops() - 2; }
    unsigned getHistoryDim() { return getNumLoops() - 1; }
    /// Whether input `i` changes with t, with j.
    bool isTokenInput(unsigned i) {
      return getInputMap(i).isFunctionOfDim(getTimeDim());
    }
    bool isHistoryInput(unsigned i) {
      return getInputMap(i).isFunctionOfDim(getHistoryDim());
    }
  }];
}

// Without effects, but not speculatable: it stays in its recurrence.
def Recur_IndexOp : Op<Recur_Dialect, "index", [NoMemoryEffect]> {
  let summary = "where the recurrence is";
  let description = [{
    The index of the surrounding recurrence in dimension `dim` of its iteration
    space, `(batch.., t)` or `(batch.., t, j)`. The regions `combine` of a scan,
    and `read` of a rescan in dimension j, have none.

    ```mlir
    %t = recur.index 1 : index
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntNonNegative]>:$dim);
  let results = (outs Index:$result);
  let assemblyFormat = "$dim attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Recur_YieldOp : Op<Recur_Dialect, "yield", [
    Pure, Terminator, ParentOneOf<["ScanOp", "RescanOp"]>]> {
  let summary = "the results of a region of a recurrence";
  let description = [{
    ```mlir
    recur.yield %next : tensor<8xf32>
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

#endif // ATTN_DIALECT_RECUR_IR_RECUROPS_TD
