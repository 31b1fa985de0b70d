//===- Npy.cpp - NumPy's .npy files ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Runtime/Npy.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr StringLiteral kMagic("\x93NUMPY");

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

namespace {
/// An element type of files: its .npy code, its name in numpy, and ours.
struct FileType {
  StringLiteral code, numpyName;
  Type type;
};
} // namespace

static SmallVector<FileType> getFileTypes(MLIRContext *context) {
  Builder b(context);
  return {{"<f2", "float16", b.getF16Type()},
          {"<f4", "float32", b.getF32Type()},
          {"<f8", "float64", b.getF64Type()},
          {"|b1", "bool", b.getI1Type()},
          {"|i1", "int8", b.getI8Type()},
          {"<i2", "int16", b.getI16Type()},
          {"<i4", "int32", b.getI32Type()},
          {"<i8", "int64", b.getI64Type()}};
}

/// The type whose elements a file holds for an array of `type`.
static Type getStoredType(Type type) {
  Builder b(type.getContext());
  if (type.isBF16())
    return b.getF32Type();
  if (type.isIndex())
    return b.getI64Type();
  return type;
}

static std::string describe(Type type) {
  std::string name;
  llvm::raw_string_ostream(name) << type;
  return name;
}

//===----------------------------------------------------------------------===//
// The header: a Python dictionary
//===----------------------------------------------------------------------===//

namespace {
struct Header {
  std::string descr;
  bool fortranOrder = false;
  SmallVector<int64_t> shape;
};

/// Parses {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }. Methods
/// return true on success and leave the reason in `error` otherwise.
class HeaderParser {
public:
  HeaderParser(StringRef text, size_t position)
      : all(text), rest(text), position(position) {}

  bool parse(Header &header) {
    bool seen[3] = {false, false, false};
    if (!expect("{"))
      return false;
    while (!accept("}")) {
      std::string key;
      if (!parseString(key) || !expect(":"))
        return false;
      unsigned field = llvm::find(kKeys, key) - std::begin(kKeys);
      if (field == 3)
        return fail("unknown key '" + key + "'");
      if (seen[field])
        return fail("key '" + key + "' given twice");
      seen[field] = true;
      bool parsed = field == 0   ? parseString(header.descr)
                    : field == 1 ? parseBool(header.fortranOrder)
                                 : parseShape(header.shape);
      if (!parsed)
        return false;
      if (!accept(",") && !peek("}"))
        return fail("expected ',' or '}'");
    }
    for (auto [key, found] : llvm::zip_equal(kKeys, seen))
      if (!found)
        return fail("the key '" + key.str() + "' is missing");
    if (!rest.trim().empty())
      return fail("unexpected text after the dictionary");
    return true;
  }

  std::string error;
  /// Byte in the file of the text that was not understood.
  size_t getErrorPosition() const {
    return position + (all.size() - rest.size());
  }

private:
  static constexpr StringLiteral kKeys[3] = {"descr", "fortran_order", "shape"};

  bool fail(std::string reason) {
    if (error.empty())
      error = std::move(reason);
    return false;
  }
  bool peek(StringRef token) {
    rest = rest.ltrim();
    return rest.starts_with(token);
  }
  bool accept(StringRef token) {
    rest = rest.ltrim();
    return rest.consume_front(token);
  }
  bool expect(StringRef token) {
    return accept(token) || fail("expected '" + token.str() + "'");
  }

  bool parseString(std::string &text) {
    if (peek("["))
      return fail("structured element types are not supported; save each field "
                  "on its own");
    char quote = peek("'") ? '\'' : '"';
    if (!accept(StringRef(&quote, 1)))
      return fail("expected a string");
    size_t length = rest.find(quote);
    if (length == StringRef::npos)
      return fail("the string has no end");
    text = rest.take_front(length).str();
    rest = rest.drop_front(length + 1);
    return true;
  }
  bool parseBool(bool &value) {
    value = accept("True");
    return value || accept("False") || fail("expected True or False");
  }
  bool parseShape(SmallVector<int64_t> &shape) {
    if (!expect("("))
      return false;
    while (!accept(")")) {
      int64_t size;
      if (peek("-"))
        return fail("a size is negative");
      if (!llvm::isDigit(rest.empty() ? ' ' : rest.front()))
        return fail("expected a size");
      if (rest.consumeInteger(10, size))
        return fail("a size does not fit in 64 bits");
      shape.push_back(size);
      (void)accept("L"); // Written by Python 2.
      if (!accept(",") && !peek(")"))
        return fail("expected ',' or ')'");
    }
    return true;
  }

  StringRef all, rest;
  size_t position;
};

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// One file being read; every error names it.
class Reader {
public:
  Reader(StringRef path, StringRef contents) : path(path), contents(contents) {}

  llvm::Expected<Array> read(Type wanted, MLIRContext *context) {
    llvm::Expected<Header> header = readHeader();
    if (!header)
      return header.takeError();
    llvm::Expected<Type> stored = checkType(*header, wanted, context);
    if (!stored)
      return stored.takeError();
    if (llvm::Error error = checkSize(*header, *stored))
      return std::move(error);
    llvm::Expected<Array> file = Array::create(*stored, header->shape);
    if (!file)
      return fail(llvm::toString(file.takeError()));
    if (llvm::Error error = copyData(*header, *file))
      return std::move(error);
    return convert(std::move(*file), wanted ? wanted : *stored);
  }

private:
  llvm::Error fail(const llvm::Twine &reason) {
    return llvm::createStringError(path + ": " + reason);
  }

  llvm::Expected<Header> readHeader() {
    if (contents.size() < 10)
      return fail("ends at byte " + llvm::Twine(contents.size()) +
                  ", before the end of the .npy preamble of 10 bytes");
    if (!contents.starts_with(kMagic))
      return fail("byte 0: not a .npy file: it does not begin with \\x93NUMPY");
    unsigned major = static_cast<uint8_t>(contents[6]),
             minor = static_cast<uint8_t>(contents[7]);
    if (major < 1 || major > 3 || minor != 0)
      return fail("byte 6: .npy version " + llvm::Twine(major) + "." +
                  llvm::Twine(minor) + " is not supported; 1.0 to 3.0 are");
    size_t begin = major == 1 ? 10 : 12;
    if (contents.size() < begin)
      return fail("ends at byte " + llvm::Twine(contents.size()) +
                  ", inside the length of the header");
    size_t length =
        major == 1 ? llvm::support::endian::read16le(contents.data() + 8)
                   : llvm::support::endian::read32le(contents.data() + 8);
    if (length > contents.size() - begin)
      return fail("ends at byte " + llvm::Twine(contents.size()) +
                  ", inside the header, which should end at byte " +
                  llvm::Twine(begin + length));
    dataBegin = begin + length;

    Header header;
    HeaderParser parser(contents.substr(begin, length), begin);
    if (!parser.parse(header))
      return fail("byte " + llvm::Twine(parser.getErrorPosition()) +
                  ": malformed header: " + parser.error);
    return header;
  }

  llvm::Expected<Type> checkType(const Header &header, Type wanted,
                                 MLIRContext *context) {
    SmallVector<FileType> types = getFileTypes(context);
    const FileType *have = llvm::find_if(
        types, [&](const FileType &t) { return t.code == header.descr; });
    if (have == types.end()) {
      if (StringRef(header.descr).starts_with(">"))
        return fail("the elements ('" + header.descr +
                    "') are big-endian; convert them with numpy: "
                    "a.astype(a.dtype.newbyteorder('<'))");
      return fail("elements of type '" + header.descr +
                  "' are not supported; b1, i1, i2, i4, i8, f2, f4 and f8 are");
    }
    if (!wanted || getStoredType(wanted) == have->type)
      return have->type;
    const FileType *need = llvm::find_if(types, [&](const FileType &t) {
      return t.type == getStoredType(wanted);
    });
    if (need == types.end())
      return fail("tensors of " + describe(wanted) +
                  " cannot be read from .npy files");
    return fail("holds " + describe(have->type) + " ('" + header.descr +
                "') where " + describe(wanted) +
                " is wanted; convert it with numpy: a.astype(np." +
                need->numpyName + ")");
  }

  /// The file must be exactly as long as its header says; before any allocation.
  llvm::Error checkSize(const Header &header, Type stored) {
    int64_t elementBytes = *getElementBytes(stored);
    llvm::Expected<int64_t> elements =
        checkedNumElements(header.shape, elementBytes);
    if (!elements)
      return fail("malformed header: " + llvm::toString(elements.takeError()));
    size_t end = dataBegin + *elements * elementBytes;
    if (contents.size() < end)
      return fail("ends at byte " + llvm::Twine(contents.size()) +
                  ", inside the data, which should end at byte " +
                  llvm::Twine(end));
    if (contents.size() > end)
      return fail("byte " + llvm::Twine(end) + ": " +
                  llvm::Twine(contents.size() - end) +
                  " bytes too many: the data of this shape ends here");
    return llvm::Error::success();
  }

  llvm::Error copyData(const Header &header, Array &array) {
    StringRef data = contents.drop_front(dataBegin);
    if (array.elementType.isInteger(1))
      for (auto [i, byte] : llvm::enumerate(data))
        if (byte != 0 && byte != 1)
          return fail("byte " + llvm::Twine(dataBegin + i) +
                      ": a boolean is neither 0 nor 1");
    if (header.fortranOrder && header.shape.size() > 1)
      copyTransposed(data, array);
    else
      llvm::copy(data, array.bytes.begin());
    return llvm::Error::success();
  }

  /// From first dimension fastest to last dimension fastest.
  static void copyTransposed(StringRef data, Array &array) {
    int64_t elementBytes = *getElementBytes(array.elementType);
    unsigned rank = array.shape.size();
    SmallVector<int64_t> strides(rank), index(rank, 0);
    int64_t stride = elementBytes;
    for (unsigned i = 0; i < rank; ++i) {
      strides[i] = stride;
      stride *= array.shape[i];
    }
    int64_t from = 0, elements = array.getNumElements();
    for (int64_t to = 0; to < elements; ++to) {
      std::copy_n(data.data() + from, elementBytes,
                  array.bytes.data() + to * elementBytes);
      for (unsigned i = rank; i-- > 0;) {
        from += strides[i];
        if (++index[i] < array.shape[i])
          break;
        from -= strides[i] * array.shape[i];
        index[i] = 0;
      }
    }
  }

  llvm::Expected<Array> convert(Array file, Type type) {
    if (file.elementType == type)
      return file;
    if (type.isIndex()) { // The same bytes.
      file.elementType = type;
      return file;
    }
    llvm::Expected<Array> array = Array::create(type, file.shape);
    if (!array)
      return fail(llvm::toString(array.takeError()));
    int64_t elements = file.getNumElements();
    for (int64_t i = 0; i < elements; ++i)
      array->setFloat(i, file.getFloat(i));
    return array;
  }

  StringRef path, contents;
  size_t dataBegin = 0;
};
} // namespace

llvm::Expected<Array> mlir::attn::readNpy(StringRef path, Type wanted,
                                          MLIRContext *context) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer =
      llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                  /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError(path + ": cannot be read: " +
                                   buffer.getError().message());
  return Reader(path, (*buffer)->getBuffer()).read(wanted, context);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static std::string createPreamble(StringRef code, ArrayRef<int64_t> shape) {
  std::string header = "{'descr': '" + code.str() +
                       "', 'fortran_order': False, 'shape': (";
  for (int64_t size : shape)
    header += std::to_string(size) + (shape.size() == 1 ? "," : ", ");
  if (shape.size() > 1)
    header.resize(header.size() - 2);
  header += "), }";
  // The data begins at a multiple of 64 bytes; the header ends in a newline.
  bool isLong = header.size() + 64 > 0xffff;
  size_t begin = isLong ? 12 : 10;
  header.append(63 - (begin + header.size()) % 64, ' ');
  header += '\n';

  std::string preamble = kMagic.str();
  preamble += isLong ? '\2' : '\1';
  preamble += '\0';
  for (unsigned i = 0; i < (isLong ? 4u : 2u); ++i)
    preamble += static_cast<char>(header.size() >> (8 * i));
  return preamble + header;
}

static void writeContents(llvm::raw_ostream &os, StringRef preamble,
                          const Array &array) {
  os << preamble;
  os.write(reinterpret_cast<const char *>(array.bytes.data()),
           array.bytes.size());
}

/// Writes and says what went wrong, a full disk for instance.
static std::error_code writeTo(int descriptor, bool close, StringRef preamble,
                               const Array &array) {
  llvm::raw_fd_ostream os(descriptor, /*shouldClose=*/close);
  writeContents(os, preamble, array);
  os.flush();
  std::error_code error = os.error();
  os.clear_error(); // A destructor that finds an error ends the program.
  return error;
}

llvm::Error mlir::attn::writeNpy(StringRef path, const Array &array) {
  Type stored = getStoredType(array.elementType);
  SmallVector<FileType> types = getFileTypes(stored.getContext());
  const FileType *type = llvm::find_if(
      types, [&](const FileType &t) { return t.type == stored; });
  assert(type != types.end() && "every array has a file type");

  Array converted;
  const Array *source = &array;
  if (array.elementType.isBF16()) {
    llvm::Expected<Array> wide = Array::create(stored, array.shape);
    if (!wide)
      return llvm::createStringError(path + ": cannot be written: " +
                                     llvm::toString(wide.takeError()));
    converted = std::move(*wide);
    int64_t elements = array.getNumElements();
    for (int64_t i = 0; i < elements; ++i)
      converted.setFloat(i, array.getFloat(i));
    source = &converted;
  }
  std::string preamble = createPreamble(type->code, array.shape);
  auto fail = [&](std::error_code error) {
    return llvm::createStringError(path + ": cannot be written: " +
                                   error.message());
  };

  // A device or a pipe is written to; to replace it by a file would be wrong.
  llvm::sys::fs::file_status status;
  if (!llvm::sys::fs::status(path, status) &&
      !llvm::sys::fs::is_regular_file(status)) {
    int descriptor;
    if (std::error_code error = llvm::sys::fs::openFileForWrite(
            path, descriptor, llvm::sys::fs::CD_OpenExisting))
      return fail(error);
    std::error_code error = writeTo(descriptor, true, preamble, *source);
    return error ? fail(error) : llvm::Error::success();
  }

  llvm::Expected<llvm::sys::fs::TempFile> file =
      llvm::sys::fs::TempFile::create(path + ".%%%%%%.tmp");
  if (!file)
    return fail(llvm::errorToErrorCode(file.takeError()));
  if (std::error_code error = writeTo(file->FD, false, preamble, *source)) {
    llvm::consumeError(file->discard());
    return fail(error);
  }
  if (llvm::Error error = file->keep(path)) {
    std::error_code code = llvm::errorToErrorCode(std::move(error));
    llvm::consumeError(file->discard());
    return fail(code);
  }
  return llvm::Error::success();
}
