#include "thrum/cli/textbook_products.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "thrum/cli/text.h"
#include "thrum/core/error.h"
#include "thrum/core/random.h"
#include "thrum/linalg/gemm.h"
#include "thrum/linalg/textbook/products.h"

namespace thrum::cli {
namespace {

template <class T>
std::vector<T> random_numbers(std::size_t n, std::uint64_t stream) {
  const Random random(0, stream);
  std::vector<T> numbers(n);
  for (std::size_t i = 0; i < n; ++i) numbers[i] = static_cast<T>(random.uniform(i) - 0.5);
  return numbers;
}

template <class T>
std::vector<TextbookProduct> measure(Arena& arena, std::size_t n) {
  namespace textbook = linalg::textbook;
  using Product = void (*)(Arena&, MatrixView<const T>, MatrixView<const T>, MatrixView<T>);
  const std::pair<const char*, Product> algorithms[] = {
      {"naive", &textbook::naive_product<T>},
      {"blocked", &textbook::blocked_product<T>},
      {"cache-oblivious", &textbook::recursive_product<T>},
      {"Strassen", &textbook::strassen_product<T>},
      {"gemm",
       [](Arena& a, MatrixView<const T> A, MatrixView<const T> B, MatrixView<T> C) { linalg::gemm(a, A, B, C); }},
  };
  const std::vector<T> a = random_numbers<T>(n * n, 1), b = random_numbers<T>(n * n, 2);
  const MatrixView<const T> A(a.data(), n, n), B(b.data(), n, n);
  std::vector<TextbookProduct> products;
  for (const auto& [name, multiply] : algorithms) {
    std::vector<T> c(n * n);
    const MatrixView<T> C(c.data(), n, n);
    double fastest = std::numeric_limits<double>::infinity();
    for (int repeat = 0; repeat < 3; ++repeat) {
      const Stopwatch stopwatch;
      multiply(arena, A, B, C);
      fastest = std::min(fastest, stopwatch.seconds());
    }
    const double tolerance = 8 * std::numeric_limits<T>::epsilon() * static_cast<double>(n);
    if (!textbook::is_product<T>(arena, A, B, C, tolerance)) {
      throw Error(ErrorCode::internal, fmt::format("[bench] the {} product of {} x {} is wrong", name, n, n));
    }
    const auto size = static_cast<double>(n);
    products.push_back({name, fastest, 2 * size * size * size / fastest / 1e9});
  }
  return products;
}

}  // namespace

std::vector<TextbookProduct> measure_textbook_products(Arena& arena, std::size_t n, DType dtype) {
  return dtype == DType::f32 ? measure<float>(arena, n) : measure<double>(arena, n);
}

}  // namespace thrum::cli
