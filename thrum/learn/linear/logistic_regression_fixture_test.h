#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thrum/core/log.h"
#include "thrum/learn/linear/logistic_regression.h"
#include "thrum/learn/linear/logistic_regression_testing_internal.h"

namespace thrum::logistic_test {

using O = LogisticRegressionOptions;
using Numbers = std::vector<double>;

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline const O tight = {.tol = 1e-9, .max_iter = 2000};

/// One number per row, labels of one letter each, and weights where given.
inline Dataset letters(const Numbers& x, const std::string& labels, const Numbers& weights = {}) {
  std::vector<std::string> y;
  for (const char letter : labels) y.emplace_back(1, letter);
  std::vector<Column> columns = {Column::float64("x", x), Column::category_from("y", y)};
  if (!weights.empty()) columns.push_back(Column::float64("weight", weights));
  return Dataset(std::make_shared<const Table>(std::move(columns), "letters"),
                 {.target = "y", .weight = weights.empty() ? "" : "weight"});
}

/// The rows of `table` at `rows`, in that order.
inline Dataset take(const Table& table, const std::vector<std::size_t>& rows, const std::string& weight) {
  return Dataset(testing_data::take(table, rows), {.target = "label", .weight = weight});
}

inline std::unique_ptr<LogisticRegressionModel> fit(const Dataset& dataset, const O& options = {}) {
  return LogisticRegression().fit(dataset, options, LocalExecution(2));
}

inline std::unique_ptr<Model> fit(const Dataset& dataset, const O& options, FitSpec spec) {
  const Options described(options, O::fields());
  spec.options = &described;
  return std::move(LogisticRegression().fit_many(dataset, std::span(&spec, 1), LocalExecution(2)).front());
}

inline const LogisticRegressionModel::Parts& parts(const std::unique_ptr<Model>& model) {
  return dynamic_cast<const LogisticRegressionModel&>(*model).parts();
}

inline void expect_near(const LogisticRegressionModel::Parts& a, const LogisticRegressionModel::Parts& b,
                        double tolerance) {
  ASSERT_EQ(a.coefficients.size(), b.coefficients.size());
  for (std::size_t i = 0; i < a.coefficients.size(); ++i) {
    EXPECT_NEAR(a.coefficients[i], b.coefficients[i], tolerance) << "coefficient " << i;
  }
  for (std::size_t k = 0; k < a.intercepts.size(); ++k) EXPECT_NEAR(a.intercepts[k], b.intercepts[k], tolerance);
}

/// Collects what the library logs while it lives.
class Log {
 public:
  Log() {
    set_log_sink([this](LogLevel level, std::string_view message) {
      if (level == LogLevel::warning) text_ += std::string(message) + "\n";
    });
  }
  ~Log() { set_log_sink(nullptr); }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace thrum::logistic_test
