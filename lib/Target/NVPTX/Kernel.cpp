//===- Kernel.cpp - Steps of a host program as kernels ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "attn/Analysis/KernelInterface.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

/// Blocks of a launch whose number of iterations the host does not know: each
/// thread takes several.
static constexpr int64_t kBlocksOfUnknownWork = 1024;

//===----------------------------------------------------------------------===//
// The host
//===----------------------------------------------------------------------===//

HostProgram::HostProgram(func::FuncOp function, gpu::GPUModuleOp device)
    : function(function), device(device),
      sizes([context = function.getContext()](BlockArgument, int64_t) {
        return getAffineSymbolExpr(0, context); // That there is one is enough.
      }) {}

Value HostProgram::getSize(BlockArgument array, int64_t dim) {
  Value &size = argumentSizes[{array, dim}];
  if (!size) {
    OpBuilder b = OpBuilder::atBlockBegin(&function.getBody().front());
    size = memref::DimOp::create(b, function.getLoc(), array, dim);
  }
  return size;
}

Value HostProgram::getCell(Value scalar) {
  Value &cell = cells[scalar];
  if (!cell) {
    OpBuilder b = OpBuilder::atBlockBegin(&function.getBody().front());
    cell = memref::AllocOp::create(b, function.getLoc(),
                                   MemRefType::get({}, scalar.getType()));
    producers.lookup(scalar)->store(scalar, cell);
  }
  return cell;
}

/// Iterations along each dimension of a loop.
static SmallVector<Value> getCounts(OpBuilder &b, Location loc,
                                    ArrayRef<Value> lower,
                                    ArrayRef<Value> upper,
                                    ArrayRef<Value> step) {
  SmallVector<Value> counts;
  for (auto [first, end, by] : llvm::zip_equal(lower, upper, step)) {
    Value length = end;
    if (!isZeroInteger(first))
      length = arith::SubIOp::create(b, loc, end, first);
    if (!isOneInteger(by))
      length = arith::CeilDivSIOp::create(b, loc, length, by);
    counts.push_back(length);
  }
  return counts;
}

static Value getProduct(OpBuilder &b, Location loc, ArrayRef<Value> factors) {
  Value product;
  for (Value factor : factors)
    product = product ? arith::MulIOp::create(b, loc, product, factor)
                      : Value(factor);
  return product ? product : arith::ConstantIndexOp::create(b, loc, 1);
}

namespace {
/// The loop that a step is.
struct Loop {
  explicit Loop(Operation *op) : op(op) {
    OpBuilder b(op);
    auto values = [&](ArrayRef<OpFoldResult> all) {
      return llvm::map_to_vector(all, [&](OpFoldResult one) {
        return getValueOrCreateConstantIndexOp(b, op->getLoc(), one);
      });
    };
    if (auto forall = dyn_cast<scf::ForallOp>(op)) {
      lower = values(forall.getMixedLowerBound());
      upper = values(forall.getMixedUpperBound());
      step = values(forall.getMixedStep());
      return;
    }
    auto parallel = cast<scf::ParallelOp>(op);
    lower = llvm::to_vector_of<Value>(parallel.getLowerBound());
    upper = llvm::to_vector_of<Value>(parallel.getUpperBound());
    step = llvm::to_vector_of<Value>(parallel.getStep());
  }

  Block &getBody() { return op->getRegion(0).front(); }

  Operation *op;
  SmallVector<Value> lower, upper, step;
};
} // namespace

//===----------------------------------------------------------------------===//
// What a kernel takes from the host
//===----------------------------------------------------------------------===//

static gpu::GPUFuncOp createFunction(HostProgram &program, Location loc,
                                     unsigned number) {
  OpBuilder b = OpBuilder::atBlockEnd(program.device.getBody());
  // What it calls comes into the same module by its own name.
  std::string name = getCIdentifier(program.function.getSymName()) + "_" +
                     std::to_string(number);
  while (SymbolTable::lookupNearestSymbolFrom(program.function,
                                              b.getStringAttr(name)))
    name += "_";
  auto function =
      gpu::GPUFuncOp::create(b, loc, name, b.getFunctionType({}, {}));
  function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
  return function;
}

Kernel::Kernel(HostProgram &program, const Step &step, unsigned number)
    : program(program), step(step),
      function(createFunction(program, step.ops.front()->getLoc(), number)),
      b(OpBuilder::atBlockEnd(&function.getBody().front())),
      loc(function.getLoc()) {
  for (Operation *op : step.ops)
    for (Value result : op->getResults())
      program.producers[result] = this;
}

Value Kernel::addParameter(Type type, Value operand) {
  operands.push_back(operand);
  return function.getBody().front().addArgument(type, loc);
}

/// An array of the host: its address is a parameter, its sizes are computed again.
Value Kernel::createArray(Value array) {
  auto type = cast<MemRefType>(array.getType());
  Value address =
      addParameter(MemRefType::get({}, type.getElementType()), array);
  if (type.getRank() == 0)
    return address;
  SmallVector<OpFoldResult> sizes, strides(type.getRank());
  auto alloc = array.getDefiningOp<memref::AllocOp>();
  unsigned dynamic = 0;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    if (!type.isDynamicDim(dim))
      sizes.push_back(b.getIndexAttr(type.getDimSize(dim)));
    else if (alloc)
      sizes.push_back(get(alloc.getDynamicSizes()[dynamic++]));
    else
      sizes.push_back(
          get(program.getSize(cast<BlockArgument>(array), dim)));
  }
  OpFoldResult stride = b.getIndexAttr(1);
  AffineExpr product = b.getAffineSymbolExpr(0) * b.getAffineSymbolExpr(1);
  for (int64_t dim = type.getRank() - 1; dim >= 0; --dim) {
    strides[dim] = stride;
    stride = affine::makeComposedFoldedAffineApply(b, loc, product,
                                                   {stride, sizes[dim]});
  }
  return memref::ReinterpretCastOp::create(b, loc, type, address,
                                           b.getIndexAttr(0), sizes, strides);
}

Value Kernel::get(Value value) {
  if (Value known = map.lookupOrNull(value))
    return known;
  Value made = make(value);
  map.map(value, made);
  return made;
}

Value Kernel::make(Value value) {
  Operation *op = value.getDefiningOp();
  bool isArray = isa<MemRefType>(value.getType());
  if (isArray && (!op || isa<memref::AllocOp, memref::AllocaOp>(op)))
    return createArray(value);
  if (!op)
    return addParameter(value.getType(), value);
  if (program.producers.contains(value))
    return memref::LoadOp::create(b, loc, get(program.getCell(value)));
  if (auto dim = dyn_cast<memref::DimOp>(op)) {
    auto array = dyn_cast<BlockArgument>(dim.getSource());
    std::optional<int64_t> index = getConstantDim(dim);
    if (array && index) {
      Value size = program.getSize(array, *index);
      return size == value ? addParameter(value.getType(), size) : get(size);
    }
  }
  captureOperands(op);
  b.clone(*op, map);
  return map.lookup(value);
}

void Kernel::captureOperands(Operation *op) {
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands()) {
      Operation *around = operand.getParentBlock()->getParentOp();
      if (!op->isAncestor(around))
        get(operand);
    }
  });
}

void Kernel::store(Value scalar, Value cell) {
  Value computed = map.lookup(scalar);
  OpBuilder after(computed.getContext());
  after.setInsertionPointAfterValue(computed);
  Value address = addParameter(cast<MemRefType>(cell.getType()), cell);
  memref::StoreOp::create(after, loc, computed, address);
}

//===----------------------------------------------------------------------===//
// Temporaries
//===----------------------------------------------------------------------===//

LogicalResult Kernel::allocateParts(OpBuilder &host,
                                    const Temporaries &temporaries,
                                    Value count) {
  if (!temporaries.partBytes)
    return success();
  // Folders would multiply constants without a look at what does not fit.
  auto getKnown = [&](Value value) -> std::optional<int64_t> {
    AffineExpr size = program.sizes.get(value);
    if (size && isa<AffineConstantExpr>(size))
      return cast<AffineConstantExpr>(size).getValue();
    return std::nullopt;
  };
  std::optional<int64_t> part = getKnown(temporaries.partBytes);
  std::optional<int64_t> threads = getKnown(count);
  if (int64_t all; part && threads && llvm::MulOverflow(*part, *threads, all))
    return step.ops.front()->emitError("needs ")
           << *part << " bytes for each of " << *threads
           << " threads, more than any GPU has; use smaller arrays or fewer "
              "iterations";
  Value bytes = arith::MulIOp::create(host, loc, temporaries.partBytes, count);
  parts = memref::AllocOp::create(
      host, loc,
      MemRefType::get({ShapedType::kDynamic}, host.getI8Type()), bytes);
  get(parts);
  get(temporaries.partBytes);
  for (const Temporaries::Part &part : temporaries.parts)
    get(part.offset);
  return success();
}

void Kernel::replaceTemporaries(const Temporaries &temporaries, Value thread) {
  auto getClone = [&](Operation *op) {
    return map.lookup(op->getResult(0)).getDefiningOp();
  };
  for (const Temporaries::Part &part : temporaries.parts) {
    Operation *clone = getClone(part.alloc);
    OpBuilder here(clone);
    Value begin = map.lookup(part.offset);
    if (thread) {
      Value shift = arith::MulIOp::create(here, loc, thread,
                                          map.lookup(temporaries.partBytes));
      begin = arith::AddIOp::create(here, loc, shift, begin);
    }
    clone->getResult(0).replaceAllUsesWith(memref::ViewOp::create(
        here, loc, cast<MemRefType>(clone->getResult(0).getType()),
        map.lookup(parts), begin, clone->getOperands()));
    clone->erase();
  }
  for (Operation *alloc : temporaries.local)
    moveToLocal(getClone(alloc), function.getBody().front());
  SmallVector<memref::DeallocOp> deallocs;
  function.walk([&](memref::DeallocOp op) { deallocs.push_back(op); });
  for (memref::DeallocOp op : deallocs)
    op.erase();
}

//===----------------------------------------------------------------------===//
// The three kinds
//===----------------------------------------------------------------------===//

LogicalResult Kernel::build(OpBuilder &host, int64_t threads,
                            int64_t maxLocalBytes) {
  LogicalResult built = success();
  switch (step.kind) {
  case Step::Serial:
    built = buildSerial(host, maxLocalBytes);
    break;
  case Step::Threads:
    built = buildThreads(host, threads, maxLocalBytes);
    break;
  case Step::Blocks:
    built = buildBlocks(host);
    break;
  }
  b.setInsertionPointToEnd(&function.getBody().front());
  gpu::ReturnOp::create(b, loc);
  int32_t size[] = {static_cast<int32_t>(blockThreads), 1, 1};
  if (step.kind == Step::Blocks) // They work together: exactly so many.
    function->setAttr(NVVM::NVVMDialect::getReqntidAttrName(),
                      b.getDenseI32ArrayAttr(size));
  else
    function.setKnownBlockSize(size);
  return built;
}

LogicalResult Kernel::buildSerial(OpBuilder &host, int64_t maxLocalBytes) {
  FailureOr<Temporaries> temporaries =
      findTemporaries(host, step, maxLocalBytes);
  if (failed(temporaries))
    return failure();
  grid = arith::ConstantIndexOp::create(host, loc, 1);
  if (failed(allocateParts(host, *temporaries, grid)))
    return failure();
  for (Operation *op : step.ops) {
    captureOperands(op);
    b.clone(*op, map);
  }
  replaceTemporaries(*temporaries, /*thread=*/{});
  return success();
}

/// Indices of an iteration that is the `linear`-th, the last dimension fastest.
static void mapIndices(OpBuilder &b, Location loc, Loop &loop,
                       ArrayRef<Value> counts, Value linear, IRMapping &map) {
  Block &body = loop.getBody();
  for (unsigned i = counts.size(); i-- > 0;) {
    Value place = linear;
    if (i > 0) {
      place = arith::RemUIOp::create(b, loc, linear, counts[i]);
      linear = arith::DivUIOp::create(b, loc, linear, counts[i]);
    }
    Value index = arith::AddIOp::create(
        b, loc, map.lookup(loop.lower[i]),
        arith::MulIOp::create(b, loc, place, map.lookup(loop.step[i])));
    map.map(body.getArgument(i), index);
  }
}

// loop (i) { body }   -->
// for (t = this thread; t < iterations; t += threads) { body(indices of t) }
LogicalResult Kernel::buildThreads(OpBuilder &host, int64_t threads,
                                   int64_t maxLocalBytes) {
  blockThreads = threads;
  FailureOr<Temporaries> temporaries =
      findTemporaries(host, step, maxLocalBytes);
  if (failed(temporaries))
    return failure();
  Loop loop(step.ops.front());
  Value iterations = getProduct(
      host, loc, getCounts(host, loc, loop.lower, loop.upper, loop.step));
  if (program.sizes.get(iterations)) {
    AffineExpr count = host.getAffineSymbolExpr(0);
    grid = getValueOrCreateConstantIndexOp(
        host, loc,
        affine::makeComposedFoldedAffineApply(
            host, loc, count.ceilDiv(threads), {iterations}));
  } else {
    grid = arith::ConstantIndexOp::create(host, loc, kBlocksOfUnknownWork);
  }
  Value perBlock = arith::ConstantIndexOp::create(host, loc, threads);
  if (failed(allocateParts(host, *temporaries,
                           arith::MulIOp::create(host, loc, grid, perBlock))))
    return failure();

  captureOperands(loop.op);
  auto values = [&](ArrayRef<Value> all) {
    return llvm::map_to_vector(all, [&](Value one) { return get(one); });
  };
  SmallVector<Value> lower = values(loop.lower), upper = values(loop.upper),
                     by = values(loop.step);
  SmallVector<Value> counts = getCounts(b, loc, lower, upper, by);
  Value total = getProduct(b, loc, counts);
  Value blockSize = arith::ConstantIndexOp::create(b, loc, threads);
  auto scale = [&](Value blocks) -> Value {
    return arith::MulIOp::create(b, loc, blocks, blockSize);
  };
  Value block = gpu::BlockIdOp::create(b, loc, gpu::Dimension::x);
  Value blocks = gpu::GridDimOp::create(b, loc, gpu::Dimension::x);
  Value inBlock = gpu::ThreadIdOp::create(b, loc, gpu::Dimension::x);
  Value thread = arith::AddIOp::create(b, loc, scale(block), inBlock);
  auto all = scf::ForOp::create(b, loc, thread, total, scale(blocks));
  b.setInsertionPointToStart(all.getBody());
  mapIndices(b, loc, loop, counts, all.getInductionVar(), map);
  for (Operation &op : loop.getBody().without_terminator())
    b.clone(op, map);
  replaceTemporaries(*temporaries, thread);
  return success();
}

// loop (i) { body }   -->   body(indices of this block)
LogicalResult Kernel::buildBlocks(OpBuilder &host) {
  Loop loop(step.ops.front());
  auto threads = loop.op->getAttrOfType<IntegerAttr>(kernel::KernelDialect::kThreads);
  if (!threads || threads.getInt() < 1 || threads.getInt() > 1024)
    return loop.op->emitError("takes ")
           << kernel::KernelDialect::kThreads << ", the threads of a block, from 1 to 1024";
  blockThreads = threads.getInt();
  grid = getProduct(host, loc,
                    getCounts(host, loc, loop.lower, loop.upper, loop.step));
  if (!program.sizes.get(grid))
    return loop.op->emitError("is run by blocks, but their number does not "
                              "follow from sizes of arguments; bound it by "
                              "them, and leave out iterations inside");
  captureOperands(loop.op);
  auto values = [&](ArrayRef<Value> all) {
    return llvm::map_to_vector(all, [&](Value one) { return get(one); });
  };
  SmallVector<Value> lower = values(loop.lower), upper = values(loop.upper),
                     by = values(loop.step);
  SmallVector<Value> counts = getCounts(b, loc, lower, upper, by);
  Value block = gpu::BlockIdOp::create(b, loc, gpu::Dimension::x);
  mapIndices(b, loc, loop, counts, block, map);
  for (Operation &op : loop.getBody().without_terminator())
    b.clone(op, map);
  return success();
}

//===----------------------------------------------------------------------===//
// The launch
//===----------------------------------------------------------------------===//

void Kernel::launch(OpBuilder &host) {
  Block &body = function.getBody().front();
  function.setFunctionType(host.getFunctionType(body.getArgumentTypes(), {}));
  // Arrays do not overlap: what is written is neither read nor written elsewhere.
  for (BlockArgument argument : body.getArguments())
    if (isa<MemRefType>(argument.getType()))
      function.setArgAttr(argument.getArgNumber(),
                          LLVM::LLVMDialect::getNoAliasAttrName(),
                          host.getUnitAttr());
  SmallVector<Value> arguments;
  for (auto [operand, type] :
       llvm::zip_equal(operands, body.getArgumentTypes()))
    arguments.push_back(
        operand.getType() == type
            ? operand
            : memref::ReinterpretCastOp::create(
                  host, loc, cast<MemRefType>(type), operand,
                  host.getIndexAttr(0), ArrayRef<OpFoldResult>{},
                  ArrayRef<OpFoldResult>{}));
  Value one = arith::ConstantIndexOp::create(host, loc, 1);
  Value threads = arith::ConstantIndexOp::create(host, loc, blockThreads);
  gpu::LaunchFuncOp::create(host, loc, function,
                            gpu::KernelDim3{grid, one, one},
                            gpu::KernelDim3{threads, one, one},
                            /*dynamicSharedMemorySize=*/Value(),
                            arguments);
}
