// A softmax that is no attention's: along rows and along columns, of any size.
// RUN: attn-run %s --entry=rows --check | FileCheck %s
// RUN: attn-run %s --entry=columns --size=arg0_size0=37 --check | FileCheck %s
// RUN: attn-opt %s --attn-decompose | FileCheck %s --check-prefix=IR
// CHECK: check {{.+}}: ok
// IR-NOT: linalg.softmax

func.func @rows(%x: tensor<5x37xf32>) -> tensor<5x37xf32> {
  %empty = tensor.empty() : tensor<5x37xf32>
  %y = linalg.softmax dimension(1) ins(%x : tensor<5x37xf32>) outs(%empty : tensor<5x37xf32>) -> tensor<5x37xf32>
  return %y : tensor<5x37xf32>
}

func.func @columns(%x: tensor<?x19xf64>) -> tensor<?x19xf64> {
  %c0 = arith.constant 0 : index
  %length = tensor.dim %x, %c0 : tensor<?x19xf64>
  %empty = tensor.empty(%length) : tensor<?x19xf64>
  %y = linalg.softmax dimension(0) ins(%x : tensor<?x19xf64>) outs(%empty : tensor<?x19xf64>) -> tensor<?x19xf64>
  return %y : tensor<?x19xf64>
}
