#include "thrum/model/c_api.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "thrum/model/model_fixture_test.h"
#include "thrum/model/prepared_fixture_test.h"
#include "thrum/runtime/temporary_folder_test.h"

namespace thrum {
namespace {

using Handle = std::unique_ptr<thrum_model, decltype(&thrum_model_close)>;

class CApi : public testing::Test {
 protected:
  Handle open(const Model& model) {
    save_model(model, folder_.file("m.thrum"));
    return {thrum_model_open(folder_.file("m.thrum").c_str()), &thrum_model_close};
  }

  test::TemporaryFolder folder_;
};

const std::vector<double> rows = {35, 38, 0, 1, NAN, NAN, 1, 2, 60, 20, NAN, 3};

std::vector<double> expected_outputs(const Model& model) {
  const std::vector<std::byte> image = model.compile();
  std::vector<double> outputs(3 * model.schema().target.classes.size());
  open_predictor(image)->predict({rows.data(), 3, 4}, {outputs.data(), 3, outputs.size() / 3});
  return outputs;
}

TEST_F(CApi, DescribesAModel) {
  const Handle model = open(model_test::three_class_model());
  ASSERT_NE(model, nullptr) << thrum_last_error();
  EXPECT_EQ(thrum_model_n_features(model.get()), 4u);
  EXPECT_EQ(thrum_model_n_outputs(model.get()), 3u);
  EXPECT_STREQ(thrum_model_feature_name(model.get(), 3), "sky");
  EXPECT_STREQ(thrum_model_class_name(model.get(), 2), "10");
  EXPECT_EQ(thrum_model_feature_name(model.get(), 4), nullptr);
  EXPECT_EQ(thrum_model_class_name(model.get(), 3), nullptr);
}

TEST_F(CApi, CodesCategories) {
  const Handle model = open(model_test::two_class_model());
  EXPECT_EQ(thrum_category_code(model.get(), 3, "ü"), 2);
  EXPECT_EQ(thrum_category_code(model.get(), 3, "green"), 3);
  EXPECT_TRUE(std::isnan(thrum_category_code(model.get(), 0, "blue")));
  EXPECT_TRUE(std::isnan(thrum_category_code(model.get(), 9, "blue")));
  EXPECT_TRUE(std::isnan(thrum_category_code(model.get(), 3, nullptr)));
}

TEST_F(CApi, PredictsAsThePredictor) {
  const auto source = model_test::three_class_model();
  const Handle model = open(source);
  std::vector<double> outputs(9);
  ASSERT_EQ(thrum_predict(model.get(), rows.data(), 3, outputs.data()), THRUM_OK);
  EXPECT_EQ(outputs, expected_outputs(source));
  EXPECT_GT(outputs[0], 0);
}

TEST_F(CApi, RefusesUnknownCategoriesWhereTheModelDoes) {
  const Handle model =
      open(model_test::prepared_model(model_test::raw_dataset(30), "impute; one-hot(handle_unknown=error)"));
  ASSERT_NE(model, nullptr) << thrum_last_error();
  const double good[] = {1, 1, NAN, NAN}, bad[] = {1, 1, 1, 2};
  double outputs[4];
  EXPECT_EQ(thrum_predict(model.get(), good, 2, outputs), THRUM_OK);
  EXPECT_EQ(thrum_predict(model.get(), bad, 2, outputs), THRUM_INVALID_ARGUMENT);
  EXPECT_STREQ(thrum_last_error(),
               R"([predict] row 1, feature "c": expected a category of the training rows, got none)");
}

TEST_F(CApi, PredictsInManyThreadsAtOnce) {
  const auto source = model_test::two_class_model();
  const Handle model = open(source);
  const std::vector<double> expected = expected_outputs(source);
  std::vector<int> n_right(5);
  std::vector<std::thread> threads;
  threads.reserve(n_right.size());
  for (int& right : n_right) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        std::vector<double> outputs(6);
        thrum_predict(model.get(), rows.data(), 3, outputs.data());
        right += outputs == expected;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(n_right, std::vector<int>(5, 200));
}

TEST_F(CApi, SaysWhyAModelDoesNotOpen) {
  EXPECT_EQ(thrum_model_open(nullptr), nullptr);
  EXPECT_STREQ(thrum_last_error(), "[model] expected a path, got NULL");
  EXPECT_EQ(thrum_model_open(folder_.file("none.thrum").c_str()), nullptr);
  EXPECT_NE(std::strstr(thrum_last_error(), "No such file"), nullptr) << thrum_last_error();
  EXPECT_EQ(thrum_model_open(folder_.write("bad.thrum", "{}").c_str()), nullptr);
  EXPECT_NE(std::strstr(thrum_last_error(), "bad.thrum"), nullptr) << thrum_last_error();
  const std::string long_path = "/" + std::string(3000, '\x01');  // of which each becomes four
  EXPECT_EQ(thrum_model_open(long_path.c_str()), nullptr);
  EXPECT_EQ(std::strlen(thrum_last_error()), 1023u);
}

TEST_F(CApi, KeepsTheErrorsOfThreadsApart) {
  thrum_model_open(nullptr);
  std::string of_other = "?";
  std::thread([&] { of_other = thrum_last_error(); }).join();
  EXPECT_EQ(of_other, "");
  EXPECT_STREQ(thrum_last_error(), "[model] expected a path, got NULL");
}

TEST_F(CApi, TakesNothingForNothing) {
  thrum_model_close(nullptr);
  double number = 0;
  EXPECT_EQ(thrum_model_n_features(nullptr), 0u);
  EXPECT_EQ(thrum_model_n_outputs(nullptr), 0u);
  EXPECT_EQ(thrum_model_feature_name(nullptr, 0), nullptr);
  EXPECT_EQ(thrum_model_class_name(nullptr, 0), nullptr);
  EXPECT_EQ(thrum_predict(nullptr, &number, 1, &number), THRUM_INVALID_ARGUMENT);
  EXPECT_STREQ(thrum_last_error(), "[predict] expected a model, got NULL");
  const Handle model = open(model_test::two_class_model());
  EXPECT_EQ(thrum_predict(model.get(), nullptr, 0, nullptr), THRUM_OK);
  EXPECT_EQ(thrum_predict(model.get(), nullptr, 1, &number), THRUM_INVALID_ARGUMENT);
  EXPECT_STREQ(thrum_last_error(), "[predict] expected rows and room for outputs, got NULL");
}

}  // namespace
}  // namespace thrum
