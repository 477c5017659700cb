#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/mutex.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/parallel.h"
#include "thrum/runtime/rendezvous_test.h"

namespace thrum {
namespace {

using test::Rendezvous;
using testing::ElementsAre;
using testing::ThrowsMessage;

/// All that an Arena promises, for every backend and several widths.
struct Shape {
  Backend backend;
  int slots;
};

class ArenaConformance : public testing::TestWithParam<Shape> {
 protected:
  Arena arena{GetParam().slots, GetParam().backend};
};

TEST_P(ArenaConformance, RunsEachChunkOnce) {
  for (const std::size_t n : {0, 1, 2, 7, 1000}) {
    std::vector<int> calls(n);
    arena.run(n, [&](std::size_t chunk) { ++calls[chunk]; });
    EXPECT_EQ(calls, std::vector<int>(n, 1));
  }
}

TEST_P(ArenaConformance, SplitsARangeIntoConsecutiveChunks) {
  std::vector<std::pair<std::size_t, std::size_t>> ranges(4);
  parallel_for(arena, 10, 3, [&](std::size_t begin, std::size_t end) { ranges[begin / 3] = {begin, end}; });
  EXPECT_THAT(ranges, ElementsAre(std::pair(0, 3), std::pair(3, 6), std::pair(6, 9), std::pair(9, 10)));
}

TEST_P(ArenaConformance, CallsNothingForAnEmptyRange) {
  parallel_for(arena, 0, 5, [](std::size_t, std::size_t) { FAIL(); });
  EXPECT_TRUE(parallel_map(arena, 0, [](std::size_t i) { return i; }).empty());
  EXPECT_EQ(parallel_reduce(arena, 0, 5, 42, [](std::size_t, std::size_t) { return 1; }, std::plus<>()), 42);
}

TEST_P(ArenaConformance, MapsIntoTypesWithoutDefaultConstructor) {
  struct Square {
    explicit Square(std::size_t i) : value(i * i) {}
    std::size_t value;
  };
  const auto squares = parallel_map(arena, 100, [](std::size_t i) { return Square(i); });
  ASSERT_EQ(squares.size(), 100u);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(squares[i].value, i * i);
}

TEST_P(ArenaConformance, InvokesAllFunctions) {
  int a = 0, b = 0, c = 0;
  parallel_invoke(arena, [&] { a = 1; }, [&] { b = 2; }, [&] { c = 3; });
  EXPECT_THAT((std::vector{a, b, c}), ElementsAre(1, 2, 3));
}

TEST_P(ArenaConformance, RethrowsTheExceptionOfTheLowestChunk) {
  for (int repetition = 0; repetition < 50; ++repetition) {
    std::vector<int> ended(200);
    const auto chunk = [&](std::size_t i) {
      if (i % 50 == 37) throw std::runtime_error("chunk " + std::to_string(i));
      ended[i] = 1;
    };
    EXPECT_THAT([&] { arena.run(200, chunk); }, ThrowsMessage<std::runtime_error>("chunk 37"));
    EXPECT_EQ(std::accumulate(ended.begin(), ended.begin() + 37, 0), 37);
  }
}

TEST_P(ArenaConformance, LeavesOutChunksAfterAFailure) {
  std::atomic<int> calls = 0;
  EXPECT_THROW(arena.run(1'000'000,
                         [&](std::size_t) {
                           ++calls;
                           throw std::runtime_error("first");
                         }),
               std::runtime_error);
  EXPECT_LE(calls, GetParam().slots);
}

TEST_P(ArenaConformance, StaysUsableAfterAnException) {
  EXPECT_ANY_THROW(arena.run(10, [](std::size_t) { throw 1; }));
  std::atomic<int> calls = 0;
  arena.run(10, [&](std::size_t) { ++calls; });
  EXPECT_EQ(calls, 10);
}

TEST_P(ArenaConformance, AStopRequestCancelsWhatHasNotBegun) {
  std::stop_source source;
  const std::stop_token stop = source.get_token();
  std::atomic<int> begun = 0;
  const auto chunk = [&](std::size_t i) {
    ++begun;
    if (i == 20) source.request_stop();
    while (i > 20 && !stop.stop_requested()) std::this_thread::yield();
  };
  EXPECT_EQ(test::refusal([&] { arena.run(1000, chunk, stop); }, ErrorCode::cancelled),
            "[parallel] a stop was requested before the work was done");
  EXPECT_LE(begun, 20 + GetParam().slots);
}

TEST_P(ArenaConformance, AnExceptionBelowTheCancelledChunkWins) {
  std::stop_source source;
  const auto chunk = [&](std::size_t i) {
    if (i != 0) return;
    source.request_stop();
    throw std::runtime_error("chunk 0");
  };
  EXPECT_THAT([&] { arena.run(1000, chunk, source.get_token()); }, ThrowsMessage<std::runtime_error>("chunk 0"));
}

TEST_P(ArenaConformance, NestsThreeDeepWithScratchPerChunk) {
  std::vector<std::vector<std::uint64_t>> sums(8);
  arena.run(8, [&](std::size_t outer) {
    std::vector<std::uint64_t> scratch(16);
    arena.run(16, [&](std::size_t middle) {
      std::vector<std::uint64_t> inner_scratch(32);
      arena.run(32, [&](std::size_t inner) { inner_scratch[inner] = outer * 10000 + middle * 100 + inner; });
      scratch[middle] = std::accumulate(inner_scratch.begin(), inner_scratch.end(), std::uint64_t{0});
    });
    sums[outer] = scratch;
  });
  for (std::uint64_t outer = 0; outer < 8; ++outer) {
    for (std::uint64_t middle = 0; middle < 16; ++middle) {
      EXPECT_EQ(sums[outer][middle], 32 * (outer * 10000 + middle * 100) + 31 * 32 / 2);
    }
  }
}

TEST_P(ArenaConformance, AWaitingThreadTakesNoChunkOfAnOuterLoop) {
  thread_local int depth = 0;
  std::atomic<int> deepest = 0;
  arena.run(64, [&](std::size_t) {
    ++depth;
    deepest = std::max(deepest.load(), depth);
    arena.run(16, [](std::size_t) { std::this_thread::yield(); });
    --depth;
  });
  EXPECT_EQ(deepest, 1);
}

TEST_P(ArenaConformance, AnExceptionPassesThroughNestedLoops) {
  const auto nested = [&] {
    arena.run(4, [&](std::size_t outer) {
      arena.run(4, [&](std::size_t inner) {
        if (outer == 1 && inner == 2) throw std::runtime_error("1.2");
      });
    });
  };
  EXPECT_THAT(nested, ThrowsMessage<std::runtime_error>("1.2"));
}

TEST_P(ArenaConformance, ServesSeveralOutsideThreads) {
  std::vector<std::uint64_t> totals(4);
  {
    std::vector<std::jthread> callers;
    callers.reserve(totals.size());
    for (std::size_t caller = 0; caller < totals.size(); ++caller) {
      callers.emplace_back([&, caller] {
        for (int repetition = 0; repetition < 200; ++repetition) {
          std::vector<std::uint64_t> values(50);
          arena.run(50, [&](std::size_t chunk) { values[chunk] = chunk * caller; });
          totals[caller] += std::accumulate(values.begin(), values.end(), std::uint64_t{0});
        }
      });
    }
  }
  for (std::size_t caller = 0; caller < totals.size(); ++caller) EXPECT_EQ(totals[caller], 200 * 1225 * caller);
}

TEST_P(ArenaConformance, AllSlotsReallyWorkAtOnce) {
  Rendezvous rendezvous(arena.slots());
  Mutex mutex;
  std::set<std::thread::id> threads;
  std::atomic<int> met = 0;
  arena.run(static_cast<std::size_t>(arena.slots()), [&](std::size_t) {
    {
      MutexLock lock(mutex);
      threads.insert(std::this_thread::get_id());
    }
    met += rendezvous.arrive_and_wait();
  });
  EXPECT_EQ(met, arena.slots());
  EXPECT_EQ(threads.size(), static_cast<std::size_t>(arena.slots()));
}

TEST_P(ArenaConformance, NeverRunsMoreThanItsSlotsAtOnce) {
  std::atomic<int> now = 0, most = 0;
  arena.run(500, [&](std::size_t) {
    const int here = ++now;
    int seen = most;
    while (seen < here && !most.compare_exchange_weak(seen, here)) {
    }
    std::this_thread::yield();
    --now;
  });
  EXPECT_LE(most, arena.slots());
}

TEST_P(ArenaConformance, ReducesToTheSameBitsAsASequentialArena) {
  // Magnitudes so different that another order of additions gives other bits.
  const auto value = [](std::size_t i) { return (i % 3 == 0 ? 1e16 : 1.0 / 3.0) * (i % 2 == 0 ? 1 : -1); };
  const auto sum = [&](Arena& a) {
    return parallel_reduce(
        a, 10'001, 64, 0.0,
        [&](std::size_t begin, std::size_t end) {
          double partial = 0;
          for (std::size_t i = begin; i < end; ++i) partial += value(i);
          return partial;
        },
        std::plus<>());
  };
  Arena sequential(1, Backend::sequential);
  EXPECT_EQ(sum(arena), sum(sequential));
}

TEST_P(ArenaConformance, CanBeMoved) {
  Arena moved = std::move(arena);
  std::atomic<int> calls = 0;
  moved.run(20, [&](std::size_t) { ++calls; });
  EXPECT_EQ(calls, 20);
  EXPECT_EQ(moved.backend(), GetParam().backend);
}

INSTANTIATE_TEST_SUITE_P(Backends, ArenaConformance,
                         testing::Values(Shape{Backend::sequential, 1}, Shape{Backend::threads, 1},
                                         Shape{Backend::threads, 2}, Shape{Backend::threads, 5}, Shape{Backend::tbb, 1},
                                         Shape{Backend::tbb, 2}, Shape{Backend::tbb, 5}),
                         [](const auto& test) {
                           return std::string(backend_name(test.param.backend)) + std::to_string(test.param.slots);
                         });

TEST(Arena, TakesAllAvailableCpusByDefault) {
  EXPECT_EQ(Arena().slots(), std::min(available_cpus(), Arena::max_slots));
}

TEST(Arena, ASequentialArenaHasOneSlot) {
  EXPECT_EQ(Arena(5, Backend::sequential).slots(), 1);
}

TEST(Arena, RefusesImpossibleSlots) {
  for (const int slots : {-1, Arena::max_slots + 1}) {
    EXPECT_EQ(
        test::refusal([&] { Arena arena(slots); }),
        "[Arena] slots must lie in [0, 1024], got " + std::to_string(slots) + "; 0 takes all that the process may use");
  }
}

TEST(Arena, ANestedArenaRunsOnThePlacesOfTheOuterOne) {
  Arena outer(3);
  std::atomic<int> now = 0, most = 0;
  outer.run(6, [&](std::size_t) {
    Arena inner(5);
    inner.run(20, [&](std::size_t) {
      const int here = ++now;
      int seen = most;
      while (seen < here && !most.compare_exchange_weak(seen, here)) {
      }
      std::this_thread::yield();
      --now;
    });
  });
  EXPECT_LE(most, 3);
}

TEST(Arena, NestedArenasOfBothKindsCompose) {
  Arena tbb(3, Backend::tbb), threads(3, Backend::threads);
  std::atomic<int> calls = 0;
  tbb.run(6, [&](std::size_t) { threads.run(6, [&](std::size_t) { tbb.run(6, [&](std::size_t) { ++calls; }); }); });
  EXPECT_EQ(calls, 216);
}

}  // namespace
}  // namespace thrum
