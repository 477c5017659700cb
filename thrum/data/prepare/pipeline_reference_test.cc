#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "thrum/core/json_internal.h"
#include "thrum/data/prepare/pipeline.h"
#include "thrum/data/texts_test.h"

namespace thrum {
namespace {

/// A table and what scikit-learn makes of it, written by tests/reference/prepare_reference.py.
const Json& reference() {
  static const Json json = [] {
    std::ifstream file(THRUM_SOURCE_DIR "/tests/reference/prepare.json");
    return parse_json(std::string(std::istreambuf_iterator<char>(file), {}), "prepare.json");
  }();
  return json;
}

double number_or_missing(const Json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

Dataset dataset() {
  const Json& rows = reference()["numbers"];
  std::vector<Column> columns;
  for (std::size_t j = 0; j < rows[0].size(); ++j) {
    std::vector<double> values;
    for (const Json& row : rows) values.push_back(number_or_missing(row[j]));
    columns.push_back(Column::float64("x" + std::to_string(j), std::move(values)));
  }
  columns.push_back(test::texts("c", reference()["texts"].get<std::vector<std::string>>()));
  columns.push_back(Column::float64("y", reference()["y"].get<std::vector<double>>()));
  return Dataset(std::make_shared<const Table>(std::move(columns)), {.target = "y", .task = Task::regression});
}

class ScikitLearn : public testing::TestWithParam<std::size_t> {};

TEST_P(ScikitLearn, MakesTheSameOfTheTable) {
  const Json& expected = reference()["cases"][GetParam()];
  const std::string steps = expected["steps"].get<std::string>();
  SCOPED_TRACE(steps);
  const LocalExecution execution(1);
  const Dataset data = dataset();
  const Pipeline pipeline = Pipeline::fit(data, {}, parse_steps(steps), execution);
  const Dataset made = pipeline.prepare(data, execution);
  ASSERT_EQ(made.reader().n_features(), expected["made"][0].size());
  std::vector<double> values(data.n_rows());
  // A search for the likeliest exponent ends where the likelihood is flat.
  const double tolerance = steps.find("power") != std::string::npos ? 1e-5 : 1e-9;
  for (std::size_t j = 0; j < made.reader().n_features(); ++j) {
    made.reader().read_feature(j, 0, values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double theirs = number_or_missing(expected["made"][i][j]);
      ASSERT_EQ(std::isnan(values[i]), std::isnan(theirs)) << i << ", " << j;
      if (std::isnan(theirs)) continue;
      EXPECT_NEAR(values[i], theirs, tolerance * (1 + std::abs(theirs))) << i << ", " << j;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Prepare, ScikitLearn, testing::Range(std::size_t{0}, reference()["cases"].size()));

}  // namespace
}  // namespace thrum
