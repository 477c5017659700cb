#include "thrum/learn/linear/sampled_encoding_internal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/random.h"
#include "thrum/learn/linear/logistic_regression_fixture_test.h"

namespace thrum {
namespace {

using logistic_test::infinity;
using logistic_test::parts;
using logistic_test::tight;

/// Every other block is sampled.
constexpr std::size_t n_rows = 33 * row_block + 77;
constexpr std::size_t unsampled_row = row_block + 11;

/// Two numbers of other scales, of which the second is what `change` makes of it, and a label that follows them.
Dataset dataset_of(const std::function<double(std::size_t i, double x)>& change) {
  const Random random(3);
  std::vector<double> a(n_rows), b(n_rows);
  std::vector<std::int64_t> label(n_rows);
  for (std::size_t i = 0; i < n_rows; ++i) {
    const double x = random.normal(3 * i), y = random.normal(3 * i + 1);
    label[i] = x - y + 2 * random.normal(3 * i + 2) > 0 ? 1 : 0;
    a[i] = 1000 + x;
    b[i] = change(i, 1e-3 * y);
  }
  std::vector<Column> columns = {Column::float64("a", std::move(a)), Column::float64("b", std::move(b)),
                                 Column::int64("label", std::move(label))};
  return Dataset(std::make_shared<const Table>(std::move(columns)), {.target = "label"});
}

Dataset plain_rows() {
  return dataset_of([](std::size_t, double x) { return x; });
}

/// That of the encoding of all rows, since weights, even of one, are not for a sample.
std::unique_ptr<Model> fit_weighted_by_one(const Dataset& dataset, const logistic_test::O& options) {
  const std::vector<double> ones(n_rows, 1.0);
  return logistic_test::fit(dataset, options, FitSpec{.weights = ones});
}

TEST(SampledEncoding, LeadsToTheModelOfTheEncodingOfAllRows) {
  const Dataset dataset = plain_rows();
  for (const std::string solver : {"lbfgs", "newton-cholesky"}) {
    logistic_test::O options = tight;
    options.solver = solver;
    options.C = 1e-4;  // of which the units matter
    const auto measured = logistic_test::fit(dataset, options, FitSpec{});
    const auto expected = fit_weighted_by_one(dataset, options);
    logistic_test::expect_near(parts(measured), parts(expected), 1e-8);
    EXPECT_NEAR(measured->training().objective, expected->training().objective, 1e-13);
    EXPECT_NE(serialize(*measured), serialize(*expected)) << "as if there were no sample";
  }
}

TEST(SampledEncoding, LeadsInSinglePrecisionToTheSameModelToo) {
  const Dataset dataset = plain_rows();
  const auto measured = logistic_test::fit(dataset, {.tol = 1e-6, .dtype = "float32"}, FitSpec{});
  logistic_test::expect_near(parts(measured), parts(logistic_test::fit(dataset, tight, FitSpec{})), 1e-5);
}

TEST(SampledEncoding, LeavesModelsTheEncoderOfAllRows) {
  const Dataset dataset = plain_rows();
  const Encoder expected = Encoder::fit(dataset, {}, {}, true, LocalExecution(2));
  const auto model = logistic_test::fit(dataset, {}, FitSpec{});
  for (std::size_t j = 0; j < 2; ++j) {
    const auto& encoding = parts(model).encoder.encodings()[j];
    EXPECT_NEAR(encoding.mean, expected.encodings()[j].mean, 1e-13 * std::abs(encoding.mean) + 1e-16);
    EXPECT_NEAR(encoding.scale, expected.encodings()[j].scale, 1e-12 * encoding.scale);
    EXPECT_EQ(encoding.fill, encoding.mean);
  }
}

TEST(SampledEncoding, IsGivenUpWhereTheOtherRowsAreUnlikeTheSample) {
  const double missing = std::numeric_limits<double>::quiet_NaN();
  const auto other_at_a_row = [](double value) {
    return [value](std::size_t i, double x) { return i == unsampled_row ? value : x; };
  };
  const std::vector<std::function<double(std::size_t, double)>> changes = {
      other_at_a_row(missing), other_at_a_row(1e3),
      [](std::size_t i, double x) { return i / row_block % 2 == 1 ? 10 * x : x; },
      [](std::size_t i, double x) { return i / row_block % 2 == 1 ? x + 1 : x; },
      [](std::size_t i, double) { return i == unsampled_row ? 1.0 : 0.0; }};
  for (std::size_t k = 0; k < changes.size(); ++k) {
    const Dataset dataset = dataset_of(changes[k]);
    const logistic_test::O options{.penalty = "none", .max_iter = 5};
    EXPECT_EQ(serialize(*logistic_test::fit(dataset, options, FitSpec{})),
              serialize(*fit_weighted_by_one(dataset, options)))
        << k;
  }
}

TEST(SampledEncoding, LeavesAnInfiniteNumberToBeRefused) {
  const Dataset dataset = dataset_of([](std::size_t i, double x) { return i == unsampled_row ? infinity : x; });
  try {
    logistic_test::fit(dataset, {}, FitSpec{});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("column \"b\" holds an infinite or enormous number"), std::string::npos)
        << error.what();
  }
}

TEST(SampledEncoding, IsNotForFewRowsNorCategories) {
  const LocalExecution execution(1);
  EXPECT_TRUE(encoder_of_sample(plain_rows(), execution));
  const auto few = testing_data::Generated{.n_rows = 31 * row_block}.table();
  EXPECT_FALSE(encoder_of_sample(Dataset(few, {.target = "label", .exclude = {"x0", "c"}}), execution));
  const auto rows = testing_data::Generated{.n_rows = 33 * row_block, .n_columns = 2}.table();
  EXPECT_FALSE(encoder_of_sample(Dataset(rows, {.target = "label", .exclude = {"x0"}}), execution)) << "categories";
  EXPECT_FALSE(encoder_of_sample(Dataset(rows, {.target = "label", .exclude = {"c"}}), execution)) << "missing numbers";
  EXPECT_TRUE(encoder_of_sample(Dataset(rows, {.target = "label", .exclude = {"x0", "c"}}), execution));
}

}  // namespace
}  // namespace thrum
