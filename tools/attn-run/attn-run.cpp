//===- attn-run.cpp - Compile, run, check and time a function ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Accuracy.h"
#include "Conformance.h"
#include "attn/Analysis/SpaceTimeReport.h"
#include "attn/Analysis/VisiblePairs.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Runtime/MachinePeak.h"
#include "attn/Runtime/Npy.h"
#include "common/DeviceRun.h"
#include "common/KernelRun.h"
#include "common/Threads.h"
#include "common/ToolOptions.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/JSON.h"
#include <map>

using namespace mlir;
using namespace mlir::attn;
namespace cl = llvm::cl;

namespace {

struct Options {
  cl::OptionCategory &category = getToolCategory();
  cl::opt<std::string> file{cl::Positional, cl::desc("<FILE.mlir>"),
                            cl::init("-"), cl::cat(category)};
  cl::list<std::string> inputs{
      "input", cl::desc("one per input, in order (default: random data)"),
      cl::value_desc("A.npy"), cl::cat(category)};
  cl::list<std::string> outputs{"output",
                                cl::desc("where to write results, in order"),
                                cl::value_desc("O.npy"), cl::cat(category)};
  cl::list<std::string> expects{
      "expect", cl::desc("what the results must be, in order"),
      cl::value_desc("E.npy"), cl::cat(category)};
  cl::list<std::string> sizes{
      "size", cl::desc("a free size, for random data"),
      cl::value_desc("NAME=N"), cl::cat(category)};
  cl::opt<uint64_t> seed{"seed", cl::desc("seed of random data"), cl::init(0),
                         cl::cat(category)};
  cl::opt<double> rtol{"rtol", cl::desc("relative tolerance"), cl::init(0),
                       cl::cat(category)};
  cl::opt<double> atol{"atol", cl::desc("absolute tolerance"), cl::init(0),
                       cl::cat(category)};
  cl::opt<bool> check{
      "check", cl::desc("compare with the double-precision reference"),
      cl::cat(category)};
  cl::opt<std::string> time{"time", cl::desc("time N runs (default 7)"),
                            cl::value_desc("N"), cl::ValueOptional,
                            cl::cat(category)};
  cl::opt<bool> count{
      "count", cl::desc("count folds: (query, visible key) pairs of one run"),
      cl::cat(category)};
  cl::opt<bool> memory{"memory", cl::desc("report scratch memory"),
                       cl::cat(category)};
  cl::opt<bool> json{"json", cl::desc("print results as JSON"),
                     cl::cat(category)};
  cl::opt<std::string> conformance{
      "conformance", cl::desc("run the cases below this folder"),
      cl::value_desc("DIR"), cl::cat(category)};

  bool hasTolerance() const {
    return rtol.getNumOccurrences() || atol.getNumOccurrences();
  }
};

LogicalResult report(llvm::Error error) {
  return reportError(llvm::toString(std::move(error)));
}

struct Timing {
  double best, median, peak; // Seconds, seconds, operations per second.
};

/// Each run beside a measurement of the peak of as many threads.
FailureOr<Timing> measure(KernelRun &run, unsigned elementBits, int count,
                          int64_t numThreads) {
  StayOnCPU stay(numThreads);
  auto peak = MachinePeak::create(elementBits);
  if (!peak)
    return report(peak.takeError());
  if (auto error = run.run())
    return report(std::move(error));
  SmallVector<double> times;
  double bestPeak = 0;
  for (int i = 0; i < count; ++i) {
    bestPeak = std::max(bestPeak, peak->measure(numThreads));
    double start = getSeconds(numThreads);
    if (auto error = run.run())
      return report(std::move(error));
    times.push_back(getSeconds(numThreads) - start);
  }
  llvm::sort(times);
  return Timing{times.front(), times[times.size() / 2], bestPeak};
}

/// What was learned about one run, printed at the end as text or JSON.
class Summary {
public:
  explicit Summary(bool asJson) : asJson(asJson) {}
  void add(StringRef key, llvm::json::Value value, const llvm::Twine &text) {
    object[key.str()] = std::move(value); // The key outlives this call.
    lines += llvm::formatv("{0,-9} {1}\n", key, text.str());
  }
  void print() {
    if (asJson)
      llvm::outs() << llvm::formatv("{0:2}\n",
                                    llvm::json::Value(std::move(object)));
    else
      llvm::outs() << lines;
  }

private:
  bool asJson;
  llvm::json::Object object;
  std::string lines;
};

/// JSON has no NaN and no infinity.
llvm::json::Value toJson(double value) {
  if (std::isfinite(value))
    return value;
  return llvm::formatv("{0}", value).str();
}

class Session {
public:
  Session(const Options &options, CompileOptions compileOptions,
          MLIRContext &context)
      : options(options), compileOptions(std::move(compileOptions)),
        context(context), summary(options.json) {}

  LogicalResult run(ModuleOp module) {
    FailureOr<func::FuncOp> entry = findEntry(module, compileOptions.entry);
    if (failed(entry))
      return failure();
    // The reference evaluates what the user wrote.
    OwningOpRef<ModuleOp> original = module.clone();
    std::string name = entry->getSymName().str();
    auto function = original->lookupSymbol<func::FuncOp>(name);
    summary.add("kernel", name, name);
    LogicalResult result = compileOptions.target == Target::NVPTX
                               ? runOnDevice(module, function)
                               : runOnCPU(module, function);
    if (printable)
      summary.print();
    return result;
  }

private:
  LogicalResult runOnCPU(ModuleOp module, func::FuncOp function) {
    FailureOr<CompiledKernel> compiled =
        compileToObject(module, compileOptions);
    if (failed(compiled))
      return failure();
    auto kernel = LoadedKernel::load(compiled->object, compiled->interface);
    if (!kernel)
      return report(kernel.takeError());
    FormKind form =
        compiled->plan ? FormKind::Recompute : compileOptions.form;
    summary.add("form", stringifyFormKind(form), stringifyFormKind(form));

    FailureOr<Inputs> inputs = createInputs(kernel->getInterface());
    if (failed(inputs))
      return failure();
    auto created = KernelRun::create(*kernel, std::move(inputs->arrays),
                                     inputs->sizes);
    if (!created)
      return report(created.takeError());
    KernelRun run = std::move(*created);
    LoadedKernel::resetPeakHeapBytes();
    if (auto error = run.run())
      return report(std::move(error));
    std::optional<SpaceTime> predicted;
    if (const auto &planned = compiled->plan)
      predicted = planned->evaluate(
          run.getInputs()[planned->sequence].shape[planned->tokenDim]);
    addPlan(compiled->plan);
    addMemory(compiled->scratch, LoadedKernel::getPeakHeapBytes(), predicted);
    if (options.count) // Of the one run so far.
      addCounts(*kernel, predicted
                             ? getCounts(*predicted, compiled->scratch)
                             : Counts{{"folds", getFolds(function)}});
    return finish(function, run.getInputs(), run.getOutputs(), [&] {
      return addTime(function, run, kernel->getInterface().numThreads);
    });
  }

  LogicalResult runOnDevice(ModuleOp module, func::FuncOp function) {
    auto device = CUDADevice::open();
    if (!device)
      return report(device.takeError());
    FailureOr<DeviceProgram> program = compileToDevice(module, compileOptions);
    if (failed(program))
      return failure();
    auto loaded = LoadedProgram::load(**device, std::move(*program));
    if (!loaded)
      return report(loaded.takeError());
    std::string gpu = (*device)->getName() + ", " + (*device)->getChip();
    summary.add("gpu", gpu, gpu);
    summary.add("form", stringifyFormKind(compileOptions.form),
                stringifyFormKind(compileOptions.form));
    FailureOr<Inputs> inputs = createInputs(loaded->getInterface());
    if (failed(inputs))
      return failure();
    auto run = DeviceRun::create(*loaded, std::move(inputs->arrays),
                                 inputs->sizes);
    if (!run)
      return report(run.takeError());
    if (auto error = run->run())
      return report(std::move(error));
    if (int64_t bytes = run->getCall().getScratchBytes();
        options.memory || options.json)
      summary.add("scratch", llvm::json::Object{{"device_bytes", bytes}},
                  llvm::Twine(bytes) + " bytes of the GPU's memory");
    return finish(function, run->getInputs(), run->getOutputs(),
                  [&] { return addDeviceTime(function, **device, *run); });
  }

  /// What is asked for once there are results.
  LogicalResult finish(func::FuncOp function, ArrayRef<Array> inputs,
                       ArrayRef<Array> outputs,
                       function_ref<LogicalResult()> time) {
    if (failed(writeOutputs(outputs)))
      return failure();
    printable = true;
    LogicalResult result = checkExpected(outputs);
    if (options.check && failed(checkReference(function, inputs, outputs)))
      result = failure();
    if (options.time.getNumOccurrences() && failed(time()))
      result = failure();
    return result;
  }

  struct Inputs {
    std::vector<Array> arrays;
    SmallVector<int64_t> sizes; // The free ones.
  };

  FailureOr<Inputs> createInputs(const KernelInterface &interface) {
    llvm::StringMap<int64_t> named;
    for (StringRef size : options.sizes) {
      auto [name, number] = size.split('=');
      int64_t value;
      if (number.getAsInteger(10, value) || value < 0)
        return reportError("--size takes NAME=N with N >= 0, got '" + size +
                           "'");
      named[name] = value;
    }
    std::vector<Array> inputs;
    unsigned count = llvm::count_if(
        interface.arguments,
        [](const KernelInterface::Argument &a) { return !a.isOutput; });
    if (!options.inputs.empty() && options.inputs.size() != count)
      return reportError("'" + interface.name + "' takes " +
                         llvm::Twine(count) + " inputs, but --input was given " +
                         llvm::Twine(options.inputs.size()) + " times");
    for (auto [path, argument] :
         llvm::zip(options.inputs, interface.arguments)) {
      auto array = readNpy(path, getStorageType(argument), &context);
      if (!array)
        return report(array.takeError());
      inputs.push_back(std::move(*array));
    }
    auto sizes = bindSizes(interface, inputs, named);
    if (!sizes)
      return report(sizes.takeError());
    if (inputs.empty()) {
      auto random = createRandomInputs(interface, *sizes, options.seed, &context);
      if (!random)
        return report(random.takeError());
      inputs = std::move(*random);
    }
    return Inputs{std::move(inputs), std::move(*sizes)};
  }

  void addPlan(const std::optional<PlannedStack> &planned) {
    if (!planned)
      return;
    std::string text = describePlan(Plan::get(planned->plan));
    summary.add("plan", toJson(Plan::get(planned->plan)), text);
  }

  void addMemory(const ScratchMemory &scratch, int64_t heapBytes,
                 const std::optional<SpaceTime> &predicted) {
    if (!options.memory && !options.json)
      return;
    llvm::json::Object object{{"stack_bytes", scratch.stackBytes},
                              {"heap_bytes", heapBytes}};
    std::string text = (llvm::Twine(scratch.stackBytes) + " bytes of stack, " +
                        llvm::Twine(heapBytes) + " bytes of heap at the peak")
                           .str();
    if (predicted) {
      object["planned"] = toJson(*predicted);
      text += " (planned: " + formatBytes(predicted->getPeakBytes()) + ")";
    }
    summary.add("scratch", std::move(object), text);
  }

  /// Names of counters and what they should be, exactly.
  using Counts = std::map<std::string, std::optional<Integer>>;

  static Counts getCounts(const SpaceTime &predicted,
                          const ScratchMemory &scratch) {
    return {{"folds", predicted.counts.folds},
            {"blocks", predicted.counts.blockEvaluations},
            {"disk_reads", predicted.counts.diskReads},
            {"scratch_bytes", Integer(scratch.stackBytes)}};
  }

  static std::optional<Integer> getFolds(func::FuncOp function) {
    std::optional<int64_t> folds = countFolds(function);
    return folds ? std::optional(Integer(*folds)) : std::nullopt;
  }

  /// What the kernel has counted, and where it is known what to expect, that.
  void addCounts(const LoadedKernel &kernel, const Counts &predicted) {
    llvm::json::Object counts;
    SmallVector<std::string> texts;
    auto add = [&](StringRef name) {
      int64_t measured = kernel.readCounter(name);
      auto it = predicted.find(name.str());
      std::string expected;
      if (it != predicted.end() && it->second)
        llvm::raw_string_ostream(expected) << *it->second;
      // Beyond 64 bits it is a text; nothing measured gets there.
      int64_t number;
      llvm::json::Value json = nullptr;
      if (!StringRef(expected).getAsInteger(10, number))
        json = number;
      else if (!expected.empty())
        json = expected;
      counts[name.str()] = llvm::json::Object{{"measured", measured},
                                              {"predicted", std::move(json)}};
      texts.push_back(llvm::formatv("{0} {1} (predicted: {2})", name, measured,
                                    expected.empty() ? "unknown" : expected));
    };
    add("folds");
    for (StringRef name : kernel.getInterface().counters)
      if (name != "folds")
        add(name);
    summary.add("counts", std::move(counts), llvm::join(texts, ", "));
  }

  LogicalResult writeOutputs(ArrayRef<Array> outputs) {
    if (options.outputs.size() > outputs.size())
      return reportError("--output was given " +
                         llvm::Twine(options.outputs.size()) + " times for " +
                         llvm::Twine(outputs.size()) + " results");
    for (auto [path, output] : llvm::zip(options.outputs, outputs))
      if (auto error = writeNpy(path, output))
        return report(std::move(error));
    return success();
  }

  /// Prints the first bad element of a comparison.
  LogicalResult judge(const llvm::Twine &what, unsigned number,
                      const Array &output, const Comparison &comparison,
                      Tolerance tolerance) {
    if (comparison.agrees())
      return success();
    return reportError(llvm::formatv(
        "result {0}{1} is {2:e8}, {3} {4:e8}; {5} of {6} elements differ by "
        "more than {7:e2} + {8:e2} * |expected|",
        number, describeIndex(output.shape, comparison.firstBad->index),
        comparison.firstBad->computed, what.str(),
        comparison.firstBad->expected, comparison.mismatches,
        output.getNumElements(), tolerance.absolute, tolerance.relative));
  }

  LogicalResult checkExpected(ArrayRef<Array> outputs) {
    if (options.expects.size() > outputs.size())
      return reportError("--expect was given " +
                         llvm::Twine(options.expects.size()) + " times for " +
                         llvm::Twine(outputs.size()) + " results");
    LogicalResult result = success();
    unsigned number = 0;
    for (auto [path, output] : llvm::zip(options.expects, outputs)) {
      auto expected = readNpy(path, output.elementType, &context);
      if (!expected)
        return report(expected.takeError());
      if (expected->shape != output.shape)
        return reportError(path + " has another shape than result " +
                           llvm::Twine(number));
      auto reference = ReferenceValue::fromArray(*expected);
      if (!reference)
        return report(reference.takeError());
      Tolerance tolerance = getTolerance(output);
      Comparison comparison = compare(output, *reference, tolerance);
      summary.add("expect" + std::to_string(number),
                  toJson(comparison.maxAbsError),
                  llvm::formatv("max error {0:e2}", comparison.maxAbsError));
      if (failed(judge(("expected by " + path).c_str(), number, output,
                       comparison, tolerance)))
        result = failure();
      ++number;
    }
    return result;
  }

  Tolerance getTolerance(const Array &output) const {
    if (options.hasTolerance())
      return {options.rtol, options.atol};
    return getDefaultTolerance(output.elementType);
  }

  LogicalResult checkReference(func::FuncOp function, ArrayRef<Array> arrays,
                               ArrayRef<Array> outputs) {
    SmallVector<ReferenceValue> inputs;
    for (auto [input, type] :
         llvm::zip(arrays, function.getArgumentTypes())) {
      auto value = ReferenceValue::fromArray(input);
      if (!value)
        return report(value.takeError());
      if (!isa<TensorType>(type))
        value = ReferenceValue::scalar(type, (*value)[0]);
      inputs.push_back(std::move(*value));
    }
    FailureOr<Expectation> expected = getExpectation(function, inputs);
    if (failed(expected))
      return failure();
    int64_t block = 0;
    if (compileOptions.form == FormKind::Blocked)
      block = compileOptions.keys ? compileOptions.keys : 256;
    SmallVector<Tolerance> gates =
        getTolerances(function, arrays, *expected, block);
    LogicalResult result = success();
    for (auto [i, output] : llvm::enumerate(outputs)) {
      Tolerance gate = options.hasTolerance() ? getTolerance(output) : gates[i];
      Comparison comparison = compare(output, expected->results[i], gate);
      std::string key = outputs.size() == 1
                            ? std::string("check")
                            : "check" + std::to_string(i);
      summary.add(
          key,
          llvm::json::Object{{"max_error", toJson(comparison.maxAbsError)},
                             {"atol", gate.absolute},
                             {"rtol", gate.relative},
                             {"agrees", comparison.agrees()}},
          llvm::formatv(
              "max error {0:e2} against the f64 reference, gate {1:e2}{2}: {3}",
              comparison.maxAbsError, gate.absolute,
              gate.relative
                  ? llvm::formatv(" + {0:e2} * |x|", gate.relative).str()
                  : std::string(),
              comparison.agrees() ? "ok" : "FAILED"));
      if (failed(judge("the reference says", i, output, comparison, gate)))
        result = failure();
    }
    return result;
  }

  int getTimedRuns() const {
    int count = 7;
    (void)StringRef(options.time).getAsInteger(10, count);
    return count;
  }

  LogicalResult addTime(func::FuncOp function, KernelRun &run,
                        int64_t numThreads) {
    int count = getTimedRuns();
    unsigned bits =
        !run.getOutputs().empty() && run.getOutputs()[0].elementType.isF64()
            ? 64
            : 32;
    FailureOr<Timing> timing = measure(run, bits, count, numThreads);
    if (failed(timing))
      return failure();
    std::optional<double> flops = countAttentionFlops(function);
    llvm::json::Object object{{"best_s", timing->best},
                              {"median_s", timing->median},
                              {"runs", count},
                              {"threads", numThreads},
                              {"peak_gflops", timing->peak * 1e-9}};
    std::string text =
        llvm::formatv("best {0:f3} ms, median {1:f3} ms of {2} runs ({3})",
                      timing->best * 1e3, timing->median * 1e3, count,
                      numThreads == 1
                          ? "thread CPU time"
                          : llvm::formatv("wall-clock time of {0} threads",
                                          numThreads).str());
    if (flops) {
      double rate = *flops / timing->best;
      object["gflops"] = rate * 1e-9;
      object["share_of_peak"] = rate / timing->peak;
      text += llvm::formatv("; {0:f1} GFLOP/s, {1:f1} % of the FMA peak of "
                            "{2:f1} GFLOP/s{3}",
                            rate * 1e-9, 100 * rate / timing->peak,
                            timing->peak * 1e-9,
                            numThreads == 1 ? "" : " that so many have");
    }
    summary.add("time", std::move(object), text);
    return success();
  }

  LogicalResult addDeviceTime(func::FuncOp function, const CUDADevice &device,
                              DeviceRun &run) {
    int count = getTimedRuns();
    auto timing = measure(device, run, count);
    if (!timing)
      return report(timing.takeError());
    llvm::json::Object object{{"best_s", timing->bestSeconds},
                              {"median_s", timing->medianSeconds},
                              {"runs", count}};
    std::string text = llvm::formatv(
        "best {0:f3} ms, median {1:f3} ms of {2} runs (the GPU's clock)",
        timing->bestSeconds * 1e3, timing->medianSeconds * 1e3, count);
    if (std::optional<double> flops = countAttentionFlops(function)) {
      double rate = *flops / timing->bestSeconds;
      object["gflops"] = rate * 1e-9;
      text += llvm::formatv("; {0:f1} GFLOP/s", rate * 1e-9);
    }
    summary.add("time", std::move(object), text);
    return success();
  }

  const Options &options;
  CompileOptions compileOptions;
  MLIRContext &context;
  Summary summary;
  bool printable = false; // There was a run.
};

LogicalResult run(const Options &options,
                  const CompileCommandLine &commandLine) {
  FailureOr<CompileOptions> compileOptions = commandLine.get();
  if (failed(compileOptions))
    return failure();
  if (unsigned runs = 1; !options.time.empty() &&
                         (StringRef(options.time).getAsInteger(10, runs) ||
                          runs == 0 || runs > 1000000))
    return reportError("--time takes a number of runs from 1 to 1000000, got '" +
                       options.time + "'");
  if (options.rtol < 0 || options.atol < 0)
    return reportError("tolerances must not be negative");
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  bool isDevice = compileOptions->target == Target::NVPTX;
  if (isDevice && options.count)
    return reportError("kernels for GPUs do not count; leave out --count or use "
                       "--target=cpu");
  if (!options.conformance.empty()) {
    if (isDevice)
      return reportError("--conformance runs on CPUs; leave out --target");
    if (options.count)
      return reportError("--count is of one kernel; leave out --conformance or "
                         "--count");
    FailureOr<SmallVector<FormKind>> forms = commandLine.getForms();
    if (failed(forms))
      return failure();
    return runConformance(options.conformance, *forms, *compileOptions, context);
  }
  auto file = ModuleFile::open(options.file, context);
  if (!file)
    return failure();
  compileOptions->count = options.count;
  return Session(options, *compileOptions, context).run(file->getModule());
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  CompileCommandLine commandLine;
  Options options;
  if (auto status = parseCommandLine(
          argc, argv, "attn-run: compile, run, check and time a function\n"))
    return *status;
  return succeeded(run(options, commandLine)) ? Success : Failed;
}
