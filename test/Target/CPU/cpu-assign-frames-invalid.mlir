// RUN: attn-opt %s -allow-unregistered-dialect -split-input-file -verify-diagnostics -cpu-assign-frames

func.func private @layer(%n: index) attributes {attn.frame} {
  // expected-error @below {{cannot live in the frame of '@layer' (attn.frame): its size is known at run time only; give it a bound, or let the caller pass it}}
  %a = memref.alloc(%n) : memref<?xf32>
  return
}

// -----

func.func private @layer() attributes {attn.frame} {
  // expected-error @below {{cannot live in the frame of '@layer' (attn.frame): it is not contiguous in the default memory space; allocate it so, and take a subview}}
  %a = memref.alloc() : memref<4x4xf32, strided<[8, 1]>>
  return
}

// -----

func.func private @layer() attributes {attn.frame} {
  // expected-error @below {{cannot live in the frame of '@layer' (attn.frame): it is not contiguous in the default memory space; allocate it so, and take a subview}}
  %a = memref.alloc() : memref<4x4xf32, 3>
  return
}

// -----

func.func private @layer() attributes {attn.frame} {
  // expected-error @below {{cannot live in the frame of '@layer' (attn.frame): it is aligned to more than 64 bytes; ask for no more}}
  %a = memref.alloc() {alignment = 128 : i64} : memref<4x4xf32>
  return
}

// -----

func.func private @layer(%c: i1) attributes {attn.frame} {
  // expected-error @below {{cannot live in the frame of '@layer' (attn.frame): branches between blocks hide how long it lives; use loops and conditions of scf}}
  %a = memref.alloc() : memref<4x4xf32>
  cf.br ^bb1
^bb1:
  cf.cond_br %c, ^bb1, ^bb2
^bb2:
  return
}

// -----

func.func private @layer(%first: memref<8xf32>, %n: index) attributes {attn.frame} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %last = scf.for %i = %c0 to %n step %c1 iter_args(%m = %first) -> memref<8xf32> {
    // expected-error @below {{cannot live in the frame of '@layer' (attn.frame): it leaves the iteration that allocates it; allocate it before the loop}}
    %next = memref.alloc() : memref<8xf32>
    "test.use"(%m, %next) : (memref<8xf32>, memref<8xf32>) -> ()
    scf.yield %next : memref<8xf32>
  }
  return
}

// -----

func.func private @layer() -> memref<8xf32> attributes {attn.frame} {
  // expected-error @below {{cannot live in the frame of '@layer' (attn.frame): it is returned; write the result to an argument}}
  %a = memref.alloc() : memref<8xf32>
  return %a : memref<8xf32>
}

// -----

func.func private @layer(%n: index) attributes {attn.frame} {
  // expected-error @below {{has temporaries in '@layer', which is marked attn.frame: iterations that run at the same time would share them; make it an scf.for}}
  scf.forall (%i) in (%n) {
    %a = memref.alloc() : memref<8xf32>
    "test.use"(%a) : (memref<8xf32>) -> ()
  }
  return
}

// -----

func.func private @layer(%n: index) attributes {attn.frame} {
  call @again(%n) : (index) -> ()
  return
}
func.func private @again(%n: index) {
  // expected-error @below {{calls '@layer', which is running, in a recursion with a function marked attn.frame: its memory would have no bound; give each depth a function of its own}}
  call @layer(%n) : (index) -> ()
  return
}

// -----

// expected-error @below {{is marked attn.frame, but is external: it and its callers have to agree on its memory; make it a private function with a body, or remove attn.frame}}
func.func private @layer() attributes {attn.frame}

// -----

// expected-error @below {{is marked attn.frame, but is public: it and its callers have to agree on its memory; make it a private function with a body, or remove attn.frame}}
func.func @layer() attributes {attn.frame} {
  return
}

// -----

func.func private @layer() attributes {attn.frame} {
  return
}
func.func @root() {
  // expected-error @below {{refers to '@layer', which is marked attn.frame and gets its memory from a func.call only; call it so}}
  %f = func.constant @layer : () -> ()
  call_indirect %f() : () -> ()
  return
}
