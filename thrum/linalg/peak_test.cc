#include "thrum/linalg/peak.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "thrum/linalg/gemm_measurement.h"
#include "thrum/linalg/matrix_testing_internal.h"
#include "thrum/linalg/peak_kernels_internal.h"

namespace thrum::linalg {
namespace {

template <class T>
double growth(std::size_t rounds) {
  return run_fma(rounds, T(1), T(1)).sum - run_fma(0, T(1), T(1)).sum;
}

TEST(PeakKernels, DoTheOperationsThatTheyCount) {
  // Accumulators that grow by one each round count the rounds; each multiply-add is two operations.
  EXPECT_EQ(2 * growth<double>(100), run_fma(100, 1.0, 1.0).operations);
  EXPECT_EQ(2 * growth<float>(100), run_fma(100, 1.0F, 1.0F).operations);
  EXPECT_EQ(run_fma(0, 1.0, 1.0).operations, 0);
  EXPECT_EQ(run_fma(3, 0.0, 0.0).sum, 0);
}

TEST(PeakKernels, ReadEveryWord) {
  for (const std::size_t n : {0, 1, 31, 64, 1000}) {
    std::vector<std::uint64_t> words(n);
    std::iota(words.begin(), words.end(), 1);
    EXPECT_EQ(read_all(words), n * (n + 1) / 2);
  }
}

TEST(Peak, IsMeasuredForFloatingPoint) {
  Arena arena(2);
  EXPECT_GT(measure_fma_peak(arena, DType::f32), 0);
  EXPECT_GT(measure_fma_peak(arena, DType::f64), 0);
  EXPECT_EQ(refusal([&] { measure_fma_peak(arena, DType::i32); }), "[measure_fma_peak] expected F32 or F64, got I32");
}

TEST(Peak, BandwidthIsMeasured) {
  Arena arena(2);
  EXPECT_GT(measure_read_bandwidth(arena), 0);
}

TEST(MeasureGemm, ReportsMediansOfConsistentFigures) {
  Arena arena(2);
  for (const DType dtype : {DType::f32, DType::f64}) {
    const GemmMeasurement result = measure_gemm(arena, 100, dtype, 3);
    EXPECT_EQ(result.n, 100);
    EXPECT_EQ(result.dtype, dtype);
    EXPECT_EQ(result.threads, 2);
    EXPECT_EQ(result.repeats, 3);
    EXPECT_GT(result.share, 0);
    EXPECT_GT(result.peak_gflops, 0);
    EXPECT_DOUBLE_EQ(result.gflops * result.seconds, 2e-3);
  }
}

TEST(MeasureGemm, RefusesWhatItCannotMeasure) {
  Arena arena(1);
  EXPECT_EQ(refusal([&] { measure_gemm(arena, 0, DType::f32); }),
            "[measure_gemm] expected n and repeats of at least 1, got 0 and 5");
  EXPECT_EQ(refusal([&] { measure_gemm(arena, 4, DType::u8); }), "[measure_gemm] expected F32 or F64, got U8");
}

}  // namespace
}  // namespace thrum::linalg
