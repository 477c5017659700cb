#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "thrum/linalg/cholesky.h"
#include "thrum/linalg/gemm.h"
#include "thrum/linalg/gemv.h"
#include "thrum/linalg/matrix_testing_internal.h"
#include "thrum/linalg/syrk.h"

namespace thrum::linalg {
namespace {

/// A chain of calls, small enough that a race inside the library would show in one of many.
template <class T>
std::vector<T> chain(Arena& arena, const Matrix<T>& A) {
  const std::size_t n = A.rows;
  Matrix<T> product(n, n), gram(n, n);
  gemm(arena, A.view(), A.view(), product.view());
  syrk(arena, product.cview(), gram.view(), {.alpha = 1e-3});
  for (std::size_t i = 0; i < n; ++i) gram(i, i) += static_cast<T>(n);
  EXPECT_EQ(cholesky_factor(arena, gram.view()), std::nullopt);
  cholesky_solve(arena, gram.cview(), product.view());
  std::vector<T> y(n);
  gemv(arena, product.cview(), std::span<const T>(A.data.data(), n), std::span<T>(y));
  return y;
}

/// Builds of OpenBLAS without locks fail this: a few wrong results in ten thousand calls.
template <class T>
int wrong_results(int n_threads, int calls_per_thread) {
  std::vector<Matrix<T>> inputs;
  std::vector<std::vector<T>> expected;
  Arena alone(1, Backend::sequential);
  for (const std::size_t n : {5, 16, 33, 48, 64, 100}) {
    inputs.push_back(Matrix<T>::random(n, n, n));
    expected.push_back(chain(alone, inputs.back()));
  }
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  threads.reserve(static_cast<std::size_t>(n_threads));
  for (int t = 0; t < n_threads; ++t) {
    threads.emplace_back([&, t] {
      Arena arena(1, Backend::sequential);
      for (int call = 0; call < calls_per_thread; ++call) {
        const std::size_t which = static_cast<std::size_t>(call + t) % inputs.size();
        wrong += chain(arena, inputs[which]) != expected[which];
      }
    });
  }
  threads.clear();
  return wrong;
}

TEST(Concurrency, CallsFromManyThreadsGiveTheSameBits) {
  EXPECT_EQ(wrong_results<double>(8, 500), 0);
  EXPECT_EQ(wrong_results<float>(8, 500), 0);
}

TEST(Concurrency, CallsMayShareAnArena) {
  Arena arena(3);
  const auto A = Matrix<double>::random(600, 600, 1);
  const auto product = [&] {
    Matrix<double> C(600, 600);
    gemm(arena, A.view(), A.view(), C.view());
    return C.data;
  };
  const auto expected = product();
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) threads.emplace_back([&] { wrong += product() != expected; });
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace thrum::linalg
