func.func @tanh(%x: tensor<?xTYPE>) -> tensor<?xTYPE> {
  %y = math.tanh %x : tensor<?xTYPE>
  return %y : tensor<?xTYPE>
}
