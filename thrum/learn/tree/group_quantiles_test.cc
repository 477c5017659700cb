#include "thrum/learn/tree/group_quantiles_internal.h"

#include <gtest/gtest.h>

#include <vector>

#include "thrum/comm/thread_communicator.h"

namespace thrum {
namespace {

TEST(GroupQuantiles, AreTheLowestValuesThatReachTheShareOfTheWeights) {
  const LocalExecution execution(2);
  const std::vector<QuantileTerm> terms = {{5, 1, 0},  {1, 1, 0}, {3, 1, 0}, {2, 1, 0},
                                           {7, 10, 2}, {8, 1, 2}, {-1, 0, 2}};
  EXPECT_EQ(group_quantiles(terms, 3, 0.5, execution), (std::vector<double>{2, 0, 7}));
  EXPECT_EQ(group_quantiles(terms, 3, 0.9, execution), (std::vector<double>{5, 0, 7}));
  EXPECT_EQ(group_quantiles(terms, 3, 0.95, execution), (std::vector<double>{5, 0, 8}));
}

TEST(GroupQuantiles, AreTheSameWhereRanksHoldThePartsOfTheRows) {
  std::vector<QuantileTerm> terms;
  for (std::size_t i = 0; i < 1000; ++i) {
    const auto x = static_cast<double>(i * 7919 % 1009);
    terms.push_back({x, 1 / (1 + x), static_cast<std::uint16_t>(i % 5)});
  }
  const std::vector<double> expected = group_quantiles(terms, 5, 0.3, LocalExecution(1));
  run_thread_ranks(3, [&](Communicator& communicator) {
    Arena arena(1);
    const Execution execution{.arena = &arena, .communicator = &communicator};
    const auto rank = static_cast<std::size_t>(communicator.rank());
    const std::vector<QuantileTerm> mine(
        terms.begin() + static_cast<std::ptrdiff_t>(rank * 333),
        terms.begin() + static_cast<std::ptrdiff_t>(rank == 2 ? 1000 : (rank + 1) * 333));
    EXPECT_EQ(group_quantiles(mine, 5, 0.3, execution), expected);
  });
}

}  // namespace
}  // namespace thrum
