//===- Bench.cpp - From workloads to rows of the table ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Bench.h"
#include "Check.h"
#include "Framework.h"
#include "Peers.h"
#include "attn/Analysis/VisiblePairs.h"
#include "common/KernelRun.h"
#include "common/Threads.h"
#include "common/ToolOptions.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::attn;

/// 16-bit types are computed with in f32.
static Limit getArithmeticLimit(Type elementType) {
  return elementType.isF64() ? Limit::MultiplyAdds64 : Limit::MultiplyAdds32;
}

static double getWork(const Row &row) {
  return row.limit == Limit::Reads ? row.bytes : row.flops;
}

llvm::Expected<std::vector<Bench::Inputs>>
Bench::copyInputs(Inputs inputs, const Row &row) const {
  int64_t bytes = 0;
  for (const Array &array : inputs)
    bytes += array.bytes.size();
  int64_t count = 1;
  if (row.limit == Limit::Reads && bytes)
    count = llvm::divideCeil(getBytesBeyondCache(), bytes);
  return std::vector<Inputs>(count, inputs);
}

//===----------------------------------------------------------------------===//
// Kernels of this compiler
//===----------------------------------------------------------------------===//

llvm::Error Bench::timeKernel(const LoadedKernel &kernel,
                              ArrayRef<Inputs> inputs, Row row, Check check) {
  std::vector<KernelRun> runs;
  for (const Inputs &copy : inputs) {
    auto run = KernelRun::create(kernel, copy, /*sizes=*/{});
    if (!run)
      return run.takeError();
    runs.push_back(std::move(*run));
  }
  if (auto error = runs.front().run())
    return error;
  if (auto error = check(runs.front().getOutputs().front()))
    return error;
  auto measured = measure([&](size_t copy) { return runs[copy].run(); },
                          runs.size(), options.repetitions, getWork(row),
                          row.limit, limits, row.threads);
  if (!measured)
    return measured.takeError();
  row.measurement = *measured;
  report.add(std::move(row));
  return llvm::Error::success();
}

LogicalResult Bench::runKernel(ModuleOp module, FormKind form,
                               ArrayRef<Inputs> inputs, const Row &row,
                               Check check) {
  if (failed(runThreads(module, form, inputs, row, check)))
    return failure();
  if (options.compile.numThreads == 1)
    return success();
  Row several = row;
  several.threads = options.compile.numThreads;
  several.program += llvm::formatv(", {0} threads", several.threads);
  return runThreads(module, form, inputs, std::move(several), check);
}

LogicalResult Bench::runThreads(ModuleOp module, FormKind form,
                                ArrayRef<Inputs> inputs, Row row, Check check) {
  CompileOptions compile = options.compile;
  compile.form = form;
  compile.numThreads = row.threads;
  OwningOpRef<ModuleOp> copy = module.clone(); // Compiled in place.
  FailureOr<CompiledKernel> compiled = compileToObject(*copy, compile);
  if (failed(compiled))
    return failure();
  auto kernel = LoadedKernel::load(compiled->object, compiled->interface);
  std::string name = row.workload + ", " + row.program + ": ";
  if (!kernel)
    return reportError(name + llvm::toString(kernel.takeError()));
  if (auto error = timeKernel(*kernel, inputs, std::move(row), check))
    return reportError(name + llvm::toString(std::move(error)));
  return success();
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

llvm::Expected<std::vector<Array>>
mlir::attn::createInputs(const Shape &shape, Type elementType) {
  std::vector<Array> inputs;
  for (unsigned i = 0; i < 3; ++i) { // Query, key, value.
    auto array = Array::create(elementType, i == 0 ? shape.getQueryShape()
                                                   : shape.getKeyShape());
    if (!array)
      return array.takeError();
    fillRandom(*array, /*seed=*/i);
    inputs.push_back(std::move(*array));
  }
  if (shape.documents) {
    auto ids = Array::create(IntegerType::get(elementType.getContext(), 32),
                             shape.keys);
    if (!ids)
      return ids.takeError();
    for (int64_t j = 0; j < shape.keys; ++j)
      ids->setInt(j, j / shape.getDocumentSize());
    inputs.push_back(std::move(*ids));
  }
  if (shape.hasDecayInput()) {
    auto decays = Array::create(elementType, shape.getDecayShape());
    if (!decays)
      return decays.takeError();
    fillRandom(*decays, /*seed=*/3);
    // Logarithms of numbers from 0 to 1.
    for (int64_t i = 0, end = decays->getNumElements(); i < end; ++i)
      decays->setFloat(i, -std::abs(decays->getFloat(i)));
    inputs.push_back(std::move(*decays));
  }
  return inputs;
}

LogicalResult Bench::runShape(const Shape &shape, StringRef type) {
  Type elementType = parseType(type, &context);
  Row row;
  row.workload = shape.getLabel();
  shape.addFields(row.fields);
  row.type = type.str();
  row.bytes = shape.getBytes(*getElementBytes(elementType));
  row.limit =
      shape.isDecode() ? Limit::Reads : getArithmeticLimit(elementType);
  auto inputs = createInputs(shape, elementType);
  if (!inputs)
    return reportError(row.workload + ": " +
                       llvm::toString(inputs.takeError()));
  auto copies = copyInputs(std::move(*inputs), row);
  if (!copies)
    return reportError(row.workload + ": " +
                       llvm::toString(copies.takeError()));

  LogicalResult result = success();
  OwningOpRef<ModuleOp> module;
  auto parse = [&](StringRef schedule) {
    module = parseSourceString<ModuleOp>(shape.getSource(type, schedule),
                                         &context);
    return success(static_cast<bool>(module));
  };
  auto run = [&](FormKind form, StringRef program) {
    row.program = program.str();
    if (failed(runKernel(*module, form, *copies, row,
                         [&](const Array &output) {
                           return check(shape, copies->front(), output);
                         })))
      result = failure();
  };
  if (shape.kind == Shape::Kind::Attention) {
    if (failed(parse("")))
      return failure();
    row.flops = shape.getAttentionFlops();
    for (FormKind form : options.forms)
      run(form, stringifyFormKind(form));
  } else {
    if (failed(parse("sequential")))
      return failure();
    row.flops = shape.getSequentialFlops();
    run(FormKind::Recurrent, "sequential");
    std::string chunks = "chunked, chunk = " + std::to_string(shape.getChunk());
    if (failed(parse(chunks)))
      return failure();
    row.flops = shape.getRecurrenceFlops();
    run(FormKind::Recurrent, "chunked");
  }
  if (options.matrices && elementType.isF32())
    if (auto error = timePeers(shape, *copies, row))
      result = reportError(row.workload + ", " +
                           llvm::toString(std::move(error)));
  if (isForFrameworks(shape, elementType))
    for (StringRef command : options.frameworks)
      if (auto error = timeFramework(command, shape, *copies, row))
        result = reportError(row.workload + ", " +
                             llvm::toString(std::move(error)));
  return result;
}

//===----------------------------------------------------------------------===//
// Peers
//===----------------------------------------------------------------------===//

llvm::Error Bench::timePeers(const Shape &shape, ArrayRef<Inputs> inputs,
                             const Row &common) {
  auto output = Array::create(inputs.front()[0].elementType,
                              shape.getQueryShape());
  if (!output)
    return output.takeError();
  auto getData = [](const Array &array) {
    return reinterpret_cast<const float *>(array.bytes.data());
  };
  for (std::unique_ptr<Peer> &peer : createPeers(shape, *options.matrices)) {
    bool productsOnly = false;
    auto call = [&](size_t copy) {
      const Inputs &in = inputs[copy];
      peer->run(getData(in[0]), getData(in[1]), getData(in[2]),
                reinterpret_cast<float *>(output->bytes.data()), productsOnly);
      return llvm::Error::success();
    };
    llvm::cantFail(call(0));
    if (auto error = check(shape, inputs.front(), *output))
      return llvm::createStringError(peer->getName() + ": " +
                                     llvm::toString(std::move(error)));
    Row row = common;
    row.program = peer->getName();
    row.isPeer = true;
    auto measured = measure(call, inputs.size(), options.repetitions,
                            getWork(row), row.limit, limits);
    if (!measured)
      return measured.takeError();
    row.measurement = *measured;

    // Its products do more than it is credited with: hidden parts of tiles.
    productsOnly = true;
    double before = options.matrices->getFlops();
    llvm::cantFail(call(0));
    double work = row.limit == Limit::Reads
                      ? row.bytes
                      : options.matrices->getFlops() - before;
    auto products = measure(call, inputs.size(), options.repetitions, work,
                            row.limit, limits);
    if (!products)
      return products.takeError();
    row.gemmShare = products->bestShare;
    report.add(std::move(row));
  }
  return llvm::Error::success();
}

llvm::Error Bench::timeFramework(StringRef command, const Shape &shape,
                                 ArrayRef<Inputs> inputs, const Row &common) {
  StayOnCPU stay;
  // It cannot be asked between two calls: the limit is measured around them all.
  SmallVector<double> rates;
  auto measureLimit = [&]() -> llvm::Error {
    for (unsigned i = 0; i < options.repetitions; ++i) {
      auto rate = limits.measure(common.limit, common.threads);
      if (!rate)
        return rate.takeError();
      rates.push_back(*rate);
    }
    return llvm::Error::success();
  };
  if (auto error = measureLimit())
    return error;
  auto programs = runFramework(command, shape, inputs.front(), inputs.size(),
                               options.repetitions);
  if (!programs)
    return programs.takeError();
  if (auto error = measureLimit())
    return error;
  for (FrameworkProgram &program : *programs) {
    if (!program.missing.empty()) {
      std::string note = program.name + ": " + program.missing;
      if (saidMissing.insert(note).second)
        llvm::errs() << "note: " << note << "\n";
      continue;
    }
    if (auto error = check(shape, inputs.front(), program.output))
      return llvm::createStringError(program.name + ": " +
                                     llvm::toString(std::move(error)));
    Row row = common;
    row.program = program.name + " (" + program.settings + ")";
    row.isPeer = true;
    row.measurement = summarize(program.seconds, rates, getWork(row));
    report.add(std::move(row));
  }
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

/// The number that `function` has under `name`.
static std::optional<double> getCredit(func::FuncOp function, StringRef name) {
  if (auto count = function->getAttrOfType<IntegerAttr>(name))
    return double(count.getInt());
  return std::nullopt;
}

LogicalResult Bench::runFile(StringRef path) {
  auto file = ModuleFile::open(path, context);
  if (!file)
    return failure();
  FailureOr<func::FuncOp> entry =
      findEntry(file->getModule(), options.compile.entry);
  if (failed(entry))
    return failure();
  std::optional<double> flops = getCredit(*entry, "attn.flops");
  if (!flops)
    flops = countAttentionFlops(*entry);
  if (!flops)
    return emitError(entry->getLoc(), "nothing says how many operations '")
           << entry->getSymName()
           << "' is credited with: give it the attribute attn.flops = N : i64";
  FailureOr<KernelInterface> interface = getKernelInterface(*entry);
  if (failed(interface))
    return failure();
  if (!interface->sizes.empty() || interface->arguments.empty() ||
      !interface->arguments.back().isOutput)
    return emitError(entry->getLoc(), "a benchmark needs a function whose sizes "
                                      "are all known and that has a result");

  Row row;
  row.workload = entry->getSymName().str();
  row.fields["kind"] = "file";
  row.flops = *flops;
  row.bytes = getCredit(*entry, "attn.bytes").value_or(0);
  Type type = getStorageType(interface->arguments.back());
  row.type = llvm::formatv("{0}", type);
  row.limit = row.bytes ? Limit::Reads : getArithmeticLimit(type);
  auto inputs = createRandomInputs(*interface, {}, /*seed=*/0, &context);
  if (!inputs)
    return emitError(entry->getLoc(), llvm::toString(inputs.takeError()));
  auto copies = copyInputs(std::move(*inputs), row);
  if (!copies)
    return emitError(entry->getLoc(), llvm::toString(copies.takeError()));

  bool choosesForm = entry
                         ->walk([](AttentionOp op) {
                           return op.getFormAttr() ? WalkResult::advance()
                                                   : WalkResult::interrupt();
                         })
                         .wasInterrupted();
  LogicalResult result = success();
  for (FormKind form : options.forms) {
    row.program = choosesForm ? stringifyFormKind(form).str() : "as written";
    if (failed(runKernel(file->getModule(), form, *copies, row,
                         [](const Array &) { return llvm::Error::success(); })))
      result = failure();
    if (!choosesForm)
      break;
  }
  return result;
}
