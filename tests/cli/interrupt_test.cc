#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <sstream>
#include <thread>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

const std::string breast_cancer = THRUM_SOURCE_DIR "/examples/data/breast_cancer.csv";

using testing::ElementsAre;
using testing::HasSubstr;

/// Rows whose training takes minutes: 60 classes over 700 categories, dense in memory.
std::string slow_data(std::size_t rows) {
  std::ostringstream text;
  text << "a,b,class\n";
  std::uint64_t state = 1;
  const auto next = [&state](std::uint64_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % n;
  };
  for (std::size_t i = 0; i < rows; ++i) text << 'k' << next(700) << ',' << next(1000) << ",c" << next(60) << '\n';
  return text.str();
}

class Interrupt : public testing::Test {
 protected:
  Interrupt() {
    folder_.write("data.csv", slow_data(30000));
    train_ = {"train",
              "logistic-regression",
              folder_.file("data.csv"),
              "--target",
              "class",
              "-o",
              folder_.file("m.thrum"),
              "--log-format",
              "json",
              "--solver",
              "gradient-descent",  // which takes minutes
              "--tol",
              "1e-300",
              "--max-iter",
              "100000"};
  }

  TemporaryFolder folder_;
  TemporaryFolder streams_;
  std::vector<std::string> train_;
};

TEST_F(Interrupt, CtrlCEndsTrainingWithCode130AndLeavesNothing) {
  ThrumProcess process(train_, streams_.path());
  ASSERT_TRUE(process.wait_for_err("\"stage\":\"fit\"")) << process.err();
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 130);
  EXPECT_THAT(process.err(), HasSubstr("[train] interrupted by Ctrl-C"));
  EXPECT_THAT(folder_.names(), ElementsAre("data.csv"));
}

TEST_F(Interrupt, TerminationEndsTrainingWithCode143AndLeavesNothing) {
  ThrumProcess process(train_, streams_.path());
  ASSERT_TRUE(process.wait_for_err("\"stage\":\"fit\"")) << process.err();
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 143);
  EXPECT_THAT(folder_.names(), ElementsAre("data.csv"));
}

TEST_F(Interrupt, CtrlCEndsTrainingOnRanks) {
  train_.insert(train_.end(), {"--ranks", "3"});
  ThrumProcess process(train_, streams_.path());
  ASSERT_TRUE(process.wait_for_err("\"stage\":\"fit\"")) << process.err();
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 130);
  EXPECT_THAT(folder_.names(), ElementsAre("data.csv"));
}

TEST_F(Interrupt, CtrlCKeepsTheOldModel) {
  folder_.write("m.thrum", "the old model");
  ThrumProcess process(train_, streams_.path());
  ASSERT_TRUE(process.wait_for_err("\"stage\":\"fit\"")) << process.err();
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 130);
  EXPECT_EQ(read_text(folder_.file("m.thrum")), "the old model");
  EXPECT_THAT(folder_.names(), ElementsAre("data.csv", "m.thrum"));
}

TEST_F(Interrupt, CtrlCWithJsonIsAnErrorObject) {
  train_.emplace_back("--json");
  ThrumProcess process(train_, streams_.path());
  ASSERT_TRUE(process.wait_for_err("\"stage\":\"fit\"")) << process.err();
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 130);
  EXPECT_THAT(process.out(), HasSubstr("\"code\": \"cancelled\""));
}

/// A file of this folder that has no name any more, or never had one.
bool has_unnamed_file(pid_t pid, const std::filesystem::path& folder) {
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", gone)) {
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (target.starts_with(folder.string()) && target.ends_with(" (deleted)")) return true;
  }
  return false;
}

TEST_F(Interrupt, AnEndWithinAMemoryLimitLeavesNothing) {
  train_.insert(train_.end(), {"--memory-limit", "8G", "--scratch", folder_.path().string()});
  for (const int signal : {SIGINT, SIGKILL}) {
    ThrumProcess process(train_, streams_.path());
    ASSERT_TRUE(process.wait_for_err("\"stage\":\"fit\"")) << process.err();
    EXPECT_TRUE(has_unnamed_file(process.pid(), folder_.path()));
    process.signal(signal);
    EXPECT_EQ(process.wait(), 128 + signal);
    EXPECT_THAT(folder_.names(), ElementsAre("data.csv"));
  }
}

/// Until the process has `path` open; false where it ended before.
bool wait_for_open(ThrumProcess& process, const std::string& path) {
  const std::filesystem::path descriptors = "/proc/" + std::to_string(process.pid()) + "/fd";
  while (!process.has_ended()) {
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator(descriptors, gone)) {
      if (std::filesystem::read_symlink(entry.path(), gone) == path) return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

TEST_F(Interrupt, CtrlCEndsAReadThatWaitsForAPipe) {
  const std::string pipe = folder_.file("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int writer = open(pipe.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(writer, 0);
  train_[2] = pipe;
  ThrumProcess process(train_, streams_.path());
  ASSERT_TRUE(wait_for_open(process, pipe)) << process.err();
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 130);
  close(writer);
  EXPECT_THAT(folder_.names(), ElementsAre("data.csv", "pipe"));
}

TEST_F(Interrupt, CtrlCEndsGeneratingAndLeavesNothing) {
  ThrumProcess process(
      {"data", "generate", "higgs-like", "--rows", "1000000000", "-o", folder_.file("big.csv"), "--log-format", "json"},
      streams_.path());
  ASSERT_TRUE(process.wait_for_err("\"event\":\"progress\"")) << process.err();
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 130);
  EXPECT_THAT(folder_.names(), ElementsAre("data.csv"));
}

TEST_F(Interrupt, KillWhileSavingLeavesTheOldModelOrTheNewOne) {
  const std::vector<std::string> train = {"train", "logistic-regression",   breast_cancer,  "--target", "diagnosis",
                                          "-o",    folder_.file("m.thrum"), "--log-format", "json"};
  ASSERT_EQ(run_thrum(train).exit_code, 0);
  const std::string new_model = read_text(folder_.file("m.thrum"));
  const std::string old_model = "the old model";
  int killed = 0;
  for (int round = 0; round < 20; ++round) {
    folder_.write("m.thrum", old_model);
    ThrumProcess process(train, streams_.path());
    ASSERT_TRUE(process.wait_for_err("\"stage\":\"fit\"")) << process.err();
    process.signal(SIGKILL);
    killed += process.wait() == 128 + SIGKILL ? 1 : 0;
    const std::string found = read_text(folder_.file("m.thrum"));
    EXPECT_TRUE(found == old_model || found == new_model) << "round " << round;
  }
  EXPECT_GT(killed, 0);
}

}  // namespace
}  // namespace thrum::test
