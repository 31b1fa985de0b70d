func.func @exp2(%x: tensor<?xTYPE>) -> tensor<?xTYPE> {
  %y = math.exp2 %x : tensor<?xTYPE>
  return %y : tensor<?xTYPE>
}
