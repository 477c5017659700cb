// What holds between threads and processes that share a folder, some of which are killed.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <barrier>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "thrum/cache/cache_fixture_test.h"
#include "thrum/cache/memory.h"
#include "thrum/cache/shard_internal.h"
#include "thrum/runtime/process/child_test.h"
#include "thrum/runtime/process/process.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test::child;
using test::Pipe;
using test::say;
using testing::HasSubstr;

/// Returns when a byte comes, or the other end is closed.
void hear(int fd) {
  char byte;
  while (::read(fd, &byte, 1) < 0) {
  }
}

// The parts that this program plays when a test starts it as a child.

constexpr StoreOptions storm_options = {.max_bytes = 200 * 4096, .max_entries = 150};

std::string storm_value(unsigned i) {
  return std::string(i % 5 == 0 ? 9000 + i : i % 400, static_cast<char>('a' + i % 26));
}
Digest storm_key(unsigned i) {
  return key_of("storm" + std::to_string(i));
}

/// Descriptor 3 gives the start, 4 takes a byte per computation, 5 takes the answer.
int ask_once(const std::string& folder) {
  const Memory memory(folder);
  const auto slow = memory.cache("slow", "v1", [](int x) {
    say(4, "c");
    std::this_thread::sleep_for(milliseconds(20));  // so that the others find it at work
    return x + 1;
  });
  hear(3);
  return slow(41) == 42 ? 0 : 1;
}

/// Holds its turn until it is killed, or descriptor 4 is closed at the other end.
int hold_turn(const std::string& folder) {
  const Memory memory(folder);
  memory.cache("slow", "v1", [](int x) {
    say(3, "h");
    hear(4);
    return x + 1;
  })(41);
  return 0;
}

/// Stores and reads at random until it is killed. Ends with 7 where it reads a wrong value.
int storm(const std::string& folder, unsigned seed) {
  const Store store(folder, storm_options);
  std::minstd_rand random(seed);
  say(3, "s");
  for (;;) {
    const auto i = static_cast<unsigned>(random() % 1000);
    const std::string value = storm_value(i);
    if (const auto entry = store.find(storm_key(i)); entry && text_of(entry->value.bytes()) != value) return 7;
    store.put(storm_key(i), {.function = "storm", .version = "v1", .value = bytes_of(value)});
  }
}

/// Uses a folder that this process may not write.
int only_read(const std::string& folder) {
  if (::geteuid() == 0 && ::setuid(65534) != 0) return 98;
  std::string messages;
  set_log_sink([&](LogLevel, std::string_view message) { messages += message; });
  const Memory memory(folder);
  int computed = 0;
  const auto f = memory.cache("f", "v1", [&](int x) { return ++computed, x; });
  if (messages != "[cache] " + folder + " may not be written: it is only read") return 1;
  if (f(1) != 1 || computed != 0) return 2;
  if (f(2) != 2 || f(2) != 2 || computed != 2) return 3;
  if (refusal([&] { memory.clear(); }, ErrorCode::io) != "[cache] " + folder + " may not be written") return 4;
  return memory.usage().entries == 1 && memory.store().read_only() ? 0 : 5;
}

int tell_key() {
  KeyHasher hasher;
  hasher(std::unordered_map<std::string, int>{{"a", 1}, {"b", 2}, {"c", 3}}, std::vector<double>(200'000, 0.5), "text");
  say(3, hasher.digest().hex());
  return 0;
}

int play(const std::vector<std::string>& part) {
  if (part[0] == "ask") return ask_once(part[1]);
  if (part[0] == "hold") return hold_turn(part[1]);
  if (part[0] == "storm") return storm(part[1], static_cast<unsigned>(std::stoul(part[2])));
  if (part[0] == "read") return only_read(part[1]);
  if (part[0] == "key") return tell_key();
  return 99;
}

class MemoryAcrossProcesses : public CacheTest {};
class MemoryAcrossThreads : public CacheTest {};

TEST_F(MemoryAcrossThreads, OneComputesAndAllGetTheResult) {
  constexpr int n_threads = 8;
  const Memory memory(folder);
  std::atomic<int> computed = 0;
  std::atomic<int> right = 0;
  const auto f = memory.cache("f", "v1", [&](int x) {
    ++computed;
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    return x + 1;
  });
  std::barrier start(n_threads);
  std::vector<std::jthread> threads;
  for (int t = 0; t < n_threads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        start.arrive_and_wait();
        right += f(i) == i + 1;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(computed, 20);
  EXPECT_EQ(right, 20 * n_threads);
}

TEST_F(MemoryAcrossThreads, WaitingThreadsGetTheErrorOfTheOneThatComputes) {
  const Memory memory(folder);
  std::atomic<int> computed = 0;
  // Kept here to the end, because ThreadSanitizer does not see how the standard library counts its owners.
  const auto never = std::make_exception_ptr(Error(ErrorCode::invalid_argument, "never"));
  const auto f = memory.cache("f", "v1", [&](int) -> int {
    ++computed;
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    std::rethrow_exception(never);
  });
  std::atomic<int> refused = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) threads.emplace_back([&] { refused += refusal([&] { f(1); }) == "never"; });
  threads.clear();
  EXPECT_EQ(refused, 8);
  EXPECT_GE(computed, 1);
}

TEST_F(MemoryAcrossThreads, DifferentCallsRunAtOnce) {
  const Memory memory(folder);
  std::barrier meet(2);
  const auto f = memory.cache("f", "v1", [&](int x) {
    meet.arrive_and_wait();  // hangs unless both are here
    return x;
  });
  std::jthread other([&] { f(1); });
  EXPECT_EQ(f(2), 2);
}

TEST_F(MemoryAcrossThreads, TwoMemoriesOfOneProcessAlsoWaitForEachOther) {
  std::atomic<int> computed = 0;
  const auto f = [&](int x) {
    ++computed;
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    return x;
  };
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back([&] { Memory(folder).cache("f", "v1", f)(1); });
  threads.clear();
  EXPECT_EQ(computed, 1);
}

TEST_F(MemoryAcrossThreads, ManyThreadsStoreAndEvictWithinTheLimits) {
  const Store store(folder, storm_options);
  std::atomic<int> wrong = 0;
  std::atomic<std::uint64_t> most = 0;
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::minstd_rand random(t + 1);
      for (int n = 0; n < 500; ++n) {
        const auto i = static_cast<unsigned>(random() % 1000);
        const std::string value = storm_value(i);
        if (const auto entry = store.find(storm_key(i)); entry && text_of(entry->value.bytes()) != value) ++wrong;
        store.put(storm_key(i), {.function = "storm", .version = "v1", .value = bytes_of(value)});
        const Usage now = store.usage();
        if (now.bytes > storm_options.max_bytes || now.entries > storm_options.max_entries) ++wrong;
        most = std::max(most.load(), now.entries);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(most, 100u) << "or the limits were never met";
  EXPECT_GT(store.counts().evicted, 100u);
}

TEST_F(MemoryAcrossProcesses, SixtyFourAskAndOneComputes) {
  Pipe start, computations;
  std::vector<Process> processes;
  for (int i = 0; i < 64; ++i) {
    processes.emplace_back(child({"ask", folder.string()}, {start.reader.get(), computations.writer.get()}));
  }
  start.writer.reset();
  computations.writer.reset();
  for (Process& process : processes) EXPECT_TRUE(process.wait().ok());
  std::array<char, 64> heard;
  EXPECT_EQ(::read(computations.reader.get(), heard.data(), heard.size()), 1) << "computations";
}

TEST_F(MemoryAcrossProcesses, TheKeyIsTheSame) {
  KeyHasher hasher;
  hasher(std::unordered_map<std::string, int>{{"c", 3}, {"b", 2}, {"a", 1}}, std::vector<double>(200'000, 0.5), "text");
  Pipe answer;
  EXPECT_TRUE(Process(child({"key"}, {answer.writer.get()})).wait().ok());
  std::string told(32, ' ');
  ASSERT_EQ(::read(answer.reader.get(), told.data(), told.size()), 32);
  EXPECT_EQ(told, hasher.digest().hex());
}

TEST_F(MemoryAcrossProcesses, AKilledComputationPassesItsTurnOn) {
  Pipe holds, release;
  Process holder(child({"hold", folder.string()}, {holds.writer.get(), release.reader.get()}));
  hear(holds.reader.get());
  std::atomic<bool> asked = false;
  int computed = 0;
  std::jthread waiter([&] {
    const Memory memory(folder);
    const auto slow = memory.cache("slow", "v1", [&](int x) { return ++computed, x + 1; });
    asked = true;
    asked.notify_one();
    EXPECT_EQ(slow(41), 42);
  });
  asked.wait(false);
  holder.send(SIGKILL);
  holder.wait();
  waiter.join();
  EXPECT_EQ(computed, 1);
  EXPECT_TRUE(Memory(folder).cache("slow", "v1", [](int x) { return x; }).check_call_in_cache(41));
}

TEST_F(MemoryAcrossProcesses, WaitingHasAnEnd) {
  Pipe holds, release;
  Process holder(child({"hold", folder.string()}, {holds.writer.get(), release.reader.get()}));
  hear(holds.reader.get());
  const Memory memory(folder, {.longest_wait = milliseconds(30)});
  int computed = 0;
  const auto slow = memory.cache("slow", "v1", [&](int x) { return ++computed, x + 1; });
  EXPECT_EQ(slow(41), 42);
  EXPECT_EQ(computed, 1);
  EXPECT_FALSE(slow.check_call_in_cache(41)) << "storing is left to the other";
  release.writer.reset();
  EXPECT_TRUE(holder.wait().ok());
  EXPECT_TRUE(slow.check_call_in_cache(41));
}

TEST_F(MemoryAcrossProcesses, AFolderThatMayNotBeWrittenIsRead) {
  Memory(folder).cache("f", "v1", [](int x) { return x; })(1);
  std::vector<fs::path> paths = {folder};
  for (const auto& found : fs::recursive_directory_iterator(folder)) paths.push_back(found.path());
  for (const fs::path& path : paths) fs::permissions(path, fs::perms(0555));
  EXPECT_EQ(Process(child({"read", folder.string()})).wait().code, 0);
  for (const fs::path& path : paths) fs::permissions(path, fs::perms(0755));
}

TEST_F(MemoryAcrossProcesses, AForkedChildAndItsParentCountRight) {
  const Store store(folder);
  const auto put_some = [&](char who) {
    for (int i = 0; i < 500; ++i) {
      const std::string value = who + std::to_string(i);
      store.put(key_of(value), {.function = "f", .version = "v1", .value = bytes_of(value)});
    }
  };
  put_some('x');
  const pid_t pid = ::fork();
  if (pid == 0) {
    put_some('c');
    ::_exit(0);
  }
  put_some('p');
  int status = -1;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(store.usage(), (Usage{1500 * 4096, 1500}));
}

TEST_F(MemoryAcrossProcesses, KilledWritersLeaveNothingBehindAndNothingWrong) {
  constexpr unsigned n_writers = 4;
  constexpr unsigned n_kills = 40;
  const Store store(folder, storm_options);
  Pipe started;
  unsigned seed = 0;
  const auto start = [&] {
    Process process(child({"storm", folder.string(), std::to_string(++seed)}, {started.writer.get()}));
    hear(started.reader.get());
    return process;
  };
  std::vector<Process> writers;
  for (unsigned i = 0; i < n_writers; ++i) writers.push_back(start());
  std::minstd_rand random(1);
  for (unsigned kill = 0; kill < n_kills; ++kill) {
    for (unsigned i = 0; i < 1000; ++i) {
      const auto entry = store.find(storm_key(i));
      ASSERT_TRUE(!entry || text_of(entry->value.bytes()) == storm_value(i)) << i;
    }
    Process& victim = writers[random() % n_writers];
    victim.send(SIGKILL);
    ASSERT_EQ(victim.wait().signal, SIGKILL) << "7: it read a wrong value";
    const Usage now = store.usage();
    ASSERT_LE(now.bytes, storm_options.max_bytes);
    ASSERT_LE(now.entries, storm_options.max_entries);
    victim = start();
  }
  writers.clear();
  EXPECT_GT(store.usage().entries, 100u) << "or the writers did not write";

  const Usage believed = store.usage();
  Usage there;
  for (const fs::path& file : entry_files()) {
    EXPECT_EQ(file.filename().string().size(), 30u) << file << " is left behind";
    there += {disk_bytes(fs::file_size(file)), 1};
  }
  EXPECT_EQ(believed, there);
  EXPECT_TRUE(store.verify(false).damaged.empty());
  EXPECT_EQ(logged, "");
}

}  // namespace
}  // namespace thrum

int main(int argc, char** argv) {
  if (argc > 2 && std::string(argv[1]) == "--as-child") return thrum::play({argv + 2, argv + argc});
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
