// Masks that people write in score regions, with a mask attribute in their place, are
// what the regions say: in every form, against the reference evaluation of the region.
// Ids are random, in no order.
// REQUIRES: attn-run
// DEFINE: %{check} = attn-run %s --queries=16 --keys=32 --check
// RUN: %{check} --entry=window --form=materialized | FileCheck %s
// RUN: %{check} --entry=window --form=recurrent | FileCheck %s
// RUN: %{check} --entry=window --form=blocked | FileCheck %s
// RUN: %{check} --entry=prefix --form=materialized | FileCheck %s
// RUN: %{check} --entry=prefix --form=recurrent | FileCheck %s
// RUN: %{check} --entry=prefix --form=blocked | FileCheck %s
// RUN: %{check} --entry=documents --form=materialized | FileCheck %s
// RUN: %{check} --entry=documents --form=recurrent | FileCheck %s
// RUN: %{check} --entry=documents --form=blocked | FileCheck %s
// RUN: %{check} --entry=bias --form=materialized | FileCheck %s
// RUN: %{check} --entry=bias --form=recurrent | FileCheck %s
// RUN: %{check} --entry=bias --form=blocked | FileCheck %s
// CHECK: check {{.*}}: ok

func.func @window(%query: tensor<2x90x8xf32>, %key: tensor<2x90x8xf32>, %init: tensor<2x90x8xf32>) -> tensor<2x90x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<2x90x8xf32>, tensor<2x90x8xf32>, tensor<2x90x8xf32>)
      outs(%init : tensor<2x90x8xf32>) score(%s : f32, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %size = arith.constant 20 : index
    %distance = arith.subi %i, %j : index
    %near = arith.cmpi slt, %distance, %size : index
    %future = arith.cmpi slt, %i, %j : index
    %true = arith.constant true
    %past = arith.xori %future, %true : i1
    %sees = arith.andi %near, %past : i1
    %score = arith.select %sees, %s, %never : f32
    attn.yield %score : f32
  } -> tensor<2x90x8xf32>
  return %output : tensor<2x90x8xf32>
}

func.func @prefix(%query: tensor<90x8xf32>, %key: tensor<70x8xf32>, %init: tensor<90x8xf32>) -> tensor<90x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<90x8xf32>, tensor<70x8xf32>, tensor<70x8xf32>)
      outs(%init : tensor<90x8xf32>) {mask = #attn.window<40, 40>} score(%s : f32, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %zero = arith.constant 0.0 : f32
    %size = arith.constant 19 : i32
    %row = arith.index_cast %i : index to i32
    %column = arith.index_cast %j : index to i32
    %early = arith.cmpi sgt, %size, %column : i32
    %past = arith.cmpi sge, %row, %column : i32
    %sees = arith.ori %early, %past : i1
    %bias = arith.select %sees, %zero, %never : f32
    %capped = math.tanh %s : f32
    %score = arith.addf %capped, %bias : f32
    attn.yield %score : f32
  } -> tensor<90x8xf32>
  return %output : tensor<90x8xf32>
}

func.func @documents(%query: tensor<2x3x65x8xf32>, %key: tensor<2x3x65x8xf32>, %ids: tensor<2x65xi32>, %init: tensor<2x3x65x8xf32>)
    -> tensor<2x3x65x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<2x3x65x8xf32>, tensor<2x3x65x8xf32>, tensor<2x3x65x8xf32>)
      outs(%init : tensor<2x3x65x8xf32>) score(%s : f32, %b : index, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %query_id = tensor.extract %ids[%b, %i] : tensor<2x65xi32>
    %key_id = tensor.extract %ids[%b, %j] : tensor<2x65xi32>
    %same = arith.cmpi eq, %query_id, %key_id : i32
    %past = arith.cmpi sle, %j, %i : index
    %sees = arith.andi %past, %same : i1
    %score = arith.select %sees, %s, %never : f32
    attn.yield %score : f32
  } -> tensor<2x3x65x8xf32>
  return %output : tensor<2x3x65x8xf32>
}

// Not a mask of positions alone: it stays in the region.
func.func @bias(%query: tensor<90x8xf32>, %key: tensor<90x8xf32>, %seen: tensor<90xi32>, %init: tensor<90x8xf32>) -> tensor<90x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<90x8xf32>, tensor<90x8xf32>, tensor<90x8xf32>)
      outs(%init : tensor<90x8xf32>) {mask = #attn.causal} score(%s : f32, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %four = arith.constant 4 : i32
    %kind = tensor.extract %seen[%j] : tensor<90xi32>
    %small = arith.cmpi slt, %kind, %four : i32
    %score = arith.select %small, %s, %never : f32
    attn.yield %score : f32
  } -> tensor<90x8xf32>
  return %output : tensor<90x8xf32>
}
