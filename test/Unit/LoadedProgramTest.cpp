//===- LoadedProgramTest.cpp - Programs on a GPU, or on a stub of one ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Without a driver these are skipped; loaded-program.test brings one that runs
// kernels in the emulator of PTX.
//
//===----------------------------------------------------------------------===//

#include "attn/Runtime/LoadedProgram.h"
#include "mlir/IR/Builders.h"
#include <gtest/gtest.h>
#include <iostream>

using namespace mlir;
using namespace mlir::attn;

/// buffer[i] = x[i] * scale for i < n; then y[i] = buffer[i] + n.
static constexpr const char *kPTX = R"(
.version 7.0
.target sm_80
.address_size 64

.visible .entry scale(.param .u64 x, .param .f32 factor, .param .u64 to,
                      .param .u64 n) {
  .reg .pred %p;
  .reg .b32 %r<4>;
  .reg .b64 %d<6>;
  .reg .f32 %f<3>;
  mov.u32 %r0, %tid.x;
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %ntid.x;
  mad.lo.s32 %r3, %r1, %r2, %r0;
  cvt.u64.u32 %d0, %r3;
  ld.param.u64 %d1, [n];
  setp.ge.u64 %p, %d0, %d1;
  @%p bra DONE;
  ld.param.u64 %d2, [x];
  ld.param.u64 %d3, [to];
  ld.param.f32 %f0, [factor];
  shl.b64 %d4, %d0, 2;
  add.s64 %d5, %d2, %d4;
  ld.global.f32 %f1, [%d5];
  mul.rn.f32 %f2, %f1, %f0;
  add.s64 %d5, %d3, %d4;
  st.global.f32 [%d5], %f2;
DONE:
  ret;
}

.visible .entry shift(.param .u64 from, .param .u64 y, .param .u64 n) {
  .reg .b32 %r;
  .reg .b64 %d<6>;
  .reg .f32 %f<4>;
  mov.u32 %r, %ctaid.x;
  cvt.u64.u32 %d0, %r;
  shl.b64 %d4, %d0, 2;
  ld.param.u64 %d1, [n];
  ld.param.u64 %d2, [from];
  ld.param.u64 %d3, [y];
  add.s64 %d5, %d2, %d4;
  ld.global.f32 %f1, [%d5];
  cvt.rn.f32.u64 %f2, %d1;
  add.rn.f32 %f3, %f1, %f2;
  add.s64 %d5, %d3, %d4;
  st.global.f32 [%d5], %f3;
  ret;
}
)";

namespace {
class LoadedProgramTest : public ::testing::Test {
protected:
  LoadedProgramTest() {
    using Parameter = DeviceProgram::Parameter;
    auto tensor = RankedTensorType::get({ShapedType::kDynamic}, b.getF32Type());
    program.interface.name = "f";
    program.interface.sizes = {"n"};
    program.interface.arguments = {
        {"x", tensor, {{ShapedType::kDynamic, 0}}, false},
        {"factor", b.getF32Type(), {}, false},
        {"y", tensor, {{ShapedType::kDynamic, 0}}, true}};
    program.chip = "sm_80";
    program.ptx = kPTX;
    program.buffers = {{n * 4}};
    AffineExpr one = b.getAffineConstantExpr(1);
    DeviceProgram::Launch scale{
        "scale", {n.ceilDiv(32), one, one}, {32, 1, 1}, 0, {}};
    scale.parameters = {{Parameter::Argument, 0},
                        {Parameter::Argument, 1},
                        {Parameter::Buffer, 0},
                        {Parameter::Size, 0, n}};
    DeviceProgram::Launch shift{"shift", {n, one, one}, {1, 1, 1}, 49153, {}};
    shift.parameters = {{Parameter::Buffer, 0},
                        {Parameter::Argument, 2},
                        {Parameter::Size, 0, n}};
    program.launches = {scale, shift};
  }

  void SetUp() override {
    auto opened = CUDADevice::open();
    if (!opened) {
      std::string reason = llvm::toString(opened.takeError());
      std::cout << "open: " << reason << std::endl;
      GTEST_SKIP() << reason;
    }
    device = std::move(*opened);
  }

  Array create(ArrayRef<int64_t> shape, float first) {
    Array array = llvm::cantFail(Array::create(b.getF32Type(), shape));
    for (int64_t i = 0; i < array.getNumElements(); ++i)
      array.setFloat(i, first + i);
    return array;
  }

  llvm::Expected<Array> run(int64_t size) {
    auto loaded = LoadedProgram::load(*device, program);
    if (!loaded)
      return loaded.takeError();
    std::vector<Array> inputs = {create({size}, 1), create({}, 0.5)};
    auto call = DeviceCall::create(*loaded, inputs, {size});
    if (!call)
      return call.takeError();
    EXPECT_EQ(call->getScratchBytes(), 4 * size);
    if (auto error = call->run())
      return error;
    auto seconds = measureOnDevice(*device, [&] { return call->launch(); });
    if (!seconds)
      return seconds.takeError();
    EXPECT_GE(*seconds, 0);
    Array output = create({size}, 0);
    if (auto error = call->download(output))
      return error;
    return output;
  }
  std::string getError(int64_t size) {
    auto output = run(size);
    if (output)
      return "no error";
    return llvm::toString(output.takeError());
  }

  MLIRContext context;
  Builder b{&context};
  AffineExpr n = b.getAffineSymbolExpr(0);
  DeviceProgram program;
  std::unique_ptr<CUDADevice> device;
};
} // namespace

TEST_F(LoadedProgramTest, Runs) {
  for (int64_t size : {0, 1, 32, 33}) {
    auto output = run(size);
    ASSERT_TRUE(static_cast<bool>(output)) << llvm::toString(output.takeError());
    for (int64_t i = 0; i < size; ++i)
      EXPECT_EQ(output->getFloat(i), (1 + i) * 0.5 + size) << i;
  }
}

// For loaded-program.test, which makes this fail in all the ways there are.
TEST_F(LoadedProgramTest, SaysWhatFails) {
  std::cout << "run: " << getError(1 << 20) << std::endl;
}

TEST_F(LoadedProgramTest, NeedsItsChip) {
  for (StringRef chip : {"sm_999", "sm_70a", "gfx942", "sm_x"}) {
    program.chip = chip.str();
    std::string error = getError(1);
    EXPECT_EQ(error.find(("the program is for " + chip +
                          ", which does not run on the GPU, " +
                          device->getName() + " of " + device->getChip() +
                          "; compile it with --chip=sm_")
                             .str()),
              0u)
        << error;
  }
}

TEST_F(LoadedProgramTest, NeedsItsKernels) {
  program.launches[1].kernel = "shfit";
  std::string error = getError(1);
  EXPECT_EQ(error.find("the program has no kernel 'shfit': "
                       "CUDA_ERROR_NOT_FOUND"),
            0u)
      << error;
}

TEST_F(LoadedProgramTest, NeedsPTX) {
  program.ptx = "no PTX";
  std::string error = getError(1);
  EXPECT_EQ(error.find("the driver cannot load the program: "
                       "CUDA_ERROR_INVALID_PTX"),
            0u)
      << error;
  EXPECT_NE(error.find(": ptxas"), std::string::npos) << error;
}

TEST_F(LoadedProgramTest, RefusesSizes) {
  auto loaded = LoadedProgram::load(*device, program);
  ASSERT_TRUE(static_cast<bool>(loaded));
  std::vector<Array> inputs = {create({1}, 1), create({}, 0.5)};
  for (int64_t size : {int64_t(-1), INT64_MAX, int64_t(1) << 39}) {
    auto call = DeviceCall::create(*loaded, inputs, {size});
    EXPECT_FALSE(static_cast<bool>(call));
    if (!call)
      std::cout << llvm::toString(call.takeError()) << std::endl;
  }
}

TEST_F(LoadedProgramTest, MeasuresCopies) {
  auto bandwidth = measureCopyBandwidth(*device, 2);
  ASSERT_TRUE(static_cast<bool>(bandwidth));
  EXPECT_GT(*bandwidth, 0);
}
