//===- NpyTest.cpp - .npy files, whole and malformed ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "UnitTest.h"
#include "attn/Runtime/Npy.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {
class NpyTest : public UnitTest {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("attn-npy", directory));
  }
  void TearDown() override {
    llvm::sys::fs::remove_directories(directory);
  }

  std::string getPath(StringRef name = "x.npy") {
    SmallString<128> path = directory;
    llvm::sys::path::append(path, name);
    return path.str().str();
  }
  void writeFile(StringRef contents) {
    std::error_code error;
    llvm::raw_fd_ostream os(getPath(), error);
    ASSERT_FALSE(error);
    os << contents;
  }
  std::string readFile() {
    return (*llvm::MemoryBuffer::getFile(getPath()))->getBuffer().str();
  }
  /// Version 1.0 around this header and data.
  static std::string getFile(StringRef header, StringRef data) {
    std::string contents("\x93NUMPY\1\0", 8);
    contents += static_cast<char>(header.size());
    contents += static_cast<char>(header.size() >> 8);
    return contents + header.str() + data.str();
  }
  /// The error of reading these bytes, without the path that it must begin with.
  std::string getError(StringRef contents, Type wanted = Type()) {
    writeFile(contents);
    llvm::Expected<Array> array = readNpy(getPath(), wanted, &context);
    if (array) {
      ADD_FAILURE() << "was read";
      return "";
    }
    std::string error = llvm::toString(array.takeError());
    EXPECT_TRUE(StringRef(error).starts_with(getPath() + ": ")) << error;
    return error.substr(std::min(error.size(), getPath().size() + 2));
  }
  Array read(Type wanted = Type()) {
    llvm::Expected<Array> array = readNpy(getPath(), wanted, &context);
    if (array)
      return std::move(*array);
    ADD_FAILURE() << llvm::toString(array.takeError());
    return Array();
  }
  void write(const Array &array) {
    llvm::Error error = writeNpy(getPath(), array);
    EXPECT_FALSE(error) << llvm::toString(std::move(error));
  }

  Builder b{&context};
  SmallString<128> directory;
  const std::string header =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  const std::string data = std::string("\0\0\x80\x3f\0\0\0\xc0", 8); // 1, -2
};
} // namespace

TEST_F(NpyTest, RoundTrips) {
  for (Type type :
       {Type(b.getF16Type()), Type(b.getBF16Type()), Type(b.getF32Type()),
        Type(b.getF64Type()), Type(b.getI1Type()), Type(b.getI8Type()),
        Type(b.getI16Type()), Type(b.getI32Type()), Type(b.getI64Type()),
        Type(b.getIndexType())})
    for (const SmallVector<int64_t> &shape :
         SmallVector<SmallVector<int64_t>>{
             {}, {5}, {2, 3}, {3, 0, 2}, {2, 1, 3, 4}}) {
      Array array = llvm::cantFail(Array::create(type, shape));
      fillRandom(array, 7);
      write(array);
      Array back = read(type);
      EXPECT_EQ(back.elementType, type);
      EXPECT_EQ(back.shape, shape);
      EXPECT_EQ(back.bytes, array.bytes);
      Type own = type.isBF16()    ? b.getF32Type()
                 : type.isIndex() ? Type(b.getI64Type())
                                  : type;
      EXPECT_EQ(read().elementType, own);
    }
}

TEST_F(NpyTest, RoundTripsAHeaderOfVersionTwo) {
  Array array = llvm::cantFail(
      Array::create(b.getI8Type(), SmallVector<int64_t>(30000, 1)));
  array.setInt(0, 42);
  write(array);
  EXPECT_EQ(readFile()[6], 2);
  Array back = read();
  EXPECT_EQ(back.shape.size(), 30000u);
  EXPECT_EQ(back.getInt(0), 42);
}

TEST_F(NpyTest, WritesWhatNumpyWrites) {
  Array array = llvm::cantFail(Array::create(b.getF32Type(), {2}));
  array.setFloat(0, 1.0);
  array.setFloat(1, -2.0);
  write(array);
  std::string expected = getFile(header + std::string(60, ' ') + "\n", data);
  EXPECT_EQ(readFile(), expected);
}

TEST_F(NpyTest, ReadsAllVersions) {
  for (char version : {1, 2, 3}) {
    std::string contents = std::string("\x93NUMPY") + version + '\0';
    contents += static_cast<char>(header.size());
    contents += std::string(version == 1 ? 1 : 3, '\0');
    writeFile(contents + header + data);
    Array array = read();
    EXPECT_EQ(array.getFloat(0), 1.0);
    EXPECT_EQ(array.getFloat(1), -2.0);
  }
}

TEST_F(NpyTest, ReadsFortranOrder) {
  writeFile(getFile("{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3)}",
                    "adbecf"));
  Array array = read();
  EXPECT_EQ(std::string(array.bytes.begin(), array.bytes.end()), "abcdef");
}

TEST_F(NpyTest, RoundsToBrainHalf) {
  Array array = llvm::cantFail(Array::create(b.getF32Type(), {2}));
  array.setFloat(0, 1.0 + 0x1p-8);
  array.setFloat(1, 1.0 + 3 * 0x1p-8);
  write(array);
  Array rounded = read(b.getBF16Type());
  EXPECT_EQ(rounded.getFloat(0), 1.0);
  EXPECT_EQ(rounded.getFloat(1), 1.0 + 0x1p-6);
}

TEST_F(NpyTest, RefusesOtherElementTypes) {
  auto getFileOf = [&](StringRef descr, StringRef data) {
    return getFile(("{'descr': '" + descr +
                    "', 'fortran_order': False, 'shape': (1,), }")
                       .str(),
                   data);
  };
  EXPECT_EQ(getError(getFileOf("<f8", std::string(8, '\0')), b.getF32Type()),
            "holds f64 ('<f8') where f32 is wanted; convert it with numpy: "
            "a.astype(np.float32)");
  EXPECT_EQ(getError(getFileOf("<f8", std::string(8, '\0')), b.getBF16Type()),
            "holds f64 ('<f8') where bf16 is wanted; convert it with numpy: "
            "a.astype(np.float32)");
  EXPECT_EQ(getError(getFileOf("|b1", std::string(1, '\0')), b.getI8Type()),
            "holds i1 ('|b1') where i8 is wanted; convert it with numpy: "
            "a.astype(np.int8)");
  EXPECT_EQ(getError(getFileOf(">f4", std::string(4, '\0'))),
            "the elements ('>f4') are big-endian; convert them with numpy: "
            "a.astype(a.dtype.newbyteorder('<'))");
  EXPECT_EQ(getError(getFileOf("|u1", std::string(1, '\0'))),
            "elements of type '|u1' are not supported; b1, i1, i2, i4, i8, f2, "
            "f4 and f8 are");
  EXPECT_EQ(getError(getFileOf("|b1", "\2")),
            "byte 67: a boolean is neither 0 nor 1");
  EXPECT_EQ(getError(getFile(header, data), b.getIntegerType(7)),
            "tensors of i7 cannot be read from .npy files");
}

TEST_F(NpyTest, RefusesMalformedPreambles) {
  std::string whole = getFile(header, data);
  EXPECT_EQ(getError(""), "ends at byte 0, before the end of the .npy preamble "
                          "of 10 bytes");
  EXPECT_EQ(getError(whole.substr(0, 9)),
            "ends at byte 9, before the end of the .npy preamble of 10 bytes");
  EXPECT_EQ(getError("PK" + whole),
            "byte 0: not a .npy file: it does not begin with \\x93NUMPY");
  std::string version = whole;
  version[6] = 4;
  EXPECT_EQ(getError(version),
            "byte 6: .npy version 4.0 is not supported; 1.0 to 3.0 are");
  version[6] = 1;
  version[7] = 1;
  EXPECT_EQ(getError(version),
            "byte 6: .npy version 1.1 is not supported; 1.0 to 3.0 are");
  EXPECT_EQ(getError(std::string("\x93NUMPY\2\0\0\0\0", 11)),
            "ends at byte 11, inside the length of the header");
  EXPECT_EQ(getError(whole.substr(0, 30)),
            "ends at byte 30, inside the header, which should end at byte 67");
  EXPECT_EQ(getError(std::string("\x93NUMPY\2\0\xff\xff\xff\xff", 12)),
            "ends at byte 12, inside the header, which should end at byte "
            "4294967307");
}

TEST_F(NpyTest, RefusesMalformedHeaders) {
  auto getHeaderError = [&](StringRef header) {
    return getError(getFile(header, data));
  };
  EXPECT_EQ(getHeaderError("hello"),
            "byte 10: malformed header: expected '{'");
  EXPECT_EQ(getHeaderError("{'descr': '<f4'"),
            "byte 25: malformed header: expected ',' or '}'");
  EXPECT_EQ(getHeaderError("{'descr': '<f4"),
            "byte 21: malformed header: the string has no end");
  EXPECT_EQ(getHeaderError("{'descr': '<f4', 'shape': (2,)}"),
            "byte 41: malformed header: the key 'fortran_order' is missing");
  EXPECT_EQ(getHeaderError("{'descr': '<f4', 'descr': '<f4'}"),
            "byte 35: malformed header: key 'descr' given twice");
  EXPECT_EQ(getHeaderError("{'size': 1}"),
            "byte 18: malformed header: unknown key 'size'");
  EXPECT_EQ(getHeaderError("{'fortran_order': maybe}"),
            "byte 28: malformed header: expected True or False");
  EXPECT_EQ(getHeaderError("{'descr': [('a', '<f4')]}"),
            "byte 20: malformed header: structured element types are not "
            "supported; save each field on its own");
  EXPECT_EQ(getHeaderError("{'shape': (-2,)}"),
            "byte 21: malformed header: a size is negative");
  EXPECT_EQ(getHeaderError("{'shape': (two,)}"),
            "byte 21: malformed header: expected a size");
  EXPECT_EQ(getHeaderError("{'shape': (2"),
            "byte 22: malformed header: expected ',' or ')'");
  EXPECT_EQ(getHeaderError("{'shape': ("),
            "byte 21: malformed header: expected a size");
  EXPECT_EQ(getHeaderError("{'shape': (99999999999999999999,)}"),
            "byte 21: malformed header: a size does not fit in 64 bits");
  EXPECT_EQ(getHeaderError(header + "x"),
            "byte 67: malformed header: unexpected text after the dictionary");
  EXPECT_EQ(getHeaderError("{'descr': '<f4', 'fortran_order': False, 'shape': "
                           "(4294967296, 4294967296), }"),
            "malformed header: an array of this shape would have more than 2^40 "
            "bytes");
}

TEST_F(NpyTest, RefusesDataOfAnotherLength) {
  EXPECT_EQ(getError(getFile(header, data.substr(0, 7))),
            "ends at byte 74, inside the data, which should end at byte 75");
  EXPECT_EQ(getError(getFile(header, data + "!")),
            "byte 75: 1 bytes too many: the data of this shape ends here");
  // Refused by the length of the file, before anything is allocated.
  EXPECT_EQ(getError(getFile("{'descr': '<f4', 'fortran_order': False, 'shape': "
                             "(200000000000,), }",
                             data)),
            "ends at byte 86, inside the data, which should end at byte "
            "800000000078");
}

TEST_F(NpyTest, RefusesEveryPrefix) {
  std::string whole = getFile(header, data);
  for (size_t length = 0; length < whole.size(); ++length)
    getError(whole.substr(0, length));
}

// Any one byte changed: an error or some array, never a crash.
TEST_F(NpyTest, SurvivesEveryChangedByte) {
  std::string whole = getFile(header, data);
  for (size_t i = 0; i < whole.size(); ++i)
    for (char byte : {'\0', '\xff', '(', '9', '\''}) {
      std::string changed = whole;
      changed[i] = byte;
      writeFile(changed);
      llvm::Expected<Array> array = readNpy(getPath(), Type(), &context);
      if (!array)
        EXPECT_TRUE(StringRef(llvm::toString(array.takeError()))
                        .starts_with(getPath() + ": "));
    }
}

TEST_F(NpyTest, NamesMissingFilesAndUnwritablePlaces) {
  llvm::Expected<Array> missing = readNpy(getPath("none.npy"), {}, &context);
  ASSERT_FALSE(static_cast<bool>(missing));
  EXPECT_EQ(llvm::toString(missing.takeError()),
            getPath("none.npy") +
                ": cannot be read: No such file or directory");
  llvm::Expected<Array> folder = readNpy(directory, {}, &context);
  ASSERT_FALSE(static_cast<bool>(folder));
  EXPECT_EQ(llvm::toString(folder.takeError()),
            directory.str().str() + ": cannot be read: Is a directory");

  Array array = llvm::cantFail(Array::create(b.getF32Type(), {2}));
  EXPECT_EQ(llvm::toString(writeNpy(getPath("no/such/place.npy"), array)),
            getPath("no/such/place.npy") +
                ": cannot be written: No such file or directory");
  EXPECT_EQ(llvm::toString(writeNpy("/dev/full", array)),
            "/dev/full: cannot be written: No space left on device");
}

TEST_F(NpyTest, LeavesNothingElseBehind) {
  Array array = llvm::cantFail(Array::create(b.getF32Type(), {2}));
  write(array);
  write(array); // Replaces.
  std::error_code error;
  llvm::sys::fs::directory_iterator file(directory, error), end;
  ASSERT_NE(file, end);
  EXPECT_EQ(file->path(), getPath());
  EXPECT_EQ(file.increment(error), end);
}
