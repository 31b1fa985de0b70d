//===- Variants.cpp - One kernel for several CPUs ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/CPU/Variants.h"
#include "attn/Target/CPU/Detection.h"
#include "llvm/Linker/Linker.h"

using namespace mlir;
using namespace mlir::attn;

static CPURequirement getRequirement(const Machine &machine) {
  return getRequirement(*machine.target->getMCSubtargetInfo());
}

bool mlir::attn::isPreferred(const Machine &first, const Machine &second) {
  auto getRank = [](const Machine &machine) {
    return std::pair(machine.vectorBits, ::getRequirement(machine).count());
  };
  return getRank(first) > getRank(second);
}

std::string mlir::attn::getVariantReader(StringRef kernel) {
  return (kernel + "_cpu").str();
}

static std::string getHiddenName(StringRef function, StringRef cpu) {
  return (function + "." + cpu).str();
}

/// f  -->  f.CPU for all functions, which the linker is to keep.
static void renameFunctions(llvm::Module &module, StringRef cpu) {
  for (llvm::Function &function : module)
    if (!function.isDeclaration()) {
      function.setLinkage(llvm::GlobalValue::ExternalLinkage);
      function.setName(getHiddenName(function.getName(), cpu));
    }
}

static void hideFunctions(llvm::Module &module) {
  for (llvm::Function &function : module)
    if (!function.isDeclaration())
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
}

namespace {

/// Adds what chooses between variants to the module that has them all.
class Chooser {
public:
  /// Numbers of variants: 0 until one is chosen, then 1, 2, ..., and one more
  /// where there is none. Whoever chooses chooses the same, so that threads
  /// need not wait for each other.
  Chooser(llvm::Module &module, ArrayRef<KernelVariant> variants,
          StringRef kernel)
      : module(module), variants(variants), b(module.getContext()) {
    chosen = new llvm::GlobalVariable(
        module, b.getInt32Ty(), /*isConstant=*/false,
        llvm::GlobalValue::InternalLinkage, b.getInt32(0), kernel + ".chosen");
    createChoose(kernel);
  }

  /// NAME(arguments...) = NAME.[chosen CPU](arguments...), or `fallback`
  void createDispatch(StringRef name, uint64_t fallback) {
    auto functions =
        llvm::map_to_vector(variants, [&](const KernelVariant &variant) {
          return module.getFunction(getHiddenName(name, variant.cpu));
        });
    llvm::Function *entry =
        createFunction(name, functions.front()->getFunctionType(),
                       llvm::GlobalValue::ExternalLinkage);
    llvm::SwitchInst *choice = createSwitch(
        entry, llvm::ConstantInt::get(entry->getReturnType(), fallback));
    for (auto [i, function] : llvm::enumerate(functions)) {
      if (!function) // A counter that this variant has no use for.
        continue;
      addCase(choice, i);
      SmallVector<llvm::Value *> arguments(
          llvm::make_pointer_range(entry->args()));
      llvm::CallInst *call = b.CreateCall(function, arguments);
      call->setTailCallKind(llvm::CallInst::TCK_MustTail); // A jump.
      b.CreateRet(call);
    }
  }

  /// const char *NAME(void): the name of the chosen CPU.
  void createReader(StringRef name) {
    llvm::PointerType *pointer = b.getPtrTy();
    llvm::Function *reader =
        createFunction(name, llvm::FunctionType::get(pointer, false),
                       llvm::GlobalValue::ExternalLinkage);
    llvm::SwitchInst *choice =
        createSwitch(reader, llvm::ConstantPointerNull::get(pointer));
    for (auto [i, variant] : llvm::enumerate(variants)) {
      addCase(choice, i);
      b.CreateRet(b.CreateGlobalString(variant.cpu, "cpu"));
    }
  }

private:
  llvm::Function *createFunction(const Twine &name, llvm::FunctionType *type,
                                 llvm::GlobalValue::LinkageTypes linkage) {
    auto *function = llvm::Function::Create(type, linkage, name, module);
    // Runs on all of them, whichever machine the module is emitted for.
    function->addFnAttr("target-cpu", "x86-64");
    function->addFnAttr("target-features", "");
    function->addFnAttr(llvm::Attribute::NoUnwind);
    b.SetInsertPoint(
        llvm::BasicBlock::Create(b.getContext(), "entry", function));
    return function;
  }

  // choose() = the number of the first variant whose bits are all set
  void createChoose(StringRef kernel) {
    choose = createFunction(kernel + ".choose",
                            llvm::FunctionType::get(b.getInt32Ty(), false),
                            llvm::GlobalValue::InternalLinkage);
    auto words = createDetection(b);
    llvm::Value *number = b.getInt32(variants.size() + 1);
    for (unsigned i = variants.size(); i-- > 0;) {
      CPURequirement requirement = ::getRequirement(*variants[i].machine);
      llvm::Value *runs = b.getTrue();
      for (auto [word, bits] : llvm::zip_equal(words, requirement.bits))
        if (bits)
          runs = b.CreateAnd(
              runs, b.CreateICmpEQ(b.CreateAnd(word, bits), b.getInt32(bits)));
      number = b.CreateSelect(runs, b.getInt32(i + 1), number);
    }
    b.CreateAlignedStore(number, chosen, llvm::Align(4))
        ->setAtomic(llvm::AtomicOrdering::Monotonic);
    b.CreateRet(number);
  }

  /// Where to go by the variant; without one, `fallback` is returned.
  llvm::SwitchInst *createSwitch(llvm::Function *function,
                                 llvm::Constant *fallback) {
    auto addBlock = [&](StringRef name) {
      return llvm::BasicBlock::Create(b.getContext(), name, function);
    };
    llvm::BasicBlock *entry = b.GetInsertBlock(), *first = addBlock("first"),
                     *known = addBlock("known"), *none = addBlock("none");
    llvm::LoadInst *seen =
        b.CreateAlignedLoad(b.getInt32Ty(), chosen, llvm::Align(4));
    seen->setAtomic(llvm::AtomicOrdering::Monotonic);
    b.CreateCondBr(b.CreateIsNull(seen), first, known);

    b.SetInsertPoint(first);
    llvm::Value *found = b.CreateCall(choose);
    b.CreateBr(known);

    b.SetInsertPoint(known);
    llvm::PHINode *number = b.CreatePHI(b.getInt32Ty(), 2);
    number->addIncoming(seen, entry);
    number->addIncoming(found, first);
    llvm::SwitchInst *choice = b.CreateSwitch(number, none, variants.size());

    b.SetInsertPoint(none);
    b.CreateRet(fallback);
    return choice;
  }

  /// What the builder inserts next is done for variant `i`.
  void addCase(llvm::SwitchInst *choice, unsigned i) {
    auto *block = llvm::BasicBlock::Create(b.getContext(), variants[i].cpu,
                                           choice->getFunction());
    choice->addCase(b.getInt32(i + 1), block);
    b.SetInsertPoint(block);
  }

  llvm::Module &module;
  ArrayRef<KernelVariant> variants;
  llvm::IRBuilder<> b;
  llvm::GlobalVariable *chosen = nullptr;
  llvm::Function *choose = nullptr;
};

} // namespace

llvm::Expected<std::unique_ptr<llvm::Module>>
mlir::attn::linkVariants(MutableArrayRef<KernelVariant> variants,
                         const KernelInterface &interface) {
  for (KernelVariant &variant : variants)
    renameFunctions(*variant.module, variant.cpu);
  std::unique_ptr<llvm::Module> all = std::move(variants.front().module);
  for (KernelVariant &variant : variants.drop_front())
    if (llvm::Linker::linkModules(*all, std::move(variant.module)))
      return llvm::createStringError("cannot link the variants");
  hideFunctions(*all);
  std::string reader = getVariantReader(interface.name);
  if (all->getNamedValue(reader))
    return llvm::createStringError("the name '" + reader +
                                   "' is taken; rename it");

  Chooser chooser(*all, variants, interface.name);
  for (const char *suffix : {"", "_packed"})
    chooser.createDispatch(interface.name + suffix,
                           KernelInterface::UnsupportedCPU);
  for (StringRef counter : interface.counters)
    chooser.createDispatch(getCounterReader(interface.name, counter), 0);
  chooser.createReader(reader);
  return all;
}
