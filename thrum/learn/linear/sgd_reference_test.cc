#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "thrum/core/json_internal.h"
#include "thrum/core/random.h"
#include "thrum/learn/linear/logistic_regression_testing_internal.h"
#include "thrum/learn/linear/sgd.h"

namespace thrum {
namespace {

using Numbers = std::vector<double>;

/// Weights of scikit-learn, written by tests/reference/sgd_reference.py.
const Json& cases() {
  static const Json json = [] {
    std::ifstream file(THRUM_SOURCE_DIR "/tests/reference/sgd.json");
    return parse_json(std::string(std::istreambuf_iterator<char>(file), {}), "sgd.json");
  }();
  return json["cases"];
}

class ScikitLearnSgd : public testing::TestWithParam<std::size_t> {
 protected:
  const Json& json() const { return cases()[GetParam()]; }
  std::size_t n_classes() const { return json()["classes"].get<std::size_t>(); }
  testing_data::Generated drawn() const {
    return {.seed = json()["seed"].get<std::uint64_t>(),
            .n_rows = json()["rows"].get<std::size_t>(),
            .n_columns = json()["columns"].get<std::size_t>(),
            .n_classes = std::max<std::size_t>(n_classes(), 2)};
  }

  Numbers x() const {
    const auto rows = drawn();
    Numbers values;
    for (std::size_t i = 0; i < rows.n_rows; ++i) {
      for (std::size_t j = 0; j < rows.n_columns; ++j) values.push_back(rows.number(i, j) / static_cast<double>(j + 1));
    }
    return values;
  }
  Numbers y(const Numbers& x) const {
    const auto rows = drawn();
    Numbers values;
    for (std::size_t i = 0; i < rows.n_rows; ++i) {
      const double* row = &x[i * rows.n_columns];
      values.push_back(n_classes() > 0
                           ? static_cast<double>(rows.label(i))
                           : 1 + 2 * row[0] - row[1] + 0.5 * row[2] + (2 * Random(rows.seed, 5).uniform(i) - 1));
    }
    return values;
  }
  Numbers weights() const {
    Numbers values;
    for (std::size_t i = 0; i < drawn().n_rows; ++i) values.push_back(0.5 + Random(drawn().seed, 2).uniform(i));
    return values;
  }

  Sgd untrained() const {
    const Task task = n_classes() > 0 ? Task::classification : Task::regression;
    Options options(SgdOptions::of(task), SgdOptions::fields(task));
    options.set("shuffle", "false");
    for (const auto& [name, value] : json()["options"].items()) options.set(name, value.get<std::string>());
    return Sgd(options.as<SgdOptions>(), drawn().n_columns, n_classes(), 0);
  }
};

TEST_P(ScikitLearnSgd, TakesTheSameSteps) {
  const Numbers values = x();
  const Numbers targets = y(values);
  const Numbers s = weights();
  Sgd sgd = untrained();
  const MatrixView<const double> X(values.data(), targets.size(), drawn().n_columns);
  for (int epoch = 0; epoch < json()["epochs"].get<int>(); ++epoch) {
    sgd.partial_fit(DenseRows{X, targets, s}, LocalExecution(2));
  }
  const auto coefficients = json()["coefficients"].get<Numbers>();
  const Numbers found = sgd.coefficients();
  ASSERT_EQ(found.size(), coefficients.size());
  for (std::size_t j = 0; j < found.size(); ++j) {
    EXPECT_NEAR(found[j], coefficients[j], 1e-9 * std::max(1.0, std::abs(coefficients[j]))) << "coefficient " << j;
  }
  const auto intercepts = json()["intercepts"].get<Numbers>();
  for (std::size_t k = 0; k < intercepts.size(); ++k) EXPECT_NEAR(sgd.intercepts()[k], intercepts[k], 1e-9) << k;
}

constexpr std::size_t n_cases = 14;

INSTANTIATE_TEST_SUITE_P(Generated, ScikitLearnSgd, testing::Range(std::size_t{0}, n_cases),
                         [](const auto& test) { return cases()[test.param]["name"].template get<std::string>(); });

TEST(ScikitLearnSgdFile, HoldsTheCasesThatRun) {
  EXPECT_EQ(cases().size(), n_cases);
}

}  // namespace
}  // namespace thrum
