#include "thrum/runtime/sharing/pipe.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "thrum/runtime/process/spawn.h"
#include "thrum/runtime/sharing/event.h"
#include "thrum/runtime/sharing/shared_array.h"
#include "thrum/runtime/sharing/sharing_test.h"

namespace thrum {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

/// Sends back what comes.
template <class T>
void echo(const Pipe<T>& pipe) {
  while (const std::optional<T> value = pipe.recv()) pipe.send(*value);
}

TEST(Pipe, CarriesValuesToAndFro) {
  auto [ours, theirs] = make_pipe<std::map<std::string, std::vector<double>>>();
  Process process = spawn([](const Pipe<std::map<std::string, std::vector<double>>>& its) { echo(its); }, theirs);
  theirs.close();
  for (const std::size_t n : {0u, 1u, 1000u, 5000u, 1'000'000u}) {
    std::vector<double> numbers(n);
    std::iota(numbers.begin(), numbers.end(), 0);
    const std::map<std::string, std::vector<double>> value = {{"numbers", numbers}, {std::string(n / 4, 'x'), {}}};
    ours.send(value);
    EXPECT_EQ(ours.recv(), value);
  }
  ours.close();
  EXPECT_TRUE(process.wait().ok());
}

TEST(Pipe, CarriesBytes) {
  const auto [a, b] = make_pipe<int>();
  for (const std::size_t n : {0u, 1u, 100'000u}) {
    const std::string text(n, 'y');
    a.send_bytes(bytes_of(text));
    EXPECT_EQ(text_of(*b.recv_bytes()), text);
  }
}

TEST(Pipe, CarriesItsOwnKind) {
  const auto [a, b] = make_pipe<Pipe<int>>();
  auto [inner, outer] = make_pipe<int>();
  a.send(outer);
  outer.close();
  const std::optional<Pipe<int>> received = b.recv();
  inner.send(5);
  EXPECT_EQ(received->recv(), 5);
}

TEST(Pipe, CarriesSharedArraysWithoutACopy) {
  const auto [a, b] = make_pipe<SharedArray<int>>();
  const auto array = SharedArray<int>::from(std::vector{1, 2});
  a.send(array);
  EXPECT_EQ(b.recv()->data(), array.data());
}

TEST(Pipe, EndsWhenTheOtherEndIsGone) {
  auto [a, b] = make_pipe<int>();
  b.send(1);
  b.close();
  EXPECT_TRUE(a.poll(generous));
  EXPECT_EQ(a.recv(), 1);
  EXPECT_EQ(a.recv(), std::nullopt);
  expect_error(ErrorCode::remote, "[pipe] the other end is gone", [&, &pipe = a] { pipe.send(2); });
}

TEST(Pipe, EndsWhenTheOtherProcessIsKilled) {
  auto [ours, theirs] = make_pipe<int>();
  const Process process = spawn(
      [](const Pipe<int>& its) {
        its.send(7);
        block();
      },
      theirs);
  theirs.close();
  EXPECT_EQ(ours.recv(), 7);
  EXPECT_FALSE(ours.poll());
  process.kill();
  EXPECT_EQ(ours.recv(), std::nullopt);
}

TEST(Pipe, WakesASenderWhoseReceiverIsKilled) {
  auto [ours, theirs] = make_pipe<std::string>();
  const Process process = spawn([](const Pipe<std::string>& /*its*/) { block(); }, theirs);
  theirs.close();
  std::jthread killer([&] { process.kill(); });
  expect_error(ErrorCode::remote, "[pipe] the other end is gone", [&, &pipe = ours] {
    for (;;) pipe.send("more than the socket holds");
  });
}

TEST(Pipe, DeliversAReplyOfAProcessThatReadsNoFurther) {
  auto [ours, theirs] = make_pipe<int>();
  ours.send(1);
  ours.send(2);
  Process process = spawn([](const Pipe<int>& its) { its.send(10 * *its.recv()); }, theirs);
  theirs.close();
  EXPECT_TRUE(process.wait().ok());
  EXPECT_EQ(ours.recv(), 10);
  EXPECT_EQ(ours.recv(), std::nullopt);
}

TEST(Pipe, ThatIsOneWayIsUsedInItsWay) {
  const auto [receiver, sender] = make_pipe<int>({.duplex = false});
  sender.send(3);
  EXPECT_EQ(receiver.recv(), 3);
  expect_error(ErrorCode::invalid_argument, "[pipe] this end only receives", [&, &pipe = receiver] { pipe.send(1); });
  expect_error(ErrorCode::invalid_argument, "[pipe] this end only sends", [&, &pipe = sender] { pipe.recv(); });
}

TEST(Pipe, PollsForATime) {
  const auto [a, b] = make_pipe<int>();
  EXPECT_FALSE(a.poll());
  EXPECT_FALSE(a.poll(milliseconds(20)));
  b.send(1);
  EXPECT_TRUE(a.poll());
}

TEST(Pipe, IsWaitedForTogetherWithProcesses) {
  const auto [a, b] = make_pipe<int>();
  const auto [c, d] = make_pipe<int>();
  Process process = spawn([] { block(); });
  const std::array<int, 3> all = {a.fd(), c.fd(), process.pidfd()};
  EXPECT_THAT(wait_any(all, milliseconds(20)), ElementsAre());
  d.send(1);
  EXPECT_THAT(wait_any(all), ElementsAre(1));
  c.recv();
  process.kill();
  EXPECT_THAT(wait_any(all, generous), ElementsAre(2));
}

TEST(Pipe, KeepsMessagesOfManyThreadsWhole) {
  const auto [a, b] = make_pipe<std::string>();
  std::vector<std::jthread> threads;
  for (const char letter : {'x', 'y'}) {
    threads.emplace_back([&, &pipe = a, letter] {
      for (std::size_t i = 0; i < 500; ++i) pipe.send(std::string(i * 100, letter));
    });
  }
  std::map<char, std::size_t> next;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = *b.recv();
    const char letter = text.empty() ? '-' : text[0];
    ASSERT_EQ(text, std::string(text.size(), letter));
    ASSERT_TRUE(letter == '-' || text.size() == 100 * ++next[letter]);
  }
}

TEST(Pipe, LeavesNoDescriptorBehind) {
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 50; ++i) {
    const auto [a, b] = make_pipe<SharedArray<int>>();
    a.send(SharedArray<int>());
    sent(a).send_bytes(bytes_of(std::string(100'000, 'x')));
    b.recv();
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Pipe, TellsValuesFromBytes) {
  const auto [a, b] = make_pipe<int>();
  a.send_bytes(bytes_of("four"));
  expect_error(ErrorCode::corrupt_data, "[pipe] expected a value, something else came",
               [&, &pipe = b] { pipe.recv(); });
  a.send(4);
  expect_error(ErrorCode::corrupt_data, "[pipe] expected bytes, something else came",
               [&, &pipe = b] { pipe.recv_bytes(); });
}

TEST(Pipe, RefusesWhatCannotBe) {
  auto [a, b] = make_pipe<std::vector<SharedArray<int>>>();
  const std::vector<SharedArray<int>> arrays(253, SharedArray<int>(1));
  expect_error(ErrorCode::invalid_argument, "[pipe] expected at most 252 descriptors in a value, got 253",
               [&, &pipe = a] { pipe.send(arrays); });
  a.close();
  expect_error(ErrorCode::invalid_argument, "[pipe] expected an open end, this handle is closed",
               [&, &pipe = a] { pipe.recv(); });
}

TEST(Pipe, RefusesForeignDescriptors) {
  std::vector<UniqueFd> descriptors;
  descriptors.emplace_back(::open("/dev/null", O_RDWR | O_CLOEXEC));
  WireWriter writer;
  writer.write(std::uint8_t{0});
  WireReader reader(writer.bytes(), std::move(descriptors));
  expect_error(ErrorCode::corrupt_data, "[pipe] expected an end of a pipe, got something else",
               [&] { reader.read<Pipe<int>>(); });
}

}  // namespace
}  // namespace thrum
