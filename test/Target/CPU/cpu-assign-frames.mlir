// RUN: attn-opt %s -allow-unregistered-dialect -split-input-file -cpu-assign-frames | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -allow-unregistered-dialect -split-input-file -cpu-assign-frames=max-stack-bytes=256 | FileCheck %s -enable-var-scope -check-prefix=HEAP
// RUN: attn-opt %s -allow-unregistered-dialect -split-input-file -cpu-assign-frames=count-bytes | FileCheck %s -enable-var-scope -check-prefix=COUNT

// A callee gets the memory above what lives during its call: not above %hidden,
// which shares the bytes of %y and of the callee.

// CHECK-LABEL: func.func private @lower(
//  CHECK-SAME:   %{{.+}}: memref<16xf32>, %[[SCRATCH:[a-z0-9]+]]: memref<400xi8> {llvm.noalias})
//  CHECK-SAME:   llvm.linkage = #llvm.linkage<internal>, passthrough = ["cold", "noinline"]
//   CHECK-NOT:   attn.frame
//       CHECK:   %[[HIDDEN:.+]] = memref.view %[[SCRATCH]][%c0{{[_0-9]*}}][] : memref<400xi8> to memref<100xf32>
//       CHECK:   "test.use"(%{{.+}}, %[[HIDDEN]])
//   CHECK-NOT:   memref.dealloc
// CHECK-LABEL: func.func private @upper(
//  CHECK-SAME:   %[[SCRATCH:[a-z0-9]+]]: memref<464xi8> {llvm.noalias})
//       CHECK:   %[[Y:.+]] = memref.view %[[SCRATCH]][%c0{{[_0-9]*}}][] : memref<464xi8> to memref<5xf32>
//       CHECK:   scf.for
//       CHECK:     %[[CALLEE:.+]] = memref.view %[[SCRATCH]][%c64{{[_0-9]*}}][] : memref<464xi8> to memref<400xi8>
//       CHECK:     call @lower(%{{.+}}, %[[CALLEE]]) : (memref<16xf32>, memref<400xi8>) -> ()
//       CHECK:   memref.view %[[SCRATCH]][%c0{{[_0-9]*}}][] : memref<464xi8> to memref<100xf32>

// The caller without the mark has one memory for its calls and its own.

// CHECK-LABEL: func.func @root(
//       CHECK:   %[[SCRATCH:.+]] = memref.alloca() {alignment = 64 : i64} : memref<528xi8>
//       CHECK:   %[[X:.+]] = memref.view %[[SCRATCH]][%{{.+}}][] : memref<528xi8> to memref<16xf32>
//       CHECK:   %[[FIRST:.+]] = memref.view %[[SCRATCH]][%c64{{[_0-9]*}}][] : memref<528xi8> to memref<464xi8>
//       CHECK:   call @upper(%[[X]], %{{.+}}, %[[FIRST]])
//       CHECK:   %[[SECOND:.+]] = memref.view %[[SCRATCH]][%c64{{[_0-9]*}}][] : memref<528xi8> to memref<400xi8>
//       CHECK:   call @lower(%[[X]], %[[SECOND]])
//       CHECK:   memref.alloc(%{{.+}}) : memref<?xf32>

// What is too large for the stack comes from the heap.

// HEAP-LABEL: func.func @root(
//       HEAP:   memref.alloc() {alignment = 64 : i64} : memref<528xi8>

// The extent of what has been written, of the bytes that had the pattern.

// COUNT-LABEL: func.func private @upper(
//   COUNT-NOT:   attn.count
// COUNT-LABEL: func.func @root(
//       COUNT:   %[[SCRATCH:.+]] = memref.alloca()
//       COUNT:   %[[PATTERN:.+]] = arith.constant 126 : i8
//  COUNT-NEXT:   linalg.fill ins(%[[PATTERN]] : i8) outs(%[[SCRATCH]] : memref<528xi8>)
//       COUNT:   call @lower
//   COUNT-DAG:   %[[C0:.+]] = arith.constant 0 : index
//   COUNT-DAG:   %[[C528:.+]] = arith.constant 528 : index
//   COUNT-DAG:   %[[C1:.+]] = arith.constant 1 : index
//       COUNT:   %[[EXTENT:.+]] = scf.for %[[I:.+]] = %{{.+}} to %[[C528]] step %{{.+}} iter_args(%[[SO_FAR:.+]] = %{{.+}}) -> (index) {
//  COUNT-NEXT:     %[[BYTE:.+]] = memref.load %[[SCRATCH]][%[[I]]]
//  COUNT-NEXT:     %[[CHANGED:.+]] = arith.cmpi ne, %[[BYTE]], %[[PATTERN]] : i8
//       COUNT:     %[[END:.+]] = arith.addi %[[I]]
//  COUNT-NEXT:     %[[NEXT:.+]] = arith.select %[[CHANGED]], %[[END]], %[[SO_FAR]]
//  COUNT-NEXT:     scf.yield %[[NEXT]]
//       COUNT:   attn.count "scratch_bytes", %[[EXTENT]]
//  COUNT-NEXT:   return
func.func private @lower(%x: memref<16xf32>) attributes {attn.frame, passthrough = ["cold"]} {
  %hidden = memref.alloc() {alignment = 64 : i64} : memref<100xf32>
  "test.use"(%x, %hidden) : (memref<16xf32>, memref<100xf32>) -> ()
  memref.dealloc %hidden : memref<100xf32>
  return
}
func.func private @upper(%x: memref<16xf32>, %n: index) attributes {attn.frame} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %y = memref.alloc() : memref<5xf32>
  scf.for %i = %c0 to %n step %c1 {
    func.call @lower(%x) : (memref<16xf32>) -> ()
    "test.use"(%x, %y) : (memref<16xf32>, memref<5xf32>) -> ()
  }
  %hidden = memref.alloc() : memref<100xf32>
  "test.use"(%x, %hidden) : (memref<16xf32>, memref<100xf32>) -> ()
  return
}
func.func @root(%n: index) {
  %x = memref.alloc() : memref<16xf32>
  call @upper(%x, %n) : (memref<16xf32>, index) -> ()
  call @lower(%x) : (memref<16xf32>) -> ()
  %dynamic = memref.alloc(%n) : memref<?xf32>
  "test.use"(%dynamic) : (memref<?xf32>) -> ()
  return
}

// -----

// A function without temporaries needs no memory, and without the mark all stays as
// it is.

// CHECK-LABEL: func.func private @nothing(%{{[^,]+}}: index)
// CHECK-LABEL: func.func @negative_no_memory(
//  CHECK-NEXT:   call @nothing(%{{.+}}) : (index) -> ()
//  CHECK-NEXT:   memref.alloc()
func.func private @nothing(%i: index) attributes {attn.frame} {
  return
}
func.func @negative_no_memory(%i: index) {
  call @nothing(%i) : (index) -> ()
  %own = memref.alloc() : memref<16xf32>
  "test.use"(%own) : (memref<16xf32>) -> ()
  return
}

// -----

// CHECK-LABEL: func.func @negative_no_frame()
//  CHECK-NEXT:   memref.alloc()
func.func @negative_no_frame() {
  %own = memref.alloc() : memref<16xf32>
  "test.use"(%own) : (memref<16xf32>) -> ()
  return
}

// -----

// A buffer lives as long as its views, a loop's results among them.

// CHECK-LABEL: func.func private @views(
//  CHECK-SAME:   %[[SCRATCH:[a-z0-9]+]]: memref<192xi8>
//   CHECK-DAG:   memref.view %[[SCRATCH]][%c0{{[_0-9]*}}][] : memref<192xi8> to memref<16xf32>
//   CHECK-DAG:   memref.view %[[SCRATCH]][%c64{{[_0-9]*}}][] : memref<192xi8> to memref<4x4xf32>
//   CHECK-DAG:   memref.view %[[SCRATCH]][%c128{{[_0-9]*}}][] : memref<192xi8> to memref<2x8xf32>
func.func private @views(%n: index) attributes {attn.frame} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.alloc() : memref<16xf32>
  "test.use"(%a) : (memref<16xf32>) -> ()
  %b = memref.alloc() : memref<4x4xf32>
  "test.use"(%b) : (memref<4x4xf32>) -> ()
  %row = memref.subview %b[1, 0] [1, 4] [1, 1] : memref<4x4xf32> to memref<4xf32, strided<[1], offset: 4>>
  %last = scf.for %i = %c0 to %n step %c1 iter_args(%m = %a) -> memref<16xf32> {
    scf.yield %m : memref<16xf32>
  }
  %c = memref.alloc() : memref<2x8xf32>
  "test.use"(%c) : (memref<2x8xf32>) -> ()
  "test.use"(%row, %last) : (memref<4xf32, strided<[1], offset: 4>>, memref<16xf32>) -> ()
  return
}

// -----

// What a loop uses, but does not allocate, lives in all of its iterations: %outer
// shares nothing with %late. What an iteration allocates does not outlive it.

// CHECK-LABEL: func.func private @loops(
//  CHECK-SAME:   %[[SCRATCH:[a-z0-9]+]]: memref<96xi8>
//       CHECK:   memref.view %[[SCRATCH]][%c64{{[_0-9]*}}][] : memref<96xi8> to memref<8xf32>
//       CHECK:   scf.for
//       CHECK:     memref.view %[[SCRATCH]][%c0{{[_0-9]*}}][] : memref<96xi8> to memref<16xf32>
//       CHECK:     memref.view %[[SCRATCH]][%c0{{[_0-9]*}}][] : memref<96xi8> to memref<4x4xf32>
func.func private @loops(%n: index) attributes {attn.frame} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %outer = memref.alloc() : memref<8xf32>
  scf.for %i = %c0 to %n step %c1 {
    "test.use"(%outer) : (memref<8xf32>) -> ()
    %early = memref.alloc() : memref<16xf32>
    "test.use"(%early) : (memref<16xf32>) -> ()
    %late = memref.alloc() : memref<4x4xf32>
    "test.use"(%late) : (memref<4x4xf32>) -> ()
  }
  return
}

// -----

// Each iteration of an independent loop has memory of its own; what lies outside
// does not join it.

// CHECK-LABEL: func.func @threads(
//       CHECK:   memref.alloc() : memref<16xf32>
//       CHECK:   scf.forall
//  CHECK-NEXT:     %[[SCRATCH:.+]] = memref.alloca() {alignment = 64 : i64} : memref<80xi8>
//       CHECK:     %[[CALLEE:.+]] = memref.view %[[SCRATCH]][%{{.+}}][] : memref<80xi8> to memref<16xi8>
//       CHECK:     call @leaf(%{{.+}}, %[[CALLEE]])
// COUNT-LABEL: func.func @threads(
//       COUNT:   scf.forall
//       COUNT:     attn.count "scratch_bytes"
//       COUNT:   }
//   COUNT-NOT:   attn.count
func.func private @leaf(%x: memref<16xf32>) attributes {attn.frame} {
  %a = memref.alloc() : memref<4xf32>
  "test.use"(%a, %x) : (memref<4xf32>, memref<16xf32>) -> ()
  return
}
func.func @threads(%n: index) {
  %shared = memref.alloc() : memref<16xf32>
  scf.forall (%i) in (%n) {
    %own = memref.alloc() : memref<16xf32>
    func.call @leaf(%own) : (memref<16xf32>) -> ()
    "test.use"(%own, %shared) : (memref<16xf32>, memref<16xf32>) -> ()
  }
  return
}

// -----

// What has no place in shared memory stays a buffer of the caller: here each
// iteration hands its buffer to the next.

// CHECK-LABEL: func.func @swap(
//       CHECK:   memref.alloca() {alignment = 64 : i64} : memref<320xi8>
//   CHECK-NOT:   memref.alloc()
//       CHECK:   scf.for
//       CHECK:     memref.alloc() : memref<8xf32>
// A large one stays, too.
// COUNT-LABEL: func.func @swap(
// HEAP-LABEL: func.func @swap(
//       HEAP:   memref.alloca() {alignment = 64 : i64} : memref<32xi8>
//       HEAP:   memref.alloc() : memref<80xf32>
func.func private @leaf() attributes {attn.frame} {
  %a = memref.alloc() : memref<4xf32>
  "test.use"(%a) : (memref<4xf32>) -> ()
  return
}
func.func @swap(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  call @leaf() : () -> ()
  %large = memref.alloc() : memref<80xf32>
  "test.use"(%large) : (memref<80xf32>) -> ()
  %first = memref.alloc() : memref<8xf32>
  %last = scf.for %i = %c0 to %n step %c1 iter_args(%m = %first) -> memref<8xf32> {
    %next = memref.alloc() : memref<8xf32>
    "test.use"(%m, %next) : (memref<8xf32>, memref<8xf32>) -> ()
    scf.yield %next : memref<8xf32>
  }
  "test.use"(%last) : (memref<8xf32>) -> ()
  return
}
