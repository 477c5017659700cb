#include <gtest/gtest.h>

#include "thrum/core/error.h"
#include "thrum/model/linear/logistic_regression_model.h"
#include "thrum/runtime/memfd.h"
#include "thrum/runtime/temporary_folder_test.h"
#include "thrum/serve/model_set_internal.h"
#include "thrum/serve/repository_set_internal.h"
#include "thrum/serve/schema_change_internal.h"
#include "thrum/serve/served_file_internal.h"
#include "thrum/serve/server_fixture_test.h"

namespace thrum::serving {
namespace {

std::vector<double> outputs_of(const Predictor& predictor) {
  const std::vector<double> row = {39, 1, 45};
  std::vector<double> outputs(2);
  predictor.predict({row.data(), 1, 3}, {outputs.data(), 1, 2});
  return outputs;
}

TEST(ModelSet, OpensWhatItShared) {
  const std::vector<std::byte> compiled = people_model()->compile();
  ModelSet set;
  EXPECT_EQ(set.add("é \"quoted\"", "20", compiled), compiled.size());
  set.add("people", "1", compiled);
  set.add_unloaded("old", "3");
  const SharedBytes shared(set.share({}).get());
  const std::vector<ServedModel> models = open_models(shared.bytes());
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0].name, "people");
  EXPECT_EQ(models[1].name, "é \"quoted\"");
  EXPECT_EQ(models[1].version, "20");
  const std::vector<double> expected = outputs_of(*open_predictor(compiled));
  EXPECT_GT(expected[0], 0);
  for (const ServedModel& model : models) EXPECT_EQ(outputs_of(*model.predictor), expected);
  const std::vector<ServedModel> unloaded = open_unloaded(shared.bytes());
  ASSERT_EQ(unloaded.size(), 1u);
  EXPECT_EQ(unloaded[0].name + " " + unloaded[0].version, "old 3");
}

/// A logistic regression of one text feature, as large as its classes and categories make it.
LogisticRegressionModel wide_model(std::size_t n_classes, std::size_t n_categories) {
  const auto numbered = [](std::size_t n) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < n; ++i) names.push_back(std::to_string(100'000 + i));
    return names;
  };
  Schema schema{.features = {{"kind", FeatureType::category, numbered(n_categories)}},
                .target = {"class", Task::classification, numbered(n_classes)}};
  std::vector<double> coefficients(n_classes * n_categories);
  for (std::size_t i = 0; i < coefficients.size(); ++i) coefficients[i] = static_cast<double>(i % 97);
  Encoder encoder(schema, {{}});
  return LogisticRegressionModel({.schema = std::move(schema),
                                  .encoder = std::move(encoder),
                                  .coefficients = std::move(coefficients),
                                  .intercepts = std::vector<double>(n_classes),
                                  .training = {}});
}

TEST(ServedFile, OfALargeModelIsMadeWhereItsWorkersMapIt) {
  const test::TemporaryFolder folder;
  const auto model = wide_model(1000, 8500);
  save_model(model, folder.file("a.thrum"));
  ServedFile file = load_file(folder.file("a.thrum"));
  const std::vector<std::byte> compiled = model.compile();
  EXPECT_GT(compiled.size(), largest_explaining);
  EXPECT_EQ(file.description, "logistic-regression, 1 features, " + std::to_string(compiled.size()) + " bytes");
  file.set.add("people", "1", people_model()->compile());
  const SharedBytes shared(file.set.share({}).get());
  const ByteSpan image = models_in(shared.bytes()).at(0).bytes;
  EXPECT_THROW(open_predictor(image), Error) << "it was not written in one piece, with a checksum";
  const std::vector<ServedModel> models = open_models(shared.bytes());
  const std::vector<double> rows = {0, 8499, 8500};  // the last one is unknown
  std::vector<double> outputs(3000), expected(3000);
  models.at(0).predictor->predict({rows.data(), 3, 1}, {outputs.data(), 3, 1000});
  open_predictor(compiled)->predict({rows.data(), 3, 1}, {expected.data(), 3, 1000});
  EXPECT_EQ(outputs, expected);
  EXPECT_NE(outputs[0], outputs[1]);
  EXPECT_EQ(outputs_of(*models.at(1).predictor), outputs_of(*open_predictor(people_model()->compile())));
}

TEST(ModelSet, MayBeEmpty) {
  const SharedBytes shared(ModelSet().share({}).get());
  EXPECT_TRUE(open_models(shared.bytes()).empty());
  EXPECT_TRUE(open_unloaded(shared.bytes()).empty());
}

Schema schema_of(std::vector<Feature> features, std::vector<std::string> classes = {"a", "b"}) {
  return {std::move(features), {.name = "target", .task = Task::classification, .classes = std::move(classes)}};
}

TEST(SchemaChange, TellsWhatClientsHaveToDoOtherwise) {
  const Feature age{"age", FeatureType::number}, job{"job", FeatureType::category}, text{"age", FeatureType::category};
  EXPECT_EQ(schema_change(schema_of({age, job}), schema_of({age, {"job", FeatureType::category, {"x"}}})), "");
  EXPECT_EQ(schema_change(schema_of({age}), schema_of({job})), R"(features added: "job"; features removed: "age")");
  EXPECT_EQ(schema_change(schema_of({age}), schema_of({text})), R"(texts now, numbers before: "age")");
  EXPECT_EQ(schema_change(schema_of({text}), schema_of({age})), R"(numbers now, texts before: "age")");
  EXPECT_EQ(schema_change(schema_of({age, job}), schema_of({job, age})), "features in another order");
  EXPECT_EQ(schema_change(schema_of({age}), schema_of({age}, {"a", "c"})), R"(classes "a", "c" now, "a", "b" before)");
  EXPECT_EQ(schema_change(schema_of({age}), {{age}, {.name = "target", .task = Task::regression}}),
            "regression now, classification before");
  std::vector<Feature> many = {age};
  for (int i = 0; i < 27; ++i) many.push_back({"f" + std::to_string(i)});
  EXPECT_EQ(schema_change(schema_of({age}), schema_of(many)),
            R"(features added: "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9" and 17 more)");
}

TEST(ModelSet, RefusesAnImageThatIsCutShort) {
  ModelSet set;
  set.add("people", "1", people_model()->compile());
  const SharedBytes shared(set.share({}).get());
  const ByteSpan image = shared.bytes();
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, image.size() - 1}) {
    EXPECT_THROW(open_models(image.first(size)), Error) << size;
  }
  EXPECT_THROW(open_models(image.last(image.size() - 64)), Error);
}

}  // namespace
}  // namespace thrum::serving
