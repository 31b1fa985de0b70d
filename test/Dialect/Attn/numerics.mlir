// RUN: attn-opt %s -split-input-file -verify-diagnostics | FileCheck %s

// CHECK: module attributes {attn.numerics = #attn.numerics<strict>}
module attributes {attn.numerics = #attn.numerics<strict>} {}

// -----

// CHECK: module attributes {attn.numerics = #attn.numerics<fast>}
module attributes {attn.numerics = #attn.numerics<fast>} {}

// -----

// expected-error @below {{attn.numerics must be #attn.numerics<strict> or #attn.numerics<fast>, got "quick"}}
module attributes {attn.numerics = "quick"} {}

// -----

// expected-error @below {{attn.numerics is a contract of a module, not of func.func}}
func.func private @f() attributes {attn.numerics = #attn.numerics<fast>}
