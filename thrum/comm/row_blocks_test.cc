#include "thrum/comm/row_blocks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "thrum/comm/thread_communicator.h"
#include "thrum/core/error.h"
#include "thrum/core/random.h"
#include "thrum/core/refusal_test.h"

namespace thrum {
namespace {

/// What a rank sees of a table of numbers that are computed, not stored.
using Cell = double (*)(std::size_t row, std::size_t column);

std::vector<double> local_sums(const Execution& execution, RowRange rows, std::size_t n_columns, Cell cell) {
  return sum_row_blocks(execution, rows.size(), n_columns,
                        [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                          for (std::size_t row = rows.begin + begin; row < rows.begin + end; ++row) {
                            for (std::size_t j = 0; j < n_columns; ++j) partial[j] += cell(row, j);
                          }
                        });
}

std::vector<std::uint64_t> bits(const std::vector<double>& values) {
  std::vector<std::uint64_t> words(values.size());
  std::ranges::transform(values, words.begin(), [](double x) { return std::bit_cast<std::uint64_t>(x); });
  return words;
}

std::vector<double> column_sums(std::size_t n_rows, std::size_t n_columns, Cell cell, int threads, int ranks,
                                Backend backend = Backend::tbb) {
  std::vector<std::vector<double>> of_rank(static_cast<std::size_t>(ranks));
  run_thread_ranks(ranks, [&](Communicator& communicator) {
    Arena arena(threads, backend);
    const Execution execution{&arena, &communicator};
    of_rank[communicator.rank()] =
        local_sums(execution, rows_of_rank(n_rows, communicator.rank(), ranks), n_columns, cell);
  });
  for (const auto& sums : of_rank) EXPECT_EQ(bits(sums), bits(of_rank[0])) << "all ranks get the same";
  return of_rank[0];
}

/// Columns of very different size, with numbers of both signs.
double wild(std::size_t row, std::size_t column) {
  static constexpr double scale[] = {1e300, 1e-300, 1.0, 1e-12, 1e30};
  return scale[column % 5] * Random(column).normal(row);
}

TEST(SumRowBlocks, GivesTheSameBitsForAnyNumberOfThreadsAndRanks) {
  constexpr std::size_t n_rows = 30'001, n_columns = 7;  // 8 blocks
  const auto expected = column_sums(n_rows, n_columns, wild, 1, 1, Backend::sequential);
  for (const int threads : {1, 2, 5}) {
    for (const int ranks : {1, 3, 11}) {  // with 11 ranks some are empty
      EXPECT_EQ(bits(column_sums(n_rows, n_columns, wild, threads, ranks)), bits(expected)) << threads << " " << ranks;
    }
  }
}

TEST(SumRowBlocks, HandlesMoreComponentsThanOneStripe) {
  const auto narrow = column_sums(9000, 2, wild, 2, 1);
  const auto wide = column_sums(9000, 1300, wild, 5, 3);
  EXPECT_EQ(wide.size(), 1300u);
  EXPECT_EQ(wide[0], narrow[0]);
  EXPECT_EQ(wide[1], narrow[1]);
  EXPECT_EQ(bits(wide), bits(column_sums(9000, 1300, wild, 1, 1)));
}

TEST(SumRowBlocks, EqualsALongDoubleSumInEveryComponent) {
  constexpr std::size_t n_rows = 20'000, n_columns = 5;
  const auto sums = column_sums(n_rows, n_columns, wild, 2, 2);
  for (std::size_t j = 0; j < n_columns; ++j) {
    long double sum = 0, magnitude = 0;
    for (std::size_t i = 0; i < n_rows; ++i) {
      sum += wild(i, j);
      magnitude += std::abs(wild(i, j));
    }
    EXPECT_NEAR(static_cast<double>(sums[j] / magnitude), static_cast<double>(sum / magnitude), 1e-15) << j;
  }
}

TEST(SumRowBlocks, TheSumOfExactPartialsIsExact) {
  // One number per block; a plain sum in any order loses the ones.
  const Cell cell = [](std::size_t row, std::size_t) {
    static constexpr double values[] = {1e20, 1.0, -1e20, 1.0, 1.0};
    return row % row_block == 0 ? values[row / row_block] : 0.0;
  };
  EXPECT_EQ(column_sums(5 * row_block, 1, cell, 2, 3)[0], 3.0);
}

TEST(SumRowBlocks, ANonFinitePartialMakesItsComponentNanAndNoOther) {
  const Cell cell = [](std::size_t row, std::size_t column) {
    if (row != 9000) return 1.0;
    static constexpr double bad[] = {1.0, std::numeric_limits<double>::infinity(),
                                     -std::numeric_limits<double>::infinity(),
                                     std::numeric_limits<double>::quiet_NaN()};
    return bad[column];
  };
  for (const int ranks : {1, 3}) {
    const auto sums = column_sums(10'000, 4, cell, 2, ranks);
    EXPECT_EQ(sums[0], 10'000.0);
    for (const std::size_t j : {1, 2, 3}) EXPECT_TRUE(std::isnan(sums[j]));
  }
}

TEST(SumRowBlocks, OfNoRowsIsZero) {
  for (const int ranks : {1, 3}) EXPECT_EQ(column_sums(0, 3, wild, 2, ranks), std::vector<double>(3, 0.0));
}

TEST(SumRowBlocks, OfNoComponentsIsEmpty) {
  EXPECT_TRUE(column_sums(10'000, 0, wild, 2, 3).empty());
}

TEST(SumRowBlocks, StopsOnRequest) {
  Arena arena(2);
  const auto communicator = self_communicator();
  std::stop_source source;
  source.request_stop();
  const Execution execution{&arena, communicator.get(), 0, nullptr, source.get_token()};
  EXPECT_NE(test::refusal([&] { local_sums(execution, {0, 10}, 1, wild); }, ErrorCode::cancelled), "no error");
}

TEST(RowsOfRank, AreWholeBlocksInOrderAsEvenAsTheyGo) {
  for (const std::size_t n_rows : {0, 1, 4096, 4097, 30'001, 1'000'000}) {
    for (const int size : {1, 2, 3, 11}) {
      std::size_t end = 0, least = n_rows, most = 0;
      for (int rank = 0; rank < size; ++rank) {
        const RowRange rows = rows_of_rank(n_rows, rank, size);
        EXPECT_EQ(rows.begin, end);
        EXPECT_TRUE(rows.begin % row_block == 0 || rows.size() == 0);
        end = rows.end;
        least = std::min(least, rows.size());
        most = std::max(most, rows.size());
      }
      EXPECT_EQ(end, n_rows);
      EXPECT_LE(most - least, 2 * row_block - 1);
    }
  }
}

TEST(Execution, ChecksForAStopAndNamesTheWork) {
  LocalExecution local(2, 7);
  EXPECT_EQ(local.get().arena->slots(), 2);
  EXPECT_EQ(local.get().communicator->size(), 1);
  EXPECT_EQ(local.get().seed, 7u);
  local.get().check_stop("fit");
  std::stop_source source;
  source.request_stop();
  local.get().stop = source.get_token();
  EXPECT_EQ(test::refusal([&] { local.get().check_stop("fit"); }, ErrorCode::cancelled),
            "[fit] a stop was requested before the work was done");
}

}  // namespace
}  // namespace thrum
