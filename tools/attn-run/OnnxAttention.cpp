//===- OnnxAttention.cpp - ONNX Attention (opset 23 to 25) as attn.attention ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxWriter.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

using Value = OnnxValue;

enum InputPlace { Q, K, V, Mask, PastKey, PastValue, NonPad, NumInputs };
enum OutputPlace { Y, PresentKey, PresentValue, Scores };

class Writer : public OnnxWriter {
public:
  using OnnxWriter::OnnxWriter;

  llvm::Expected<std::string> write();

private:
  /// (b, s, h, d) to (b, h, s, d).
  Value headsFirst(const Value &value);
  /// `first` and `second` one after the other in dimension 2.
  Value concatenate(const Value &first, const Value &second);
  void insert(const Value &source, Value &into, unsigned dim, int64_t offset);
  Value getMask();
  std::string getMap(const Value &value);

  int64_t heads = 0, group = 1, queries = 0, keys = 0;
};

Value Writer::headsFirst(const Value &value) {
  Value result = value;
  std::swap(result.shape[1], result.shape[2]);
  std::swap(result.dims[1], result.dims[2]);
  Value init = empty(result);
  result.name = fresh();
  os << "  " << result.name << " = linalg.transpose ins(" << value.name << " : "
     << value.type() << ") outs(" << init.name << " : " << init.type()
     << ") permutation = [0, 2, 1, 3]\n";
  return result;
}

void Writer::insert(const Value &source, Value &into, unsigned dim,
                    int64_t offset) {
  SmallVector<int64_t> offsets(into.shape.size(), 0),
      strides(into.shape.size(), 1);
  offsets[dim] = offset;
  std::string name = fresh();
  os << "  " << name << " = tensor.insert_slice " << source.name << " into "
     << into.name << "[" << commas(offsets) << "] [" << commas(source.shape)
     << "] [" << commas(strides) << "] : " << source.type() << " into "
     << into.type() << "\n";
  into.name = name;
}

Value Writer::concatenate(const Value &first, const Value &second) {
  Value result = second;
  result.shape[2] += first.shape[2];
  result = empty(result);
  insert(first, result, 2, 0);
  insert(second, result, 2, first.shape[2]);
  return result;
}

/// Broadcast dimensions are dropped: a map without them says the same.
Value Writer::getMask() {
  const std::string allDims[] = {"b", "h", "m", "k2"};
  unsigned rank = test.inputs[Mask].shape.size();
  Value mask = getInput(Mask, ArrayRef(allDims).take_back(rank));
  Value dropped = mask;
  dropped.shape.clear();
  dropped.dims.clear();
  for (auto [size, dim] : llvm::zip(mask.shape, mask.dims))
    if (size != 1 || dim == "k2") {
      dropped.shape.push_back(size);
      dropped.dims.push_back(dim);
    }
  if (dropped.shape.size() != mask.shape.size()) {
    dropped.name = fresh();
    SmallVector<int64_t> zeros(rank, 0), ones(rank, 1);
    os << "  " << dropped.name << " = tensor.extract_slice " << mask.name << "["
       << commas(zeros) << "] [" << commas(mask.shape) << "] [" << commas(ones)
       << "] : " << mask.type() << " to " << dropped.type() << "\n";
    mask = dropped;
  }
  // Keys beyond the mask are hidden.
  if (mask.shape.back() < keys) {
    Value whole = mask;
    whole.shape.back() = keys;
    whole = empty(whole);
    std::string hidden = fresh(), filled = fresh();
    std::string minusInfinity = mask.elementType == "f64" ? "0xFFF0000000000000"
                                : mask.elementType == "f16"  ? "0xFC00"
                                : mask.elementType == "bf16" ? "0xFF80"
                                                             : "0xFF800000";
    os << "  " << hidden << " = arith.constant "
       << (mask.elementType == "i1" ? "false"
                                    : minusInfinity + " : " + mask.elementType)
       << "\n";
    os << "  " << filled << " = linalg.fill ins(" << hidden << " : "
       << mask.elementType << ") outs(" << whole.name << " : " << whole.type()
       << ") -> " << whole.type() << "\n";
    whole.name = filled;
    insert(mask, whole, mask.shape.size() - 1, 0);
    mask = whole;
  }
  auto head = llvm::find(mask.dims, "h");
  if (head != mask.dims.end() && group > 1)
    mask = expand(mask, head - mask.dims.begin(), {heads, group}, {"h", "g"});
  return mask;
}

std::string Writer::getMap(const Value &value) {
  return "affine_map<(b, h, " + std::string(group > 1 ? "g, " : "") +
         "m, k1, k2, n) -> (" + commas(value.dims) + ")>";
}

llvm::Expected<std::string> Writer::write() {
  if (!has(Q) || !has(K) || !has(V) || !returns(Y))
    return llvm::createStringError("needs Q, K, V and Y");
  if (returns(Scores))
    return llvm::createStringError("the scores are not an output of any form");
  if (test.inputs.size() > NumInputs)
    return llvm::createStringError("has inputs that are not known");

  // (b, s, h, d) or (b, h, s, d).
  bool packed = test.inputs[Q].shape.size() == 3;
  auto getOperand = [&](unsigned place, StringRef headsAttribute, StringRef row,
                        StringRef column) -> llvm::Expected<Value> {
    if (test.inputs[place].shape.size() == 4)
      return getInput(place, {"b", "h", row.str(), column.str()});
    int64_t count = test.getInteger(headsAttribute, 0);
    if (test.inputs[place].shape.size() != 3 || count <= 0 ||
        test.inputs[place].shape[2] % count)
      return llvm::createStringError("'" + test.inputs[place].name +
                                     "' has no shape that Attention takes");
    Value value = getInput(place, {"b", row.str(), column.str()});
    return expand(value, 2, {count, value.shape[2] / count},
                  {"h", column.str()});
  };
  auto query = getOperand(Q, "q_num_heads", "m", "k1");
  if (!query)
    return query.takeError();
  auto key = getOperand(K, "kv_num_heads", "k2", "k1");
  if (!key)
    return key.takeError();
  auto value = getOperand(V, "kv_num_heads", "k2", "n");
  if (!value)
    return value.takeError();

  // The cache: keys before the new ones, heads first.
  int64_t past = 0;
  for (auto [operand, place, output] :
       {std::tuple(&*key, PastKey, PresentKey),
        std::tuple(&*value, PastValue, PresentValue)}) {
    if (packed && (has(place) || returns(output)))
      *operand = headsFirst(*operand);
    if (has(place)) {
      Value before = getInput(place, operand->dims);
      past = before.shape[2];
      *operand = concatenate(before, *operand);
    }
  }
  unsigned headPlace = packed ? 2 : 1;
  heads = key->shape[llvm::find(key->dims, "h") - key->dims.begin()];
  keys = key->shape[llvm::find(key->dims, "k2") - key->dims.begin()];
  queries = query->shape[packed ? 1 : 2];
  if (heads == 0 || query->shape[headPlace] % heads)
    return llvm::createStringError("query heads are no multiple of key heads");
  group = query->shape[headPlace] / heads;
  if (group > 1)
    *query = expand(*query, headPlace, {heads, group}, {"h", "g"});

  SmallVector<std::string> maps = {getMap(*query), getMap(*key), getMap(*value)};
  std::string clauses, attributes;
  if (has(Mask)) {
    Value mask = getMask();
    maps.push_back(getMap(mask));
    clauses += " mask_tensor(" + mask.name + " : " + mask.type() + ")";
  }
  bool causal = test.getInteger("is_causal", 0) != 0;
  if (causal && has(NonPad)) {
    // Offset of a batch: its number of keys less the number of queries.
    Value count = getInput(NonPad, {});
    std::string dense = fresh(), offset = fresh();
    os << "  " << dense << " = arith.constant dense<" << queries
       << "> : " << count.type() << "\n";
    os << "  " << offset << " = arith.subi " << count.name << ", " << dense
       << " : " << count.type() << "\n";
    clauses += " query_offset(" + offset + " : " + count.type() + ")";
  } else if (causal && past) {
    std::string offset = fresh();
    os << "  " << offset << " = arith.constant " << past << " : index\n";
    clauses += " query_offset(" + offset + " : index)";
  }
  if (has(NonPad)) {
    Value count = getInput(NonPad, {});
    clauses += " valid_keys(" + count.name + " : " + count.type() + ")";
  }
  SmallVector<std::string> entries;
  if (causal)
    entries.push_back("mask = #attn.causal");
  if (std::optional<double> scale = test.getNumber("scale"))
    entries.push_back(llvm::formatv("scale = {0:e17} : f64", *scale));
  if (!entries.empty())
    attributes = " {" + llvm::join(entries, ", ") + "}";

  Value output = *query;
  output.dims.back() = "n";
  output.shape.back() = value->shape.back();
  output = empty(output);
  maps.push_back(getMap(output));
  std::string region;
  std::string state = query->elementType == "f64" ? "f64" : "f32";
  if (double cap = test.getNumber("softcap").value_or(0); cap != 0)
    region = llvm::formatv(
        " score(%s : {0}, %b : index, %h : index, %i : index, %j : index) {{\n"
        "    %cap = arith.constant {1:e17} : {0}\n"
        "    %ratio = arith.divf %s, %cap : {0}\n"
        "    %bounded = math.tanh %ratio : {0}\n"
        "    %capped = arith.mulf %bounded, %cap : {0}\n"
        "    attn.yield %capped : {0}\n  }",
        state, cap);
  std::string init = output.name;
  output.name = fresh();
  os << "  " << output.name << " = attn.attention ins(" << query->name << ", "
     << key->name << ", " << value->name << " : " << query->type() << ", "
     << key->type() << ", " << value->type() << ")" << clauses << " outs("
     << init << " : " << output.type() << ") indexing_maps = ["
     << llvm::join(maps, ", ") << "]" << attributes << region << " -> "
     << output.type() << "\n";
  if (group > 1)
    output = collapse(output, headPlace, "h");
  if (packed)
    output = collapse(output, 2, "n");

  SmallVector<Value> results = {output};
  if (returns(PresentKey))
    results.push_back(*key);
  if (returns(PresentValue))
    results.push_back(*value);
  return finish(results);
}

} // namespace

llvm::Expected<std::string>
mlir::attn::getOnnxAttentionModule(const ConformanceCase &test) {
  return Writer(test).write();
}
