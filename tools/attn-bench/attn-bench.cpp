//===- attn-bench.cpp - The benchmark table ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Bench.h"
#include "attn/Pipelines/Pipelines.h"
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
          clEnumValN(Suite::All, "all", "all of these"))};
  cl::list<Shape, bool, ShapeParser> shapes{
      "shape", cl::cat(category), cl::value_desc("NAME=N,..."),
      cl::desc("a shape: kind=attention|linear|decay|selected|gated, batch, heads, kv-heads, "
               "queries, keys, dim, "
               "mask=causal|none|window:KEYS|documents:COUNT, "
               "score=alibi|softcap")};
  cl::list<std::string> types{
      "dtype", cl::CommaSeparated, cl::cat(category), cl::value_desc("type"),
      cl::desc("f16, bf16, f32 or f64, for suites and shapes "
               "(comma-separated; default: f32)")};
  cl::opt<unsigned> repeat{"repeat", cl::desc("measurements of each program"),
                           cl::init(7), cl::value_desc("N"),
                           cl::cat(category)};
  cl::opt<bool> peers{"peers", cl::init(true), cl::cat(category),
                      cl::desc("run peers too, if OpenBLAS is installed "
                               "(default; --peers=false: do not)")};
  cl::opt<std::string> json{"json", cl::desc("write the table as JSON"),
                            cl::value_desc("FILE"), cl::cat(category)};
};

/// What the parser of options cannot know to be wrong.
LogicalResult checkUsage(const Options &options) {
  if (options.files.empty() && options.suites.empty() &&
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

LogicalResult run(const Options &options,
                  const CompileCommandLine &commandLine) {
  FailureOr<SmallVector<FormKind>> forms = commandLine.getForms();
  if (failed(forms))
    return failure();
  FailureOr<CompileOptions> compile = commandLine.get();
  if (failed(compile))
    return failure();
  if (compile->numThreads != 1)
    return reportError("attn-bench times one thread; for several use "
                       "attn-run --time --num-threads");
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  pinToOneCPU();
  std::unique_ptr<OpenBlas> blas =
      options.peers ? OpenBlas::load() : nullptr;
  Report report(options.repeat, blas ? blas->getDescription() : "");
  Bench bench({*compile, *forms, options.repeat, blas.get()}, context, report);

  std::vector<Shape> shapes(options.shapes.begin(), options.shapes.end());
  for (Suite suite : options.suites)
    llvm::append_range(shapes, getShapes(suite));
  std::vector<std::string> types(options.types.begin(), options.types.end());
  if (types.empty())
    types.push_back("f32");
  LogicalResult result = success();
  for (StringRef path : options.files)
    if (failed(bench.runFile(path)))
      result = failure();
  for (const Shape &shape : shapes)
    for (StringRef type : types)
      if (failed(bench.runShape(shape, type)))
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
  if (failed(checkUsage(options)))
    return WrongUsage;
  return succeeded(run(options, commandLine)) ? Success : Failed;
}
