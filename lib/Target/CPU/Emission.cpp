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
#include "llvm/IR/PatternMatch.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CommandLine.h"

using namespace mlir;
using namespace mlir::attn;

/// Moves and selects 16-bit floats as integers: where a target has no such type of
/// its own, it would convert each element to f32 and back, which needs library
/// functions and is not the identity on NaN.
static void moveSmallFloatsAsIntegers(llvm::Function &function) {
  auto isSmall = [](llvm::Value *value) {
    return value->getType()->getScalarType()->is16bitFPTy();
  };
  auto getInteger = [](llvm::Type *type) -> llvm::Type * {
    if (auto *vector = llvm::dyn_cast<llvm::VectorType>(type))
      return llvm::VectorType::getInteger(vector);
    return llvm::Type::getInt16Ty(type->getContext());
  };
  for (llvm::Instruction &instruction :
       llvm::make_early_inc_range(llvm::instructions(function))) {
    llvm::IRBuilder<> b(&instruction);
    auto toInteger = [&](llvm::Value *value) -> llvm::Value * {
      llvm::Type *type = getInteger(value->getType());
      auto *cast = llvm::dyn_cast<llvm::BitCastInst>(value);
      return cast && cast->getSrcTy() == type ? cast->getOperand(0)
                                              : b.CreateBitCast(value, type);
    };
    llvm::Value *moved = nullptr;
    if (auto *select = llvm::dyn_cast<llvm::SelectInst>(&instruction)) {
      if (!isSmall(select))
        continue;
      moved = b.CreateSelect(select->getCondition(),
                             toInteger(select->getTrueValue()),
                             toInteger(select->getFalseValue()));
    } else if (auto *load = llvm::dyn_cast<llvm::LoadInst>(&instruction)) {
      if (!isSmall(load))
        continue;
      moved = b.CreateAlignedLoad(getInteger(load->getType()),
                                  load->getPointerOperand(), load->getAlign());
    } else if (auto *store = llvm::dyn_cast<llvm::StoreInst>(&instruction)) {
      if (!isSmall(store->getValueOperand()))
        continue;
      b.CreateAlignedStore(toInteger(store->getValueOperand()),
                           store->getPointerOperand(), store->getAlign());
    } else if (auto *insert =
                   llvm::dyn_cast<llvm::InsertElementInst>(&instruction)) {
      if (!isSmall(insert))
        continue;
      moved = b.CreateInsertElement(toInteger(insert->getOperand(0)),
                                    toInteger(insert->getOperand(1)),
                                    insert->getOperand(2));
    } else if (auto *extend = llvm::dyn_cast<llvm::FPExtInst>(&instruction)) {
      if (!extend->getSrcTy()->getScalarType()->isBFloatTy() ||
          !extend->getType()->getScalarType()->isFloatTy())
        continue;
      // The upper half of an f32.
      llvm::Type *wide = extend->getType()->getWithNewType(b.getInt32Ty());
      moved = b.CreateShl(
          b.CreateZExt(toInteger(extend->getOperand(0)), wide), 16);
    } else if (auto *extract =
                   llvm::dyn_cast<llvm::ExtractElementInst>(&instruction)) {
      if (!isSmall(extract))
        continue;
      moved = b.CreateExtractElement(toInteger(extract->getVectorOperand()),
                                     extract->getIndexOperand());
    } else if (auto *shuffle =
                   llvm::dyn_cast<llvm::ShuffleVectorInst>(&instruction)) {
      if (!isSmall(shuffle))
        continue;
      moved = b.CreateShuffleVector(toInteger(shuffle->getOperand(0)),
                                    toInteger(shuffle->getOperand(1)),
                                    shuffle->getShuffleMask());
    } else if (auto *phi = llvm::dyn_cast<llvm::PHINode>(&instruction)) {
      if (!isSmall(phi))
        continue;
      auto *integers =
          b.CreatePHI(getInteger(phi->getType()), phi->getNumIncomingValues());
      llvm::DenseMap<llvm::BasicBlock *, llvm::Value *> incoming; // One each.
      for (auto [value, block] :
           llvm::zip_equal(phi->incoming_values(), phi->blocks())) {
        llvm::Value *&integer = incoming[block];
        if (!integer) {
          b.SetInsertPoint(block->getTerminator());
          integer = toInteger(value);
        }
        integers->addIncoming(integer, block);
      }
      b.SetInsertPoint(phi->getParent()->getFirstInsertionPt());
      moved = integers;
    } else if (auto *call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction)) {
      llvm::Intrinsic::ID id = call->getIntrinsicID();
      if (id == llvm::Intrinsic::masked_load && isSmall(call))
        moved = b.CreateMaskedLoad(getInteger(call->getType()),
                                   call->getArgOperand(0),
                                   call->getParamAlign(0).valueOrOne(),
                                   call->getArgOperand(1),
                                   toInteger(call->getArgOperand(2)));
      else if (id == llvm::Intrinsic::masked_store &&
               isSmall(call->getArgOperand(0)))
        b.CreateMaskedStore(toInteger(call->getArgOperand(0)),
                            call->getArgOperand(1),
                            call->getParamAlign(1).valueOrOne(),
                            call->getArgOperand(2));
      else
        continue;
    } else {
      continue;
    }
    if (moved)
      instruction.replaceAllUsesWith(
          b.CreateBitCast(moved, instruction.getType()));
    instruction.eraseFromParent();
  }
  // From integer to float and back: the float must not live on, for a register
  // that goes to another block would be one of f32.
  for (llvm::Instruction &instruction :
       llvm::make_early_inc_range(llvm::instructions(function))) {
    auto *back = llvm::dyn_cast<llvm::BitCastInst>(&instruction);
    auto *there =
        back ? llvm::dyn_cast<llvm::BitCastInst>(back->getOperand(0)) : nullptr;
    if (!there || there->getSrcTy() != back->getType())
      continue;
    back->replaceAllUsesWith(there->getOperand(0));
    back->eraseFromParent();
    if (there->use_empty())
      there->eraseFromParent();
  }
}

/// select(bits(x) < 0, 0, y)  -->  y and not (bits(x) >> 31)
///
/// An element of memory that is broadcast to y stays one instruction: as the
/// operand of a choice between vectors x86 loads it first, and broadcasts it from
/// a register.
static void chooseBySignWithBits(llvm::Function &function) {
  namespace patterns = llvm::PatternMatch;
  for (llvm::Instruction &instruction :
       llvm::make_early_inc_range(llvm::instructions(function))) {
    llvm::Value *bits, *value;
    if (!instruction.getType()->isVectorTy() ||
        !patterns::match(
            &instruction,
            patterns::m_Select(
                patterns::m_SpecificICmp(llvm::ICmpInst::ICMP_SLT,
                                         patterns::m_Value(bits),
                                         patterns::m_Zero()),
                patterns::m_PosZeroFP(), patterns::m_Value(value))) ||
        // Not one sign that chooses between whole vectors.
        bits->getType() !=
            llvm::VectorType::getInteger(
                llvm::cast<llvm::VectorType>(value->getType())))
      continue;
    llvm::IRBuilder<> b(&instruction);
    llvm::Type *type = bits->getType();
    llvm::Value *sign = b.CreateAShr(bits, type->getScalarSizeInBits() - 1);
    llvm::Value *kept =
        b.CreateAnd(b.CreateBitCast(value, type), b.CreateNot(sign));
    instruction.replaceAllUsesWith(b.CreateBitCast(kept, value->getType()));
    instruction.eraseFromParent();
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
  }

  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  // Loops come with as much work in their bodies as registers hold. Unrolled
  // further they are no faster, but take most of the time to compile.
  llvm::PipelineTuningOptions tuning;
  tuning.LoopUnrolling = false;
  llvm::PassBuilder builder(&target, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3)
      .run(*translated, modules);
  // Last: the optimizer would undo it.
  for (llvm::Function &function : *translated) {
    moveSmallFloatsAsIntegers(function);
    // Where masks have registers of their own, such a choice is one instruction.
    if (target.getTargetTriple().isX86() &&
        !target.getMCSubtargetInfo()->checkFeatures("+avx512vl"))
      chooseBySignWithBits(function);
  }
  std::string invalid;
  llvm::raw_string_ostream os(invalid);
  if (llvm::verifyModule(*translated, &os))
    return llvm::createStringError("LLVM IR became invalid: " + invalid);
  return translated;
}

namespace {
/// Sets an option of LLVM's back end that is in no interface, for as long as
/// this lives and unless the command line has it.
class BackendOption {
public:
  BackendOption(StringRef name, StringRef value) {
    option = llvm::cl::getRegisteredOptions().lookup(name);
    if (option && option->getNumOccurrences() > 0)
      option = nullptr;
    if (option)
      option->addOccurrence(/*pos=*/0, name, value);
  }
  ~BackendOption() {
    if (option)
      option->reset();
  }
  BackendOption(const BackendOption &) = delete;
  BackendOption &operator=(const BackendOption &) = delete;

private:
  llvm::cl::Option *option;
};
} // namespace

llvm::Expected<llvm::SmallVector<char, 0>>
mlir::attn::emitCode(llvm::Module &module, const Machine &machine,
                     llvm::CodeGenFileType type) {
  llvm::SmallVector<char, 0> code;
  llvm::raw_svector_ostream stream(code);
  llvm::legacy::PassManager passes;
  // Instructions in the order of the source let the scheduler after them hoist
  // loads until accumulators of inner loops are spilled.
  std::optional<BackendOption> order;
  if (machine.target->getTargetTriple().isX86())
    order.emplace("pre-RA-sched", "list-ilp");
  if (machine.target->addPassesToEmitFile(passes, stream, nullptr, type))
    return llvm::createStringError(
        "this target cannot emit that kind of file");
  passes.run(module);
  return code;
}
