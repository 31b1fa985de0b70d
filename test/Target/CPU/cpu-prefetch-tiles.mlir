// RUN: attn-opt %s -cpu-prefetch-tiles -canonicalize -cse | FileCheck %s -enable-var-scope

// Read and written tiles, each line of each row once; the tile that follows
// begins where this one ends.

// CHECK-LABEL: func @seen_once(
// CHECK:         scf.for
// CHECK:           scf.for
// CHECK:             %[[READ:.*]] = memref.subview %{{.*}}[%{{.*}}, %{{.*}}, 0] [1, 16, 32]
// CHECK:             scf.for %[[ROW:[a-z0-9_]+]] = %c16{{.*}} to %c32
// CHECK:               memref.prefetch %[[READ]][%{{.*}}, %[[ROW]], %c0{{.*}}], read, locality<2>, data
// CHECK:               memref.prefetch %[[READ]][%{{.*}}, %[[ROW]], %c16{{.*}}], read
// CHECK-NOT:           memref.prefetch
// CHECK:             %[[WRITTEN:.*]] = memref.subview
// CHECK:             scf.for
// CHECK:               memref.prefetch %[[WRITTEN]]{{.*}} write
func.func @seen_once(%x: memref<4x64x32xf32>, %y: memref<4x64x32xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c16 = arith.constant 16 : index
  %c64 = arith.constant 64 : index
  scf.for %b = %c0 to %c4 step %c1 {
    scf.for %i = %c0 to %c64 step %c16 {
      %read = memref.subview %x[%b, %i, 0] [1, 16, 32] [1, 1, 1] : memref<4x64x32xf32> to memref<1x16x32xf32, strided<[2048, 32, 1], offset: ?>>
      %written = memref.subview %y[%b, %i, 0] [1, 16, 32] [1, 1, 1] : memref<4x64x32xf32> to memref<1x16x32xf32, strided<[2048, 32, 1], offset: ?>>
      linalg.copy ins(%read : memref<1x16x32xf32, strided<[2048, 32, 1], offset: ?>>) outs(%written : memref<1x16x32xf32, strided<[2048, 32, 1], offset: ?>>)
    }
  }
  return
}

// The outer loop reads the same tiles again: they are in a cache, or too many.

// CHECK-LABEL: func @negative_seen_again(
// CHECK-NOT:     memref.prefetch
func.func @negative_seen_again(%x: memref<64x32xf32>, %y: memref<16x32xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c16 = arith.constant 16 : index
  %c64 = arith.constant 64 : index
  scf.for %b = %c0 to %c4 step %c1 {
    scf.for %i = %c0 to %c64 step %c16 {
      %read = memref.subview %x[%i, 0] [16, 32] [1, 1] : memref<64x32xf32> to memref<16x32xf32, strided<[32, 1], offset: ?>>
      linalg.copy ins(%read : memref<16x32xf32, strided<[32, 1], offset: ?>>) outs(%y : memref<16x32xf32>)
    }
  }
  return
}

// Few adjacent rows are read in about the order of memory.

// CHECK-LABEL: func @negative_few_rows(
// CHECK-NOT:     memref.prefetch
func.func @negative_few_rows(%x: memref<64x32xf32>, %y: memref<4x32xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  scf.for %i = %c0 to %c64 step %c4 {
    %read = memref.subview %x[%i, 0] [4, 32] [1, 1] : memref<64x32xf32> to memref<4x32xf32, strided<[32, 1], offset: ?>>
    linalg.copy ins(%read : memref<4x32xf32, strided<[32, 1], offset: ?>>) outs(%y : memref<4x32xf32>)
  }
  return
}

// Rows with something between them are not, and what is written is asked for.

// CHECK-LABEL: func @few_rows(
// CHECK:         memref.prefetch {{.*}} read
// CHECK:         memref.prefetch {{.*}} write
func.func @few_rows(%x: memref<64x32xf32, strided<[64, 1]>>, %y: memref<64x32xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  scf.for %i = %c0 to %c64 step %c4 {
    %read = memref.subview %x[%i, 0] [4, 32] [1, 1] : memref<64x32xf32, strided<[64, 1]>> to memref<4x32xf32, strided<[64, 1], offset: ?>>
    %written = memref.subview %y[%i, 0] [4, 32] [1, 1] : memref<64x32xf32> to memref<4x32xf32, strided<[32, 1], offset: ?>>
    linalg.copy ins(%read : memref<4x32xf32, strided<[64, 1], offset: ?>>) outs(%written : memref<4x32xf32, strided<[32, 1], offset: ?>>)
  }
  return
}

// What the kernel made itself is in a cache.

// CHECK-LABEL: func @negative_own(
// CHECK-NOT:     memref.prefetch
func.func @negative_own(%y: memref<16x32xf32>) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %c64 = arith.constant 64 : index
  %x = memref.alloca() : memref<64x32xf32>
  scf.for %i = %c0 to %c64 step %c16 {
    %read = memref.subview %x[%i, 0] [16, 32] [1, 1] : memref<64x32xf32> to memref<16x32xf32, strided<[32, 1], offset: ?>>
    linalg.copy ins(%read : memref<16x32xf32, strided<[32, 1], offset: ?>>) outs(%y : memref<16x32xf32>)
  }
  return
}

// An inner loop works on the whole tile in each of its four iterations: each asks
// for a quarter of the next one.

// CHECK-LABEL: func @shared(
// CHECK:         scf.for
// CHECK:           scf.for %[[I:.*]] = %c0 to %c256 step %c64
// CHECK:             %[[TILE:.*]] = memref.subview
// CHECK:             scf.for %[[M:.*]] = %c0 to %c32 step %c8
// CHECK:               %[[FIRST:.*]] = affine.apply #{{.*}}(%[[M]])
// CHECK:               %[[END:.*]] = arith.addi %[[FIRST]], %c16
// CHECK:               scf.for %[[ROW:.*]] = %[[FIRST]] to %[[END]]
// CHECK:                 memref.prefetch %[[TILE]][%[[ROW]], %c0]
// CHECK:                 memref.prefetch %[[TILE]][%[[ROW]], %c16]
// CHECK-NOT:             memref.prefetch
func.func @shared(%x: memref<256x32xf32>, %y: memref<32x64x32xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %c32 = arith.constant 32 : index
  %c64 = arith.constant 64 : index
  %c256 = arith.constant 256 : index
  scf.for %b = %c0 to %c4 step %c1 {
    scf.for %i = %c0 to %c256 step %c64 {
      %tile = memref.subview %x[%i, 0] [64, 32] [1, 1] : memref<256x32xf32> to memref<64x32xf32, strided<[32, 1], offset: ?>>
      scf.for %m = %c0 to %c32 step %c8 {
        %to = memref.subview %y[%m, 0, 0] [1, 64, 32] [1, 1, 1] : memref<32x64x32xf32> to memref<64x32xf32, strided<[32, 1], offset: ?>>
        linalg.copy ins(%tile : memref<64x32xf32, strided<[32, 1], offset: ?>>) outs(%to : memref<64x32xf32, strided<[32, 1], offset: ?>>)
      }
    }
  }
  return
}

// So does the hardware for half as many rows, which are within a page.

// CHECK-LABEL: func @negative_small_run(
// CHECK-NOT:     memref.prefetch
func.func @negative_small_run(%x: memref<256x32xf32>, %y: memref<32x32x32xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %c32 = arith.constant 32 : index
  %c256 = arith.constant 256 : index
  scf.for %b = %c0 to %c4 step %c1 {
    scf.for %i = %c0 to %c256 step %c32 {
      %tile = memref.subview %x[%i, 0] [32, 32] [1, 1] : memref<256x32xf32> to memref<32x32xf32, strided<[32, 1], offset: ?>>
      scf.for %m = %c0 to %c32 step %c8 {
        %to = memref.subview %y[%m, 0, 0] [1, 32, 32] [1, 1, 1] : memref<32x32x32xf32> to memref<32x32xf32, strided<[32, 1], offset: ?>>
        linalg.copy ins(%tile : memref<32x32xf32, strided<[32, 1], offset: ?>>) outs(%to : memref<32x32xf32, strided<[32, 1], offset: ?>>)
      }
    }
  }
  return
}

// Rows apart are none.

// CHECK-LABEL: func @rows_apart(
// CHECK:         memref.prefetch
func.func @rows_apart(%x: memref<256x40xf32>, %y: memref<32x32x32xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %c32 = arith.constant 32 : index
  %c256 = arith.constant 256 : index
  scf.for %b = %c0 to %c4 step %c1 {
    scf.for %i = %c0 to %c256 step %c32 {
      %tile = memref.subview %x[%i, 0] [32, 32] [1, 1] : memref<256x40xf32> to memref<32x32xf32, strided<[40, 1], offset: ?>>
      scf.for %m = %c0 to %c32 step %c8 {
        %to = memref.subview %y[%m, 0, 0] [1, 32, 32] [1, 1, 1] : memref<32x32x32xf32> to memref<32x32xf32, strided<[32, 1], offset: ?>>
        linalg.copy ins(%tile : memref<32x32xf32, strided<[40, 1], offset: ?>>) outs(%to : memref<32x32xf32, strided<[32, 1], offset: ?>>)
      }
    }
  }
  return
}
