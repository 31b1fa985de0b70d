//===- OnnxLinearAttention.cpp - ONNX LinearAttention (opset 27) as a scan ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxWriter.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

namespace {

using Value = OnnxValue;

enum InputPlace { Query, Key, ValueInput, PastState, Decay, Beta, NumInputs };
enum OutputPlace { Output, PresentState };

/// Per key head, with e^g a number or one for each key feature:
///
///     linear        S = S + k v^T
///     gated         S = e^g S + k v^T
///     delta         S = S + beta k (v - S^T k)^T
///     gated_delta   S = e^g S, then as delta
///     output        scale S^T q, for each query head of the key head
///
/// The iteration space is (b, h, t); tensors are (b, t, h, ...).
class Writer : public OnnxWriter {
public:
  using OnnxWriter::OnnxWriter;
  llvm::Expected<std::string> write(StringRef schedule);

private:
  llvm::Error readShapes();
  /// (b, t, heads * features) as (b, t, heads, features).
  Value unpack(unsigned place, StringRef feature);
  Value getDecay();
  Value getBeta();
  Value getState();
  Value widen(const Value &value);
  Value add(Value value) {
    operands.push_back(value);
    return value;
  }
  std::string getMap(const Value &value);
  /// What a region sees of an operand.
  std::string getSlice(const Value &value);
  std::string getArguments(bool withState);
  std::string getCell(StringRef schedule);
  std::string getStep();
  std::string getRead();
  Value rescale(const Value &output);

  std::string rule, state;
  int64_t batches = 0, tokens = 0, heads = 0, group = 1, keys = 0, values = 0;
  bool hasVectorDecay = false;
  std::string stateType;
  SmallVector<Value>
      operands; // q, k, v, decay and beta where the rule has them.
  bool isGated() const { return StringRef(rule).starts_with("gated"); }
  bool isDelta() const { return StringRef(rule).ends_with("delta"); }
};

llvm::Error Writer::readShapes() {
  rule = "gated_delta";
  if (auto given = test.attributes.getString("update_rule"))
    rule = given->str();
  if (!llvm::is_contained({"linear", "gated", "delta", "gated_delta"}, rule))
    return llvm::createStringError("no update rule '" + rule + "'");
  if (!has(Query) || !has(Key) || !has(ValueInput) || !returns(Output))
    return llvm::createStringError("needs query, key, value and output");
  if (test.inputs.size() > NumInputs || test.outputs.size() > 2)
    return llvm::createStringError("has operands that are not known");
  if (isGated() != has(Decay) || isDelta() != has(Beta))
    return llvm::createStringError("the rule '" + rule +
                                   "' does not fit its decay and beta");
  int64_t queryHeads = test.getInteger("q_num_heads", 0);
  heads = test.getInteger("kv_num_heads", 0);
  for (unsigned place : {unsigned(Query), unsigned(Key), unsigned(ValueInput)})
    if (test.inputs[place].shape.size() != 3)
      return llvm::createStringError("query, key and value have rank 3");
  ArrayRef<int64_t> query = test.inputs[Query].shape;
  if (heads <= 0 || queryHeads <= 0 || queryHeads % heads ||
      query[2] % queryHeads || test.inputs[Key].shape[2] % heads ||
      test.inputs[ValueInput].shape[2] % heads)
    return llvm::createStringError("its numbers of heads do not fit");
  batches = query[0];
  tokens = query[1];
  group = queryHeads / heads;
  keys = test.inputs[Key].shape[2] / heads;
  values = test.inputs[ValueInput].shape[2] / heads;
  state = test.inputs[Query].elementType == "f64" ? "f64" : "f32";
  stateType = llvm::formatv("tensor<{0}x{1}x{2}>", keys, values, state);
  if (has(Decay)) {
    ArrayRef<int64_t> shape = test.inputs[Decay].shape;
    hasVectorDecay = shape.back() == heads * keys && keys != 1;
    if (shape.size() != 3 || (!hasVectorDecay && shape[2] != heads))
      return llvm::createStringError("decay has a number per head, or per head "
                                     "and key feature");
  }
  if (has(Beta)) {
    ArrayRef<int64_t> shape = test.inputs[Beta].shape;
    if (shape.size() != 3 || (shape[2] != heads && shape[2] != 1))
      return llvm::createStringError(
          "beta has a number per token, or per head");
  }
  return llvm::Error::success();
}

Value Writer::unpack(unsigned place, StringRef feature) {
  Value value = getInput(place, {"b", "t", "h"});
  return expand(value, 2, {heads, value.shape[2] / heads},
                {"h", feature.str()});
}

Value Writer::getDecay() {
  return hasVectorDecay ? unpack(Decay, "k") : getInput(Decay, {"b", "t", "h"});
}

Value Writer::getBeta() {
  Value beta = getInput(Beta, {"b", "t", "h"});
  // One for all heads: a map without h says so.
  return beta.shape[2] == heads ? beta : collapse(beta, 1, "t");
}

/// `value` in the type of the state.
Value Writer::widen(const Value &value) {
  if (value.elementType == state)
    return value;
  Value wide = value;
  wide.elementType = state;
  wide = empty(wide);
  std::string init = wide.name;
  wide.name = fresh();
  os << "  " << wide.name << " = linalg.copy ins(" << value.name << " : "
     << value.type() << ") outs(" << init << " : " << wide.type() << ") -> "
     << wide.type() << "\n";
  return wide;
}

Value Writer::getState() {
  if (has(PastState))
    return widen(getInput(PastState, {"b", "h", "k", "v"}));
  Value zeros =
      empty({"", state, {batches, heads, keys, values}, {"b", "h", "k", "v"}});
  std::string init = zeros.name, zero = fresh();
  zeros.name = fresh();
  os << "  " << zero << " = arith.constant 0.0 : " << state << "\n  "
     << zeros.name << " = linalg.fill ins(" << zero << " : " << state
     << ") outs(" << init << " : " << zeros.type() << ") -> " << zeros.type()
     << "\n";
  return zeros;
}

static bool isIterated(StringRef dim) {
  return dim == "b" || dim == "h" || dim == "t";
}

std::string Writer::getMap(const Value &value) {
  SmallVector<std::string> dims = llvm::filter_to_vector(
      value.dims, [](const std::string &dim) { return isIterated(dim); });
  return "affine_map<(b, h, t) -> (" + commas(dims) + ")>";
}

std::string Writer::getSlice(const Value &value) {
  Value slice = value;
  slice.shape.clear();
  for (auto [size, dim] : llvm::zip_equal(value.shape, value.dims))
    if (!isIterated(dim))
      slice.shape.push_back(size);
  return slice.shape.empty() ? slice.elementType : slice.type();
}

std::string Writer::getArguments(bool withState) {
  const char *names[] = {"%q_t", "%k_t", "%v_t"};
  SmallVector<std::string> arguments;
  for (auto [i, operand] : llvm::enumerate(operands)) {
    std::string name = i < 3                 ? names[i]
                       : isGated() && i == 3 ? "%g_t"
                                             : "%beta_t";
    arguments.push_back(name + ": " + getSlice(operand));
  }
  if (withState)
    arguments.push_back("%s_t: " + stateType);
  return "(" + commas(arguments) + ") {\n";
}

/// The attributes and the regions before `read`.
std::string Writer::getCell(StringRef schedule) {
  bool isStep = isDelta() && hasVectorDecay;
  if (isStep)
    return "}\n    step" + getArguments(true) + getStep();
  std::string transition = isDelta()        ? "dplr"
                           : hasVectorDecay ? "diagonal"
                           : isGated()      ? "scalar"
                                            : "unit";
  std::string cell = ",\n     monoid = #recur.affine<" + transition +
                     ">, schedule = #recur.schedule<" + schedule.str() +
                     ">}\n    lift" + getArguments(false);
  SmallVector<std::string> names, types;
  auto yield = [&](StringRef name, const std::string &type) {
    names.push_back(name.str());
    types.push_back(type);
  };
  if (isDelta() && !isGated()) {
    cell += "      %zero = arith.constant 0.0 : " + state + "\n";
    yield("%zero", state);
  }
  if (isGated())
    yield("%g_t", getSlice(operands[3]));
  if (isDelta())
    yield("%beta_t", getSlice(operands.back()));
  yield("%k_t", getSlice(operands[1]));
  yield("%v_t", getSlice(operands[2]));
  return cell + "      recur.yield " + commas(names) + " : " + commas(types) +
         "\n    }\n";
}

/// The delta rule with a decay for each key feature is no named monoid.
std::string Writer::getStep() {
  return llvm::formatv(
      R"(      %zero = arith.constant dense<0.0> : tensor<{1}x{2}>
      %kept = linalg.generic {{indexing_maps = [affine_map<(k, v) -> (k)>, affine_map<(k, v) -> (k, v)>],
                              iterator_types = ["parallel", "parallel"]}
          ins(%g_t : tensor<{0}x{2}>) outs(%s_t : {3}) {{
      ^bb0(%g_k: {2}, %s_kv: {2}):
        %factor = math.exp %g_k : {2}
        %product = arith.mulf %factor, %s_kv : {2}
        linalg.yield %product : {2}
      } -> {3}
      %held = linalg.vecmat ins(%k_t, %kept : tensor<{0}x{2}>, {3}) outs(%zero : tensor<{1}x{2}>) -> tensor<{1}x{2}>
      %next = linalg.generic {{indexing_maps = [affine_map<(k, v) -> (k)>, affine_map<(k, v) -> (v)>,
                                               affine_map<(k, v) -> (v)>, affine_map<(k, v) -> (k, v)>],
                              iterator_types = ["parallel", "parallel"]}
          ins(%k_t, %v_t, %held : tensor<{0}x{2}>, tensor<{1}x{2}>, tensor<{1}x{2}>) outs(%kept : {3}) {{
      ^bb0(%k_k: {2}, %v_v: {2}, %held_v: {2}, %s_kv: {2}):
        %missing = arith.subf %v_v, %held_v : {2}
        %weight = arith.mulf %beta_t, %k_k : {2}
        %sum = math.fma %weight, %missing, %s_kv : {2}
        linalg.yield %sum : {2}
      } -> {3}
      recur.yield %next : {3}
    }
)",
      keys, values, state, stateType);
}

std::string Writer::getRead() {
  std::string rows = group > 1 ? std::to_string(group) + "x" : "";
  std::string type = llvm::formatv("tensor<{0}{1}x{2}>", rows, values, state);
  return "    read" + getArguments(true) +
         llvm::formatv("      %zero = arith.constant dense<0.0> : {0}\n"
                       "      %y = linalg.{1} ins(%q_t, %s_t : {2}, {3}) "
                       "outs(%zero : {0}) -> {0}\n"
                       "      recur.yield %y : {0}\n    }",
                       type, group > 1 ? "matmul" : "vecmat",
                       getSlice(operands[0]), stateType)
             .str();
}

/// scale * output, in the type of the output.
Value Writer::rescale(const Value &output) {
  double scale = test.getNumber("scale").value_or(0);
  if (scale == 0)
    scale = 1 / std::sqrt(double(keys));
  Value result = output;
  result.elementType = test.outputs[Output].elementType;
  result = empty(result);
  std::string init = result.name;
  result.name = fresh();
  SmallVector<std::string> parallel(output.dims.size(), "\"parallel\"");
  std::string map = "affine_map<(" + commas(output.dims) + ") -> (" +
                    commas(output.dims) + ")>";
  os << "  " << result.name << " = linalg.generic {indexing_maps = [" << map
     << ", " << map << "], iterator_types = [" << commas(parallel) << "]} ins("
     << output.name << " : " << output.type() << ") outs(" << init << " : "
     << result.type() << ") {\n  ^bb0(%x: " << state
     << ", %out: " << result.elementType << "):\n"
     << llvm::formatv("    %scale = arith.constant {0:e17} : {1}\n"
                      "    %scaled = arith.mulf %x, %scale : {1}\n",
                      scale, state);
  std::string rounded = "%scaled";
  if (result.elementType != state) {
    rounded = "%rounded";
    os << "    %rounded = arith.truncf %scaled : " << state << " to "
       << result.elementType << "\n";
  }
  os << "    linalg.yield " << rounded << " : " << result.elementType
     << "\n  } -> " << result.type() << "\n";
  return result;
}

llvm::Expected<std::string> Writer::write(StringRef schedule) {
  if (auto error = readShapes())
    return error;
  Value query = unpack(Query, "k");
  if (group > 1)
    query = expand(query, 3, {group, keys}, {"g", "k"});
  add(query);
  add(unpack(Key, "k"));
  add(unpack(ValueInput, "v"));
  if (isGated())
    add(getDecay());
  if (isDelta())
    add(getBeta());
  if (isDelta() && hasVectorDecay) // The step computes with all of them.
    for (Value &operand : operands)
      operand = widen(operand);
  Value before = getState();

  Value output = query;
  output.elementType = state;
  output.shape.back() = values;
  output.dims.back() = "v";
  output = empty(output);
  SmallVector<std::string> maps, names, types;
  for (const Value &operand : operands) {
    maps.push_back(getMap(operand));
    names.push_back(operand.name);
    types.push_back(operand.type());
  }
  maps.push_back(getMap(output));
  maps.push_back(getMap(before));
  std::string init = output.name;
  output.name = fresh();
  Value after = before;
  after.name = fresh();
  os << "  " << output.name << ", " << after.name << " = recur.scan ins("
     << commas(names) << " : " << commas(types) << ") outs(" << init << " : "
     << output.type() << ") init(" << before.name << " : " << before.type()
     << ")\n    {indexing_maps = [" << commas(maps) << "]" << getCell(schedule)
     << getRead() << " -> " << output.type() << ", " << after.type() << "\n";

  output = rescale(output);
  if (group > 1)
    output = collapse(output, 3, "v");
  SmallVector<Value> results = {collapse(output, 2, "v")};
  if (returns(PresentState)) {
    std::string element = test.outputs[PresentState].elementType;
    if (element != state) {
      Value narrow = after;
      narrow.elementType = element;
      narrow = empty(narrow);
      std::string destination = narrow.name;
      narrow.name = fresh();
      os << "  " << narrow.name << " = linalg.copy ins(" << after.name << " : "
         << after.type() << ") outs(" << destination << " : " << narrow.type()
         << ") -> " << narrow.type() << "\n";
      after = narrow;
    }
    results.push_back(after);
  }
  return finish(results);
}

} // namespace

llvm::Expected<std::string>
mlir::attn::getOnnxLinearAttentionModule(const ConformanceCase &test,
                                         StringRef schedule) {
  return Writer(test).write(schedule);
}
