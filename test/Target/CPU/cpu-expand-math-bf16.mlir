// RUN: attn-opt %s -cpu-expand-math=vector-bits=256 | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -cpu-expand-math=vector-bits=512 | FileCheck %s -check-prefix=OTHER
// RUN: attn-opt %s -cpu-expand-math | FileCheck %s -check-prefix=OTHER

// Registers of eight: a copy in both halves, and from each half its four elements,
// each above 16 bits of zeros.

// OTHER-NOT: vector.shuffle

// CHECK-LABEL: func @register(
//  CHECK-SAME:     %[[X:.+]]: vector<8xbf16>
//   CHECK-DAG:   %[[ZEROS:.+]] = arith.constant dense<0> : vector<16xi16>
//   CHECK-DAG:   %[[BITS:.+]] = arith.bitcast %[[X]] : vector<8xbf16> to vector<8xi16>
//       CHECK:   %[[BOTH:.+]] = vector.shuffle %[[BITS]], %{{.+}} [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7]
//       CHECK:   %[[WIDE:.+]] = vector.shuffle %[[BOTH]], %[[ZEROS]] [16, 0, 16, 1, 16, 2, 16, 3, 16, 12, 16, 13, 16, 14, 16, 15]
//       CHECK:   %[[Y:.+]] = vector.bitcast %[[WIDE]] : vector<16xi16> to vector<8xf32>
//       CHECK:   return %[[Y]]
func.func @register(%x: vector<8xbf16>) -> vector<8xf32> {
  %y = arith.extf %x : vector<8xbf16> to vector<8xf32>
  return %y : vector<8xf32>
}

// Two registers are read one by one.

// CHECK-LABEL: func @registers(
//  CHECK-SAME:     %[[X:.+]]: memref<64x64xbf16>, %[[I:.+]]: index, %[[J:.+]]: index
//       CHECK:   vector.transfer_read %[[X]][%[[I]], %[[J]]], %{{.+}} {in_bounds = [true]} : memref<64x64xbf16>, vector<8xbf16>
//       CHECK:   %[[NEXT:.+]] = arith.addi %[[J]], %c8
//       CHECK:   vector.transfer_read %[[X]][%[[I]], %[[NEXT]]], %{{.+}} {in_bounds = [true]} : memref<64x64xbf16>, vector<8xbf16>
//   CHECK-NOT:   arith.extui
func.func @registers(%x: memref<64x64xbf16>, %i: index, %j: index) -> vector<16xf32> {
  %zero = arith.constant 0.0 : bf16
  %v = vector.transfer_read %x[%i, %j], %zero {in_bounds = [true]} : memref<64x64xbf16>, vector<16xbf16>
  %y = arith.extf %v : vector<16xbf16> to vector<16xf32>
  return %y : vector<16xf32>
}

// Not what another op reads too, lanes past an end, or registers of no certain origin.

// CHECK-LABEL: func @negative_registers(
//   CHECK-NOT:   vector.shuffle
//       CHECK:   return
func.func @negative_registers(%x: memref<64x64xbf16>, %i: index, %w: vector<16xbf16>) -> (vector<16xbf16>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<12xf32>) {
  %zero = arith.constant 0.0 : bf16
  %v = vector.transfer_read %x[%i, %i], %zero {in_bounds = [true]} : memref<64x64xbf16>, vector<16xbf16>
  %p = vector.transfer_read %x[%i, %i], %zero : memref<64x64xbf16>, vector<16xbf16>
  %q = vector.transfer_read %x[%i, %i], %zero {in_bounds = [true]} : memref<64x64xbf16>, vector<12xbf16>
  %a = arith.extf %v : vector<16xbf16> to vector<16xf32>
  %b = arith.extf %p : vector<16xbf16> to vector<16xf32>
  %c = arith.extf %w : vector<16xbf16> to vector<16xf32>
  %d = arith.extf %q : vector<12xbf16> to vector<12xf32>
  return %v, %a, %b, %c, %d : vector<16xbf16>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<12xf32>
}
