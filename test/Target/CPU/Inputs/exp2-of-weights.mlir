func.func @exp2(%x: tensor<?xTYPE>) -> tensor<?xTYPE> {
  %c0 = arith.constant 0 : index
  %size = tensor.dim %x, %c0 : tensor<?xTYPE>
  %empty = tensor.empty(%size) : tensor<?xTYPE>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
                       iterator_types = ["parallel"]}
       ins(%x : tensor<?xTYPE>) outs(%empty : tensor<?xTYPE>) {
  ^bb0(%a: TYPE, %b: TYPE):
    %zero = arith.constant 0.0 : TYPE
    %above = arith.cmpf ogt, %a, %zero : TYPE
    %bounded = arith.select %above, %zero, %a : TYPE
    %power = math.exp2 %bounded {attn.nonpositive} : TYPE
    linalg.yield %power : TYPE
  } -> tensor<?xTYPE>
  return %y : tensor<?xTYPE>
}
