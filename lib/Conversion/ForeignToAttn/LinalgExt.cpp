//===- LinalgExt.cpp - IREE's attention and online_attention ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// As in iree-org/iree, compiler/src/iree/compiler/Dialect/LinalgExt:
// IR/LinalgExtOps.td says which operands and maps there are,
// IR/AggregatedOpInterfaceImpl.cpp what they compute:
//
//   s      = scale * log2(e) * <query, key>     the scale is a scalar operand
//   s      = region(s)                          hence in base 2
//   s      = s + log2(e) * mask                 or 0, -inf by the lowest bit
//   output = sum_j 2^(s_j - max) value_j / sum_j 2^(s_j - max)
//
// with 1 in place of log2(e), and exp in place of exp2, if decomposition_config
// has use_exp2 = false. Later versions have no scale: s = <query, key> is in
// base 2 as it comes. Earlier ones have prob_output_scale, for f8.
// online_attention has the same scores, and its state is that of attn.fold.
//
//===----------------------------------------------------------------------===//

#include "Foreign.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
/// Either operation, with what its dimensions are.
struct Attention {
  Value query, key, value, mask;
  SmallVector<Value> outputs; // Output, and maximum and sum if it is online.
  SmallVector<AffineMap> maps; // Of query, key, value, mask if any, outputs.
  /// Where each dimension of IREE's space is in (batch.., m, k1, k2, n).
  SmallVector<unsigned> dims;
  unsigned numBatchDims = 0;
  /// Which of its dimensions iree_linalg_ext.index numbers, in order.
  SmallVector<unsigned> scoreDims;
  double scale = 1;
  Value dynamicScale; // Or null.
  bool baseTwo = true;

  unsigned numLoops() const { return dims.size(); }
};
} // namespace

//===----------------------------------------------------------------------===//
// Operands and attributes
//===----------------------------------------------------------------------===//

/// A constant, through conversions between types, as they round it.
static std::optional<APFloat> getConstant(Value value) {
  FloatAttr attribute;
  if (matchPattern(value, m_Constant(&attribute)))
    return attribute.getValue();
  Operation *convert = value.getDefiningOp();
  if (!isa_and_nonnull<arith::TruncFOp, arith::ExtFOp>(convert))
    return std::nullopt;
  auto type = dyn_cast<FloatType>(value.getType());
  std::optional<APFloat> number = getConstant(convert->getOperand(0));
  if (!number || !type)
    return std::nullopt;
  bool losesInfo;
  number->convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                  &losesInfo);
  return number;
}

static LogicalResult readConfig(ForeignOp &op, Attention &attention) {
  Attribute attribute = op.take("decomposition_config");
  if (!attribute)
    return success();
  auto config = dyn_cast<DictionaryAttr>(attribute);
  if (!config)
    return op.refuse() << "has the decomposition_config " << attribute
                       << ", which should be a dictionary";
  for (NamedAttribute entry : config) {
    // Marks for the matrix products.
    if (entry.getName() == "qk_attrs" || entry.getName() == "pv_attrs")
      continue;
    auto boolean = dyn_cast<BoolAttr>(entry.getValue());
    if (entry.getName() != "use_exp2" || !boolean)
      return op.refuse() << "has " << entry.getName() << " = "
                         << entry.getValue()
                         << " in its decomposition_config, whose meaning is "
                            "not known here; remove it if the result does not "
                            "depend on it";
    attention.baseTwo = boolean.getValue();
  }
  return success();
}

static LogicalResult readMaps(ForeignOp &op, Attention &attention,
                              bool hasScale) {
  auto array = dyn_cast_or_null<ArrayAttr>(op.take("indexing_maps"));
  unsigned numMaps =
      3 + hasScale + !!attention.mask + attention.outputs.size();
  if (!array || array.size() != numMaps)
    return op.refuse() << "needs indexing_maps, one for each of its " << numMaps
                       << " operands";
  for (auto [i, attribute] : llvm::enumerate(array)) {
    auto map = dyn_cast<AffineMapAttr>(attribute);
    unsigned loops = attention.maps.empty()
                         ? (map ? map.getValue().getNumDims() : 0)
                         : attention.maps.front().getNumDims();
    if (!map || map.getValue().getNumSymbols() ||
        map.getValue().getNumDims() != loops ||
        !map.getValue().isProjectedPermutation())
      return op.refuse() << "has the indexing map " << attribute
                         << "; all must be projected permutations of the same "
                            "dimensions";
    if (i == 3 && hasScale) // Of a scalar.
      continue;
    attention.maps.push_back(map.getValue());
  }
  return success();
}

static LogicalResult readOperands(ForeignOp &op, Attention &attention,
                                  unsigned numOutputs) {
  unsigned count = op->getNumOperands();
  SmallVector<Value> operands(op->getOperands());
  if (count < 3 + numOutputs || op->getNumResults() != numOutputs)
    return op.refuse() << "has " << count << " operands and "
                       << op->getNumResults()
                       << " results; it needs query, key, value, maybe a scale "
                          "and a mask, and "
                       << numOutputs
                       << " destinations, on tensors";
  attention.query = operands[0];
  attention.key = operands[1];
  attention.value = operands[2];
  for (unsigned i = count - numOutputs; i < count; ++i)
    attention.outputs.push_back(operands[i]);
  ArrayRef<Value> rest =
      ArrayRef(operands).drop_front(3).drop_back(numOutputs);
  bool hasScale = !rest.empty() && isa<FloatType>(rest.front().getType());
  Value scale;
  if (hasScale) {
    scale = rest.front();
    rest = rest.drop_front();
  }
  if (!rest.empty() && isa<FloatType>(rest.front().getType()))
    return op.refuse() << "has a prob_output_scale, which attn.attention has "
                          "no place for; scale its output instead";
  if (rest.size() > 1)
    return op.refuse() << "has " << rest.size() - 1
                       << " operands that are not known here";
  if (!rest.empty())
    attention.mask = rest.front();
  op.ignore({"operandSegmentSizes", "operand_segment_sizes", "lowering_config",
             "compilation_info"});
  if (failed(readConfig(op, attention)) ||
      failed(readMaps(op, attention, hasScale)) || failed(op.takeNoMore()))
    return failure();

  // In natural units; a query that comes without a scale is in base 2 already.
  attention.scale = hasScale || !attention.baseTwo ? 1 : M_LN2;
  if (!hasScale)
    return success();
  if (std::optional<APFloat> constant = getConstant(scale)) {
    bool losesInfo;
    constant->convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                      &losesInfo);
    attention.scale = constant->convertToDouble();
    if (!std::isfinite(attention.scale))
      return op.refuse() << "has a scale that is not finite";
    return success();
  }
  attention.dynamicScale = scale;
  return success();
}

static LogicalResult verifyTypes(ForeignOp op, const Attention &attention) {
  StringRef names[] = {"output", "maximum", "sum"};
  for (auto [value, name] : {std::pair(attention.query, "query"),
                             std::pair(attention.key, "key"),
                             std::pair(attention.value, "value")})
    if (failed(op.verifyTensor(value, name)))
      return failure();
  for (auto [value, name, result] :
       llvm::zip(attention.outputs, names, op->getResults())) {
    if (failed(op.verifyTensor(value, name)))
      return failure();
    if (value.getType() != result.getType())
      return op.refuse() << "returns the " << name << " as "
                         << result.getType() << ", but its destination is "
                         << value.getType();
  }
  if (!attention.mask)
    return success();
  auto type = dyn_cast<RankedTensorType>(attention.mask.getType());
  if (!type || !(type.getElementType().isSignlessInteger(1) ||
                 type.getElementType().isSignlessInteger(8) ||
                 isa<FloatType>(type.getElementType())))
    return op.refuse() << "has a mask of type " << attention.mask.getType()
                       << "; it should be a tensor of i1 or i8, where 0 hides "
                          "a key, or of numbers to add to the scores";
  return type.getElementType().isInteger()
             ? success()
             : op.verifyTensor(attention.mask, "mask");
}

//===----------------------------------------------------------------------===//
// What the dimensions are
//===----------------------------------------------------------------------===//

/// The extent of a dimension, large if it is not known.
static int64_t getExtent(const Attention &attention, unsigned dim) {
  auto type = cast<RankedTensorType>(attention.query.getType());
  for (unsigned i = 0; i < attention.maps[0].getNumResults(); ++i)
    if (attention.maps[0].getDimPosition(i) == dim && !type.isDynamicDim(i))
      return type.getDimSize(i);
  return std::numeric_limits<int64_t>::max();
}

// batch: of all four;  m: query and output;  k1: query and key;
// k2: key and value;  n: value and output.
// Of several m the longest is that of the queries, the others are query heads
// that share a key head.
static LogicalResult findDims(ForeignOp op, Attention &attention) {
  unsigned loops = attention.maps[0].getNumDims(),
           outputMap = attention.mask ? 4 : 3;
  SmallVector<unsigned> batch, queries, k1, k2, n;
  for (unsigned dim = 0; dim < loops; ++dim) {
    auto uses = [&](unsigned map) {
      return attention.maps[map].isFunctionOfDim(dim);
    };
    unsigned pattern = uses(0) << 3 | uses(1) << 2 | uses(2) << 1 |
                       static_cast<unsigned>(uses(outputMap));
    switch (pattern) {
    case 0b1111: batch.push_back(dim); break;
    case 0b1001: queries.push_back(dim); break;
    case 0b1100: k1.push_back(dim); break;
    case 0b0110: k2.push_back(dim); break;
    case 0b0011: n.push_back(dim); break;
    default:
      return op.refuse() << "has the dimension d" << dim
                         << " in its indexing maps, which is neither a batch "
                            "dimension nor one of queries, keys or features";
    }
  }
  for (auto [list, name] : {std::pair(&k1, "features of query and key"),
                            std::pair(&k2, "keys"),
                            std::pair(&n, "features of the value")})
    if (list->size() != 1)
      return op.refuse() << "has " << list->size() << " dimensions of " << name
                         << ", but attn.attention has one: collapse or expand "
                            "shapes before it";
  if (queries.empty())
    return op.refuse() << "has 0 dimensions of queries, but attn.attention has "
                          "one: expand the shapes of query and output";
  unsigned m = queries.front();
  for (unsigned dim : queries)
    if (getExtent(attention, dim) >= getExtent(attention, m))
      m = dim;

  SmallVector<unsigned> order;
  AffineMap output = attention.maps[outputMap];
  for (unsigned i = 0; i < output.getNumResults(); ++i)
    if (unsigned dim = output.getDimPosition(i); dim != m && dim != n[0])
      order.push_back(dim);
  attention.numBatchDims = order.size();
  llvm::append_values(order, m, k1[0], k2[0], n[0]);
  attention.dims.resize(loops);
  for (auto [place, dim] : llvm::enumerate(order))
    attention.dims[dim] = place;

  // The scores are (batch.., m.., k2); in another order it is not said which
  // dimension an index means.
  llvm::append_range(attention.scoreDims, batch);
  llvm::append_range(attention.scoreDims, queries);
  attention.scoreDims.push_back(k2[0]);
  if (!llvm::is_sorted(attention.scoreDims))
    attention.scoreDims.clear();
  return success();
}

/// A map over (batch.., m, k1, k2, n).
static AffineMap reorder(const Attention &attention, AffineMap map) {
  SmallVector<unsigned> targets;
  for (unsigned i = 0; i < map.getNumResults(); ++i)
    targets.push_back(attention.dims[map.getDimPosition(i)]);
  return AffineMap::getMultiDimMapWithTargets(attention.numLoops(), targets,
                                              map.getContext());
}

//===----------------------------------------------------------------------===//
// The score region
//===----------------------------------------------------------------------===//

static bool isIndex(Operation *op) {
  return op->getName().getStringRef() == "iree_linalg_ext.index";
}

/// The region's block, or null if it leaves scores alone.
static FailureOr<Block *> getBody(ForeignOp op, const Attention &attention,
                                  Type stateType) {
  if (op->getNumRegions() == 0 || op->getRegion(0).empty())
    return nullptr;
  if (op->getNumRegions() != 1 || !op->getRegion(0).hasOneBlock())
    return op.refuse() << "should have one region of one block";
  Block &body = op->getRegion(0).front();
  Operation *yield = body.empty() ? nullptr : &body.back();
  if (!yield ||
      yield->getName().getStringRef() != "iree_linalg_ext.yield" ||
      yield->getNumOperands() != 1)
    return op.refuse() << "has a region that does not end by yielding one "
                          "score with iree_linalg_ext.yield";
  if (body.getNumArguments() != 1 ||
      body.getArgument(0).getType() != stateType ||
      yield->getOperand(0).getType() != stateType)
    return op.refuse() << "has a region that should take one score of type "
                       << stateType << " and yield another; positions are "
                       << "iree_linalg_ext.index";
  if (yield->getOperand(0) == body.getArgument(0))
    return nullptr;
  for (Operation &nested : body) {
    if (!isIndex(&nested))
      continue;
    ForeignOp index(&nested);
    FailureOr<int64_t> dim = index.takeInteger("dim", -1);
    if (failed(dim))
      return failure();
    if (attention.scoreDims.empty())
      return index.refuse()
             << "is in attention whose dimensions are not in the order batch, "
                "queries, keys: it is not clear which one it means; permute "
                "those of the indexing maps";
    if (*dim < 0 ||
        *dim >= static_cast<int64_t>(attention.scoreDims.size()) ||
        nested.getNumResults() != 1 || !nested.getResult(0).getType().isIndex())
      return index.refuse() << "should give one of the "
                            << attention.scoreDims.size()
                            << " positions of a score (batch.., queries, "
                               "keys), as index";
  }
  return &body;
}

/// Fills `region`, whose arguments are the score and the position in each of
/// (batch.., m, k2), for attention with that of a head, which is 0, between.
static void createScoreRegion(RewriterBase &rewriter, Location loc,
                              const Attention &attention, Block *from,
                              Region &region, FloatType stateType,
                              bool hasHead) {
  OpBuilder::InsertionGuard guard(rewriter);
  unsigned batch = attention.numBatchDims;
  SmallVector<Type> types(batch + 3 + hasHead, rewriter.getIndexType());
  types[0] = stateType;
  Block *body = rewriter.createBlock(&region, {}, types,
                                     SmallVector<Location>(types.size(), loc));
  auto multiply = [&](Value x, double factor) -> Value {
    Value constant = arith::ConstantOp::create(
        rewriter, loc, rewriter.getFloatAttr(stateType, factor));
    return arith::MulFOp::create(rewriter, loc, x, constant);
  };
  Value score = body->getArgument(0);
  if (Value scale = attention.dynamicScale) {
    unsigned width = scale.getType().getIntOrFloatBitWidth();
    if (width < stateType.getWidth())
      scale = arith::ExtFOp::create(rewriter, loc, stateType, scale);
    else if (scale.getType() != stateType)
      scale = arith::TruncFOp::create(rewriter, loc, stateType, scale);
    score = arith::MulFOp::create(rewriter, loc, score, scale);
  }
  if (from) {
    // Its scores are in base 2, those of attn in natural units.
    if (attention.baseTwo)
      score = multiply(score, 1 / M_LN2);
    IRMapping mapping;
    mapping.map(from->getArgument(0), score);
    for (Operation &nested : *from) {
      if (isIndex(&nested)) {
        FailureOr<int64_t> dim = ForeignOp(&nested).takeInteger("dim", -1);
        unsigned place = attention.dims[attention.scoreDims[*dim]];
        unsigned last = body->getNumArguments() - 1;
        mapping.map(nested.getResult(0),
                    body->getArgument(place < batch    ? 1 + place
                                      : place == batch ? last - 1
                                                       : last));
      } else if (&nested != &from->back()) {
        rewriter.clone(nested, mapping);
      }
    }
    score = mapping.lookupOrDefault(from->back().getOperand(0));
    if (attention.baseTwo)
      score = multiply(score, M_LN2);
  }
  YieldOp::create(rewriter, loc, score);
}

//===----------------------------------------------------------------------===//
// The operations
//===----------------------------------------------------------------------===//

static FailureOr<Attention> match(ForeignOp &op, unsigned numOutputs) {
  Attention attention;
  if (failed(readOperands(op, attention, numOutputs)) ||
      failed(verifyTypes(op, attention)))
    return failure();
  SmallVector<Value> operands = {attention.query, attention.key,
                                 attention.value};
  if (attention.mask)
    operands.push_back(attention.mask);
  llvm::append_range(operands, attention.outputs);
  for (auto [operand, map] : llvm::zip_equal(operands, attention.maps))
    if (cast<ShapedType>(operand.getType()).getRank() != map.getNumResults())
      return op.refuse() << "has the indexing map " << AffineMapAttr::get(map)
                         << " for an operand of type " << operand.getType();
  if (failed(findDims(op, attention)))
    return failure();
  return attention;
}

LogicalResult mlir::attn::convertLinalgExtAttention(RewriterBase &rewriter,
                                                    ForeignOp op) {
  FailureOr<Attention> attention = match(op, 1);
  if (failed(attention))
    return failure();
  Location loc = op.getLoc();
  bool isDouble = getElementTypeOrSelf(attention->query.getType()).isF64();
  FloatType stateType = isDouble ? cast<FloatType>(rewriter.getF64Type())
                                 : rewriter.getF32Type();
  FailureOr<Block *> body = getBody(op, *attention, stateType);
  if (failed(body))
    return failure();
  bool hasScore = *body || attention->dynamicScale;
  SmallVector<AffineMap> maps;
  for (AffineMap map : attention->maps)
    maps.push_back(reorder(*attention, map));
  auto result = AttentionOp::create(
      rewriter, loc, op->getResultTypes(), attention->query, attention->key,
      attention->value,
      attention->mask ? getBooleanMask(rewriter, loc, attention->mask)
                      : Value(),
      /*query_segments=*/Value(), /*key_segments=*/Value(),
      /*query_offset=*/Value(), /*valid_keys=*/Value(), attention->outputs,
      rewriter.getAffineMapArrayAttr(maps),
      rewriter.getF64FloatAttr(attention->scale), /*mask=*/MaskAttrInterface(),
      // The positions in all batch dimensions, one by one.
      hasScore ? rewriter.getI64IntegerAttr(0) : IntegerAttr(),
      /*form=*/FormAttr(), /*scoreCount=*/hasScore);
  if (hasScore)
    createScoreRegion(rewriter, loc, *attention, *body,
                      result.getScore().front(), stateType, /*hasHead=*/true);
  rewriter.replaceOp(op.operator->(), result.getResults());
  return success();
}

LogicalResult
mlir::attn::convertLinalgExtOnlineAttention(RewriterBase &rewriter,
                                            ForeignOp op) {
  FailureOr<Attention> attention = match(op, 3);
  if (failed(attention))
    return failure();
  if (!attention->baseTwo)
    return op.refuse() << "has use_exp2 = false: its maximum is in natural "
                          "units, that of attn.fold in base 2; remove use_exp2 "
                          "from its decomposition_config, and from that of "
                          "whatever reads the maximum";
  Location loc = op.getLoc();
  bool isDouble = getElementTypeOrSelf(attention->query.getType()).isF64();
  FloatType stateType = isDouble ? cast<FloatType>(rewriter.getF64Type())
                                 : rewriter.getF32Type();
  for (Value state : attention->outputs)
    if (getElementTypeOrSelf(state.getType()) != stateType)
      return op.refuse() << "keeps its state as " << state.getType()
                         << ", attn.fold as " << stateType
                         << ": accumulate in this type";
  FailureOr<Block *> body = getBody(op, *attention, stateType);
  if (failed(body))
    return failure();
  bool hasScore = *body || attention->dynamicScale;
  // Output, maximum, sum  -->  maximum, sum, output.
  SmallVector<AffineMap> maps;
  for (AffineMap map : attention->maps)
    maps.push_back(reorder(*attention, map));
  std::rotate(maps.end() - 3, maps.end() - 2, maps.end());
  ArrayRef<Value> outputs = attention->outputs;
  auto result = FoldOp::create(
      rewriter, loc, outputs[1].getType(), outputs[2].getType(),
      outputs[0].getType(), attention->query, attention->key, attention->value,
      attention->mask ? getBooleanMask(rewriter, loc, attention->mask)
                      : Value(),
      /*query_segments=*/Value(), /*key_segments=*/Value(),
      /*query_offset=*/Value(), /*valid_keys=*/Value(), /*origin=*/ValueRange(),
      outputs[1], outputs[2], outputs[0], rewriter.getAffineMapArrayAttr(maps),
      rewriter.getF64FloatAttr(attention->scale), /*mask=*/MaskAttrInterface(),
      /*scoreCount=*/hasScore);
  if (hasScore)
    createScoreRegion(rewriter, loc, *attention, *body,
                      result.getScore().front(), stateType, /*hasHead=*/false);
  rewriter.replaceOp(op.operator->(), {result.getNewAcc(), result.getNewMax(),
                                       result.getNewSum()});
  return success();
}
