// RUN: attn-opt %s --allow-unregistered-dialect --nvptx-map-loops=max-local-bytes=64 --canonicalize --cse | FileCheck %s
// RUN: attn-opt %s --allow-unregistered-dialect --nvptx-map-loops -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// A parallel loop, a part of a buffer for each thread, one thread between two loops
// and the scalar that goes from it to the other, by way of a buffer.
// CHECK-LABEL: gpu.module @steps_kernels
// CHECK: gpu.func @steps_0(
// CHECK-SAME: kernel attributes {known_block_size = array<i32: 128, 1, 1>}
// CHECK: %[[ID:[^ ]+]] = gpu.thread_id x
// CHECK: %[[THREAD:[^ ]+]] = arith.addi %{{[^ ]+}}, %[[ID]]
// CHECK: scf.for %[[I:[^ ]+]] = %[[THREAD]] to
// CHECK: %[[PART:[^ ]+]] = arith.muli %[[THREAD]], %{{[^ ]+}}
// CHECK: memref.view %{{[^ ]+}}[%[[PART]]]
// CHECK: gpu.func @steps_1(
// CHECK-SAME: array<i32: 1, 1, 1>
// CHECK-NOT: scf.for
// CHECK: memref.store
// CHECK: gpu.func @steps_2(
// CHECK: memref.load
// CHECK: scf.for
// CHECK-LABEL: func.func @steps(
// CHECK: %[[CELL:[^ ]+]] = memref.alloc() : memref<f32>
// CHECK: %[[N:[^ ]+]] = memref.dim
// CHECK: %[[PARTS:[^ ]+]] = memref.alloc(%{{[^ ]+}}) : memref<?xi8>
// CHECK: gpu.launch_func @steps_kernels::@steps_0 blocks in (%{{[^ ]+}}, %c1, %c1) threads in (%c128, %c1, %c1)
// CHECK: gpu.launch_func @steps_kernels::@steps_1 blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1)
// CHECK-SAME: %[[CELL]]
// CHECK: gpu.launch_func @steps_kernels::@steps_2
// CHECK-SAME: %[[CELL]]
func.func @steps(%x: memref<?xf32>, %y: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  scf.forall (%i) in (%n) {
    %t = memref.alloc(%i) : memref<?xf32>
    "test.use"(%t, %x) : (memref<?xf32>, memref<?xf32>) -> ()
  }
  %first = memref.load %x[%c0] : memref<?xf32>
  scf.parallel (%i) = (%c0) to (%n) step (%n) {
    memref.store %first, %y[%i] : memref<?xf32>
    scf.reduce
  }
  return
}

// Blocks of threads run what is mapped to them, as it is.
// CHECK-LABEL: gpu.module @blocks_kernels
// CHECK: gpu.func @blocks_0(
// CHECK-SAME: kernel attributes {nvvm.reqntid = array<i32: 256, 1, 1>}
// CHECK: %[[BLOCK:[^ ]+]] = gpu.block_id x
// CHECK-NOT: scf.for
// CHECK: "test.use"(%[[BLOCK]],
// CHECK-LABEL: func.func @blocks(
// CHECK: gpu.launch_func @blocks_kernels::@blocks_0 blocks in (%{{[^ ]+}}, %c1, %c1) threads in (%c256, %c1, %c1)
func.func @blocks(%x: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  scf.forall (%i) in (%n) {
    "test.use"(%i, %x) : (index, memref<?xf32>) -> ()
  } {mapping = [#gpu.block<x>], kernel.threads = 256 : i64}
  return
}

// Reductions go inside; each point of the result is an iteration.
// CHECK-LABEL: gpu.func @sum_0(
// CHECK: scf.for %[[COLUMN:[^ ]+]] =
// CHECK: scf.for %[[ROW:[^ ]+]] =
// CHECK: memref.load %{{[^ ]+}}[%[[ROW]], %[[COLUMN]]]
func.func @sum(%x: memref<8x?xf32>, %y: memref<?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (c)>],
                  iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<8x?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  }
  return
}

// An array that a step gives to another one: one thread runs all.
// CHECK-LABEL: gpu.module @chosen_kernels
// CHECK: gpu.func @chosen_0(
// CHECK: scf.if
// CHECK: scf.forall
// CHECK-NOT: gpu.func
// CHECK-LABEL: func.func @chosen(
// REMARK: remark: gives an array that is not known before it runs, so one thread runs the whole function; write into a destination to run the loops in parallel
func.func @chosen(%x: memref<4xf32>, %y: memref<4xf32>, %p: memref<i1>) {
  %zero = arith.constant 0.0 : f32
  %c = memref.load %p[] : memref<i1>
  %z = scf.if %c -> memref<4xf32> {
    "test.use"(%x) : (memref<4xf32>) -> ()
    scf.yield %x : memref<4xf32>
  } else {
    scf.yield %y : memref<4xf32>
  }
  scf.forall (%i) in (4) {
    memref.store %zero, %z[%i] : memref<4xf32>
  }
  return
}
