// RUN: attn-opt %s --nvptx-carry-in-place --split-input-file --verify-diagnostics | FileCheck %s

// What is carried crosswise is read before any of it is written.
// CHECK-LABEL: func.func @swap
func.func @swap(%x: memref<4xf32>, %y: memref<4xf32>, %n: index) -> (memref<4xf32>, memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK: %[[A:[^ ]+]] = memref.alloc
  // CHECK: %[[B:[^ ]+]] = memref.alloc
  // CHECK: scf.for {{.*}} iter_args(%[[X:[^ ]+]] = %[[A]], %[[Y:[^ ]+]] = %[[B]])
  // CHECK: %[[S:[^ ]+]] = memref.alloc
  // CHECK: linalg.copy ins(%[[Y]] {{.*}} outs(%[[S]]
  // CHECK: %[[T:[^ ]+]] = memref.alloc
  // CHECK: linalg.copy ins(%[[X]] {{.*}} outs(%[[T]]
  // CHECK: linalg.copy ins(%[[S]] {{.*}} outs(%[[A]]
  // CHECK: linalg.copy ins(%[[T]] {{.*}} outs(%[[B]]
  // CHECK: scf.yield %[[X]], %[[Y]]
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x, %b = %y) -> (memref<4xf32>, memref<4xf32>) {
    scf.yield %b, %a : memref<4xf32>, memref<4xf32>
  }
  return %r#0, %r#1 : memref<4xf32>, memref<4xf32>
}

// CHECK-LABEL: func.func @negative_in_place
// CHECK-NOT: memref.alloc
func.func @negative_in_place(%x: memref<4xf32>, %n: index) -> memref<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (memref<4xf32>) {
    scf.yield %a : memref<4xf32>
  }
  return %r : memref<4xf32>
}

// -----

func.func @condition(%x: memref<4xf32>, %c: i1) {
  // expected-error @below {{carries an array through a loop with a condition, which a GPU kernel has no memory for; use scf.for}}
  %r = scf.while (%a = %x) : (memref<4xf32>) -> memref<4xf32> {
    scf.condition(%c) %a : memref<4xf32>
  } do {
  ^bb0(%a: memref<4xf32>):
    scf.yield %a : memref<4xf32>
  }
  return
}

// -----

func.func @strided(%x: memref<4x8xf32, strided<[16, 1]>>, %y: memref<4x8xf32, strided<[16, 1]>>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{of which there is no copy in one place: its rows do not follow each other; carry the whole array}}
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (memref<4x8xf32, strided<[16, 1]>>) {
    scf.yield %y : memref<4x8xf32, strided<[16, 1]>>
  }
  return
}
