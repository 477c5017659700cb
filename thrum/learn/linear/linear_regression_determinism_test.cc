#include "thrum/learn/linear/linear_regression.h"

#include <gtest/gtest.h>

#include <vector>

#include "thrum/learn/determinism_testing_internal.h"
#include "thrum/learn/linear/linear_regression_testing_internal.h"

namespace thrum {
namespace {

using testing_data::expect_same_bytes;
using testing_data::GeneratedNumbers;

class LinearRegressionFiles : public testing::TestWithParam<LinearPenalty> {};

TEST_P(LinearRegressionFiles, HaveTheSameBytesForAnyNumberOfThreadsAndRanks) {
  const GeneratedNumbers numbers{{.seed = 31, .n_rows = 5 * row_block + 123, .n_columns = 4}};
  const auto fields = LinearRegressionOptions::fields(GetParam());
  const Options weak(LinearRegressionOptions{.alpha = 1e-3, .tol = 1e-9}, fields);
  const Options strong(LinearRegressionOptions{.alpha = 0.3, .standardize = false}, fields);
  const Options single(LinearRegressionOptions{.positive = true, .dtype = "float32"}, fields);
  std::vector<std::uint8_t> fold(numbers.rows.n_rows, 1);
  for (std::size_t i = 0; i < fold.size(); i += 5) fold[i] = 0;
  // Folds that the first rank's rows do not tell apart, and others not from all rows.
  std::vector<std::uint8_t> early(numbers.rows.n_rows, 1), late(numbers.rows.n_rows, 1);
  early[numbers.rows.n_rows - 30] = 0;
  late[numbers.rows.n_rows - 20] = 0;
  const std::vector<FitSpec> specs = {{.options = &weak},
                                      {.options = &strong},
                                      {.options = &single},
                                      {.options = &weak, .row_mask = fold},
                                      {.options = &strong, .row_mask = fold},
                                      {.options = &weak, .row_mask = early},
                                      {.options = &weak, .row_mask = late}};
  expect_same_bytes(LinearRegression(GetParam()), numbers.dataset(), specs);
}

INSTANTIATE_TEST_SUITE_P(Kinds, LinearRegressionFiles,
                         testing::Values(LinearPenalty::none, LinearPenalty::l2, LinearPenalty::l1,
                                         LinearPenalty::elastic_net));

}  // namespace
}  // namespace thrum
