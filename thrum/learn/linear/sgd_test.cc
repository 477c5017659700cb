#include "thrum/learn/linear/sgd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stop_token>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/random.h"
#include "thrum/core/refusal_test.h"

namespace thrum {
namespace {

using Numbers = std::vector<double>;
using test::refusal;

/// Rows with many zeros, and classes or numbers that depend on them.
struct Sample {
  std::size_t n_rows = 200;
  std::size_t n_columns = 6;
  std::size_t n_classes = 2;
  Numbers x = {};
  Numbers y = {};

  Sample& draw() {
    const Random random(11);
    for (std::size_t i = 0; i < n_rows; ++i) {
      double score = 0.3;
      for (std::size_t j = 0; j < n_columns; ++j) {
        const std::uint64_t at = i * n_columns + j;
        x.push_back(random.below(at, 3) == 0 ? 2 * random.uniform(at + 1'000'000) - 1 : 0);
        score += x.back() * (j % 2 == 0 ? 2 : -1);
      }
      const double n = static_cast<double>(n_classes);
      y.push_back(n_classes == 0 ? score : std::floor(std::clamp((score + 1.5) / 3, 0.0, 0.999) * n));
    }
    return *this;
  }
  MatrixView<const double> matrix() const { return {x.data(), n_rows, n_columns}; }
};

TEST(Sgd, LearnsALine) {
  const Numbers x = {-2, -1, 0, 1, 2};
  const Numbers y = {-3, -1, 1, 3, 5};
  Sgd sgd({.loss = "squared_error", .penalty = "none", .learning_rate = "constant", .eta0 = 0.1, .tol = 1e-12}, 1, 0,
          1);
  EXPECT_TRUE(sgd.fit(DenseRows{MatrixView<const double>(x.data(), 5, 1), y}, LocalExecution(1)));
  EXPECT_NEAR(sgd.coefficients()[0], 2, 1e-5);
  EXPECT_NEAR(sgd.intercepts()[0], 1, 1e-5);
  EXPECT_NEAR(sgd.objective(), 0, 1e-9);
}

TEST(Sgd, HasTheSameWeightsForAnyNumberOfThreads) {
  const Sample sample = Sample{.n_classes = 4}.draw();
  const auto learned = [&](int threads) {
    Sgd sgd({.average = true}, sample.n_columns, 4, 3);
    const MatrixView<const double> X = sample.matrix();
    sgd.fit(DenseRows{X, sample.y}, LocalExecution(threads));
    return sgd.coefficients();
  };
  EXPECT_EQ(learned(1), learned(2));
  EXPECT_EQ(learned(1), learned(5));
}

TEST(Sgd, FollowsTheSeed) {
  const Sample sample = Sample().draw();
  const auto learned = [&](std::uint64_t seed, bool shuffle) {
    Sgd sgd({.max_iter = 2, .shuffle = shuffle}, sample.n_columns, 2, seed);
    const MatrixView<const double> X = sample.matrix();
    sgd.fit(DenseRows{X, sample.y}, LocalExecution(1));
    return sgd.coefficients();
  };
  EXPECT_EQ(learned(1, true), learned(1, true));
  EXPECT_NE(learned(1, true), learned(2, true));
  EXPECT_EQ(learned(1, false), learned(2, false));
}

class SgdOfSparseRows : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Penalties, SgdOfSparseRows, testing::Values("l2", "none"));

TEST_P(SgdOfSparseRows, IsThatOfDenseRows) {
  for (const std::size_t n_classes : {0, 2, 3}) {
    const Sample sample = Sample{.n_classes = n_classes}.draw();
    SgdOptions options = SgdOptions::of(n_classes == 0 ? Task::regression : Task::classification);
    options.penalty = GetParam();
    options.max_iter = 20;
    Sgd dense(options, sample.n_columns, n_classes, 5);
    Sgd sparse(options, sample.n_columns, n_classes, 5);
    const MatrixView<const double> X = sample.matrix();
    const linalg::CsrMatrix csr = linalg::CsrMatrix::from_dense(X);
    ASSERT_LT(csr.n_values(), sample.x.size() / 2);
    dense.fit(DenseRows{X, sample.y}, LocalExecution(2));
    sparse.fit(SparseRows{csr, sample.y}, LocalExecution(2));
    EXPECT_EQ(sparse.coefficients(), dense.coefficients());
    EXPECT_EQ(sparse.intercepts(), dense.intercepts());
  }
}

TEST(Sgd, GoesOnWhereItEnded) {
  const Sample sample = Sample().draw();
  const SgdOptions options{.max_iter = 3, .tol = 0, .average = true};
  const MatrixView<const double> X = sample.matrix();
  const DenseRows rows{X, sample.y};
  Sgd at_once(options, sample.n_columns, 2, 5);
  at_once.fit(rows, LocalExecution(1));
  Sgd in_parts(options, sample.n_columns, 2, 5);
  for (int epoch = 0; epoch < 3; ++epoch) in_parts.partial_fit(rows, LocalExecution(1));
  EXPECT_EQ(in_parts.coefficients(), at_once.coefficients());
  EXPECT_EQ(in_parts.intercepts(), at_once.intercepts());
}

TEST(Sgd, LearnsFromRowsAsTheyCome) {
  const Sample sample = Sample{.n_rows = 4000}.draw();
  Sgd sgd({}, sample.n_columns, 2, 5);
  const std::size_t part = 500;
  double first = 0;
  for (std::size_t begin = 0; begin < sample.n_rows; begin += part) {
    const MatrixView<const double> X = sample.matrix().row_range(begin, begin + part);
    sgd.partial_fit(DenseRows{X, std::span(sample.y).subspan(begin, part)}, LocalExecution(1));
    if (begin == 0) first = sgd.objective();
  }
  EXPECT_LT(sgd.objective(), 0.5 * first);
}

TEST(Sgd, TakesAWeightOfZeroForNoRow) {
  Sample sample = Sample().draw();
  const auto learned = [&](const MatrixView<const double>& X, std::span<const double> y, const Numbers& weights) {
    Sgd sgd({.max_iter = 5, .shuffle = false}, sample.n_columns, 2, 5);
    sgd.fit(DenseRows{X, y, weights}, LocalExecution(1));
    return sgd.coefficients();
  };
  Numbers weights(sample.n_rows, 1.0);
  for (std::size_t i = 150; i < sample.n_rows; ++i) weights[i] = 0;
  EXPECT_EQ(learned(sample.matrix(), sample.y, weights),
            learned(sample.matrix().row_range(0, 150), std::span(sample.y).first(150), {}));
}

TEST(Sgd, MakesWeightsZeroByL1) {
  const Sample sample = Sample().draw();
  Sgd sgd({.penalty = "l1", .alpha = 0.2}, sample.n_columns, 2, 5);
  const MatrixView<const double> X = sample.matrix();
  sgd.fit(DenseRows{X, sample.y}, LocalExecution(1));
  EXPECT_GT(std::ranges::count(sgd.coefficients(), 0.0), 0);
}

TEST(Sgd, StopsWhenAskedTo) {
  const Sample sample = Sample().draw();
  std::stop_source source;
  source.request_stop();
  LocalExecution local(1);
  local.get().stop = source.get_token();
  Sgd sgd({}, sample.n_columns, 2, 5);
  const MatrixView<const double> X = sample.matrix();
  EXPECT_NE(refusal([&] { sgd.fit(DenseRows{X, sample.y}, local); }, ErrorCode::cancelled), "no error");
}

TEST(Sgd, RefusesWhatDoesNotFit) {
  const Sample sample = Sample{.n_rows = 3}.draw();
  const MatrixView<const double> X = sample.matrix();
  const LocalExecution local(1);
  Sgd narrow({}, 2, 2, 1);
  EXPECT_EQ(refusal([&] { narrow.partial_fit(DenseRows{X, sample.y}, local); }), "[sgd] expected 2 columns, got 6");
  Sgd sgd({}, 6, 2, 1);
  const Numbers two = {0, 1};
  EXPECT_EQ(refusal([&] { sgd.partial_fit(DenseRows{X, two}, local); }),
            "[sgd] expected a target for each of the 3 rows, got 2");
  EXPECT_EQ(refusal([&] { sgd.partial_fit(DenseRows{X, sample.y, two}, local); }),
            "[sgd] expected a weight for each of the 3 rows, got 2");
  const Numbers odd = {0, 1, 2};
  EXPECT_EQ(refusal([&] { sgd.partial_fit(DenseRows{X, odd}, local); }),
            "[sgd] expected targets that are indices of 2 classes, got 2 in row 3");
  const Numbers negative = {1, -1, 1};
  EXPECT_EQ(refusal([&] { sgd.partial_fit(DenseRows{X, sample.y, negative}, local); }),
            "[sgd] expected weights of 0 or more, got -1 in row 2");
  const Numbers none = {0, 0, 0};
  EXPECT_EQ(refusal([&] { sgd.partial_fit(DenseRows{X, sample.y, none}, local); }),
            "[sgd] no row has a weight above 0; give rows with weights above 0");
  const Numbers infinite = {0, 1, std::numeric_limits<double>::infinity()};
  Sgd regression(SgdOptions::of(Task::regression), 6, 0, 1);
  EXPECT_EQ(refusal([&] { regression.partial_fit(DenseRows{X, infinite}, local); }),
            "[sgd] expected finite targets, got inf in row 3");
}

TEST(Sgd, RefusesOptionsThatMakeNoSense) {
  EXPECT_EQ(refusal([] { Sgd({}, 2, 1, 0); }), "[sgd] expected two classes or more, got 1");
  EXPECT_EQ(refusal([] { Sgd({.loss = "huber"}, 2, 2, 0); }),
            "[loss] expected one of: log_loss, hinge, modified_huber, got \"huber\"");
  EXPECT_EQ(refusal([] { Sgd({.eta0 = 0}, 2, 2, 0); }), "[eta0] expected a number in (0, inf), got \"0\"");
}

TEST(Sgd, SaysWhereItDiverges) {
  const Numbers x = {1e200, -1e200};
  const Numbers y = {1e100, 1};
  SgdOptions options = SgdOptions::of(Task::regression);
  options.learning_rate = "constant";
  options.eta0 = 1e6;
  Sgd sgd(options, 1, 0, 1);
  EXPECT_EQ(
      refusal([&] { sgd.fit(DenseRows{MatrixView<const double>(x.data(), 2, 1), y}, LocalExecution(1)); }),
      "[sgd] the weights left the range of numbers in epoch 1; use a smaller eta0, a larger alpha, or features of "
      "a like scale");
}

}  // namespace
}  // namespace thrum
