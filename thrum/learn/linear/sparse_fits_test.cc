#include "thrum/learn/linear/sparse_fits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "thrum/comm/row_blocks.h"
#include "thrum/comm/thread_communicator.h"
#include "thrum/core/log.h"
#include "thrum/core/random.h"
#include "thrum/core/refusal_test.h"
#include "thrum/learn/linear/sparse_models_internal.h"

namespace thrum {
namespace {

using Numbers = std::vector<double>;

/// Rows of which two thirds are zeros, with classes, counts, amounts or numbers that depend on them.
struct Sparse {
  std::size_t n_rows = 300;
  std::size_t n_classes = 0;  ///< 0: numbers
  bool counts = false;
  bool amounts = false;
  std::size_t n_columns = 5;
  bool rounded = false;  ///< x, to float32

  double x(std::size_t i, std::size_t j) const {
    const std::uint64_t at = i * n_columns + j;
    return Random(7, 0).below(at, 3) == 0 ? static_cast<double>(j + 1) * (2 * Random(7, 1).uniform(at) - 0.7) : 0;
  }
  double y(std::size_t i) const {
    double score = 0.5 + (Random(7, 2).uniform(i) - 0.5);
    for (std::size_t j = 0; j < n_columns; ++j) score += x(i, j) / static_cast<double>(j + 1) * (j % 2 == 0 ? 1 : -1);
    if (counts) return std::floor(2 * std::exp(score));
    if (amounts) return std::exp(score);
    if (n_classes == 0) return score;
    const double n = static_cast<double>(n_classes);
    return std::floor(std::clamp((score + 1) / 3, 0.0, 0.999) * n);
  }
  double weight(std::size_t i) const { return 0.5 + Random(7, 3).uniform(i); }

  Numbers targets(std::size_t begin, std::size_t end) const {
    Numbers values;
    for (std::size_t i = begin; i < end; ++i) values.push_back(y(i));
    return values;
  }
  Numbers weights(std::size_t begin, std::size_t end) const {
    Numbers values;
    for (std::size_t i = begin; i < end; ++i) values.push_back(weight(i));
    return values;
  }
  linalg::CsrMatrix matrix(std::size_t begin, std::size_t end) const {
    Numbers values;
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < n_columns; ++j) {
        values.push_back(rounded ? double{static_cast<float>(x(i, j))} : x(i, j));
      }
    }
    return linalg::CsrMatrix::from_dense(MatrixView<const double>(values.data(), end - begin, n_columns));
  }

  Dataset dataset() const {
    std::vector<Column> columns;
    for (std::size_t j = 0; j < n_columns; ++j) {
      Numbers values;
      for (std::size_t i = 0; i < n_rows; ++i) values.push_back(x(i, j));
      columns.push_back(Column::float64("x" + std::to_string(j), std::move(values)));
    }
    columns.push_back(Column::float64("y", targets(0, n_rows)));
    columns.push_back(Column::float64("weight", weights(0, n_rows)));
    return Dataset(
        std::make_shared<const Table>(std::move(columns)),
        {.target = "y", .task = n_classes > 0 ? Task::classification : Task::regression, .weight = "weight"});
  }

  using Fit = std::function<SparseSolution(const SparseRows&, const Execution&)>;
  SparseSolution fit(const Fit& call, const Execution& execution = LocalExecution(2)) const {
    const RowRange rows = rows_of_rank(n_rows, execution.communicator->rank(), execution.communicator->size());
    const linalg::CsrMatrix X = matrix(rows.begin, rows.end);
    const Numbers y = targets(rows.begin, rows.end);
    const Numbers s = weights(rows.begin, rows.end);
    return call(SparseRows{X, y, s}, execution);
  }
};

/// A dense fit's coefficients, of standardised columns or not, of the columns as they are.
struct Dense {
  Numbers coefficients;
  Numbers intercepts;

  Dense(Numbers w, Numbers b, const Encoder& encoder) : coefficients(std::move(w)), intercepts(std::move(b)) {
    const std::size_t d = encoder.n_outputs();
    for (std::size_t k = 0; k < intercepts.size(); ++k) {
      for (std::size_t j = 0; j < d; ++j) {
        double& value = coefficients[k * d + j];
        value /= encoder.encodings()[j].scale;
        intercepts[k] -= value * encoder.encodings()[j].mean;
      }
    }
  }
};

/// Softmax does not change when all intercepts get the same.
Numbers centered(Numbers intercepts) {
  if (intercepts.size() == 1) return intercepts;
  const double n = static_cast<double>(intercepts.size());
  const double mean = std::accumulate(intercepts.begin(), intercepts.end(), 0.0) / n;
  for (double& b : intercepts) b -= mean;
  return intercepts;
}

void expect_near(const SparseSolution& sparse, const Dense& dense, double tolerance) {
  EXPECT_TRUE(sparse.converged);
  ASSERT_EQ(sparse.coefficients.size(), dense.coefficients.size());
  for (std::size_t j = 0; j < dense.coefficients.size(); ++j) {
    EXPECT_NEAR(sparse.coefficients[j], dense.coefficients[j], tolerance) << j;
  }
  ASSERT_EQ(sparse.intercepts.size(), dense.intercepts.size());
  for (std::size_t k = 0; k < dense.intercepts.size(); ++k) {
    EXPECT_NEAR(sparse.intercepts[k], centered(dense.intercepts)[k], tolerance) << k;
  }
}

/// Whether columns are divided by their deviations, and whether there is an intercept.
struct Shape {
  bool standardize;
  bool fit_intercept;
};
class SparseFits : public testing::TestWithParam<Shape> {};
INSTANTIATE_TEST_SUITE_P(Shapes, SparseFits,
                         testing::Values(Shape{true, true}, Shape{false, true}, Shape{false, false}));

/// Of float64. Returns the sparse fit.
SparseSolution expect_the_dense_fit(const Sparse& data, const LogisticRegressionOptions& options) {
  LogisticRegressionOptions wide = options;
  wide.dtype = "float64";
  const auto dense = LogisticRegression().fit(data.dataset(), wide, LocalExecution(2));
  SparseSolution sparse = data.fit([&](const SparseRows& rows, const Execution& execution) {
    return fit_logistic_regression(rows, data.n_classes, options, execution);
  });
  expect_near(sparse, {dense->parts().coefficients, dense->parts().intercepts, dense->parts().encoder}, 1e-6);
  EXPECT_NEAR(sparse.objective, dense->training().objective, 1e-9);
  return sparse;
}

TEST_P(SparseFits, OfALogisticRegressionAreTheDenseOnes) {
  for (const std::size_t n_classes : {2, 3}) {
    for (const char* class_weight : {"none", "balanced", "1=3"}) {
      SCOPED_TRACE(std::to_string(n_classes) + " classes, class_weight " + class_weight);
      const Sparse data{.n_classes = n_classes};
      const LogisticRegressionOptions options{.C = 2,
                                              .tol = 1e-9,
                                              .max_iter = 1000,
                                              .fit_intercept = GetParam().fit_intercept,
                                              .class_weight = class_weight,
                                              .standardize = GetParam().standardize};
      expect_the_dense_fit(data, options);
    }
  }
}

TEST_P(SparseFits, WithAnL1PenaltyAreTheDenseOnes) {
  for (const std::size_t n_classes : {2, 3}) {
    for (const double l1_ratio : {0.5, 1.0}) {
      for (const bool wide : {false, true}) {
        SCOPED_TRACE(std::to_string(n_classes) + " classes, l1_ratio " + std::to_string(l1_ratio));
        const Sparse data{.n_rows = wide ? 60UL : 300UL, .n_classes = n_classes, .n_columns = wide ? 40UL : 5UL};
        const LogisticRegressionOptions options{.C = wide ? 1 : 0.1,
                                                .l1_ratio = l1_ratio,
                                                .tol = 1e-9,
                                                .max_iter = 1000,
                                                .fit_intercept = GetParam().fit_intercept,
                                                .standardize = GetParam().standardize};
        const SparseSolution sparse = expect_the_dense_fit(data, options);
        EXPECT_LE(sparse.kkt, 1e-9);
        EXPECT_EQ(sparse.solver, wide ? "newton-cd by columns" : "newton-cd");
      }
    }
  }
}

TEST_P(SparseFits, OfALinearRegressionAreTheDenseOnes) {
  const Sparse data;
  for (const LinearPenalty penalty :
       {LinearPenalty::none, LinearPenalty::l2, LinearPenalty::l1, LinearPenalty::elastic_net}) {
    for (const double alpha : {0.01, 0.3, 30.0}) {
      SCOPED_TRACE("penalty " + std::to_string(static_cast<int>(penalty)) + ", alpha " + std::to_string(alpha));
      const LinearRegressionOptions options{.alpha = alpha,
                                            .l1_ratio = 0.4,
                                            .fit_intercept = GetParam().fit_intercept,
                                            .tol = 1e-14,
                                            .standardize = GetParam().standardize};
      const auto dense = LinearRegression(penalty).fit(data.dataset(), options, LocalExecution(2));
      const SparseSolution sparse = data.fit([&](const SparseRows& rows, const Execution& execution) {
        return fit_linear_regression(rows, penalty, options, execution);
      });
      expect_near(sparse, {dense->parts().coefficients, {dense->parts().intercept}, dense->parts().encoder}, 1e-6);
      const bool is_sum = penalty == LinearPenalty::none || penalty == LinearPenalty::l2;
      const double scale = is_sum ? 2 * sparse.total_weight : 1;
      EXPECT_NEAR(scale * sparse.objective, dense->training().objective, 1e-9 * scale);
    }
  }
}

TEST(SparseFit, OfLeastSquaresHaveTheDenseStandardErrors) {
  const Sparse data;
  LinearRegressionOptions options;
  options.standardize = false;
  const Dataset dataset = data.dataset();
  const auto dense = LinearRegression(LinearPenalty::none).fit(dataset, options, LocalExecution(2));
  ASSERT_TRUE(dense->parts().inference.has_value());
  data.fit([&](const SparseRows& rows, const Execution& execution) {
    const auto model = train_least_squares(rows, dataset.schema(),
                                           {options, LinearRegressionOptions::fields(LinearPenalty::none)}, execution);
    const auto& sparse = dynamic_cast<const LinearRegressionModel&>(*model).parts();
    EXPECT_EQ(sparse.inference->degrees_of_freedom, dense->parts().inference->degrees_of_freedom);
    EXPECT_NEAR(sparse.inference->log_likelihood, dense->parts().inference->log_likelihood, 1e-9);
    for (std::size_t j = 0; j <= data.n_columns; ++j) {
      EXPECT_NEAR(sparse.inference->standard_errors[j], dense->parts().inference->standard_errors[j], 1e-12) << j;
    }
    return SparseSolution();
  });
}

TEST_P(SparseFits, OfCountsAndAmountsAreTheDenseOnes) {
  for (const MeanFamily family : {MeanFamily::poisson, MeanFamily::gamma}) {
    const bool is_gamma = family == MeanFamily::gamma;
    const Sparse data{.counts = !is_gamma, .amounts = is_gamma};
    const LogLinearRegressionOptions options{.alpha = 0.1,
                                             .tol = 1e-9,
                                             .max_iter = 1000,
                                             .fit_intercept = GetParam().fit_intercept,
                                             .standardize = GetParam().standardize};
    const auto fit = [&](const SparseRows& rows, const Execution& execution) {
      return fit_log_linear_regression(rows, family, options, execution);
    };
    const auto dense = LogLinearRegression(family).fit(data.dataset(), options, LocalExecution(2));
    expect_near(data.fit(fit), {dense->parts().coefficients, {dense->parts().intercept}, dense->parts().encoder}, 1e-6);
  }
}

/// Fits with and without dtype=float32 of the same rows.
using TypedFit = std::function<SparseSolution(const SparseRows&, std::string dtype, const Execution&)>;

void expect_rounded_numbers(Sparse data, const TypedFit& fit) {
  const auto with = [&](std::string dtype) {
    return [&fit, dtype](const SparseRows& rows, const Execution& execution) { return fit(rows, dtype, execution); };
  };
  const SparseSolution narrow = data.fit(with("float32"));
  EXPECT_NE(narrow.coefficients, data.fit(with("float64")).coefficients);
  data.rounded = true;
  const SparseSolution rounded = data.fit(with("float64"));
  EXPECT_EQ(narrow.coefficients, rounded.coefficients);
  EXPECT_EQ(narrow.intercepts, rounded.intercepts);
  EXPECT_EQ(narrow.objective, rounded.objective);
}

TEST(SparseFit, InFloat32AreThoseOfTheRoundedNumbers) {
  for (const double l1_ratio : {0.0, 0.5}) {
    expect_rounded_numbers({.n_rows = 60, .n_classes = 3, .n_columns = 40},
                           [&](const SparseRows& rows, std::string dtype, const Execution& execution) {
                             return fit_logistic_regression(rows, 3, {.l1_ratio = l1_ratio, .dtype = dtype}, execution);
                           });
  }
  for (const LinearPenalty penalty : {LinearPenalty::none, LinearPenalty::l2, LinearPenalty::l1}) {
    expect_rounded_numbers({}, [&](const SparseRows& rows, std::string dtype, const Execution& execution) {
      return fit_linear_regression(rows, penalty, {.alpha = 0.01, .dtype = dtype}, execution);
    });
  }
  expect_rounded_numbers({.counts = true}, [&](const SparseRows& rows, std::string dtype, const Execution& execution) {
    return fit_log_linear_regression(rows, MeanFamily::poisson, {.dtype = dtype}, execution);
  });
}

TEST_P(SparseFits, InFloat32AreAsNearToTheDenseOnes) {
  for (const double l1_ratio : {0.0, 0.5}) {
    const Sparse data{.n_classes = 2};
    const LogisticRegressionOptions options{.C = 0.1,
                                            .l1_ratio = l1_ratio,
                                            .tol = 1e-9,
                                            .max_iter = 1000,
                                            .fit_intercept = GetParam().fit_intercept,
                                            .dtype = "float32",
                                            .standardize = GetParam().standardize};
    expect_the_dense_fit(data, options);
  }
}

void expect_the_same_bits(const Sparse& data, const Sparse::Fit& fit) {
  const SparseSolution expected = data.fit(fit, LocalExecution(1));
  for (const int threads : {1, 2, 5}) {
    for (const int ranks : {1, 3}) {
      std::vector<SparseSolution> found(static_cast<std::size_t>(ranks));
      run_thread_ranks(ranks, [&](Communicator& communicator) {
        Arena arena(threads);
        found[static_cast<std::size_t>(communicator.rank())] =
            data.fit(fit, Execution{.arena = &arena, .communicator = &communicator});
      });
      for (const SparseSolution& solution : found) {
        EXPECT_EQ(solution.coefficients, expected.coefficients) << threads << " threads, " << ranks << " ranks";
        EXPECT_EQ(solution.intercepts, expected.intercepts);
      }
    }
  }
}

TEST(SparseFit, HaveTheSameBitsForAnyNumberOfThreadsAndRanks) {
  const std::size_t n_rows = 2 * row_block + 99;
  for (const double l1_ratio : {0.0, 0.7}) {
    expect_the_same_bits({.n_rows = n_rows, .n_classes = 3}, [&](const SparseRows& rows, const Execution& execution) {
      return fit_logistic_regression(rows, 3, {.C = 0.01, .l1_ratio = l1_ratio}, execution);
    });
  }
  std::vector<std::string> said;
  set_log_sink([&](LogLevel, std::string_view message) { said.emplace_back(message); });
  const Sparse wide{.n_rows = n_rows, .n_classes = 3, .n_columns = 40};
  expect_the_same_bits(wide, [&](const SparseRows& rows, const Execution& execution) {
    return fit_logistic_regression(rows, 3, {.C = 0.001, .l1_ratio = 0.7, .dtype = "float32"}, execution);
  });
  set_log_sink(nullptr);
  EXPECT_EQ(said, std::vector<std::string>(3,
                                           "[logistic-regression] coordinate descent takes one column after another: "
                                           "each of 3 ranks holds the rows of all"));
  expect_the_same_bits({.n_rows = n_rows}, [&](const SparseRows& rows, const Execution& execution) {
    return fit_linear_regression(rows, LinearPenalty::elastic_net, {.alpha = 0.01}, execution);
  });
}

std::string refusal(const std::function<void(const SparseRows&, const Execution&)>& call, const Sparse& data = {}) {
  return test::refusal([&] {
    data.fit([&](const SparseRows& rows, const Execution& execution) {
      call(rows, execution);
      return SparseSolution();
    });
  });
}

TEST(SparseFit, RefuseWhatNeedsADenseMatrix) {
  const auto logistic = [](const LogisticRegressionOptions& options) {
    return refusal([&](const SparseRows& rows,
                       const Execution& execution) { fit_logistic_regression(rows, 2, options, execution); },
                   {.n_classes = 2});
  };
  EXPECT_EQ(logistic({.l1_ratio = 0.5, .solver = "saga"}),
            "[logistic-regression] the solver saga needs a dense matrix; use solver=newton-cd or auto");
  EXPECT_EQ(logistic({.solver = "newton-cholesky"}),
            "[logistic-regression] the solver newton-cholesky needs a dense matrix; use solver=lbfgs or auto");
  EXPECT_EQ(logistic({.dtype = "bfloat16"}),
            "[logistic-regression] dtype=bfloat16 needs a dense matrix; use dtype=float32 or float64");
  EXPECT_EQ(logistic({.fit_intercept = false}),
            "[logistic-regression] a sparse matrix is not centred, which without an intercept changes the fit; use "
            "standardize=false");
  EXPECT_EQ(refusal([](const SparseRows& rows, const Execution& execution) {
              fit_linear_regression(rows, LinearPenalty::l1, {.positive = true}, execution);
            }),
            "[lasso] positive=true needs a dense matrix; use positive=false");
  const Numbers y = {1, 2};
  const linalg::CsrMatrix wide({.n_cols = 2501, .row_offsets = {0, 0, 0}});
  EXPECT_EQ(test::refusal([&] { fit_linear_regression({wide, y}, LinearPenalty::none, {}, LocalExecution(1)); }),
            "[linear-regression] least squares without a penalty of more than 2500 columns need a dense matrix; use "
            "ridge, with a small alpha");
}

TEST(SparseFit, SayWhereTheObjectiveHasNoMinimum) {
  const auto matrix = [](const Numbers& x) {
    return linalg::CsrMatrix::from_dense(MatrixView<const double>(x.data(), x.size(), 1));
  };
  const auto logistic = [&](const Numbers& x, const Numbers& y, std::size_t n_classes, double C) {
    return fit_logistic_regression({matrix(x), y}, n_classes, {.C = C}, LocalExecution(2));
  };
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(logistic({-1, -2, 0, 0, 4, 5}, {0, 0, 0, 1, 1, 1}, 2, infinity).separable);
  EXPECT_FALSE(logistic({-1, -2, 0, 0, 4, 5}, {0, 0, 0, 1, 1, 1}, 2, infinity).converged);
  EXPECT_FALSE(logistic({-1, -2, 0, 0, 4, 5}, {0, 0, 0, 1, 1, 1}, 2, 1e3).separable);
  EXPECT_FALSE(logistic({-1, 3, 0, 0, 4, 5}, {0, 0, 0, 1, 1, 1}, 2, infinity).separable);
  EXPECT_TRUE(logistic({1, 2, 3, 3, 4, 5, 5, 6}, {0, 0, 0, 1, 1, 1, 2, 2}, 3, infinity).separable);
  EXPECT_FALSE(logistic({1, 2, 3, 3, 4, 0, 5, 6}, {0, 1, 0, 1, 2, 1, 2, 0}, 3, infinity).separable);
  const auto poisson = [&](const Numbers& y) {
    return fit_log_linear_regression({matrix({0, 0, 0, 1, 1, 1}), y}, MeanFamily::poisson, {.alpha = 0},
                                     LocalExecution(2));
  };
  EXPECT_TRUE(poisson({0, 0, 0, 1, 2, 3}).separable);
  EXPECT_TRUE(poisson({0, 0, 1, 1, 2, 3}).converged);
}

TEST(SparseFit, WarnOfRowsOfZeroThatAreSeparable) {
  std::string warning;
  set_log_sink([&](LogLevel level, std::string_view message) {
    if (level == LogLevel::warning) warning += message;
  });
  const Numbers x = {0, 0, 0, 1, 1, 1}, y = {0, 0, 0, 1, 2, 3};
  const linalg::CsrMatrix X = linalg::CsrMatrix::from_dense(MatrixView<const double>(x.data(), x.size(), 1));
  const Schema schema{.features = {{.name = "x"}}, .target = {.name = "y", .task = Task::regression}};
  const Options options(LogLinearRegressionOptions{.alpha = 0}, LogLinearRegressionOptions::fields());
  const auto model = train_log_linear_regression({X, y}, schema, MeanFamily::poisson, options, LocalExecution(1));
  set_log_sink({});
  EXPECT_FALSE(model->training().converged);
  EXPECT_EQ(model->training().stopped_by, "separable");
  EXPECT_EQ(warning,
            "[poisson-regression] rows of 0 are separable from the others: without a penalty the coefficients grow "
            "without bound; choose alpha above 0");
}

TEST(SparseFit, FindMoreCoefficientsThanAHessianIsFormedOf) {
  constexpr std::size_t n = 2600;
  linalg::CsrMatrix::Parts parts{.n_cols = n};
  Numbers y;
  for (std::size_t i = 0; i < n; ++i) {
    parts.column_indices.push_back(static_cast<std::uint32_t>(i));
    parts.values.push_back(1);
    parts.row_offsets.push_back(i + 1);
    y.push_back(static_cast<double>(i % 100) - 49.5);
  }
  const linalg::CsrMatrix X(std::move(parts));
  const LinearRegressionOptions options{.alpha = 1.5 / n, .fit_intercept = false, .tol = 1e-9, .standardize = false};
  const auto fit = [&](int threads) {
    return fit_linear_regression({X, y}, LinearPenalty::l1, options, LocalExecution(threads));
  };
  const SparseSolution solution = fit(1);
  EXPECT_EQ(solution.solver, "newton-cd by columns");
  EXPECT_TRUE(solution.converged);
  for (std::size_t i = 0; i < n; ++i) {
    const double shrunken = std::copysign(std::max(0.0, std::abs(y[i]) - 1.5), y[i]);
    ASSERT_NEAR(solution.coefficients[i], shrunken, 1e-7) << i;
  }
  EXPECT_EQ(fit(5).coefficients, solution.coefficients);
}

TEST(SparseFit, RefuseTargetsThatDoNotFit) {
  EXPECT_EQ(refusal(
                [](const SparseRows& rows, const Execution& execution) {
                  fit_logistic_regression({rows.X, rows.y.first(3), {}}, 2, {}, execution);
                },
                {.n_classes = 2}),
            "[logistic-regression] expected a target for each of the 300 rows, got 3");
  EXPECT_EQ(
      refusal([](const SparseRows& rows, const Execution& execution) {
        const Numbers zeros(rows.y.size(), 0.0);
        fit_logistic_regression({rows.X, zeros, {}}, 2, {}, execution);
      }),
      "[logistic-regression] expected training rows of at least two classes; train on rows of two classes or more");
  EXPECT_EQ(refusal([](const SparseRows& rows, const Execution& execution) {
              fit_logistic_regression(rows, 1, {}, execution);
            }),
            "[logistic-regression] expected two classes or more, got 1");
  EXPECT_EQ(refusal([](const SparseRows& rows, const Execution& execution) {
              const Numbers zeros(rows.y.size(), 0.0);
              fit_log_linear_regression({rows.X, zeros, {}, 4096}, MeanFamily::gamma, {}, execution);
            }),
            "[gamma-regression] expected targets above 0, got 0 in row 4097");
  EXPECT_EQ(refusal([](const SparseRows& rows, const Execution& execution) {
              const Numbers zeros(rows.y.size(), 0.0);
              fit_log_linear_regression({rows.X, zeros, {}}, MeanFamily::poisson, {}, execution);
            }),
            "[poisson-regression] expected a target above 0 in one row at least, all are 0");
  EXPECT_EQ(refusal([](const SparseRows& rows, const Execution& execution) {
              const Numbers zeros(rows.y.size(), 0.0);
              fit_linear_regression({rows.X, rows.y, zeros}, LinearPenalty::l2, {}, execution);
            }),
            "[ridge] no training row has a weight above 0; train on rows with weights above 0");
}

}  // namespace
}  // namespace thrum
