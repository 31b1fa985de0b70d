// RUN: attn-opt %s -cpu-prefetch-streams -canonicalize -cse | FileCheck %s -enable-var-scope

// 16 rows of 512 bytes ahead, once for each line of 64 bytes. Other memory is
// between these rows.

// CHECK-LABEL: func @rows(
//  CHECK-SAME:     %[[K:.+]]: memref<?x128xf32, strided<[512, 1]>>, %[[Q:.+]]: memref<128xf32>
//       CHECK:   scf.for %[[J:[a-z0-9]+]] =
//       CHECK:     scf.for %[[D:[a-z0-9]+]] =
//       CHECK:       %[[PLACE:.+]] = arith.remui %[[D]], %c16
//       CHECK:       %[[START:.+]] = arith.cmpi eq, %[[PLACE]], %c0
//       CHECK:       scf.if %[[START]] {
//       CHECK:         %[[AHEAD:.+]] = arith.addi %[[J]], %c16
//  CHECK-NEXT:         memref.prefetch %[[K]][%[[AHEAD]], %[[D]]], read, locality<2>, data
// What the loop over rows reads again is no stream.
//   CHECK-NOT:   memref.prefetch
func.func @rows(%k: memref<?x128xf32, strided<[512, 1]>>, %q: memref<128xf32>, %rows: index, %x: vector<8xf32>) -> vector<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant 0.0 : f32
  %r = scf.for %j = %c0 to %rows step %c1 iter_args(%a = %x) -> vector<8xf32> {
    %s = scf.for %d = %c0 to %c128 step %c8 iter_args(%b = %a) -> vector<8xf32> {
      %y = vector.transfer_read %k[%j, %d], %zero {in_bounds = [true]} : memref<?x128xf32, strided<[512, 1]>>, vector<8xf32>
      %z = vector.transfer_read %q[%d], %zero {in_bounds = [true]} : memref<128xf32>, vector<8xf32>
      %t = math.fma %y, %z, %b : vector<8xf32>
      scf.yield %t : vector<8xf32>
    }
    scf.yield %s : vector<8xf32>
  }
  return %r : vector<8xf32>
}

// Adjacent rows, one after the other, are a stream to hardware: in one vector at a
// time, several, or all of a row.
// CHECK-LABEL: func @negative_in_order(
//   CHECK-NOT:   memref.prefetch
func.func @negative_in_order(%k: memref<?x128xf32>, %q: memref<128xf32>, %rows: index, %x: vector<8xf32>) -> vector<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant 0.0 : f32
  %r = scf.for %j = %c0 to %rows step %c1 iter_args(%a = %x) -> vector<8xf32> {
    %s = scf.for %d = %c0 to %c128 step %c8 iter_args(%b = %a) -> vector<8xf32> {
      %y = vector.transfer_read %k[%j, %d], %zero {in_bounds = [true]} : memref<?x128xf32>, vector<8xf32>
      %z = vector.transfer_read %q[%d], %zero {in_bounds = [true]} : memref<128xf32>, vector<8xf32>
      %t = math.fma %y, %z, %b : vector<8xf32>
      scf.yield %t : vector<8xf32>
    }
    scf.yield %s : vector<8xf32>
  }
  return %r : vector<8xf32>
}

// CHECK-LABEL: func @negative_in_order_by_two(
//   CHECK-NOT:   memref.prefetch
func.func @negative_in_order_by_two(%k: memref<?x128xf32>, %rows: index, %x: vector<8xf32>) -> vector<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c16 = arith.constant 16 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant 0.0 : f32
  %r = scf.for %j = %c0 to %rows step %c1 iter_args(%a = %x) -> vector<8xf32> {
    %s = scf.for %d = %c0 to %c128 step %c16 iter_args(%b = %a) -> vector<8xf32> {
      %next = arith.addi %d, %c8 : index
      %y = vector.transfer_read %k[%j, %d], %zero {in_bounds = [true]} : memref<?x128xf32>, vector<8xf32>
      %z = vector.transfer_read %k[%j, %next], %zero {in_bounds = [true]} : memref<?x128xf32>, vector<8xf32>
      %t = math.fma %y, %z, %b : vector<8xf32>
      scf.yield %t : vector<8xf32>
    }
    scf.yield %s : vector<8xf32>
  }
  return %r : vector<8xf32>
}

// CHECK-LABEL: func @negative_whole_rows(
//   CHECK-NOT:   memref.prefetch
func.func @negative_whole_rows(%v: memref<?x16xf32>, %rows: index, %x: vector<8xf32>) -> vector<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  %r = scf.for %j = %c0 to %rows step %c1 iter_args(%a = %x) -> vector<8xf32> {
    %y = vector.transfer_read %v[%j, %c0], %zero {in_bounds = [true]} : memref<?x16xf32>, vector<8xf32>
    %z = vector.transfer_read %v[%j, %c8], %zero {in_bounds = [true]} : memref<?x16xf32>, vector<8xf32>
    %t = math.fma %y, %z, %a : vector<8xf32>
    scf.yield %t : vector<8xf32>
  }
  return %r : vector<8xf32>
}

// Two rows at a time are none.
// CHECK-LABEL: func @two_rows(
//       CHECK:   memref.prefetch
func.func @two_rows(%k: memref<?x128xf32>, %rows: index, %x: vector<8xf32>) -> vector<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant 0.0 : f32
  %r = scf.for %j = %c0 to %rows step %c2 iter_args(%a = %x) -> vector<8xf32> {
    %next = arith.addi %j, %c1 : index
    %s = scf.for %d = %c0 to %c128 step %c8 iter_args(%b = %a) -> vector<8xf32> {
      %y = vector.transfer_read %k[%j, %d], %zero {in_bounds = [true]} : memref<?x128xf32>, vector<8xf32>
      %z = vector.transfer_read %k[%next, %d], %zero {in_bounds = [true]} : memref<?x128xf32>, vector<8xf32>
      %t = math.fma %y, %z, %b : vector<8xf32>
      scf.yield %t : vector<8xf32>
    }
    scf.yield %s : vector<8xf32>
  }
  return %r : vector<8xf32>
}

// Tiles of few rows: their lines are read almost in order.
// CHECK-LABEL: func @negative_few_rows(
//   CHECK-NOT:   memref.prefetch
func.func @negative_few_rows(%v: memref<?x128xf32>, %rows: index, %x: vector<8xf32>) -> vector<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant 0.0 : f32
  %r = scf.for %i = %c0 to %rows step %c2 iter_args(%a = %x) -> vector<8xf32> {
    %tile = memref.subview %v[%i, 0] [2, 128] [1, 1] : memref<?x128xf32> to memref<2x128xf32, strided<[128, 1], offset: ?>>
    %s = scf.for %d = %c0 to %c128 step %c8 iter_args(%b = %a) -> vector<8xf32> {
      %t = scf.for %j = %c0 to %c2 step %c1 iter_args(%c = %b) -> vector<8xf32> {
        %y = vector.transfer_read %tile[%j, %d], %zero {in_bounds = [true]} : memref<2x128xf32, strided<[128, 1], offset: ?>>, vector<8xf32>
        %u = arith.addf %y, %c : vector<8xf32>
        scf.yield %u : vector<8xf32>
      }
      scf.yield %t : vector<8xf32>
    }
    scf.yield %s : vector<8xf32>
  }
  return %r : vector<8xf32>
}

// A buffer of the kernel's own is in the cache.
// CHECK-LABEL: func @negative_own(
//   CHECK-NOT:   memref.prefetch
func.func @negative_own(%rows: index, %x: vector<16xf32>) -> vector<16xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %own = memref.alloca() : memref<64x128xf32>
  %r = scf.for %j = %c0 to %rows step %c1 iter_args(%a = %x) -> vector<16xf32> {
    %y = vector.transfer_read %own[%j, %c0], %zero {in_bounds = [true]} : memref<64x128xf32>, vector<16xf32>
    %t = arith.addf %y, %a : vector<16xf32>
    scf.yield %t : vector<16xf32>
  }
  return %r : vector<16xf32>
}

// Nor is one in memory that the caller hands down.
// CHECK-LABEL: func @negative_scratch(
//   CHECK-NOT:   memref.prefetch
func.func @negative_scratch(%scratch: memref<32768xi8>, %rows: index, %x: vector<16xf32>) -> vector<16xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %own = memref.view %scratch[%c0][] : memref<32768xi8> to memref<64x128xf32>
  %r = scf.for %j = %c0 to %rows step %c1 iter_args(%a = %x) -> vector<16xf32> {
    %y = vector.transfer_read %own[%j, %c0], %zero {in_bounds = [true]} : memref<64x128xf32>, vector<16xf32>
    %t = arith.addf %y, %a : vector<16xf32>
    scf.yield %t : vector<16xf32>
  }
  return %r : vector<16xf32>
}

// A block of a stream is as long as it is; the stream goes on.
// CHECK-LABEL: func @block(
//       CHECK:   memref.prefetch
func.func @block(%v: memref<?x128xf32>, %first: index, %x: vector<16xf32>) -> vector<16xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant 0.0 : f32
  %block = memref.subview %v[%first, 0] [16, 128] [1, 1] : memref<?x128xf32> to memref<16x128xf32, strided<[128, 1], offset: ?>>
  %r = scf.for %j = %c0 to %c16 step %c1 iter_args(%a = %x) -> vector<16xf32> {
    %y = vector.transfer_read %block[%j, %c0], %zero {in_bounds = [true]} : memref<16x128xf32, strided<[128, 1], offset: ?>>, vector<16xf32>
    %t = arith.addf %y, %a : vector<16xf32>
    scf.yield %t : vector<16xf32>
  }
  return %r : vector<16xf32>
}
