func.func @attention(%q: tensor<5x8xf32>, %k: tensor<9x8xf32>, %v: tensor<9x17xf32>, %mask: tensor<5x9xi1>) -> tensor<5x17xf32> {
  %init = tensor.empty() : tensor<5x17xf32>
  %o = attn.attention ins(%q, %k, %v : tensor<5x8xf32>, tensor<9x8xf32>, tensor<9x17xf32>)
         mask_tensor(%mask : tensor<5x9xi1>) outs(%init : tensor<5x17xf32>) -> tensor<5x17xf32>
  return %o : tensor<5x17xf32>
}
