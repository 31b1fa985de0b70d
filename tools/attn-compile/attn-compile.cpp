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
#include "attn/Target/CPU/Variants.h"
#include "common/ToolOptions.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Program.h"
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

/// The program compiled for one CPU.
struct Variant {
  std::string cpu; // As the command line has it.
  Compiler compiler;
  SmallVector<std::string> forms;
  std::unique_ptr<llvm::Module> code;
};

/// A kernel of one variant, or of several in the order of preference.
struct Kernel {
  KernelInterface interface;
  ScratchMemory scratch; // Of the largest.
  std::vector<Variant> variants;

  bool hasSeveral() const { return variants.size() > 1; }
};

llvm::json::Object describe(const Kernel &kernel) {
  const KernelInterface &interface = kernel.interface;
  llvm::json::Object object{
      {"name", interface.name},
      {"arguments", describeArguments(interface)},
      {"sizes", llvm::json::Array(interface.sizes)},
      {"threads", interface.numThreads},
      {"scratch", llvm::json::Object{
                      {"stack_bytes", kernel.scratch.stackBytes},
                      {"thread_stack_bytes", kernel.scratch.threadStackBytes},
                      {"heap_bytes", kernel.scratch.heapBytes},
                      {"dynamic_buffers", kernel.scratch.dynamicBuffers}}}};
  llvm::json::Array variants;
  for (const Variant &variant : kernel.variants)
    variants.push_back(llvm::json::Object{
        {"cpu", kernel.hasSeveral()
                    ? StringRef(variant.cpu)
                    : variant.compiler.getMachine().target->getTargetCPU()},
        {"vector_bits", variant.compiler.getMachine().vectorBits}});
  if (kernel.hasSeveral())
    object["variants"] = std::move(variants);
  else
    for (auto &[key, value] : *variants.front().getAsObject())
      object[key] = std::move(value);
  return object;
}

std::string getSummary(const Kernel &kernel) {
  std::string text;
  llvm::raw_string_ostream os(text);
  const ScratchMemory &scratch = kernel.scratch;
  os << "kernel   " << kernel.interface.name << "\n";
  for (const Variant &variant : kernel.variants) {
    const Machine &machine = variant.compiler.getMachine();
    os << "cpu      " << machine.target->getTargetCPU() << ", "
       << machine.vectorBits << "-bit vectors, " << machine.vectorRegisters
       << " registers\n";
  }
  for (const std::string &form : kernel.variants.front().forms)
    os << "form     " << form << "\n";
  if (int64_t threads = kernel.interface.numThreads; threads > 1)
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
    const auto *found = llvm::find_if(raising.found, [&](const auto &found) {
      return found.location == op.getLoc();
    });
    bool isRaised = found != raising.found.end();
    entry.origin = isRaised ? "linalg" : "attn.attention";
    entry.scores = describeScores(op);
    if (isRaised)
      entry.scores += describeEmptyRows(*found);
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

using Wants = llvm::function_ref<bool(Emit)>;

/// Compiles to LLVM IR, and adds what there is to see on the way to `outputs`.
FailureOr<Variant> compileVariant(ModuleOp module,
                                  const CompileOptions &compileOptions,
                                  Wants wants, llvm::LLVMContext &context,
                                  Outputs &outputs) {
  FailureOr<Compiler> compiler = Compiler::create(module, compileOptions);
  if (failed(compiler) || failed(compiler->raise()))
    return failure();
  Variant variant;
  variant.cpu = compileOptions.cpu;
  variant.forms = describeForms(module, compileOptions.form);
  auto attentions =
      describeAttentions(module, compiler->getRaising(), compileOptions);
  if (failed(compiler->lowerToForm()))
    return failure();
  if (wants(Emit::MLIR))
    outputs.add("mlir", print(module));
  if (failed(compiler->lowerToBuffers()))
    return failure();
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
  auto translated = compiler->translate(context);
  if (!translated)
    return module.emitError(llvm::toString(translated.takeError()));
  variant.code = std::move(*translated);
  variant.compiler = std::move(*compiler);
  return variant;
}

/// Compiles for each of `cpus`.
FailureOr<Kernel> compileVariants(ModuleOp module,
                                  CompileOptions compileOptions,
                                  ArrayRef<std::string> cpus, Wants wants,
                                  llvm::LLVMContext &context,
                                  Outputs &outputs) {
  Kernel kernel;
  compileOptions.isVariant = cpus.size() > 1;
  for (auto [i, cpu] : llvm::enumerate(cpus)) {
    bool isFirst = i == 0;
    // What is remarked of the program is remarked once.
    ScopedDiagnosticHandler once(
        module.getContext(), [isFirst](Diagnostic &diagnostic) {
          return success(!isFirst &&
                         diagnostic.getSeverity() != DiagnosticSeverity::Error);
        });
    OwningOpRef<ModuleOp> copy = module.clone();
    compileOptions.cpu = cpu;
    FailureOr<Variant> variant =
        compileVariant(*copy, compileOptions, wants, context, outputs);
    if (failed(variant))
      return failure();
    auto place = llvm::upper_bound(
        kernel.variants, *variant, [](const Variant &a, const Variant &b) {
          return isPreferred(a.compiler.getMachine(), b.compiler.getMachine());
        });
    kernel.variants.insert(place, std::move(*variant));
  }
  kernel.interface = kernel.variants.front().compiler.getInterface();
  for (const Variant &variant : kernel.variants) {
    const ScratchMemory &scratch = variant.compiler.getScratch();
    auto enlarge = [](int64_t &size, int64_t other) {
      size = std::max(size, other);
    };
    enlarge(kernel.scratch.stackBytes, scratch.stackBytes);
    enlarge(kernel.scratch.threadStackBytes, scratch.threadStackBytes);
    enlarge(kernel.scratch.heapBytes, scratch.heapBytes);
    enlarge(kernel.scratch.dynamicBuffers, scratch.dynamicBuffers);
    enlarge(kernel.interface.numThreads,
            variant.compiler.getInterface().numThreads);
  }
  return kernel;
}

/// The code of all variants.
FailureOr<std::unique_ptr<llvm::Module>> link(Kernel &kernel) {
  if (!kernel.hasSeveral())
    return std::move(kernel.variants.front().code);
  SmallVector<KernelVariant> variants;
  for (Variant &variant : kernel.variants)
    variants.push_back(
        {variant.cpu, &variant.compiler.getMachine(), std::move(variant.code)});
  auto linked = linkVariants(variants, kernel.interface);
  if (!linked)
    return reportError(llvm::toString(linked.takeError()));
  return std::move(*linked);
}

/// Adds descriptions of the kernel.
void addDescriptions(const Kernel &kernel, Wants wants, Outputs &outputs) {
  if (wants(Emit::H)) {
    SmallVector<std::string> cpus;
    for (const Variant &variant : kernel.variants)
      if (kernel.hasSeveral())
        cpus.push_back(variant.cpu);
    outputs.add("h", getCHeader(kernel.interface, kernel.scratch, cpus));
  }
  if (wants(Emit::JSON))
    outputs.add("json",
                llvm::formatv("{0:2}\n", llvm::json::Value(describe(kernel))));
  if (wants(Emit::Summary))
    outputs.add("summary", getSummary(kernel));
}

/// Adds what is made of LLVM IR.
LogicalResult addCode(Kernel &kernel, Wants wants, Outputs &outputs) {
  FailureOr<std::unique_ptr<llvm::Module>> code = link(kernel);
  if (failed(code))
    return failure();
  if (wants(Emit::LL))
    outputs.add("ll", print(**code));
  if (wants(Emit::BC)) {
    std::string bitcode;
    llvm::raw_string_ostream os(bitcode);
    llvm::WriteBitcodeToFile(**code, os);
    outputs.add("bc", bitcode);
  }
  // Each function of a variant says what it is for.
  const Machine &machine = kernel.variants.back().compiler.getMachine();
  auto emit = [&](llvm::CodeGenFileType type) -> FailureOr<std::string> {
    // Emission changes the module: give each its own.
    std::unique_ptr<llvm::Module> copy = llvm::CloneModule(**code);
    auto emitted = emitCode(*copy, machine, type);
    if (!emitted)
      return reportError(llvm::toString(emitted.takeError()));
    return std::string(emitted->begin(), emitted->end());
  };
  if (wants(Emit::S)) {
    FailureOr<std::string> assembly = emit(llvm::CodeGenFileType::AssemblyFile);
    if (failed(assembly))
      return failure();
    outputs.add("s", *assembly);
  }
  if (!wants(Emit::O) && !wants(Emit::A) && !wants(Emit::SO))
    return success();
  FailureOr<std::string> object = emit(llvm::CodeGenFileType::ObjectFile);
  if (failed(object))
    return failure();
  if (wants(Emit::O))
    outputs.add("o", *object);
  if (wants(Emit::A)) {
    FailureOr<std::string> archive =
        createArchive(kernel.interface.name + ".o", *object);
    if (failed(archive))
      return failure();
    outputs.add("a", *archive);
  }
  if (wants(Emit::SO)) {
    if (!machine.isHost)
      return reportError("the linker here makes libraries for this machine, "
                         "not for '" +
                         kernel.variants.front().cpu +
                         "'; use --emit=o and link it there");
    FailureOr<std::string> library =
        linkShared(*object, kernel.interface.numThreads > 1);
    if (failed(library))
      return failure();
    outputs.add("so", *library);
  }
  return success();
}

LogicalResult compile(ModuleOp module, const CompileOptions &compileOptions,
                      ArrayRef<std::string> cpus, const Options &options) {
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

  for (Emit kind : {Emit::MLIR, Emit::LLVMMLIR, Emit::Report})
    if (cpus.size() > 1 && wants(kind))
      return reportError("--emit=" + getName(kind) +
                         " shows the program of one "
                         "CPU; give --cpu one name");

  Outputs outputs;
  if (isDevice) {
    if (failed(compileForDevice(module, compileOptions, emits, outputs)))
      return failure();
    return outputs.write(options.prefix);
  }
  llvm::LLVMContext context;
  FailureOr<Kernel> kernel =
      compileVariants(module, compileOptions, cpus, wants, context, outputs);
  if (failed(kernel))
    return failure();
  addDescriptions(*kernel, wants, outputs);
  if (failed(addCode(*kernel, wants, outputs)))
    return failure();
  return outputs.write(options.prefix);
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  CompileCommandLine commandLine(/*severalForms=*/false, /*severalCPUs=*/true);
  Options options;
  if (auto status = parseCommandLine(
          argc, argv, "attn-compile: attention IR to kernels\n"))
    return *status;
  FailureOr<CompileOptions> compileOptions = commandLine.get();
  if (failed(compileOptions))
    return Failed;
  FailureOr<SmallVector<std::string>> cpus = commandLine.getCPUs();
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  auto file = ModuleFile::open(options.input, context);
  if (!file ||
      failed(compile(file->getModule(), *compileOptions, *cpus, options)))
    return Failed;
  return Success;
}
