// RUN: attn-opt %s -split-input-file -verify-diagnostics -linalg-to-kernel

func.func @sixteen_threads(%one: f32) {
  // expected-error @+1 {{'scf.forall' op kernel.threads is a multiple of 32, from 32 to 1024, got 16 : i64}}
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
  } {kernel.threads = 16 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @no_threads(%one: f32) {
  // expected-error @+1 {{'scf.forall' op kernel.threads is a multiple of 32, from 32 to 1024, got 0 : i64}}
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
  } {kernel.threads = 0 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @threads_below_zero(%one: f32) {
  // expected-error @+1 {{'scf.forall' op kernel.threads is a multiple of 32, from 32 to 1024, got -32 : i64}}
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
  } {kernel.threads = -32 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @rows_for_fewer_warps(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %e = tensor.empty() : tensor<32x32xf32>
    // expected-error @+1 {{'linalg.fill' op cannot be distributed over 4 warps: tiles need a multiple of 64 rows, and of 8 columns, if any}}
    %f = linalg.fill ins(%one : f32) outs(%e : tensor<32x32xf32>) -> tensor<32x32xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @four_columns(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %e = tensor.empty() : tensor<64x4xf32>
    // expected-error @+1 {{'linalg.fill' op cannot be distributed over 4 warps: tiles need a multiple of 64 rows, and of 8 columns, if any}}
    %f = linalg.fill ins(%one : f32) outs(%e : tensor<64x4xf32>) -> tensor<64x4xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @one_element(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %e = tensor.empty() : tensor<1x1xf32>
    // expected-error @+1 {{'linalg.fill' op cannot be distributed over 4 warps: tiles need a multiple of 64 rows, and of 8 columns, if any}}
    %f = linalg.fill ins(%one : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @three_dimensions(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %e = tensor.empty() : tensor<2x64x8xf32>
    // expected-error @+1 {{'linalg.fill' op cannot be distributed over 4 warps: tiles need a multiple of 64 rows, and of 8 columns, if any}}
    %f = linalg.fill ins(%one : f32) outs(%e : tensor<2x64x8xf32>) -> tensor<2x64x8xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @unknown_columns(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %e = tensor.empty(%i) : tensor<64x?xf32>
    // expected-error @+1 {{'linalg.fill' op cannot be distributed over 4 warps: tiles need a multiple of 64 rows, and of 8 columns, if any}}
    %f = linalg.fill ins(%one : f32) outs(%e : tensor<64x?xf32>) -> tensor<64x?xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @unknown_rows(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %e = tensor.empty(%i) : tensor<?x32xf32>
    // expected-error @+1 {{'linalg.fill' op cannot be distributed over 4 warps: tiles need a multiple of 64 rows, and of 8 columns, if any}}
    %f = linalg.fill ins(%one : f32) outs(%e : tensor<?x32xf32>) -> tensor<?x32xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @fill_of_a_buffer(%one: f32, %o: memref<64x32xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    // expected-error @+1 {{'linalg.fill' op is on buffers in a loop that blocks of threads share; distribute tiles before bufferization}}
    linalg.fill ins(%one : f32) outs(%o : memref<64x32xf32>)
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @element_of_a_tile(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    // expected-error @+1 {{'tensor.extract' op works on a tile of a block of threads; only linalg.fill, linalg.generic and scf.for can}}
    %y = tensor.extract %x[%i, %i] : tensor<64x32xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @element_of_a_tile_in_a_branch(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %c = arith.cmpi eq, %i, %i : index
    scf.if %c {
      // expected-error @+1 {{'tensor.extract' op works on a tile of a block of threads; only linalg.fill, linalg.generic and scf.for can}}
      %y = tensor.extract %x[%i, %i] : tensor<64x32xf32>
    }
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @branch_gives_a_tile(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %c = arith.cmpi eq, %i, %i : index
    %y = scf.if %c -> tensor<64x32xf32> {
      // expected-error @+1 {{'scf.yield' op works on a tile of a block of threads; only linalg.fill, linalg.generic and scf.for can}}
      scf.yield %x : tensor<64x32xf32>
    } else {
      scf.yield %x : tensor<64x32xf32>
    }
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @element_of_a_tile_in_a_nested_region(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %s = scf.execute_region -> f32 {
      // expected-error @+1 {{'tensor.extract' op works on a tile of a block of threads; only linalg.fill, linalg.generic and scf.for can}}
      %y = tensor.extract %x[%i, %i] : tensor<64x32xf32>
      scf.yield %y : f32
    }
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @element_of_an_empty_tile(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    // expected-error @+1 {{'tensor.extract' op works on a tile of a block of threads; only linalg.fill, linalg.generic and scf.for can}}
    %y = tensor.extract %empty[%i, %i] : tensor<64x32xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @element_of_shared_memory(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %t = kernel.alloc : !kernel.tile<1x64x32xf32>
    %v = kernel.view %t[%i] : !kernel.tile<1x64x32xf32> -> tensor<64x32xf32>
    // expected-error @+1 {{'tensor.extract' op works on a tile of a block of threads; only linalg.fill, linalg.generic and scf.for can}}
    %y = tensor.extract %v[%i, %i] : tensor<64x32xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @tile_leaves_the_block(%one: f32, %init: tensor<64x32xf32>) {
  %all = scf.forall (%b) in (1) shared_outs(%o = %init) -> tensor<64x32xf32> {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    scf.forall.in_parallel {
      // expected-error @+1 {{'tensor.parallel_insert_slice' op works on a tile of a block of threads; only linalg.fill, linalg.generic and scf.for can}}
      tensor.parallel_insert_slice %x into %o[0, 0] [64, 32] [1, 1] : tensor<64x32xf32> into tensor<64x32xf32>
    }
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

#others = #kernel.layout<registers = [2 x (1, 0)], lanes = [4 x (0, 0), 8 x (2, 0)], warps = [4 x (16, 0)]>
func.func @another_layout(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    // expected-error @+1 {{'builtin.unrealized_conversion_cast' op wants '!kernel.fragment<64xf32,}}
    %f = builtin.unrealized_conversion_cast %r : tensor<64xf32> to !kernel.fragment<64xf32, #others>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @reads_an_array(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    // expected-error @+1 {{'linalg.generic' op reads 'tensor<64x32xf32>', which is no tile of this block of threads}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m, k)>], iterator_types = ["parallel", "parallel"]}
        ins(%a : tensor<64x32xf32>) outs(%empty : tensor<64x32xf32>) {
    ^bb0(%e: f32, %o: f32):
      linalg.yield %e : f32
    } -> tensor<64x32xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @reduces_into_an_array(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    // expected-error @+1 {{'linalg.generic' op reduces into what is no tile of this block of threads}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>], iterator_types = ["parallel", "reduction"]}
        ins(%x : tensor<64x32xf32>) outs(%none : tensor<64xf32>) {
    ^bb0(%e: f32, %o: f32):
      %s = arith.addf %e, %o : f32
      linalg.yield %s : f32
    } -> tensor<64xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @product_over_columns(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    // expected-error @+1 {{'linalg.generic' op reduces in a way that blocks of threads do not: only sums and maxima over columns}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>], iterator_types = ["parallel", "reduction"]}
        ins(%x : tensor<64x32xf32>) outs(%r : tensor<64xf32>) {
    ^bb0(%e: f32, %o: f32):
      %s = arith.mulf %e, %o : f32
      linalg.yield %s : f32
    } -> tensor<64xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @last_column(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    // expected-error @+1 {{'linalg.generic' op reduces in a way that blocks of threads do not: only sums and maxima over columns}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>], iterator_types = ["parallel", "reduction"]}
        ins(%x : tensor<64x32xf32>) outs(%r : tensor<64xf32>) {
    ^bb0(%e: f32, %o: f32):
      linalg.yield %e : f32
    } -> tensor<64xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @sum_doubled(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    // expected-error @+1 {{'linalg.generic' op reduces in a way that blocks of threads do not: only sums and maxima over columns}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>], iterator_types = ["parallel", "reduction"]}
        ins(%x : tensor<64x32xf32>) outs(%r : tensor<64xf32>) {
    ^bb0(%e: f32, %o: f32):
      %s = arith.addf %o, %o : f32
      linalg.yield %s : f32
    } -> tensor<64xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @sum_of_what_depends_on_it(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    // expected-error @+1 {{'linalg.generic' op reduces in a way that blocks of threads do not: only sums and maxima over columns}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>], iterator_types = ["parallel", "reduction"]}
        ins(%x : tensor<64x32xf32>) outs(%r : tensor<64xf32>) {
    ^bb0(%e: f32, %o: f32):
      %p = arith.mulf %e, %o : f32
      %s = arith.addf %p, %o : f32
      linalg.yield %s : f32
    } -> tensor<64xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @least_column(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    // expected-error @+1 {{'linalg.generic' op reduces in a way that blocks of threads do not: only sums and maxima over columns}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>], iterator_types = ["parallel", "reduction"]}
        ins(%x : tensor<64x32xf32>) outs(%r : tensor<64xf32>) {
    ^bb0(%e: f32, %o: f32):
      %c = arith.cmpf olt, %e, %o : f32
      %s = arith.select %c, %e, %o : f32
      linalg.yield %s : f32
    } -> tensor<64xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @maximum_of_another(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    // expected-error @+1 {{'linalg.generic' op reduces in a way that blocks of threads do not: only sums and maxima over columns}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>], iterator_types = ["parallel", "reduction"]}
        ins(%x : tensor<64x32xf32>) outs(%r : tensor<64xf32>) {
    ^bb0(%e: f32, %o: f32):
      %n = arith.negf %e : f32
      %c = arith.cmpf ogt, %n, %o : f32
      %s = arith.select %c, %e, %o : f32
      linalg.yield %s : f32
    } -> tensor<64xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @sum_that_is_used_twice(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    // expected-error @+1 {{'linalg.generic' op reduces in a way that blocks of threads do not: only sums and maxima over columns}}
    %y:2 = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>, affine_map<(m, k) -> (m, k)>], iterator_types = ["parallel", "reduction"]}
        ins(%x : tensor<64x32xf32>) outs(%r, %empty : tensor<64xf32>, tensor<64x32xf32>) {
    ^bb0(%e: f32, %o: f32, %p: f32):
      %s = arith.addf %e, %o : f32
      linalg.yield %s, %s : f32, f32
    } -> (tensor<64xf32>, tensor<64x32xf32>)
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @transposed(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %qe = tensor.empty() : tensor<64x64xf32>
    %w = linalg.fill ins(%one : f32) outs(%qe : tensor<64x64xf32>) -> tensor<64x64xf32>
    // expected-error @+1 {{'linalg.generic' op sees 'tensor<64x64xf32>' by affine_map<(d0, d1) -> (d1, d0)>; threads have rows, or rows and columns in this order}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (k, m)>, affine_map<(m, k) -> (m, k)>], iterator_types = ["parallel", "parallel"]}
        ins(%w : tensor<64x64xf32>) outs(%qe : tensor<64x64xf32>) {
    ^bb0(%e: f32, %o: f32):
      linalg.yield %e : f32
    } -> tensor<64x64xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @rows_as_columns(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %qe = tensor.empty() : tensor<64x64xf32>
    %w = linalg.fill ins(%one : f32) outs(%qe : tensor<64x64xf32>) -> tensor<64x64xf32>
    // expected-error @+1 {{'linalg.generic' op sees 'tensor<64xf32>' by affine_map<(d0, d1) -> (d1)>; threads have rows, or rows and columns in this order}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (k)>, affine_map<(m, k) -> (m, k)>], iterator_types = ["parallel", "parallel"]}
        ins(%r : tensor<64xf32>) outs(%qe : tensor<64x64xf32>) {
    ^bb0(%e: f32, %o: f32):
      linalg.yield %e : f32
    } -> tensor<64x64xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @sum_over_rows(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %qe = tensor.empty() : tensor<64x64xf32>
    %w = linalg.fill ins(%one : f32) outs(%qe : tensor<64x64xf32>) -> tensor<64x64xf32>
    // expected-error @+1 {{'linalg.generic' op sees 'tensor<64xf32>' by affine_map<(d0, d1) -> (d1)>; threads have rows, or rows and columns in this order}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (k)>], iterator_types = ["reduction", "parallel"]}
        ins(%w : tensor<64x64xf32>) outs(%r : tensor<64xf32>) {
    ^bb0(%e: f32, %o: f32):
      %s = arith.addf %e, %o : f32
      linalg.yield %s : f32
    } -> tensor<64xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @diagonal(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %qe = tensor.empty() : tensor<64x64xf32>
    %w = linalg.fill ins(%one : f32) outs(%qe : tensor<64x64xf32>) -> tensor<64x64xf32>
    // expected-error @+1 {{'linalg.generic' op sees 'tensor<64x64xf32>' by affine_map<(d0) -> (d0, d0)>; threads have rows, or rows and columns in this order}}
    %y = linalg.generic {indexing_maps = [affine_map<(m) -> (m, m)>, affine_map<(m) -> (m)>], iterator_types = ["parallel"]}
        ins(%w : tensor<64x64xf32>) outs(%r : tensor<64xf32>) {
    ^bb0(%e: f32, %o: f32):
      linalg.yield %e : f32
    } -> tensor<64xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @copy_of_a_view(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %t = kernel.alloc : !kernel.tile<1x32x32xf32>
    %v = kernel.view %t[%i] : !kernel.tile<1x32x32xf32> -> tensor<32x32xf32>
    %empty2 = tensor.empty() : tensor<32x32xf32>
    // expected-error @+1 {{'linalg.generic' op reads a tile of shared memory, but is no product of a matrix with it}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m, k)>], iterator_types = ["parallel", "parallel"]}
        ins(%v : tensor<32x32xf32>) outs(%empty2 : tensor<32x32xf32>) {
    ^bb0(%e: f32, %o: f32):
      linalg.yield %e : f32
    } -> tensor<32x32xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @sum_with_a_view(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %t = kernel.alloc : !kernel.tile<1x32x32xf32>
    %v = kernel.view %t[%i] : !kernel.tile<1x32x32xf32> -> tensor<32x32xf32>
    // expected-error @+1 {{'linalg.generic' op reads a tile of shared memory, but is no product of a matrix with it}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %v : tensor<64x32xf32>, tensor<32x32xf32>) outs(%x : tensor<64x32xf32>) {
    ^bb0(%e: f32, %w: f32, %o: f32):
      %s = arith.addf %e, %w : f32
      linalg.yield %s : f32
    } -> tensor<64x32xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @product_with_something_else(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %t = kernel.alloc : !kernel.tile<1x32x32xf32>
    %v = kernel.view %t[%i] : !kernel.tile<1x32x32xf32> -> tensor<32x32xf32>
    // expected-error @+1 {{'linalg.generic' op reads a tile of shared memory, but is no product of a matrix with it}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %v : tensor<64x32xf32>, tensor<32x32xf32>) outs(%x : tensor<64x32xf32>) {
    ^bb0(%e: f32, %w: f32, %o: f32):
      %p = arith.negf %e : f32
      %s = math.fma %p, %w, %o : f32
      linalg.yield %s : f32
    } -> tensor<64x32xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @product_not_added(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %t = kernel.alloc : !kernel.tile<1x32x32xf32>
    %v = kernel.view %t[%i] : !kernel.tile<1x32x32xf32> -> tensor<32x32xf32>
    // expected-error @+1 {{'linalg.generic' op reads a tile of shared memory, but is no product of a matrix with it}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %v : tensor<64x32xf32>, tensor<32x32xf32>) outs(%x : tensor<64x32xf32>) {
    ^bb0(%e: f32, %w: f32, %o: f32):
      %s = math.fma %e, %w, %e : f32
      linalg.yield %s : f32
    } -> tensor<64x32xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @product_chosen_by_something_else(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %t = kernel.alloc : !kernel.tile<1x32x32xf32>
    %v = kernel.view %t[%i] : !kernel.tile<1x32x32xf32> -> tensor<32x32xf32>
    // expected-error @+1 {{'linalg.generic' op reads a tile of shared memory, but is no product of a matrix with it}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %v : tensor<64x32xf32>, tensor<32x32xf32>) outs(%x : tensor<64x32xf32>) {
    ^bb0(%e: f32, %w: f32, %o: f32):
      %c = arith.cmpf olt, %e, %w : f32
      %f = arith.select %c, %e, %w : f32
      %s = math.fma %e, %f, %o : f32
      linalg.yield %s : f32
    } -> tensor<64x32xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @product_of_an_array(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %t = kernel.alloc : !kernel.tile<1x32x32xf32>
    %v = kernel.view %t[%i] : !kernel.tile<1x32x32xf32> -> tensor<32x32xf32>
    // expected-error @+1 {{'linalg.generic' op reads a tile of shared memory, but is no product of a matrix with it}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%a, %v : tensor<64x32xf32>, tensor<32x32xf32>) outs(%x : tensor<64x32xf32>) {
    ^bb0(%e: f32, %w: f32, %o: f32):
      %s = math.fma %e, %w, %o : f32
      linalg.yield %s : f32
    } -> tensor<64x32xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @product_into_an_array(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %t = kernel.alloc : !kernel.tile<1x32x32xf32>
    %v = kernel.view %t[%i] : !kernel.tile<1x32x32xf32> -> tensor<32x32xf32>
    // expected-error @+1 {{'linalg.generic' op reads a tile of shared memory, but is no product of a matrix with it}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %v : tensor<64x32xf32>, tensor<32x32xf32>) outs(%a : tensor<64x32xf32>) {
    ^bb0(%e: f32, %w: f32, %o: f32):
      %s = math.fma %e, %w, %o : f32
      linalg.yield %s : f32
    } -> tensor<64x32xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @all_products_in_one_sum(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %t = kernel.alloc : !kernel.tile<1x32x32xf32>
    %v = kernel.view %t[%i] : !kernel.tile<1x32x32xf32> -> tensor<32x32xf32>
    %sum = tensor.empty() : tensor<f32>
    // expected-error @+1 {{'linalg.generic' op reads a tile of shared memory, but is no product of a matrix with it}}
    %y = linalg.generic {indexing_maps = [affine_map<(n, k) -> (n, k)>, affine_map<(n, k) -> (n, k)>, affine_map<(n, k) -> ()>], iterator_types = ["reduction", "reduction"]}
        ins(%v, %v : tensor<32x32xf32>, tensor<32x32xf32>) outs(%sum : tensor<f32>) {
    ^bb0(%e: f32, %w: f32, %o: f32):
      %s = math.fma %e, %w, %o : f32
      linalg.yield %s : f32
    } -> tensor<f32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @convolution(%one: f32, %i: index, %a: tensor<64x32xf32>, %q: tensor<64x64xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %t = kernel.alloc : !kernel.tile<1x32x32xf32>
    %v = kernel.view %t[%i] : !kernel.tile<1x32x32xf32> -> tensor<32x32xf32>
    %big = tensor.empty() : tensor<95x32xf32>
    // expected-error @+1 {{'linalg.generic' op reads a tile of shared memory, but is no product of a matrix with it}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m + k, n)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%big, %v : tensor<95x32xf32>, tensor<32x32xf32>) outs(%x : tensor<64x32xf32>) {
    ^bb0(%e: f32, %w: f32, %o: f32):
      %s = math.fma %e, %w, %o : f32
      linalg.yield %s : f32
    } -> tensor<64x32xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @threads_of_more_than_a_block(%one: f32) {
  // expected-error @+1 {{'scf.forall' op kernel.threads is a multiple of 32, from 32 to 1024, got 2048 : i64}}
  scf.forall (%b) in (1) {
  } {kernel.threads = 2048 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @threads_in_128_bits(%one: f32) {
  // expected-error @+1 {{'scf.forall' op kernel.threads is a multiple of 32, from 32 to 1024, got 128 : i128}}
  scf.forall (%b) in (1) {
  } {kernel.threads = 128 : i128, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @threads_in_words(%one: f32) {
  // expected-error @+1 {{'scf.forall' op kernel.threads is a multiple of 32, from 32 to 1024, got "many"}}
  scf.forall (%b) in (1) {
  } {kernel.threads = "many", mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @no_rows(%one: f32) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<0x64xf32>
    // expected-error @+1 {{'linalg.fill' op cannot be distributed over 4 warps: tiles need a multiple of 64 rows, and of 8 columns, if any}}
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<0x64xf32>) -> tensor<0x64xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @no_columns(%one: f32) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x0xf32>
    // expected-error @+1 {{'linalg.fill' op cannot be distributed over 4 warps: tiles need a multiple of 64 rows, and of 8 columns, if any}}
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x0xf32>) -> tensor<64x0xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @too_many_rows(%one: f32) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<1099511627776x64xf32>
    // expected-error @+1 {{'linalg.fill' op has too large tiles for 4 warps: a thread has at most 1024 registers; use smaller tiles or more warps}}
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<1099511627776x64xf32>) -> tensor<1099511627776x64xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @too_many_columns(%one: f32) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x1099511627776xf32>
    // expected-error @+1 {{'linalg.fill' op has too large tiles for 4 warps: a thread has at most 1024 registers; use smaller tiles or more warps}}
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x1099511627776xf32>) -> tensor<64x1099511627776xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @too_many_elements(%one: f32) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<1024x256xf32>
    // expected-error @+1 {{'linalg.fill' op has too large tiles for 4 warps: a thread has at most 1024 registers; use smaller tiles or more warps}}
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<1024x256xf32>) -> tensor<1024x256xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @indices(%i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xindex>
    // expected-error @+1 {{'linalg.fill' op works on elements of 'index', but registers hold numbers; use integers or floats}}
    %x = linalg.fill ins(%i : index) outs(%empty : tensor<64x32xindex>) -> tensor<64x32xindex>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @complex_numbers(%z: complex<f32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xcomplex<f32>>
    // expected-error @+1 {{'linalg.fill' op works on elements of 'complex<f32>', but registers hold numbers; use integers or floats}}
    %x = linalg.fill ins(%z : complex<f32>) outs(%empty : tensor<64x32xcomplex<f32>>) -> tensor<64x32xcomplex<f32>>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @no_outputs(%one: f32) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    // expected-error @+1 {{'linalg.generic' op has no result; erase it}}
    linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>], iterator_types = ["parallel", "parallel"]}
        ins(%x : tensor<64x32xf32>) {
    ^bb0(%e: f32):
      linalg.yield
    }
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @window_by_a_sum(%one: f32, %i: index, %mask: tensor<100x100xi1>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %w = kernel.window %mask[%i, %i] : tensor<100x100xi1> -> tensor<95x32xi1>
    // expected-error @+1 {{'linalg.generic' op sees 'tensor<95x32xi1>' by affine_map<(d0, d1) -> (d0 + d1, d1)>; threads have rows, or rows and columns in this order}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m + k, k)>, affine_map<(m, k) -> (m, k)>], iterator_types = ["parallel", "parallel"]}
        ins(%w : tensor<95x32xi1>) outs(%x : tensor<64x32xf32>) {
    ^bb0(%e: i1, %o: f32):
      %s = arith.select %e, %one, %o : f32
      linalg.yield %s : f32
    } -> tensor<64x32xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @loop_goes_on_with_an_array(%one: f32, %i: index, %a: tensor<64x32xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %r = scf.for %j = %c0 to %i step %c1 iter_args(%t = %x) -> tensor<64x32xf32> {
    // expected-error @+1 {{'scf.yield' op goes on with 'tensor<64x32xf32>' where the loop begins with '!kernel.fragment<64x32xf32,}}
      scf.yield %a : tensor<64x32xf32>
    }
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @loop_begins_with_an_array(%one: f32, %i: index, %a: tensor<64x32xf32>) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %r:2 = scf.for %j = %c0 to %i step %c1 iter_args(%t = %x, %u = %a) -> (tensor<64x32xf32>, tensor<64x32xf32>) {
    // expected-error @+1 {{; a loop carries either tiles of this block of threads or other arrays}}
      scf.yield %t, %t : tensor<64x32xf32>, tensor<64x32xf32>
    }
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @product_without_columns(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x16xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x16xf32>) -> tensor<64x16xf32>
    %t = kernel.alloc : !kernel.tile<1x16x16xf16>
    %v = kernel.view %t[%i] : !kernel.tile<1x16x16xf16> -> tensor<16x16xf16>
    // expected-error @+1 {{'linalg.generic' op reads a tile of shared memory, but is no product of a matrix with it}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, n, k, l) -> (m, k)>, affine_map<(m, n, k, l) -> (k, l)>, affine_map<(m, n, k, l) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
        ins(%x, %v : tensor<64x16xf32>, tensor<16x16xf16>) outs(%x : tensor<64x16xf32>) {
    ^bb0(%e: f32, %f: f16, %o: f32):
      %w = arith.extf %f : f16 to f32
      %s = math.fma %e, %w, %o : f32
      linalg.yield %s : f32
    } -> tensor<64x16xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @product_chosen_by_another_bound(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x16xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x16xf32>) -> tensor<64x16xf32>
    %t = kernel.alloc : !kernel.tile<1x16x16xf16>
    %v = kernel.view %t[%i] : !kernel.tile<1x16x16xf16> -> tensor<16x16xf16>
    %c0 = arith.constant 0 : i32
    %c5 = arith.constant 5 : i32
    %zero = arith.constant 0.0 : f32
    // expected-error @+1 {{'linalg.generic' op reads a tile of shared memory, but is no product of a matrix with it}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %v : tensor<64x16xf32>, tensor<16x16xf16>) outs(%x : tensor<64x16xf32>) {
    ^bb0(%e: f32, %f: f16, %o: f32):
      %w = arith.extf %f : f16 to f32
      %bits = arith.bitcast %e : f32 to i32
      %c = arith.cmpi slt, %bits, %c5 : i32
      %p = arith.select %c, %zero, %w : f32
      %s = math.fma %e, %p, %o : f32
      linalg.yield %s : f32
    } -> tensor<64x16xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @product_with_one_instead(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x16xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x16xf32>) -> tensor<64x16xf32>
    %t = kernel.alloc : !kernel.tile<1x16x16xf16>
    %v = kernel.view %t[%i] : !kernel.tile<1x16x16xf16> -> tensor<16x16xf16>
    %c0 = arith.constant 0 : i32
    %c5 = arith.constant 5 : i32
    %zero = arith.constant 0.0 : f32
    // expected-error @+1 {{'linalg.generic' op reads a tile of shared memory, but is no product of a matrix with it}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %v : tensor<64x16xf32>, tensor<16x16xf16>) outs(%x : tensor<64x16xf32>) {
    ^bb0(%e: f32, %f: f16, %o: f32):
      %w = arith.extf %f : f16 to f32
      %bits = arith.bitcast %e : f32 to i32
      %c = arith.cmpi slt, %bits, %c0 : i32
      %p = arith.select %c, %one, %w : f32
      %s = math.fma %e, %p, %o : f32
      linalg.yield %s : f32
    } -> tensor<64x16xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @chosen_weight(%one: f32, %i: index) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x16xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x16xf32>) -> tensor<64x16xf32>
    %t = kernel.alloc : !kernel.tile<1x16x16xf16>
    %v = kernel.view %t[%i] : !kernel.tile<1x16x16xf16> -> tensor<16x16xf16>
    %c0 = arith.constant 0 : i32
    %c5 = arith.constant 5 : i32
    %zero = arith.constant 0.0 : f32
    // expected-error @+1 {{'linalg.generic' op reads a tile of shared memory, but is no product of a matrix with it}}
    %y = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %v : tensor<64x16xf32>, tensor<16x16xf16>) outs(%x : tensor<64x16xf32>) {
    ^bb0(%e: f32, %f: f16, %o: f32):
      %w = arith.extf %f : f16 to f32
      %bits = arith.bitcast %e : f32 to i32
      %c = arith.cmpi slt, %bits, %c0 : i32
      %p = arith.select %c, %zero, %e : f32
      %s = math.fma %w, %p, %o : f32
      linalg.yield %s : f32
    } -> tensor<64x16xf32>
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}

// -----

func.func @cast_of_nothing(%one: f32) {
  scf.forall (%b) in (1) {
    %empty = tensor.empty() : tensor<64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %nothing = builtin.unrealized_conversion_cast to tensor<64xf32>
    // expected-error @+1 {{'builtin.unrealized_conversion_cast' op works on a tile of a block of threads; only linalg.fill, linalg.generic and scf.for can}}
    %two:2 = builtin.unrealized_conversion_cast %x : tensor<64x32xf32> to tensor<64xf32>, f32
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return
}
