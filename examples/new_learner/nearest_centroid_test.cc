#include "examples/new_learner/nearest_centroid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "thrum/comm/thread_communicator.h"
#include "thrum/core/refusal_test.h"
#include "thrum/data/csv.h"

namespace thrum {
namespace {

Dataset dataset_of(const std::string& csv) {
  const LocalExecution execution(1);
  return {std::make_shared<const Table>(parse_csv(csv, {}, execution)), {.target = "y"}};
}

/// 12 000 rows of four classes with numbers, categories and missing values.
Dataset large_dataset() {
  std::string csv = "a,b,c,y\n";
  for (int i = 0; i < 12000; ++i) {
    csv += std::to_string(std::sin(i)) + "," + (i % 7 == 0 ? "" : std::to_string(i % 97)) + "," +
           (i % 3 == 0 ? "red" : "blue") + "," + std::to_string(i % 4) + "\n";
  }
  return dataset_of(csv);
}

std::vector<std::byte> fit_bytes(const Dataset& dataset, int threads, int ranks) {
  const NearestCentroid learner;
  std::vector<std::byte> bytes;
  const auto fit = [&](Communicator& communicator) {
    Arena arena(threads);
    const Execution execution{&arena, &communicator};
    const auto model = learner.fit(dataset.shard(communicator.rank(), ranks), learner.default_options(), execution);
    if (communicator.rank() == 0) bytes = serialize(*model);
  };
  run_thread_ranks(ranks, fit, std::chrono::minutes(1));
  return bytes;
}

std::vector<double> predict_row(const Model& model, std::vector<double> row) {
  const std::vector<std::byte> image = model.compile();
  const auto predictor = open_nearest_centroid(image);
  std::vector<double> probabilities(predictor->n_outputs());
  predictor->predict({row.data(), 1, row.size()}, {probabilities.data(), 1, probabilities.size()});
  return probabilities;
}

TEST(NearestCentroid, CentroidsAreTheMeansOfTheClasses) {
  const Dataset dataset = dataset_of("x,y\n0,no\n2,no\n6,yes\n8,yes\n");
  const auto model = NearestCentroid().fit(dataset, NearestCentroid().default_options(), LocalExecution(2));
  // Mean 4, deviation sqrt(10): the means 1 and 7 lie 3 / sqrt(10) from it.
  const auto& parts = dynamic_cast<const NearestCentroidModel&>(*model).parts();
  EXPECT_THAT(parts.centroids, testing::ElementsAre(testing::DoubleNear(-3 / std::sqrt(10.0), 1e-15),
                                                    testing::DoubleNear(3 / std::sqrt(10.0), 1e-15)));
  EXPECT_THAT(predict_row(*model, {4}), testing::ElementsAre(0.5, 0.5));
  // The squared distances of 0 are 0.1 and 4.9.
  EXPECT_NEAR(predict_row(*model, {0})[0], 1 / (1 + std::exp(-2.4)), 1e-15);
}

TEST(NearestCentroid, EmpiricalPriorsAreTheSharesOfTheClasses) {
  const Dataset dataset = dataset_of("x,y\n-1,no\n1,no\n0,no\n0,yes\n");
  Options options = NearestCentroid().default_options();
  options.set("priors", "empirical");
  const auto model = NearestCentroid().fit(dataset, options, LocalExecution(1));
  EXPECT_THAT(predict_row(*model, {0.3}), testing::ElementsAre(testing::DoubleEq(0.75), testing::DoubleEq(0.25)));
}

TEST(NearestCentroid, ModelIsTheSameForAnyNumberOfThreadsAndRanks) {
  const Dataset dataset = large_dataset();
  const auto expected = fit_bytes(dataset, 1, 1);
  for (const int threads : {1, 2, 5}) {
    for (const int ranks : {1, 3}) EXPECT_EQ(fit_bytes(dataset, threads, ranks), expected) << threads << " " << ranks;
  }
}

TEST(NearestCentroid, MaskLeavesRowsOut) {
  const Dataset all = dataset_of("x,y\n0,no\n2,no\n100,no\n6,yes\n8,yes\n");
  const Dataset kept = dataset_of("x,y\n0,no\n2,no\n6,yes\n8,yes\n");
  const Options options = NearestCentroid().default_options();
  const std::vector<std::uint8_t> mask = {1, 1, 0, 1, 1};
  const FitSpec spec{.options = &options, .row_mask = mask};
  const auto masked = NearestCentroid().fit_many(all, {&spec, 1}, LocalExecution(1));
  EXPECT_EQ(serialize(*masked.front()), serialize(*NearestCentroid().fit(kept, options, LocalExecution(1))));
}

TEST(NearestCentroid, ClassWithoutRowsIsAnError) {
  const Dataset dataset = dataset_of("x,y\n0,no\n2,no\n6,yes\n");
  const Options options = NearestCentroid().default_options();
  const std::vector<std::uint8_t> mask = {1, 1, 0};
  const FitSpec spec{.options = &options, .row_mask = mask};
  EXPECT_EQ(test::refusal([&] { NearestCentroid().fit_many(dataset, {&spec, 1}, LocalExecution(1)); }),
            "[nearest-centroid] expected rows of every class, there is none of \"yes\" to train on; "
            "leave the class out of the data");
}

TEST(NearestCentroid, FileGivesTheModelBack) {
  const Dataset dataset = large_dataset();
  const auto model = NearestCentroid().fit(dataset, NearestCentroid().default_options(), LocalExecution(2));
  const std::vector<std::byte> bytes = serialize(*model);
  const ModelFile file(bytes, "model");
  const auto read = NearestCentroidModel::read(file, Schema::from_json(file.metadata("schema")), model->training());
  EXPECT_EQ(serialize(*read), bytes);
  const double missing = std::nan(""), unknown = 2;
  for (const std::vector<double>& row : {std::vector{0.5, 30.0, 1.0}, {missing, missing, missing}, {0, 0, unknown}}) {
    EXPECT_EQ(predict_row(*read, row), predict_row(*model, row));
  }
}

TEST(NearestCentroid, TellsTumoursApart) {
  const LocalExecution execution(2);
  const auto path = std::filesystem::path(THRUM_SOURCE_DIR) / "examples/data/breast_cancer.csv";
  const auto table = std::make_shared<const Table>(read_csv(path, {}, execution));
  const Dataset dataset(table, {.target = "diagnosis"});
  const auto model = NearestCentroid().fit(dataset, NearestCentroid().default_options(), execution);
  std::size_t right = 0;
  for (std::size_t i = 0; i < dataset.n_rows(); ++i) {
    std::vector<double> row(dataset.reader().n_features());
    dataset.reader().read(i, {row.data(), 1, row.size()});
    const auto probabilities = predict_row(*model, row);
    right += (probabilities[1] > probabilities[0]) == (dataset.y()[i] == 1) ? 1 : 0;
  }
  EXPECT_GT(right, dataset.n_rows() * 92 / 100);
}

}  // namespace
}  // namespace thrum
