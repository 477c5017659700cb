#include "thrum/data/write_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/data/csv_test_support_test.h"
#include "thrum/runtime/file.h"
#include "thrum/runtime/temporary_folder_test.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;

class WriteCsv : public testing::Test {
 protected:
  std::string written(const Table& table, int threads = 2) {
    write_csv(table, directory / "x.csv", LocalExecution(threads));
    return std::string(text_of(MappedFile(directory / "x.csv").bytes()));
  }

  const test::TemporaryFolder folder;
  const fs::path& directory = folder.path();
};

TEST_F(WriteCsv, WritesNumbersTextsAndNothingForMissing) {
  const Table table({Column::float64("x", {0.5, NAN, 1e100}), Column::int64("n", {1, -2, 3}),
                     Column::category("c", {1, 0, -1}, {"a", "b"})});
  EXPECT_EQ(written(table), "x,n,c\n0.5,1,b\n,-2,a\n1e+100,3,\n");
}

TEST_F(WriteCsv, QuotesWhereNeeded) {
  const Table table({Column::category("a;b", {0, 1, 2, 3, 4, 5}, {"", " NA", "NA", "a\nb", "say \"hi\"", "x,y"}),
                     Column::int64("n", {0, 1, 2, 3, 4, 5})});
  EXPECT_EQ(written(table), "\"a;b\",n\n\"\",0\n\" NA\",1\n\"NA\",2\n\"a\nb\",3\n\"say \"\"hi\"\"\",4\n\"x,y\",5\n");
  EXPECT_EQ(csv::dump(csv::parse(written(table))), csv::dump(table));
}

TEST_F(WriteCsv, AMissingValueOfAnOnlyColumnIsNoEmptyLine) {
  const Table table({Column::float64("x", {0.5, NAN})});
  EXPECT_EQ(written(table), "x\n0.5\nNA\n");
}

TEST_F(WriteCsv, ReadsBackBitForBitAndIsTheSameForAnyNumberOfThreads) {
  constexpr std::size_t n = 20'000;
  std::vector<double> reals(n);
  std::vector<std::int64_t> wholes(n);
  std::vector<std::string> texts(n);
  std::vector<std::uint8_t> missing(n);
  const Random random(3);
  for (std::size_t i = 0; i < n; ++i) {
    reals[i] = i % 13 == 0 ? NAN : random.normal(i) * std::pow(10.0, static_cast<double>(random.below(i, 600)) - 300);
    wholes[i] = static_cast<std::int64_t>(random.bits(i)[0]) - (std::int64_t{1} << 31);
    texts[i] = "t," + std::to_string(random.below(i, 1000));
    missing[i] = i % 17 == 0;
  }
  const Table table(
      {Column::float64("r", reals), Column::int64("w", wholes), Column::category_from("t", texts, missing)});
  const std::string text = written(table);
  const Table again = csv::parse(text);
  EXPECT_EQ(csv::dump(again), csv::dump(table));
  for (std::size_t i = 0; i < n; ++i) {
    if (std::isnan(reals[i])) continue;
    ASSERT_EQ(again.column("r").float64()[i], reals[i]) << i;
  }
  for (const int threads : {1, 5}) EXPECT_EQ(written(table, threads), text);
}

TEST_F(WriteCsv, NothingIsLeftWhenItIsStopped) {
  std::stop_source stop;
  stop.request_stop();
  LocalExecution local(1);
  local.get().stop = stop.get_token();
  EXPECT_THROW(write_csv(Table({Column::int64("a", {1})}), directory / "x.csv", local), Error);
  EXPECT_TRUE(fs::is_empty(directory));
}

}  // namespace
}  // namespace thrum
