//===- KernelToNVVM.cpp - Schedules of one block to instructions of sm_80 ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"
#include "Patterns.h"
#include "attn/Conversion/Passes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"

namespace mlir::attn {
#define GEN_PASS_DEF_KERNELTONVVM
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::kernel;

namespace {

/// Name of what all kernels of a module call their shared memory.
constexpr llvm::StringLiteral kSharedName = "kernel_shared";
/// What a block of any chip has at most: 227 KiB on sm_90.
constexpr int64_t kMaxSharedBytes = 227 << 10;
/// What bulk copies and swizzles of any chip need.
constexpr int64_t kTileAlignment = 1024;

// commit, wait, barrier  -->  their instructions
struct ConvertCommit : OpConversionPattern<CommitOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(CommitOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<NVVM::CpAsyncCommitGroupOp>(op);
    return success();
  }
};
struct ConvertWait : OpConversionPattern<WaitOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(WaitOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    // No thread has so many groups: it waits for none.
    int64_t pending = std::min<int64_t>(op.getPending(), INT32_MAX);
    rewriter.replaceOpWithNewOp<NVVM::CpAsyncWaitGroupOp>(op, pending);
    return success();
  }
};
struct ConvertBarrier : OpConversionPattern<BarrierOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(BarrierOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<NVVM::BarrierOp>(op);
    return success();
  }
};

/// Products of this chip are done when their instruction is.
struct ConvertAwait : OpConversionPattern<AwaitOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(AwaitOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithMultiple(
        op, SmallVector<ValueRange>{adaptor.getFragment()});
    return success();
  }
};

// role  -->  if the warp is one of them; registers cannot be dealt on this chip
struct ConvertRole : OpConversionPattern<RoleOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(RoleOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Emitter e(rewriter, op.getLoc());
    Value number = e.sub(e.warp(), e.i32(op.getFirst()));
    Value isOne =
        e.compare(arith::CmpIPredicate::ult, number, e.i32(op.getWarps()));
    auto branch = scf::IfOp::create(rewriter, op.getLoc(), isOne, false);
    rewriter.inlineBlockBefore(&op.getBody().front(),
                               branch.thenBlock()->getTerminator());
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

std::optional<int64_t> mlir::kernel::getThreads(gpu::GPUFuncOp function) {
  auto block = function->getAttrOfType<DenseI32ArrayAttr>(
      NVVM::NVVMDialect::getReqntidAttrName());
  if (!block || block.size() != 3 || block[0] < 1 || block[1] != 1 ||
      block[2] != 1)
    return std::nullopt;
  return block[0];
}

namespace {

struct KernelToNVVM : attn::impl::KernelToNVVMBase<KernelToNVVM> {
  void runOnOperation() override {
    gpu::GPUModuleOp module = getOperation();
    if (failed(checkPlaces(module)) || failed(checkCopies(module)) ||
        failed(checkWrites(module)))
      return signalPassFailure();
    for (auto function : module.getOps<gpu::GPUFuncOp>())
      if (failed(placeTiles(module, function)))
        return signalPassFailure();
    TypeConverter types;
    types.addConversion([](Type type) { return type; });
    types.addConversion([](FragmentType type, SmallVectorImpl<Type> &results) {
      results.append(type.getNumRegisters(), type.getElementType());
      return success();
    });
    types.addConversion([](TileType type) {
      return LLVM::LLVMPointerType::get(type.getContext(), 3);
    });
    ConversionTarget target(getContext());
    target.addIllegalDialect<KernelDialect>();
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    RewritePatternSet patterns(&getContext());
    populateCopyPatterns(types, patterns);
    populateElementPatterns(types, patterns);
    populateProductPatterns(types, patterns);
    patterns.add<ConvertAwait, ConvertBarrier, ConvertCommit, ConvertRole,
                 ConvertWait>(types, &getContext());
    scf::populateSCFStructuralTypeConversionsAndLegality(types, patterns,
                                                         target);
    target.addLegalOp<UnrealizedConversionCastOp>();
    if (failed(applyPartialConversion(module, target, std::move(patterns))))
      signalPassFailure();
  }

  /// Tiles and fragments are those of one block, all of whose threads work on
  /// them.
  static LogicalResult checkPlaces(gpu::GPUModuleOp module) {
    WalkResult result = module.walk<WalkOrder::PreOrder>([](Operation *op) {
      if (auto function = dyn_cast<FunctionOpInterface>(op))
        for (Type type : llvm::concat<const Type>(function.getArgumentTypes(),
                                                  function.getResultTypes()))
          if (isa<FragmentType, TileType>(type)) {
            op->emitOpError("takes or returns ")
                << type << ", which is a block's own; make it in the kernel";
            return WalkResult::interrupt();
          }
      if (!isa_and_nonnull<KernelDialect>(op->getDialect()))
        return WalkResult::advance();
      auto function = op->getParentOfType<gpu::GPUFuncOp>();
      if (!function) {
        op->emitOpError("is the work of a block of threads; write it in a "
                        "gpu.func");
        return WalkResult::interrupt();
      }
      return WalkResult(failure(failed(checkSizes(op, getThreads(function))) ||
                                failed(checkRole(op))));
    });
    return failure(result.wasInterrupted());
  }

  /// Code grows with tiles: no larger ones than there can be.
  static LogicalResult checkSizes(Operation *op,
                                  std::optional<int64_t> threads) {
    for (Value operand : op->getOperands())
      if (auto tile = dyn_cast<TileType>(operand.getType());
          tile && tile.getBytes() > kMaxSharedBytes &&
          !operand.getDefiningOp<AllocOp>()) // It says so itself.
        return op->emitOpError("takes a tile of ")
               << tile.getBytes()
               << " bytes, but the block's shared memory has at most "
               << kMaxSharedBytes << "; use smaller tiles or fewer stages";
    if (!threads || op->getParentOfType<RoleOp>())
      return success();
    for (Type type : op->getResultTypes())
      if (auto fragment = dyn_cast<FragmentType>(type);
          fragment && fragment.getLayout().getNumWarps() * 32 != *threads)
        return op->emitOpError("gives a fragment of ")
               << fragment.getLayout().getNumWarps() << " warps in a block of "
               << *threads
               << " threads; use a layout of all warps, or change nvvm.reqntid";
    return success();
  }

  /// What all threads do together would wait for those that pass a role by, or
  /// leave out their share.
  static LogicalResult checkRole(Operation *op) {
    if (!op->getParentOfType<RoleOp>() ||
        !isa<BarrierOp, CopyOp, LoadOp, TakeNonFiniteOp>(op))
      return success();
    return op->emitOpError(
        "is done by all threads of a block together, but only "
        "some warps come here; move it out of kernel.role");
  }

  /// Addresses are those of arrays with strides.
  static LogicalResult checkArray(Operation *op, Value array) {
    auto type = dyn_cast<MemRefType>(array.getType());
    if (type && type.isStrided())
      return success();
    return op->emitOpError("needs a memref with strides, got ")
           << array.getType() << "; bufferize before";
  }
  static LogicalResult checkWrites(gpu::GPUModuleOp module) {
    auto isStored = [](Type element) {
      return element.isF16() || element.isBF16() || element.isF32() ||
             element.isF64();
    };
    WalkResult result = module.walk([&](WriteOp write) {
      if (failed(checkArray(write, write.getDestination())))
        return WalkResult::interrupt();
      for (Type element : {write.getFragment().getType().getElementType(),
                           getElementTypeOrSelf(write.getDestination())})
        if (!isStored(element)) {
          write.emitOpError("writes f16, bf16, f32 or f64, got ")
              << element << "; convert the elements, or use another array";
          return WalkResult::interrupt();
        }
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  /// Threads share the work of a copy: how many there are must be known.
  static LogicalResult checkCopies(gpu::GPUModuleOp module) {
    WalkResult result = module.walk([&](CopyOp copy) {
      if (failed(checkArray(copy, copy.getSource())))
        return WalkResult::interrupt();
      auto function = copy->getParentOfType<gpu::GPUFuncOp>();
      if (function && getThreads(function))
        return WalkResult::advance();
      copy.emitOpError("is shared by the threads of a block, in one dimension: "
                       "say how many there are by nvvm.reqntid on the kernel");
      return WalkResult::interrupt();
    });
    return failure(result.wasInterrupted());
  }

  /// Tiles one after the other in the block's shared memory, whose size is for
  /// the launch to say.
  static LogicalResult placeTiles(gpu::GPUModuleOp module,
                                  gpu::GPUFuncOp function) {
    int64_t bytes = 0;
    SmallVector<AllocOp> allocs;
    function.walk([&](AllocOp alloc) { allocs.push_back(alloc); });
    if (allocs.empty())
      return success();
    IRRewriter b(function.getContext());
    auto pointer = LLVM::LLVMPointerType::get(function.getContext(), 3);
    if (Operation *known = module.lookupSymbol(kSharedName)) {
      auto global = dyn_cast<LLVM::GlobalOp>(known);
      if (!global || global.getAddrSpace() != 3)
        return known->emitOpError("is named '")
               << kSharedName
               << "', as the shared memory of kernels is; rename it";
    } else {
      b.setInsertionPointToStart(module.getBody());
      auto type = LLVM::LLVMArrayType::get(b.getI8Type(), 0);
      LLVM::GlobalOp::create(b, module.getLoc(), type, /*isConstant=*/false,
                             LLVM::Linkage::External, kSharedName, Attribute(),
                             kTileAlignment, /*addrSpace=*/3);
    }
    b.setInsertionPointToStart(&function.getBody().front());
    Value base =
        LLVM::AddressOfOp::create(b, function.getLoc(), pointer, kSharedName);
    for (AllocOp alloc : allocs) {
      b.setInsertionPoint(alloc);
      Value place = Emitter(b, alloc.getLoc()).advance(base, bytes);
      bytes +=
          llvm::alignTo(alloc.getTile().getType().getBytes(), kTileAlignment);
      if (bytes > kMaxSharedBytes)
        return alloc.emitOpError("needs the block's shared memory to have ")
               << bytes << " bytes, but it has at most " << kMaxSharedBytes
               << "; use smaller tiles or fewer stages";
      auto tile = UnrealizedConversionCastOp::create(
          b, alloc.getLoc(), alloc.getTile().getType(), place);
      b.replaceOp(alloc, tile.getResults());
    }
    function->setAttr(KernelDialect::kSharedBytes, b.getI64IntegerAttr(bytes));
    return success();
  }
};

} // namespace
