#include "thrum/data/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"
#include "thrum/data/texts_test.h"

namespace thrum {
namespace {

using test::refusal;
using test::texts;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Table adult() {
  return Table({Column::int64("age", {39, 50, 28}), Column::float64("hours", {40, nan, 12.5}),
                texts("work", {"State", "", "Private"}), texts("income", {">50K", "<=50K", ">50K"})},
               "adult.csv");
}

Schema infer_target(Column target, Task task = Task::classification) {
  std::vector<Column> columns;
  columns.push_back(Column::float64("x", std::vector<double>(target.size(), 1.0)));
  columns.push_back(std::move(target));
  return Schema::infer(Table(std::move(columns), "t.csv"), "y", task);
}

std::string corruption(std::string_view json) {
  return refusal([&] { Schema::from_json(json); }, ErrorCode::corrupt_data);
}

TEST(SchemaInfer, TakesEveryOtherColumnAsAFeatureInTheOrderOfTheTable) {
  const Schema schema = Schema::infer(adult(), "income", Task::classification);
  EXPECT_THAT(schema.feature_names(), ElementsAre("age", "hours", "work"));
  EXPECT_EQ(schema.features[0].type, FeatureType::number);
  EXPECT_EQ(schema.features[1].type, FeatureType::number);
  EXPECT_EQ(schema.features[2].type, FeatureType::category);
  EXPECT_THAT(schema.features[2].categories, ElementsAre("Private", "State"));
  EXPECT_THAT(schema.target.classes, ElementsAre("<=50K", ">50K"));
  EXPECT_EQ(schema.find("work"), 2u);
  EXPECT_EQ(schema.find("income"), std::nullopt);
}

TEST(SchemaInfer, LeavesExcludedColumnsOut) {
  const Schema schema = Schema::infer(adult(), "income", Task::classification, {"age", "work"});
  EXPECT_THAT(schema.feature_names(), ElementsAre("hours"));
  EXPECT_EQ(refusal([] { Schema::infer(adult(), "income", Task::classification, {"wrok"}); }),
            "column \"wrok\" is not in adult.csv; nearest: \"work\"");
  EXPECT_EQ(refusal([] { Schema::infer(adult(), "income", Task::classification, {"age", "work", "hours"}); }),
            "adult.csv has no column left to learn from beside the target \"income\"");
}

TEST(SchemaInfer, ListsOnlyCategoriesThatOccur) {
  const Table table({Column::category("c", {2, 0, 2}, {"a", "b", "c"}), Column::int64("y", {0, 1, 0})});
  EXPECT_THAT(Schema::infer(table, "y", Task::classification).features[0].categories, ElementsAre("a", "c"));
}

TEST(SchemaInfer, OrdersNumericClassesAsNumbersAndTextsByTheirBytes) {
  EXPECT_THAT(infer_target(Column::int64("y", {10, 9, -1, 9})).target.classes, ElementsAre("-1", "9", "10"));
  EXPECT_THAT(infer_target(Column::float64("y", {10, 9, -1, 9})).target.classes, ElementsAre("-1", "9", "10"));
  EXPECT_THAT(infer_target(texts("y", {"10", "9", "a", "9"})).target.classes, ElementsAre("10", "9", "a"));
}

TEST(SchemaInfer, KeepsIntegerClassesApartThatNoDoubleTellsApart) {
  EXPECT_THAT(infer_target(Column::int64("y", {9007199254740993, 9007199254740992})).target.classes,
              ElementsAre("9007199254740992", "9007199254740993"));
}

TEST(SchemaInfer, CountsNegativeZeroAsZero) {
  EXPECT_THAT(infer_target(Column::float64("y", {-0.0, 0.0, 1})).target.classes, ElementsAre("0", "1"));
}

TEST(SchemaInfer, RefusesFractionsAsClasses) {
  EXPECT_EQ(refusal([] { infer_target(Column::float64("y", {1, 2.5})); }),
            "target \"y\" holds 2.5, but classes are whole numbers or texts; train a regression, or name a column of "
            "classes");
  EXPECT_THAT(refusal([] { infer_target(Column::float64("y", {1, std::numeric_limits<double>::infinity()})); }),
              HasSubstr("holds inf"));
}

TEST(SchemaInfer, RefusesMoreThanAThousandClasses) {
  std::vector<std::int64_t> ids(1001);
  std::iota(ids.begin(), ids.end(), 0);
  EXPECT_EQ(refusal([&] { infer_target(Column::int64("y", ids)); }),
            "target \"y\" has more than 1000 classes; train a regression, or name a column with fewer classes");
  ids.pop_back();
  EXPECT_EQ(infer_target(Column::int64("y", ids)).target.classes.size(), 1000u);
}

TEST(SchemaInfer, RefusesFewerThanTwoClasses) {
  EXPECT_EQ(refusal([] { infer_target(Column::int64("y", {7, 7})); }),
            "target \"y\" has \"7\" in every row, classification needs two classes or more");
  EXPECT_EQ(refusal([] { infer_target(Column::float64("y", {nan, nan})); }),
            "target \"y\" has no value in every row, classification needs two classes or more");
}

TEST(SchemaInfer, RefusesATextTargetForARegression) {
  EXPECT_EQ(refusal([] { infer_target(texts("y", {"a", "b"}), Task::regression); }),
            "target \"y\" holds text, a regression needs numbers; train a classification, or name a column of numbers");
  EXPECT_TRUE(infer_target(Column::float64("y", {1, 2.5}), Task::regression).target.classes.empty());
}

TEST(SchemaInfer, RefusesAColumnInWhichEveryValueIsMissing) {
  const Table table({Column::float64("x", {nan, nan}), Column::int64("y", {0, 1})}, "t.csv");
  EXPECT_EQ(refusal([&] { Schema::infer(table, "y", Task::classification); }),
            "column \"x\" of t.csv is missing in every row; leave it out with --exclude");
}

TEST(SchemaInfer, RefusesTextThatIsNotUtf8) {
  const Table table({texts("c", {"caf\xe9", "tea"}), Column::int64("y", {0, 1})}, "t.csv");
  EXPECT_EQ(refusal([&] { Schema::infer(table, "y", Task::classification); }),
            "column \"c\" of t.csv holds text that is not UTF-8; convert the data to UTF-8");
}

TEST(SchemaJson, ReadsWhatItWrote) {
  const Schema schema = Schema::infer(adult(), "income", Task::classification);
  const std::string json = schema.to_json();
  EXPECT_EQ(json, R"({"features":[{"name":"age","type":"number"},{"name":"hours","type":"number"},)"
                  R"({"name":"work","type":"category","categories":["Private","State"]}],)"
                  R"("target":{"name":"income","task":"classification","classes":["<=50K",">50K"]}})");
  EXPECT_EQ(Schema::from_json(json).to_json(), json);
}

TEST(SchemaJson, KeepsNamesThatJsonMustEscape) {
  const Table table(
      {Column::int64("a\"\\\n\u00e4", {1, 2}), texts("", {"x\t", "\u20ac"}), Column::float64("y", {1, 2})});
  const std::string json = Schema::infer(table, "y", Task::regression).to_json();
  const Schema read = Schema::from_json(json);
  EXPECT_EQ(read.features[0].name, "a\"\\\n\u00e4");
  EXPECT_THAT(read.features[1].categories, ElementsAre("x\t", "\u20ac"));
  EXPECT_EQ(read.to_json(), json);
}

std::string schema_json(std::string_view features, std::string_view target) {
  return "{\"features\":[" + std::string(features) + "],\"target\":" + std::string(target) + "}";
}
constexpr std::string_view x = R"({"name":"x","type":"number"})";
constexpr std::string_view y = R"({"name":"y","task":"regression","classes":[]})";

TEST(SchemaJson, RefusesWhatItDoesNotWrite) {
  EXPECT_EQ(Schema::from_json(schema_json(x, y)).target.task, Task::regression);
  EXPECT_THAT(corruption("{"), HasSubstr("[schema] not valid JSON"));
  EXPECT_THAT(corruption("[]"), HasSubstr("[schema] expected a JSON object"));
  EXPECT_EQ(corruption("{\"features\":[]}"), "[schema] a JSON object has unknown keys");
  EXPECT_EQ(corruption(schema_json("", y)), "[schema] \"features\" is not an array with something in it");
  EXPECT_EQ(corruption(schema_json("7", y)), "[schema] expected a JSON object");
  EXPECT_EQ(corruption(schema_json(std::string(x) + ",[]", y)), "[schema] expected a JSON object");
  EXPECT_EQ(corruption(R"({"features":{"x":{"name":"x","type":"number"}},"target":{}})"),
            "[schema] \"features\" is not an array with something in it");
  EXPECT_EQ(corruption(schema_json(x, R"({"name":"y","task":"regression","classes":[)" + std::string(x) + "]}")),
            "[schema] \"classes\" holds something other than strings");
  EXPECT_EQ(corruption(schema_json(R"({"name":"x","type":"image"})", y)), "[schema] \"image\" is no type of a feature");
  EXPECT_EQ(corruption(schema_json(R"({"name":7,"type":"number"})", y)), "[schema] \"name\" is not a string");
  EXPECT_EQ(corruption(schema_json(R"({"name":"x","type":"number","unit":"m"})", y)),
            "[schema] a JSON object has unknown keys");
  EXPECT_EQ(corruption(schema_json(std::string(x) + "," + std::string(x), y)), "[schema] two columns are called \"x\"");
  EXPECT_EQ(corruption(schema_json(R"({"name":"y","type":"number"})", y)), "[schema] two columns are called \"y\"");
}

TEST(SchemaJson, KeepsWhetherAFeatureRefusesUnknownCategories) {
  const auto feature = [](const std::string& handling) {
    return schema_json(R"({"name":"c","type":"category","categories":["p"],"handle_unknown":")" + handling + R"("})",
                       y);
  };
  const Schema schema = Schema::from_json(feature("error"));
  EXPECT_TRUE(schema.features[0].refuses_unknown);
  EXPECT_TRUE(Schema::from_json(schema.to_json()).features[0].refuses_unknown);
  EXPECT_EQ(corruption(feature("ignore")), "[schema] \"handle_unknown\" is not \"error\"");
}

TEST(SchemaJson, RefusesCategoriesOutOfOrder) {
  const auto with = [](std::string_view categories) {
    return corruption(schema_json(R"({"name":"c","type":"category","categories":)" + std::string(categories) + "}", y));
  };
  EXPECT_EQ(with(R"(["b","a"])"), "[schema] the categories of \"c\" are not in order");
  EXPECT_EQ(with(R"(["a","a"])"), "[schema] the categories of \"c\" are not in order");
  EXPECT_EQ(with("[]"), "[schema] \"c\" has no categories");
  EXPECT_EQ(with(R"({"a":1})"), "[schema] \"categories\" is not an array");
  EXPECT_EQ(with("[1]"), "[schema] \"categories\" holds something other than strings");
}

TEST(SchemaJson, RefusesClassesThatDoNotFitTheTask) {
  const auto with = [](std::string_view task, std::string_view classes) {
    return corruption(
        schema_json(x, R"({"name":"y","task":")" + std::string(task) + R"(","classes":)" + std::string(classes) + "}"));
  };
  constexpr auto misfit = "[schema] the classes of the target do not fit its task";
  EXPECT_EQ(with("classification", R"(["a"])"), misfit);
  EXPECT_EQ(with("classification", R"(["a","a"])"), misfit);
  EXPECT_EQ(with("regression", R"(["a","b"])"), misfit);
  EXPECT_EQ(with("sorting", "[]"), "[schema] \"sorting\" is no task");
}

TEST(SchemaJson, KeepsTheThresholdOfAnomaliesAndTheQueryOfARanking) {
  const Feature number{"x", FeatureType::number};
  for (const Target& target : {Target{"", Task::anomaly, {}, 0.625}, Target{"y", Task::anomaly, {"ok", "bad"}, 0.1},
                               Target{.name = "y", .task = Task::ranking, .query = "q"}}) {
    const Schema read = Schema::from_json(Schema{{number}, target}.to_json());
    EXPECT_EQ(read.target.name, target.name);
    EXPECT_EQ(read.target.task, target.task);
    EXPECT_EQ(read.target.classes, target.classes);
    EXPECT_EQ(read.target.threshold, target.threshold);
    EXPECT_EQ(read.target.query, target.query);
  }
}

TEST(SchemaJson, RefusesTargetsOfAnomaliesAndRankingsThatDoNotFit) {
  constexpr auto misfit = "[schema] the classes of the target do not fit its task";
  const auto anomalies = [](std::string_view name, std::string_view classes, std::string_view threshold) {
    return corruption(schema_json(x, R"({"name":")" + std::string(name) + R"(","task":"anomaly","classes":)" +
                                         std::string(classes) + R"(,"threshold":)" + std::string(threshold) + "}"));
  };
  EXPECT_EQ(anomalies("y", "[]", "1"), misfit);
  EXPECT_EQ(anomalies("", R"(["a","b"])", "1"), misfit);
  EXPECT_EQ(anomalies("", "[]", R"("high")"), "[schema] \"threshold\" is not a number");
  EXPECT_EQ(corruption(schema_json(x, R"({"name":"","task":"anomaly","classes":[]})")),
            "[schema] a JSON object has unknown keys");
  EXPECT_EQ(corruption(schema_json(x, R"({"name":"y","task":"ranking","classes":[],"query":"x"})")),
            "[schema] two columns are called \"x\"");
}

TEST(SchemaJson, NamesWhereTheTextCameFrom) {
  EXPECT_THAT(refusal([] { Schema::from_json("[]", "a.thrum"); }, ErrorCode::corrupt_data), HasSubstr("[a.thrum]"));
}

TEST(NaturalTask, IsAClassificationOfTextsAndOfFewWholeNumbers) {
  std::vector<std::int64_t> many(21);
  std::iota(many.begin(), many.end(), 0);
  EXPECT_EQ(natural_task(texts("y", {"a", "b"})), Task::classification);
  EXPECT_EQ(natural_task(Column::int64("y", {0, 9, 0})), Task::classification);
  EXPECT_EQ(natural_task(Column::float64("y", {1, nan, -2})), Task::classification);
  EXPECT_EQ(natural_task(Column::float64("y", {1, 0.5})), Task::regression);
  EXPECT_EQ(natural_task(Column::int64("y", many)), Task::regression);
  many.pop_back();
  EXPECT_EQ(natural_task(Column::int64("y", many)), Task::classification);
}

TEST(CategoryCode, IsTheSizeForWhatIsNotThere) {
  const std::vector<std::string> categories = {"a", "c"};
  EXPECT_EQ(category_code(categories, "a"), 0u);
  EXPECT_EQ(category_code(categories, "c"), 1u);
  EXPECT_EQ(category_code(categories, "b"), 2u);
  EXPECT_EQ(category_code(categories, "d"), 2u);
  EXPECT_EQ(category_code({}, "a"), 0u);
}

}  // namespace
}  // namespace thrum
