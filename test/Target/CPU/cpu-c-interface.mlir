// RUN: attn-opt %s -cpu-c-interface | FileCheck %s -enable-var-scope

// Keys and values share one size; queries have their own.

// CHECK-LABEL: func @attention(
//  CHECK-SAME:     !llvm.ptr, %{{.+}}: !llvm.ptr, %{{.+}}: !llvm.ptr, %[[OUT:.+]]: !llvm.ptr, %[[QUERIES:.+]]: i64, %[[KEYS:.+]]: i64) -> i32
//       CHECK:   scf.if %{{.+}} {
//       CHECK:     call @attention.tensors
//       CHECK:   return %{{.+}} : i32
// CHECK-LABEL: func @attention_packed(
//  CHECK-SAME:     !llvm.ptr, %{{.+}}: !llvm.ptr) -> i32
//       CHECK:   call @attention(
// CHECK-LABEL: func private @attention.tensors(
//  CHECK-SAME:     %[[DEST:[^:]+]]: memref<?x4xf32>
//       CHECK:   %[[O:.+]] = attn.attention
//       CHECK:   bufferization.materialize_in_destination %[[O]] in restrict writable %[[DEST]]
func.func @attention(%q: tensor<?x4xf32>, %k: tensor<?x4xf32>, %v: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %rows = tensor.dim %q, %c0 : tensor<?x4xf32>
  %init = tensor.empty(%rows) : tensor<?x4xf32>
  %o = attn.attention ins(%q, %k, %v : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
      outs(%init : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %o : tensor<?x4xf32>
}
