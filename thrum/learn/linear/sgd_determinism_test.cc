#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "thrum/comm/row_blocks.h"
#include "thrum/learn/determinism_testing_internal.h"
#include "thrum/learn/linear/linear_regression_testing_internal.h"
#include "thrum/learn/linear/stochastic_gradient_descent.h"

namespace thrum {
namespace {

TEST(SgdFiles, HaveTheSameBytesForAnyNumberOfThreadsAndRanks) {
  constexpr std::size_t n_rows = 3 * row_block + 123;
  const auto fields = SgdOptions::fields(Task::classification);
  const Options plain(SgdOptions{.max_iter = 3}, fields);
  const Options averaged(
      SgdOptions{.penalty = "elasticnet", .max_iter = 3, .average = true, .class_weight = "balanced"}, fields);
  std::vector<std::uint8_t> fold(n_rows, 1);
  for (std::size_t i = 0; i < fold.size(); i += 5) fold[i] = 0;
  const std::vector<FitSpec> specs = {
      {.options = &plain}, {.options = &averaged}, {.options = &plain, .row_mask = fold}};
  const testing_data::Generated classes{.seed = 41, .n_rows = n_rows, .n_columns = 3, .n_classes = 3};
  const StochasticGradientDescent classifier(Task::classification);
  testing_data::expect_same_bytes(classifier, classes.dataset(), specs);
  Scratch scratch(std::filesystem::temp_directory_path(), std::uint64_t{1} << 40);
  EXPECT_TRUE(testing_data::train(classifier, classes.dataset(), specs, 2, 3, &scratch) ==
              testing_data::train(classifier, classes.dataset(), specs, 1, 1));

  SgdOptions options = SgdOptions::of(Task::regression);
  options.max_iter = 3;
  const testing_data::GeneratedNumbers numbers{{.seed = 43, .n_rows = n_rows, .n_columns = 3}};
  testing_data::expect_same_bytes(StochasticGradientDescent(Task::regression), numbers.dataset(),
                                  Options(options, SgdOptions::fields(Task::regression)));
}

}  // namespace
}  // namespace thrum
