// RUN: attn-opt %s --nvptx-expand-math | FileCheck %s

// CHECK-LABEL: func.func @wide
// CHECK-NOT: math.log
// CHECK-NOT: math.expm1
// CHECK: math.fma
func.func @wide(%x: f64) -> (f64, f64, f64, f64, f64) {
  %a = math.log %x : f64
  %b = math.log2 %x : f64
  %c = math.log10 %x : f64
  %d = math.log1p %x : f64
  %e = math.expm1 %x : f64
  return %a, %b, %c, %d, %e : f64, f64, f64, f64, f64
}

// CHECK-LABEL: func.func @negative_narrow
// CHECK: math.log %
func.func @negative_narrow(%x: f32) -> f32 {
  %a = math.log %x : f32
  return %a : f32
}
