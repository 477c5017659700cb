#include <cmath>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/linalg/textbook/products.h"
#include "thrum/linalg/textbook/shapes_internal.h"

namespace thrum::linalg::textbook {
namespace {

constexpr std::size_t rows_of_a_task = 64;

struct Sums {
  std::vector<double> value;      ///< X v
  std::vector<double> magnitude;  ///< |X| |v|: what rounding errors are measured by
};

template <class T>
Sums times(Arena& arena, MatrixView<const T> X, const Sums& v) {
  Sums result{std::vector<double>(X.rows()), std::vector<double>(X.rows())};
  parallel_for(arena, X.rows(), rows_of_a_task, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < X.cols(); ++j) {
        const double x = static_cast<double>(X(i, j));
        result.value[i] += x * v.value[j];
        result.magnitude[i] += std::abs(x) * v.magnitude[j];
      }
    }
  });
  return result;
}

Sums zeros_and_ones(std::size_t n, const Random& random) {
  std::vector<double> x(n);
  for (std::size_t j = 0; j < n; ++j) x[j] = static_cast<double>(random.below(j, 2));
  return {x, x};
}

}  // namespace

template <class T>
bool is_product(Arena& arena, MatrixView<const T> A, MatrixView<const T> B, MatrixView<const T> C, double tolerance,
                int rounds, std::uint64_t seed) {
  check_product_shapes("is_product", A.rows(), A.cols(), B.rows(), B.cols(), C.rows(), C.cols());
  for (int round = 0; round < rounds; ++round) {
    const Sums x = zeros_and_ones(B.cols(), Random(seed, static_cast<std::uint64_t>(round)));
    const Sums expected = times(arena, A, times(arena, B, x));
    const Sums found = times(arena, C, x);
    for (std::size_t i = 0; i < C.rows(); ++i) {
      const double error = std::abs(found.value[i] - expected.value[i]);
      if (!(error <= tolerance * expected.magnitude[i])) return false;
    }
  }
  return true;
}

template bool is_product(Arena&, MatrixView<const float>, MatrixView<const float>, MatrixView<const float>, double, int,
                         std::uint64_t);
template bool is_product(Arena&, MatrixView<const double>, MatrixView<const double>, MatrixView<const double>, double,
                         int, std::uint64_t);

}  // namespace thrum::linalg::textbook
