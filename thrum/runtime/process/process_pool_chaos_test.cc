#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

extern "C" {  // glibc 2.36 forgot it
#include <sys/pidfd.h>
}

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <ranges>
#include <string>
#include <thread>

#include "thrum/core/error.h"
#include "thrum/runtime/process/descriptor_socket_internal.h"
#include "thrum/runtime/process/init.h"
#include "thrum/runtime/process/process_pool.h"
#include "thrum/runtime/sanitized_test.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

std::size_t entries(const char* folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

/// The child processes of this one.
std::vector<pid_t> children() {
  std::vector<pid_t> pids;
  for (const auto& thread : fs::directory_iterator("/proc/self/task")) {
    std::ifstream list(thread.path() / "children");
    for (pid_t pid = 0; list >> pid;) pids.push_back(pid);
  }
  return pids;
}

/// Some work, a little of it long enough to be hit.
std::uint64_t work(int x) {
  auto value = static_cast<std::uint64_t>(x);
  for (int i = 0; i < (x % 50 == 0 ? 20'000 : 100); ++i) value = value * 6364136223846793005U + 1442695040888963407U;
  return value;
}

/// Kills a random worker again and again, as soon as all of them run.
class Killer {
 public:
  Killer(ProcessPool& pool, int kills, unsigned seed)
      : thread_([&pool, kills, seed, this](const std::stop_token& stop) {
          std::mt19937 random(seed);
          while (n_kills_ < kills && !stop.stop_requested()) {
            const std::vector<pid_t> pids = pool.pids();
            if (!pids.empty() && ::kill(pids[random() % pids.size()], SIGKILL) == 0) ++n_kills_;
            std::this_thread::sleep_for(std::chrono::microseconds(random() % 8000));
          }
        }) {}
  int n_kills() const { return n_kills_; }

 private:
  std::atomic<int> n_kills_ = 0;
  std::jthread thread_;
};

TEST(ProcessPoolChaos, EveryResultIsRightWhileWorkersAreKilled) {
  const std::size_t descriptors_before = entries("/proc/self/fd");
  constexpr int n_tasks = 100'000, n_kills = 1000;
  {
    // Warm: the fork server, which stays, is no leak.
    ProcessPool pool({.workers = 1, .start = StartMethod::fork_server});
    pool.wait_until_ready();
  }
  const std::size_t descriptors_warm = entries("/proc/self/fd");
  const std::size_t children_warm = children().size();
  int n_right = 0, n_crashed = 0, n_done = 0;
  int kills = 0;
  {
    ProcessPool pool({.workers = 4, .start = StartMethod::fork_server});
    Killer killer(pool, n_kills, 7);
    // Round after round until the last kill.
    while (killer.n_kills() < n_kills || n_done < n_tasks) {
      auto stream = pool.imap(work, std::views::iota(0, 10'000), {.ahead = 2000});
      for (int x = 0; x < 10'000; ++x, ++n_done) {
        try {
          n_right += *stream.next() == work(x) ? 1 : 0;
        } catch (const TaskCrashed& crashed) {
          // Hit three times, by chance.
          EXPECT_EQ(crashed.index(), static_cast<std::size_t>(x));
          EXPECT_EQ(crashed.end().signal, SIGKILL);
          ++n_crashed;
        }
      }
    }
    kills = killer.n_kills();
  }
  EXPECT_EQ(n_right + n_crashed, n_done);
  EXPECT_GE(n_done, n_tasks);
  EXPECT_EQ(kills, n_kills);
  EXPECT_LE(n_crashed, 5) << "of so many tasks hardly one is hit three times";
  EXPECT_EQ(children().size(), children_warm) << "orphans";
  EXPECT_EQ(entries("/proc/self/fd"), descriptors_warm);
  EXPECT_LE(descriptors_warm, descriptors_before + 2) << "the fork server's";
  for (const auto& entry : fs::directory_iterator("/dev/shm")) {
    EXPECT_FALSE(entry.path().filename().string().starts_with("thrum")) << entry;
  }
}

void lead_a_pool(StartMethod start, const std::vector<int>& arrays) {
  ProcessPool pool({.workers = 3, .start = start});
  pool.wait_until_ready();
  std::vector<std::string> texts;
  for (const pid_t pid : pool.pids()) std::cout << pid << ' ';
  std::cout << std::endl;
  pool.map(
      [](int) {
        for (;;) ::usleep(100);
      },
      arrays);
}

class PoolParent : public testing::TestWithParam<StartMethod> {};
INSTANTIATE_TEST_SUITE_P(By, PoolParent, testing::Values(StartMethod::spawn, StartMethod::fork_server),
                         [](const testing::TestParamInfo<StartMethod>& method) {
                           return std::string(method.param == StartMethod::spawn ? "Spawn" : "ForkServer");
                         });

TEST_P(PoolParent, TakesItsWorkersWithItWhenItIsKilled) {
  auto [reader, writer] = make_os_pipe();
  const int saved = ::dup(STDOUT_FILENO);
  ::dup2(writer.get(), STDOUT_FILENO);  // the child inherits it
  Process parent = spawn(lead_a_pool, GetParam(), std::vector<int>(3));
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  writer.reset();
  std::string text;
  for (char c = 0; ::read(reader.get(), &c, 1) == 1 && c != '\n';) text += c;
  std::istringstream list(text);
  std::vector<UniqueFd> workers;
  for (pid_t pid = 0; list >> pid;) workers.emplace_back(::pidfd_open(pid, 0));
  ASSERT_EQ(workers.size(), 3U);
  parent.kill();
  parent.wait();
  for (const UniqueFd& worker : workers) {
    ASSERT_TRUE(worker);
    pollfd ended{worker.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&ended, 1, 60'000), 1) << "a worker outlives its parent";
  }
}

TEST(ProcessPoolChaos, ALackOfAddressSpaceIsOutOfMemory) {
#if THRUM_SANITIZED
  GTEST_SKIP() << "sanitizers need all of the address space";
#endif
  ProcessPool pool({.workers = 1}, [] {
    const rlimit limit{rlim_t{400} << 20, rlim_t{400} << 20};
    ::setrlimit(RLIMIT_AS, &limit);
  });
  const auto allocate = [](std::size_t bytes) { return std::vector<char>(bytes).size(); };
  try {
    pool.apply(allocate, std::size_t{1} << 30);
    FAIL();
  } catch (const TaskFailed& failed) {
    EXPECT_EQ(failed.code(), ErrorCode::out_of_memory);
    EXPECT_STREQ(failed.what(), "[ProcessPool] task 0: not enough memory (std::bad_alloc)");
  }
  EXPECT_EQ(pool.apply(allocate, std::size_t{1000}), 1000U);
}

/// The folder of our own group in a version 1 hierarchy of memory groups; empty where there is none.
fs::path memory_group() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t at = line.find(":memory:");
    if (at != std::string::npos) return fs::path("/sys/fs/cgroup/memory").concat(line.substr(at + 8));
  }
  return {};
}

int run_out_of_memory(const std::string& group) {
  std::ofstream(group + "/cgroup.procs") << ::getpid() << std::flush;
  ProcessPool pool({.workers = 1});
  try {
    pool.apply([] {
      std::vector<char> memory(std::size_t{512} << 20, 'x');
      return memory[12345];
    });
  } catch (const TaskCrashed& crashed) {
    const bool is_said = std::string(crashed.what()).ends_with("the kernel killed it for lack of memory");
    return crashed.out_of_memory() && crashed.code() == ErrorCode::out_of_memory && is_said ? 7 : 8;
  }
  return 9;
}

TEST(ProcessPoolChaos, SaysWhenTheKernelKilledForLackOfMemory) {
  const fs::path group = memory_group() / "thrum-test";
  std::error_code error;
  fs::create_directory(group, error);
  if (error || !std::ofstream(group / "memory.limit_in_bytes").is_open()) {
    GTEST_SKIP() << "no control group of version 1 can be made here";
  }
  std::ofstream(group / "memory.limit_in_bytes") << (100 << 20) << std::flush;
  Process process = spawn([](const std::string& folder) { std::exit(run_out_of_memory(folder)); }, group.string());
  EXPECT_EQ(process.wait().code, 7);
  while (::rmdir(group.c_str()) != 0 && errno == EBUSY) std::this_thread::yield();
}

}  // namespace
}  // namespace thrum

int main(int argc, char** argv) {
  thrum::init(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
