//===- AttnAttrs.cpp - What each mask means ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/Attn.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace mlir::attn;
using Int = MaskAlgebra::Int;
using Bool = MaskAlgebra::Bool;
using Interval = MaskAlgebra::Interval;

/// Masks of masks are parsed and evaluated by recursion: without a limit, a text
/// nested deep enough would exhaust the stack.
static constexpr unsigned kMaxMaskDepth = 64;

static ParseResult parseMasks(AsmParser &parser,
                              SmallVector<MaskAttrInterface> &masks) {
  static thread_local unsigned depth = 0;
  llvm::SaveAndRestore nested(depth, depth + 1);
  if (depth > kMaxMaskDepth)
    return parser.emitError(parser.getCurrentLocation())
           << "masks nest deeper than " << kMaxMaskDepth << " levels";
  return parser.parseCommaSeparatedList(
      [&] { return parser.parseAttribute(masks.emplace_back()); });
}

static void printMasks(AsmPrinter &printer, ArrayRef<MaskAttrInterface> masks) {
  llvm::interleaveComma(masks, printer);
}

static ParseResult parseSegments(AsmParser &parser,
                                 SmallVector<SegmentAttr> &segments) {
  return parser.parseCommaSeparatedList(
      AsmParser::Delimiter::Square, [&]() -> ParseResult {
        FailureOr<SegmentAttr> segment =
            FieldParser<SegmentAttr>::parse(parser);
        if (failed(segment))
          return failure();
        segments.push_back(*segment);
        return success();
      });
}

static void printSegments(AsmPrinter &printer, ArrayRef<SegmentAttr> segments) {
  printer << '[';
  llvm::interleaveComma(segments, printer, [&](SegmentAttr segment) {
    printer.printStrippedAttrOrType(segment);
  });
  printer << ']';
}

#include "attn/Dialect/Attn/IR/AttnAttrInterfaces.cpp.inc"
#include "attn/Dialect/Attn/IR/AttnEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "attn/Dialect/Attn/IR/AttnAttrs.cpp.inc"

void AttnDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "attn/Dialect/Attn/IR/AttnAttrs.cpp.inc"
      >();
}

static constexpr int64_t kMaxSize = MaskAlgebra::kMaxPosition;

// causal:  j <= q
//   some q of [a, b) sees j  <=>  j < b;     all see j  <=>  j < a + 1
Bool CausalAttr::isVisible(MaskAlgebra &algebra, Int query, Int key) const {
  return algebra.lessEqual(key, query);
}
Interval CausalAttr::getVisibleKeys(MaskAlgebra &algebra, Interval queries) const {
  return {algebra.constant(0), queries.end};
}
Interval CausalAttr::getFullKeys(MaskAlgebra &algebra, Interval queries) const {
  return {algebra.constant(0), algebra.add(queries.begin, algebra.constant(1))};
}

// window<l, r>:  q - l <= j <= q + r
//   some q of [a, b) sees j  <=>  a - l <= j < b + r
//   all see j                <=>  b - 1 - l <= j < a + r + 1
Bool WindowAttr::isVisible(MaskAlgebra &algebra, Int query, Int key) const {
  Int first = algebra.sub(query, algebra.constant(getLeft()));
  Int last = algebra.add(query, algebra.constant(getRight()));
  return algebra.logicalAnd(algebra.lessEqual(first, key),
                            algebra.lessEqual(key, last));
}
Interval WindowAttr::getVisibleKeys(MaskAlgebra &algebra, Interval queries) const {
  return {algebra.sub(queries.begin, algebra.constant(getLeft())),
          algebra.add(queries.end, algebra.constant(getRight()))};
}
Interval WindowAttr::getFullKeys(MaskAlgebra &algebra, Interval queries) const {
  return {algebra.sub(queries.end, algebra.constant(getLeft() + 1)),
          algebra.add(queries.begin, algebra.constant(getRight() + 1))};
}

LogicalResult
WindowAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t left,
                   int64_t right) {
  if (left < 0 || right < 0 || left >= kMaxSize || right >= kMaxSize)
    return emitError() << "window sizes must be in [0, 2^62), got left = "
                       << left << ", right = " << right;
  return success();
}

// prefix<n>:  j < n
Bool PrefixAttr::isVisible(MaskAlgebra &algebra, Int query, Int key) const {
  return algebra.less(key, algebra.constant(getSize()));
}
Interval PrefixAttr::getVisibleKeys(MaskAlgebra &algebra, Interval queries) const {
  return {algebra.constant(0), algebra.constant(getSize())};
}
Interval PrefixAttr::getFullKeys(MaskAlgebra &algebra, Interval queries) const {
  return {algebra.constant(0), algebra.constant(getSize())};
}

LogicalResult PrefixAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 int64_t size) {
  if (size < 0 || size >= kMaxSize)
    return emitError() << "prefix size must be in [0, 2^62), got " << size;
  return success();
}

// segments:  id(j) = id(q)
Bool SegmentsAttr::isVisible(MaskAlgebra &algebra, Int query, Int key) const {
  return *algebra.sameSegment;
}
Interval SegmentsAttr::getVisibleKeys(MaskAlgebra &algebra,
                                      Interval queries) const {
  if (algebra.segmentKeys)
    return algebra.segmentKeys->visible;
  return {algebra.constant(0), algebra.constant(kMaxSize)};
}
Interval SegmentsAttr::getFullKeys(MaskAlgebra &algebra,
                                   Interval queries) const {
  if (algebra.segmentKeys)
    return algebra.segmentKeys->full;
  return {algebra.constant(0), algebra.constant(0)};
}

bool mlir::attn::usesSegments(MaskAttrInterface mask) {
  return mask && Attribute(mask)
                     .walk([](SegmentsAttr) { return WalkResult::interrupt(); })
                     .wasInterrupted();
}

static LogicalResult
verifyMasks(function_ref<InFlightDiagnostic()> emitError,
            ArrayRef<MaskAttrInterface> masks) {
  if (masks.empty())
    return emitError() << "needs at least one mask";
  return success();
}

// and: all masks agree. Intervals intersect.
Bool AndAttr::isVisible(MaskAlgebra &algebra, Int query, Int key) const {
  Bool visible = algebra.constantBool(true);
  for (MaskAttrInterface mask : getMasks())
    visible = algebra.logicalAnd(visible, mask.isVisible(algebra, query, key));
  return visible;
}
Interval AndAttr::getVisibleKeys(MaskAlgebra &algebra, Interval queries) const {
  Interval keys = getMasks().front().getVisibleKeys(algebra, queries);
  for (MaskAttrInterface mask : getMasks().drop_front())
    keys = algebra.intersect(keys, mask.getVisibleKeys(algebra, queries));
  return keys;
}
Interval AndAttr::getFullKeys(MaskAlgebra &algebra, Interval queries) const {
  Interval keys = getMasks().front().getFullKeys(algebra, queries);
  for (MaskAttrInterface mask : getMasks().drop_front())
    keys = algebra.intersect(keys, mask.getFullKeys(algebra, queries));
  return keys;
}
LogicalResult AndAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                              ArrayRef<MaskAttrInterface> masks) {
  return verifyMasks(emitError, masks);
}

// or: one mask says so. Visible keys lie in the hull. The union of two full
// intervals is full; it is an interval if they touch, otherwise the longer one
// is still full.
Bool OrAttr::isVisible(MaskAlgebra &algebra, Int query, Int key) const {
  Bool visible = algebra.constantBool(false);
  for (MaskAttrInterface mask : getMasks())
    visible = algebra.logicalOr(visible, mask.isVisible(algebra, query, key));
  return visible;
}
Interval OrAttr::getVisibleKeys(MaskAlgebra &algebra, Interval queries) const {
  Interval keys = getMasks().front().getVisibleKeys(algebra, queries);
  for (MaskAttrInterface mask : getMasks().drop_front())
    keys = algebra.hull(keys, mask.getVisibleKeys(algebra, queries));
  return keys;
}
Interval OrAttr::getFullKeys(MaskAlgebra &algebra, Interval queries) const {
  Interval keys = getMasks().front().getFullKeys(algebra, queries);
  for (MaskAttrInterface mask : getMasks().drop_front()) {
    Interval more = mask.getFullKeys(algebra, queries);
    Bool touch = algebra.logicalAnd(algebra.lessEqual(keys.begin, more.end),
                                    algebra.lessEqual(more.begin, keys.end));
    Bool longer = algebra.less(algebra.sub(more.end, more.begin),
                               algebra.sub(keys.end, keys.begin));
    Interval whole = algebra.hull(keys, more);
    keys = {algebra.select(touch, whole.begin,
                           algebra.select(longer, keys.begin, more.begin)),
            algebra.select(touch, whole.end,
                           algebra.select(longer, keys.end, more.end))};
  }
  return keys;
}
LogicalResult OrAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                             ArrayRef<MaskAttrInterface> masks) {
  return verifyMasks(emitError, masks);
}

LogicalResult FormAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               FormKind kind, int64_t queries, int64_t keys,
                               int64_t block) {
  for (int64_t size : {queries, keys, block})
    if (size < 0 || size >= kMaxSize)
      return emitError() << "tile sizes are in rows and must be in [0, 2^62), "
                            "got queries = "
                         << queries << ", keys = " << keys
                         << ", block = " << block;
  return success();
}

LogicalResult SegmentAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t layers, KeepKind keep, int64_t window,
                                  int64_t prefix) {
  if (layers < 1 || layers >= kMaxSize)
    return emitError() << "a segment has at least one layer, got layers = "
                       << layers;
  for (int64_t tokens : {window, prefix})
    if (tokens < 0 || tokens >= kMaxSize)
      return emitError() << "window and prefix are in tokens and must be in "
                            "[0, 2^62), got window = "
                         << window << ", prefix = " << prefix;
  if (keep == KeepKind::KeyValue && layers != 1)
    return emitError() << "keys and values are kept by segments of one layer, "
                          "got layers = "
                       << layers << "; a longer one can keep its input";
  return success();
}

LogicalResult PlanAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               ArrayRef<SegmentAttr> segments, int64_t block) {
  if (block < 1 || block >= kMaxSize)
    return emitError() << "block is in tokens and must be in [1, 2^62), got "
                       << block;
  if (segments.empty())
    return emitError() << "a plan has at least one segment";
  int64_t layers = 0;
  for (auto [i, segment] : llvm::enumerate(segments)) {
    if (i && segment.getKeep() == KeepKind::None)
      return emitError() << "only the first segment can keep nothing: segment "
                         << i << " needs keep = input or keep = kv";
    if (segment.getWindow() % block || segment.getPrefix() % block)
      return emitError() << "window = " << segment.getWindow()
                         << " and prefix = " << segment.getPrefix()
                         << " must be multiples of block = " << block;
    if ((layers += segment.getLayers()) >= kMaxSize)
      return emitError() << "a plan has less than 2^62 layers";
  }
  return success();
}

int64_t PlanAttr::getNumLayers() {
  int64_t layers = 0;
  for (SegmentAttr segment : getSegments())
    layers += segment.getLayers();
  return layers;
}

bool mlir::attn::hidesKeysAfterQuery(MaskAttrInterface mask) {
  if (auto window = dyn_cast_or_null<WindowAttr>(mask))
    return window.getRight() <= 0;
  if (auto masks = dyn_cast_or_null<AndAttr>(mask))
    return llvm::any_of(masks.getMasks(), hidesKeysAfterQuery);
  if (auto masks = dyn_cast_or_null<OrAttr>(mask))
    return llvm::all_of(masks.getMasks(), hidesKeysAfterQuery);
  return isa_and_nonnull<CausalAttr>(mask);
}

bool mlir::attn::showsKeysUpToQuery(MaskAttrInterface mask) {
  if (auto masks = dyn_cast_or_null<AndAttr>(mask))
    return llvm::all_of(masks.getMasks(), showsKeysUpToQuery);
  if (auto masks = dyn_cast_or_null<OrAttr>(mask))
    return llvm::any_of(masks.getMasks(), showsKeysUpToQuery);
  return !mask || isa<CausalAttr>(mask);
}
