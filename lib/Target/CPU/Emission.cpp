//===- Emission.cpp - LLVM dialect to LLVM IR, assembly and objects ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/CPU/Emission.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Passes/PassBuilder.h"

using namespace mlir;
using namespace mlir::attn;

/// Masked loads and stores of 16-bit floats as integers: where a target has no
/// such vectors of its own, it would convert each element to f32 and back, which
/// needs library functions and is not the identity on NaN.
static void accessSmallFloatsAsIntegers(llvm::Function &function) {
  llvm::SmallVector<llvm::IntrinsicInst *> accesses;
  for (llvm::Instruction &instruction : llvm::instructions(function))
    if (auto *call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction)) {
      bool isStore = call->getIntrinsicID() == llvm::Intrinsic::masked_store;
      bool isLoad = call->getIntrinsicID() == llvm::Intrinsic::masked_load;
      llvm::Type *type =
          isStore ? call->getArgOperand(0)->getType() : call->getType();
      if ((isLoad || isStore) && type->getScalarType()->is16bitFPTy())
        accesses.push_back(call);
    }
  for (llvm::IntrinsicInst *access : accesses) {
    llvm::IRBuilder<> b(access);
    if (access->getIntrinsicID() == llvm::Intrinsic::masked_store) {
      llvm::Value *value = access->getArgOperand(0);
      auto *type = llvm::cast<llvm::VectorType>(value->getType());
      b.CreateMaskedStore(
          b.CreateBitCast(value, llvm::VectorType::getInteger(type)),
          access->getArgOperand(1), access->getParamAlign(1).valueOrOne(),
          access->getArgOperand(2));
    } else {
      auto *type = llvm::cast<llvm::VectorType>(access->getType());
      auto *integers = llvm::VectorType::getInteger(type);
      llvm::Value *loaded = b.CreateMaskedLoad(
          integers, access->getArgOperand(0),
          access->getParamAlign(0).valueOrOne(), access->getArgOperand(1),
          b.CreateBitCast(access->getArgOperand(2), integers));
      access->replaceAllUsesWith(b.CreateBitCast(loaded, type));
    }
    access->eraseFromParent();
  }
}

/// The same for what optimizations make of moves of integers: selections between
/// vectors of 16-bit floats, and phis of them.
static void moveSmallFloatsAsIntegers(llvm::Function &function) {
  llvm::SmallVector<llvm::Instruction *> moves;
  for (llvm::Instruction &instruction : llvm::instructions(function))
    if (llvm::isa<llvm::SelectInst, llvm::PHINode>(instruction) &&
        instruction.getType()->isVectorTy() &&
        instruction.getType()->getScalarType()->is16bitFPTy())
      moves.push_back(&instruction);
  for (llvm::Instruction *move : moves) {
    llvm::IRBuilder<> b(move);
    auto *type = llvm::cast<llvm::VectorType>(move->getType());
    auto *integers = llvm::VectorType::getInteger(type);
    llvm::Value *moved;
    if (auto *select = llvm::dyn_cast<llvm::SelectInst>(move)) {
      moved = b.CreateSelect(select->getCondition(),
                             b.CreateBitCast(select->getTrueValue(), integers),
                             b.CreateBitCast(select->getFalseValue(), integers));
    } else {
      auto *phi = llvm::cast<llvm::PHINode>(move);
      llvm::PHINode *merged = b.CreatePHI(integers, phi->getNumIncomingValues());
      llvm::DenseMap<llvm::BasicBlock *, llvm::Value *> cast; // One per block.
      for (auto [value, block] :
           llvm::zip(phi->incoming_values(), phi->blocks())) {
        llvm::Value *&incoming = cast[block];
        if (!incoming) {
          b.SetInsertPoint(block->getTerminator());
          incoming = b.CreateBitCast(value, integers);
        }
        merged->addIncoming(incoming, block);
      }
      b.SetInsertPoint(phi->getParent()->getFirstNonPHIIt());
      moved = merged;
    }
    move->replaceAllUsesWith(b.CreateBitCast(moved, type));
    move->eraseFromParent();
  }
}

llvm::Expected<std::unique_ptr<llvm::Module>>
mlir::attn::translateToLLVM(ModuleOp module, llvm::LLVMContext &context,
                            const Machine &machine) {
  std::unique_ptr<llvm::Module> translated =
      translateModuleToLLVMIR(module, context, "attn");
  if (!translated)
    return llvm::createStringError("translation to LLVM IR failed");
  llvm::TargetMachine &target = *machine.target;
  translated->setDataLayout(target.createDataLayout());
  translated->setTargetTriple(target.getTargetTriple());
  for (llvm::Function &function : *translated) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.getTargetCPU());
    function.addFnAttr("target-features", target.getTargetFeatureString());
    function.addFnAttr("prefer-vector-width",
                       std::to_string(machine.vectorBits));
    accessSmallFloatsAsIntegers(function);
  }

  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&target);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3)
      .run(*translated, modules);
  for (llvm::Function &function : *translated)
    moveSmallFloatsAsIntegers(function);
  return translated;
}

llvm::Expected<llvm::SmallVector<char, 0>>
mlir::attn::emitCode(llvm::Module &module, const Machine &machine,
                     llvm::CodeGenFileType type) {
  llvm::SmallVector<char, 0> code;
  llvm::raw_svector_ostream stream(code);
  llvm::legacy::PassManager passes;
  if (machine.target->addPassesToEmitFile(passes, stream, nullptr, type))
    return llvm::createStringError(
        "this target cannot emit that kind of file");
  passes.run(module);
  return code;
}
