#include "thrum/learn/linear/gram_kernel_internal.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <string>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/learn/linear/gram_sums_internal.h"

namespace thrum {
namespace {

/// Rows of whole numbers, whose sums are exact in both types.
template <class T>
struct Sample {
  Sample(std::size_t rows, std::size_t columns)
      : n_rows(rows),
        n_columns(columns),
        values(draw(rows * columns)),
        x({values.data(), rows, columns}),
        y(x.n_tiles() * x.tile_rows()),
        weights(y.size()),
        few(y.size()) {
    const Random random(6);
    for (std::size_t i = 0; i < rows; ++i) {
      y.data()[i] = static_cast<T>(random.below(i, 9)) - 4;
      weights.data()[i] = static_cast<T>(random.below(1000 + i, 4));
      few.data()[i] = i % 7 == 0 ? weights.data()[i] : 0;
    }
  }

  static std::vector<double> draw(std::size_t n) {
    std::vector<double> drawn;
    for (std::size_t i = 0; i < n; ++i) drawn.push_back(static_cast<double>(Random(5).below(i, 15)) - 7);
    return drawn;
  }

  double column(std::size_t i, std::size_t j) const {
    if (j < n_columns) return values[i * n_columns + j];
    return j == n_columns ? 1 : static_cast<double>(y.data()[i]);
  }

  /// Straight from the formula.
  std::vector<double> gram(std::size_t size, const ZeroedArray<T>& s) const {
    std::vector<double> sums(size * size, 0.0);
    for (std::size_t i = 0; i < n_rows; ++i) {
      for (std::size_t j = 0; j < size; ++j) {
        for (std::size_t k = 0; k <= j; ++k)
          sums[j * size + k] += static_cast<double>(s.data()[i]) * column(i, j) * column(i, k);
      }
    }
    return sums;
  }

  std::size_t n_rows;
  std::size_t n_columns;
  std::vector<double> values;
  DesignMatrix<T> x;
  ZeroedArray<T> y;
  ZeroedArray<T> weights;
  ZeroedArray<T> few;  ///< every seventh of them
};

class GramKernel : public testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override { choose(GetParam()); }
  void TearDown() override { choose(0); }

  template <class T>
  void expect_the_formula(std::size_t n_rows, std::size_t n_columns) {
    const Sample<T> sample(n_rows, n_columns);
    for (const T* y : {sample.y.data(), static_cast<const T*>(nullptr)}) {
      const GramRows<T> rows{sample.x.tiles(),   sample.weights.data(), y,
                             sample.x.n_tiles(), sample.x.tile_rows(),  n_columns};
      std::vector<double> sums(rows.size() * rows.size(), 0.0);
      add_gram(rows, sums);
      EXPECT_EQ(sums, sample.gram(rows.size(), sample.weights)) << n_rows << " x " << n_columns;
    }
  }

 private:
  static void choose(std::int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

TEST_P(GramKernel, EqualsTheFormula) {
  for (const std::size_t n_columns : {1, 2, 3, 4, 7, 30}) {
    for (const std::size_t n_rows : {1, 63, 64, 65, 700}) {
      expect_the_formula<double>(n_rows, n_columns);
      expect_the_formula<float>(n_rows, n_columns);
    }
  }
  expect_the_formula<double>(130, 1030);
}

INSTANTIATE_TEST_SUITE_P(Targets, GramKernel, testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& test) { return std::string(hwy::TargetName(test.param)); });

TEST(GramMatrices, AreThoseOfEachSetOfWeightsAlone) {
  const Sample<double> sample(9000, 5);
  const std::vector<const double*> sets = {sample.weights.data(), sample.few.data()};
  const LocalExecution execution(2);
  const auto both = gram_matrices(sample.x, sample.y.data(), std::span<const double* const>(sets), execution);
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0], sample.gram(7, sample.weights));
  EXPECT_EQ(both[1], sample.gram(7, sample.few));
}

}  // namespace
}  // namespace thrum
