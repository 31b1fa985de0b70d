// RUN: attn-opt %s --cpu-steal-iterations | FileCheck %s

// CHECK-LABEL: func.func @both
func.func @both(%n: index, %a: memref<?xf32>, %x: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  omp.parallel {
    // CHECK: omp.wsloop schedule(dynamic, nonmonotonic) {
    omp.wsloop {
      omp.loop_nest (%i) : index = (%c0) to (%n) step (%c1) {
        memref.store %x, %a[%i] : memref<?xf32>
        omp.yield
      }
    }
    // A schedule that is there stays.
    // CHECK: omp.wsloop schedule(static) {
    omp.wsloop schedule(static) {
      omp.loop_nest (%i) : index = (%c0) to (%n) step (%c1) {
        memref.store %x, %a[%i] : memref<?xf32>
        omp.yield
      }
    }
    omp.terminator
  }
  return
}
