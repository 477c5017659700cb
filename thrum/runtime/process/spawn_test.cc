#include "thrum/runtime/process/spawn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/process/descriptor_socket_internal.h"

namespace thrum {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
constexpr milliseconds generous(60'000);

/// A descriptor that crosses.
class Outlet {
 public:
  Outlet() = default;
  explicit Outlet(int fd) : fd_(fd) {}
  void say(const std::string& text) const {
    if (::write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::abort();
  }
  void wire(WireWriter& writer) { writer.write_descriptor(fd_); }
  void wire(WireReader& reader) { fd_ = reader.read_descriptor().release(); }

 private:
  int fd_ = -1;
};

/// Where a child tells the test something.
class Inlet {
 public:
  Inlet() { std::tie(reader_, writer_) = make_os_pipe(); }
  Outlet outlet() const { return Outlet(writer_.get()); }

  /// What the children said until all of them have ended; "too late" when that takes a minute.
  std::string read_to_end() {
    writer_.reset();
    std::string text;
    for (char buffer[4096];;) {
      pollfd poll{reader_.get(), POLLIN, 0};
      if (::poll(&poll, 1, static_cast<int>(generous.count())) <= 0) return "too late";
      const ssize_t got = ::read(reader_.get(), buffer, sizeof buffer);
      if (got <= 0) return text;
      text.append(buffer, static_cast<std::size_t>(got));
    }
  }

 private:
  UniqueFd reader_, writer_;
};

struct Person {
  std::string name;
  int age = 0;
};

void introduce(const Outlet& outlet, const Person& person, const std::vector<double>& numbers) {
  outlet.say(person.name + " " + std::to_string(person.age) + " " + std::to_string(numbers.size()) + " " +
             std::to_string(numbers.back()));
}

void tell_pids(const Outlet& outlet) {
  outlet.say(std::to_string(::getpid()) + " " + std::to_string(::getppid()) + " " + std::to_string(::getpgrp()));
}

void tell_setting(const Outlet& outlet) {
  const char* value = std::getenv("THRUM_TEST_SETTING");
  outlet.say(value == nullptr ? "none" : value);
}

void twice(const Outlet& outlet, int value) {
  outlet.say(std::to_string(2 * value));
}
THRUM_TASK("test.twice", twice);

void wait_for_ever() {
  for (;;) ::pause();
}

class Spawn : public testing::TestWithParam<StartMethod> {
 protected:
  SpawnOptions options() const { return {.name = "thrum-test", .start = GetParam()}; }
};

INSTANTIATE_TEST_SUITE_P(By, Spawn, testing::Values(StartMethod::spawn, StartMethod::fork_server),
                         [](const testing::TestParamInfo<StartMethod>& method) {
                           return std::string(method.param == StartMethod::spawn ? "Spawn" : "ForkServer");
                         });

TEST_P(Spawn, CallsAFunctionWithItsArguments) {
  Inlet inlet;
  const std::vector<double> large(100'000, 2.5);
  Process process = spawn(options(), introduce, inlet.outlet(), Person{"Ada", 36}, large);
  EXPECT_EQ(inlet.read_to_end(), "Ada 36 100000 2.500000");
  EXPECT_TRUE(process.wait().ok());
  EXPECT_FALSE(process.running());
  EXPECT_EQ(process.name(), "thrum-test");
}

TEST_P(Spawn, CallsLambdasWithTheirCapturesAndTextsAsStrings) {
  Inlet inlet;
  int factor = 3;
  const auto f = [factor](const Outlet& outlet, const std::string& text) { outlet.say(text + std::to_string(factor)); };
  const auto g = [factor](const Outlet& outlet, const std::string& text) {
    outlet.say(text + "not" + std::to_string(factor));
  };
  Process process = spawn(options(), f, inlet.outlet(), "x");
  EXPECT_EQ(inlet.read_to_end(), "x3");
  Inlet other;
  Process second = spawn(options(), g, other.outlet(), "x");
  EXPECT_EQ(other.read_to_end(), "xnot3") << "lambdas of one type of call are told apart";
}

TEST_P(Spawn, CallsNamedFunctions) {
  Inlet inlet;
  Process process = spawn(options(), twice, inlet.outlet(), 21);
  EXPECT_EQ(inlet.read_to_end(), "42");
}

TEST_P(Spawn, RunsInAnotherProcessWithAGroupOfItsOwn) {
  Inlet inlet;
  Process process = spawn(options(), tell_pids, inlet.outlet());
  const std::string pid = std::to_string(process.pid());
  const std::string told = inlet.read_to_end();
  EXPECT_TRUE(told.starts_with(pid + " ")) << told;
  EXPECT_TRUE(told.ends_with(" " + pid)) << told;
  if (GetParam() == StartMethod::spawn) {
    EXPECT_THAT(told, HasSubstr(" " + std::to_string(::getpid()) + " "));
  }
}

TEST_P(Spawn, ReportsExitCodesSignalsAndExceptions) {
  Process exits = spawn(options(), [] { std::exit(7); });
  EXPECT_EQ(exits.wait().code, 7);
  Process dies = spawn(options(), [] { ::raise(SIGABRT); });
  EXPECT_EQ(dies.wait().signal, SIGABRT);
  Process throws = spawn(options(), [] { throw Error(ErrorCode::io, "[test] on purpose"); });
  EXPECT_EQ(throws.wait().code, 1);
}

TEST_P(Spawn, CanBeTerminatedAndKilled) {
  Process asked = spawn(options(), wait_for_ever);
  EXPECT_FALSE(asked.wait_for(milliseconds(20)));
  EXPECT_TRUE(asked.running());
  asked.terminate();
  EXPECT_EQ(asked.wait().signal, SIGTERM);
  Process killed = spawn(options(), wait_for_ever);
  killed.kill();
  EXPECT_EQ(killed.wait().signal, SIGKILL);
}

TEST_P(Spawn, SetsTheEnvironmentOfTheChildOnly) {
  Inlet inlet;
  SpawnOptions with = options();
  with.environment = {{"THRUM_TEST_SETTING", "yes"}};
  Process process = spawn(with, tell_setting, inlet.outlet());
  EXPECT_EQ(inlet.read_to_end(), "yes");
  EXPECT_EQ(std::getenv("THRUM_TEST_SETTING"), nullptr);
  Inlet other;
  Process next = spawn(options(), tell_setting, other.outlet());
  EXPECT_EQ(other.read_to_end(), "none");
}

TEST_P(Spawn, OutlivesTheThreadThatStartedIt) {
  Inlet inlet;
  std::optional<Process> process;
  std::thread([&] {
    process.emplace(spawn(
        options(),
        [](const Outlet& outlet) {
          char text = 0;
          if (::read(STDIN_FILENO, &text, 0) < 0) outlet.say("no input ");
          for (int i = 0; i < 50; ++i) ::usleep(1000);
          outlet.say("alive");
        },
        inlet.outlet()));
  }).join();
  EXPECT_EQ(inlet.read_to_end(), "alive");
  EXPECT_TRUE(process->wait().ok());
}

TEST_P(Spawn, EndsWithItsParent) {
  Inlet inlet;
  Process parent = spawn(
      options(),
      [](const Outlet& outlet, StartMethod start) {
        Process child = spawn(
            SpawnOptions{.start = start},
            [](const Outlet& o) {
              o.say("child");
              wait_for_ever();
            },
            outlet);
        child.wait();
      },
      inlet.outlet(), GetParam());
  parent.wait_for(milliseconds(200));
  parent.kill();
  parent.wait();
  const std::string told = inlet.read_to_end();
  EXPECT_TRUE(told.empty() || told == "child") << told;
}

TEST(SpawnByFork, IsRefusedBesideOtherThreads) {
  UniqueFd hold, release;
  std::tie(hold, release) = make_os_pipe();
  std::thread other([&] {
    char byte = 0;
    [[maybe_unused]] const ssize_t got = ::read(hold.get(), &byte, 1);
  });
  EXPECT_THAT(test::refusal([] { spawn(SpawnOptions{.start = StartMethod::fork}, [] {}); }),
              AllOf(HasSubstr("[process] fork needs a process with one thread, this one has "),
                    HasSubstr("use StartMethod::spawn, or fork before anything starts a thread")));
  release.reset();
  other.join();
}

TEST(SpawnByFork, SharesWhatWasLoadedBefore) {
  Inlet inlet;
  // A child of its own, which has one thread.
  Process process = spawn(
      [](const Outlet& outlet) {
        const std::vector<int> loaded(1000, 7);
        Process copy =
            spawn(SpawnOptions{.start = StartMethod::fork}, [&] { outlet.say(std::to_string(loaded[999])); });
        outlet.say(copy.wait().ok() ? " ok" : " failed");
      },
      inlet.outlet());
  EXPECT_EQ(inlet.read_to_end(), "7 ok");
}

TEST(CodeAddress, LeadsBackToTheCode) {
  const auto* code = reinterpret_cast<const void*>(&wait_for_ever);
  const CodeAddress address = code_address(code);
  EXPECT_EQ(code_at(address), code);
  const auto* library = reinterpret_cast<const void*>(&::getpid);
  EXPECT_EQ(code_at(code_address(library)), library);
}

TEST(CodeAddress, RefusesWhatIsNoCode) {
  const int variable = 0;
  EXPECT_THAT(test::refusal([&] { code_address(&variable); }),
              HasSubstr("is not code of this program or of its libraries"));
  CodeAddress address = code_address(reinterpret_cast<const void*>(&wait_for_ever));
  address.object ^= 1;
  EXPECT_THROW(code_at(address), Error);
  address.object ^= 1;
  address.offset = ~0ULL;
  EXPECT_THROW(code_at(address), Error);
}

}  // namespace
}  // namespace thrum
