#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/learn/linear/logistic_hessian_internal.h"
#include "thrum/learn/linear/logistic_problem_internal.h"

namespace thrum {
namespace {

/// Rows, weights, labels and coefficients from the counter.
struct Sample {
  std::size_t n_rows;
  std::size_t n_columns;
  std::size_t n_classes;
  double margin_scale = 1;
  std::vector<double> x = {};
  std::vector<double> weights = {};
  std::vector<double> labels = {};
  std::vector<double> w = {};
  std::vector<double> b = {};

  std::size_t n_outputs() const { return n_classes == 2 ? 1 : n_classes; }

  template <class T>
  void draw() {
    const Random random(7);
    const auto rounded = [&](std::uint64_t i) { return static_cast<double>(static_cast<T>(random.normal(i))); };
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < n_rows * n_columns; ++i) x.push_back(rounded(next++));
    for (std::size_t i = 0; i < n_rows; ++i) {
      weights.push_back(static_cast<double>(random.below(next++, 4)));
      labels.push_back(static_cast<double>(random.below(next++, n_classes)));
    }
    for (std::size_t i = 0; i < n_outputs() * n_columns; ++i) w.push_back(margin_scale * rounded(next++));
    for (std::size_t i = 0; i < n_outputs(); ++i) b.push_back(margin_scale * rounded(next++));
  }
};

using Sums = std::vector<long double>;

void add_row(const Sample& s, std::size_t i, const Sums& probabilities_minus_label, Sums& sums) {
  for (std::size_t k = 0; k < s.n_outputs(); ++k) {
    const long double r = s.weights[i] * probabilities_minus_label[k];
    for (std::size_t j = 0; j < s.n_columns; ++j) {
      sums[LogisticSums::gradient + k * s.n_columns + j] += r * s.x[i * s.n_columns + j];
    }
    sums[LogisticSums::gradient + s.n_outputs() * s.n_columns + k] += r;
  }
}

/// Straight from the formulas, in long double.
Sums reference(const Sample& s) {
  Sums sums(LogisticSums::size(s.n_outputs(), s.n_columns), 0.0L);
  for (std::size_t i = 0; i < s.n_rows; ++i) {
    Sums z(s.n_classes, 0.0L);
    for (std::size_t k = 0; k < s.n_outputs(); ++k) {
      long double& margin = z[s.n_outputs() == 1 ? 1 : k];
      margin = s.b[k];
      for (std::size_t j = 0; j < s.n_columns; ++j) {
        margin += static_cast<long double>(s.w[k * s.n_columns + j]) * s.x[i * s.n_columns + j];
      }
    }
    const auto own = static_cast<std::size_t>(s.labels[i]);
    const long double largest = *std::max_element(z.begin(), z.end());
    long double total = 0;
    for (const long double margin : z) total += std::exp(margin - largest);
    long double others = 0;
    for (std::size_t k = 0; k < z.size(); ++k) others += k == own ? 0 : std::exp(z[k] - z[own]);
    sums[LogisticSums::loss] +=
        s.weights[i] * (z[own] < largest ? largest - z[own] + std::log(total) : std::log1p(others));
    sums[LogisticSums::misplaced] += s.weights[i] > 0 && others >= 1 ? 1 : 0;
    Sums r;
    for (std::size_t k = s.n_outputs() == 1 ? 1 : 0; k < z.size(); ++k) {
      r.push_back(std::exp(z[k] - largest) / total - (k == own ? 1 : 0));
    }
    add_row(s, i, r, sums);
  }
  return sums;
}

/// A sample as the kernels read it.
template <class T>
class Prepared {
 public:
  explicit Prepared(const Sample& s)
      : x_(MatrixView<const double>(s.x.data(), s.n_rows, s.n_columns)),
        weights_(x_.n_tiles() * x_.tile_rows()),
        labels_(x_.n_tiles() * x_.tile_rows()),
        w_(s.w.begin(), s.w.end()),
        b_(s.b.begin(), s.b.end()) {
    for (std::size_t i = 0; i < s.n_rows; ++i) {
      const bool negative = s.n_classes == 2 && s.labels[i] == 0;
      weights_.data()[i] = static_cast<T>(negative ? -s.weights[i] : s.weights[i]);
      labels_.data()[i] = static_cast<T>(s.labels[i]);
    }
  }

  LogisticRows<T> rows() const {
    return {x_.tiles(), weights_.data(), labels_.data(), x_.n_tiles(), x_.tile_rows(), x_.n_columns()};
  }
  LogisticCoefficients<T> coefficients() const { return {w_.data(), b_.data(), b_.size()}; }

 private:
  DesignMatrix<T> x_;
  ZeroedArray<T> weights_;
  ZeroedArray<T> labels_;
  std::vector<T> w_;
  std::vector<T> b_;
};

template <class T>
std::vector<double> kernel(const Sample& s, int times = 1) {
  const Prepared<T> prepared(s);
  std::vector<double> sums(LogisticSums::size(s.n_outputs(), s.n_columns), 0.0);
  const LogisticFit<T> fit{prepared.rows(), prepared.coefficients(), sums};
  for (int i = 0; i < times; ++i) add_logistic_sums(std::span(&fit, 1));
  return sums;
}

/// The lower triangle of the Hessian of two classes, in long double.
Sums hessian_reference(const Sample& s) {
  const std::size_t n = s.n_columns + 1;
  Sums sums(n * n, 0.0L);
  for (std::size_t i = 0; i < s.n_rows; ++i) {
    const auto column = [&](std::size_t j) { return j + 1 == n ? 1.0L : s.x[i * s.n_columns + j]; };
    long double z = s.b[0];
    for (std::size_t j = 0; j + 1 < n; ++j) z += s.w[j] * column(j);
    const long double p = 1 / (1 + std::exp(-z));
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = 0; k <= j; ++k) sums[j * n + k] += s.weights[i] * p * (1 - p) * column(j) * column(k);
    }
  }
  return sums;
}

/// Every instruction set of this machine and build in turn.
class LogisticKernel : public testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override { choose(GetParam()); }
  void TearDown() override { choose(0); }

  template <class T>
  void expect_like_reference(Sample sample) {
    sample.draw<T>();
    const Sums expected = reference(sample);
    const std::vector<double> got = kernel<T>(sample);
    // Each sum is right to the rounding of its terms, whose size the sum of the weights bounds.
    const double size = 20.0 * static_cast<double>(sample.n_rows) * std::max(sample.margin_scale, 1.0);
    const double tolerance = size * std::numeric_limits<T>::epsilon();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(got[i], static_cast<double>(expected[i]), tolerance)
          << "component " << i << " of " << sample.n_rows << " x " << sample.n_columns << ", " << sample.n_classes
          << " classes";
    }
  }

 private:
  static void choose(std::int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

TEST_P(LogisticKernel, EqualsTheFormulasForOddSizes) {
  for (const std::size_t n_classes : {2, 3, 4, 6, 9}) {
    for (const std::size_t n_columns : {1, 2, 7, 28}) {
      for (const std::size_t n_rows : {1, 63, 64, 65, 300}) {
        expect_like_reference<double>({n_rows, n_columns, n_classes});
        expect_like_reference<float>({n_rows, n_columns, n_classes});
      }
    }
  }
}

TEST_P(LogisticKernel, EqualsTheFormulasForEveryHeightOfTiles) {
  for (const std::size_t n_columns : {1025, 2049}) {
    expect_like_reference<double>({130, n_columns, 2, 0.02});
    expect_like_reference<float>({130, n_columns, 3, 0.02});
  }
}

TEST_P(LogisticKernel, EqualsTheFormulasForMarginsUpToTenThousand) {
  for (const std::size_t n_classes : {2, 5}) {
    expect_like_reference<double>({257, 9, n_classes, 3000});
    expect_like_reference<float>({257, 9, n_classes, 3000});
  }
}

template <class T>
void expect_hessian_like_reference(std::size_t n_rows, std::size_t n_columns) {
  Sample sample{.n_rows = n_rows, .n_columns = n_columns, .n_classes = 2};
  sample.draw<T>();
  const Prepared<T> prepared(sample);
  const Sums expected = hessian_reference(sample);
  const double tolerance = 20.0 * static_cast<double>(n_rows) * std::numeric_limits<T>::epsilon();
  for (const std::size_t step : {1, 2}) {  // all columns, every second one
    std::vector<std::size_t> columns;
    for (std::size_t j = 0; j < n_columns; j += step) columns.push_back(j);
    const std::size_t n = columns.size() + 1;
    std::vector<double> got(n * n, 0.0);
    add_logistic_hessian(prepared.rows(), prepared.coefficients(), columns, got);
    columns.push_back(n_columns);  // the intercept
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        const auto wanted = static_cast<double>(expected[columns[i] * (n_columns + 1) + columns[j]]);
        ASSERT_NEAR(got[i * n + j], wanted, tolerance) << i << ", " << j;
      }
    }
  }
}

TEST_P(LogisticKernel, HasTheHessianOfTheFormula) {
  for (const std::size_t n_columns : {1, 3, 4, 9, 28}) {
    for (const std::size_t n_rows : {1, 64, 300}) {
      expect_hessian_like_reference<double>(n_rows, n_columns);
      expect_hessian_like_reference<float>(n_rows, n_columns);
    }
  }
}

TEST_P(LogisticKernel, KeepsTheDigitsOfLossesNearZero) {
  for (const std::size_t n_classes : {2, 3}) {
    Sample s{.n_rows = 1, .n_columns = 1, .n_classes = n_classes, .x = {1}, .weights = {1}, .labels = {1}};
    s.w = n_classes == 2 ? std::vector<double>{40} : std::vector<double>{0, 40, 0};
    s.b.assign(s.n_outputs(), 0.0);
    const double one_other = std::exp(-40.0);
    EXPECT_NEAR(kernel<double>(s)[LogisticSums::loss] / one_other, static_cast<double>(n_classes - 1), 1e-12);
    EXPECT_NEAR(kernel<float>(s)[LogisticSums::loss] / one_other, static_cast<double>(n_classes - 1), 1e-5);
  }
}

TEST_P(LogisticKernel, SaysSoWhenAMarginIsNotFinite) {
  for (const std::size_t n_classes : {2, 3}) {
    for (const double x : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
      Sample s{.n_rows = 1, .n_columns = 1, .n_classes = n_classes, .x = {x}, .weights = {1}, .labels = {1}};
      s.w.assign(s.n_outputs(), 1.0);
      s.b.assign(s.n_outputs(), 0.0);
      EXPECT_TRUE(std::isnan(kernel<double>(s)[LogisticSums::loss]));
      EXPECT_TRUE(std::isnan(kernel<float>(s)[LogisticSums::loss]));
    }
  }
}

TEST_P(LogisticKernel, AddsToWhatIsThere) {
  Sample sample{.n_rows = 70, .n_columns = 3, .n_classes = 2};
  sample.draw<double>();
  std::vector<double> twice = kernel<double>(sample);
  for (double& sum : twice) sum *= 2;
  EXPECT_EQ(kernel<double>(sample, 2), twice);
}

/// The sums of several fits over the rows of `sample`, each with other weights and coefficients, in one pass or in one
/// pass each.
template <class T>
std::vector<double> kernel_of_fits(const Sample& sample, std::size_t n_fits, bool together) {
  std::vector<Sample> samples(n_fits, sample);
  std::vector<std::unique_ptr<Prepared<T>>> prepared;
  for (std::size_t k = 0; k < n_fits; ++k) {
    for (std::size_t i = 0; i < sample.n_rows; ++i) samples[k].weights[i] *= (i + k) % (k + 1) == 0 ? 0 : 1;
    for (double& w : samples[k].w) w *= 1 + static_cast<double>(k);
    prepared.push_back(std::make_unique<Prepared<T>>(samples[k]));
  }
  const std::size_t size = LogisticSums::size(sample.n_outputs(), sample.n_columns);
  std::vector<double> sums(n_fits * size, 0.0);
  std::vector<LogisticFit<T>> fits;
  for (std::size_t k = 0; k < n_fits; ++k) {
    LogisticRows<T> rows = prepared[k]->rows();
    rows.x = prepared[0]->rows().x;
    fits.push_back({rows, prepared[k]->coefficients(), std::span(sums).subspan(k * size, size)});
    if (!together) add_logistic_sums(std::span<const LogisticFit<T>>(&fits.back(), 1));
  }
  if (together) add_logistic_sums(std::span<const LogisticFit<T>>(fits));
  return sums;
}

TEST_P(LogisticKernel, GivesEachOfManyFitsTheBitsThatItHasAlone) {
  for (const std::size_t n_classes : {2, 5}) {
    for (const std::size_t n_columns : {1, 2, 7, 28, 1025}) {
      Sample sample{.n_rows = 150, .n_columns = n_columns, .n_classes = n_classes};
      sample.draw<float>();
      for (const std::size_t n_fits : {2, 3, 4, 5, 11}) {
        EXPECT_EQ(kernel_of_fits<double>(sample, n_fits, true), kernel_of_fits<double>(sample, n_fits, false));
        EXPECT_EQ(kernel_of_fits<float>(sample, n_fits, true), kernel_of_fits<float>(sample, n_fits, false));
      }
    }
  }
}

TEST_P(LogisticKernel, SumsWeightedSquares) {
  const std::vector<double> values = {1, 2, 3, 4, 5, 6};
  const DesignMatrix<float> x(MatrixView<const double>(values.data(), 3, 2));
  ZeroedArray<float> weights(x.tile_rows());
  weights.data()[0] = 2;
  weights.data()[1] = -3;
  std::vector<double> sums(2, 0.0);
  add_weighted_squares(LogisticRows<float>{x.tiles(), weights.data(), nullptr, 1, x.tile_rows(), 2}, sums);
  EXPECT_EQ(sums, (std::vector<double>{2 * 1 + 3 * 9, 2 * 4 + 3 * 16}));
}

std::vector<std::int64_t> targets() {
  return hwy::SupportedAndGeneratedTargets();
}

INSTANTIATE_TEST_SUITE_P(Targets, LogisticKernel, testing::ValuesIn(targets()),
                         [](const auto& test) { return std::string(hwy::TargetName(test.param)); });

}  // namespace
}  // namespace thrum
