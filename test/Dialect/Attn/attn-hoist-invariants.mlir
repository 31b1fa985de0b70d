// RUN: attn-opt %s -attn-hoist-invariants | FileCheck %s -enable-var-scope

// Out of loops in order, as far as the loop whose iterations may run at the same
// time; and out of loops around that one.

// CHECK-LABEL: func @stays_private(
// CHECK:         tensor.empty() : tensor<3xf32>
// CHECK:         scf.for
// CHECK:           scf.forall
// CHECK:             %[[EMPTY:.*]] = tensor.empty() : tensor<1xf32>
// CHECK:             linalg.fill {{.*}} outs(%[[EMPTY]] : tensor<1xf32>)
// CHECK:             scf.for
// CHECK-NOT:           tensor.empty
// CHECK:               linalg.generic
func.func @stays_private(%count: index, %zero: f32, %init: tensor<8xf32>) -> (tensor<8xf32>, tensor<3xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %unused = tensor.empty() : tensor<3xf32>
  %all:2 = scf.for %k = %c0 to %count step %c1 iter_args(%y = %init, %u = %unused) -> (tensor<8xf32>, tensor<3xf32>) {
    %other = tensor.empty() : tensor<3xf32>
    %row = scf.forall (%i) in (8) shared_outs(%out = %y) -> (tensor<8xf32>) {
      %start = tensor.extract_slice %out[%i] [1] [1] : tensor<8xf32> to tensor<1xf32>
      %sum = scf.for %j = %c0 to %count step %c1 iter_args(%s = %start) -> (tensor<1xf32>) {
        %empty = tensor.empty() : tensor<1xf32>
        %filled = linalg.fill ins(%zero : f32) outs(%empty : tensor<1xf32>) -> tensor<1xf32>
        %next = linalg.generic {indexing_maps = [affine_map<(n) -> (n)>, affine_map<(n) -> (n)>], iterator_types = ["parallel"]}
            ins(%filled : tensor<1xf32>) outs(%s : tensor<1xf32>) {
        ^bb0(%a: f32, %b: f32):
          %c = arith.addf %a, %b : f32
          linalg.yield %c : f32
        } -> tensor<1xf32>
        scf.yield %next : tensor<1xf32>
      }
      scf.forall.in_parallel {
        tensor.parallel_insert_slice %sum into %out[%i] [1] [1] : tensor<1xf32> into tensor<8xf32>
      }
    }
    scf.yield %row, %other : tensor<8xf32>, tensor<3xf32>
  }
  return %all#0, %all#1 : tensor<8xf32>, tensor<3xf32>
}

// What is changed in each iteration is filled in each: else it would be copied.

// CHECK-LABEL: func @stays_filled(
// CHECK:         scf.for
// CHECK:           linalg.fill
// CHECK:           linalg.generic
func.func @stays_filled(%count: index, %zero: f32, %x: tensor<8xf32>, %init: tensor<8xf32>) -> tensor<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %last = scf.for %j = %c0 to %count step %c1 iter_args(%y = %init) -> (tensor<8xf32>) {
    %empty = tensor.empty() : tensor<8xf32>
    %filled = linalg.fill ins(%zero : f32) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
    %sum = linalg.generic {indexing_maps = [affine_map<(n) -> (n)>, affine_map<(n) -> (n)>], iterator_types = ["parallel"]}
        ins(%x : tensor<8xf32>) outs(%filled : tensor<8xf32>) {
    ^bb0(%a: f32, %b: f32):
      %c = arith.addf %a, %b : f32
      linalg.yield %c : f32
    } -> tensor<8xf32>
    scf.yield %sum : tensor<8xf32>
  }
  return %last : tensor<8xf32>
}

// So is what is made of one row for each of several.

// CHECK-LABEL: func @stays_broadcast(
// CHECK:         scf.for
// CHECK:           linalg.broadcast
// CHECK:           scf.for
func.func @stays_broadcast(%count: index, %row: tensor<8xf32>, %init: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %last = scf.for %j = %c0 to %count step %c1 iter_args(%y = %init) -> (tensor<2x8xf32>) {
    %empty = tensor.empty() : tensor<2x8xf32>
    %start = linalg.broadcast ins(%row : tensor<8xf32>) outs(%empty : tensor<2x8xf32>) dimensions = [0]
    %next = scf.for %k = %c0 to %j step %c1 iter_args(%s = %start) -> (tensor<2x8xf32>) {
      %sum = arith.addf %s, %y : tensor<2x8xf32>
      scf.yield %sum : tensor<2x8xf32>
    }
    scf.yield %next : tensor<2x8xf32>
  }
  return %last : tensor<2x8xf32>
}
