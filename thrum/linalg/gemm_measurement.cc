#include "thrum/linalg/gemm_measurement.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/median_internal.h"
#include "thrum/core/random.h"
#include "thrum/linalg/gemm.h"
#include "thrum/linalg/peak.h"

namespace thrum::linalg {
namespace {

using Clock = std::chrono::steady_clock;

/// (n, n) elements in huge pages where the system grants them, as NumPy asks for too: the translation of addresses is
/// not what is to be measured.
template <class T>
class SquareMatrix {
 public:
  explicit SquareMatrix(std::size_t n)
      : n_(n), data_(static_cast<T*>(std::aligned_alloc(huge_page, huge_pages(n * n * sizeof(T))))) {
    if (data_ == nullptr) {
      throw Error(ErrorCode::out_of_memory, fmt::format("[measure_gemm] no memory for a ({}, {}) matrix", n, n));
    }
    ::madvise(data_.get(), huge_pages(n * n * sizeof(T)), MADV_HUGEPAGE);
  }

  MatrixView<T> view() const { return {data_.get(), n_, n_}; }

 private:
  static constexpr std::size_t huge_page = std::size_t{1} << 21;
  static std::size_t huge_pages(std::size_t bytes) { return (bytes + huge_page - 1) / huge_page * huge_page; }

  struct Free {
    void operator()(T* data) const { std::free(data); }
  };
  std::size_t n_;
  std::unique_ptr<T, Free> data_;
};

template <class T>
SquareMatrix<T> random_matrix(Arena& arena, std::size_t n, std::uint64_t stream) {
  const Random random(0, stream);
  SquareMatrix<T> matrix(n);
  parallel_for(arena, n, 64, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < n; ++j) matrix.view()(i, j) = static_cast<T>(random.uniform(i * n + j) - 0.5);
    }
  });
  return matrix;
}

/// A few elements of the product, each formed anew in f64.
template <class T>
void check_product(MatrixView<const T> A, MatrixView<const T> B, MatrixView<const T> C) {
  const std::size_t n = C.rows();
  const Random random(0, 3);
  const double tolerance = std::numeric_limits<T>::epsilon() * static_cast<double>(n);
  for (std::uint64_t sample = 0; sample < 16; ++sample) {
    const std::size_t i = random.below(2 * sample, n), j = random.below(2 * sample + 1, n);
    double sum = 0;
    for (std::size_t k = 0; k < n; ++k) sum += static_cast<double>(A(i, k)) * static_cast<double>(B(k, j));
    if (!(std::abs(sum - static_cast<double>(C(i, j))) <= tolerance)) {
      throw Error(ErrorCode::internal,
                  fmt::format("[measure_gemm] the product is {} at ({}, {}), expected {}", C(i, j), i, j, sum));
    }
  }
}

template <class T>
GemmMeasurement measure(Arena& arena, std::size_t n, int repeats) {
  const SquareMatrix<T> A = random_matrix<T>(arena, n, 1), B = random_matrix<T>(arena, n, 2), C(n);
  const auto multiply = [&] { gemm(arena, A.view(), B.view(), C.view()); };
  multiply();  // loads the library and touches every page
  check_product<T>(A.view(), B.view(), C.view());

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
