#include "thrum/linalg/tensor_products.h"

#include <gtest/gtest.h>

#include <array>

#include "thrum/linalg/matrix_testing_internal.h"

namespace thrum::linalg {
namespace {

template <class T>
struct Tensor {
  Tensor(std::size_t n_size, std::size_t n_rows, std::size_t n_cols, T value = 0)
      : size(n_size), rows(n_rows), cols(n_cols), data(n_size * n_rows * n_cols + 1, value) {}
  static Tensor random(std::size_t size, std::size_t rows, std::size_t cols, std::uint64_t seed) {
    Tensor tensor(size, rows, cols);
    tensor.data = Matrix<T>::random(1, tensor.data.size(), seed).data;
    return tensor;
  }
  TensorView<T> view() { return {data.data(), size, rows, cols}; }
  TensorView<const T> cview() const { return {data.data(), size, rows, cols}; }

  std::size_t size;
  std::size_t rows;
  std::size_t cols;
  std::vector<T> data;
};

template <class T>
class Tensors : public testing::Test {
 protected:
  Arena arena{2};
};

using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Tensors, Types);

TYPED_TEST(Tensors, MultiplyInBatches) {
  using Shape = std::array<std::size_t, 4>;  // size, m, n, k
  for (const auto& [size, m, n, k] :
       {Shape{300, 3, 5, 7}, Shape{40, 64, 33, 20}, Shape{3, 200, 300, 700}, Shape{0, 2, 2, 2}, Shape{4, 2, 3, 0}}) {
    for (const bool transpose_a : {false, true}) {
      for (const std::size_t b_size : {size, std::size_t{1}}) {
        const auto A = Tensor<TypeParam>::random(size, transpose_a ? k : m, transpose_a ? m : k, 1);
        const auto B = Tensor<TypeParam>::random(b_size, n, k, 2);
        Tensor<TypeParam> C(size, m, n, 1);
        const GemmOptions options{.transpose_a = transpose_a, .transpose_b = true, .alpha = 2, .beta = -1};
        batched_gemm(this->arena, A.cview(), B.cview(), C.view(), options);
        Matrix<TypeParam> expected(m, n);
        for (std::size_t i = 0; i < size; ++i) {
          std::ranges::fill(expected.data, TypeParam(1));
          gemm(this->arena, A.cview()[i], B.cview()[b_size == 1 ? 0 : i], expected.view(), options);
          for (std::size_t j = 0; j < m; ++j) {
            for (std::size_t l = 0; l < n; ++l) ASSERT_EQ(C.view()(i, j, l), expected(j, l)) << m << ": " << i;
          }
        }
      }
    }
  }
}

TYPED_TEST(Tensors, AreContractedOverAnyAxis) {
  const auto A = Tensor<TypeParam>::random(20, 15, 11, 1);
  const std::array<std::size_t, 3> shape = {20, 15, 11};
  for (int axis = 0; axis < 3; ++axis) {
    const std::size_t length = shape[static_cast<std::size_t>(axis)], q = 6;
    const auto B = Matrix<TypeParam>::random(length, q, 2, 3);
    auto out = shape;
    out[static_cast<std::size_t>(axis)] = q;
    Tensor<TypeParam> C(out[0], out[1], out[2], 7);
    contract(this->arena, A.cview(), axis, B.cview(), C.view());
    for (std::size_t i = 0; i < out[0]; ++i) {
      for (std::size_t j = 0; j < out[1]; ++j) {
        for (std::size_t l = 0; l < out[2]; ++l) {
          double sum = 0;
          for (std::size_t x = 0; x < length; ++x) {
            const TypeParam a = A.cview()(axis == 0 ? x : i, axis == 1 ? x : j, axis == 2 ? x : l);
            sum += static_cast<double>(a) * static_cast<double>(B(x, axis == 0 ? i : axis == 1 ? j : l));
          }
          ASSERT_NEAR(C.view()(i, j, l), sum, product_tolerance<TypeParam>(length)) << axis;
        }
      }
    }
  }
}

TYPED_TEST(Tensors, HaveTheSameBitsForAnyNumberOfThreads) {
  const auto A = Tensor<TypeParam>::random(50, 64, 40, 1), B = Tensor<TypeParam>::random(50, 40, 33, 2);
  const auto W = Matrix<TypeParam>::random(64, 20, 3);
  const auto results = [&](int threads) {
    Arena team(threads);
    Tensor<TypeParam> C(50, 64, 33), D(50, 20, 40);
    batched_gemm(team, A.cview(), B.cview(), C.view());
    contract(team, A.cview(), 1, W.cview(), D.view());
    C.data.insert(C.data.end(), D.data.begin(), D.data.end());
    return C.data;
  };
  for (const int threads : {2, 5}) EXPECT_EQ(results(threads), results(1)) << threads;
}

TYPED_TEST(Tensors, SayWhichShapesDoNotFit) {
  const Tensor<TypeParam> A(2, 3, 4), B(2, 5, 4);
  Tensor<TypeParam> C(2, 3, 5);
  const Matrix<TypeParam> W(3, 5);
  EXPECT_EQ(refusal([&] { batched_gemm(this->arena, A.cview(), B.cview(), C.view()); }),
            "[batched_gemm] A is (2, 3, 4), B is (2, 5, 4), C is (2, 3, 5): their products do not fit");
  EXPECT_EQ(refusal([&] { batched_gemm(this->arena, A.cview(), A.cview(), C.view(), {.transpose_b = true}); }),
            "[batched_gemm] A is (2, 3, 4), B is (2, 3, 4) transposed, C is (2, 3, 5): their products do not fit");
  EXPECT_EQ(refusal([&] { contract(this->arena, A.cview(), 2, W.cview(), C.view()); }),
            "[contract] A is (2, 3, 4), B is (3, 5), C is (2, 3, 5): they do not fit over axis 2");
  EXPECT_EQ(refusal([&] { contract(this->arena, A.cview(), 3, W.cview(), C.view()); }),
            "[contract] axis is 3, expected 0, 1 or 2");
}

}  // namespace
}  // namespace thrum::linalg
