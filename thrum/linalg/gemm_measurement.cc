#include "thrum/linalg/gemm_measurement.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/random.h"
#include "thrum/linalg/gemm.h"
#include "thrum/linalg/peak.h"

namespace thrum::linalg {
namespace {

using Clock = std::chrono::steady_clock;

template <class T>
std::vector<T> random_matrix(Arena& arena, std::size_t n, std::uint64_t stream) {
  const Random random(0, stream);
  std::vector<T> values(n * n);
  parallel_for(arena, values.size(), 1 << 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) values[i] = static_cast<T>(random.uniform(i) - 0.5);
  });
  return values;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// A few elements of the product, each formed anew in f64.
template <class T>
void check_product(std::size_t n, const std::vector<T>& A, const std::vector<T>& B, const std::vector<T>& C) {
  const Random random(0, 3);
  const double tolerance = std::numeric_limits<T>::epsilon() * static_cast<double>(n);
  for (std::uint64_t sample = 0; sample < 16; ++sample) {
    const std::size_t i = random.below(2 * sample, n), j = random.below(2 * sample + 1, n);
    double sum = 0;
    for (std::size_t k = 0; k < n; ++k) sum += static_cast<double>(A[i * n + k]) * static_cast<double>(B[k * n + j]);
    if (!(std::abs(sum - static_cast<double>(C[i * n + j])) <= tolerance)) {
      throw Error(ErrorCode::internal,
                  fmt::format("[measure_gemm] the product is {} at ({}, {}), expected {}", C[i * n + j], i, j, sum));
    }
  }
}

template <class T>
GemmMeasurement measure(Arena& arena, std::size_t n, int repeats) {
  const std::vector<T> A = random_matrix<T>(arena, n, 1), B = random_matrix<T>(arena, n, 2);
  std::vector<T> C(n * n);
  const auto multiply = [&] {
    gemm(arena, MatrixView<const T>(A.data(), n, n), MatrixView<const T>(B.data(), n, n),
         MatrixView<T>(C.data(), n, n));
  };
  multiply();  // loads the library and touches every page
  check_product(n, A, B, C);

  const double operations = 2 * std::pow(static_cast<double>(n), 3);
  std::vector<double> peaks = {measure_fma_peak(arena, dtype_of<T>)}, rates, shares;
  for (int r = 0; r < repeats; ++r) {
    const Clock::time_point start = Clock::now();
    multiply();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    peaks.push_back(measure_fma_peak(arena, dtype_of<T>));
    rates.push_back(operations / seconds / 1e9);
    shares.push_back(rates.back() / ((peaks[peaks.size() - 2] + peaks.back()) / 2));
  }
  const double rate = median(rates);
  return {n, dtype_of<T>, arena.slots(), repeats, operations / rate / 1e9, rate, median(peaks), median(shares)};
}

}  // namespace

GemmMeasurement measure_gemm(Arena& arena, std::size_t n, DType dtype, int repeats) {
  if (n < 1 || repeats < 1) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[measure_gemm] expected n and repeats of at least 1, got {} and {}", n, repeats));
  }
  if (dtype == DType::f32) return measure<float>(arena, n, repeats);
  if (dtype == DType::f64) return measure<double>(arena, n, repeats);
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[measure_gemm] expected F32 or F64, got {}", dtype_name(dtype)));
}

}  // namespace thrum::linalg
