//===- DeviceBench.cpp - The table of a GPU ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeviceBench.h"
#include "Bench.h"
#include "Check.h"
#include "common/DeviceRun.h"
#include "common/ToolOptions.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr const char *kColumns =
    "| {0,-30} | {1,-4} | {2,-12} | {3,11} | {4,11} | {5,14} | {6,9} |\n";

/// What decode reads in turn, beyond the caches of every GPU.
static constexpr int64_t kBytesBeyondCache = int64_t(1) << 29;

FailureOr<DeviceBench> DeviceBench::create(CompileOptions compile,
                                           ArrayRef<FormKind> forms,
                                           unsigned repetitions,
                                           MLIRContext &context) {
  DeviceBench bench(context);
  bench.compile = std::move(compile);
  bench.forms.assign(forms.begin(), forms.end());
  bench.repetitions = repetitions;
  auto device = CUDADevice::open();
  if (!device)
    return reportError(llvm::toString(device.takeError()));
  bench.device = std::move(*device);
  auto bandwidth = measureCopyBandwidth(*bench.device, repetitions);
  if (!bandwidth)
    return reportError(llvm::toString(bandwidth.takeError()));
  bench.copyBandwidth = *bandwidth;
  return bench;
}

void DeviceBench::printHeader() const {
  llvm::outs() << llvm::formatv(
                      "{0} ({1}), its own clock, best and median of {2}. A copy "
                      "moves {3:f1} GB/s, read and written bytes counted.\n\n",
                      device->getName(), device->getChip(), repetitions,
                      copyBandwidth * 1e-9)
               << llvm::formatv(kColumns, "workload", "type", "program", "best",
                                "median", "rate", "of a copy")
               << llvm::formatv(kColumns, "---", "---", "---", "--:", "--:",
                                "--:", "--:");
}

llvm::Error DeviceBench::runProgram(const Shape &shape, StringRef type,
                                    const Program &program,
                                    const std::vector<Array> &inputs) {
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(program.source, &context);
  CompileOptions options = compile;
  options.form = program.form;
  if (!module)
    return llvm::createStringError("the source cannot be read");
  FailureOr<DeviceProgram> compiled = compileToDevice(*module, options);
  if (failed(compiled))
    return llvm::createStringError("it does not compile");
  auto loaded = LoadedProgram::load(*device, std::move(*compiled));
  if (!loaded)
    return loaded.takeError();

  int64_t bytes = 0;
  for (const Array &array : inputs)
    bytes += array.bytes.size();
  int64_t copies = shape.isDecode() && bytes
                       ? llvm::divideCeil(kBytesBeyondCache, bytes)
                       : 1;
  std::vector<DeviceRun> runs;
  // Beyond some copies, small ones, caches are not what counts.
  for (int64_t i = 0; i < std::min<int64_t>(copies, 16); ++i) {
    auto run = DeviceRun::create(*loaded, inputs, /*sizes=*/{});
    if (!run)
      return run.takeError();
    runs.push_back(std::move(*run));
  }
  if (auto error = runs.front().run())
    return error;
  if (auto error = check(shape, inputs, runs.front().getOutputs().front()))
    return error;
  auto timing = measure(*device, runs, repetitions);
  if (!timing)
    return timing.takeError();

  double moved = shape.getBytes(*getElementBytes(parseType(type, &context)));
  double share = moved / timing->bestSeconds / copyBandwidth;
  bool isReads = shape.isDecode();
  if (isEmpty())
    printHeader();
  llvm::outs() << llvm::formatv(
      kColumns, shape.getLabel(), type, program.name,
      llvm::formatv("{0:f3} ms", timing->bestSeconds * 1e3).str(),
      llvm::formatv("{0:f3} ms", timing->medianSeconds * 1e3).str(),
      isReads
          ? llvm::formatv("{0:f1} GB/s", moved / timing->bestSeconds * 1e-9).str()
          : llvm::formatv("{0:f3} TFLOP/s",
                          program.flops / timing->bestSeconds * 1e-12)
                .str(),
      isReads ? llvm::formatv("{0:f0} %", share * 100).str() : "");
  llvm::outs().flush();
  llvm::json::Object row{{"workload", shape.getLabel()},
                         {"type", type},
                         {"program", program.name},
                         {"flops", program.flops},
                         {"bytes", moved},
                         {"best_s", timing->bestSeconds},
                         {"median_s", timing->medianSeconds},
                         {"share_of_copy", share}};
  shape.addFields(row);
  rows.push_back(std::move(row));
  return llvm::Error::success();
}

LogicalResult DeviceBench::runShape(const Shape &shape, StringRef type) {
  auto inputs = createInputs(shape, parseType(type, &context));
  if (!inputs)
    return reportError(shape.getLabel() + ": " +
                       llvm::toString(inputs.takeError()));
  SmallVector<Program> programs;
  if (shape.kind == Shape::Kind::Attention) {
    for (FormKind form : forms)
      programs.push_back({stringifyFormKind(form).str(), shape.getSource(type),
                          form, shape.getAttentionFlops()});
  } else {
    programs = {{"sequential", shape.getSource(type, "sequential"),
                 FormKind::Recurrent, shape.getSequentialFlops()},
                {"chunked",
                 shape.getSource(type, "chunked, chunk = " +
                                           std::to_string(shape.getChunk())),
                 FormKind::Recurrent, shape.getRecurrenceFlops()}};
  }
  LogicalResult result = success();
  for (const Program &program : programs)
    if (auto error = runProgram(shape, type, program, *inputs))
      result = reportError(shape.getLabel() + ", " + program.name + ": " +
                           llvm::toString(std::move(error)));
  return result;
}

llvm::Error DeviceBench::writeJson(StringRef path) const {
  llvm::json::Array list;
  for (const llvm::json::Object &row : rows)
    list.push_back(llvm::json::Object(row));
  llvm::json::Object root{{"gpu", device->getName()},
                          {"chip", device->getChip()},
                          {"copy_bytes_per_s", copyBandwidth},
                          {"repetitions", int64_t(repetitions)},
                          {"rows", std::move(list)}};
  auto error = llvm::writeToOutput(path, [&](llvm::raw_ostream &os) {
    os << llvm::formatv("{0:2}\n", llvm::json::Value(std::move(root)));
    return llvm::Error::success();
  });
  if (error)
    return llvm::createStringError("cannot write " + path + ": " +
                                   llvm::toString(std::move(error)));
  return error;
}
