#include "thrum/runtime/process/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/memfd.h"
#include "thrum/runtime/process/child_test.h"
#include "thrum/runtime/process/init.h"

namespace thrum {
namespace {

using std::chrono::milliseconds;
using test::child;
using test::Pipe;
using test::say;
constexpr milliseconds generous(60'000);

/// What others write to the pipe until all of them have closed their end, or ended; none when that takes too long.
std::optional<std::string> read_to_end(Pipe& pipe, milliseconds time) {
  pipe.writer.reset();
  std::string text;
  for (char buffer[4096];;) {
    pollfd poll{pipe.reader.get(), POLLIN, 0};
    if (::poll(&poll, 1, static_cast<int>(time.count())) <= 0) return std::nullopt;
    const ssize_t got = ::read(pipe.reader.get(), buffer, sizeof buffer);
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

// The parts that this program plays when a test starts it as a child. Descriptor 3 is a pipe to the test.

int tell_descriptors() {
  std::string text;
  for (int fd = 0; fd < 1000; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) text += std::to_string(fd) + " ";
  }
  say(3, text);
  return 0;
}

int tell_environment() {
  for (const char* name : {"THRUM_TEST_OLD", "THRUM_TEST_NEW"}) {
    const char* value = std::getenv(name);
    say(3, std::string(name) + "=" + (value == nullptr ? "none" : value) + "\n");
  }
  return 0;
}

int tell_group_and_signals() {
  sigset_t blocked;
  ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
  struct sigaction pipe_action;
  ::sigaction(SIGPIPE, nullptr, &pipe_action);
  say(3, ::getpgrp() == ::getpid() ? "own group, " : "another group, ");
  say(3, ::sigismember(&blocked, SIGTERM) != 0 ? "blocked, " : "open, ");
  say(3, pipe_action.sa_handler == SIG_DFL ? "default" : "changed");
  return 0;
}

int tell_shared_bytes(int bytes_fd, int out_fd) {
  say(out_fd, std::string(text_of(SharedBytes(bytes_fd).bytes())));
  return 0;
}

int block_forever() {
  for (;;) ::pause();
}

int follow(const std::string& parent) {
  if (!die_with_parent(std::stoi(parent))) return 1;
  say(3, "following\n");
  volatile bool forever = true;  // busy, not waiting
  while (forever) {
  }
  return 0;
}

int lead() {
  const Process follower(child({"follow", std::to_string(::getpid())}, {3}));
  return block_forever();
}

/// Gives on what it has at 3 and 4, in the other order.
int swap() {
  return Process(child({"shared", "3", "4"}, {4, 3})).wait().code;
}

int compute() {
  while (std::clock() < CLOCKS_PER_SEC / 20) {
  }
  return 0;
}

/// What comes in goes out.
int echo() {
  for (char c = 0; ::read(STDIN_FILENO, &c, 1) == 1;) say(STDOUT_FILENO, std::string(1, c));
  return 0;
}

int play(const std::vector<std::string>& part) {
  if (part[0] == "compute") return compute();
  if (part[0] == "echo") return echo();
  if (part[0] == "exit") return std::stoi(part[1]);
  if (part[0] == "descriptors") return tell_descriptors();
  if (part[0] == "environment") return tell_environment();
  if (part[0] == "group") return tell_group_and_signals();
  if (part[0] == "shared") return tell_shared_bytes(std::stoi(part[1]), std::stoi(part[2]));
  if (part[0] == "block") return block_forever();
  if (part[0] == "follow") return follow(part[1]);
  if (part[0] == "lead") return lead();
  if (part[0] == "swap") return swap();
  return 99;
}

TEST(Process, TellsHowItEnded) {
  EXPECT_TRUE(Process(child({"exit", "0"})).wait().ok());
  Process fails(child({"exit", "7"}));
  EXPECT_EQ(fails.wait().code, 7);
  EXPECT_EQ(fails.wait().describe(), "exit code 7");
  EXPECT_EQ(fails.wait_for(milliseconds(0))->code, 7);
}

TEST(Process, EndsBySignal) {
  Process blocks(child({"block"}));
  EXPECT_EQ(blocks.wait_for(milliseconds(0)), std::nullopt);
  blocks.send(SIGKILL);
  const ProcessEnd end = blocks.wait();
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_FALSE(end.ok());
  EXPECT_EQ(end.describe(), "signal 9 (Killed)");
  blocks.send(SIGKILL);  // nobody is there
}

TEST(Process, ThePidfdBecomesReadableAtTheEnd) {
  Process blocks(child({"block"}));
  pollfd poll{blocks.pidfd(), POLLIN, 0};
  EXPECT_EQ(::poll(&poll, 1, 0), 0);
  blocks.send(SIGTERM);
  EXPECT_EQ(::poll(&poll, 1, static_cast<int>(generous.count())), 1);
}

TEST(Process, TheDestructorLeavesNothingBehind) {
  Pipe pipe;
  pid_t pid = 0;
  {
    const Process blocks(child({"block"}, {pipe.writer.get()}));
    pid = blocks.pid();
  }
  EXPECT_EQ(read_to_end(pipe, generous), "");
  EXPECT_EQ(::kill(pid, 0), -1) << "not even a zombie";
}

TEST(Process, CanBeMoved) {
  std::vector<Process> processes;
  processes.reserve(3);
  for (int i = 0; i < 3; ++i) processes.emplace_back(child({"exit", std::to_string(i)}));
  std::swap(processes[0], processes[2]);
  EXPECT_EQ(processes[0].wait().code, 2);
  EXPECT_EQ(processes[2].wait().code, 0);
}

TEST(Process, InheritsTheNamedDescriptorsAndNoOther) {
  Pipe pipe;
  const UniqueFd leaky(::fcntl(pipe.reader.get(), F_DUPFD, 50));  // no close-on-exec
  Process tells(child({"descriptors"}, {pipe.writer.get(), leaky.get()}));
  EXPECT_EQ(read_to_end(pipe, generous), "0 1 2 3 4 ");
  EXPECT_TRUE(tells.wait().ok());
}

TEST(Process, SharesBytesAndInheritedDescriptorsMayChangePlaces) {
  Pipe pipe;
  const UniqueFd bytes = share_bytes("test", bytes_of("the model"));
  Process swaps(child({"swap"}, {pipe.writer.get(), bytes.get()}));
  EXPECT_EQ(read_to_end(pipe, generous), "the model");
  EXPECT_TRUE(swaps.wait().ok());
}

TEST(Process, AddsToTheEnvironment) {
  ::setenv("THRUM_TEST_OLD", "before", 1);
  Pipe pipe;
  Command command = child({"environment"}, {pipe.writer.get()});
  command.environment = {{"THRUM_TEST_NEW", "after"}};
  Process first(command);
  EXPECT_EQ(read_to_end(pipe, generous), "THRUM_TEST_OLD=before\nTHRUM_TEST_NEW=after\n");

  Pipe again;
  command.inherited = {again.writer.get()};
  command.environment = {{"THRUM_TEST_OLD", "replaced"}};
  Process second(command);
  EXPECT_EQ(read_to_end(again, generous), "THRUM_TEST_OLD=replaced\nTHRUM_TEST_NEW=none\n");
}

TEST(Process, HasAGroupOfItsOwnAndNoSignalsChanged) {
  sigset_t term, before;
  ::sigemptyset(&term);
  ::sigaddset(&term, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &term, &before);
  const auto pipe_before = ::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  Process tells(child({"group"}, {pipe.writer.get()}));
  ::signal(SIGPIPE, pipe_before);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(read_to_end(pipe, generous), "own group, open, default");
}

TEST(Process, NamesTheProgramThatCannotStart) {
  Command command;
  command.program = "/no/such/program";
  EXPECT_EQ(test::refusal([&] { Process process(command); }, ErrorCode::io),
            "[process] cannot start /no/such/program: No such file or directory");
}

TEST(Process, NamesADescriptorThatIsNotOpen) {
  EXPECT_EQ(test::refusal([&] { Process process(child({"exit", "0"}, {987})); }, ErrorCode::io),
            "[process] cannot give descriptor 987 to a child: Bad file descriptor");
}

TEST(Process, AChildHasTheStandardFilesThatItIsGiven) {
  Pipe in, out;
  Command command = child({"echo"});
  command.standard = {in.reader.get(), out.writer.get(), STDERR_FILENO};
  Process process(command);
  say(in.writer.get(), "to and fro");
  in.writer.reset();
  EXPECT_EQ(read_to_end(out, generous), "to and fro");
  EXPECT_TRUE(process.wait().ok());
}

TEST(Process, KnowsWhatAChildUsed) {
  Process process(child({"compute"}));
  EXPECT_EQ(process.usage().user_seconds, 0);
  process.wait();
  EXPECT_GE(process.usage().user_seconds + process.usage().system_seconds, 0.05);
  EXPECT_GT(process.usage().peak_resident_bytes, 0u);
  EXPECT_GT(process.usage().minor_faults, 0u);
}

TEST(Process, ABusyChildIsGoneWithinASecondOfItsParentsKill) {
  Pipe pipe;
  Process leader(child({"lead"}, {pipe.writer.get()}));
  char text[10];
  ASSERT_EQ(::read(pipe.reader.get(), text, sizeof text), 10) << "the follower runs";
  leader.send(SIGKILL);
  leader.wait();
  // Only its end closes the follower's end of the pipe.
  EXPECT_EQ(read_to_end(pipe, milliseconds(1000)), "");
}

TEST(Process, AChildWhoseParentIsGoneKnows) {
  Process orphan(child({"follow", "1"}));
  EXPECT_EQ(orphan.wait().code, 1);
}

}  // namespace
}  // namespace thrum

int main(int argc, char** argv) {
  thrum::init(argc, argv);
  if (argc > 2 && std::string(argv[1]) == "--as-child") return thrum::play({argv + 2, argv + argc});
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
