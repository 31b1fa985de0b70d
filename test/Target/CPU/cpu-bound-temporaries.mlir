// RUN: attn-opt %s -cpu-bound-temporaries="max-bytes=8192" | FileCheck %s -enable-var-scope

// Rows of 256 bytes: a line more lies between them.

// CHECK-LABEL: func @last_tile(
//       CHECK:   %[[REST:.+]] = affine.min
//       CHECK:   %[[WHOLE:.+]] = tensor.empty() : tensor<32x80xf32>
//       CHECK:   tensor.extract_slice %[[WHOLE]][0, 0] [%[[REST]], 64] [1, 1] : tensor<32x80xf32> to tensor<?x64xf32>
func.func @last_tile(%i: index, %n: index) -> tensor<?x64xf32> {
  %rest = affine.min affine_map<(i)[n] -> (32, n - i)>(%i)[%n]
  %t = tensor.empty(%rest) : tensor<?x64xf32>
  return %t : tensor<?x64xf32>
}

// CHECK-LABEL: func @negative_unbounded(
//       CHECK:   tensor.empty(%{{.+}}) : tensor<?x64xf32>
func.func @negative_unbounded(%n: index) -> tensor<?x64xf32> {
  %t = tensor.empty(%n) : tensor<?x64xf32>
  return %t : tensor<?x64xf32>
}

// CHECK-LABEL: func @negative_large(
//       CHECK:   tensor.empty(%{{.+}}) : tensor<?x65xf32>
func.func @negative_large(%n: index) -> tensor<?x65xf32> {
  %rest = affine.min affine_map<()[n] -> (32, n)>()[%n]
  %t = tensor.empty(%rest) : tensor<?x65xf32>
  return %t : tensor<?x65xf32>
}

// Two temporaries at the same time.
// CHECK-LABEL: func @shared(
// CHECK-COUNT-2: tensor.empty() : tensor<8xf32>
func.func @shared(%x: f32, %y: f32) -> (tensor<8xf32>, tensor<8xf32>) {
  %t = tensor.empty() : tensor<8xf32>
  %a = linalg.fill ins(%x : f32) outs(%t : tensor<8xf32>) -> tensor<8xf32>
  %b = linalg.fill ins(%y : f32) outs(%t : tensor<8xf32>) -> tensor<8xf32>
  return %a, %b : tensor<8xf32>, tensor<8xf32>
}

// Rows that fall into different sets of a cache as they are, and a single row.
// CHECK-LABEL: func @spread_already(
//       CHECK:   tensor.empty() : tensor<32x16xf32>
//       CHECK:   tensor.empty() : tensor<1x64xf32>
func.func @spread_already() -> (tensor<32x16xf32>, tensor<1x64xf32>) {
  %t = tensor.empty() : tensor<32x16xf32>
  %u = tensor.empty() : tensor<1x64xf32>
  return %t, %u : tensor<32x16xf32>, tensor<1x64xf32>
}

// What an iteration alone needs does not live between iterations.
// CHECK-LABEL: func @iteration(
//       CHECK:   scf.for
//  CHECK-NEXT:     %[[EMPTY:.+]] = tensor.empty() : tensor<8xf32>
//  CHECK-NEXT:     %[[A:.+]] = linalg.fill ins(%{{.+}} : f32) outs(%[[EMPTY]]
//  CHECK-NEXT:     %[[FIRST:.+]] = tensor.empty() : tensor<9xf32>
//  CHECK-NEXT:     %[[SECOND:.+]] = tensor.empty() : tensor<7xf32>
//  CHECK-NEXT:     call @two(%[[FIRST]], %[[SECOND]])
func.func private @two(%a: tensor<9xf32>, %b: tensor<7xf32>)
func.func @iteration(%x: f32, %n: index, %out: tensor<8xf32>) -> tensor<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %t = tensor.empty() : tensor<8xf32>
  %first = tensor.empty() : tensor<9xf32>
  %second = tensor.empty() : tensor<7xf32>
  %sum = scf.for %i = %c0 to %n step %c1 iter_args(%s = %out) -> tensor<8xf32> {
    %a = linalg.fill ins(%x : f32) outs(%t : tensor<8xf32>) -> tensor<8xf32>
    func.call @two(%first, %second) : (tensor<9xf32>, tensor<7xf32>) -> ()
    %next = linalg.add ins(%s, %a : tensor<8xf32>, tensor<8xf32>) outs(%s : tensor<8xf32>) -> tensor<8xf32>
    scf.yield %next : tensor<8xf32>
  }
  return %sum : tensor<8xf32>
}
