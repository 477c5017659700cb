#include "thrum/learn/linear/encoded_fits_internal.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace thrum {
namespace {

using Numbers = std::vector<double>;
using Mask = std::vector<std::uint8_t>;

Dataset dataset_of(Numbers x) {
  Numbers y(x.size());
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<double>(i);
  std::vector<Column> columns = {Column::float64("x", std::move(x)), Column::float64("y", std::move(y))};
  return Dataset(std::make_shared<const Table>(std::move(columns)), {.target = "y", .task = Task::regression});
}

/// The groups of one fit of all rows and one of the rows of `mask`.
std::vector<EncodedFits> groups_of(const Dataset& dataset, const Mask& mask, const EncodingOptions& options = {}) {
  const std::vector<FitSpec> specs = {{}, {.row_mask = mask}};
  return encode_fits(dataset, specs, std::vector<EncodingOptions>(2, options), LocalExecution(2));
}

TEST(EncodedFits, ShareTheMatrixOfAllRows) {
  const auto groups = groups_of(dataset_of({1, 2, 3, 4, 5, 7}), {0, 1, 1, 0, 1, 1});
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_NEAR(groups[0].encoder.encodings()[0].mean, 22.0 / 6, 1e-15);
  EXPECT_NEAR(groups[0].members[1].own.encodings()[0].mean, 17.0 / 4, 1e-15);
  const double deviations = groups[0].members[1].own.encodings()[0].scale / groups[0].encoder.encodings()[0].scale;
  EXPECT_EQ(column_units(groups[0].encoder, groups[0].members[1].own), Numbers{deviations});
}

TEST(EncodedFits, ShareAStandardisedMatrixWhereNoneIsWanted) {
  const auto groups = groups_of(dataset_of({1, 2, 3, 4, 5, 7}), {0, 1, 1, 0, 1, 1}, {.standardize = false});
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].members[1].own.encodings()[0].mean, 0);
  EXPECT_EQ(groups[0].members[1].own.encodings()[0].scale, 1);
  EXPECT_NE(groups[0].encoder.encodings()[0].scale, 1);
}

TEST(EncodedFits, DoNotShareWhereTheMeansOfOtherRowsWouldFillIn) {
  const double missing = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(groups_of(dataset_of({1, 2, missing, 4, 5, 7}), {0, 1, 1, 0, 1, 1}).size(), 2u);
}

TEST(EncodedFits, DoNotShareWhereAColumnIsConstantInSomeRowsOnly) {
  EXPECT_EQ(groups_of(dataset_of({1, 2, 2, 4, 2, 2}), {0, 1, 1, 0, 1, 1}).size(), 2u);
  EXPECT_EQ(groups_of(dataset_of({2, 2, 2, 2, 2, 2}), {0, 1, 1, 0, 1, 1}).size(), 1u);
}

TEST(EncodedFits, DoNotShareWhereARowLeftOutHidesTheScale) {
  EXPECT_EQ(groups_of(dataset_of({1e6, 2, 3, 4, 5, 6}), {0, 1, 1, 1, 1, 1}).size(), 2u);
}

TEST(EncodedFits, ShareWithoutAnInterceptWhatIsEqual) {
  const Dataset dataset = dataset_of({1, 2, 3, 4, 5, 7});
  const Mask mask = {0, 1, 1, 0, 1, 1};
  EXPECT_EQ(groups_of(dataset, mask, {.fit_intercept = false}).size(), 2u);
  EXPECT_EQ(groups_of(dataset, mask, {.standardize = false, .fit_intercept = false}).size(), 1u);
}

TEST(EncodedFits, KeepTypesApart) {
  const std::vector<FitSpec> specs(3);
  const std::vector<EncodingOptions> options = {{}, {.type = RowType::float32}, {.type = RowType::bfloat16}};
  EXPECT_EQ(encode_fits(dataset_of({1, 2, 4}), specs, options, LocalExecution(1)).size(), 3u);
}

TEST(RecodedParameters, AreTheSameFunction) {
  const Dataset dataset = dataset_of({1, 2, 3, 4, 5, 7});
  const auto groups = groups_of(dataset, {0, 1, 1, 0, 1, 1});
  const Encoder& from = groups[0].encoder;
  const Encoder& to = groups[0].members[1].own;
  const Numbers recoded = recode_parameters(Numbers{2, 5}, from, to);
  for (const double x : {-1.0, 4.0}) {
    const auto value = [x](const Numbers& p, const Encoder& encoder) {
      return p[0] * (x - encoder.encodings()[0].mean) / encoder.encodings()[0].scale + p[1];
    };
    EXPECT_NEAR(value(recoded, to), value({2, 5}, from), 1e-14);
  }
}

}  // namespace
}  // namespace thrum
