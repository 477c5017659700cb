#include "thrum/data/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>

#include "thrum/core/refusal_test.h"
#include "thrum/data/csv_test_support_test.h"
#include "thrum/runtime/file.h"
#include "thrum/runtime/temporary_folder_test.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;

class Generate : public testing::TestWithParam<std::string> {
 protected:
  std::string text(std::size_t rows, int threads, std::uint64_t seed = 7) {
    generate_csv(GetParam(), rows, directory / "x.csv", LocalExecution(threads, seed));
    return std::string(text_of(MappedFile(directory / "x.csv").bytes()));
  }

  const test::TemporaryFolder folder;
  const fs::path& directory = folder.path();
};

TEST_P(Generate, WritesTheSameBytesForAnyNumberOfThreads) {
  const std::string one = text(10'000, 1);
  EXPECT_EQ(text(10'000, 2), one);
  EXPECT_EQ(text(10'000, 5), one);
}

TEST_P(Generate, TableAndFileHoldTheSame) {
  for (const std::size_t rows : {std::size_t{1}, std::size_t{2}, std::size_t{10'000}}) {
    const std::string table = csv::dump(generate(GetParam(), rows, LocalExecution(2, 7)));
    EXPECT_TRUE(csv::dump(csv::parse(text(rows, 2))) == table) << rows;
    EXPECT_TRUE(csv::dump(generate(GetParam(), rows, LocalExecution(5, 7))) == table) << rows;
  }
}

TEST_P(Generate, MoreRowsContinueTheSameData) {
  const std::string few = text(5'000, 2);
  EXPECT_TRUE(text(6'000, 2).starts_with(few));
}

TEST_P(Generate, SeedsDiffer) {
  EXPECT_NE(text(100, 2, 7), text(100, 2, 8));
}

TEST_P(Generate, TargetIsAColumnOfTwoClasses) {
  const Table table = generate(GetParam(), 20'000, LocalExecution(2, 7));
  const Column& target = table.column(generator_target(GetParam()));
  std::map<std::string, int> counts;
  for (std::size_t row = 0; row < target.size(); ++row) ++counts[target.text(row)];
  ASSERT_EQ(counts.size(), 2u);
  for (const auto& [name, count] : counts) EXPECT_GT(count, 3'000) << name;
}

TEST_P(Generate, NothingIsLeftWhenItIsStopped) {
  std::stop_source stop;
  stop.request_stop();
  LocalExecution local(1);
  local.get().stop = stop.get_token();
  EXPECT_THROW(generate_csv(GetParam(), 10, directory / "x.csv", local), Error);
  EXPECT_TRUE(fs::is_empty(directory));
}

INSTANTIATE_TEST_SUITE_P(All, Generate, testing::ValuesIn(generator_names()), [](const auto& test) {
  std::string name = test.param;
  std::erase(name, '-');
  return name;
});

TEST(Generators, AnUnknownOneIsRefusedWithTheNearestName) {
  EXPECT_EQ(test::refusal([&] { generate("higs-like", 1, LocalExecution(1)); }),
            "[generate] there is no generator \"higs-like\"; nearest: \"higgs-like\"");
  EXPECT_EQ(test::refusal([&] { generator_target("quux"); }),
            "[generate] there is no generator \"quux\"; one of: higgs-like, airline-like, sparse, wide");
}

/// The first rows of seed 7: files made by one version are those of the next.
TEST(Generators, KeepTheirDefinition) {
  const auto first_rows = [](const char* generator) {
    std::string text;
    const Table table = generate(generator, 2, LocalExecution(1, 7));
    for (std::size_t row = 0; row < 2; ++row) {
      for (const Column& column : table.columns())
        text += column.text(row) + (&column == &table.columns().back() ? ";" : " ");
    }
    return text;
  };
  EXPECT_EQ(first_rows("higgs-like"),
            "1 1.141944 -1.350966 0.615792 1.631019 -1.707007 1.118395 0.670678 -0.306336 2.173 0.902182 -0.763046 "
            "0.494869 0 1.072029 0.864419 1.536123 1.274 0.979981 -1.806545 0.865706 0 1.080882 1.065615 2.059494 "
            "1.734108 2.005017 1.506754 1.296294;"
            "1 0.368556 -0.574192 -0.197701 1.326252 -1.057809 0.871071 0.260431 0.901985 0 1.785154 -0.772405 "
            "1.517704 0 0.98935 0.699889 0.122874 0 1.059388 -0.541303 -1.12413 0 0.989987 1.114873 0.706526 "
            "0.868237 1.205021 0.788082 0.9236;");
  EXPECT_EQ(first_rows("airline-like"),
            "m10 d06 w06 2007 YX DMM EBO 1002 160.9 Y;m07 d23 w03 1554 9E FMT LUC 314 74.4 N;");
}

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

TEST(Generators, HiggsLikeHasTheDocumentedMoments) {
  const Table table = generate("higgs-like", 50'000, LocalExecution(2, 1));
  ASSERT_EQ(table.n_columns(), 29u);
  EXPECT_NEAR(mean(table.column("lepton_eta").float64()), 0, 0.03);
  EXPECT_NEAR(mean(table.column("lepton_pt").float64()), std::exp(-0.2 + 0.125), 0.02);
  EXPECT_NEAR(mean(table.column("jet1_b_tag").float64()), 2.173 * 0.375, 0.03);
  for (const char* name : {"m_jj", "m_jjj", "m_lv", "m_jlv", "m_bb", "m_wbb", "m_wwbb"}) {
    EXPECT_NEAR(mean(table.column(name).float64()), 1, 0.1) << name;
  }
}

TEST(Generators, AirlineLikeHasSkewedCategoriesAndMissingValues) {
  const Table table = generate("airline-like", 50'000, LocalExecution(2, 1));
  EXPECT_NEAR(static_cast<double>(table.column("carrier").n_missing()) / 50'000, 0.01, 0.002);
  EXPECT_NEAR(static_cast<double>(table.column("air_time").n_missing()) / 50'000, 0.05, 0.005);
  EXPECT_EQ(table.column("distance").type(), ColumnType::int64);
  const Column& origin = table.column("origin");
  EXPECT_GT(origin.categories().size(), 290u);
  std::vector<int> counts(origin.categories().size());
  for (const std::int32_t code : origin.codes()) ++counts[static_cast<std::size_t>(code)];
  // The harmonic number of 300 is 6.28: the first airport has its inverse of all flights.
  EXPECT_NEAR(*std::max_element(counts.begin(), counts.end()) / 50'000.0, 1 / 6.28, 0.01);
}

TEST(Generators, SparseColumnsAreMostlyZero) {
  const Table table = generate("sparse", 20'000, LocalExecution(2, 1));
  const auto nonzero = [&](const char* name) {
    const auto counts = table.column(name).int64();
    return static_cast<double>(std::count_if(counts.begin(), counts.end(), [](auto n) { return n != 0; })) / 20'000;
  };
  EXPECT_NEAR(nonzero("count0"), 0.4, 0.02);
  EXPECT_NEAR(nonzero("count199"), 0.4 * std::pow(200, -0.6), 0.005);
}

TEST(Generators, WideColumnsShareFactors) {
  const Table table = generate("wide", 20'000, LocalExecution(2, 1));
  ASSERT_EQ(table.n_columns(), 101u);
  const auto product = [&](const char* a, const char* b) {
    const auto x = table.column(a).float64(), y = table.column(b).float64();
    return std::inner_product(x.begin(), x.end(), y.begin(), 0.0) / 20'000;
  };
  EXPECT_NEAR(product("x0", "x0"), 1, 0.04);
  EXPECT_NEAR(product("x3", "x93"), 0.36, 0.04);
  EXPECT_NEAR(product("x3", "x94"), 0, 0.04);
}

}  // namespace
}  // namespace thrum
