#include <gtest/gtest.h>

#include <vector>

#include "thrum/comm/row_blocks.h"
#include "thrum/learn/determinism_testing_internal.h"
#include "thrum/learn/linear/log_linear_regression.h"
#include "thrum/learn/linear/log_linear_regression_testing_internal.h"

namespace thrum {
namespace {

class LogLinearRegressionFiles : public testing::TestWithParam<MeanFamily> {};

TEST_P(LogLinearRegressionFiles, HaveTheSameBytesForAnyNumberOfThreadsAndRanks) {
  const testing_data::GeneratedMeans means{{.seed = 37, .n_rows = 5 * row_block + 123, .n_columns = 4},
                                           GetParam() == MeanFamily::poisson};
  const auto fields = LogLinearRegressionOptions::fields();
  const Options weak(LogLinearRegressionOptions{.alpha = 1e-3, .tol = 1e-8}, fields);
  const Options newton(LogLinearRegressionOptions{.solver = "newton-cholesky", .standardize = false}, fields);
  const Options single(LogLinearRegressionOptions{.alpha = 0.1, .dtype = "float32"}, fields);
  const Options rounded(LogLinearRegressionOptions{.alpha = 0.1, .dtype = "bfloat16"}, fields);
  std::vector<std::uint8_t> fold(means.rows.n_rows, 1);
  for (std::size_t i = 0; i < fold.size(); i += 5) fold[i] = 0;
  const std::vector<FitSpec> specs = {{.options = &weak},
                                      {.options = &newton},
                                      {.options = &single},
                                      {.options = &rounded},
                                      {.options = &weak, .row_mask = fold},
                                      {.options = &newton, .row_mask = fold}};
  testing_data::expect_same_bytes(LogLinearRegression(GetParam()), means.dataset(), specs);
}

INSTANTIATE_TEST_SUITE_P(Families, LogLinearRegressionFiles, testing::Values(MeanFamily::poisson, MeanFamily::gamma));

}  // namespace
}  // namespace thrum
