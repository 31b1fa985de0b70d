//===- CInterface.cpp - A plain C interface for functions on tensors ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/KernelInterface.h"
#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUCINTERFACE
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Elements as they lie in memory: a boolean is a byte.
Type getStorageType(Type element) {
  return element.isInteger(1) ? IntegerType::get(element.getContext(), 8)
                              : element;
}

class Wrapper {
public:
  Wrapper(OpBuilder &b, Location loc, const KernelInterface &interface)
      : b(b), loc(loc), interface(interface),
        pointer(LLVM::LLVMPointerType::get(b.getContext())) {}

  /// f(inputs) -> results   -->   NAME.tensors(inputs, destinations)
  void convertToDestinations(func::FuncOp function) {
    function.setPrivate();
    function.setSymName(interface.name + ".tensors");
    function->setAttr("llvm.linkage", LLVM::LinkageAttr::get(
                                          b.getContext(),
                                          LLVM::Linkage::Internal));
    Block &body = function.getBody().front();
    for (unsigned i = 0; i < body.getNumArguments(); ++i)
      if (isa<TensorType>(body.getArgument(i).getType()))
        function.setArgAttr(i, "bufferization.writable", b.getBoolAttr(false));
    Operation *terminator = body.getTerminator();
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(terminator);
    for (Value result : terminator->getOperands()) {
      auto type = cast<RankedTensorType>(result.getType());
      BlockArgument destination = body.addArgument(
          MemRefType::get(type.getShape(), type.getElementType()), loc);
      auto store = bufferization::MaterializeInDestinationOp::create(
          b, loc, result, destination);
      store.setRestrict(true);
      store.setWritable(true);
    }
    terminator->setOperands({});
    function.setType(b.getFunctionType(body.getArgumentTypes(), {}));
  }

  /// NAME(pointers, sizes) -> status
  func::FuncOp createEntry(func::FuncOp callee) {
    SmallVector<Type> types;
    for (const KernelInterface::Argument &argument : interface.arguments)
      types.push_back(argument.isArray() ? Type(pointer) : argument.type);
    types.append(interface.sizes.size(), b.getI64Type());
    auto entry = func::FuncOp::create(
        b, loc, interface.name, b.getFunctionType(types, b.getI32Type()));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(entry.addEntryBlock());

    ValueRange values = entry.getArguments();
    ValueRange sizes = values.drop_front(interface.arguments.size());
    Value status = check(values, sizes);
    Value isOk = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, status,
                                       code(KernelInterface::Ok));
    auto branch = scf::IfOp::create(b, loc, isOk, /*withElseRegion=*/false);
    func::ReturnOp::create(b, loc, status);
    b.setInsertionPointToStart(branch.thenBlock());
    SmallVector<Value> operands;
    for (auto [argument, value] : llvm::zip(interface.arguments, values))
      operands.push_back(argument.isArray() ? createArray(argument, value, sizes)
                                            : value);
    func::CallOp::create(b, loc, callee, operands);
    return entry;
  }

  /// NAME_packed(arguments, sizes) -> status
  void createPacked(func::FuncOp entry) {
    auto packed = func::FuncOp::create(
        b, loc, interface.name + "_packed",
        b.getFunctionType({pointer, pointer}, b.getI32Type()));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(packed.addEntryBlock());
    SmallVector<Value> operands;
    for (auto [i, argument] : llvm::enumerate(interface.arguments)) {
      Value address = load(pointer, packed.getArgument(0), pointer, i);
      if (argument.isArray()) {
        operands.push_back(address);
        continue;
      }
      Type type = argument.type.isIndex() ? b.getI64Type() : argument.type;
      Value scalar = load(getStorageType(type), address, type, 0);
      if (argument.type.isIndex())
        scalar = arith::IndexCastOp::create(b, loc, argument.type, scalar);
      else if (argument.type.isInteger(1))
        scalar = arith::TruncIOp::create(b, loc, argument.type, scalar);
      operands.push_back(scalar);
    }
    for (unsigned i = 0; i < interface.sizes.size(); ++i)
      operands.push_back(
          load(b.getI64Type(), packed.getArgument(1), b.getI64Type(), i));
    auto call = func::CallOp::create(b, loc, entry, operands);
    func::ReturnOp::create(b, loc, call.getResults());
  }

private:
  Value code(int32_t value) {
    return arith::ConstantIntOp::create(b, loc, value, 32);
  }
  Value i64(int64_t value) {
    return arith::ConstantIntOp::create(b, loc, value, 64);
  }

  Value load(Type type, Value base, Type stride, int64_t index) {
    Value address = LLVM::GEPOp::create(b, loc, pointer, stride, base,
                                        ArrayRef<LLVM::GEPArg>{
                                            static_cast<int32_t>(index)});
    return LLVM::LoadOp::create(b, loc, type, address);
  }

  Value size(const KernelInterface::Dim &dim, ValueRange sizes) {
    return dim.isStatic() ? i64(dim.size) : sizes[dim.parameter];
  }

  /// Ok, or the first thing wrong: a negative size, a size of an array in bytes
  /// that does not fit in 63 bits, a null pointer to an array with elements.
  Value check(ValueRange values, ValueRange sizes) {
    Value status = code(KernelInterface::Ok), zero = i64(0);
    auto failIf = [&](Value condition, KernelInterface::Status failure) {
      status = arith::SelectOp::create(b, loc, condition, code(failure), status);
    };
    auto compare = [&](arith::CmpIPredicate predicate, Value x, Value y) {
      return arith::CmpIOp::create(b, loc, predicate, x, y);
    };
    for (auto [argument, value] : llvm::zip(interface.arguments, values)) {
      if (!argument.isArray())
        continue;
      Value count = i64(1);
      Value tooLarge = arith::ConstantIntOp::create(b, loc, 0, 1);
      for (const KernelInterface::Dim &dim : argument.dims) {
        auto product = arith::MulSIExtendedOp::create(b, loc, count,
                                                      size(dim, sizes));
        count = product.getLow();
        // A product of sizes that are not negative fits iff its high half is 0
        // and its low half is not negative; 2^59 elements of 8 bytes are ample.
        tooLarge = arith::OrIOp::create(
            b, loc, tooLarge,
            compare(arith::CmpIPredicate::ugt, count, i64(int64_t(1) << 59)));
        tooLarge = arith::OrIOp::create(
            b, loc, tooLarge,
            compare(arith::CmpIPredicate::ne, product.getHigh(), zero));
      }
      failIf(tooLarge, KernelInterface::BadSize);
      Value address = LLVM::PtrToIntOp::create(b, loc, b.getI64Type(), value);
      Value isNull = compare(arith::CmpIPredicate::eq, address, zero);
      Value hasElements = compare(arith::CmpIPredicate::ne, count, zero);
      failIf(arith::AndIOp::create(b, loc, isNull, hasElements),
             KernelInterface::NullPointer);
    }
    for (Value size : sizes)
      failIf(compare(arith::CmpIPredicate::slt, size, zero),
             KernelInterface::BadSize);
    return status;
  }

  /// A contiguous row-major memref on `address`; a tensor for an input.
  Value createArray(const KernelInterface::Argument &argument, Value address,
                    ValueRange sizes) {
    auto tensor = cast<RankedTensorType>(argument.type);
    auto type = MemRefType::get(tensor.getShape(), tensor.getElementType());
    int64_t rank = tensor.getRank();
    SmallVector<Type> fields = {pointer, pointer, b.getI64Type()};
    if (rank)
      fields.append(2, LLVM::LLVMArrayType::get(b.getI64Type(), rank));
    Value descriptor = LLVM::PoisonOp::create(
        b, loc, LLVM::LLVMStructType::getLiteral(b.getContext(), fields));
    auto set = [&](Value value, ArrayRef<int64_t> place) {
      descriptor =
          LLVM::InsertValueOp::create(b, loc, descriptor, value, place);
    };
    set(address, {0});
    set(address, {1});
    set(i64(0), {2});
    Value stride = i64(1);
    for (int64_t i = rank - 1; i >= 0; --i) {
      Value extent = size(argument.dims[i], sizes);
      set(extent, {3, i});
      set(stride, {4, i});
      stride = arith::MulIOp::create(b, loc, stride, extent);
    }
    Value memref =
        UnrealizedConversionCastOp::create(b, loc, type, descriptor).getResult(0);
    if (argument.isOutput)
      return memref;
    return bufferization::ToTensorOp::create(b, loc, argument.type, memref,
                                             /*restrict=*/true);
  }

  OpBuilder &b;
  Location loc;
  const KernelInterface &interface;
  Type pointer;
};

struct CPUCInterface : attn::impl::CPUCInterfaceBase<CPUCInterface> {
  CPUCInterface() = default;
  explicit CPUCInterface(const KernelInterface &interface) : known(interface) {}

  void runOnOperation() override {
    SmallVector<func::FuncOp> functions;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic() && !function.isExternal())
        functions.push_back(function);
    for (func::FuncOp function : functions) {
      FailureOr<KernelInterface> interface =
          known && known->name == function.getSymName()
              ? *known
              : getKernelInterface(function);
      if (failed(interface))
        return signalPassFailure();
      if (!SymbolTable::symbolKnownUseEmpty(function, getOperation())) {
        function.emitError("is called inside the module, but a public function "
                           "gets a C interface; call a private one");
        return signalPassFailure();
      }
      for (StringRef suffix : {".tensors", "_packed"})
        if (getOperation().lookupSymbol(interface->name + suffix.str())) {
          function.emitError("the name '")
              << interface->name << suffix << "' is taken; rename it";
          return signalPassFailure();
        }
      OpBuilder b(function);
      Wrapper wrapper(b, function.getLoc(), *interface);
      wrapper.convertToDestinations(function);
      wrapper.createPacked(wrapper.createEntry(function));
    }
  }

  std::optional<KernelInterface> known;
};

} // namespace

std::unique_ptr<Pass>
mlir::attn::createCPUCInterface(const KernelInterface &interface) {
  return std::make_unique<CPUCInterface>(interface);
}
