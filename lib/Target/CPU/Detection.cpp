//===- Detection.cpp - What a program asks its CPU ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/CPU/Detection.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/IR/InlineAsm.h"

using namespace mlir::attn;

namespace {

/// The words, named by leaf of CPUID, then subleaf if it is not 0, and
/// register.
enum Word : unsigned {
  Leaf1C,
  Leaf1D,
  Leaf7B,
  Leaf7C,
  Leaf7D,
  Leaf7Sub1A,
  Leaf7Sub1D,
  Extended1C,
  Extended1D,
  SavedState, // XCR0
  NumWords
};
static_assert(NumWords == CPURequirement::kWords);

struct Place {
  uint32_t leaf, subleaf;
  unsigned result; // 0 to 3: eax, ebx, ecx, edx.
};
constexpr Place kPlaces[] = {{1, 0, 2}, {1, 0, 3},          {7, 0, 1},
                             {7, 0, 2}, {7, 0, 3},          {7, 1, 0},
                             {7, 1, 3}, {0x80000001, 0, 2}, {0x80000001, 0, 3}};
static_assert(std::size(kPlaces) == SavedState);

struct Check {
  llvm::StringLiteral feature; // LLVM's name.
  Word word;
  unsigned bit;
  uint32_t savedState = 0; // In XCR0.
};

/// Vector registers as XCR0 counts them: the halves of 128 bits; with masks and
/// those of 512 bits. What else works on such registers implies avx or avx512f.
constexpr uint32_t kSaved256 = 0x6, kSaved512 = 0xe6;

/// Instruction sets that code generation may choose from.
constexpr Check kChecks[] = {
    {"sse3", Leaf1C, 0},
    {"ssse3", Leaf1C, 9},
    {"fma", Leaf1C, 12},
    {"cx16", Leaf1C, 13},
    {"sse4.1", Leaf1C, 19},
    {"sse4.2", Leaf1C, 20},
    {"crc32", Leaf1C, 20},
    {"movbe", Leaf1C, 22},
    {"popcnt", Leaf1C, 23},
    {"avx", Leaf1C, 28, kSaved256},
    {"f16c", Leaf1C, 29},
    {"cx8", Leaf1D, 8},
    {"cmov", Leaf1D, 15},
    {"mmx", Leaf1D, 23},
    {"fxsr", Leaf1D, 24},
    {"sse", Leaf1D, 25},
    {"sse2", Leaf1D, 26},
    {"bmi", Leaf7B, 3},
    {"avx2", Leaf7B, 5},
    {"bmi2", Leaf7B, 8},
    {"avx512f", Leaf7B, 16, kSaved512},
    {"avx512dq", Leaf7B, 17},
    {"avx512ifma", Leaf7B, 21},
    {"avx512cd", Leaf7B, 28},
    {"avx512bw", Leaf7B, 30},
    {"avx512vl", Leaf7B, 31},
    {"avx512vbmi", Leaf7C, 1},
    {"avx512vbmi2", Leaf7C, 6},
    {"gfni", Leaf7C, 8},
    {"avx512vnni", Leaf7C, 11},
    {"avx512bitalg", Leaf7C, 12},
    {"avx512vpopcntdq", Leaf7C, 14},
    {"avx512vp2intersect", Leaf7D, 8},
    {"avx512fp16", Leaf7D, 23},
    {"avxvnni", Leaf7Sub1A, 4},
    {"avx512bf16", Leaf7Sub1A, 5},
    {"avxifma", Leaf7Sub1A, 23},
    {"avxvnniint8", Leaf7Sub1D, 4},
    {"avxneconvert", Leaf7Sub1D, 5},
    {"avxvnniint16", Leaf7Sub1D, 10},
    {"sahf", Extended1C, 0},
    {"lzcnt", Extended1C, 5},
    {"sse4a", Extended1C, 6},
    {"prfchw", Extended1C, 8},
    {"xop", Extended1C, 11},
    {"fma4", Extended1C, 16},
    {"tbm", Extended1C, 21},
    {"64bit", Extended1D, 29},
};

/// What every x86-64 CPU has and CPUID has no bit for.
constexpr llvm::StringLiteral kAlways[] = {"vzeroupper", "x87"};

/// Names of instruction sets, as LLVM lists them. Other features of a subtarget
/// only say what is fast.
constexpr llvm::StringLiteral kInstructionSets[] = {
#define X86_FEATURE(ENUM, NAME) NAME,
#include "llvm/TargetParser/X86TargetParser.def"
};

const Check *findCheck(llvm::StringRef feature) {
  const Check *found = llvm::find_if(
      kChecks, [&](const Check &check) { return check.feature == feature; });
  return found == std::end(kChecks) ? nullptr : found;
}

} // namespace

unsigned CPURequirement::count() const {
  unsigned sum = 0;
  for (uint32_t word : bits)
    sum += llvm::popcount(word);
  return sum;
}

CPURequirement
mlir::attn::getRequirement(const llvm::MCSubtargetInfo &subtarget) {
  CPURequirement requirement;
  for (const auto &feature : subtarget.getEnabledProcessorFeatures())
    if (const Check *check = findCheck(feature.Key)) {
      requirement.bits[check->word] |= 1u << check->bit;
      requirement.bits[SavedState] |= check->savedState;
    }
  return requirement;
}

void mlir::attn::disableUncheckedSets(const llvm::MCSubtargetInfo &subtarget,
                                      llvm::SubtargetFeatures &features) {
  for (const auto &feature : subtarget.getEnabledProcessorFeatures())
    if (!findCheck(feature.Key) && !llvm::is_contained(kAlways, feature.Key) &&
        llvm::is_contained(kInstructionSets, feature.Key))
      features.AddFeature(feature.Key, /*Enable=*/false);
}

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

/// The four registers that CPUID gives.
static llvm::Value *createCPUID(llvm::IRBuilder<> &b, uint32_t leaf,
                                uint32_t subleaf) {
  llvm::Type *word = b.getInt32Ty();
  auto *result = llvm::StructType::get(word, word, word, word);
  auto *cpuid = llvm::InlineAsm::get(
      llvm::FunctionType::get(result, {word, word}, false), "cpuid",
      "={ax},={bx},={cx},={dx},{ax},{cx},~{dirflag},~{fpsr},~{flags}",
      /*hasSideEffects=*/false);
  return b.CreateCall(cpuid, {b.getInt32(leaf), b.getInt32(subleaf)});
}

/// XCR0, or 0 where the operating system does not use it (`basic`, bit 27):
/// there XGETBV is an illegal instruction.
static llvm::Value *createSavedState(llvm::IRBuilder<> &b, llvm::Value *basic) {
  llvm::Function *function = b.GetInsertBlock()->getParent();
  llvm::BasicBlock *before = b.GetInsertBlock();
  auto *read = llvm::BasicBlock::Create(b.getContext(), "read", function);
  auto *after = llvm::BasicBlock::Create(b.getContext(), "after", function);
  llvm::Value *isUsed = b.CreateTrunc(b.CreateLShr(basic, 27), b.getInt1Ty());
  b.CreateCondBr(isUsed, read, after);

  b.SetInsertPoint(read);
  llvm::Type *word = b.getInt32Ty();
  auto *xgetbv = llvm::InlineAsm::get(
      llvm::FunctionType::get(llvm::StructType::get(word, word), {word}, false),
      "xgetbv", "={ax},={dx},{cx},~{dirflag},~{fpsr},~{flags}",
      /*hasSideEffects=*/true); // Not to be moved ahead of the branch.
  llvm::Value *state =
      b.CreateExtractValue(b.CreateCall(xgetbv, b.getInt32(0)), 0);
  b.CreateBr(after);

  b.SetInsertPoint(after);
  llvm::PHINode *result = b.CreatePHI(word, 2);
  result->addIncoming(b.getInt32(0), before);
  result->addIncoming(state, read);
  return result;
}

std::array<llvm::Value *, CPURequirement::kWords>
mlir::attn::createDetection(llvm::IRBuilder<> &b) {
  auto getLast = [&](uint32_t leaf) {
    return b.CreateExtractValue(createCPUID(b, leaf, 0), 0);
  };
  llvm::Value *lastBasic = getLast(0), *lastExtended = getLast(0x80000000),
              *lastOfLeaf7 = getLast(7);
  std::array<llvm::Value *, CPURequirement::kWords> words;
  const Place *previous = nullptr;
  llvm::Value *registers = nullptr, *isThere = nullptr;
  for (auto [place, word] : llvm::zip(kPlaces, words)) {
    if (!previous || previous->leaf != place.leaf ||
        previous->subleaf != place.subleaf) {
      registers = createCPUID(b, place.leaf, place.subleaf);
      // A leaf beyond the last one gives what some other leaf gives.
      isThere =
          b.CreateICmpUGE(place.leaf >> 31 ? lastExtended : lastBasic,
                          b.getInt32(place.leaf));
      if (place.subleaf)
        isThere = b.CreateAnd(
            isThere, b.CreateICmpUGE(lastOfLeaf7, b.getInt32(place.subleaf)));
    }
    previous = &place;
    word = b.CreateSelect(isThere,
                          b.CreateExtractValue(registers, place.result),
                          b.getInt32(0));
  }
  words[SavedState] = createSavedState(b, words[Leaf1C]);
  return words;
}
