#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "thrum/comm/thread_communicator.h"
#include "thrum/learn/linear/logistic_regression_testing_internal.h"
#include "thrum/learn/tree/gbdt.h"

namespace thrum {
namespace {

using testing_data::Generated;
using Bytes = std::vector<std::byte>;

/// Returns once as many different threads as `arena` has slots work in it at the same time.
void expect_all_slots_work(Arena& arena) {
  const auto n = static_cast<std::size_t>(arena.slots());
  std::mutex mutex;
  std::condition_variable all_there;
  std::set<std::thread::id> threads;
  arena.run(n, [&](std::size_t) {
    std::unique_lock lock(mutex);
    threads.insert(std::this_thread::get_id());
    all_there.notify_all();
    EXPECT_TRUE(all_there.wait_for(lock, std::chrono::minutes(1), [&] { return threads.size() == n; }));
  });
  EXPECT_EQ(threads.size(), n);
}

/// The model file of a fit on `ranks` ranks with `threads` threads each; all ranks must have the same.
Bytes train(const Dataset& whole, const GbdtOptions& options, int threads, int ranks) {
  std::vector<Bytes> files(static_cast<std::size_t>(ranks));
  run_thread_ranks(ranks, [&](Communicator& communicator) {
    Arena arena(threads);
    expect_all_slots_work(arena);
    const Execution execution{.arena = &arena, .communicator = &communicator};
    const Dataset part = whole.shard(communicator.rank(), ranks);
    files[static_cast<std::size_t>(communicator.rank())] = serialize(*Gbdt().fit(part, options, execution));
    expect_all_slots_work(arena);
  });
  for (const Bytes& file : files) EXPECT_EQ(file, files.front());
  return files.front();
}

struct Case {
  std::string name;
  Generated rows;
  GbdtOptions options;
};

class GbdtFile : public testing::TestWithParam<Case> {};

TEST_P(GbdtFile, HasTheSameBytesForAnyNumberOfThreadsAndRanks) {
  const Dataset dataset = GetParam().rows.dataset();
  const Bytes expected = train(dataset, GetParam().options, 1, 1);
  ASSERT_FALSE(expected.empty());
  for (const int threads : {1, 2, 5}) {
    for (const int ranks : {1, 3}) {
      EXPECT_TRUE(train(dataset, GetParam().options, threads, ranks) == expected)
          << threads << " threads, " << ranks << " ranks";
    }
  }
}

TEST_P(GbdtFile, HasTheSameBytesWhereARankHasNoRows) {
  Case c = GetParam();
  c.rows.n_rows = 2 * row_block;
  EXPECT_TRUE(train(c.rows.dataset(), c.options, 1, 3) == train(c.rows.dataset(), c.options, 1, 1));
}

TEST_P(GbdtFile, ChangesWithTheRows) {
  Case c = GetParam();
  c.rows.n_rows = 3000;
  const Bytes one = train(c.rows.dataset(), c.options, 1, 1);
  c.rows.seed += 1;
  EXPECT_FALSE(train(c.rows.dataset(), c.options, 1, 1) == one);
}

std::vector<Case> cases() {
  const Generated binary{.seed = 21, .n_rows = 6 * row_block + 123, .n_columns = 5};
  GbdtOptions small;
  small.n_estimators = 5;
  GbdtOptions by_depth = small;
  by_depth.grow_policy = "depth";
  by_depth.max_depth = 4;
  by_depth.class_weight = "balanced";
  GbdtOptions sampled = small;
  sampled.subsample = 0.6;
  sampled.colsample_bynode = 0.6;
  sampled.boosting = "dart";
  sampled.skip_drop = 0;
  sampled.drop_rate = 0.5;
  GbdtOptions goss = small;
  goss.data_sample_strategy = "goss";
  goss.learning_rate = 0.9;
  const Generated classes{.seed = 22, .n_rows = 3 * row_block + 77, .n_columns = 3, .n_classes = 3};
  return {{"Leaves", binary, small},
          {"Depth", binary, by_depth},
          {"Sampled", binary, sampled},
          {"Goss", binary, goss},
          {"Classes", classes, small}};
}

INSTANTIATE_TEST_SUITE_P(Cases, GbdtFile, testing::ValuesIn(cases()), [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace thrum
