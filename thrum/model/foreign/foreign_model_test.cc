#include "thrum/model/foreign/foreign_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/refusal_test.h"
#include "thrum/model/tree/tree_fixture_test.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;
using test::refusal;
using testing::ElementsAre;

const fs::path golden = fs::path(THRUM_SOURCE_DIR) / "tests/golden/foreign";

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

fs::path model_path(const std::string& name) {
  for (const char* extension : {".txt", ".json", ".ubj"}) {
    if (fs::exists(golden / (name + extension))) return golden / (name + extension);
  }
  return golden / name;
}

/// A row as a model sees it.
std::vector<double> values_of(const Json& row, const Schema& schema) {
  std::vector<double> values;
  for (std::size_t j = 0; j < row.size(); ++j) {
    const Feature& feature = schema.features[j];
    if (row[j].is_null()) {
      values.push_back(std::nan(""));
    } else if (feature.type == FeatureType::number) {
      values.push_back(row[j].get<double>());
    } else {
      const std::string name = row[j].is_string() ? row[j].get<std::string>() : std::to_string(row[j].get<int>());
      values.push_back(static_cast<double>(category_code(feature.categories, name)));
    }
  }
  return values;
}

/// The models in tests/golden/foreign, which tests/reference/foreign_trees_reference.py made.
class ForeignModel : public testing::TestWithParam<std::string> {
 protected:
  ForeignModel()
      : model_(import_model(model_path(GetParam()))),
        tree_model_(dynamic_cast<const TreeModel&>(*model_)),
        expected_(parse_json(read_text(golden / (GetParam() + ".expected.json")), GetParam())) {}

  bool is_xgboost() const { return GetParam().starts_with("xgb"); }
  double expected(const char* what, std::size_t i) const { return expected_[what][i].get<double>(); }

  std::unique_ptr<Model> model_;
  const TreeModel& tree_model_;
  Json expected_;
};

TEST_P(ForeignModel, HasTheMarginsOfItsLibrary) {
  std::vector<double> margins;
  for (const Json& row : expected_["rows"]) {
    const auto more =
        model_test::plain_margins(tree_model_.ensemble(), model_->schema(), values_of(row, model_->schema()));
    margins.insert(margins.end(), more.begin(), more.end());
  }
  ASSERT_EQ(margins.size(), expected_["margins"].size());
  ASSERT_GE(margins.size(), 16U);
  // XGBoost adds in single precision; LightGBM's are the same to the last bit. It does not average raw scores.
  const double tolerance = is_xgboost() ? 1e-6 : 0;
  const double factor = GetParam() == "lgb-binary" ? 0.7 : GetParam() == "lgb-rf" ? 0.25 : 1;
  for (std::size_t i = 0; i < margins.size(); ++i) {
    const double theirs = factor * expected("margins", i);
    EXPECT_NEAR(margins[i], theirs, tolerance * std::max(1.0, std::abs(theirs))) << i;
  }
}

TEST_P(ForeignModel, PredictsAsItsLibraryDoes) {
  const auto image = model_->compile();
  const auto predictor = open_predictor(image);
  const std::size_t n_classes = model_->schema().target.classes.size();
  std::size_t next = 0;
  for (const Json& row : expected_["rows"]) {
    const auto values = values_of(row, model_->schema());
    std::vector<double> outputs(predictor->n_outputs());
    predictor->predict({values.data(), 1, values.size()}, {outputs.data(), 1, outputs.size()});
    std::vector<double> theirs;
    for (std::size_t k = 0; k < (n_classes > 2 ? n_classes : 1); ++k) theirs.push_back(expected("predictions", next++));
    if (GetParam() == "lgb-ova") {  // of which Thrum makes probabilities
      const double sum = theirs[0] + theirs[1] + theirs[2];
      for (double& p : theirs) p /= sum;
    }
    if (n_classes == 2) outputs.erase(outputs.begin());
    for (std::size_t k = 0; k < theirs.size(); ++k) {
      EXPECT_NEAR(outputs[k], theirs[k], (is_xgboost() ? 2e-6 : 1e-14) * std::max(1.0, std::abs(theirs[k])));
    }
  }
  EXPECT_EQ(next, expected_["predictions"].size());
}

TEST_P(ForeignModel, IsSavedAndLoadedAsAModelOfThrum) {
  const auto bytes = serialize(*model_);
  const auto loaded = deserialize(bytes, "copy");
  EXPECT_EQ(dynamic_cast<const TreeModel&>(*loaded).ensemble(), tree_model_.ensemble());
  EXPECT_EQ(serialize(*loaded), bytes);
}

TEST_P(ForeignModel, IsRefusedWhereverItIsCutShort) {
  const std::string bytes = read_text(model_path(GetParam()));
  const std::size_t end = std::min(bytes.find("end of trees"), bytes.size());
  for (std::size_t n = 0; n < end; n += std::max<std::size_t>(end / 100, 1)) {
    EXPECT_THROW(import_model(bytes_of(std::string_view(bytes).substr(0, n)), "cut"), Error) << n;
  }
}

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(golden)) {
    const std::string name = entry.path().filename().string();
    constexpr std::string_view expected = ".expected.json";
    if (name.ends_with(expected)) found.push_back(name.substr(0, name.size() - expected.size()));
  }
  std::ranges::sort(found);
  return found;
}

INSTANTIATE_TEST_SUITE_P(Golden, ForeignModel, testing::ValuesIn(names()), [](const auto& test) {
  std::string name = test.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

std::unique_ptr<Model> import_golden(const std::string& name, const ForeignModelOptions& options = {}) {
  return import_model(model_path(name), options);
}

/// The refusal of a golden model in which `from` is replaced by `to`.
std::string refusal_of_changed(const std::string& name, const std::string& from, const std::string& to) {
  std::string text = read_text(model_path(name));
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  text.replace(at, from.size(), to);
  return refusal([&] { import_model(bytes_of(text), "m"); }, ErrorCode::corrupt_data);
}

TEST(ImportModel, TakesNamesFromTheModelAndFromTheOptions) {
  const auto model = import_golden("lgb-binary", {.target = "spam", .classes = {"no", "yes"}});
  EXPECT_THAT(model->schema().feature_names(), ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(model->schema().target.name, "spam");
  EXPECT_THAT(model->schema().target.classes, ElementsAre("no", "yes"));
  EXPECT_EQ(model->algorithm(), "gbdt");
  EXPECT_EQ(model->training().n_rows, 400U);
  EXPECT_EQ(model->training().iterations, 4U);
  EXPECT_EQ(model->training().stopped_by, "converted from LightGBM v4");
  EXPECT_EQ(import_golden("lgb-rf")->algorithm(), "random-forest");
  EXPECT_THAT(import_golden("xgb-softprob")->schema().target.classes, ElementsAre("0", "1", "2"));
}

TEST(ImportModel, NumbersTheFeaturesOfXgboostThatHaveNoNames) {
  std::string text = read_text(model_path("xgb-rf"));
  const std::string names = R"("feature_names":["a","b","c","d"])";
  ASSERT_NE(text.find(names), std::string::npos);
  text.replace(text.find(names), names.size(), R"("feature_names":[])");
  EXPECT_THAT(import_model(bytes_of(text), "m")->schema().feature_names(), ElementsAre("f0", "f1", "f2", "f3"));
}

TEST(ImportModel, NamesCategoriesAsPandasDid) {
  for (const char* name : {"lgb-pandas", "xgb-pandas"}) {
    EXPECT_THAT(import_golden(name)->schema().features[3].categories,
                ElementsAre("black", "blue", "green, \"dark\"", "red", "white"));
  }
}

TEST(ImportModel, RefusesNamesThatAreNotUtf8) {
  EXPECT_EQ(refusal_of_changed("lgb-l2", "feature_names=a", "feature_names=\xff"),
            "[m] the name of a feature is not UTF-8");
  EXPECT_EQ(refusal([] { import_model(bytes_of(read_text(model_path("lgb-l2"))), "m", {.target = "\xff"}); }),
            "[m] the names of target and classes are not UTF-8");
}

TEST(ImportModel, RefusesClassesThatDoNotFit) {
  const std::string path = model_path("xgb-binary").string();
  EXPECT_EQ(refusal([] { import_golden("xgb-binary", {.classes = {"a"}}); }),
            "[" + path + "] the model has 2 classes, 1 are named");
  EXPECT_EQ(refusal([] { import_golden("lgb-l2", {.classes = {"a"}}); }),
            "[" + model_path("lgb-l2").string() + "] the model is a regression, which has no classes");
}

TEST(ImportModel, SaysWhatItExpects) {
  const std::string expected =
      "[m] expected a model as LightGBM's text or XGBoost's JSON or UBJSON; write it with save_model(\"model.txt\") or "
      "save_model(\"model.json\")";
  for (const char* text : {"", "binf", "booster", "[]", "tree"}) {
    EXPECT_EQ(refusal([&] { import_model(bytes_of(text), "m"); }, ErrorCode::corrupt_data), expected);
  }
}

TEST(ImportModel, NamesWhatCannotBeConverted) {
  EXPECT_EQ(
      refusal_of_changed("lgb-l2", "objective=regression", "objective=cross_entropy_lambda"),
      "[m] the model has the objective \"cross_entropy_lambda\", which cannot be converted; train it with another "
      "objective");
  EXPECT_EQ(refusal_of_changed("lgb-l2", "objective=regression", "objective=regression sqrt"),
            "[m] the model predicts the square root of its target (reg_sqrt), which cannot be converted; train on the "
            "root and square the predictions");
  EXPECT_EQ(refusal_of_changed("lgb-l2", "is_linear=0", "is_linear=1"),
            "[m] the model has linear leaves (linear_tree), which cannot be converted; train it without them");
  EXPECT_EQ(
      refusal_of_changed("xgb-l2", "reg:squarederror", "binary:hinge"),
      "[m] the model has the objective \"binary:hinge\", which cannot be converted; train it with another objective");
  EXPECT_EQ(refusal_of_changed("xgb-l2", "\"num_target\":\"1\"", "\"num_target\":\"2\""),
            "[m] the model has several targets, which cannot be converted; train one model per target");
  EXPECT_EQ(refusal_of_changed("xgb-l2", "\"name\":\"gbtree\"", "\"name\":\"gblinear\""),
            "[m] the model is linear (booster gblinear), which cannot be converted");
}

TEST(ImportModel, NamesTheDamage) {
  EXPECT_EQ(refusal_of_changed("lgb-l2", "num_leaves=6", "num_leaves=7"),
            "[m] tree 0 has other numbers in \"leaf_value\" than it must");
  EXPECT_EQ(refusal_of_changed("lgb-l2", "left_child=", "no_child="),
            "[m] tree 0 has other numbers in \"left_child\" than it must");
  EXPECT_EQ(refusal_of_changed("lgb-l2", "num_leaves=6", ""), "[m] tree 0 has no \"num_leaves\"");
  EXPECT_EQ(refusal_of_changed("lgb-l2", "end of trees", ""), "[m] the text ends before the \"end of trees\"");
  EXPECT_EQ(refusal_of_changed("lgb-l2", "left_child=1", "left_child=0"),
            "[m] the model has a tree 1 that does not link every node and leaf once");
  EXPECT_EQ(refusal_of_changed("xgb-l2", "\"left_children\":[1,", "\"left_children\":[0,"),
            "[m] a tree links its nodes wrongly");
  EXPECT_EQ(refusal_of_changed("xgb-l2", "\"left_children\":[1,", "\"left_children\":["),
            "[m] a tree has arrays of different sizes");
  EXPECT_EQ(refusal_of_changed("xgb-l2", "\"left_children\":[1,", "\"left_children\":[\"\","),
            "[m] \"left_children\" is not an array of numbers");
  EXPECT_EQ(refusal_of_changed("xgb-binary", "\"base_score\":\"[", "\"base_score\":\"[x"),
            "[m] the base score is \"[x3.375E-1]\"");
}

TEST(ImportModel, SurvivesAnyChangedByte) {
  for (const char* name : {"lgb-category", "xgb-category", "xgb-dart", "xgb-pandas"}) {
    const std::string bytes = read_text(model_path(name));
    for (std::size_t i = 0; i < bytes.size(); i += 7) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ (1 << i % 8));
      try {
        EXPECT_GT(import_model(bytes_of(changed), name)->compile().size(), 0U);
      } catch (const Error& error) {
        EXPECT_TRUE(error.code() == ErrorCode::corrupt_data) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace thrum
