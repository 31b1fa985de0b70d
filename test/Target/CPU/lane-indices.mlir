// Positions in lanes are what they are in 64 bits, however large: around the bounds
// within which 32 bits hold them, and far beyond.
// REQUIRES: attn-run
// RUN: attn-run %s --check | FileCheck %s
// CHECK: check max error 0.00e+00

func.func @positions() -> tensor<6x37xf64> {
  %bases = arith.constant dense<[0, 1073741800, -1073741830, 2147483640, 1099511627776, -4611686018427387904]> : tensor<6xi64>
  %empty = tensor.empty() : tensor<6x37xf64>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%bases : tensor<6xi64>) outs(%empty : tensor<6x37xf64>) {
  ^bb0(%base: i64, %out: f64):
    %ten = arith.constant 10 : i64
    %twenty = arith.constant 20 : i64
    %j = linalg.index 1 : index
    %lane = arith.index_cast %j : index to i64
    %up = arith.addi %base, %lane : i64
    %down = arith.subi %base, %lane : i64
    %bound = arith.addi %base, %ten : i64
    %far = arith.addi %up, %twenty : i64
    // The distances from the base, exact.
    %real_base = arith.sitofp %base : i64 to f64
    %real_up = arith.sitofp %up : i64 to f64
    %real_down = arith.sitofp %down : i64 to f64
    %a = arith.subf %real_up, %real_base : f64
    %b = arith.subf %real_base, %real_down : f64
    // Each comparison, of lanes going up and down and of none.
    %c0 = arith.cmpi slt, %up, %bound : i64
    %c1 = arith.cmpi sle, %down, %bound : i64
    %c2 = arith.cmpi sgt, %bound, %up : i64
    %c3 = arith.cmpi sge, %down, %base : i64
    %c4 = arith.cmpi eq, %up, %bound : i64
    %c5 = arith.cmpi ne, %bound, %up : i64
    %c6 = arith.cmpi sgt, %up, %far : i64
    %c7 = arith.cmpi ult, %up, %bound : i64
    %c8 = arith.cmpi slt, %up, %down : i64
    %c9 = arith.cmpi slt, %ten, %up : i64
    %n0 = arith.uitofp %c0 : i1 to f64
    %n1 = arith.uitofp %c1 : i1 to f64
    %n2 = arith.uitofp %c2 : i1 to f64
    %n3 = arith.uitofp %c3 : i1 to f64
    %n4 = arith.uitofp %c4 : i1 to f64
    %n5 = arith.uitofp %c5 : i1 to f64
    %n6 = arith.uitofp %c6 : i1 to f64
    %n7 = arith.uitofp %c7 : i1 to f64
    %n8 = arith.uitofp %c8 : i1 to f64
    %n9 = arith.uitofp %c9 : i1 to f64
    // A number of one bit each, then the distances.
    %two = arith.constant 2.0 : f64
    %s1 = math.fma %n0, %two, %n1 : f64
    %s2 = math.fma %s1, %two, %n2 : f64
    %s3 = math.fma %s2, %two, %n3 : f64
    %s4 = math.fma %s3, %two, %n4 : f64
    %s5 = math.fma %s4, %two, %n5 : f64
    %s6 = math.fma %s5, %two, %n6 : f64
    %s7 = math.fma %s6, %two, %n7 : f64
    %s8 = math.fma %s7, %two, %n8 : f64
    %s9 = math.fma %s8, %two, %n9 : f64
    %hundred = arith.constant 100.0 : f64
    %t1 = math.fma %s9, %hundred, %a : f64
    %t2 = math.fma %t1, %hundred, %b : f64
    linalg.yield %t2 : f64
  } -> tensor<6x37xf64>
  return %y : tensor<6x37xf64>
}
