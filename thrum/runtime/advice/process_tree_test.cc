#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>

#include "thrum/runtime/advice/process_tree_internal.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;

class ProcessTree : public testing::Test {
 protected:
  ProcessTree() {
    std::string pattern = (fs::temp_directory_path() / "thrum_process_tree_test.XXXXXX").string();
    proc = ::mkdtemp(pattern.data());
  }
  ~ProcessTree() override { fs::remove_all(proc); }

  void record(const std::string& thread, const std::string& stat, const std::string& schedstat,
              const std::string& children = "") const {
    fs::create_directories(proc / thread);
    std::ofstream(proc / thread / "stat") << stat;
    std::ofstream(proc / thread / "schedstat") << schedstat;
    std::ofstream(proc / thread / "children") << children;
  }

  fs::path proc;
};

TEST_F(ProcessTree, HasAllThreadsOfAllDescendants) {
  record("10/task/10", "10 (sh) S 1 10", "5 1500000000 3\n", "20 30 ");
  record("20/task/20", "20 (a) D 10 10", "5 0 3\n");
  record("20/task/21", "21 (a) R 10 10", "5 250000000 3\n", "40 ");
  record("40/task/40", "40 (b) S 21 10", "5 0 3\n");
  std::map<pid_t, ThreadState> threads;
  for (const ThreadState& thread : threads_of_tree(10, proc)) threads[thread.id] = thread;
  ASSERT_EQ(threads.size(), 4u);  // 30 has ended
  EXPECT_EQ(threads[10].state, 'S');
  EXPECT_DOUBLE_EQ(threads[10].queued_seconds, 1.5);
  EXPECT_EQ(threads[20].state, 'D');
  EXPECT_EQ(threads[21].process, 20);
  EXPECT_EQ(threads[21].state, 'R');
  EXPECT_DOUBLE_EQ(threads[21].queued_seconds, 0.25);
  EXPECT_EQ(threads[40].state, 'S');
}

TEST_F(ProcessTree, IsNotConfusedByNames) {
  record("10/task/10", "10 (a) R (b) S 1 10", "5 0 3\n");
  EXPECT_EQ(threads_of_tree(10, proc).at(0).state, 'S');
}

TEST_F(ProcessTree, LeavesOutWhatHasEnded) {
  record("10/task/10", "10 (a) Z 1 10", "5 0 3\n");
  record("10/task/11", "", "");
  EXPECT_TRUE(threads_of_tree(10, proc).empty());
  EXPECT_TRUE(threads_of_tree(11, proc).empty());
}

TEST_F(ProcessTree, SeesTheThreadsOfThisProcess) {
  const auto has_two = [] { return threads_of_tree(::getpid()).size() >= 2; };
  std::jthread other([](const std::stop_token& stop) {
    while (!stop.stop_requested()) std::this_thread::yield();
  });
  EXPECT_TRUE(has_two());
}

}  // namespace
}  // namespace thrum
