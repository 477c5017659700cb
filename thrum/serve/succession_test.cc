// SIGUSR2: a new server takes the place of an old one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "thrum/runtime/temporary_folder_test.h"
#include "thrum/serve/server_fixture_test.h"
#include "thrum/serve/server_load_test.h"

namespace thrum {
namespace {

using testing::EndsWith;

/// The server that another one has started; it is killed at the end of the test.
class NewServer {
 public:
  explicit NewServer(const TestServer& old) {
    const std::string label = "The new server has pid ";
    old.signal(SIGUSR2);
    EXPECT_TRUE(old.log_comes_to_have(label));
    const std::string log = old.log();
    pid_ = std::atoi(log.c_str() + log.rfind(label) + label.size());
  }
  ~NewServer() {
    if (pid_ > 0) kill(pid_, SIGKILL);
  }
  NewServer(const NewServer&) = delete;
  NewServer& operator=(const NewServer&) = delete;

  pid_t pid() const noexcept { return pid_; }

 private:
  pid_t pid_ = 0;
};

std::string text_in(const std::string& path) {
  std::string text;
  std::ifstream(path) >> text;
  return text;
}

TEST(Succession, LosesNoRequestUnderLoad) {
  TestServer old({"workers=2"});
  ASSERT_TRUE(old.log_comes_to_have("Booting worker", 2));
  TestLoad load(old.port());
  const NewServer next(old);
  ASSERT_TRUE(old.log_comes_to_have("Booting worker", 4));
  EXPECT_TRUE(load.goes_on());
  old.signal(SIGTERM);
  EXPECT_EQ(old.wait_for_exit(), 0);
  EXPECT_TRUE(load.goes_on_for_everyone());
  load.stop();
  EXPECT_EQ(load.n_lost() + load.n_wrong() + load.n_broken(), 0);
  EXPECT_TRUE(is_alive(next.pid()));
}

TEST(Succession, LeavesPidFileAndSocketToTheNewServer) {
  const test::TemporaryFolder folder;
  const std::string pid = folder.file("pid"), path = folder.file("socket");
  TestServer old({"pid=" + pid, "bind=127.0.0.1:0,unix:" + path});
  const NewServer next(old);
  EXPECT_TRUE(becomes_true([&] { return text_in(pid + ".2") == std::to_string(next.pid()); }));
  EXPECT_EQ(text_in(pid), std::to_string(old.pid()));
  ASSERT_TRUE(old.log_comes_to_have("Booting worker", 2));
  old.signal(SIGQUIT);
  EXPECT_EQ(old.wait_for_exit(), 0);
  EXPECT_TRUE(becomes_true([&] { return text_in(pid) == std::to_string(next.pid()); }));
  EXPECT_FALSE(std::filesystem::exists(pid + ".2"));
  EXPECT_THAT(TestClient(path).ask(ask_for(16)), EndsWith(prediction(16)));
  EXPECT_THAT(TestClient(old.port()).ask(ask_for(16)), EndsWith(prediction(16)));
  kill(next.pid(), SIGTERM);
  EXPECT_TRUE(becomes_true([&] { return !std::filesystem::exists(path) && !std::filesystem::exists(pid); }));
}

TEST(Succession, MayBeTakenBackByEndingTheNewServer) {
  TestServer old({"workers=2"});
  {
    const NewServer next(old);
    ASSERT_TRUE(old.log_comes_to_have("Booting worker", 4));
    old.signal(SIGUSR2);
    EXPECT_TRUE(old.log_comes_to_have("USR2 signal ignored. Child exists."));
    kill(next.pid(), SIGUSR2);
    EXPECT_TRUE(old.log_comes_to_have("USR2 signal ignored. Parent exists."));
    kill(next.pid(), SIGTERM);
    EXPECT_TRUE(old.log_comes_to_have("The new server ended with exit code 0; this one goes on"));
  }
  EXPECT_THAT(TestClient(old.port()).ask(ask_for(16)), EndsWith(prediction(16)));
  old.signal(SIGTERM);
  EXPECT_EQ(old.wait_for_exit(), 0);
  EXPECT_EQ(TestClient(old.port()).ask(ask_for(16)), "");
}

TEST(Succession, ListensAtANewAddressAndNoLongerAtTheOld) {
  const test::TemporaryFolder folder;
  const std::string settings = folder.file("settings"), path = folder.file("socket");
  std::ofstream(settings) << "good\n";
  TestServer old({}, "@" + settings);
  std::ofstream(settings) << "good\nbind=unix:" << path << "\n";
  const NewServer next(old);
  ASSERT_TRUE(old.log_comes_to_have("Booting worker", 2));
  old.signal(SIGTERM);
  EXPECT_EQ(old.wait_for_exit(), 0);
  EXPECT_EQ(TestClient(old.port()).ask(ask_for(16)), "") << "somebody listens there, and does not answer";
  EXPECT_THAT(TestClient(path).ask(ask_for(16)), EndsWith(prediction(16)));
}

TEST(Succession, SurvivesTheOldServersDeath) {
  TestServer old;
  const NewServer next(old);
  ASSERT_TRUE(old.log_comes_to_have("Booting worker", 2));
  old.signal(SIGKILL);
  EXPECT_EQ(old.wait_for_exit(), 128 + SIGKILL);
  EXPECT_THAT(TestClient(old.port()).ask(ask_for(16)), EndsWith(prediction(16)));
}

}  // namespace
}  // namespace thrum
