#include "thrum/linalg/blas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "thrum/linalg/blas_internal.h"
#include "thrum/linalg/matrix_testing_internal.h"
#include "thrum/runtime/simd.h"

namespace thrum::linalg {
namespace {

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string refusal_of(const std::string& path) {
  return refusal([&] { load_blas(std::vector<std::string>{path}); }, ErrorCode::io);
}

TEST(OpenBlasCore, FollowsTheWidestVectors) {
  EXPECT_EQ(openblas_core({.avx3 = true, .avx2 = true, .sse4 = true}), "SKYLAKEX");
  EXPECT_EQ(openblas_core({.avx2 = true, .sse4 = true}), "HASWELL");
  EXPECT_EQ(openblas_core({.sse4 = true}), "NEHALEM");
  EXPECT_EQ(openblas_core({}), "");
}

TEST(Blas, RunsTheKernelsThatWereChosen) {
  if (std::getenv("OPENBLAS_CORETYPE") != nullptr) {
    EXPECT_EQ(blas_info().chosen_by, "OPENBLAS_CORETYPE");
    return;
  }
  const std::string chosen = openblas_core(cpu_features());
  EXPECT_EQ(blas_info().chosen_by, chosen.empty() ? "OpenBLAS" : "cpuid");
  EXPECT_THAT(lower_case(blas_info().core), testing::HasSubstr(lower_case(chosen)));
}

TEST(Blas, KeepsToAPinnedLevel) {
  if (!std::ranges::count(simd_levels(), "AVX2")) GTEST_SKIP() << "this machine has no AVX2";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto load_at_avx2 = [] {
    ::unsetenv("OPENBLAS_CORETYPE");
    pin_simd_level("AVX2");
    std::_Exit(blas_info().core == "Haswell" ? 0 : 1);
  };
  EXPECT_EXIT(load_at_avx2(), testing::ExitedWithCode(0), "");
}

TEST(Blas, DescribesItself) {
  EXPECT_THAT(blas_info().config, testing::HasSubstr("OpenBLAS"));
  EXPECT_TRUE(std::filesystem::exists(blas_info().path)) << blas_info().path;
}

TEST(Blas, LeavesTheEnvironmentAsItWas) {
  ::setenv("OPENBLAS_NUM_THREADS", "7", 1);
  ::unsetenv("OPENBLAS_CORETYPE");
  load_blas(std::vector<std::string>{blas_info().path});
  EXPECT_STREQ(std::getenv("OPENBLAS_NUM_THREADS"), "7");
  EXPECT_EQ(std::getenv("OPENBLAS_CORETYPE"), nullptr);
}

TEST(Blas, SaysWhatToInstallWhenThereIsNone) {
  EXPECT_EQ(
      refusal_of("/nowhere/libopenblas.so.0"),
      "[blas] no usable OpenBLAS is installed; tried /nowhere/libopenblas.so.0 (/nowhere/libopenblas.so.0: cannot "
      "open shared object file: No such file or directory); apt-get install libopenblas0-pthread");
}

TEST(Blas, RefusesBuildsThatCannotBeCalledFromThreads) {
  EXPECT_EQ(refusal_of(THRUM_SERIAL_BLAS),
            "[blas] no usable OpenBLAS is installed; tried " THRUM_SERIAL_BLAS
            " (it is a serial build, which gives wrong results when threads call it at once); apt-get install "
            "libopenblas0-pthread");
  EXPECT_THAT(refusal_of(THRUM_OPENMP_BLAS), testing::HasSubstr("it is an OpenMP build, which starts threads"));
}

TEST(Blas, RefusesOtherLibraries) {
  EXPECT_THAT(refusal_of("libm.so.6"), testing::HasSubstr("libm.so.6 (it has no function openblas_get_parallel)"));
}

TEST(Blas, TakesTheFirstCandidateThatCanBeUsed) {
  EXPECT_EQ(load_blas(std::vector<std::string>{"/nowhere.so", THRUM_SERIAL_BLAS, blas_info().path}).info.path,
            blas_info().path);
}

}  // namespace
}  // namespace thrum::linalg
