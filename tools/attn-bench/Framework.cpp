//===- Framework.cpp - Attention of a framework ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Framework.h"
#include "attn/Runtime/Npy.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/StringSaver.h"

using namespace mlir;
using namespace mlir::attn;

bool mlir::attn::isForFrameworks(const Shape &shape, Type elementType) {
  return shape.kind == Shape::Kind::Attention &&
         shape.score == Shape::Score::None && elementType.isF32();
}

/// A script that takes longer is taken to hang.
static constexpr unsigned kMostSeconds = 1800;

static std::string join(StringRef folder, StringRef name) {
  SmallString<128> path(folder);
  llvm::sys::path::append(path, name);
  return path.str().str();
}

//===----------------------------------------------------------------------===//
// What the script is given
//===----------------------------------------------------------------------===//

static llvm::Error writeInputs(StringRef folder, const Shape &shape,
                               ArrayRef<Array> inputs, int64_t copies,
                               unsigned repetitions) {
  const char *names[] = {"query.npy", "key.npy", "value.npy"};
  for (auto [name, array] : llvm::zip(names, inputs))
    if (auto error = writeNpy(join(folder, name), array))
      return error;
  llvm::json::Object fields;
  shape.addFields(fields);
  fields["copies"] = copies;
  fields["repetitions"] = int64_t(repetitions);
  return llvm::writeToOutput(join(folder, "shape.json"),
                             [&](llvm::raw_ostream &os) {
                               os << llvm::json::Value(std::move(fields));
                               return llvm::Error::success();
                             });
}

/// The end of what a script wrote to stderr.
static std::string readEnd(StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file)
    return "";
  StringRef text = (*file)->getBuffer().rtrim();
  return text.empty() ? "" : "\n" + text.take_back(1000).str();
}

/// Runs it with the folder as its last argument; stdout and stderr go to files
/// there.
static llvm::Error execute(StringRef command, StringRef folder) {
  llvm::BumpPtrAllocator allocator;
  llvm::StringSaver saver(allocator);
  SmallVector<const char *> words;
  llvm::cl::TokenizeGNUCommandLine(command, saver, words);
  if (words.empty())
    return llvm::createStringError("no command: give one, as in "
                                   "'python3 tools/peers/run-pytorch.py'");
  auto program = llvm::sys::findProgramByName(words.front());
  if (!program)
    return llvm::createStringError(
        "cannot find '" + StringRef(words.front()) +
        "': install it, or give the path of another");
  SmallVector<StringRef> arguments(words.begin(), words.end());
  arguments.push_back(folder);
  std::string report = join(folder, "report"), log = join(folder, "log");
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(report),
                                          StringRef(log)};
  std::string message;
  int status = llvm::sys::ExecuteAndWait(*program, arguments, std::nullopt,
                                         redirects, kMostSeconds,
                                         /*MemoryLimit=*/0, &message);
  if (status == 0)
    return llvm::Error::success();
  std::string reason = message.empty()
                           ? llvm::formatv("exit status {0}", status).str()
                           : message;
  return llvm::createStringError(
      reason + ": run it by itself to see more; it takes one folder" +
      readEnd(log));
}

//===----------------------------------------------------------------------===//
// What it prints
//===----------------------------------------------------------------------===//

static bool readSeconds(const llvm::json::Object &object,
                        std::vector<double> &seconds) {
  const llvm::json::Array *list = object.getArray("seconds");
  for (const llvm::json::Value &value :
       list ? llvm::ArrayRef<llvm::json::Value>(list->data(), list->size())
            : llvm::ArrayRef<llvm::json::Value>()) {
    std::optional<double> number = value.getAsNumber();
    if (!number || !(*number > 0) || *number > kMostSeconds)
      return false;
    seconds.push_back(*number);
  }
  return !seconds.empty();
}

/// Nothing if the line is not as it must be.
static std::optional<FrameworkProgram> parseLine(StringRef line,
                                                 std::string &outputName) {
  auto value = llvm::json::parse(line);
  if (!value) {
    llvm::consumeError(value.takeError());
    return std::nullopt;
  }
  const llvm::json::Object *object = value->getAsObject();
  if (!object)
    return std::nullopt;
  auto get = [&](StringRef name) {
    return object->getString(name).value_or("").str();
  };
  FrameworkProgram program;
  program.name = get("program");
  program.settings = get("settings");
  program.missing = get("missing");
  outputName = get("output");
  bool isMeasured = !program.settings.empty() && !outputName.empty() &&
                    readSeconds(*object, program.seconds);
  if (program.name.empty() || isMeasured == !program.missing.empty())
    return std::nullopt;
  return program;
}

static llvm::Expected<std::vector<FrameworkProgram>>
readReport(StringRef folder, const Array &query) {
  auto file = llvm::MemoryBuffer::getFile(join(folder, "report"));
  if (!file)
    return llvm::createStringError(file.getError(), "cannot read its output");
  std::vector<FrameworkProgram> programs;
  SmallVector<StringRef> lines;
  (*file)->getBuffer().split(lines, '\n', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef line : lines) {
    std::string outputName;
    std::optional<FrameworkProgram> program = parseLine(line, outputName);
    if (!program)
      return llvm::createStringError(
          "it printed '" + line.take_front(200) +
          "', not an object of JSON with program, and missing or settings, "
          "output and seconds: print anything else to stderr");
    if (program->missing.empty()) {
      auto output = readNpy(join(folder, outputName), query.elementType,
                            query.elementType.getContext());
      if (!output)
        return output.takeError();
      if (ArrayRef(output->shape) != ArrayRef(query.shape))
        return llvm::createStringError(
            program->name + ": its output must have the query's shape");
      program->output = std::move(*output);
    }
    programs.push_back(std::move(*program));
  }
  if (programs.empty())
    return llvm::createStringError(
        "it printed nothing: it must print a line for each program");
  return programs;
}

llvm::Expected<std::vector<FrameworkProgram>>
mlir::attn::runFramework(StringRef command, const Shape &shape,
                         ArrayRef<Array> inputs, int64_t copies,
                         unsigned repetitions) {
  auto run = [&]() -> llvm::Expected<std::vector<FrameworkProgram>> {
    SmallString<128> folder;
    if (auto code = llvm::sys::fs::createUniqueDirectory("attn-bench", folder))
      return llvm::createStringError(code, "cannot make a temporary folder");
    llvm::scope_exit cleanup(
        [&] { llvm::sys::fs::remove_directories(folder); });
    if (auto error = writeInputs(folder, shape, inputs, copies, repetitions))
      return error;
    if (auto error = execute(command, folder))
      return error;
    return readReport(folder, inputs.front());
  };
  auto programs = run();
  if (!programs)
    return llvm::createStringError("--framework='" + command + "': " +
                                   llvm::toString(programs.takeError()));
  return programs;
}
