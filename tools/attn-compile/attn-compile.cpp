//===- attn-compile.cpp - Attention IR to kernels ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Outputs.h"
#include "attn/Analysis/SpaceTimeReport.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Target/CPU/CHeader.h"
#include "attn/Target/CPU/Emission.h"
#include "common/ToolOptions.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Program.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace mlir;
using namespace mlir::attn;
namespace cl = llvm::cl;

namespace {

struct Options {
  cl::opt<std::string> input{cl::Positional, cl::desc("<FILE.mlir>"),
                             cl::init("-"), cl::cat(getToolCategory())};
  cl::list<Emit> emit{
      "emit", cl::CommaSeparated, cl::cat(getToolCategory()),
      cl::desc("what to write (comma-separated; default: o,h, and ptx,h for "
               "--target=nvptx)"),
      cl::values(
          clEnumValN(Emit::MLIR, "mlir", "the form, as linalg on tensors"),
          clEnumValN(Emit::LLVMMLIR, "llvm-mlir", "LLVM dialect"),
          clEnumValN(Emit::LL, "ll", "optimized LLVM IR"),
          clEnumValN(Emit::BC, "bc", "LLVM bitcode"),
          clEnumValN(Emit::S, "s", "assembly"),
          clEnumValN(Emit::O, "o", "object file"),
          clEnumValN(Emit::A, "a", "static library"),
          clEnumValN(Emit::SO, "so", "shared library (needs a linker)"),
          clEnumValN(Emit::H, "h", "C header"),
          clEnumValN(Emit::JSON, "json", "the interface, for programs"),
          clEnumValN(Emit::Summary, "summary", "the interface, for people"),
          clEnumValN(Emit::Report, "report",
                     "work against memory, as an HTML page"),
          clEnumValN(Emit::PTX, "ptx", "PTX, for --target=nvptx"),
          clEnumValN(Emit::Cubin, "cubin",
                     "machine code of a GPU (needs CUDA's ptxas)"))};
  cl::opt<std::string> prefix{
      "o", cl::value_desc("PREFIX"), cl::cat(getToolCategory()),
      cl::desc("files are PREFIX.mlir, PREFIX.o, ...; without it a single text "
               "output goes to stdout")};
};

//===----------------------------------------------------------------------===//
// Libraries
//===----------------------------------------------------------------------===//

FailureOr<std::string> createArchive(StringRef name, StringRef object) {
  llvm::NewArchiveMember member(llvm::MemoryBufferRef(object, name));
  SmallVector<llvm::NewArchiveMember> members;
  members.push_back(std::move(member));
  auto archive = llvm::writeArchiveToBuffer(
      members, llvm::SymtabWritingMode::NormalSymtab,
      llvm::object::Archive::K_GNU, /*Deterministic=*/true, /*Thin=*/false);
  if (!archive)
    return reportError(llvm::toString(archive.takeError()));
  return (*archive)->getBuffer().str();
}

/// Links with the system's compiler driver, in temporary files.
FailureOr<std::string> linkShared(StringRef object, bool withOpenMP) {
  std::string linker;
  for (StringRef name : {"cc", "clang-22", "clang", "gcc"})
    if (auto path = llvm::sys::findProgramByName(name)) {
      linker = *path;
      break;
    }
  if (linker.empty())
    return reportError("no linker for a shared library: install a C compiler "
                       "(cc, clang or gcc), or use --emit=o");
  SmallString<128> objectPath, libraryPath, logPath;
  if (llvm::sys::fs::createTemporaryFile("attn", "o", objectPath) ||
      llvm::sys::fs::createTemporaryFile("attn", "so", libraryPath) ||
      llvm::sys::fs::createTemporaryFile("attn", "log", logPath))
    return reportError("cannot create temporary files");
  llvm::FileRemover removeObject(objectPath), removeLibrary(libraryPath),
      removeLog(logPath);
  if (auto error = llvm::writeToOutput(objectPath, [&](llvm::raw_ostream &os) {
        os << object;
        return llvm::Error::success();
      }))
    return reportError(llvm::toString(std::move(error)));
  std::optional<StringRef> redirects[] = {std::nullopt, StringRef(logPath),
                                          StringRef(logPath)};
  SmallVector<StringRef> arguments = {linker,     "-shared", "-o", libraryPath,
                                      objectPath, "-lm"};
  if (withOpenMP) // Where it is, also for the loader: beside LLVM.
    llvm::append_values(arguments, "-L" ATTN_LLVM_LIBRARY_DIR, "-lomp",
                        "-Wl,-rpath," ATTN_LLVM_LIBRARY_DIR);
  std::string message;
  int status = llvm::sys::ExecuteAndWait(linker, arguments, std::nullopt,
                                         redirects, 0, 0, &message);
  if (status != 0) {
    auto log = llvm::MemoryBuffer::getFile(logPath);
    return reportError(linker + " could not link: " + message +
                       (log ? (*log)->getBuffer() : "") +
                       (withOpenMP ? "\na kernel for several threads needs "
                                     "LLVM's OpenMP runtime: install "
                                     "libomp-22-dev, or use --num-threads=1"
                                   : ""));
  }
  auto library = llvm::MemoryBuffer::getFile(libraryPath);
  if (!library)
    return reportError("cannot read the linked library");
  return (*library)->getBuffer().str();
}

//===----------------------------------------------------------------------===//
// Descriptions
//===----------------------------------------------------------------------===//

llvm::json::Object describe(const Compiler &compiler) {
  const KernelInterface &interface = compiler.getInterface();
  return llvm::json::Object{
      {"name", interface.name},
      {"arguments", describeArguments(interface)},
      {"sizes", llvm::json::Array(interface.sizes)},
      {"cpu", compiler.getMachine().target->getTargetCPU()},
      {"vector_bits", compiler.getMachine().vectorBits},
      {"threads", interface.numThreads},
      {"scratch",
       llvm::json::Object{
           {"stack_bytes", compiler.getScratch().stackBytes},
           {"thread_stack_bytes", compiler.getScratch().threadStackBytes},
           {"heap_bytes", compiler.getScratch().heapBytes},
           {"dynamic_buffers", compiler.getScratch().dynamicBuffers}}}};
}

std::string getSummary(const Compiler &compiler, ArrayRef<std::string> forms) {
  std::string text;
  llvm::raw_string_ostream os(text);
  const ScratchMemory &scratch = compiler.getScratch();
  const llvm::TargetMachine &target = *compiler.getMachine().target;
  os << "kernel   " << compiler.getInterface().name << "\n";
  os << "cpu      " << target.getTargetCPU() << ", "
     << compiler.getMachine().vectorBits << "-bit vectors, "
     << compiler.getMachine().vectorRegisters << " registers\n";
  for (const std::string &form : forms)
    os << "form     " << form << "\n";
  if (int64_t threads = compiler.getInterface().numThreads; threads > 1)
    os << "threads  " << threads << ", with " << scratch.threadStackBytes
       << " bytes of stack each\n";
  os << "scratch  " << scratch.stackBytes << " bytes of stack, "
     << scratch.heapBytes << " bytes of heap";
  if (scratch.dynamicBuffers)
    os << ", " << scratch.dynamicBuffers << " buffers sized by the arguments";
  os << "\n";
  return text;
}

/// The form of each attention, as the user's module and the options say.
SmallVector<std::string> describeForms(ModuleOp module, FormKind fallback) {
  SmallVector<std::string> forms;
  module.walk([&](AttentionOp op) {
    std::string text;
    llvm::raw_string_ostream os(text);
    FormAttr form = op.getFormAttr();
    os << stringifyFormKind(form ? form.getKind() : fallback) << " for "
       << op.getQuery().getType() << " x " << op.getKey().getType();
    if (MaskAttrInterface mask = op.getMaskAttr())
      os << ", mask " << Attribute(mask);
    forms.push_back(text);
  });
  return forms;
}

/// Each attention: where it is, its form and who chose it.
SmallVector<Report::Attention>
describeAttentions(ModuleOp module, const RaisingReport &raising,
                   const CompileOptions &options) {
  SmallVector<Report::Attention> attentions;
  module.walk([&](AttentionOp op) {
    auto function = op->getParentOfType<func::FuncOp>();
    bool hasPlan = function->hasAttr(AttnDialect::kPlan);
    FormAttr form = op.getFormAttr();
    Report::Attention &entry = attentions.emplace_back();
    entry.location = describeLocation(op.getLoc());
    bool isRaised = llvm::any_of(raising.found, [&](const auto &found) {
      return found.location == op.getLoc();
    });
    entry.origin = isRaised ? "linalg" : "attn.attention";
    entry.scores = describeScores(op);
    bool isLayer = isMixer(op) && hasComputedKeys(op);
    if (isLayer && (hasPlan || options.memoryBudget)) {
      entry.form = "recompute";
      entry.why = hasPlan ? "the plan of the function, attn.plan"
                          : "a plan within the memory budget";
      return;
    }
    entry.form = stringifyFormKind(form ? form.getKind() : options.form);
    entry.why = form ? "its form attribute" : "the command line, or its default";
  });
  return attentions;
}

/// The page about a program: its attention and, if it is a stack, what it could
/// cost and what it does.
FailureOr<std::string>
getReport(const Compiler &compiler, const CompileOptions &options,
          SmallVector<Report::Attention> attentions) {
  Report report;
  report.title = compiler.getInterface().name;
  report.attentions = std::move(attentions);
  for (const RaisingReport::Refused &refused : compiler.getRaising().refused)
    report.refusals.push_back({describeLocation(refused.location),
                               refused.reason, refused.help});
  report.budgetBytes = options.memoryBudget;
  const std::optional<PlannedStack> &planned = compiler.getPlan();
  if (!planned) {
    if (report.attentions.empty() && report.refusals.empty())
      return reportError("--emit=report is about attention, and '" +
                         report.title + "' has none");
  } else if (compiler.getChoice()) {
    report.choice = *compiler.getChoice();
  } else {
    int64_t length = ShapedType::isDynamic(planned->cost.length)
                         ? options.length.value_or(-1)
                         : planned->cost.length;
    if (length < 0)
      return reportError("a plan depends on the number of tokens, which is free "
                         "here; say how many: --length=N");
    report.choice =
        choosePlan(planned->cost, length, /*budgetBytes=*/std::nullopt);
    Plan plan = Plan::get(planned->plan);
    markPlan(report.choice, plan, evaluate(planned->cost, plan, length));
  }
  std::string page;
  llvm::raw_string_ostream os(page);
  writeReport(os, report);
  return page;
}

//===----------------------------------------------------------------------===//
// The steps
//===----------------------------------------------------------------------===//

LogicalResult compile(ModuleOp module, const CompileOptions &compileOptions,
                      const Options &options) {
  SmallVector<Emit> emits(options.emit.begin(), options.emit.end());
  bool isDevice = compileOptions.target == Target::NVPTX;
  if (emits.empty())
    emits = {isDevice ? Emit::PTX : Emit::O, Emit::H};
  auto wants = [&](Emit kind) { return llvm::is_contained(emits, kind); };
  if (!isDevice && (wants(Emit::PTX) || wants(Emit::Cubin)))
    return reportError("--emit=ptx and --emit=cubin are for GPUs; add "
                       "--target=nvptx");
  bool isText = emits.size() == 1 && !wants(Emit::BC) && !wants(Emit::O) &&
                !wants(Emit::A) && !wants(Emit::SO) && !wants(Emit::Cubin);
  if (options.prefix.empty() && !isText)
    return reportError("give -o PREFIX: binary files and several outputs do "
                       "not go to stdout");

  Outputs outputs;
  if (isDevice) {
    if (failed(compileForDevice(module, compileOptions, emits, outputs)))
      return failure();
    return outputs.write(options.prefix);
  }
  FailureOr<Compiler> compiler = Compiler::create(module, compileOptions);
  if (failed(compiler) || failed(compiler->raise()))
    return failure();
  SmallVector<std::string> forms =
      describeForms(module, compileOptions.form);
  auto attentions = describeAttentions(module, compiler->getRaising(), compileOptions);
  if (failed(compiler->lowerToForm()))
    return failure();
  if (wants(Emit::MLIR))
    outputs.add("mlir", print(module));
  if (failed(compiler->lowerToBuffers()))
    return failure();
  if (wants(Emit::H))
    outputs.add("h", getCHeader(compiler->getInterface(),
                                compiler->getScratch()));
  if (wants(Emit::JSON))
    outputs.add("json", llvm::formatv("{0:2}\n", llvm::json::Value(describe(
                                                     *compiler))));
  if (wants(Emit::Summary))
    outputs.add("summary", getSummary(*compiler, forms));
  if (wants(Emit::Report)) {
    FailureOr<std::string> page =
        getReport(*compiler, compileOptions, std::move(attentions));
    if (failed(page))
      return failure();
    outputs.add("html", *page);
  }
  if (failed(compiler->lowerToLLVM()))
    return failure();
  if (wants(Emit::LLVMMLIR))
    outputs.add("llvm.mlir", print(module));

  llvm::LLVMContext context;
  auto translated = compiler->translate(context);
  if (!translated)
    return module.emitError(llvm::toString(translated.takeError()));
  if (wants(Emit::LL))
    outputs.add("ll", print(**translated));
  if (wants(Emit::BC)) {
    std::string code;
    llvm::raw_string_ostream os(code);
    llvm::WriteBitcodeToFile(**translated, os);
    outputs.add("bc", code);
  }
  auto emit = [&](llvm::CodeGenFileType type) -> FailureOr<std::string> {
    // Emission changes the module: give each its own.
    std::unique_ptr<llvm::Module> copy = llvm::CloneModule(**translated);
    auto code = emitCode(*copy, compiler->getMachine(), type);
    if (!code)
      return reportError(llvm::toString(code.takeError()));
    return std::string(code->begin(), code->end());
  };
  if (wants(Emit::S)) {
    FailureOr<std::string> code = emit(llvm::CodeGenFileType::AssemblyFile);
    if (failed(code))
      return failure();
    outputs.add("s", *code);
  }
  if (wants(Emit::O) || wants(Emit::A) || wants(Emit::SO)) {
    FailureOr<std::string> object = emit(llvm::CodeGenFileType::ObjectFile);
    if (failed(object))
      return failure();
    if (wants(Emit::O))
      outputs.add("o", *object);
    if (wants(Emit::A)) {
      FailureOr<std::string> archive =
          createArchive(compiler->getInterface().name + ".o", *object);
      if (failed(archive))
        return failure();
      outputs.add("a", *archive);
    }
    if (wants(Emit::SO)) {
      if (!compiler->getMachine().isHost)
        return reportError("the linker here makes libraries for this machine, "
                           "not for '" + compileOptions.cpu +
                           "'; use --emit=o and link it there");
      FailureOr<std::string> library = linkShared(
          *object, compiler->getInterface().numThreads > 1);
      if (failed(library))
        return failure();
      outputs.add("so", *library);
    }
  }
  return outputs.write(options.prefix);
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  CompileCommandLine commandLine;
  Options options;
  if (auto status = parseCommandLine(
          argc, argv, "attn-compile: attention IR to kernels\n"))
    return *status;
  FailureOr<CompileOptions> compileOptions = commandLine.get();
  if (failed(compileOptions))
    return Failed;
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  auto file = ModuleFile::open(options.input, context);
  if (!file || failed(compile(file->getModule(), *compileOptions, options)))
    return Failed;
  return Success;
}
