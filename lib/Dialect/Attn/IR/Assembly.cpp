//===- Assembly.cpp - Custom directives of the assembly formats ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Assembly.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

StringRef mlir::attn::getDefaultLayout(unsigned queryRank) {
  switch (queryRank) {
  case 2:
    return "sd";
  case 3:
    return "hsd";
  case 4:
    return "bhsd";
  case 5:
    return "bhgsd";
  default:
    return "";
  }
}

ArrayAttr mlir::attn::getLayoutMaps(MLIRContext *context, StringRef letters,
                                    const OperandRanks &ranks) {
  std::string sorted = letters.str();
  llvm::sort(sorted, [](char a, char b) {
    StringRef order = "bhgsd";
    return order.find(a) < order.find(b);
  });
  if (getDefaultLayout(letters.size()) != sorted)
    return {};

  // Dimensions of the iteration space: batch.., m, k1, k2, n.
  unsigned batch = letters.size() - 2, loops = batch + 4;
  unsigned m = batch, k1 = batch + 1, k2 = batch + 2, n = batch + 3;
  auto getMap = [&](StringRef name, unsigned sequence,
                    std::optional<unsigned> features) {
    SmallVector<AffineExpr> results;
    for (char letter : name) {
      if (letter == 'd' && !features)
        continue;
      unsigned dim = letter == 's'   ? sequence
                     : letter == 'd' ? *features
                                     : StringRef("bhg").substr(batch == 1).find(letter);
      results.push_back(getAffineDimExpr(dim, context));
    }
    return AffineMapAttr::get(AffineMap::get(loops, 0, results, context));
  };

  std::string keyLetters = letters.str();
  llvm::erase(keyLetters, 'g');
  SmallVector<Attribute> maps = {getMap(letters, m, k1),
                                 getMap(keyLetters, k2, k1),
                                 getMap(keyLetters, k2, n)};
  if (ranks.maskTensor) {
    SmallVector<AffineExpr> results;
    for (unsigned dim = 0; dim <= batch; ++dim)
      results.push_back(getAffineDimExpr(dim, context));
    results.push_back(getAffineDimExpr(k2, context));
    if (*ranks.maskTensor > results.size())
      return {};
    maps.push_back(AffineMapAttr::get(AffineMap::get(
        loops, 0, ArrayRef(results).take_back(*ranks.maskTensor), context)));
  }
  // The first batch dimensions, then the sequence.
  for (auto [rank, sequence] : {std::pair(ranks.querySegments, m),
                                std::pair(ranks.keySegments, k2)}) {
    if (!rank)
      continue;
    if (*rank < 1 || *rank > batch + 1)
      return {};
    SmallVector<unsigned> dims =
        llvm::to_vector(llvm::seq<unsigned>(0, *rank - 1));
    dims.push_back(sequence);
    maps.push_back(AffineMapAttr::get(
        AffineMap::getMultiDimMapWithTargets(loops, dims, context)));
  }
  maps.push_back(getMap(letters, m, n));
  if (ranks.hasLogSumExp)
    maps.push_back(getMap(letters, m, std::nullopt));
  return ArrayAttr::get(context, maps);
}

static std::optional<unsigned> getRank(Type type) {
  if (auto shaped = dyn_cast_or_null<RankedTensorType>(type))
    return shaped.getRank();
  return std::nullopt;
}

static OperandRanks getRanks(Type maskTensor, Type querySegments,
                             Type keySegments, TypeRange outputs) {
  return {getRank(maskTensor), getRank(querySegments), getRank(keySegments),
          outputs.size() == 2};
}

ParseResult mlir::attn::parseLayout(OpAsmParser &parser, ArrayAttr &maps,
                                    Type query, Type maskTensor,
                                    Type querySegments, Type keySegments,
                                    TypeRange outputs) {
  SMLoc loc = parser.getCurrentLocation();
  if (succeeded(parser.parseOptionalKeyword("indexing_maps")))
    return failure(parser.parseEqual() || parser.parseAttribute(maps));

  std::optional<unsigned> rank = getRank(query);
  if (!rank)
    return parser.emitError(loc, "the query must be a ranked tensor, got ")
           << query;
  StringRef letters = getDefaultLayout(*rank);
  if (succeeded(parser.parseOptionalKeyword("layout"))) {
    if (parser.parseLParen() || parser.parseKeyword(&letters) ||
        parser.parseRParen())
      return failure();
  } else if (letters.empty()) {
    return parser.emitError(loc, "a query of rank ")
           << *rank << " has no default layout; write indexing_maps = [...]";
  }
  maps = getLayoutMaps(
      parser.getContext(), letters,
      getRanks(maskTensor, querySegments, keySegments, outputs));
  if (!maps)
    return parser.emitError(loc, "unknown layout '")
           << letters
           << "'; use the letters sd, hsd, bhsd or bhgsd in any order, with a "
              "mask tensor over the trailing dimensions of (batch.., m, k2) and "
              "segments over the first of (batch..), then m or k2, or write indexing_maps = [...]";
  return success();
}

/// The letters of the layout that these maps spell, or an empty string.
static std::string getLayoutName(ArrayAttr maps, const OperandRanks &ranks) {
  auto first = dyn_cast_or_null<AffineMapAttr>(maps.empty() ? nullptr : maps[0]);
  if (!first)
    return "";
  AffineMap query = first.getValue();
  unsigned rank = query.getNumResults();
  StringRef names = getDefaultLayout(rank);
  if (names.empty() || query.getNumDims() != rank + 2 ||
      !query.isProjectedPermutation())
    return "";
  std::string letters;
  for (unsigned i = 0; i < rank; ++i) {
    if (query.getDimPosition(i) >= rank)
      return "";
    letters.push_back(names[query.getDimPosition(i)]);
  }
  bool same = getLayoutMaps(maps.getContext(), letters, ranks) == maps;
  return same ? letters : "";
}

void mlir::attn::printLayout(OpAsmPrinter &printer, Operation *, ArrayAttr maps,
                             Type query, Type maskTensor, Type querySegments,
                             Type keySegments, TypeRange outputs) {
  std::string letters = getLayoutName(
      maps, getRanks(maskTensor, querySegments, keySegments, outputs));
  if (letters.empty())
    printer << " indexing_maps = " << maps;
  else if (letters != getDefaultLayout(letters.size()))
    printer << " layout(" << letters << ")";
}

//===----------------------------------------------------------------------===//
// Score regions
//===----------------------------------------------------------------------===//

ParseResult mlir::attn::parseScoreRegion(
    OpAsmParser &parser, SmallVectorImpl<std::unique_ptr<Region>> &regions) {
  if (failed(parser.parseOptionalKeyword("score")))
    return success();
  SmallVector<OpAsmParser::Argument> arguments;
  Region &region = *regions.emplace_back(std::make_unique<Region>());
  return failure(
      parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren,
                               /*allowType=*/true) ||
      parser.parseRegion(region, arguments));
}

void mlir::attn::printScoreRegion(OpAsmPrinter &printer, Operation *,
                                  MutableArrayRef<Region> regions) {
  if (regions.empty())
    return;
  Region &region = regions.front();
  printer << " score(";
  llvm::interleaveComma(region.getArguments(), printer,
                        [&](BlockArgument argument) {
                          printer.printRegionArgument(argument);
                        });
  printer << ") ";
  printer.printRegion(region, /*printEntryBlockArgs=*/false);
}
