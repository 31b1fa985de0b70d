//===- Shape.cpp - What is computed, and how much of it ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shape.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static llvm::Expected<int64_t> parseSize(StringRef key, StringRef text) {
  int64_t value;
  // No array of more elements would be made; sums and products stay in range.
  if (text.getAsInteger(10, value) || value < 1 || value > int64_t(1) << 31)
    return llvm::createStringError("'" + key +
                                   "' takes a number from 1 to 2^31, got '" +
                                   text + "'");
  return value;
}

static llvm::Error parseMask(StringRef text, Shape &shape) {
  auto [name, window] = text.split(':');
  if (name == "window") {
    auto size = parseSize("mask=window:", window);
    if (!size)
      return size.takeError();
    shape.mask = Shape::Mask::Window;
    shape.window = *size;
    return llvm::Error::success();
  }
  if (name == "documents") {
    auto count = parseSize("mask=documents:", window);
    if (!count)
      return count.takeError();
    shape.mask = Shape::Mask::Documents;
    shape.documents = *count;
    return llvm::Error::success();
  }
  if (text == "none")
    shape.mask = Shape::Mask::None;
  else if (text == "causal")
    shape.mask = Shape::Mask::Causal;
  else
    return llvm::createStringError(
        "'mask' is causal, none, window:KEYS or documents:COUNT, got '" + text +
        "'");
  return llvm::Error::success();
}

static llvm::Error parseScore(StringRef text, Shape &shape) {
  if (text != "alibi" && text != "softcap")
    return llvm::createStringError("'score' is alibi or softcap, got '" + text +
                                   "'");
  shape.score =
      text == "alibi" ? Shape::Score::ALiBi : Shape::Score::SoftCap;
  return llvm::Error::success();
}

static llvm::Error parseKind(StringRef text, Shape &shape) {
  for (Shape::Kind kind :
       {Shape::Kind::Attention, Shape::Kind::Linear, Shape::Kind::Decay,
        Shape::Kind::Selected, Shape::Kind::Gated})
    if (text == stringify(kind)) {
      shape.kind = kind;
      return llvm::Error::success();
    }
  return llvm::createStringError(
      "'kind' is attention, linear, decay, selected or gated, got '" +
      text + "'");
}

llvm::Expected<Shape> Shape::parse(StringRef text) {
  Shape shape;
  shape.kvHeads = 0;
  bool hasMask = false;
  SmallVector<StringRef> fields;
  text.split(fields, ',');
  for (StringRef field : fields) {
    auto [key, value] = field.split('=');
    if (key == "mask" || key == "kind" || key == "score") {
      hasMask |= key != "kind";
      if (auto error = key == "mask"    ? parseMask(value, shape)
                       : key == "score" ? parseScore(value, shape)
                                        : parseKind(value, shape))
        return error;
      continue;
    }
    int64_t *target = llvm::StringSwitch<int64_t *>(key)
                          .Case("batch", &shape.batch)
                          .Case("heads", &shape.heads)
                          .Case("kv-heads", &shape.kvHeads)
                          .Case("queries", &shape.queries)
                          .Case("keys", &shape.keys)
                          .Case("dim", &shape.headDim)
                          .Default(nullptr);
    if (!target)
      return llvm::createStringError(
          "a shape has no '" + key +
          "'; it has kind, batch, heads, kv-heads, queries, keys, dim, mask and "
          "score");
    auto size = parseSize(key, value);
    if (!size)
      return size.takeError();
    *target = *size;
  }
  if (!shape.queries)
    return llvm::createStringError("a shape needs queries=N");
  if (shape.kind != Kind::Attention &&
      (hasMask || shape.keys || shape.kvHeads))
    return llvm::createStringError(
        "mask, score, keys and kv-heads belong to kind=attention");
  if (!shape.keys)
    shape.keys = shape.queries;
  if (!shape.kvHeads)
    shape.kvHeads = shape.heads;
  if (shape.documents &&
      (shape.keys != shape.queries || shape.queries % shape.documents))
    return llvm::createStringError("mask=documents:COUNT needs as many keys as "
                                   "queries, divided by COUNT without rest");
  if (shape.heads % shape.kvHeads)
    return llvm::createStringError("kv-heads must divide heads");
  return shape;
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

/// The bound that soft-capping puts on scores, as in Gemma 2 (arXiv:2408.00118).
static constexpr double kSoftCap = 50.0;

std::pair<int64_t, int64_t> Shape::getVisibleKeys(int64_t i) const {
  if (mask == Mask::None)
    return {0, keys};
  int64_t end = std::clamp<int64_t>(i + getOffset() + 1, 0, keys);
  if (mask == Mask::Causal)
    return {0, end};
  if (mask == Mask::Documents)
    return {i / getDocumentSize() * getDocumentSize(), end};
  return {std::clamp<int64_t>(i + getOffset() + 1 - window, 0, end), end};
}

double Shape::applyScore(double natural, int64_t head, int64_t i,
                         int64_t j) const {
  if (score == Score::ALiBi)
    return natural + getSlope(head % heads, heads) * (j - i);
  return score == Score::SoftCap ? kSoftCap * std::tanh(natural / kSoftCap)
                                 : natural;
}

double Shape::getAttentionFlops() const {
  double pairs = 0; // Of one head.
  for (int64_t i = 0; i < queries; ++i) {
    auto [begin, end] = getVisibleKeys(i);
    pairs += end - begin;
  }
  return 4.0 * headDim * batch * heads * pairs;
}

SmallVector<int64_t> Shape::getQueryShape() const {
  if (getGroup() == 1)
    return {batch, heads, queries, headDim};
  return {batch, kvHeads, getGroup(), queries, headDim};
}

SmallVector<int64_t> Shape::getDecayShape() const {
  SmallVector<int64_t> shape = {batch, heads, queries};
  if (kind == Kind::Gated)
    shape.push_back(headDim);
  return shape;
}

SmallVector<int64_t> Shape::getKeyShape() const {
  return {batch, kvHeads, keys, headDim};
}

bool Shape::isDecode() const {
  return kind == Kind::Attention && queries * getGroup() <= 16 && keys >= 1024;
}

double Shape::getRecurrenceFlops() const {
  double operations = 0; // Of one head.
  for (int64_t t = 0; t < queries; t += getChunk()) {
    double chunk = std::min(getChunk(), queries - t), dim = headDim;
    operations += 4 * chunk * chunk * dim + 4 * chunk * dim * dim;
  }
  return operations * batch * heads;
}

double Shape::getBytes(int64_t elementBytes) const {
  int64_t keysRead =
      keys - (mask == Mask::Window ? getVisibleKeys(0).first : 0);
  return 2.0 * elementBytes * headDim * batch *
         (double(heads) * queries + double(kvHeads) * keysRead);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

StringRef mlir::attn::stringify(Shape::Kind kind) {
  switch (kind) {
  case Shape::Kind::Attention:
    return "attention";
  case Shape::Kind::Linear:
    return "linear";
  case Shape::Kind::Decay:
    return "decay";
  case Shape::Kind::Selected:
    return "selected";
  case Shape::Kind::Gated:
    return "gated";
  }
  llvm_unreachable("unknown kind");
}

double mlir::attn::getSlope(int64_t head, int64_t heads) {
  return std::exp2(-8.0 * (head + 1) / heads);
}

double mlir::attn::getDecay(int64_t head) {
  return 1.0 - std::exp2(-5.0 - head % 8);
}

static std::string getTensorType(ArrayRef<int64_t> shape,
                                 StringRef elementType) {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + elementType.str() + ">";
}

std::string Shape::getSource(StringRef elementType, StringRef schedule) const {
  return kind == Kind::Attention ? getAttentionSource(elementType)
                                 : getRecurrenceSource(elementType, schedule);
}

/// A score region, as people write it.
std::string Shape::getScoreSource(StringRef type) const {
  if (score == Score::SoftCap)
    return llvm::formatv(
        R"(score(%s: {0}, %b: index, %h: index, %i: index, %j: index) {{
    %cap = arith.constant {1:f1} : {0}
    %small = arith.divf %s, %cap : {0}
    %tanh = math.tanh %small : {0}
    %capped = arith.mulf %tanh, %cap : {0}
    attn.yield %capped : {0}
  })",
        type, kSoftCap);
  return llvm::formatv(
      R"(score(%s: {0}, %b: index, %h: index, %i: index, %j: index) {{
    %slope = tensor.extract %slopes[%h] : tensor<{1}x{0}>
    %steps = arith.subi %j, %i : index
    %signed = arith.index_cast %steps : index to i64
    %distance = arith.sitofp %signed : i64 to {0}
    %bias = arith.mulf %slope, %distance : {0}
    %biased = arith.addf %s, %bias : {0}
    attn.yield %biased : {0}
  })",
      type, heads);
}

std::string Shape::getAttentionSource(StringRef elementType) const {
  std::string query = getTensorType(getQueryShape(), elementType);
  std::string key = getTensorType(getKeyShape(), elementType);
  std::string attributes, offset, argument, constant, region;
  if (mask == Mask::Causal)
    attributes = "{mask = #attn.causal}";
  if (mask == Mask::Window)
    attributes = llvm::formatv("{mask = #attn.window<{0}, 0>}", window - 1);
  if (mask == Mask::Documents) {
    std::string ids = getTensorType(keys, "i32");
    argument = ", %documents: " + ids;
    offset = llvm::formatv("segments(%documents, %documents : {0}, {0})", ids);
    attributes = "{mask = #attn.and<#attn.causal, #attn.segments>}";
  }
  StringRef state = elementType == "f64" ? "f64" : "f32";
  if (score != Score::None)
    region = getScoreSource(state);
  if (score == Score::ALiBi) {
    SmallVector<std::string> slopes;
    for (int64_t h = 0; h < heads; ++h)
      slopes.push_back(llvm::formatv("{0:e16}", attn::getSlope(h, heads)));
    constant = llvm::formatv("%slopes = arith.constant dense<[{0}]> : {1}",
                             llvm::join(slopes, ", "),
                             getTensorType(heads, state));
  }
  if (getOffset())
    offset = "query_offset(%offset : index)";
  return llvm::formatv(
      R"(func.func @attention(%query: {0}, %key: {1}, %value: {1}{5}) -> {0} {{
  {6}
  %offset = arith.constant {2} : index
  %init = tensor.empty() : {0}
  %output = attn.attention ins(%query, %key, %value : {0}, {1}, {1})
      {3} outs(%init : {0}) {4} {7} -> {0}
  return %output : {0}
}
)",
      query, key, getOffset(), offset, attributes, argument, constant, region);
}

/// The recurrence from a state of zero, in f32 or wider.
std::string Shape::getRecurrenceSource(StringRef elementType,
                                       StringRef schedule) const {
  std::string sequence = getTensorType(getQueryShape(), elementType);
  std::string vector = getTensorType(headDim, elementType);
  StringRef wide = elementType == "f64" ? "f64" : "f32";
  std::string all = getTensorType({batch, heads, headDim, headDim}, wide);
  std::string state = getTensorType({headDim, headDim}, wide);
  std::string row = getTensorType(headDim, wide);
  StringRef perToken = "affine_map<(b, h, t) -> (b, h, t)>";
  StringRef perHead = "affine_map<(b, h, t) -> (b, h)>";

  // The decay: an argument of the function, a constant for each head, or none.
  std::string argument, constant, input, type, map, slice, element, elementTypes;
  StringRef transition = kind == Kind::Linear  ? "unit"
                         : kind == Kind::Gated ? "diagonal"
                                               : "scalar";
  if (kind != Kind::Linear) {
    std::string decays =
        getTensorType(hasDecayInput() ? ArrayRef<int64_t>(getDecayShape())
                                      : ArrayRef<int64_t>(heads),
                      hasDecayInput() ? elementType : wide);
    if (hasDecayInput()) {
      argument = ", %decay: " + decays;
      map = (", " + perToken).str();
    } else {
      SmallVector<std::string> logs;
      for (int64_t h = 0; h < heads; ++h)
        logs.push_back(llvm::formatv("{0:e16}", std::log(attn::getDecay(h))));
      constant = "%decay = arith.constant dense<[" + llvm::join(logs, ", ") +
                 "]> : " + decays;
      map = ", affine_map<(b, h, t) -> (h)>";
    }
    input = ", %decay";
    type = ", " + decays;
    elementTypes = kind == Kind::Gated ? vector
                   : hasDecayInput()   ? elementType.str()
                                       : wide.str();
    slice = ", %g: " + elementTypes;
    element = "%g, ";
    elementTypes += ", ";
  }
  std::string slices = llvm::formatv("%q: {0}, %k: {0}, %v: {0}{1}", vector, slice);
  std::string rounding =
      elementType == wide
          ? std::string()
          : llvm::formatv("%y = arith.truncf %sum : {0} to {1}", row, vector).str();
  return llvm::formatv(
      R"(func.func @recurrence(%query: {0}, %key: {0}, %value: {0}{1}) -> {0} {{
  {2}
  %zero = arith.constant 0.0 : {18}
  %empty = tensor.empty() : {3}
  %start = linalg.fill ins(%zero : {18}) outs(%empty : {3}) -> {3}
  %init = tensor.empty() : {0}
  %output, %last = recur.scan ins(%query, %key, %value{4} : {0}, {0}, {0}{5})
      outs(%init : {0}) init(%start : {3})
      {{indexing_maps = [{6}, {6}, {6}{7}, {6}, {8}],
       monoid = #recur.affine<{9}>, schedule = #recur.schedule<{19}>}
      lift({10}) {{
        recur.yield {11}%k, %v : {12}{13}, {13}
      }
      read({10}, %s: {14}) {{
        %zeros = arith.constant dense<0.0> : {15}
        %sum = linalg.vecmat ins(%q, %s : {13}, {14}) outs(%zeros : {15}) -> {15}
        {16}
        recur.yield {17} : {13}
      } -> {0}, {3}
  return %output : {0}
}
)",
      sequence, argument, constant, all, input, type, perToken, map, perHead,
      transition, slices, element, elementTypes, vector, state, row, rounding,
      rounding.empty() ? "%sum" : "%y", wide, schedule);
}

static std::string getMaskName(const Shape &shape) {
  if (shape.kind != Shape::Kind::Attention)
    return stringify(shape.kind).str();
  if (shape.mask == Shape::Mask::Window)
    return "window " + std::to_string(shape.window);
  if (shape.mask == Shape::Mask::Documents)
    return std::to_string(shape.documents) + " documents";
  return shape.mask == Shape::Mask::Causal ? "causal" : "no mask";
}

static StringRef getScoreName(const Shape &shape) {
  switch (shape.score) {
  case Shape::Score::None:
    return "";
  case Shape::Score::ALiBi:
    return "alibi";
  case Shape::Score::SoftCap:
    return "softcap";
  }
  llvm_unreachable("unknown score");
}

std::string Shape::getLabel() const {
  std::string text;
  if (batch != 1)
    text += "B" + std::to_string(batch) + " ";
  text += "H" + std::to_string(heads);
  if (kvHeads != heads)
    text += "/" + std::to_string(kvHeads);
  if (queries == keys)
    text += " S" + std::to_string(queries);
  else
    text += " Q" + std::to_string(queries) + " K" + std::to_string(keys);
  text += " D" + std::to_string(headDim) + " " + getMaskName(*this);
  return score == Score::None ? text : text + " " + getScoreName(*this).str();
}

void Shape::addFields(llvm::json::Object &object) const {
  object["kind"] = stringify(kind);
  object["batch"] = batch;
  object["heads"] = heads;
  object["kv_heads"] = kvHeads;
  object["queries"] = queries;
  object["keys"] = keys;
  object["head_dim"] = headDim;
  object["mask"] = getMaskName(*this);
  if (score != Score::None)
    object["score"] = getScoreName(*this);
}

//===----------------------------------------------------------------------===//
// Suites
//===----------------------------------------------------------------------===//

static void add(std::vector<Shape> &shapes, ArrayRef<StringRef> texts) {
  for (StringRef text : texts)
    shapes.push_back(llvm::cantFail(Shape::parse(text)));
}

std::vector<Shape> mlir::attn::getShapes(Suite suite) {
  std::vector<Shape> shapes;
  if (suite == Suite::Prefill || suite == Suite::All)
    add(shapes, {"heads=8,queries=128", "heads=8,queries=256",
                 "heads=8,queries=512", "heads=8,queries=1024",
                 "heads=8,queries=2048", "heads=8,queries=4096",
                 "heads=8,queries=512,dim=128", "heads=8,queries=1024,dim=128",
                 "heads=8,queries=2048,dim=128",
                 "heads=32,kv-heads=8,queries=1024,dim=128",
                 "heads=8,queries=4096,mask=window:256"});
  if (suite == Suite::Decode || suite == Suite::All)
    add(shapes, {"heads=32,kv-heads=8,queries=1,keys=1024,dim=128",
                 "heads=32,kv-heads=8,queries=1,keys=4096,dim=128",
                 "heads=32,kv-heads=8,queries=1,keys=16384,dim=128",
                 "heads=32,queries=1,keys=4096,dim=128",
                 "heads=12,queries=1,keys=1024"});
  if (suite == Suite::Recurrent || suite == Suite::All) {
    add(shapes, {"heads=8,queries=1024"});
    for (StringRef kind : {"linear", "decay", "selected", "gated"})
      for (StringRef sizes : {"queries=1024", "queries=4096", "queries=16384",
                              "queries=4096,dim=128"})
        add(shapes, {("kind=" + kind + ",heads=8," + sizes).str()});
  }
  // Sixteen thousand tokens in all, as published tables have them, and long decode.
  if (suite == Suite::GPU) {
    for (int64_t dim : {64, 128})
      for (int64_t tokens : {1024, 2048, 4096, 8192, 16384})
        shapes.push_back(llvm::cantFail(Shape::parse(
            llvm::formatv("batch={0},heads={1},queries={2},dim={3}",
                          16384 / tokens, 2048 / dim, tokens, dim)
                .str())));
    add(shapes, {"heads=32,kv-heads=8,queries=1,keys=32768,dim=128",
                 "batch=8,heads=32,kv-heads=8,queries=1,keys=32768,dim=128"});
  }
  return shapes;
}
