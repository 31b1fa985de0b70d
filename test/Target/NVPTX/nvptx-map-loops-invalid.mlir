// RUN: attn-opt %s --allow-unregistered-dialect --nvptx-map-loops --split-input-file --verify-diagnostics
// RUN: not attn-opt %s --allow-unregistered-dialect --nvptx-map-loops=threads=2000 --split-input-file 2>&1 | FileCheck %s
// CHECK: threads of a block are from 1 to 1024, got 2000

func.func @unbounded(%x: memref<?xf32>, %sizes: memref<?xindex>) {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  scf.forall (%i) in (%n) {
    %size = memref.load %sizes[%i] : memref<?xindex>
    // expected-error @below {{has a size that no size of an argument bounds, so that no memory can be set aside for it; make its shape static, or that of an argument}}
    %t = memref.alloc(%size) : memref<?xf32>
    "test.use"(%t) : (memref<?xf32>) -> ()
  }
  return
}

// -----

func.func @unknown(%x: memref<?xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  // expected-error @below {{has a size that does not follow from sizes of arguments, but a host allocates it before anything runs}}
  %t = memref.alloc(%n) : memref<?xf32>
  memref.store %zero, %t[%c0] : memref<?xf32>
  return
}

// -----

// expected-error @below {{has several blocks or results; write its control flow with scf operations, and run nvptx-add-destinations before bufferization}}
func.func @result(%x: memref<4xf32>) -> memref<4xf32> {
  return %x : memref<4xf32>
}

// -----

func.func @threads(%x: memref<4xf32>) {
  // expected-error @below {{takes kernel.threads, the threads of a block, from 1 to 1024}}
  scf.forall (%i) in (4) {
    "test.use"(%x) : (memref<4xf32>) -> ()
  } {mapping = [#gpu.block<x>], kernel.threads = 2048 : i64}
  return
}

// -----

func.func @grid(%x: memref<4xf32>, %n: index) {
  // expected-error @below {{is run by blocks, but their number does not follow from sizes of arguments; bound it by them, and leave out iterations inside}}
  scf.forall (%i) in (%n) {
    "test.use"(%x) : (memref<4xf32>) -> ()
  } {mapping = [#gpu.block<x>], kernel.threads = 32 : i64}
  return
}

// -----

func.func private @outside(memref<4xf32>)
func.func @external(%x: memref<4xf32>) {
  // expected-error @below {{calls '@outside', which has no body; a GPU kernel can only call what is compiled with it}}
  func.call @outside(%x) : (memref<4xf32>) -> ()
  return
}

// -----

// expected-error @below {{returns an array to a GPU kernel, which has no heap; inline it, or let it write into an argument}}
func.func private @make(%x: memref<4xf32>) -> memref<4xf32> {
  return %x : memref<4xf32>
}
func.func @returned(%x: memref<4xf32>) {
  scf.forall (%i) in (4) {
    %y = func.call @make(%x) : (memref<4xf32>) -> memref<4xf32>
  }
  return
}

// -----

func.func private @dynamic(%n: index) {
  // expected-error @below {{is an array of a size known at run time only, in a function that runs on a GPU, which has no heap; make its shape static}}
  %t = memref.alloc(%n) : memref<?xf32>
  "test.use"(%t) : (memref<?xf32>) -> ()
  return
}
func.func @calls(%n: index) {
  scf.forall (%i) in (4) {
    func.call @dynamic(%i) : (index) -> ()
  }
  return
}

// -----

func.func @complex(%x: memref<4xf32>) {
  // expected-error @below {{has elements of type 'complex<f32>', but a GPU program has arrays of integers and floats only; use one for each part of an element}}
  %t = memref.alloc() : memref<4xcomplex<f32>>
  "test.use"(%x, %t) : (memref<4xf32>, memref<4xcomplex<f32>>) -> ()
  return
}

// -----

func.func @bytes_beyond_64_bits(%x: memref<4xf32>) {
  // expected-error @below {{of type 'memref<2305843009213693952xf64>' is larger than the memory of any GPU; use smaller arrays}}
  %t = memref.alloc() : memref<2305843009213693952xf64>
  "test.use"(%x, %t) : (memref<4xf32>, memref<2305843009213693952xf64>) -> ()
  return
}

// -----

func.func @bytes_of_all_threads_beyond_64_bits(%x: memref<4xf32>) {
  // expected-error @below {{needs 1099511627776 bytes for each of 16777216 threads, more than any GPU has; use smaller arrays or fewer iterations}}
  scf.forall (%i) in (16777216) {
    %t = memref.alloc() : memref<1099511627776xi8>
    "test.use"(%x, %t) : (memref<4xf32>, memref<1099511627776xi8>) -> ()
  }
  return
}

// -----

// A size of a dimension that is not there is not known.

func.func @no_such_dimension(%x: memref<?xf32>) {
  %c7 = arith.constant 7 : index
  %n = memref.dim %x, %c7 : memref<?xf32>
  // expected-error @below {{has a size that does not follow from sizes of arguments}}
  %t = memref.alloc(%n) : memref<?xf32>
  "test.use"(%x, %t) : (memref<?xf32>, memref<?xf32>) -> ()
  return
}
