// RUN: attn-opt %s --nvptx-refuse-library-calls --split-input-file --verify-diagnostics

func.func @instructions(%x: f32) -> f32 {
  %y = math.sqrt %x : f32
  %z = math.fma %x, %y, %y : f32
  return %z : f32
}

// -----

func.func @tangent(%x: f64) -> f64 {
  // expected-error @below {{'math.tan' op of 'f64' has no instructions on a GPU, and kernels are compiled without a library of functions; compute it in f32, or from exp, log, sin, cos, tanh and sqrt}}
  %y = math.tan %x : f64
  return %y : f64
}

// -----

// expected-error @below {{has no body, and a GPU kernel can only call what is compiled with it; define '@outside' in the module}}
func.func private @outside(f32) -> f32
