func.func @f(%x: tensor<?xTYPE>) -> tensor<?xTYPE> {
  %y = math.FUNCTION %x : tensor<?xTYPE>
  return %y : tensor<?xTYPE>
}
