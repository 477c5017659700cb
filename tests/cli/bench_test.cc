#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

json bench_json(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "bench");
  arguments.insert(arguments.end(), {"--repeats", "1", "--json"});
  const Outcome run = run_thrum(arguments);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return json::parse(run.out);
}

std::vector<std::pair<std::string, int>> workers_of(const json& report) {
  std::vector<std::pair<std::string, int>> workers;
  for (const json& point : report.at("curve")) workers.emplace_back(point.at("backend"), point.at("workers"));
  return workers;
}

TEST(Bench, MeanRunsOnOneToNThreadsAndProcesses) {
  const json report = bench_json({"mean", "--numbers", "200000", "-j", "3"});
  EXPECT_EQ(report.at("schema"), "thrum.bench.mean/1");
  EXPECT_EQ(report.at("numbers"), 200000);
  EXPECT_THAT(workers_of(report), ElementsAre(Pair("threads", 1), Pair("threads", 2), Pair("threads", 3),
                                              Pair("processes", 1), Pair("processes", 2), Pair("processes", 3)));
}

TEST(Bench, MeanIsThatOfTheNumbers) {
  // 1/1, 1/2, ..., 1/997, 1/1, 1/2, 1/3
  double sum = 1.0 + 1.0 / 2 + 1.0 / 3;
  for (int i = 997; i > 0; --i) sum += 1.0 / i;
  EXPECT_NEAR(bench_json({"mean", "--numbers", "1000"}).at("mean"), sum / 1000, 1e-15);
}

TEST(Bench, MeanHasTheSameBitsForAnyWorkers) {
  const json one = bench_json({"mean", "--numbers", "300000", "-j", "1"});
  EXPECT_EQ(one.at("mean"), bench_json({"mean", "--numbers", "300000", "-j", "4"}).at("mean"));
}

TEST(Bench, ParallelMapsTasksOverThreadsAndProcesses) {
  const json report = bench_json({"parallel", "--tasks", "10", "--steps", "1000", "-j", "2"});
  EXPECT_EQ(report.at("schema"), "thrum.bench.parallel/1");
  EXPECT_EQ(report.at("tasks"), 10);
  EXPECT_THAT(workers_of(report),
              ElementsAre(Pair("threads", 1), Pair("threads", 2), Pair("processes", 1), Pair("processes", 2)));
}

TEST(Bench, SpeedUpIsBesideOneThreadAndEfficiencyIsPerWorker) {
  const json curve = bench_json({"parallel", "--tasks", "10", "--steps", "1000", "-j", "2"}).at("curve");
  for (const json& point : curve) {
    const double speed_up = curve.at(0).at("seconds").get<double>() / point.at("seconds").get<double>();
    EXPECT_DOUBLE_EQ(point.at("speed_up"), speed_up);
    EXPECT_DOUBLE_EQ(point.at("efficiency"), speed_up / point.at("workers").get<int>());
  }
}

TEST(Bench, MatmulShowsTheShareOfThePeak) {
  const json report = bench_json({"matmul", "-n", "100", "-j", "1"});
  EXPECT_EQ(report.at("schema"), "thrum.bench.matmul/1");
  EXPECT_THAT(workers_of(report), ElementsAre(Pair("threads", 1)));
  EXPECT_GT(report.at("curve").at(0).at("share_of_peak"), 0);
  std::vector<std::string> algorithms;
  for (const json& product : report.at("textbook").at("products")) {
    algorithms.push_back(product.at("algorithm"));
    EXPECT_GT(product.at("gflops"), 0);
  }
  EXPECT_THAT(algorithms, ElementsAre("naive", "blocked", "cache-oblivious", "Strassen", "gemm"));
}

TEST(Bench, PrintsATable) {
  const Outcome run = run_thrum({"bench", "parallel", "--tasks", "2", "--steps", "1000", "--repeats", "1", "-j", "1"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("2 tasks of 1,000 steps\n\nworkers"));
  EXPECT_THAT(run.out, HasSubstr("1.00       100 %\n"));
}

TEST(Bench, RefusesAMeanOfNothing) {
  const Outcome run = run_thrum({"bench", "mean", "--numbers", "0"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("[bench] --numbers: expected an integer in [1, 1e+12], got \"0\""));
}

}  // namespace
}  // namespace thrum::test
