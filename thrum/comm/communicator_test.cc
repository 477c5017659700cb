#include "thrum/comm/communicator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "thrum/comm/thread_communicator.h"
#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"

namespace thrum {
namespace {

using test::refusal;
using testing::ElementsAre;

/// All that a Communicator promises. A backend joins by a function that runs a body on its ranks.
struct Group {
  const char* name;
  int size;
  void (*run)(int size, FunctionRef<void(Communicator&)> body);
};

std::ostream& operator<<(std::ostream& out, const Group& group) {
  return out << group.name;
}

void run_self(int /*size*/, FunctionRef<void(Communicator&)> body) {
  const auto communicator = self_communicator();
  body(*communicator);
}

void run_threads(int size, FunctionRef<void(Communicator&)> body) {
  run_thread_ranks(size, body);
}

class CommunicatorConformance : public testing::TestWithParam<Group> {
 protected:
  int size() const { return GetParam().size; }
  void run(FunctionRef<void(Communicator&)> body) { GetParam().run(size(), body); }
};

TEST_P(CommunicatorConformance, KnowsItsRanks) {
  std::vector<int> calls(static_cast<std::size_t>(size()));
  run([&](Communicator& c) {
    EXPECT_EQ(c.size(), size());
    ++calls[c.rank()];
  });
  EXPECT_EQ(calls, std::vector<int>(static_cast<std::size_t>(size()), 1));
}

template <class T>
void expect_reductions(Communicator& c) {
  const T rank = static_cast<T>(c.rank()), last = static_cast<T>(c.size() - 1);
  std::vector<T> data = {rank, static_cast<T>(10 - rank), 1};
  c.allreduce(std::span(data), ReduceOp::sum);
  const int n = c.size(), sum_of_ranks = n * (n - 1) / 2;
  EXPECT_THAT(data,
              ElementsAre(static_cast<T>(sum_of_ranks), static_cast<T>(10 * n - sum_of_ranks), static_cast<T>(n)));
  data = {rank, static_cast<T>(10 - rank)};
  c.allreduce(std::span(data), ReduceOp::max);
  EXPECT_THAT(data, ElementsAre(last, T{10}));
  data = {rank, static_cast<T>(10 - rank)};
  c.allreduce(std::span(data), ReduceOp::min);
  EXPECT_THAT(data, ElementsAre(T{0}, static_cast<T>(10 - last)));
}

TEST_P(CommunicatorConformance, ReducesEveryDtype) {
  run([](Communicator& c) {
    expect_reductions<std::uint8_t>(c);
    expect_reductions<std::int32_t>(c);
    expect_reductions<std::int64_t>(c);
    expect_reductions<std::uint64_t>(c);
    expect_reductions<float>(c);
    expect_reductions<double>(c);
  });
}

TEST_P(CommunicatorConformance, ReducesAnySize) {
  run([](Communicator& c) {
    for (const std::size_t n : {0, 1, 3, 4, 10'007}) {
      std::vector<std::int64_t> data(n);
      std::iota(data.begin(), data.end(), c.rank());
      c.allreduce(std::span(data), ReduceOp::max);
      for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(data[i], static_cast<std::int64_t>(i) + c.size() - 1);
    }
  });
}

TEST_P(CommunicatorConformance, SumsOfIntegersWrap) {
  run([](Communicator& c) {
    std::vector<std::int64_t> data = {c.rank() == 0 ? std::numeric_limits<std::int64_t>::max() : 1};
    c.allreduce(std::span(data), ReduceOp::sum);
    const auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(data[0], static_cast<std::int64_t>(max + static_cast<std::uint64_t>(c.size() - 1)));
  });
}

TEST_P(CommunicatorConformance, ANanReachesEveryReduction) {
  run([](Communicator& c) {
    for (const ReduceOp op : {ReduceOp::sum, ReduceOp::min, ReduceOp::max}) {
      for (int from = 0; from < c.size(); ++from) {
        std::vector<double> data = {c.rank() == from ? std::nan("") : c.rank()};
        c.allreduce(std::span(data), op);
        EXPECT_TRUE(std::isnan(data[0]));
      }
    }
  });
}

TEST_P(CommunicatorConformance, FloatingPointSumsAreFormedInRankOrder) {
  run([](Communicator& c) {
    std::vector<double> data = {c.rank() == 0 ? 1e16 : 1.0};
    c.allreduce(std::span(data), ReduceOp::sum);
    double expected = 1e16;
    for (int r = 1; r < c.size(); ++r) expected += 1.0;
    EXPECT_EQ(data[0], expected);
  });
}

TEST_P(CommunicatorConformance, ReduceScatterGivesEachRankItsCount) {
  run([](Communicator& c) {
    std::vector<std::size_t> counts(static_cast<std::size_t>(c.size()));  // 0, 2, 4, …
    for (std::size_t r = 0; r < counts.size(); ++r) counts[r] = 2 * r;
    std::vector<float> data(std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
    std::iota(data.begin(), data.end(), 0.0f);
    const auto mine = c.reduce_scatter(std::span<const float>(data), counts, ReduceOp::sum);
    const int before = c.rank() * (c.rank() - 1);
    ASSERT_EQ(mine.size(), counts[c.rank()]);
    for (std::size_t i = 0; i < mine.size(); ++i) {
      EXPECT_EQ(mine[i], static_cast<float>(c.size() * (before + static_cast<int>(i))));
    }
  });
}

TEST_P(CommunicatorConformance, GathersPartsOfAnySize) {
  run([](Communicator& c) {
    const std::vector<std::int32_t> mine(static_cast<std::size_t>(c.rank()), c.rank());  // empty on rank 0
    const auto parts = c.allgatherv(std::span<const std::int32_t>(mine));
    ASSERT_EQ(parts.size(), static_cast<std::size_t>(c.size()));
    for (int r = 0; r < c.size(); ++r) EXPECT_EQ(parts[r], std::vector<std::int32_t>(static_cast<std::size_t>(r), r));
  });
}

TEST_P(CommunicatorConformance, GathersStrings) {
  run([](Communicator& c) {
    const auto texts = c.allgather(c.rank() == 0 ? "" : "address " + std::to_string(c.rank()));
    EXPECT_EQ(texts[0], "");
    for (int r = 1; r < c.size(); ++r) EXPECT_EQ(texts[r], "address " + std::to_string(r));
  });
}

TEST_P(CommunicatorConformance, BroadcastsFromEachRoot) {
  run([](Communicator& c) {
    for (int root = 0; root < c.size(); ++root) {
      std::vector<double> data = {1.0 * c.rank(), 10.0 * c.rank()};
      c.broadcast(std::span(data), root);
      EXPECT_THAT(data, ElementsAre(1.0 * root, 10.0 * root));
    }
  });
}

TEST_P(CommunicatorConformance, ABarrierHoldsUntilAllHaveCome) {
  std::vector<int> before(static_cast<std::size_t>(size()));
  run([&](Communicator& c) {
    for (int round = 1; round <= 20; ++round) {
      before[c.rank()] = round;
      c.barrier();
      for (const int b : before) EXPECT_EQ(b, round);
      c.barrier();
    }
  });
}

TEST_P(CommunicatorConformance, SplitsByColorOrderedByKey) {
  run([](Communicator& c) {
    const auto half = c.split(c.rank() % 2, -c.rank());  // the order turns round
    std::vector<int> expected;
    for (int r = c.size() - 1; r >= 0; --r) {
      if (r % 2 == c.rank() % 2) expected.push_back(r);
    }
    ASSERT_EQ(half->size(), static_cast<int>(expected.size()));
    EXPECT_EQ(expected[half->rank()], c.rank());
    std::vector<std::int32_t> sum = {c.rank()};
    half->allreduce(std::span(sum), ReduceOp::sum);
    EXPECT_EQ(sum[0], std::accumulate(expected.begin(), expected.end(), 0));
    c.barrier();
  });
}

TEST_P(CommunicatorConformance, ASplitCanBeSplitAgain) {
  run([](Communicator& c) {
    const auto all = c.split(7, 0);
    EXPECT_EQ(all->rank(), c.rank());
    const auto alone = all->split(all->rank(), 0);
    EXPECT_EQ(alone->size(), 1);
    EXPECT_THAT(alone->allgather("me"), ElementsAre("me"));
  });
}

TEST_P(CommunicatorConformance, AbortEndsTheNextCallsWithTheCause) {
  run([](Communicator& c) {
    const auto half = c.split(c.rank() % 2, 0);
    if (c.rank() == c.size() - 1) c.abort("the disk is full");
    const std::string expected = "rank " + std::to_string(c.size() - 1) + ": the disk is full";
    std::vector<double> data(3);
    // A round in which all meet may still succeed on a rank that was faster than the abort; not more than that.
    const auto until_aborted = [&](FunctionRef<void()> call) {
      for (;;) call();
    };
    EXPECT_EQ(refusal([&] { until_aborted([&] { c.allreduce(std::span(data), ReduceOp::sum); }); }, ErrorCode::remote),
              expected);
    EXPECT_EQ(refusal([&] { c.barrier(); }, ErrorCode::remote), expected);
    EXPECT_EQ(refusal([&] { c.allgather(""); }, ErrorCode::remote), expected);
    EXPECT_EQ(refusal([&] { c.broadcast(std::span(data), 0); }, ErrorCode::remote), expected);
    EXPECT_EQ(refusal([&] { c.split(0, 0); }, ErrorCode::remote), expected);
    EXPECT_EQ(refusal([&] { half->barrier(); }, ErrorCode::remote), expected);
  });
}

TEST_P(CommunicatorConformance, RefusesWrongCountsAndRoots) {
  run([](Communicator& c) {
    const std::vector<double> data(3);
    const std::vector<std::size_t> too_many(static_cast<std::size_t>(c.size() + 1), 0);
    const std::string size = std::to_string(c.size());
    EXPECT_EQ(
        refusal([&] { c.reduce_scatter(std::span<const double>(data), too_many, ReduceOp::sum); }),
        "[reduce_scatter] expected one count for each of " + size + " ranks, got " + std::to_string(c.size() + 1));
    const std::vector<std::size_t> too_few(static_cast<std::size_t>(c.size()), 0);
    EXPECT_EQ(refusal([&] { c.reduce_scatter(std::span<const double>(data), too_few, ReduceOp::sum); }),
              "[reduce_scatter] the counts must add up to 3 elements, got 0");
    std::vector<double> values(1);
    EXPECT_EQ(refusal([&] { c.broadcast(std::span(values), c.size()); }),
              "[broadcast] the root must lie in [0, " + size + "), got " + size);
    c.barrier();
  });
}

INSTANTIATE_TEST_SUITE_P(Backends, CommunicatorConformance,
                         testing::Values(Group{"self", 1, run_self}, Group{"threads1", 1, run_threads},
                                         Group{"threads2", 2, run_threads}, Group{"threads3", 3, run_threads},
                                         Group{"threads5", 5, run_threads}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace thrum
