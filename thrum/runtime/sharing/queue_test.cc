#include "thrum/runtime/sharing/queue.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/runtime/process/spawn.h"
#include "thrum/runtime/sharing/event.h"
#include "thrum/runtime/sharing/shared_array.h"
#include "thrum/runtime/sharing/shared_memory_internal.h"
#include "thrum/runtime/sharing/sharing_test.h"

namespace thrum {
namespace {

using std::chrono::milliseconds;

TEST(Queue, GivesItemsInTheOrderInWhichTheyCame) {
  const Queue<int> queue(3);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.try_put(10 * round + i));
    EXPECT_EQ(queue.size(), 3u);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(queue.get(), 10 * round + i);
  }
  EXPECT_EQ(queue.size(), 0u);
}

TEST(Queue, HoldsAsMuchAsItsCapacity) {
  const Queue<std::string> queue(5);
  const std::string large(100'000, 'x');
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(queue.try_put(large));
  EXPECT_FALSE(queue.try_put(""));
  EXPECT_FALSE(queue.put("", milliseconds(30)));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(queue.try_get(), large);
  EXPECT_EQ(queue.try_get(), std::nullopt);
  EXPECT_EQ(queue.get(milliseconds(30)), std::nullopt);
}

TEST(Queue, CarriesWhateverCanCross) {
  const Queue<std::map<std::string, std::vector<double>>> queue(4);
  const std::map<std::string, std::vector<double>> small = {{"a", {1, 2}}, {"b", {}}};
  std::map<std::string, std::vector<double>> large = {{"c", std::vector<double>(1'000'000)}};
  std::iota(large["c"].begin(), large["c"].end(), 0);
  for (int round = 0; round < 5; ++round) {
    queue.put(small);
    queue.put(large);
    EXPECT_EQ(queue.get(), small);
    EXPECT_EQ(queue.get(), large);
  }
}

TEST(Queue, CarriesSharedArraysWithoutACopy) {
  const Queue<SharedArray<double>> queue(2);
  const auto array = SharedArray<double>::from(std::vector<double>{1, 2, 3});
  for (int i = 0; i < 10; ++i) {
    queue.put(array);
    queue.put(SharedArray<double>());
    EXPECT_EQ(queue.get()->data(), array.data());
    EXPECT_TRUE(queue.get()->empty());
  }
}

TEST(Queue, CarriesMoreDescriptorsThanTravelAtATime) {
  const Queue<SharedArray<int>> queue(5000);
  Process consumer = spawn(
      [](const Queue<SharedArray<int>>& its) {
        for (int i = 0; i < 2000; ++i) demand((*its.get(generous))[0] == i);
      },
      queue);
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(queue.put(SharedArray<int>::from(std::vector{i}), generous));
  EXPECT_TRUE(consumer.wait().ok());
}

TEST(Queue, JoinsManyProducersWithManyConsumers) {
  const Queue<std::int64_t> queue(16);
  const Queue<std::int64_t> sums(3);
  std::vector<Process> producers, consumers;
  for (std::int64_t p = 0; p < 3; ++p) {
    producers.push_back(spawn(
        [](const Queue<std::int64_t>& its, std::int64_t first) {
          for (std::int64_t i = first; i < 30'000; i += 3) its.put(i);
        },
        queue, p));
    consumers.push_back(spawn(
        [](const Queue<std::int64_t>& its, const Queue<std::int64_t>& its_sums) {
          std::int64_t sum = 0;
          while (const std::optional<std::int64_t> item = its.get()) sum += *item;
          its_sums.put(sum);
        },
        queue, sums));
  }
  for (Process& producer : producers) EXPECT_TRUE(producer.wait().ok());
  queue.close();
  for (Process& consumer : consumers) EXPECT_TRUE(consumer.wait().ok());
  EXPECT_EQ(*sums.get() + *sums.get() + *sums.get(), 30'000ll * 29'999 / 2);
}

TEST(Queue, JoinsManyThreads) {
  const Queue<std::string> queue(16);
  std::atomic<std::int64_t> sum = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) queue.put(std::to_string(i));
    });
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) sum += std::stoi(*queue.get());
    });
  }
  threads.clear();
  EXPECT_EQ(sum, 2ll * 5000 * 4999 / 2);
}

TEST(Queue, IsDrainedAfterItIsClosed) {
  const Queue<int> queue(4);
  queue.put(1);
  queue.put(2);
  EXPECT_FALSE(queue.is_closed());
  queue.close();
  EXPECT_TRUE(queue.is_closed());
  expect_error(ErrorCode::cancelled, "[queue] expected an open queue, it is closed", [&] { queue.put(3); });
  EXPECT_EQ(queue.get(), 1);
  EXPECT_EQ(queue.get(), 2);
  EXPECT_EQ(queue.get(), std::nullopt);
}

TEST(Queue, ClosingWakesThoseWhoWait) {
  const Queue<int> empty(1), full(1);
  full.put(1);
  std::jthread getter([&] { EXPECT_EQ(empty.get(generous), std::nullopt); });
  std::jthread putter([&] {
    expect_error(ErrorCode::cancelled, "[queue] expected an open queue, it is closed", [&] { full.put(2, generous); });
  });
  empty.close();
  full.close();
}

TEST(Queue, JoinWaitsUntilAllItemsAreDone) {
  const Queue<int> queue(10);
  EXPECT_TRUE(queue.join());
  for (int i = 0; i < 3; ++i) queue.put(i);
  EXPECT_FALSE(queue.join(milliseconds(0)));
  for (int i = 0; i < 3; ++i) queue.get();
  EXPECT_FALSE(queue.join(milliseconds(30)));
  for (int i = 0; i < 3; ++i) queue.task_done();
  EXPECT_TRUE(queue.join());
  expect_error(ErrorCode::invalid_argument,
               "[queue] expected an item that this process got and has not done, it has none",
               [&] { queue.task_done(); });
}

TEST(Queue, JoinWaitsForOtherProcesses) {
  const Queue<int> queue(10);
  const auto done = SharedArray<int>::writable(1);
  Process consumer = spawn(
      [](const Queue<int>& its, const SharedArray<int>& its_done) {
        while (its.get()) {
          ++its_done.mutable_span()[0];
          its.task_done();
        }
      },
      queue, done);
  for (int i = 0; i < 100; ++i) queue.put(i);
  EXPECT_TRUE(queue.join(generous));
  EXPECT_EQ(done[0], 100);
  queue.close();
  EXPECT_TRUE(consumer.wait().ok());
}

TEST(Queue, JoinDoesNotWaitForADeadConsumer) {
  const Queue<int> queue(10);
  queue.put(1);
  const Event got;
  Process consumer = spawn(
      [](const Queue<int>& its, const Event& its_got) {
        its.get();
        its_got.set();
        block();
      },
      queue, got);
  ASSERT_TRUE(got.wait(generous));
  EXPECT_FALSE(queue.join(milliseconds(0)));
  consumer.kill();
  EXPECT_TRUE(queue.join(generous));
}

TEST(Queue, GivesBackItsMemoryAndDescriptors) {
  release_idle_mappings();
  const std::size_t before = open_descriptors();
  {
    const Queue<std::string> queue(4);
    const std::string large(1'000'000, 'x');
    for (int i = 0; i < 100; ++i) {
      queue.put(large);
      EXPECT_EQ(sent(queue).get(), large);
    }
    const Queue<SharedArray<int>> arrays(4);
    for (int i = 0; i < 4; ++i) arrays.put(SharedArray<int>(1000));
  }
  release_idle_mappings();
  EXPECT_EQ(open_descriptors(), before);
}

/// Bytes in memory of what queues keep outside their rings.
std::int64_t spilled_bytes() {
  std::int64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry, gone).string();
    struct stat status;
    if (target.find("thrum-spill") != std::string::npos && ::stat(entry.path().c_str(), &status) == 0) {
      bytes += 512 * status.st_blocks;
    }
  }
  return bytes;
}

TEST(Queue, KeepsNoMemoryForLargeItemsThatWereGot) {
  const Queue<std::string> queue(4);
  for (int i = 0; i < 50; ++i) {
    queue.put(std::string(1'000'001, 'x'));
    EXPECT_GT(spilled_bytes(), 1'000'000);
    queue.get();
  }
  EXPECT_LE(spilled_bytes(), 10'000);
}

TEST(Queue, RefusesCapacitiesThatCannotBe) {
  for (const std::int64_t capacity : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{8'388'608}}) {
    expect_error(ErrorCode::invalid_argument,
                 "[queue] expected a capacity from 1 to 8388607, got " + std::to_string(capacity),
                 [&] { const Queue<int> queue(capacity); });
  }
}

TEST(Queue, RefusesTooManyDescriptorsInAnItem) {
  const Queue<std::vector<SharedArray<int>>> queue(1);
  const std::vector<SharedArray<int>> arrays(254, SharedArray<int>(1));
  expect_error(ErrorCode::invalid_argument, "[queue] expected at most 253 descriptors in an item, got 254",
               [&] { queue.put(arrays); });
}

TEST(Queue, RefusesForeignMemoryAndOtherItems) {
  expect_refusal<Queue<int>>("queue");
  WireWriter writer;
  writer.write(Queue<int>(1));
  auto descriptors = writer.take_descriptors();
  WireReader reader(writer.bytes(), std::move(descriptors));
  expect_error(ErrorCode::corrupt_data, "[queue] expected a queue of 8-byte items, got one of 4",
               [&] { reader.read<Queue<double>>(); });
}

/// What travels in the chaos: plain numbers, small and large texts.
template <class T>
T make_item(std::int64_t producer, std::int64_t number);
template <>
std::int64_t make_item(std::int64_t producer, std::int64_t number) {
  return producer * 1'000'000 + number;
}
template <>
std::string make_item(std::int64_t producer, std::int64_t number) {
  return std::to_string(producer * 1'000'000 + number) + std::string(number % 3 == 0 ? 20'000 : 1, ' ');
}
std::int64_t number_of(std::int64_t item) {
  return item;
}
std::int64_t number_of(const std::string& item) {
  return std::stoll(item);
}
template <>
SharedArray<std::int64_t> make_item(std::int64_t producer, std::int64_t number) {
  return SharedArray<std::int64_t>::from(std::vector{producer * 1'000'000 + number});
}
std::int64_t number_of(const SharedArray<std::int64_t>& item) {
  return item[0];
}

template <class T>
class QueueChaos : public testing::Test {};
using ChaosItems = testing::Types<std::int64_t, std::string, SharedArray<std::int64_t>>;
TYPED_TEST_SUITE(QueueChaos, ChaosItems);

/// Producers are killed at any moment; what arrives is a prefix of what each put, in order, nothing twice.
TYPED_TEST(QueueChaos, KilledProducersLoseNothingThatWasPut) {
  const Queue<TypeParam> queue(8);
  const Random random(3);
  std::map<std::int64_t, std::int64_t> next;
  const auto take = [&] {
    const auto item = queue.get(generous);
    ASSERT_TRUE(item);
    const std::int64_t number = number_of(*item);
    ASSERT_EQ(number % 1'000'000, next[number / 1'000'000]++);
  };
  for (std::int64_t round = 0; round < 20; ++round) {
    std::vector<Process> producers;
    for (std::int64_t p = 0; p < 2; ++p) {
      producers.push_back(spawn(
          SpawnOptions{.start = StartMethod::fork_server},
          [](const Queue<TypeParam>& its, std::int64_t producer) {
            for (std::int64_t i = 0;; ++i) its.put(make_item<TypeParam>(producer, i));
          },
          queue, 2 * round + p));
    }
    const auto items = random.below(static_cast<std::uint64_t>(round), 300);
    for (std::uint64_t i = 0; i < items + 1; ++i) take();
    for (Process& producer : producers) kill_and_wait(producer);
  }
  while (queue.size() > 0) take();
  queue.put(make_item<TypeParam>(1000, 0));
  take();
  EXPECT_GE(next.size(), 21u);
}

/// Consumers are killed at any moment; each takes at most the item away that it had in hand.
TYPED_TEST(QueueChaos, KilledConsumersLoseAtMostTheirOwnItem) {
  const Queue<TypeParam> queue(8);
  const Queue<std::int64_t> seen(100'000);
  const Random random(5);
  std::int64_t number = 0;
  int victims = 0;
  for (std::uint64_t round = 0; round < 20; ++round) {
    std::vector<Process> consumers;
    for (int c = 0; c < 2; ++c) {
      consumers.push_back(spawn(
          SpawnOptions{.start = StartMethod::fork_server},
          [](const Queue<TypeParam>& its, const Queue<std::int64_t>& its_seen) {
            while (const auto item = its.get()) {
              its_seen.put(number_of(*item));
              its.task_done();
            }
          },
          queue, seen));
    }
    const auto items = random.below(round, 300);
    for (std::uint64_t i = 0; i < items + 20; ++i) {
      ASSERT_TRUE(queue.put(make_item<TypeParam>(0, number++), generous));
    }
    for (Process& consumer : consumers) kill_and_wait(consumer);
    victims += 2;
  }
  while (const auto item = queue.try_get()) {
    seen.put(number_of(*item));
    queue.task_done();
  }
  EXPECT_TRUE(queue.join(generous));
  std::set<std::int64_t> numbers;
  std::int64_t count = 0;
  while (const auto item = seen.try_get()) {
    numbers.insert(*item);
    ++count;
  }
  EXPECT_EQ(static_cast<std::int64_t>(numbers.size()), count);
  EXPECT_GE(count, number - victims);
  EXPECT_LE(count, number);
}

}  // namespace
}  // namespace thrum
