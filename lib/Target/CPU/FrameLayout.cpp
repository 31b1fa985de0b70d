//===- FrameLayout.cpp - Temporaries that share one memory ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FrameLayout.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"

using namespace mlir;
using namespace mlir::attn;

Operation *mlir::attn::getFrameScope(Operation *op) {
  Operation *scope = op->getParentOp();
  while (!isa<func::FuncOp, scf::ForallOp, scf::ParallelOp>(scope))
    scope = scope->getParentOp();
  return scope;
}

int64_t mlir::attn::getBufferBytes(memref::AllocOp buffer) {
  MemRefType type = buffer.getType();
  return type.getNumElements() *
         DataLayout::closest(buffer).getTypeSize(type.getElementType());
}

//===----------------------------------------------------------------------===//
// How long a buffer lives
//===----------------------------------------------------------------------===//

Lifetimes::Lifetimes(func::FuncOp function) : views(function) {
  number(function);
}

void Lifetimes::number(Operation *op) {
  int64_t begin = next++;
  for (Region &region : op->getRegions()) {
    isStructured &= region.empty() || region.hasOneBlock();
    for (Operation &nested : region.getOps())
      number(&nested);
  }
  spans[op] = {begin, next};
}

Lifetimes::Span Lifetimes::getLifetime(memref::AllocOp buffer) const {
  Span life{next, 0};
  for (Value view : views.resolve(buffer))
    for (Operation *user : view.getUsers()) {
      if (isa<memref::DeallocOp>(user))
        continue;
      // What is nested beside the buffer may run several times.
      while (!user->getParentOp()->isProperAncestor(buffer))
        user = user->getParentOp();
      Span use = getSpan(user);
      life = {std::min(life.begin, use.begin), std::max(life.end, use.end)};
    }
  return life.begin < life.end ? life : getSpan(buffer);
}

/// The operation that a value is a result or, as an argument of a region, a part of.
static Operation *getOwner(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return argument.getOwner()->getParentOp();
  return value.getDefiningOp();
}

StringRef Lifetimes::getObstacle(memref::AllocOp buffer) const {
  MemRefType type = buffer.getType();
  if (!type.hasStaticShape())
    return "its size is known at run time only; give it a bound, or let the "
           "caller pass it";
  if (!type.getLayout().isIdentity() || type.getMemorySpace())
    return "it is not contiguous in the default memory space; allocate it so, "
           "and take a subview";
  if (buffer.getAlignment().value_or(1) > kFrameAlignment)
    return "it is aligned to more than 64 bytes; ask for no more";
  if (!isStructured)
    return "branches between blocks hide how long it lives; use loops and "
           "conditions of scf";
  for (Value view : views.resolve(buffer)) {
    // A value of an earlier iteration would be overwritten by the next.
    if (getOwner(view)->isProperAncestor(buffer) &&
        !isa<scf::IfOp, scf::IndexSwitchOp, scf::ExecuteRegionOp>(
            getOwner(view)))
      return "it leaves the iteration that allocates it; allocate it before "
             "the loop";
    if (llvm::any_of(view.getUsers(), llvm::IsaPred<func::ReturnOp>))
      return "it is returned; write the result to an argument";
  }
  return "";
}

SmallVector<Operation *> Lifetimes::getDeallocs(memref::AllocOp buffer) const {
  SmallVector<Operation *> deallocs;
  for (Value view : views.resolve(buffer))
    llvm::copy_if(view.getUsers(), std::back_inserter(deallocs),
                  llvm::IsaPred<memref::DeallocOp>);
  return deallocs;
}

//===----------------------------------------------------------------------===//
// Offsets
//===----------------------------------------------------------------------===//

void FrameLayout::add(memref::AllocOp buffer, const Lifetimes &lifetimes) {
  buffers.push_back(
      {buffer, lifetimes.getLifetime(buffer), getBufferBytes(buffer)});
}

void FrameLayout::assignOffsets(const Lifetimes &lifetimes) {
  for (Buffer &buffer : buffers)
    buffer.isCrossed = llvm::any_of(calls, [&](const Call &call) {
      return buffer.life.overlaps(lifetimes.getSpan(call.op));
    });
  llvm::sort(buffers, [](const Buffer &a, const Buffer &b) {
    return std::make_tuple(a.isCrossed, a.bytes, b.life.begin) >
           std::make_tuple(b.isCrossed, b.bytes, a.life.begin);
  });
  for (auto [i, buffer] : llvm::enumerate(buffers)) {
    place(buffer, ArrayRef(buffers).take_front(i));
    bytes = std::max(bytes, buffer.getEnd());
  }
  for (Call &call : calls) {
    for (const Buffer &buffer : buffers)
      if (buffer.life.overlaps(lifetimes.getSpan(call.op)))
        call.offset = std::max(call.offset, buffer.getEnd());
    call.offset = llvm::alignTo(call.offset, kFrameAlignment);
    bytes = std::max(bytes, call.offset + call.bytes);
  }
}

/// At the lowest offset where nothing is that lives at the same time.
void FrameLayout::place(Buffer &buffer, ArrayRef<Buffer> placed) {
  SmallVector<const Buffer *> others;
  for (const Buffer &other : placed)
    if (other.life.overlaps(buffer.life))
      others.push_back(&other);
  llvm::sort(others, [](const Buffer *a, const Buffer *b) {
    return a->offset < b->offset;
  });
  for (const Buffer *other : others)
    if (buffer.getEnd() > other->offset)
      buffer.offset = std::max<int64_t>(
          buffer.offset, llvm::alignTo(other->getEnd(), kFrameAlignment));
}
