#include "thrum/learn/linear/stochastic_gradient_descent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "thrum/core/log.h"
#include "thrum/core/refusal_test.h"
#include "thrum/learn/linear/linear_regression.h"
#include "thrum/learn/linear/linear_regression_testing_internal.h"
#include "thrum/learn/linear/logistic_regression.h"
#include "thrum/metrics/evaluation.h"

namespace thrum {
namespace {

using test::refusal;
using testing_data::Generated;
using testing_data::GeneratedNumbers;

const StochasticGradientDescent classifier(Task::classification);
const StochasticGradientDescent regressor(Task::regression);

double accuracy(const Model& model, const Dataset& dataset, const Table& table) {
  const std::vector<double> outputs = predict(model, table, LocalExecution(1));
  const MatrixView<const double> p(outputs.data(), dataset.n_rows(), dataset.schema().target.classes.size());
  return metrics::classification_metrics(dataset.y(), p)[0].value;
}

TEST(SgdClassifier, IsAsGoodAsTheOptimumForEachLoss) {
  const Generated generated{.seed = 3, .n_rows = 2000, .n_classes = 3};
  const Dataset dataset = generated.dataset();
  const auto optimum = LogisticRegression().fit(dataset, LogisticRegressionOptions{}, LocalExecution(2));
  const double best = accuracy(*optimum, dataset, *generated.table());
  for (const char* loss : {"log_loss", "hinge", "modified_huber"}) {
    const auto model = classifier.fit(dataset, {.loss = loss, .average = true}, LocalExecution(2));
    EXPECT_GT(accuracy(*model, dataset, *generated.table()), best - 0.08) << loss;
  }
}

TEST(SgdRegressor, IsAsGoodAsTheOptimum) {
  const GeneratedNumbers generated{{.seed = 3, .n_rows = 2000}};
  const Dataset dataset = generated.dataset();
  const auto r2 = [&](const Model& model) {
    return metrics::regression_metrics(dataset.y(), predict(model, *generated.table(), LocalExecution(1)))[2].value;
  };
  const auto optimum = LinearRegression().fit(dataset, LinearRegressionOptions{}, LocalExecution(2));
  const auto model = regressor.fit(dataset, SgdOptions::of(Task::regression), LocalExecution(2));
  EXPECT_GT(r2(*model), r2(*optimum) - 0.01);
  EXPECT_TRUE(model->training().converged);
}

TEST(SgdClassifier, IsReadBack) {
  for (const std::size_t n_classes : {2, 3}) {
    const Generated generated{.seed = 3, .n_rows = 300, .n_classes = n_classes};
    const auto model = classifier.fit(generated.dataset(), SgdOptions{}, LocalExecution(1));
    const auto again = deserialize(serialize(*model), "memory");
    EXPECT_EQ(again->algorithm(), "sgd-classifier");
    EXPECT_EQ(serialize(*again), serialize(*model));
    EXPECT_EQ(predict(*again, *generated.table(), LocalExecution(1)),
              predict(*model, *generated.table(), LocalExecution(1)));
    EXPECT_THAT(again->description(), testing::HasSubstr("log-odds of \"k1\""));
    EXPECT_THAT(again->description_json(), testing::Not(testing::HasSubstr("kkt")));
  }
}

TEST(SgdRegressor, IsReadBack) {
  const auto model = regressor.fit(GeneratedNumbers().dataset(), SgdOptions::of(Task::regression), LocalExecution(1));
  const auto again = deserialize(serialize(*model), "memory");
  EXPECT_EQ(again->algorithm(), "sgd-regressor");
  EXPECT_EQ(serialize(*again), serialize(*model));
}

TEST(SgdClassifier, GivesProbabilitiesThatAddUpToOne) {
  const Generated generated{.seed = 3, .n_rows = 300, .n_classes = 4};
  const auto model = classifier.fit(generated.dataset(), SgdOptions{}, LocalExecution(1));
  const std::shared_ptr<const Table> near = generated.table();
  const Table far({Column::float64("x0", {1e9}), Column::float64("x1", {-1e9}), Column::float64("x2", {0}),
                   Column::float64("x3", {0}), Column::float64("x4", {0}),
                   Column::category("c", {0}, {"a", "b", "c"})});
  for (const Table* table : {near.get(), &far}) {
    const std::vector<double> p = predict(*model, *table, LocalExecution(1));
    for (std::size_t i = 0; i < p.size(); i += 4) EXPECT_NEAR(p[i] + p[i + 1] + p[i + 2] + p[i + 3], 1, 1e-12) << i;
  }
}

TEST(SgdClassifier, TrainsManyAsItTrainsOne) {
  const Dataset dataset = Generated{.seed = 5, .n_rows = 300}.dataset();
  const Options weak(SgdOptions{.alpha = 1e-3}, SgdOptions::fields(Task::classification));
  const Options strong(SgdOptions{.alpha = 0.1}, SgdOptions::fields(Task::classification));
  const std::vector<std::uint8_t> mask = [&] {
    std::vector<std::uint8_t> fold(dataset.n_rows(), 1);
    for (std::size_t i = 0; i < fold.size(); i += 3) fold[i] = 0;
    return fold;
  }();
  const std::vector<FitSpec> specs = {{.options = &weak}, {.options = &weak, .row_mask = mask}, {.options = &strong}};
  const auto together = classifier.fit_many(dataset, specs, LocalExecution(3));
  for (std::size_t k = 0; k < specs.size(); ++k) {
    const auto alone = classifier.fit_many(dataset, std::span(&specs[k], 1), LocalExecution(1));
    EXPECT_EQ(serialize(*together[k]), serialize(*alone[0])) << k;
  }
}

TEST(SgdClassifier, WeighsClasses) {
  const Generated generated{.seed = 5, .n_rows = 500};
  const Dataset dataset = generated.dataset();
  const auto share_of_second = [&](const char* class_weight) {
    const auto model = classifier.fit(dataset, {.class_weight = class_weight}, LocalExecution(1));
    const std::vector<double> p = predict(*model, *generated.table(), LocalExecution(1));
    double sum = 0;
    for (std::size_t i = 1; i < p.size(); i += 2) sum += p[i];
    return sum;
  };
  EXPECT_GT(share_of_second("k1=20"), share_of_second("none"));
}

TEST(SgdLearners, DoNotTakeGrowingWeightsForConverged) {
  const Dataset dataset = GeneratedNumbers().dataset();
  SgdOptions options = SgdOptions::of(Task::regression);
  options.learning_rate = "constant";
  options.eta0 = 1.5;
  std::string warnings;
  set_log_sink([&](LogLevel level, std::string_view message) {
    if (level == LogLevel::warning) warnings += message;
  });
  const auto model = regressor.fit(dataset, options, LocalExecution(1));
  set_log_sink({});
  EXPECT_FALSE(model->training().converged);
  EXPECT_THAT(model->training().stopped_by, testing::StartsWith("diverged: with no weights at all the objective is "));
  EXPECT_THAT(warnings, testing::HasSubstr("[sgd-regressor] the steps were too large, the objective grew to "));
  EXPECT_THAT(warnings, testing::HasSubstr("; use a smaller eta0, or standardize=true"));
  options.eta0 = 1e-3;
  EXPECT_TRUE(regressor.fit(dataset, options, LocalExecution(1))->training().converged);
}

TEST(SgdLearners, RefuseTheOtherTask) {
  EXPECT_EQ(refusal([] { classifier.fit(GeneratedNumbers().dataset(), SgdOptions{}, LocalExecution(1)); }),
            "[sgd-classifier] expected a target of classes, \"value\" is a number");
  EXPECT_EQ(refusal([] { regressor.fit(Generated().dataset(), SgdOptions::of(Task::regression), LocalExecution(1)); }),
            "[sgd-regressor] expected a target of numbers, \"label\" is one of classes");
}

TEST(SgdLearners, RefuseAStart) {
  const Dataset dataset = Generated().dataset();
  const Options options = classifier.default_options();
  const auto start = classifier.fit(dataset, options, LocalExecution(1));
  const FitSpec spec{.options = &options, .start = start.get()};
  EXPECT_EQ(refusal([&] { static_cast<void>(classifier.fit_many(dataset, std::span(&spec, 1), LocalExecution(1))); }),
            "[sgd-classifier] a model to start from is not taken; go on with Sgd::partial_fit in C++");
}

}  // namespace
}  // namespace thrum
