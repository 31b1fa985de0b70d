//===- Conformance.cpp - Cases of a standard, against every form ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Conformance.h"
#include "Accuracy.h"
#include "attn/Conversion/Passes.h"
#include "attn/Runtime/Npy.h"
#include "common/KernelRun.h"
#include "common/ToolOptions.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::attn;

int64_t ConformanceCase::getInteger(StringRef attribute,
                                    int64_t fallback) const {
  return attributes.getInteger(attribute).value_or(fallback);
}
std::optional<double> ConformanceCase::getNumber(StringRef attribute) const {
  return attributes.getNumber(attribute);
}

//===----------------------------------------------------------------------===//
// Reading a case
//===----------------------------------------------------------------------===//

static llvm::Expected<CaseTensor> readTensor(StringRef name,
                                             const llvm::json::Object &tensors) {
  const llvm::json::Object *entry = tensors.getObject(name);
  if (!entry)
    return llvm::createStringError("case.json describes no tensor '" + name +
                                   "'");
  auto type = entry->getString("type");
  const llvm::json::Array *shape = entry->getArray("shape");
  if (!type || !shape)
    return llvm::createStringError("case.json gives no type or no shape for '" +
                                   name + "'");
  CaseTensor tensor;
  tensor.name = name.str();
  tensor.elementType = llvm::StringSwitch<std::string>(*type)
                           .Case("float32", "f32")
                           .Case("float16", "f16")
                           .Case("bfloat16", "bf16")
                           .Case("float64", "f64")
                           .Case("int64", "i64")
                           .Case("int32", "i32")
                           .Case("bool", "i1")
                           .Default("");
  if (tensor.elementType.empty())
    return llvm::createStringError("tensor '" + name + "' has the unknown type " +
                                   *type);
  for (const llvm::json::Value &size : *shape) {
    auto number = size.getAsInteger();
    if (!number || *number < 0)
      return llvm::createStringError("tensor '" + name +
                                     "' has a malformed shape");
    tensor.shape.push_back(*number);
  }
  return tensor;
}

static llvm::Expected<ConformanceCase> readCase(StringRef folder) {
  SmallString<128> path(folder);
  llvm::sys::path::append(path, "case.json");
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return llvm::createStringError(path + ": " + buffer.getError().message());
  auto parsed = llvm::json::parse((*buffer)->getBuffer());
  if (!parsed)
    return llvm::createStringError(path + ": " +
                                   llvm::toString(parsed.takeError()));
  const llvm::json::Object *root = parsed->getAsObject();
  const llvm::json::Object *tensors = root ? root->getObject("tensors") : nullptr;
  auto operation = root ? root->getString("op") : std::nullopt;
  if (!tensors || !operation)
    return llvm::createStringError(path + ": needs \"op\" and \"tensors\"");
  ConformanceCase test;
  test.name = llvm::sys::path::filename(folder).str();
  test.folder = folder.str();
  test.operation = operation->str();
  if (const llvm::json::Object *attributes = root->getObject("attributes"))
    test.attributes = *attributes;
  auto readList = [&](StringRef key,
                      std::vector<CaseTensor> &list) -> llvm::Error {
    const llvm::json::Array *names = root->getArray(key);
    if (!names)
      return llvm::createStringError(path + ": needs \"" + key + "\"");
    for (const llvm::json::Value &entry : *names) {
      auto name = entry.getAsString();
      if (!name)
        return llvm::createStringError(path + ": \"" + key +
                                       "\" must hold names");
      if (name->empty()) {
        list.emplace_back();
        continue;
      }
      auto tensor = readTensor(*name, *tensors);
      if (!tensor)
        return tensor.takeError();
      list.push_back(std::move(*tensor));
    }
    return llvm::Error::success();
  };
  if (auto error = readList("inputs", test.inputs))
    return error;
  if (auto error = readList("outputs", test.outputs))
    return error;
  return test;
}

//===----------------------------------------------------------------------===//
// Running a case
//===----------------------------------------------------------------------===//

static llvm::Expected<Array> readCaseArray(const ConformanceCase &test,
                                           const CaseTensor &tensor,
                                           MLIRContext &context) {
  SmallString<128> path(test.folder);
  llvm::sys::path::append(path, tensor.name + ".npy");
  Type type = parseType(tensor.elementType, &context);
  auto array = readNpy(path, type, &context);
  if (!array)
    return array.takeError();
  if (ArrayRef<int64_t>(array->shape) != ArrayRef<int64_t>(tensor.shape))
    return llvm::createStringError(path + ": its shape differs from case.json");
  return array;
}

namespace {
/// One way to compute a case.
struct Variant {
  std::string name, source;
  FormKind form;
};
} // namespace

/// The module of `source`, with no operation that is not known.
static llvm::Expected<OwningOpRef<ModuleOp>> parse(const std::string &source,
                                                   MLIRContext &context) {
  std::string reason;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (reason.empty())
      llvm::raw_string_ostream(reason) << diagnostic;
    return success();
  });
  context.allowUnregisteredDialects();
  auto module = parseSourceString<ModuleOp>(source, &context);
  if (!module)
    return llvm::createStringError("malformed IR: " + reason);
  PassManager pm(&context, ModuleOp::getOperationName());
  pm.addPass(createForeignToAttn({/*refuseOthers=*/true}));
  if (failed(pm.run(*module)))
    return llvm::createStringError(reason);
  return module;
}

/// Fails with the reason to skip the case.
static llvm::Expected<std::vector<Variant>>
getVariants(const ConformanceCase &test, ArrayRef<FormKind> forms,
            MLIRContext &context) {
  std::vector<Variant> variants;
  if (test.operation == "Attention") {
    std::string source = getOnnxAttentionModule(test);
    if (auto module = parse(source, context); !module)
      return module.takeError();
    for (FormKind form : forms)
      variants.push_back({stringifyFormKind(form).str(), source, form});
    return variants;
  }
  if (test.operation != "LinearAttention")
    return llvm::createStringError("no " + test.operation + " operation yet");
  for (StringRef schedule : {"sequential", "chunked"}) {
    auto source = getOnnxLinearAttentionModule(test, schedule);
    if (!source)
      return source.takeError();
    variants.push_back({schedule.str(), *source, forms.front()});
  }
  // A cell that is no monoid has one order only.
  if (variants[0].source == variants[1].source)
    variants.pop_back();
  return variants;
}

/// The largest error over all outputs, or why the case fails.
static llvm::Expected<double> runVariant(const ConformanceCase &test,
                                         const Variant &variant,
                                         CompileOptions options,
                                         MLIRContext &context) {
  auto module = parse(variant.source, context);
  if (!module)
    return module.takeError();
  // Diagnostics become the reason.
  std::string reason;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (reason.empty())
      llvm::raw_string_ostream(reason) << diagnostic;
    return success();
  });
  options.form = variant.form;
  FailureOr<CompiledKernel> compiled = compileToObject(**module, options);
  if (failed(compiled))
    return llvm::createStringError("does not compile: " + reason);
  auto kernel = LoadedKernel::load(compiled->object, compiled->interface);
  if (!kernel)
    return kernel.takeError();

  std::vector<Array> inputs;
  for (const CaseTensor &tensor : test.inputs) {
    if (tensor.name.empty())
      continue;
    auto array = readCaseArray(test, tensor, context);
    if (!array)
      return array.takeError();
    inputs.push_back(std::move(*array));
  }
  auto sizes = bindSizes(kernel->getInterface(), inputs, {});
  if (!sizes)
    return sizes.takeError();
  auto run = KernelRun::create(*kernel, std::move(inputs), *sizes);
  if (!run)
    return run.takeError();
  if (auto error = run->run())
    return error;

  double worst = 0;
  for (auto [tensor, output] : llvm::zip_equal(test.outputs, run->getOutputs())) {
    auto expected = readCaseArray(test, tensor, context);
    if (!expected)
      return expected.takeError();
    auto reference = ReferenceValue::fromArray(*expected);
    if (!reference)
      return reference.takeError();
    Comparison comparison = compare(
        output, *reference, getDefaultTolerance(output.elementType));
    if (!comparison.agrees())
      return llvm::createStringError(llvm::formatv(
          "{0}{1} is {2}, expected {3} ({4} elements differ)", tensor.name,
          describeIndex(output.shape, comparison.firstBad->index),
          comparison.firstBad->computed, comparison.firstBad->expected,
          comparison.mismatches));
    worst = std::max(worst, comparison.maxAbsError);
  }
  return worst;
}

LogicalResult mlir::attn::runConformance(StringRef directory,
                                         ArrayRef<FormKind> forms,
                                         const CompileOptions &options,
                                         MLIRContext &context) {
  SmallVector<std::string> folders;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator it(directory, error), end;
       !error && it != end; it.increment(error))
    if (llvm::sys::fs::is_directory(it->path()))
      folders.push_back(it->path());
  if (error)
    return reportError("cannot read " + directory + ": " + error.message());
  if (folders.empty())
    return reportError("no cases in " + directory +
                       ": a case is a folder with case.json");
  llvm::sort(folders);

  unsigned passed = 0, failures = 0, skipped = 0;
  for (const std::string &folder : folders) {
    StringRef name = llvm::sys::path::filename(folder);
    auto fail = [&](const llvm::Twine &reason) {
      ++failures;
      llvm::outs() << "FAIL  " << name << ": " << reason << "\n";
    };
    auto test = readCase(folder);
    if (!test) {
      fail(llvm::toString(test.takeError()));
      continue;
    }
    auto variants = getVariants(*test, forms, context);
    if (!variants) {
      ++skipped;
      llvm::outs() << "SKIP  " << name << ": "
                   << llvm::toString(variants.takeError()) << "\n";
      continue;
    }
    std::string line, reason;
    for (const Variant &variant : *variants) {
      auto worst = runVariant(*test, variant, options, context);
      if (!worst) {
        reason = variant.name + ": " + llvm::toString(worst.takeError());
        break;
      }
      line += llvm::formatv("  {0} {1:e1}", variant.name, *worst);
    }
    if (!reason.empty()) {
      fail(reason);
      continue;
    }
    ++passed;
    llvm::outs() << "PASS  " << name << ": max error" << line << "\n";
  }
  llvm::outs() << passed << " passed, " << failures << " failed, " << skipped
               << " skipped\n";
  return success(failures == 0);
}
