// Models that earlier builds wrote must load and predict as they did then. tests/golden/README.md says how to add one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "thrum/core/json_internal.h"
#include "thrum/model/model.h"
#include "thrum/model/model_fixture_test.h"
#include "thrum/model/tree/tree_fixture_test.h"
#include "thrum/runtime/file.h"

namespace thrum {
namespace {

const std::filesystem::path golden = std::filesystem::path(THRUM_SOURCE_DIR) / "tests/golden";

/// What the fixtures' features may hold; null is missing.
Json golden_rows() {
  return Json::parse(R"([[50, 35, 0, 1], [18, null, 1, 0], [null, 12.5, null, 2], [99, 0, 2, null], [30, 80, 0, 3]])");
}

std::vector<double> predictions(const Model& model, const Json& rows) {
  const auto image = model.compile();
  const auto predictor = open_predictor(image);
  std::vector<double> outputs;
  for (const Json& row : rows) {
    std::vector<double> values;
    for (const Json& x : row) values.push_back(x.is_null() ? std::nan("") : x.get<double>());
    std::vector<double> p(predictor->n_outputs());
    predictor->predict({values.data(), 1, values.size()}, {p.data(), 1, p.size()});
    outputs.insert(outputs.end(), p.begin(), p.end());
  }
  return outputs;
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Golden {
  const char* name;
  std::unique_ptr<Model> (*model)();
};

void PrintTo(const Golden& file, std::ostream* out) {
  *out << file.name;
}

class GoldenModel : public testing::TestWithParam<Golden> {
 protected:
  std::filesystem::path model_path() const { return golden / (std::string(GetParam().name) + ".thrum"); }
  std::filesystem::path predictions_path() const { return golden / (std::string(GetParam().name) + ".json"); }

  void SetUp() override {
    if (std::getenv("THRUM_WRITE_GOLDEN") == nullptr || std::filesystem::exists(model_path())) return;
    const auto model = GetParam().model();
    save_model(*model, model_path());
    const Json expected = {{"rows", golden_rows()}, {"outputs", predictions(*model, golden_rows())}};
    std::ofstream(predictions_path()) << expected.dump() << '\n';
  }
};

TEST_P(GoldenModel, LoadsAndPredictsAsWhenItWasWritten) {
  const auto model = load_model(model_path());
  const Json expected = parse_json(read_text(predictions_path()), GetParam().name);
  const auto outputs = predictions(*model, expected["rows"]);
  ASSERT_EQ(outputs.size(), expected["outputs"].size());
  for (std::size_t i = 0; i < outputs.size(); ++i) EXPECT_NEAR(outputs[i], expected["outputs"][i].get<double>(), 1e-14);
  EXPECT_EQ(model->description(), GetParam().model()->description());
}

TEST_P(GoldenModel, IsWrittenWithTheSameBytesByThisBuild) {
  const auto bytes = serialize(*GetParam().model());
  EXPECT_EQ(text_of(bytes), read_text(model_path()));
}

std::unique_ptr<Model> two_classes() {
  return std::make_unique<LogisticRegressionModel>(model_test::two_class_model());
}
std::unique_ptr<Model> three_classes() {
  return std::make_unique<LogisticRegressionModel>(model_test::three_class_model());
}
std::unique_ptr<Model> regression() {
  return std::make_unique<LinearRegressionModel>(model_test::regression_model());
}

std::unique_ptr<Model> boosted() {
  return std::make_unique<TreeModel>(
      model_test::golden_trees("gbdt", model_test::schema_of({"<=50K", ">50K"}),
                               {.n_trees = 6, .n_leaves = 7, .link = Link::logistic, .missing_both_ways = true}));
}
std::unique_ptr<Model> forest() {
  return std::make_unique<TreeModel>(
      model_test::golden_trees("random-forest", model_test::schema_of({"1", "2", "10"}),
                               {.n_trees = 3, .n_leaves = 9, .leaf_width = 3, .n_margins = 3, .link = Link::clip}));
}

INSTANTIATE_TEST_SUITE_P(Version1, GoldenModel,
                         testing::Values(Golden{"logistic-regression-2-v1", &two_classes},
                                         Golden{"logistic-regression-3-v1", &three_classes},
                                         Golden{"ridge-v1", &regression}, Golden{"gbdt-2-v1", &boosted},
                                         Golden{"random-forest-3-v1", &forest}),
                         [](const auto& file) {
                           std::string name = file.param.name;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace thrum
