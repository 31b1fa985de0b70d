//===- RecurInterfaces.td - Interface of monoids ---*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_RECUR_IR_RECURINTERFACES_TD
#define ATTN_DIALECT_RECUR_IR_RECURINTERFACES_TD

include "mlir/IR/OpBase.td"

def MonoidAttrInterface : AttrInterface<"MonoidAttrInterface"> {
  let cppNamespace = "::mlir::recur";
  let description = [{
    A monoid that acts on states. An *element* is what one token contributes, as
    the `lift` region of a scan yields it; a *product* is what several tokens
    contribute together. Components are floats or ranked tensors of floats; a
    component of an element may lack trailing dimensions of the state, or be a
    factor of an outer product, as each monoid says.

    Laws, for elements e, products p and states h:

        apply(identity, h)      = h
        apply(toProduct(e), h)  = act(e, h)
        apply(combine(p, q), h) = apply(q, apply(p, h))        p before q

    Products have the state's precision and, where `isComposable`, its size.
  }];
  let methods = [
    InterfaceMethod<
      "Whether elements and states of these types belong together.",
      "::llvm::LogicalResult", "verifyTypes",
      (ins "::llvm::function_ref<::mlir::InFlightDiagnostic()>":$emitError,
           "::mlir::TypeRange":$element, "::mlir::TypeRange":$state)>,
    InterfaceMethod<
      "The state after one token: act(element, state).",
      "::llvm::SmallVector<::mlir::Value>", "act",
      (ins "::mlir::OpBuilder &":$b, "::mlir::Location":$loc,
           "::mlir::ValueRange":$element, "::mlir::ValueRange":$state)>,
    InterfaceMethod<
      [{Whether products are about as large as states and as cheap to combine as
        to apply. If not, only `act` may be used.}],
      "bool", "isComposable", (ins)>,
    InterfaceMethod<
      "Whether combine(p, q) = combine(q, p): only without decay.",
      "bool", "isCommutative", (ins)>,
    InterfaceMethod<
      "Types of the components of a product for these types of a state.",
      "::llvm::SmallVector<::mlir::Type>", "getProductTypes",
      (ins "::mlir::TypeRange":$state)>,
    InterfaceMethod<
      "One element as a product. `state` gives the shape and precision.",
      "::llvm::SmallVector<::mlir::Value>", "toProduct",
      (ins "::mlir::OpBuilder &":$b, "::mlir::Location":$loc,
           "::mlir::ValueRange":$element, "::mlir::ValueRange":$state)>,
    InterfaceMethod<
      "The product of `first` and then `second`.",
      "::llvm::SmallVector<::mlir::Value>", "combine",
      (ins "::mlir::OpBuilder &":$b, "::mlir::Location":$loc,
           "::mlir::ValueRange":$first, "::mlir::ValueRange":$second)>,
    InterfaceMethod<
      "The state after the tokens of a product.",
      "::llvm::SmallVector<::mlir::Value>", "apply",
      (ins "::mlir::OpBuilder &":$b, "::mlir::Location":$loc,
           "::mlir::ValueRange":$product, "::mlir::ValueRange":$state)>,
    InterfaceMethod<
      [{The product of no token, component by component: what each is filled
        with.}],
      "::llvm::SmallVector<double>", "getIdentity",
      (ins "::mlir::TypeRange":$state)>,
  ];
}

#endif // ATTN_DIALECT_RECUR_IR_RECURINTERFACES_TD
