// RUN: attn-run %s --size=arg0_size0=9 --check --atol=1e-3 --count --memory --output=%t.npy | FileCheck %s
// RUN: attn-run %s --size=arg0_size0=2 --count --memory | FileCheck %s
// RUN: sed 's/attributes {attn.frame}//' %s | attn-run - --size=arg0_size0=9 --output=%t.alone.npy
// RUN: cmp %t.npy %t.alone.npy

// The temporaries of functions that call each other are one memory, all of which a
// run writes.

// CHECK: scratch {{ *}}[[BYTES:[0-9]+]] bytes of stack, 0 bytes of heap
// CHECK: scratch_bytes [[BYTES]] (

func.func private @layer_1(%t: index, %x: tensor<?x16xf32>, %w: tensor<16x64xf32>, %v: tensor<64x16xf32>, %out: tensor<1x16xf32>) -> tensor<1x16xf32> attributes {attn.frame} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %end = arith.addi %t, %c1 : index
  %e = tensor.empty() : tensor<1x16xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1x16xf32>) -> tensor<1x16xf32>
  %s = scf.for %j = %c0 to %end step %c1 iter_args(%sum = %z) -> tensor<1x16xf32> {
    %row = tensor.extract_slice %x[%j, 0] [1, 16] [1, 1] : tensor<?x16xf32> to tensor<1x16xf32>
    %next = linalg.add ins(%sum, %row : tensor<1x16xf32>, tensor<1x16xf32>) outs(%sum : tensor<1x16xf32>) -> tensor<1x16xf32>
    scf.yield %next : tensor<1x16xf32>
  }
  %he = tensor.empty() : tensor<1x64xf32>
  %hz = linalg.fill ins(%zero : f32) outs(%he : tensor<1x64xf32>) -> tensor<1x64xf32>
  %h = linalg.matmul ins(%s, %w : tensor<1x16xf32>, tensor<16x64xf32>) outs(%hz : tensor<1x64xf32>) -> tensor<1x64xf32>
  %ae = tensor.empty() : tensor<1x64xf32>
  %a = linalg.tanh ins(%h : tensor<1x64xf32>) outs(%ae : tensor<1x64xf32>) -> tensor<1x64xf32>
  %y = linalg.matmul ins(%a, %v : tensor<1x64xf32>, tensor<64x16xf32>) outs(%s : tensor<1x16xf32>) -> tensor<1x16xf32>
  %m = bufferization.materialize_in_destination %y in %out : (tensor<1x16xf32>, tensor<1x16xf32>) -> tensor<1x16xf32>
  return %m : tensor<1x16xf32>
}
func.func private @layer_2(%t: index, %x: tensor<?x16xf32>, %w: tensor<16x64xf32>, %v: tensor<64x16xf32>, %out: tensor<1x16xf32>) -> tensor<1x16xf32> attributes {attn.frame} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %end = arith.addi %t, %c1 : index
  %e = tensor.empty() : tensor<1x16xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1x16xf32>) -> tensor<1x16xf32>
  %s = scf.for %j = %c0 to %end step %c1 iter_args(%sum = %z) -> tensor<1x16xf32> {
    %re = tensor.empty() : tensor<1x16xf32>
    %row = func.call @layer_1(%j, %x, %w, %v, %re) : (index, tensor<?x16xf32>, tensor<16x64xf32>, tensor<64x16xf32>, tensor<1x16xf32>) -> tensor<1x16xf32>
    %next = linalg.add ins(%sum, %row : tensor<1x16xf32>, tensor<1x16xf32>) outs(%sum : tensor<1x16xf32>) -> tensor<1x16xf32>
    scf.yield %next : tensor<1x16xf32>
  }
  %he = tensor.empty() : tensor<1x64xf32>
  %hz = linalg.fill ins(%zero : f32) outs(%he : tensor<1x64xf32>) -> tensor<1x64xf32>
  %h = linalg.matmul ins(%s, %w : tensor<1x16xf32>, tensor<16x64xf32>) outs(%hz : tensor<1x64xf32>) -> tensor<1x64xf32>
  %ae = tensor.empty() : tensor<1x64xf32>
  %a = linalg.tanh ins(%h : tensor<1x64xf32>) outs(%ae : tensor<1x64xf32>) -> tensor<1x64xf32>
  %y = linalg.matmul ins(%a, %v : tensor<1x64xf32>, tensor<64x16xf32>) outs(%s : tensor<1x16xf32>) -> tensor<1x16xf32>
  %m = bufferization.materialize_in_destination %y in %out : (tensor<1x16xf32>, tensor<1x16xf32>) -> tensor<1x16xf32>
  return %m : tensor<1x16xf32>
}
func.func @stack(%x: tensor<?x16xf32>, %w: tensor<16x64xf32>, %v: tensor<64x16xf32>) -> tensor<?x16xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c0 : tensor<?x16xf32>
  %e = tensor.empty(%n) : tensor<?x16xf32>
  %ys = scf.for %t = %c0 to %n step %c1 iter_args(%out = %e) -> tensor<?x16xf32> {
    %re = tensor.empty() : tensor<1x16xf32>
    %row = func.call @layer_2(%t, %x, %w, %v, %re) : (index, tensor<?x16xf32>, tensor<16x64xf32>, tensor<64x16xf32>, tensor<1x16xf32>) -> tensor<1x16xf32>
    %next = tensor.insert_slice %row into %out[%t, 0] [1, 16] [1, 1] : tensor<1x16xf32> into tensor<?x16xf32>
    scf.yield %next : tensor<?x16xf32>
  }
  return %ys : tensor<?x16xf32>
}
