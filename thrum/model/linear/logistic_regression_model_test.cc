#include "thrum/model/linear/logistic_regression_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "thrum/core/random.h"
#include "thrum/core/refusal_test.h"
#include "thrum/model/model_fixture_test.h"
#include "thrum/model/predictor.h"

namespace thrum {
namespace {

using model_test::three_class_model;
using model_test::two_class_model;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

/// A model's compiled form, with the image it reads from.
class Compiled {
 public:
  explicit Compiled(const Model& model) : image_(model.compile()), predictor_(open_predictor(image_)) {}

  const Predictor& predictor() const { return *predictor_; }

  /// row: age, hours, work, sky.
  std::vector<double> operator()(const std::vector<double>& row) const {
    std::vector<double> outputs(predictor_->n_outputs(), -7);
    predictor_->predict({row.data(), 1, row.size()}, {outputs.data(), 1, outputs.size()});
    return outputs;
  }

 private:
  std::vector<std::byte> image_;
  std::unique_ptr<Predictor> predictor_;
};

double sigmoid(double z) {
  return 1 / (1 + std::exp(-z));
}

TEST(LogisticRegressionModel, GivesTheProbabilityOfTheSecondClass) {
  const Compiled model(two_class_model());
  EXPECT_EQ(model.predictor().n_outputs(), 2u);
  // -0.75 + 0.5 (50 - 30) / 10 + 0.01 * 35 + 1 (work=a) + 0 (sky=grey)
  EXPECT_NEAR(model({50, 35, 0, 1})[1], sigmoid(1.6), 1e-15);
  EXPECT_NEAR(model({50, 35, 0, 1})[0], sigmoid(-1.6), 1e-15);
}

TEST(LogisticRegressionModel, ReadsMissingAndUnknownValuesAsInTraining) {
  const Compiled model(two_class_model());
  // Missing: age at its mean, hours at 40, work in its own column, sky nowhere since none was missing in training.
  EXPECT_NEAR(model({nan, nan, nan, nan})[1], sigmoid(-0.75 + 0.4 + 0.25), 1e-15);
  // Unknown categories add nothing.
  EXPECT_NEAR(model({30, 0, 2, 3})[1], sigmoid(-0.75), 1e-15);
}

TEST(LogisticRegressionModel, ReadsNumbersThatAreNoCategoryAsUnknown) {
  const Compiled model(two_class_model());
  for (const double code : {2.0, 3.0, 1e30, inf, -1.0, -inf}) {
    EXPECT_EQ(model({30, 0, code, 1}), model({30, 0, 2, 1})) << code;
  }
}

TEST(LogisticRegressionModel, GivesTheSoftmaxOfSeveralClasses) {
  const Compiled model(three_class_model());
  const double z[] = {-0.75 + 0.5 * 2 + 0.35 + 1 + 0, 0 + 0.7 + 0 + 1, 0.5 - 2 + 0 + 0};
  const double sum = std::exp(z[0]) + std::exp(z[1]) + std::exp(z[2]);
  const auto p = model({50, 35, 0, 1});
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(p[k], std::exp(z[k]) / sum, 1e-15);
}

TEST(LogisticRegressionModel, AgreesWithItsEncoderOnEveryKindOfRow) {
  const auto model = three_class_model();
  const Compiled compiled(model);
  const auto& parts = model.parts();
  const Random random(3);
  for (std::size_t i = 0; i < 500; ++i) {
    const auto code = [&](std::size_t feature, std::uint64_t n) {
      const auto value = random.below(4 * i + feature, n + 2);
      return value == n + 1 ? nan : static_cast<double>(value);
    };
    const std::vector<double> row = {80 * random.uniform(4 * i), i % 5 == 0 ? nan : 60 * random.uniform(4 * i + 1),
                                     code(2, 2), code(3, 3)};
    std::vector<double> x(parts.encoder.n_outputs());
    parts.encoder.encode({row.data(), 1, 4}, {x.data(), 1, x.size()});
    double e[3], sum = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const double* w = parts.coefficients.data() + k * x.size();
      sum += e[k] = std::exp(std::inner_product(x.begin(), x.end(), w, parts.intercepts[k]));
    }
    const auto p = compiled(row);
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(p[k], e[k] / sum, 1e-13);
  }
}

TEST(LogisticRegressionModel, KeepsSmallProbabilitiesApartFromZero) {
  const Compiled model(two_class_model());
  // age = 30 - 10 * 1400: the margin is about -700 and its sigmoid far below the smallest step from 1.
  const double small = model({30 - 14000.0, 75, 2, 1})[1];
  EXPECT_NEAR(small / std::exp(-700.0), 1, 1e-9);
  EXPECT_EQ(model({30 - 14000.0, 75, 2, 1})[0], 1);
}

void expect_probabilities(const std::vector<double>& p, const std::vector<double>& row) {
  double sum = 0;
  for (const double value : p) {
    EXPECT_TRUE(value >= 0 && value <= 1) << value << " for " << testing::PrintToString(row);
    sum += value;
  }
  EXPECT_NEAR(sum, 1, 1e-15) << testing::PrintToString(row);
}

TEST(LogisticRegressionModel, GivesProbabilitiesForExtremeNumbers) {
  constexpr double max = std::numeric_limits<double>::max();
  auto parts = three_class_model().parts();
  for (double& w : parts.coefficients) w *= 1e10;
  const Compiled models[] = {Compiled(two_class_model()), Compiled(three_class_model()),
                             Compiled(LogisticRegressionModel(parts))};
  for (const Compiled& model : models) {
    for (const double a : {0.0, max, -max, inf, -inf, nan, 5e-324}) {
      for (const double b : {0.0, max, -max, inf, -inf, nan, 5e-324}) {
        expect_probabilities(model({a, b, 0, 1}), {a, b, 0, 1});
      }
    }
  }
}

TEST(LogisticRegressionModel, GivesTheSameBitsOfARowWithoutItsZeros) {
  const Schema schema{.features = {{"a"}, {"b"}, {"c"}, {"d"}}, .target = {"y", Task::classification, {"1", "2", "3"}}};
  LogisticRegressionModel::Parts parts{
      .schema = schema,
      .encoder = Encoder(schema, {{.mean = 0.3, .scale = 7}, {}, {.scale = 0.1, .fill = 2}, {}}),
      .coefficients = {0.1, -0.7, 1e-9, 3, 0.2, -0.3, 1.1, -5, 0.3, 0.6, -0.9, 0.01},
      .intercepts = {0.1, 0.2, -0.3},
      .training = {}};
  for (const std::string_view algorithm : {LogisticRegressionModel::name, LogisticRegressionModel::sgd_classifier}) {
    parts.algorithm = algorithm;
    const Compiled model{LogisticRegressionModel(parts)};
    ASSERT_TRUE(model.predictor().takes_sparse());
    const FeatureValue row[] = {{1, 1.7}, {3, -0.31}};
    std::vector<double> outputs(3);
    model.predictor().predict_sparse(row, outputs);
    EXPECT_EQ(outputs, model({0, 1.7, 0, -0.31})) << algorithm;
    model.predictor().predict_sparse({}, outputs);
    EXPECT_EQ(outputs, model({0, 0, 0, 0})) << algorithm;
  }
  EXPECT_FALSE(Compiled(two_class_model()).predictor().takes_sparse());
}

TEST(LogisticRegressionModel, ReadsInfinitiesAsTheLargestNumbers) {
  constexpr double max = std::numeric_limits<double>::max();
  const Compiled model(two_class_model());
  EXPECT_EQ(model({inf, 0, 0, 1}), model({max, 0, 0, 1}));
  EXPECT_EQ(model({inf, 0, 0, 1})[1], 1);
  EXPECT_EQ(model({-inf, 0, 0, 1})[1], 0);
}

TEST(LogisticRegressionModel, TellsWhatEachFeatureAddsToTheLogOdds) {
  const auto image = two_class_model().compile();
  const auto predictor = open_predictor(image);
  ASSERT_EQ(predictor->n_margins(), 1u);
  const std::vector<double> row = {40, nan, 1, 2};
  std::vector<double> parts(5);
  predictor->explain({row.data(), 1, 4}, {parts.data(), 1, 5});
  const std::vector<double> expected = {0.5, 0, -1, -2, -0.35};
  for (std::size_t j = 0; j < parts.size(); ++j) EXPECT_NEAR(parts[j], expected[j], 1e-15) << j;
  EXPECT_EQ(predictor->typical_value(1), 40);
  EXPECT_TRUE(std::isnan(predictor->typical_value(2)));
}

TEST(LogisticRegressionModel, ContributionsOfEachClassAddUpToItsProbability) {
  const auto image = three_class_model().compile();
  const auto predictor = open_predictor(image);
  ASSERT_EQ(predictor->n_margins(), 3u);
  const std::vector<double> rows = {20, 30, 0, 1, nan, 50, 7, nan};
  std::vector<double> parts(2 * 3 * 5);
  std::vector<double> probabilities(2 * 3);
  predictor->explain({rows.data(), 2, 4}, {parts.data(), 2, 15});
  predictor->predict({rows.data(), 2, 4}, {probabilities.data(), 2, 3});
  for (std::size_t i = 0; i < 2; ++i) {
    std::vector<double> margins(3);
    double sum = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      for (std::size_t j = 0; j < 5; ++j) margins[k] += parts[i * 15 + k * 5 + j];
      sum += std::exp(margins[k]);
    }
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(std::exp(margins[k]) / sum, probabilities[i * 3 + k], 1e-14);
  }
}

TEST(LogisticRegressionModel, PredictsARowAloneAsInAnyBatch) {
  const Compiled model(three_class_model());
  constexpr std::size_t n = 301;
  const Random random(5);
  std::vector<double> rows(4 * n);
  for (std::size_t i = 0; i < n; ++i) {
    rows[4 * i] = 80 * random.uniform(2 * i);
    rows[4 * i + 1] = i % 9 == 0 ? nan : 60 * random.uniform(2 * i + 1);
    rows[4 * i + 2] = static_cast<double>(i % 3);
    rows[4 * i + 3] = static_cast<double>(i % 4);
  }
  std::vector<double> batch(3 * n);
  model.predictor().predict({rows.data(), n, 4}, {batch.data(), n, 3});
  for (std::size_t i = 0; i < n; ++i) {
    const auto alone = model(
        {rows.begin() + static_cast<std::ptrdiff_t>(4 * i), rows.begin() + static_cast<std::ptrdiff_t>(4 * i + 4)});
    for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(alone[k], batch[3 * i + k]);
  }
}

TEST(LogisticRegressionModel, WritesRowsOfAnyStride) {
  const Compiled model(three_class_model());
  const std::vector<double> rows = {50, 35, 0, 1, -1, 20, 10, 1, 2, -1};
  std::vector<double> outputs(8, -7);
  model.predictor().predict(MatrixView<const double>(rows.data(), 2, 4, 5),
                            MatrixView<double>(outputs.data(), 2, 3, 4));
  EXPECT_EQ(outputs[0], model({50, 35, 0, 1})[0]);
  EXPECT_EQ(outputs[3], -7);
  EXPECT_EQ(outputs[6], model({20, 10, 1, 2})[2]);
  EXPECT_EQ(outputs[7], -7);
}

TEST(LogisticRegressionModel, OpensImagesInPlaceOnly) {
  const auto image = two_class_model().compile();
  std::vector<std::byte> shifted(image.size() + 8);
  std::ranges::copy(image, shifted.begin() + 8);
  EXPECT_THAT(test::refusal([&] { open_predictor(ByteSpan(shifted).subspan(8)); }), HasSubstr("aligned to 16"));
}

TEST(LogisticRegressionModel, DescribesItselfForPeople) {
  EXPECT_EQ(two_class_model().description(),
            "log-odds of \">50K\", strongest first (numbers per standard deviation):\n"
            "     -0.750000  (intercept)\n"
            "      2.000000  sky=blue\n"
            "     -2.000000  sky=\u00fc\n"
            "      1.000000  work=a\n"
            "     -1.000000  work=b\n"
            "      0.500000  age\n"
            "      0.250000  work=(missing)\n"
            "      0.010000  hours\n"
            "      0.000000  sky=grey\n");
  EXPECT_THAT(three_class_model().description(), HasSubstr("log-odds of \"10\""));
}

TEST(LogisticRegressionModel, DescribesItselfInJson) {
  EXPECT_EQ(
      two_class_model().description_json(),
      R"json({"kkt":1e-09,"encoding":{"age":{"mean":30.0,"scale":10.0,"fill":30.0},"hours":{"mean":0.0,"scale":1.0,)json"
      R"json("fill":40.0},"work":{"missing_column":true},"sky":{"missing_column":false}},"rows":[{"class":">50K","intercept":-0.75,"coefficients":{"age":0.5,"hours":0.01,)json"
      R"json("work=a":1.0,"work=b":-1.0,"work=(missing)":0.25,"sky=blue":2.0,"sky=grey":0.0,"sky=ü":-2.0}}]})json");
}

}  // namespace
}  // namespace thrum
