#map = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>
#map1 = affine_map<(d0)[s0] -> (-d0 + s0, 256)>
#map2 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d4, d5)>
#map3 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d5)>
#map4 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d4)>
#map5 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>
#map6 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map7 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d5, d4)>
#map8 = affine_map<(d0, d1, d2, d3, d4) -> (d3, d0, d1, d2, d4)>
#map9 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>
#map10 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d5, d0, d1, d2, d3, d4)>
#map11 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d5, d0, d1, d2, d3)>
module {
  func.func @decode(%arg0: !llvm.ptr, %arg1: !llvm.ptr, %arg2: !llvm.ptr, %arg3: !llvm.ptr) -> i32 {
    %c4194304_i64 = arith.constant 4194304 : i64
    %c524288_i64 = arith.constant 524288 : i64
    %c512_i64 = arith.constant 512 : i64
    %0 = llvm.mlir.poison : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)>
    %1 = llvm.mlir.poison : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)>
    %c4096_i64 = arith.constant 4096 : i64
    %c1_i32 = arith.constant 1 : i32
    %c128_i64 = arith.constant 128 : i64
    %c4_i64 = arith.constant 4 : i64
    %c8_i64 = arith.constant 8 : i64
    %c0_i32 = arith.constant 0 : i32
    %c0_i64 = arith.constant 0 : i64
    %c1_i64 = arith.constant 1 : i64
    %2 = llvm.ptrtoint %arg0 : !llvm.ptr to i64
    %3 = arith.cmpi eq, %2, %c0_i64 : i64
    %4 = arith.extui %3 : i1 to i32
    %5 = llvm.ptrtoint %arg1 : !llvm.ptr to i64
    %6 = arith.cmpi eq, %5, %c0_i64 : i64
    %7 = arith.select %6, %c1_i32, %4 : i32
    %8 = llvm.ptrtoint %arg2 : !llvm.ptr to i64
    %9 = arith.cmpi eq, %8, %c0_i64 : i64
    %10 = arith.select %9, %c1_i32, %7 : i32
    %11 = llvm.ptrtoint %arg3 : !llvm.ptr to i64
    %12 = arith.cmpi eq, %11, %c0_i64 : i64
    %13 = arith.select %12, %c1_i32, %10 : i32
    %14 = arith.cmpi eq, %13, %c0_i32 : i32
    scf.if %14 {
      %15 = llvm.insertvalue %arg0, %1[0] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %16 = llvm.insertvalue %arg0, %15[1] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %17 = llvm.insertvalue %c0_i64, %16[2] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %18 = llvm.insertvalue %c128_i64, %17[3, 4] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %19 = llvm.insertvalue %c1_i64, %18[4, 4] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %20 = llvm.insertvalue %c1_i64, %19[3, 3] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %21 = llvm.insertvalue %c128_i64, %20[4, 3] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %22 = llvm.insertvalue %c4_i64, %21[3, 2] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %23 = llvm.insertvalue %c128_i64, %22[4, 2] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %24 = llvm.insertvalue %c8_i64, %23[3, 1] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %25 = llvm.insertvalue %c512_i64, %24[4, 1] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %26 = llvm.insertvalue %c1_i64, %25[3, 0] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %27 = llvm.insertvalue %c4096_i64, %26[4, 0] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %28 = builtin.unrealized_conversion_cast %27 : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> to memref<1x8x4x1x128xbf16>
      %29 = bufferization.to_tensor %28 restrict : memref<1x8x4x1x128xbf16> to tensor<1x8x4x1x128xbf16>
      %30 = llvm.insertvalue %arg1, %0[0] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %31 = llvm.insertvalue %arg1, %30[1] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %32 = llvm.insertvalue %c0_i64, %31[2] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %33 = llvm.insertvalue %c128_i64, %32[3, 3] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %34 = llvm.insertvalue %c1_i64, %33[4, 3] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %35 = llvm.insertvalue %c4096_i64, %34[3, 2] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %36 = llvm.insertvalue %c128_i64, %35[4, 2] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %37 = llvm.insertvalue %c8_i64, %36[3, 1] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %38 = llvm.insertvalue %c524288_i64, %37[4, 1] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %39 = llvm.insertvalue %c1_i64, %38[3, 0] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %40 = llvm.insertvalue %c4194304_i64, %39[4, 0] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %41 = builtin.unrealized_conversion_cast %40 : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> to memref<1x8x4096x128xbf16>
      %42 = bufferization.to_tensor %41 restrict : memref<1x8x4096x128xbf16> to tensor<1x8x4096x128xbf16>
      %43 = llvm.insertvalue %arg2, %0[0] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %44 = llvm.insertvalue %arg2, %43[1] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %45 = llvm.insertvalue %c0_i64, %44[2] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %46 = llvm.insertvalue %c128_i64, %45[3, 3] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %47 = llvm.insertvalue %c1_i64, %46[4, 3] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %48 = llvm.insertvalue %c4096_i64, %47[3, 2] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %49 = llvm.insertvalue %c128_i64, %48[4, 2] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %50 = llvm.insertvalue %c8_i64, %49[3, 1] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %51 = llvm.insertvalue %c524288_i64, %50[4, 1] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %52 = llvm.insertvalue %c1_i64, %51[3, 0] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %53 = llvm.insertvalue %c4194304_i64, %52[4, 0] : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> 
      %54 = builtin.unrealized_conversion_cast %53 : !llvm.struct<(ptr, ptr, i64, array<4 x i64>, array<4 x i64>)> to memref<1x8x4096x128xbf16>
      %55 = bufferization.to_tensor %54 restrict : memref<1x8x4096x128xbf16> to tensor<1x8x4096x128xbf16>
      %56 = llvm.insertvalue %arg3, %1[0] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %57 = llvm.insertvalue %arg3, %56[1] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %58 = llvm.insertvalue %c0_i64, %57[2] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %59 = llvm.insertvalue %c128_i64, %58[3, 4] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %60 = llvm.insertvalue %c1_i64, %59[4, 4] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %61 = llvm.insertvalue %c1_i64, %60[3, 3] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %62 = llvm.insertvalue %c128_i64, %61[4, 3] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %63 = llvm.insertvalue %c4_i64, %62[3, 2] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %64 = llvm.insertvalue %c128_i64, %63[4, 2] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %65 = llvm.insertvalue %c8_i64, %64[3, 1] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %66 = llvm.insertvalue %c512_i64, %65[4, 1] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %67 = llvm.insertvalue %c1_i64, %66[3, 0] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %68 = llvm.insertvalue %c4096_i64, %67[4, 0] : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> 
      %69 = builtin.unrealized_conversion_cast %68 : !llvm.struct<(ptr, ptr, i64, array<5 x i64>, array<5 x i64>)> to memref<1x8x4x1x128xbf16>
      func.call @decode.tensors(%29, %42, %55, %69) : (tensor<1x8x4x1x128xbf16>, tensor<1x8x4096x128xbf16>, tensor<1x8x4096x128xbf16>, memref<1x8x4x1x128xbf16>) -> ()
    }
    return %13 : i32
  }
  func.func @decode_packed(%arg0: !llvm.ptr, %arg1: !llvm.ptr) -> i32 {
    %0 = llvm.load %arg0 : !llvm.ptr -> !llvm.ptr
    %1 = llvm.getelementptr %arg0[1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %2 = llvm.load %1 : !llvm.ptr -> !llvm.ptr
    %3 = llvm.getelementptr %arg0[2] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %4 = llvm.load %3 : !llvm.ptr -> !llvm.ptr
    %5 = llvm.getelementptr %arg0[3] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %6 = llvm.load %5 : !llvm.ptr -> !llvm.ptr
    %7 = call @decode(%0, %2, %4, %6) : (!llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr) -> i32
    return %7 : i32
  }
  func.func private @decode.tensors(%arg0: tensor<1x8x4x1x128xbf16> {bufferization.writable = false}, %arg1: tensor<1x8x4096x128xbf16> {bufferization.writable = false}, %arg2: tensor<1x8x4096x128xbf16> {bufferization.writable = false}, %arg3: memref<1x8x4x1x128xbf16>) attributes {llvm.linkage = #llvm.linkage<internal>} {
    %cst = arith.constant -0.000000e+00 : f32
    %cst_0 = arith.constant 0.127517432 : f32
    %c256 = arith.constant 256 : index
    %c1024 = arith.constant 1024 : index
    %c4096 = arith.constant 4096 : index
    %c8 = arith.constant 8 : index
    %c1 = arith.constant 1 : index
    %c0 = arith.constant 0 : index
    %cst_1 = arith.constant 0.000000e+00 : f32
    %cst_2 = arith.constant 0xFF800000 : f32
    %0 = tensor.empty() : tensor<1x8x4x1x128xbf16>
    %1 = tensor.empty() : tensor<1x1x4x1x128xf32>
    %2 = tensor.empty() : tensor<1x1x4x1xf32>
    %3 = tensor.empty() : tensor<1x1x1x4x1xf32>
    %4 = scf.for %arg4 = %c0 to %c8 step %c1 iter_args(%arg5 = %0) -> (tensor<1x8x4x1x128xbf16>) {
      %extracted_slice = tensor.extract_slice %arg0[0, %arg4, 0, 0, 0] [1, 1, 4, 1, 128] [1, 1, 1, 1, 1] : tensor<1x8x4x1x128xbf16> to tensor<1x1x4x1x128xbf16>
      %5 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice : tensor<1x1x4x1x128xbf16>) outs(%1 : tensor<1x1x4x1x128xf32>) {
      ^bb0(%in: bf16, %out: f32):
        %11 = arith.extf %in : bf16 to f32
        linalg.yield %11 : f32
      } -> tensor<1x1x4x1x128xf32>
      %extracted_slice_3 = tensor.extract_slice %arg1[0, %arg4, 0, 0] [1, 1, 4096, 128] [1, 1, 1, 1] : tensor<1x8x4096x128xbf16> to tensor<1x1x4096x128xbf16>
      %extracted_slice_4 = tensor.extract_slice %arg2[0, %arg4, 0, 0] [1, 1, 4096, 128] [1, 1, 1, 1] : tensor<1x8x4096x128xbf16> to tensor<1x1x4096x128xbf16>
      %6 = linalg.fill ins(%cst_2 : f32) outs(%2 : tensor<1x1x4x1xf32>) -> tensor<1x1x4x1xf32>
      %7 = linalg.fill ins(%cst_1 : f32) outs(%2 : tensor<1x1x4x1xf32>) -> tensor<1x1x4x1xf32>
      %8 = linalg.fill ins(%cst_1 : f32) outs(%1 : tensor<1x1x4x1x128xf32>) -> tensor<1x1x4x1x128xf32>
      %9:3 = scf.for %arg6 = %c0 to %c4096 step %c1024 iter_args(%arg7 = %6, %arg8 = %7, %arg9 = %8) -> (tensor<1x1x4x1xf32>, tensor<1x1x4x1xf32>, tensor<1x1x4x1x128xf32>) {
        %11 = arith.addi %arg6, %c1024 : index
        %12 = arith.minsi %11, %c4096 : index
        %13 = arith.maxsi %arg6, %12 : index
        %14 = arith.subi %13, %arg6 : index
        %extracted_slice_6 = tensor.extract_slice %extracted_slice_3[0, 0, %arg6, 0] [1, 1, %14, 128] [1, 1, 1, 1] : tensor<1x1x4096x128xbf16> to tensor<1x1x?x128xbf16>
        %extracted_slice_7 = tensor.extract_slice %extracted_slice_4[0, 0, %arg6, 0] [1, 1, %14, 128] [1, 1, 1, 1] : tensor<1x1x4096x128xbf16> to tensor<1x1x?x128xbf16>
        %15:3 = scf.for %arg10 = %c0 to %14 step %c256 iter_args(%arg11 = %6, %arg12 = %7, %arg13 = %8) -> (tensor<1x1x4x1xf32>, tensor<1x1x4x1xf32>, tensor<1x1x4x1x128xf32>) {
          %23 = affine.min #map1(%arg10)[%14]
          %extracted_slice_10 = tensor.extract_slice %extracted_slice_6[0, 0, %arg10, 0] [1, 1, %23, 128] [1, 1, 1, 1] : tensor<1x1x?x128xbf16> to tensor<1x1x?x128xbf16>
          %extracted_slice_11 = tensor.extract_slice %extracted_slice_7[0, 0, %arg10, 0] [1, 1, %23, 128] [1, 1, 1, 1] : tensor<1x1x?x128xbf16> to tensor<1x1x?x128xbf16>
          %24 = tensor.empty(%23) : tensor<1x1x4x1x?xf32>
          %25 = linalg.fill ins(%cst_1 : f32) outs(%24 : tensor<1x1x4x1x?xf32>) -> tensor<1x1x4x1x?xf32>
          %26 = linalg.generic {indexing_maps = [#map2, #map3, #map4], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%extracted_slice_10, %5 : tensor<1x1x?x128xbf16>, tensor<1x1x4x1x128xf32>) outs(%25 : tensor<1x1x4x1x?xf32>) {
          ^bb0(%in: bf16, %in_12: f32, %out: f32):
            %33 = arith.extf %in : bf16 to f32
            %34 = math.fma %33, %in_12, %out : f32
            linalg.yield %34 : f32
          } -> tensor<1x1x4x1x?xf32>
          %27:2 = linalg.generic {indexing_maps = [#map, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} outs(%26, %6 : tensor<1x1x4x1x?xf32>, tensor<1x1x4x1xf32>) {
          ^bb0(%out: f32, %out_12: f32):
            %33 = arith.mulf %out, %cst_0 : f32
            %34 = arith.cmpf ogt, %33, %out_12 : f32
            %35 = arith.select %34, %33, %out_12 : f32
            linalg.yield %33, %35 : f32, f32
          } -> (tensor<1x1x4x1x?xf32>, tensor<1x1x4x1xf32>)
          %28:2 = linalg.generic {indexing_maps = [#map6, #map6, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%27#1 : tensor<1x1x4x1xf32>) outs(%2, %arg11 : tensor<1x1x4x1xf32>, tensor<1x1x4x1xf32>) {
          ^bb0(%in: f32, %out: f32, %out_12: f32):
            %33 = arith.cmpf ogt, %in, %out_12 : f32
            %34 = arith.select %33, %in, %out_12 : f32
            %35 = arith.cmpf oeq, %34, %cst_2 : f32
            %36 = arith.select %35, %cst_1, %34 : f32
            %37 = arith.subf %out_12, %36 : f32
            %38 = math.exp2 %37 {attn.nonpositive} : f32
            linalg.yield %38, %34 : f32, f32
          } -> (tensor<1x1x4x1xf32>, tensor<1x1x4x1xf32>)
          %29 = linalg.generic {indexing_maps = [#map6, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%28#0 : tensor<1x1x4x1xf32>) outs(%arg12 : tensor<1x1x4x1xf32>) {
          ^bb0(%in: f32, %out: f32):
            %33 = arith.mulf %in, %out : f32
            linalg.yield %33 : f32
          } -> tensor<1x1x4x1xf32>
          %30:2 = linalg.generic {indexing_maps = [#map5, #map, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%28#1 : tensor<1x1x4x1xf32>) outs(%27#0, %29 : tensor<1x1x4x1x?xf32>, tensor<1x1x4x1xf32>) {
          ^bb0(%in: f32, %out: f32, %out_12: f32):
            %33 = arith.cmpf oeq, %in, %cst_2 : f32
            %34 = arith.select %33, %cst_1, %in : f32
            %35 = arith.subf %out, %34 : f32
            %36 = math.exp2 %35 {attn.nonpositive} : f32
            %37 = arith.addf %out_12, %36 : f32
            linalg.yield %36, %37 : f32, f32
          } -> (tensor<1x1x4x1x?xf32>, tensor<1x1x4x1xf32>)
          %31 = linalg.generic {indexing_maps = [#map5, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%28#0 : tensor<1x1x4x1xf32>) outs(%arg13 : tensor<1x1x4x1x128xf32>) {
          ^bb0(%in: f32, %out: f32):
            %33 = arith.mulf %in, %out : f32
            linalg.yield %33 : f32
          } -> tensor<1x1x4x1x128xf32>
          %32 = linalg.generic {indexing_maps = [#map7, #map3, #map4], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%extracted_slice_11, %30#0 : tensor<1x1x?x128xbf16>, tensor<1x1x4x1x?xf32>) outs(%31 : tensor<1x1x4x1x128xf32>) {
          ^bb0(%in: bf16, %in_12: f32, %out: f32):
            %33 = arith.extf %in : bf16 to f32
            %34 = math.fma %33, %in_12, %out : f32
            linalg.yield %34 : f32
          } -> tensor<1x1x4x1x128xf32>
          scf.yield %28#1, %30#1, %32 : tensor<1x1x4x1xf32>, tensor<1x1x4x1xf32>, tensor<1x1x4x1x128xf32>
        }
        %expanded = tensor.expand_shape %15#0 [[0, 1], [2], [3], [4]] output_shape [1, 1, 1, 4, 1] : tensor<1x1x4x1xf32> into tensor<1x1x1x4x1xf32>
        %expanded_8 = tensor.expand_shape %15#1 [[0, 1], [2], [3], [4]] output_shape [1, 1, 1, 4, 1] : tensor<1x1x4x1xf32> into tensor<1x1x1x4x1xf32>
        %expanded_9 = tensor.expand_shape %15#2 [[0, 1], [2], [3], [4], [5]] output_shape [1, 1, 1, 4, 1, 128] : tensor<1x1x4x1x128xf32> into tensor<1x1x1x4x1x128xf32>
        %16 = linalg.generic {indexing_maps = [#map8, #map9], iterator_types = ["parallel", "parallel", "parallel", "reduction", "parallel"]} ins(%expanded : tensor<1x1x1x4x1xf32>) outs(%6 : tensor<1x1x4x1xf32>) {
        ^bb0(%in: f32, %out: f32):
          %23 = arith.cmpf ogt, %in, %out : f32
          %24 = arith.select %23, %in, %out : f32
          linalg.yield %24 : f32
        } -> tensor<1x1x4x1xf32>
        %17:2 = linalg.generic {indexing_maps = [#map6, #map6, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%16 : tensor<1x1x4x1xf32>) outs(%2, %arg7 : tensor<1x1x4x1xf32>, tensor<1x1x4x1xf32>) {
        ^bb0(%in: f32, %out: f32, %out_10: f32):
          %23 = arith.cmpf ogt, %in, %out_10 : f32
          %24 = arith.select %23, %in, %out_10 : f32
          %25 = arith.cmpf oeq, %24, %cst_2 : f32
          %26 = arith.select %25, %cst_1, %24 : f32
          %27 = arith.subf %out_10, %26 : f32
          %28 = math.exp2 %27 {attn.nonpositive} : f32
          linalg.yield %28, %24 : f32, f32
        } -> (tensor<1x1x4x1xf32>, tensor<1x1x4x1xf32>)
        %18 = linalg.generic {indexing_maps = [#map8, #map9, #map8], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%expanded, %17#1 : tensor<1x1x1x4x1xf32>, tensor<1x1x4x1xf32>) outs(%3 : tensor<1x1x1x4x1xf32>) {
        ^bb0(%in: f32, %in_10: f32, %out: f32):
          %23 = arith.cmpf oeq, %in_10, %cst_2 : f32
          %24 = arith.select %23, %cst_1, %in_10 : f32
          %25 = arith.subf %in, %24 : f32
          %26 = math.exp2 %25 {attn.nonpositive} : f32
          %27 = arith.cmpf oeq, %in, %cst_2 : f32
          %28 = arith.select %27, %cst, %26 : f32
          linalg.yield %28 : f32
        } -> tensor<1x1x1x4x1xf32>
        %19 = linalg.generic {indexing_maps = [#map6, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%17#0 : tensor<1x1x4x1xf32>) outs(%arg8 : tensor<1x1x4x1xf32>) {
        ^bb0(%in: f32, %out: f32):
          %23 = arith.mulf %in, %out : f32
          linalg.yield %23 : f32
        } -> tensor<1x1x4x1xf32>
        %20 = linalg.generic {indexing_maps = [#map8, #map8, #map9], iterator_types = ["parallel", "parallel", "parallel", "reduction", "parallel"]} ins(%expanded_8, %18 : tensor<1x1x1x4x1xf32>, tensor<1x1x1x4x1xf32>) outs(%19 : tensor<1x1x4x1xf32>) {
        ^bb0(%in: f32, %in_10: f32, %out: f32):
          %23 = math.fma %in, %in_10, %out : f32
          linalg.yield %23 : f32
        } -> tensor<1x1x4x1xf32>
        %21 = linalg.generic {indexing_maps = [#map5, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%17#0 : tensor<1x1x4x1xf32>) outs(%arg9 : tensor<1x1x4x1x128xf32>) {
        ^bb0(%in: f32, %out: f32):
          %23 = arith.mulf %in, %out : f32
          linalg.yield %23 : f32
        } -> tensor<1x1x4x1x128xf32>
        %22 = linalg.generic {indexing_maps = [#map10, #map11, #map4], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%expanded_9, %18 : tensor<1x1x1x4x1x128xf32>, tensor<1x1x1x4x1xf32>) outs(%21 : tensor<1x1x4x1x128xf32>) {
        ^bb0(%in: f32, %in_10: f32, %out: f32):
          %23 = math.fma %in, %in_10, %out : f32
          linalg.yield %23 : f32
        } -> tensor<1x1x4x1x128xf32>
        scf.yield %17#1, %20, %22 : tensor<1x1x4x1xf32>, tensor<1x1x4x1xf32>, tensor<1x1x4x1x128xf32>
      }
      %extracted_slice_5 = tensor.extract_slice %arg5[0, %arg4, 0, 0, 0] [1, 1, 4, 1, 128] [1, 1, 1, 1, 1] : tensor<1x8x4x1x128xbf16> to tensor<1x1x4x1x128xbf16>
      %10 = linalg.generic {indexing_maps = [#map, #map5, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%9#2, %9#1 : tensor<1x1x4x1x128xf32>, tensor<1x1x4x1xf32>) outs(%extracted_slice_5 : tensor<1x1x4x1x128xbf16>) {
      ^bb0(%in: f32, %in_6: f32, %out: bf16):
        %11 = arith.cmpf oeq, %in_6, %cst_1 : f32
        %12 = arith.divf %in, %in_6 : f32
        %13 = arith.select %11, %cst_1, %12 : f32
        %14 = arith.truncf %13 : f32 to bf16
        linalg.yield %14 : bf16
      } -> tensor<1x1x4x1x128xbf16>
      %inserted_slice = tensor.insert_slice %10 into %arg5[0, %arg4, 0, 0, 0] [1, 1, 4, 1, 128] [1, 1, 1, 1, 1] : tensor<1x1x4x1x128xbf16> into tensor<1x8x4x1x128xbf16>
      scf.yield %inserted_slice : tensor<1x8x4x1x128xbf16>
    }
    bufferization.materialize_in_destination %4 in restrict writable %arg3 : (tensor<1x8x4x1x128xbf16>, memref<1x8x4x1x128xbf16>) -> ()
    return
  }
}
