// Steps that make something of several columns together. References: scikit-learn 1.9.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"
#include "thrum/data/prepare/pipeline.h"
#include "thrum/data/prepare/pipeline_fixture_test.h"
#include "thrum/data/prepare/row_maps_internal.h"

namespace thrum {
namespace {

using prepare_test::made_of;
using prepare_test::names_of;
using test::refusal;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsNan;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Numbers a and b, categories c ("a", "b") and d ("x", "y").
Dataset dataset() {
  const std::vector<std::string> c = {"a", "b", "b"};
  const std::vector<std::string> d = {"x", "x", "y"};
  std::vector<Column> columns = {Column::float64("a", {1, 2, 3}), Column::category_from("c", c),
                                 Column::float64("b", {4, 5, 6}), Column::category_from("d", d),
                                 Column::float64("y", {0, 1, 2})};
  return Dataset(std::make_shared<const Table>(std::move(columns)), {.target = "y", .task = Task::regression});
}

Pipeline fitted(std::string_view steps) {
  return Pipeline::fit(dataset(), {}, parse_steps(steps), LocalExecution(2));
}

const std::string only_numbers = "drop(columns=c|d); ";

TEST(Polynomial, MakesAllProductsUpToTheDegree) {
  const Pipeline pipeline = fitted(only_numbers + "polynomial(degree=3)");
  EXPECT_THAT(names_of(pipeline), ElementsAre("1", "a", "b", "a^2", "a b", "b^2", "a^3", "a^2 b", "a b^2", "b^3"));
  EXPECT_THAT(made_of(pipeline, {2, 0, 3, 0}), ElementsAre(1, 2, 3, 4, 6, 9, 8, 12, 18, 27));
  EXPECT_THAT(made_of(fitted(only_numbers + "polynomial"), {2, 0, nan, 0}),
              ElementsAre(1, 2, IsNan(), 4, IsNan(), IsNan()));
}

TEST(Polynomial, LeavesOutPowersAndOnesWhereTold) {
  const Pipeline pipeline = fitted(only_numbers + "polynomial(interaction_only=true, include_bias=false, degree=5)");
  EXPECT_THAT(names_of(pipeline), ElementsAre("a", "b", "a b"));
  EXPECT_THAT(made_of(pipeline, {2, 0, 3, 0}), ElementsAre(2, 3, 6));
}

TEST(Polynomial, LeavesOtherColumnsInFront) {
  EXPECT_THAT(names_of(fitted("polynomial(columns=b, include_bias=false)")), ElementsAre("a", "c", "d", "b", "b^2"));
  EXPECT_THAT(made_of(fitted("polynomial(columns=b, include_bias=false)"), {1, 0, 5, 1}), ElementsAre(1, 0, 1, 5, 25));
}

TEST(Polynomial, RefusesMoreProductsThanAnyoneWaitsFor) {
  EXPECT_EQ(prepare::n_products(3, {.degree = 3}), 20);
  EXPECT_EQ(prepare::n_products(3, {.degree = 5, .interaction_only = true, .include_bias = false}), 7);
  EXPECT_EQ(refusal([] { fitted("one-hot(columns=c); one-hot; polynomial(degree=100)"); }),
            "[prepare] polynomial: 6 columns have 1705904746 products of up to 100 factors, at most 65536 columns are "
            "made; lower the degree, name fewer columns, or take interaction_only=true");
}

TEST(Normalize, BringsTheNormOfEachRowToOne) {
  const auto near = [](double x) { return DoubleNear(x, 1e-15); };
  EXPECT_THAT(made_of(fitted(only_numbers + "normalize"), {3, 0, -4, 0}), ElementsAre(near(0.6), near(-0.8)));
  EXPECT_THAT(made_of(fitted(only_numbers + "normalize(norm=l1)"), {3, 0, -4, 0}),
              ElementsAre(near(3.0 / 7), near(-4.0 / 7)));
  EXPECT_THAT(made_of(fitted(only_numbers + "normalize(norm=max)"), {3, 0, -4, 0}), ElementsAre(0.75, -1));
}

TEST(Normalize, LeavesZerosAndMissingValues) {
  EXPECT_THAT(made_of(fitted(only_numbers + "normalize"), {0, 0, 0, 0}), ElementsAre(0, 0));
  EXPECT_THAT(made_of(fitted(only_numbers + "normalize"), {-2, 0, nan, 0}), ElementsAre(-1, IsNan()));
}

TEST(Hashing, GivesWhatFeatureHasherGives) {
  const Pipeline pipeline = fitted("drop(columns=a|b); hashing(n_features=4)");
  EXPECT_THAT(names_of(pipeline), ElementsAre("hash0", "hash1", "hash2", "hash3"));
  EXPECT_THAT(made_of(pipeline, {0, 0, 0, 0}), ElementsAre(0, 1, 1, 0));
  EXPECT_THAT(made_of(pipeline, {0, 1, 0, 0}), ElementsAre(0, 0, 2, 0));
  EXPECT_THAT(made_of(pipeline, {0, 1, 0, 1}), ElementsAre(1, 0, 1, 0));
}

TEST(Hashing, CountsNothingForUnknownAndMissingCategories) {
  EXPECT_THAT(made_of(fitted("drop(columns=a|b); hashing(n_features=2)"), {0, 2, 0, nan}), ElementsAre(0, 0));
}

TEST(Hashing, TakesTheHashOfMurmur) {
  EXPECT_EQ(prepare::murmur3(""), 0);
  EXPECT_EQ(prepare::murmur3("c=a"), 1180577101);
  EXPECT_EQ(prepare::murmur3("abc"), -1277324294);
  EXPECT_EQ(prepare::murmur3("c=long category"), 915673445);
  EXPECT_EQ(prepare::murmur3("c=\xC3\xA9"), -799169166);
}

TEST(Binarize, ComparesWithTheThreshold) {
  EXPECT_THAT(made_of(fitted(only_numbers + "binarize(threshold=2)"), {2, 0, 2.5, 0}), ElementsAre(0, 1));
  EXPECT_THAT(made_of(fitted(only_numbers + "binarize"), {nan, 0, -1, 0}), ElementsAre(IsNan(), 0));
}

TEST(JointSteps, RefuseTextThatTheyDidNotWrite) {
  const auto refusal = [](const std::string& joint) {
    const std::string json = R"([{"step":"s","columns":[null,null],"joint":)" + joint + "}]";
    return test::refusal([&] { Pipeline::from_json(json, {{"x"}, {"c", FeatureType::category, {"a"}}}, "m.thrum"); },
                         ErrorCode::corrupt_data);
  };
  const auto map = [&](const std::string& column, const std::string& text) {
    return refusal(R"({"columns":[)" + column + R"(],"map":)" + text + "}");
  };
  const std::string wrongly = "[m.thrum] prepares columns wrongly: ";
  EXPECT_THAT(refusal("1"), HasSubstr("expected a JSON object"));
  EXPECT_EQ(refusal(R"({"columns":0,"map":{}})"), "[m.thrum] prepares columns that are not there");
  EXPECT_EQ(map("2", "{}"), "[m.thrum] prepares columns that are not there");
  EXPECT_EQ(map("1,0", "{}"), "[m.thrum] prepares columns that are not there");
  EXPECT_EQ(map("0", R"({"map":"twist"})"), wrongly + "there is no such way");
  EXPECT_EQ(map("1", R"({"map":"normalize","norm":"l2"})"), wrongly + "a column is of the wrong type");
  EXPECT_EQ(map("0", R"({"map":"normalize","norm":"l3"})"), wrongly + "the norm is none");
  EXPECT_EQ(map("0", R"({"map":"polynomial","degree":99999,"interaction_only":false,"include_bias":true})"),
            wrongly + "a number is out of range");
  EXPECT_EQ(map("0", R"({"map":"polynomial","degree":65536,"interaction_only":false,"include_bias":true})"),
            wrongly + "there are too many products");
  EXPECT_EQ(map("1", R"({"map":"hashing","n_features":-1,"alternate_sign":true})"),
            wrongly + "a value is of the wrong type");
}

}  // namespace
}  // namespace thrum
