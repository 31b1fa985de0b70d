//===- attn-bench.cpp - The benchmark table ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Bench.h"
#include "DeviceBench.h"
#include "LibraryTrial.h"
#include "attn/Pipelines/Pipelines.h"
#include "common/Threads.h"
#include "common/ToolOptions.h"
#include "llvm/Support/InitLLVM.h"

using namespace mlir;
using namespace mlir::attn;
namespace cl = llvm::cl;

namespace {

/// A malformed shape is wrong usage, as is any other malformed option.
struct ShapeParser : cl::parser<Shape> {
  using cl::parser<Shape>::parser;
  bool parse(cl::Option &option, StringRef name, StringRef text,
             Shape &shape) {
    auto parsed = Shape::parse(text);
    if (!parsed)
      return option.error(llvm::toString(parsed.takeError()), name);
    shape = *parsed;
    return false;
  }
};

struct Options {
  cl::OptionCategory &category = getToolCategory();
  cl::list<std::string> files{cl::Positional, cl::desc("[FILE.mlir...]"),
                              cl::cat(category)};
  cl::list<Suite> suites{
      "suite", cl::CommaSeparated, cl::cat(category),
      cl::desc("shapes to run (comma-separated)"),
      cl::values(
          clEnumValN(Suite::Prefill, "prefill", "as many queries as keys"),
          clEnumValN(Suite::Decode, "decode", "one query, many keys"),
          clEnumValN(Suite::Recurrent, "recurrent",
                     "attention one key at a time; linear attention with no decay, "
                     "and one for each head, token, and row of the state"),
          clEnumValN(Suite::All, "all", "all of these"),
          clEnumValN(Suite::GPU, "gpu",
                     "larger ones; the default of --target=nvptx"))};
  cl::list<Shape, bool, ShapeParser> shapes{
      "shape", cl::cat(category), cl::value_desc("NAME=N,..."),
      cl::desc("a shape: kind=attention|linear|decay|selected|gated, batch, heads, kv-heads, "
               "queries, keys, dim, "
               "mask=causal|none|window:KEYS|documents:COUNT, "
               "score=alibi|softcap")};
  cl::list<std::string> types{
      "dtype", cl::CommaSeparated, cl::cat(category), cl::value_desc("type"),
      cl::desc("f16, bf16, f32 or f64, for suites and shapes "
               "(comma-separated; default: f32, on a GPU bf16)")};
  cl::opt<unsigned> repeat{"repeat", cl::desc("measurements of each program"),
                           cl::init(7), cl::value_desc("N"),
                           cl::cat(category)};
  cl::opt<bool> peers{"peers", cl::init(true), cl::cat(category),
                      cl::desc("run peers too, if oneDNN or OpenBLAS is "
                               "installed (default; --peers=false: do not)")};
  cl::opt<WantedLibrary> gemm{
      "gemm", cl::init(WantedLibrary::Fastest), cl::cat(category),
      cl::desc("library of the peers' products"),
      cl::values(
          clEnumValN(WantedLibrary::Fastest, "fastest",
                     "the fastest of those installed (default)"),
          clEnumValN(WantedLibrary::OneDNN, "onednn", "oneDNN"),
          clEnumValN(WantedLibrary::OpenBLAS, "openblas", "OpenBLAS"))};
  cl::list<std::string> frameworks{
      "framework", cl::cat(category), cl::value_desc("COMMAND"),
      cl::desc("a framework's attention beside it, for f32 on the CPU: a script "
               "as those of tools/peers and its interpreter")};
  cl::opt<std::string> json{"json", cl::desc("write the table as JSON"),
                            cl::value_desc("FILE"), cl::cat(category)};
};

/// What the parser of options cannot know to be wrong.
LogicalResult checkUsage(const Options &options, bool isDevice) {
  if (isDevice && !options.files.empty())
    return reportError("--target=nvptx takes shapes and suites; for a file use "
                       "attn-run --target=nvptx --time");
  if (!isDevice && options.files.empty() && options.suites.empty() &&
      options.shapes.empty())
    return reportError("nothing to run: give --suite, --shape or a file");
  if (options.repeat < 1 || options.repeat > 100000)
    return reportError("--repeat takes a number from 1 to 100000");
  for (StringRef type : options.types)
    if (!llvm::is_contained({"f16", "bf16", "f32", "f64"}, type))
      return reportError("--dtype is f16, bf16, f32 or f64, got '" + type +
                         "'");
  return success();
}

/// All shapes and types that are asked for.
LogicalResult forEachShape(
    const Options &options, Suite defaultSuite, StringRef defaultType,
    llvm::function_ref<LogicalResult(const Shape &, StringRef)> run) {
  std::vector<Shape> shapes(options.shapes.begin(), options.shapes.end());
  for (Suite suite : options.suites)
    llvm::append_range(shapes, getShapes(suite));
  if (shapes.empty() && options.files.empty())
    shapes = getShapes(defaultSuite);
  std::vector<std::string> types(options.types.begin(), options.types.end());
  if (types.empty())
    types.push_back(defaultType.str());
  LogicalResult result = success();
  for (const Shape &shape : shapes)
    for (StringRef type : types)
      if (failed(run(shape, type)))
        result = failure();
  return result;
}

LogicalResult runOnDevice(const Options &options, const CompileOptions &compile,
                          ArrayRef<FormKind> forms, MLIRContext &context) {
  FailureOr<DeviceBench> bench =
      DeviceBench::create(compile, forms, options.repeat, context);
  if (failed(bench))
    return failure();
  LogicalResult result = forEachShape(
      options, Suite::GPU, "bf16", [&](const Shape &shape, StringRef type) {
        return bench->runShape(shape, type);
      });
  if (bench->isEmpty())
    return failure();
  if (!options.json.empty())
    if (auto error = bench->writeJson(options.json))
      return reportError(llvm::toString(std::move(error)));
  return result;
}

/// They are of f32, and of shapes.
bool runsPeers(const Options &options) {
  bool onlyFiles = !options.files.empty() && options.suites.empty() &&
                   options.shapes.empty();
  return options.peers && !onlyFiles &&
         (options.types.empty() || llvm::is_contained(options.types, "f32"));
}

/// By default LLVM's OpenMP threads wait for 0.2 s before they sleep, beside
/// whatever is measured next.
void letThreadsSleep() { setenv("KMP_BLOCKTIME", "1", /*overwrite=*/false); }

LogicalResult run(const Options &options, const CompileOptions &compile,
                  ArrayRef<FormKind> forms) {
  if (int64_t cpus = getNumCPUs(); compile.numThreads > cpus)
    return reportError("threads that share a CPU cannot be timed: this process may "
                       "run on " +
                       llvm::Twine(cpus) + ", so give at most --num-threads=" +
                       llvm::Twine(cpus));
  letThreadsSleep();
  DialectRegistry registry;
  registerDialects(registry);
  FastestLibrary fastest;
  if (compile.target == Target::CPU && runsPeers(options)) {
    auto found = FastestLibrary::find(options.gemm);
    if (!found)
      return reportError(llvm::toString(found.takeError()));
    fastest = std::move(*found);
  }
  MLIRContext context(registry); // It has threads.
  if (compile.target == Target::NVPTX)
    return runOnDevice(options, compile, forms, context);
  Report report(options.repeat, compile.numThreads, fastest.summary);
  Bench bench({compile, SmallVector<FormKind>(forms), options.repeat,
               fastest.matrices.get(),
               {options.frameworks.begin(), options.frameworks.end()}},
              context, report);

  LogicalResult result = success();
  for (StringRef path : options.files)
    if (failed(bench.runFile(path)))
      result = failure();
  if (failed(forEachShape(options, Suite::All, "f32",
                          [&](const Shape &shape, StringRef type) {
                            return bench.runShape(shape, type);
                          })))
    result = failure();
  if (report.isEmpty())
    return failure();
  if (!options.json.empty())
    if (auto error = report.writeJson(options.json))
      return reportError(llvm::toString(std::move(error)));
  return result;
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  CompileCommandLine commandLine(/*severalForms=*/true);
  Options options;
  if (auto status = parseCommandLine(
          argc, argv,
          "attn-bench: times programs beside what this machine can do\n"))
    return *status;
  FailureOr<SmallVector<FormKind>> forms = commandLine.getForms();
  FailureOr<CompileOptions> compile = failure();
  if (succeeded(forms)) // Else what is wrong has been said.
    compile = commandLine.get();
  bool isKnown = succeeded(compile);
  if (failed(checkUsage(options, isKnown && compile->target == Target::NVPTX)))
    return WrongUsage;
  return isKnown && succeeded(run(options, *compile, *forms)) ? Success : Failed;
}
