//===- LibraryTrial.cpp - Which library is the fastest here ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LibraryTrial.h"
#include "Measure.h"
#include "Peers.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/TargetParser/Host.h"
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlir;
using namespace mlir::attn;
using Kind = MatrixLibrary::Kind;

namespace {
struct Trial {
  MatrixLibrary::Choice choice;
  std::string description;
  double share; // Of the peak.
};
} // namespace

//===----------------------------------------------------------------------===//
// One library
//===----------------------------------------------------------------------===//

static constexpr unsigned kRepetitions = 5;
/// After this a library is taken to hang.
static constexpr unsigned kMostSeconds = 60;

/// What its products reach of the peak, by the median.
static llvm::Expected<double> measureProducts(const MatrixLibrary &library,
                                              int64_t headDim,
                                              MachineLimits &limits) {
  Shape shape;
  shape.queries = shape.keys = 1024;
  shape.headDim = headDim;
  std::vector<float> query(shape.queries * headDim, 0.5f);
  std::vector<float> key = query, value = query, output = query;
  std::unique_ptr<Peer> peer = createFlashPeer(shape, library);
  auto call = [&](size_t) {
    peer->run(query.data(), key.data(), value.data(), output.data(),
              /*productsOnly=*/true);
    return llvm::Error::success();
  };
  double before = library.getFlops();
  llvm::cantFail(call(0));
  auto measured =
      measure(call, /*copies=*/1, kRepetitions, library.getFlops() - before,
              Limit::MultiplyAdds32, limits);
  if (!measured)
    return measured.takeError();
  return measured->medianShare;
}

/// In the child: "SHARE DESCRIPTION", or nothing.
static std::string tryHere(const MatrixLibrary::Choice &choice,
                           MachineLimits &limits) {
  std::unique_ptr<MatrixLibrary> library = MatrixLibrary::load(choice);
  if (!library)
    return "";
  double sum = 0;
  for (int64_t headDim : {64, 128}) {
    auto share = measureProducts(*library, headDim, limits);
    if (!share) {
      llvm::consumeError(share.takeError());
      return "";
    }
    sum += *share;
  }
  return std::to_string(sum / 2) + " " + library->getDescription();
}

static std::string readAll(int file) {
  std::string text;
  char buffer[256];
  for (ssize_t got; (got = read(file, buffer, sizeof(buffer))) > 0;)
    text.append(buffer, got);
  return text;
}

/// In a process of its own: OpenBLAS takes a core type only once, and kernels
/// for another CPU, or a broken library, would end this one.
static std::optional<Trial> tryLibrary(const MatrixLibrary::Choice &choice,
                                       MachineLimits &limits) {
  int ends[2];
  if (pipe(ends))
    return std::nullopt;
  pid_t child = fork();
  if (child == 0) {
    rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    alarm(kMostSeconds);
    std::string result = tryHere(choice, limits);
    bool written =
        write(ends[1], result.data(), result.size()) == ssize_t(result.size());
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::string text = child < 0 ? "" : readAll(ends[0]);
  close(ends[0]);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
    return std::nullopt;
  auto [share, description] = StringRef(text).split(' ');
  Trial trial{choice, description.str(), 0};
  if (share.getAsDouble(trial.share))
    return std::nullopt;
  return trial;
}

//===----------------------------------------------------------------------===//
// All of them
//===----------------------------------------------------------------------===//

static std::vector<MatrixLibrary::Choice> getChoices(WantedLibrary wanted) {
  std::vector<MatrixLibrary::Choice> choices;
  if (wanted != WantedLibrary::OpenBLAS)
    choices.push_back({Kind::OneDNN});
  if (wanted == WantedLibrary::OneDNN)
    return choices;
  choices.push_back({Kind::OpenBLAS});
  if (getenv("OPENBLAS_CORETYPE"))
    return choices;
  // What it chooses by the CPU's name is not always the best it has.
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  if (features.lookup("avx2") && features.lookup("fma")) {
    choices.push_back({Kind::OpenBLAS, "Haswell"});
    choices.push_back({Kind::OpenBLAS, "Zen"});
  }
  if (features.lookup("avx512f"))
    choices.push_back({Kind::OpenBLAS, "SkylakeX"});
  return choices;
}

/// One for each description, the fastest first.
static std::vector<Trial> tryAll(WantedLibrary wanted, MachineLimits &limits) {
  std::vector<Trial> trials;
  for (const MatrixLibrary::Choice &choice : getChoices(wanted))
    if (auto trial = tryLibrary(choice, limits))
      trials.push_back(std::move(*trial));
  llvm::sort(trials,
             [](const Trial &a, const Trial &b) { return a.share > b.share; });
  std::vector<Trial> different;
  for (Trial &trial : trials)
    if (llvm::none_of(different, [&](const Trial &other) {
          return other.description == trial.description;
        }))
      different.push_back(std::move(trial));
  return different;
}

static llvm::Error reportNone(WantedLibrary wanted) {
  if (wanted == WantedLibrary::OneDNN)
    return llvm::createStringError(
        "--gemm=onednn: no libdnnl.so.3 or .2 that works, on one thread "
        "(OpenMP "
        "or sequential): install it (Debian: libdnnl2 or libdnnl3.6) or leave "
        "out --gemm");
  return llvm::createStringError(
      "--gemm=openblas: no libopenblas.so.0 that works: install it (Debian: "
      "libopenblas0-pthread), check OPENBLAS_CORETYPE, or leave out --gemm");
}

llvm::Expected<FastestLibrary> FastestLibrary::find(WantedLibrary wanted) {
  MachineLimits limits;
  auto peak = limits.measure(Limit::MultiplyAdds32); // Compiled once for all.
  if (!peak)
    return peak.takeError();
  std::vector<Trial> trials = tryAll(wanted, limits);
  FastestLibrary fastest;
  if (!trials.empty())
    fastest.matrices = MatrixLibrary::load(trials.front().choice);
  if (!fastest.matrices)
    return wanted == WantedLibrary::Fastest
               ? std::move(fastest)
               : llvm::Expected<FastestLibrary>(reportNone(wanted));
  fastest.summary = "one thread, products alone on tiles: ";
  llvm::interleave(
      trials,
      [&](const Trial &trial) {
        fastest.summary += llvm::formatv("{0} {1:f0} % of the peak",
                                         trial.description, trial.share * 100);
      },
      [&] { fastest.summary += "; "; });
  return fastest;
}
