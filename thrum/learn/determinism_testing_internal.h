#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <set>
#include <span>
#include <thread>
#include <vector>

#include "thrum/comm/thread_communicator.h"
#include "thrum/learn/learner.h"

namespace thrum::testing_data {

using Bytes = std::vector<std::byte>;

/// Returns once as many different threads as `arena` has slots work in it at the same time.
inline void expect_all_slots_work(Arena& arena) {
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

/// The part of a mask or of weights, one value per row of all ranks, that belongs to the rows of one rank.
template <class T>
std::span<const T> part_of(std::span<const T> values, const Dataset& rows) {
  return values.empty() ? values : values.subspan(rows.first_row(), rows.n_rows());
}

/// The model files of fits on `ranks` ranks with `threads` threads each, one after another; all ranks must have the
/// same. Masks and weights of the specs are those of all rows.
inline Bytes train(const Learner& learner, const Dataset& whole, std::span<const FitSpec> specs, int threads, int ranks,
                   Scratch* scratch = nullptr) {
  std::vector<Bytes> files(static_cast<std::size_t>(ranks));
  run_thread_ranks(ranks, [&](Communicator& communicator) {
    Arena arena(threads);
    expect_all_slots_work(arena);
    const Execution execution{.arena = &arena, .communicator = &communicator, .seed = 5, .scratch = scratch};
    const Dataset rows = whole.shard(communicator.rank(), ranks);
    std::vector<FitSpec> own(specs.begin(), specs.end());
    for (FitSpec& spec : own) {
      spec.row_mask = part_of(spec.row_mask, rows);
      spec.weights = part_of(spec.weights, rows);
    }
    Bytes& file = files[static_cast<std::size_t>(communicator.rank())];
    for (const auto& model : learner.fit_many(rows, own, execution)) {
      const Bytes bytes = serialize(*model);
      file.insert(file.end(), bytes.begin(), bytes.end());
    }
    expect_all_slots_work(arena);
  });
  for (const Bytes& file : files) EXPECT_EQ(file, files.front());
  return files.front();
}

inline Bytes train(const Learner& learner, const Dataset& whole, const Options& options, int threads, int ranks) {
  const FitSpec spec{.options = &options};
  return train(learner, whole, std::span(&spec, 1), threads, ranks);
}

/// The model files of `specs` have the same bytes for threads 1, 2, 5 x ranks 1, 3.
inline void expect_same_bytes(const Learner& learner, const Dataset& dataset, std::span<const FitSpec> specs) {
  const Bytes expected = train(learner, dataset, specs, 1, 1);
  ASSERT_FALSE(expected.empty());
  for (const int threads : {1, 2, 5}) {
    for (const int ranks : {1, 3}) {
      EXPECT_TRUE(train(learner, dataset, specs, threads, ranks) == expected)
          << threads << " threads, " << ranks << " ranks";
    }
  }
}

inline void expect_same_bytes(const Learner& learner, const Dataset& dataset, const Options& options) {
  const FitSpec spec{.options = &options};
  expect_same_bytes(learner, dataset, std::span(&spec, 1));
}

}  // namespace thrum::testing_data
