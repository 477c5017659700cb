#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

const std::string breast_cancer = THRUM_SOURCE_DIR "/examples/data/breast_cancer.csv";

using testing::HasSubstr;
using testing::Not;

/// What thrum draws on a terminal of 60 columns.
std::string run_on_terminal(const std::vector<std::string>& arguments, int exit_code = 0) {
  winsize size{};
  size.ws_col = 60;
  size.ws_row = 24;
  int terminal = -1;
  const pid_t pid = forkpty(&terminal, nullptr, nullptr, &size);
  if (pid == 0) {
    std::vector<const char*> words = {THRUM_BINARY};
    for (const std::string& argument : arguments) words.push_back(argument.c_str());
    words.push_back(nullptr);
    execv(THRUM_BINARY, const_cast<char* const*>(words.data()));
    _exit(127);
  }
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(terminal, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  close(terminal);
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), exit_code);
  return text;
}

class ProgressLine : public testing::Test {
 protected:
  std::vector<std::string> train(const std::vector<std::string>& flags = {}) {
    std::vector<std::string> arguments = {"train", "logistic-regression",  breast_cancer, "--target", "diagnosis",
                                          "-o",    folder_.file("m.thrum")};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return arguments;
  }

  TemporaryFolder folder_;
};

TEST_F(ProgressLine, IsDrawnOnATerminalAndErased) {
  const std::string text = run_on_terminal(train());
  const std::size_t drawn = text.rfind("\r\x1b[Kfit  [");
  ASSERT_NE(drawn, std::string::npos) << text;
  EXPECT_THAT(text.substr(drawn + 4), HasSubstr("\r\x1b[K"));
  EXPECT_THAT(text, HasSubstr("saved "));
}

TEST_F(ProgressLine, FitsIntoTheTerminal) {
  const std::string text = run_on_terminal(train());
  for (std::size_t at = 0; (at = text.find("\r\x1b[K", at)) != std::string::npos;) {
    at += 4;
    EXPECT_LE(std::min(text.find('\r', at), text.size()) - at, 60u) << text.substr(at, 80);
    if (text.compare(at, 3, "fit") != 0) break;
  }
}

TEST_F(ProgressLine, IsNotDrawnWhenQuiet) {
  EXPECT_EQ(run_on_terminal(train({"-q"})), "");
}

TEST_F(ProgressLine, IsNotDrawnElsewhere) {
  EXPECT_THAT(run_thrum(train()).err, Not(HasSubstr("\x1b")));
}

TEST(Terminal, IsNoPlaceForAModel) {
  EXPECT_THAT(run_on_terminal({"train", "logistic-regression", "a.csv", "--target", "y", "-o", "-"}, 2),
              HasSubstr("[train] a model is no text for a terminal"));
}

}  // namespace
}  // namespace thrum::test
