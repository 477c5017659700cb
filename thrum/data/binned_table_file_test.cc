#include "thrum/data/binned_table_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "thrum/core/error.h"
#include "thrum/core/random.h"
#include "thrum/core/refusal_test.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;

/// A table of 40 numbers, the last few of which share a column, and one category; and a file that goes with the test.
class BinnedTableFileTest : public testing::Test {
 protected:
  BinnedTableFileTest() : path_(fs::temp_directory_path() / ("thrum-binned-" + std::to_string(::getpid()))) {}
  ~BinnedTableFileTest() override { fs::remove(path_); }

  static BinnedTable table_of(std::size_t n_rows) {
    const Random random(5);
    std::vector<Column> columns;
    for (std::size_t j = 0; j < 40; ++j) {
      std::vector<double> x(n_rows);
      for (std::size_t i = 0; i < n_rows; ++i) x[i] = j < 35 ? random.normal(40 * i + j) : (i % 5 == j - 35 ? 1 : 0);
      columns.push_back(Column::float64("x" + std::to_string(j), std::move(x)));
    }
    std::vector<std::int32_t> codes(n_rows);
    for (std::size_t i = 0; i < n_rows; ++i) codes[i] = static_cast<std::int32_t>(i % 3) - 1;
    columns.push_back(Column::category("c", std::move(codes), {"a", "b"}));
    columns.push_back(Column::float64("y", std::vector<double>(n_rows)));
    const Dataset dataset(std::make_shared<const Table>(std::move(columns)), {.target = "y", .task = Task::regression});
    return BinnedTable::build(dataset, {}, {}, LocalExecution(1));
  }

  std::string refusal() const {
    return test::refusal([&] { const BinnedTableFile file(path_); }, ErrorCode::corrupt_data);
  }

  std::string expected_refusal() const {
    return "[binned table] " + path_.string() + " is damaged or no binned table; write it again";
  }

  fs::path path_;
};

bool is_same(const BinnedFeature& a, const BinnedFeature& b) {
  return a.feature == b.feature && a.column == b.column && a.first_bin == b.first_bin &&
         a.most_frequent_bin == b.most_frequent_bin && a.is_bundled == b.is_bundled && a.map.type == b.map.type &&
         a.map.upper == b.map.upper && a.map.categories == b.map.categories && a.map.has_missing == b.map.has_missing;
}

TEST_F(BinnedTableFileTest, GivesTheRowsBackInChunks) {
  const BinnedTable table = table_of(1001);
  BinnedTableFile::write(table, path_, 250);
  const BinnedTableFile file(path_);
  EXPECT_EQ(file.n_rows(), 1001U);
  ASSERT_EQ(file.n_chunks(), 5U);
  EXPECT_EQ(file.chunk(4).n_rows(), 1U);
  for (std::size_t i = 0; i < file.n_chunks(); ++i) {
    const BinnedTable chunk = file.chunk(i);
    ASSERT_TRUE(std::ranges::equal(chunk.features(), table.features(), is_same));
    ASSERT_EQ(chunk.n_tiles(), table.n_tiles());
    for (std::size_t c = 0; c < table.n_columns(); ++c) EXPECT_EQ(chunk.n_bins(c), table.n_bins(c));
    for (std::size_t t = 0; t < table.n_tiles(); ++t) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(chunk.tile(t)) % 64, 0U);
      const std::uint8_t* expected = table.tile(t) + i * 250 * BinnedTable::tile_width;
      EXPECT_EQ(std::memcmp(chunk.tile(t), expected, chunk.n_rows() * BinnedTable::tile_width), 0);
    }
  }
}

TEST_F(BinnedTableFileTest, AChunkOutlivesTheFileItIsFrom) {
  BinnedTableFile::write(table_of(100), path_);
  const BinnedTable chunk = BinnedTableFile(path_).chunk(0);
  fs::remove(path_);
  EXPECT_NE(chunk.tile(0)[99 * BinnedTable::tile_width], 0);
}

TEST_F(BinnedTableFileTest, HoldsATableWithoutRowsOrColumns) {
  BinnedTableFile::write(table_of(2), path_);
  EXPECT_EQ(BinnedTableFile(path_).n_chunks(), 1U);
  BinnedTableFile::write(BinnedTable(), path_);
  EXPECT_EQ(BinnedTableFile(path_).n_chunks(), 0U);
}

TEST_F(BinnedTableFileTest, RefusesEveryDamagedHeaderAndLength) {
  BinnedTableFile::write(table_of(20), path_);
  std::ifstream in(path_, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto header = load<std::uint64_t>(bytes_of(bytes).subspan(16));
  const auto expect_refusal_of = [&](const std::string& damaged) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << damaged;
    ASSERT_EQ(refusal(), expected_refusal());
  };
  for (std::size_t i = 0; i < header; i += 13) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    expect_refusal_of(damaged);
  }
  for (const std::size_t n : {std::size_t{0}, std::size_t{63}, header - 1, header, bytes.size() - 1}) {
    expect_refusal_of(bytes.substr(0, n));
  }
  expect_refusal_of(bytes + "x");
}

}  // namespace
}  // namespace thrum
