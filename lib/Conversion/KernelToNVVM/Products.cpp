//===- Products.cpp - Products of matrices by mma.sync ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Registers of fragments as PTX ISA 9.7.14.5 has them for m16n8k16: `ldmatrix`
// gives each thread two neighbours of a row of 8 x 8 elements, and an
// accumulator of 16 x 16 has the places of a left operand.
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"
#include "Patterns.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::kernel;

namespace {

/// Columns of an 8 x 8 matrix, and of the depth of a product.
constexpr int64_t kMatrix = 8, kDepth = 16;

/// What products do to the registers of a thread.
class Matrices : public Emitter {
public:
  Matrices(OpBuilder &b, Location loc, TileType tile, Value base, Value stage)
      : Emitter(b, loc), tile(tile), address(stageAddress(tile, base, stage)) {}

  /// Four 8 x 8 matrices of the tile, whose lanes 8i to 8i + 7 give the rows of
  /// the i-th: matrices i differ by bit `rowBit` of i in rows and by the other
  /// bit in columns. `row` is a row of the block; row and column are multiples
  /// of 16.
  std::array<Value, 4> load(int64_t row, int64_t column, unsigned rowBit,
                            bool transposed, Value firstRow = {}) {
    auto [laneRow, laneChunk] = getLanePlace(rowBit);
    if (firstRow)
      laneRow = add(laneRow, firstRow);
    // The row's last bits, which decide about chunks, are those of the lane.
    Value chunk = add(laneChunk, column / tile.getChunk());
    Value place = advance(advance(address, chunkOffset(tile, laneRow, chunk)),
                          row * tile.getRowBytes());
    Type word = b.getI32Type();
    auto type = LLVM::LLVMStructType::getLiteral(b.getContext(),
                                                 {word, word, word, word});
    auto shape = NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8);
    Value loaded = NVVM::LdMatrixOp::create(
        b, loc, type, place, 4,
        transposed ? NVVM::MMALayout::col : NVVM::MMALayout::row, shape,
        NVVM::LdStMatrixEltType::B16);
    std::array<Value, 4> words;
    for (int64_t i = 0; i < 4; ++i)
      words[i] = LLVM::ExtractValueOp::create(b, loc, loaded, i);
    return words;
  }

  /// sums(16 x 8) + left(16 x 16) x right(16 x 8)
  SmallVector<Value> multiply(ArrayRef<Value> left, ArrayRef<Value> right,
                              ArrayRef<Value> sums) {
    Type element = tile.getElementType(), f32 = b.getF32Type();
    auto type =
        LLVM::LLVMStructType::getLiteral(b.getContext(), {f32, f32, f32, f32});
    bool isF16 = element.isF16();
    auto operands = [&](ArrayRef<Value> words) {
      SmallVector<Value> values(words);
      for (Value &value : values)
        if (isF16)
          value = LLVM::BitcastOp::create(b, loc, getPairType(), value);
      return values;
    };
    NVVM::MMATypes types = isF16 ? NVVM::MMATypes::f16 : NVVM::MMATypes::bf16;
    Value product = NVVM::MmaOp::create(
        b, loc, type, operands(left), operands(right), sums,
        ArrayRef<int64_t>{16, 8, kDepth}, std::nullopt, std::nullopt,
        std::array<NVVM::MMATypes, 2>{types, types},
        std::array<NVVM::MMALayout, 2>{NVVM::MMALayout::row,
                                       NVVM::MMALayout::col});
    SmallVector<Value> results;
    for (int64_t i = 0; i < 4; ++i)
      results.push_back(LLVM::ExtractValueOp::create(b, loc, product, i));
    return results;
  }

  VectorType getPairType() {
    return VectorType::get({2}, tile.getElementType());
  }

  /// Two neighbours as a word, rounded to the tile's type if they are wider.
  Value pack(Value low, Value high) {
    Value pair;
    auto mode = NVVM::FPRoundingMode::RN;
    if (low.getType() != tile.getElementType()) {
      if (tile.getElementType().isF16())
        pair = NVVM::ConvertF32x2ToF16x2Op::create(b, loc, getPairType(), high,
                                                   low, Value(), mode);
      else
        pair = NVVM::ConvertF32x2ToBF16x2Op::create(b, loc, getPairType(), high,
                                                    low, Value(), mode);
    } else {
      pair = LLVM::PoisonOp::create(b, loc, getPairType());
      pair = LLVM::InsertElementOp::create(b, loc, pair, low, i32(0));
      pair = LLVM::InsertElementOp::create(b, loc, pair, high, i32(1));
    }
    return LLVM::BitcastOp::create(b, loc, b.getI32Type(), pair);
  }
  std::pair<Value, Value> unpack(Value word) {
    Value pair = LLVM::BitcastOp::create(b, loc, getPairType(), word);
    return {LLVM::ExtractElementOp::create(b, loc, pair, i32(0)),
            LLVM::ExtractElementOp::create(b, loc, pair, i32(1))};
  }

  TileType tile;
  Value address;

private:
  /// Row and chunk within 16 x 16 elements whose address this lane gives.
  std::pair<Value, Value> getLanePlace(unsigned rowBit) {
    Value matrix = div(lane(), 8);
    Value low = rem(matrix, 2), high = div(matrix, 2);
    Value row = add(rem(lane(), 8), mul(rowBit == 0 ? low : high, 8));
    return {row, rowBit == 0 ? high : low};
  }
};

/// How the rows of a fragment are dealt: 16 to a warp at a time, `repeats`
/// times.
struct Rows {
  int64_t warps, repeats, registers; // Registers of 16 rows.
  explicit Rows(FragmentType type)
      : warps(type.getLayout().getNumWarps()),
        repeats(type.getShape()[0] / (16 * warps)),
        registers(type.getNumRegisters() / repeats) {}
};

LogicalResult requireMatrixLayout(Operation *op, FragmentType type) {
  ArrayRef<int64_t> shape = type.getShape();
  if (shape.size() == 2 && shape[1] % kDepth == 0 &&
      type.getLayout() == LayoutAttr::getMatrix(type.getContext(), shape[0],
                                                shape[1],
                                                type.getLayout().getNumWarps()))
    return success();
  return op->emitOpError(
             "needs fragments with the layout of products of matrices "
             "and a multiple of 16 columns, got ")
         << type;
}

/// The left operand and the sums of a product, of the same rows in each warp.
LogicalResult requireSameWarps(Operation *op, FragmentType left,
                               FragmentType sums) {
  if (failed(requireMatrixLayout(op, left)) ||
      failed(requireMatrixLayout(op, sums)))
    return failure();
  int64_t warps = left.getLayout().getNumWarps();
  if (warps == sums.getLayout().getNumWarps())
    return success();
  return op->emitOpError(
             "needs the left operand and the accumulator in the same "
             "warps, got ")
         << warps << " and " << sums.getLayout().getNumWarps();
}

// load  -->  ldmatrix
struct ConvertLoad : OpConversionPattern<LoadOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(LoadOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    FragmentType type = op.getFragment().getType();
    if (failed(requireMatrixLayout(op, type)))
      return failure();
    if (type.getElementType().getIntOrFloatBitWidth() != 16)
      return op.emitOpError("takes tiles with elements of 2 bytes, got ")
             << type.getElementType();
    Matrices m(rewriter, op.getLoc(), op.getTile().getType(),
               adaptor.getTile()[0], adaptor.getStage()[0]);
    Rows rows(type);
    Value warpRow = m.mul(m.warp(), 16);
    SmallVector<Value> registers;
    for (int64_t repeat = 0; repeat < rows.repeats; ++repeat)
      for (int64_t k = 0; k < type.getShape()[1]; k += kDepth)
        for (Value word : m.load(16 * rows.warps * repeat, k, /*rowBit=*/0,
                                 /*transposed=*/false, warpRow)) {
          auto [low, high] = m.unpack(word);
          registers.append({low, high});
        }
    rewriter.replaceOpWithMultiple(op, ArrayRef<SmallVector<Value>>{registers});
    return success();
  }
};

// mma  -->  ldmatrix of 16 x 16 of the tile, and mma.sync of all rows with them
struct ConvertMma : OpConversionPattern<MmaOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(MmaOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    FragmentType left = op.getLeft().getType();
    FragmentType sums = op.getAccumulator().getType();
    if (failed(requireSameWarps(op, left, sums)))
      return failure();
    Matrices m(rewriter, op.getLoc(), op.getTile().getType(),
               adaptor.getTile()[0], adaptor.getStage()[0]);
    Rows rows(sums), leftRows(left);
    int64_t depth = left.getShape()[1], columns = sums.getShape()[1];
    ValueRange factors = adaptor.getLeft();
    SmallVector<Value> words;
    for (unsigned i = 0; i < factors.size(); i += 2)
      words.push_back(m.pack(factors[i], factors[i + 1]));
    SmallVector<Value> registers(adaptor.getAccumulator());

    auto accumulate = [&](int64_t k, int64_t n) {
      // Words 0, 1 are of 8 columns of the result, 2, 3 of the next 8.
      std::array<Value, 4> right =
          op.getTransposed() ? m.load(n, k, /*rowBit=*/1, /*transposed=*/false)
                             : m.load(k, n, /*rowBit=*/0, /*transposed=*/true);
      for (int64_t repeat = 0; repeat < rows.repeats; ++repeat) {
        auto factor = ArrayRef(words).slice(
            repeat * leftRows.registers / 2 + k / kDepth * 4, 4);
        for (int64_t half = 0; half < 2; ++half) {
          int64_t first = repeat * rows.registers + (n / kMatrix + half) * 4;
          SmallVector<Value> product =
              m.multiply(factor, ArrayRef(right).slice(2 * half, 2),
                         ArrayRef(registers).slice(first, 4));
          llvm::copy(product, registers.begin() + first);
        }
      }
    };
    if (op.getTransposed())
      for (int64_t n = 0; n < columns; n += 2 * kMatrix)
        for (int64_t k = 0; k < depth; k += kDepth)
          accumulate(k, n);
    else
      for (int64_t k = 0; k < depth; k += kDepth)
        for (int64_t n = 0; n < columns; n += 2 * kMatrix)
          accumulate(k, n);
    rewriter.replaceOpWithMultiple(op, ArrayRef<SmallVector<Value>>{registers});
    return success();
  }
};

/// NaN and infinities are rare: all threads look for them, and only if one
/// finds any are rows and keys compared, one key at a time.
struct ConvertTakeNonFinite : OpConversionPattern<TakeNonFiniteOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(TakeNonFiniteOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    FragmentType left = op.getLeft().getType();
    FragmentType sums = op.getAccumulator().getType();
    if (failed(requireSameWarps(op, left, sums)))
      return failure();
    if (left.getShape()[1] > 64)
      return op.emitOpError("handles at most 64 rows of a tile, got ")
             << left.getShape()[1];
    Location loc = op.getLoc();
    Matrices m(rewriter, loc, op.getTile().getType(), adaptor.getTile()[0],
               adaptor.getStage()[0]);
    int64_t threads = 32 * Rows(sums).warps;
    Value found = search(rewriter, m, threads, /*clears=*/false);
    auto reduction = NVVM::BarrierReductionAttr::get(
        rewriter.getContext(), NVVM::BarrierReduction::OR);
    Value any = NVVM::BarrierOp::create(rewriter, loc, rewriter.getI32Type(),
                                        Value(), Value(), reduction, found)
                    .getRes();
    Value isAny = m.compare(arith::CmpIPredicate::ne, any, m.i32(0));
    SmallVector<Value> registers(adaptor.getAccumulator());
    auto branch = scf::IfOp::create(rewriter, loc,
                                    ValueRange(registers).getTypes(), isAny,
                                    /*withElseRegion=*/true);
    {
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPointToStart(branch.thenBlock());
      SmallVector<Value> seen = getSeen(rewriter, m, left, adaptor.getLeft());
      SmallVector<Value> taken =
          take(rewriter, m, left.getShape()[1], sums, seen, registers);
      // Others still read what this thread will clear, and then what it has.
      NVVM::BarrierOp::create(rewriter, loc);
      search(rewriter, m, threads, /*clears=*/true);
      NVVM::BarrierOp::create(rewriter, loc);
      scf::YieldOp::create(rewriter, loc, taken);
      rewriter.setInsertionPointToStart(branch.elseBlock());
      scf::YieldOp::create(rewriter, loc, registers);
    }
    rewriter.replaceOpWithMultiple(
        op, ArrayRef<SmallVector<Value>>{
                llvm::to_vector_of<Value>(branch.getResults())});
    return success();
  }

  /// Bits of the exponent in both halves of a word, all set in what is not
  /// finite.
  static int64_t getExponent(Matrices &m) {
    return m.tile.getElementType().isF16() ? 0x7c00 : 0x7f80;
  }
  static Value isNotFinite(Matrices &m, Value half) {
    Value mask = m.i32(getExponent(m));
    return m.compare(arith::CmpIPredicate::eq, m.logicalAnd(half, mask), mask);
  }

  /// Looks at this thread's part of the tile: whether there is something, as an
  /// i32; `clears` puts 0 in its place.
  static Value search(OpBuilder &b, Matrices &m, int64_t threads, bool clears) {
    int64_t wordsOfRow = m.tile.getColumns() / 2;
    auto loop = scf::ForOp::create(b, m.loc, m.thread(),
                                   m.i32(m.tile.getRows() * wordsOfRow),
                                   m.i32(threads), ValueRange{m.i32(0)});
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value row = m.div(loop.getInductionVar(), wordsOfRow);
    Value word = m.rem(loop.getInductionVar(), wordsOfRow);
    Value place = getWord(m, row, word);
    Value value = LLVM::LoadOp::create(b, m.loc, b.getI32Type(), place);
    Value low = isNotFinite(m, value);
    Value high = isNotFinite(m, m.div(value, 1 << 16));
    if (clears) {
      auto keep = [&](Value isSpecial, int64_t mask) -> Value {
        return arith::SelectOp::create(b, m.loc, isSpecial, m.i32(0),
                                       m.i32(mask));
      };
      Value mask = m.logicalOr(keep(low, 0xffff),
                               keep(high, static_cast<int32_t>(0xffff0000)));
      LLVM::StoreOp::create(b, m.loc, m.logicalAnd(value, mask), place);
    }
    Value here = arith::ExtUIOp::create(b, m.loc, b.getI32Type(),
                                        m.logicalOr(low, high));
    scf::YieldOp::create(b, m.loc, m.logicalOr(here, loop.getRegionIterArg(0)));
    return loop.getResult(0);
  }

  static Value getWord(Matrices &m, Value row, Value word) {
    Value inChunk = m.mul(m.rem(word, 4), 4);
    return m.advance(
        m.address, m.add(m.chunkOffset(m.tile, row, m.div(word, 4)), inChunk));
  }

  /// For each of this thread's rows, a bit for each key that it sees: 64 bits.
  static SmallVector<Value> getSeen(OpBuilder &b, Matrices &m,
                                    FragmentType left, ValueRange weights) {
    Type type = b.getI64Type();
    LayoutAttr layout = left.getLayout();
    Value firstColumn = m.place(layout).second;
    SmallVector<Value> seen(layout.getRows().getNumRegisters());
    for (auto [i, weight] : llvm::enumerate(weights)) {
      Type bits = b.getIntegerType(weight.getType().getIntOrFloatBitWidth());
      Value word = arith::BitcastOp::create(b, m.loc, bits, weight);
      Value zero =
          arith::ConstantOp::create(b, m.loc, b.getIntegerAttr(bits, 0));
      Value isSeen = m.compare(arith::CmpIPredicate::sge, word, zero);
      Value bit = arith::ExtUIOp::create(b, m.loc, type, isSeen);
      Value column = m.add(firstColumn, layout.getPlace(i).second);
      bit = arith::ShLIOp::create(
          b, m.loc, bit, arith::ExtUIOp::create(b, m.loc, type, column));
      // Rows of a thread: 8 apart, then those of the next 16 of its warp.
      Value &row = seen[i / (4 * left.getShape()[1] / kMatrix) * 2 + i / 2 % 2];
      row = row ? m.logicalOr(row, bit) : bit;
    }
    // The four lanes of a row have different columns.
    for (Value &row : seen)
      for (int64_t mask : {1, 2}) {
        Value low = arith::TruncIOp::create(b, m.loc, b.getI32Type(), row);
        Value shift = arith::ConstantIntOp::create(b, m.loc, 32, 64);
        Value high = arith::TruncIOp::create(
            b, m.loc, b.getI32Type(),
            arith::ShRUIOp::create(b, m.loc, row, shift));
        low = arith::ExtUIOp::create(b, m.loc, type, m.shuffle(low, mask));
        high = arith::ExtUIOp::create(b, m.loc, type, m.shuffle(high, mask));
        high = arith::ShLIOp::create(b, m.loc, high, shift);
        row = m.logicalOr(row, m.logicalOr(low, high));
      }
    return seen;
  }

  /// registers + what is not finite in keys that their rows see.
  static SmallVector<Value> take(OpBuilder &b, Matrices &m, int64_t keys,
                                 FragmentType sums, ArrayRef<Value> seen,
                                 ArrayRef<Value> registers) {
    LayoutAttr layout = sums.getLayout();
    auto loop = scf::ForOp::create(b, m.loc, m.i32(0), m.i32(keys), m.i32(1),
                                   registers);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value key = loop.getInductionVar();
    Value shift = arith::ExtUIOp::create(b, m.loc, b.getI64Type(), key);
    SmallVector<Value> sees;
    for (Value row : seen) {
      Value bit = arith::ShRUIOp::create(b, m.loc, row, shift);
      sees.push_back(arith::TruncIOp::create(b, m.loc, b.getI1Type(), bit));
    }
    Value firstWord = m.div(m.place(layout).second, 2);
    DenseMap<int64_t, std::pair<Value, Value>> values; // By column.
    Value zero = arith::ConstantOp::create(b, m.loc, b.getF32FloatAttr(0));
    SmallVector<Value> results(loop.getRegionIterArgs());
    for (int64_t i = 0; i < layout.getNumRegisters(); ++i) {
      int64_t column = layout.getPlace(i).second / 2 * 2;
      if (!values.contains(column)) {
        Value word =
            LLVM::LoadOp::create(b, m.loc, b.getI32Type(),
                                 getWord(m, key, m.add(firstWord, column / 2)));
        auto [low, high] = m.unpack(word);
        auto keep = [&](Value value, Value half) -> Value {
          Value wide = arith::ExtFOp::create(b, m.loc, b.getF32Type(), value);
          return arith::SelectOp::create(b, m.loc, isNotFinite(m, half), wide,
                                         zero);
        };
        values[column] = {keep(low, word), keep(high, m.div(word, 1 << 16))};
      }
      Value special = i % 2 ? values[column].second : values[column].first;
      int64_t row = i / (4 * sums.getShape()[1] / kMatrix) * 2 + i / 2 % 2;
      Value added = arith::AddFOp::create(b, m.loc, results[i], special);
      // An infinity times a weight that has become 0 is still no number
      // elsewhere: here what is seen counts as it is.
      results[i] =
          arith::SelectOp::create(b, m.loc, sees[row], added, results[i]);
    }
    scf::YieldOp::create(b, m.loc, results);
    return llvm::to_vector_of<Value>(loop.getResults());
  }
};

} // namespace

void mlir::kernel::populateProductPatterns(const TypeConverter &types,
                                           RewritePatternSet &patterns) {
  patterns.add<ConvertLoad, ConvertMma, ConvertTakeNonFinite>(
      types, patterns.getContext());
}
