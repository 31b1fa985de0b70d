//===- ToolOptions.cpp - What the tools have in common ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "common/ToolOptions.h"
#include "attn/Pipelines/Pipelines.h"
#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace mlir::attn;
namespace cl = llvm::cl;

cl::OptionCategory &mlir::attn::getToolCategory() {
  static cl::OptionCategory category("attn options");
  return category;
}

LogicalResult mlir::attn::reportError(const llvm::Twine &message) {
  llvm::WithColor::error() << message << "\n";
  return failure();
}

namespace {
enum class FormChoice { Auto, Materialized, Recurrent, Blocked, Recompute };
enum class TargetChoice { CPU, NVPTX, AMDGPU };
} // namespace

/// Above what any machine has.
static constexpr int64_t kMaxThreads = 4096;

struct CompileCommandLine::Options {
  cl::OptionCategory &category = getToolCategory();
  cl::opt<std::string> entry{
      "entry", cl::desc("function to compile (default: the only public one)"),
      cl::value_desc("name"), cl::cat(category)};
  cl::opt<FormChoice> form{
      "form", cl::desc("form of attentions that do not say"),
      cl::init(FormChoice::Auto), cl::cat(category),
      cl::values(
          clEnumValN(FormChoice::Auto, "auto", "the compiler chooses (blocked)"),
          clEnumValN(FormChoice::Materialized, "materialized", "textbook L x L"),
          clEnumValN(FormChoice::Recurrent, "recurrent",
                     "one key after the other"),
          clEnumValN(FormChoice::Blocked, "blocked", "online softmax on tiles"),
          clEnumValN(FormChoice::Recompute, "recompute",
                     "nothing kept: keys are computed again"))};
  cl::opt<TargetChoice> target{
      "target", cl::desc("what to generate code for"),
      cl::init(TargetChoice::CPU), cl::cat(category),
      cl::values(clEnumValN(TargetChoice::CPU, "cpu", "this machine's CPUs"),
                 clEnumValN(TargetChoice::NVPTX, "nvptx",
                            "NVIDIA GPUs"),
                 clEnumValN(TargetChoice::AMDGPU, "amdgpu",
                            "AMD GPUs (not implemented yet)"))};
  cl::opt<std::string> cpu{"cpu", cl::desc("CPU to generate code for"),
                           cl::init("native"), cl::value_desc("name"),
                           cl::cat(category)};
  cl::opt<std::string> chip{
      "chip", cl::desc("GPU to generate code for (default: sm_80)"),
      cl::value_desc("name"), cl::cat(category)};
  cl::opt<int64_t> queries{
      "queries", cl::desc("queries per tile, in rows (default: by the CPU)"),
      cl::init(0), cl::cat(category)};
  cl::opt<int64_t> keys{"keys", cl::desc("keys per tile, in rows"),
                        cl::init(0), cl::cat(category)};
  cl::opt<int64_t> block{
      "block", cl::desc("queries that share a tile of keys, in rows"),
      cl::init(0), cl::cat(category)};
  cl::opt<bool> raise{
      "raise", cl::desc("find attention that is spelled out (default: yes)"),
      cl::init(true), cl::cat(category)};
  cl::opt<EmptyRows> emptyRows{
      "empty-rows",
      cl::desc("what a query gives whose keys are all hidden by data, where "
               "attention is spelled out"),
      cl::init(EmptyRows::AsWritten),
      cl::values(clEnumValN(EmptyRows::AsWritten, "as-written",
                            "what it gives in the program, mostly NaN"),
                 clEnumValN(EmptyRows::Zero, "zero",
                            "0: one pass over the result less")),
      cl::cat(category)};
  cl::opt<int64_t> numThreads{
      "num-threads",
      cl::desc("threads that the kernel runs on (more than one: OpenMP)"),
      cl::init(1), cl::value_desc("N"), cl::cat(category)};
  cl::opt<std::string> memoryBudget{
      "memory-budget",
      cl::desc("memory that a stack of attentions may keep: 65536, 64KiB, 1MiB, "
               "1GiB"),
      cl::value_desc("bytes"), cl::cat(category)};
  cl::opt<int64_t> length{
      "length", cl::desc("tokens to plan for, where their number is free"),
      cl::init(-1), cl::value_desc("N"), cl::cat(category)};
  SmallVector<FormChoice> forms; // In the order given, if there may be several.
  bool severalCPUs = false;
};

CompileCommandLine::CompileCommandLine(bool severalForms, bool severalCPUs)
    : options(std::make_unique<Options>()) {
  options->severalCPUs = severalCPUs;
  if (severalCPUs) {
    options->cpu.setDescription("CPU to generate code for, or several "
                                "(comma-separated) to choose from at run time");
    options->cpu.setValueStr("name,...");
  }
  if (!severalForms)
    return;
  options->form.setMiscFlag(cl::CommaSeparated);
  options->form.setNumOccurrencesFlag(cl::ZeroOrMore);
  options->form.setDescription(
      "forms of attentions that do not say (comma-separated; default: all)");
  options->form.setCallback(
      [this](const FormChoice &form) { options->forms.push_back(form); });
}
CompileCommandLine::~CompileCommandLine() = default;

/// `65536`, `64KiB`, `1.5MiB`; nothing if it is not like these.
static std::optional<int64_t> parseBytes(StringRef text) {
  double unit = 1;
  for (StringRef suffix : {"KiB", "MiB", "GiB"}) {
    unit *= 1024;
    if (text.consume_back(suffix)) {
      double number;
      if (text.getAsDouble(number) || !(number >= 0) ||
          number * unit >= 0x1p62)
        return std::nullopt;
      return static_cast<int64_t>(number * unit);
    }
  }
  int64_t bytes;
  if (text.getAsInteger(10, bytes) || bytes < 0)
    return std::nullopt;
  return bytes;
}

FailureOr<CompileOptions> CompileCommandLine::get() const {
  const Options &given = *options;
  bool isDevice = given.target == TargetChoice::NVPTX;
  if (given.target == TargetChoice::AMDGPU)
    return reportError("no code generation for this target yet; use "
                       "--target=cpu or --target=nvptx");
  if (!isDevice && given.chip.getNumOccurrences())
    return reportError("--chip names a GPU; add --target=nvptx, or use --cpu");
  if (isDevice && given.cpu.getNumOccurrences())
    return reportError("--cpu names a CPU, and --target=nvptx is for GPUs; use "
                       "--chip");
  if (isDevice && given.chip.getNumOccurrences() &&
      !llvm::is_contained(getChips(), given.chip))
    return reportError("unknown chip '" + given.chip + "'; there are " +
                       llvm::join(getChips(), ", "));
  if (isDevice && given.numThreads.getNumOccurrences())
    return reportError("--num-threads is for CPUs: a GPU has as many threads as "
                       "there are independent iterations");
  if (given.numThreads < 1 || given.numThreads > kMaxThreads)
    return reportError("--num-threads takes a number from 1 to " +
                       llvm::Twine(kMaxThreads) + ", got " +
                       llvm::Twine(given.numThreads));
  std::optional<int64_t> budget = parseBytes(given.memoryBudget);
  if (!given.memoryBudget.empty() && !budget)
    return reportError("--memory-budget takes bytes, such as 65536, 64KiB or "
                       "1.5MiB, got '" + given.memoryBudget + "'");
  if (given.length.getNumOccurrences() && given.length < 0)
    return reportError("--length takes a number of tokens, got " +
                       llvm::Twine(given.length));
  if (given.queries < 0 || given.keys < 0 || given.block < 0)
    return reportError("tile sizes are in rows and must not be negative");
  FailureOr<SmallVector<std::string>> cpus = getCPUs();
  if (failed(cpus))
    return failure();
  CompileOptions result;
  result.entry = given.entry;
  result.form = given.form == FormChoice::Materialized ? FormKind::Materialized
                : given.form == FormChoice::Recurrent  ? FormKind::Recurrent
                : given.form == FormChoice::Recompute  ? FormKind::Recompute
                                                       : FormKind::Blocked;
  result.target = isDevice ? Target::NVPTX : Target::CPU;
  result.cpu = cpus->front();
  if (!given.chip.empty())
    result.chip = given.chip;
  result.queries = given.queries;
  result.keys = given.keys;
  result.block = given.block;
  result.raise = given.raise;
  result.emptyRows = given.emptyRows;
  result.numThreads = given.numThreads;
  result.memoryBudget = budget;
  if (given.length >= 0)
    result.length = given.length;
  return result;
}

FailureOr<SmallVector<FormKind>> CompileCommandLine::getForms() const {
  FailureOr<CompileOptions> chosen = get();
  if (failed(chosen))
    return failure();
  if (options->forms.empty()) {
    if (options->form == FormChoice::Auto)
      return SmallVector<FormKind>{FormKind::Materialized, FormKind::Recurrent,
                                   FormKind::Blocked};
    return SmallVector<FormKind>{chosen->form};
  }
  SmallVector<FormKind> forms;
  for (FormChoice form : options->forms) {
    options->form = form; // What get() looks at.
    FailureOr<CompileOptions> one = get();
    if (failed(one))
      return failure();
    forms.push_back(one->form);
  }
  return forms;
}

FailureOr<SmallVector<std::string>> CompileCommandLine::getCPUs() const {
  SmallVector<StringRef> names;
  StringRef(options->cpu).split(names, ',');
  if (names.size() > 1 && !options->severalCPUs)
    return reportError(
        "--cpu takes one CPU here: the code runs on this machine; "
        "attn-compile takes several");
  SmallVector<std::string> cpus;
  for (StringRef name : names) {
    if (name.empty())
      return reportError("--cpu has an empty name; give names of CPUs, with "
                         "commas between them");
    if (llvm::is_contained(cpus, name))
      return reportError("--cpu has '" + name + "' twice; give it once");
    cpus.push_back(name.str());
  }
  return cpus;
}

std::optional<int> mlir::attn::parseCommandLine(int argc, char **argv,
                                                StringRef overview) {
  registerAsmPrinterCLOptions();
  registerMLIRContextCLOptions();
  registerPassManagerCLOptions();
  cl::HideUnrelatedOptions(getToolCategory());
  if (!cl::ParseCommandLineOptions(argc, argv, overview, &llvm::errs()))
    return WrongUsage;
  return std::nullopt;
}

/// The parser and the passes recurse into regions; this much fits on any stack.
static constexpr unsigned kMaxNesting = 500;

/// Where brackets of textual IR are nested too deep, or null. Strings and comments
/// do not count.
static const char *findDeepNesting(StringRef text) {
  unsigned depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
    case '"':
      for (++i; i < text.size() && text[i] != '"' && text[i] != '\n'; ++i)
        i += text[i] == '\\';
      break;
    case '/':
      if (text.substr(i, 2) == "//")
        i = std::min(text.find('\n', i), text.size());
      break;
    case '{':
    case '[':
    case '(':
      if (++depth > kMaxNesting)
        return text.data() + i;
      break;
    case '}':
    case ']':
    case ')':
      depth -= depth > 0;
      break;
    }
  }
  return nullptr;
}

ModuleFile::~ModuleFile() = default;

std::unique_ptr<ModuleFile> ModuleFile::open(StringRef path,
                                             MLIRContext &context) {
  if (path != "-" && llvm::sys::fs::is_directory(path)) {
    (void)reportError("cannot read " + path + ": it is a directory");
    return nullptr;
  }
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(path);
  if (!buffer) {
    (void)reportError("cannot read " + path + ": " +
                      buffer.getError().message());
    return nullptr;
  }
  auto file = std::make_unique<ModuleFile>();
  StringRef text = (*buffer)->getBuffer();
  const char *deep =
      isBytecode((*buffer)->getMemBufferRef()) ? nullptr : findDeepNesting(text);
  file->sources.AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
  file->handler = std::make_unique<SourceMgrDiagnosticHandler>(
      file->sources, &context, llvm::errs());
  if (deep) {
    file->sources.PrintMessage(
        llvm::errs(), llvm::SMLoc::getFromPointer(deep),
        llvm::SourceMgr::DK_Error,
        "regions and brackets are nested more than " +
            llvm::Twine(kMaxNesting) + " deep; flatten the function");
    return nullptr;
  }
  // Attention of other projects comes as operations that nobody registers. What
  // is checked, described and compiled is what they become.
  context.allowUnregisteredDialects();
  {
    ScopedDiagnosticHandler hint(&context, [](Diagnostic &diagnostic) {
      if (StringRef(diagnostic.str()).starts_with("Dialect `"))
        diagnostic.attachNote()
            << "operations of other projects are read in generic form: print "
               "the file with --mlir-print-op-generic (docs/Raising/Foreign.md)";
      return failure();
    });
    file->module = parseSourceFile<ModuleOp>(file->sources, &context);
  }
  if (!file->module)
    return nullptr;
  PassManager pm(&context, ModuleOp::getOperationName());
  buildImportPipeline(pm);
  if (failed(pm.run(*file->module)))
    return nullptr;
  return file;
}
