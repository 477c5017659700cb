#include "thrum/runtime/scratch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <string>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/file.h"
#include "thrum/runtime/memory_room_internal.h"
#include "thrum/runtime/parallel.h"
#include "thrum/runtime/temporary_folder_test.h"

namespace thrum {
namespace {

constexpr std::uint64_t plenty = std::uint64_t{1} << 40;

std::uint64_t* numbers(const Scratch::Bytes& bytes) {
  return reinterpret_cast<std::uint64_t*>(bytes.get());
}

/// Pages of [bytes, bytes + size) that the process has mapped at present.
std::size_t resident_kibibytes(const std::byte* bytes) {
  std::ifstream maps("/proc/self/smaps");
  char start[32];
  std::snprintf(start, sizeof start, "%lx-", reinterpret_cast<unsigned long>(bytes));
  bool found = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find('-') < line.find(' ')) found = line.starts_with(start);
    if (found && line.starts_with("Rss:")) return std::stoul(line.substr(4));
  }
  return 0;
}

TEST(Scratch, GivesZerosThatKeepWhatIsWritten) {
  const test::TemporaryFolder folder;
  Scratch scratch(folder.path(), plenty);
  const Scratch::Bytes first = scratch.allocate(8000);
  const Scratch::Bytes second = scratch.allocate(1);
  EXPECT_EQ(numbers(first)[999], 0u);
  numbers(first)[999] = 7;
  numbers(second)[0] = 8;
  EXPECT_EQ(numbers(first)[999], 7u);
  EXPECT_TRUE(folder.names().empty()) << "the file has no name";
}

TEST(Scratch, GivesZerosAgainWhereAnArrayWas) {
  const test::TemporaryFolder folder;
  Scratch scratch(folder.path(), plenty);
  for (int i = 0; i < 3; ++i) {
    const Scratch::Bytes bytes = scratch.allocate(4096);
    EXPECT_EQ(numbers(bytes)[5], 0u);
    numbers(bytes)[5] = 1;
  }
}

TEST(Scratch, LetsGoOfArraysNearTheLimitAndKeepsTheirValues) {
  const test::TemporaryFolder folder;
  Scratch scratch(folder.path(), plenty);
  const std::size_t n = 1 << 20;
  const Scratch::Bytes bytes = scratch.allocate(8 * n);
  for (std::size_t i = 0; i < n; ++i) numbers(bytes)[i] = i;
  scratch.keep_within_limit();
  EXPECT_GE(resident_kibibytes(bytes.get()), 8 * n / 1024) << "far from the limit nothing happens";

  Scratch tight(folder.path(), 1 << 20);
  const Scratch::Bytes other = tight.allocate(8 * n);
  for (std::size_t i = 0; i < n; ++i) numbers(other)[i] = ~i;
  EXPECT_THAT(test::refusal([&] { tight.keep_within_limit(); }, ErrorCode::out_of_memory),
              testing::MatchesRegex("\\[memory\\] [0-9]+ MiB are in use beside the rows, more than the "
                                    "limit of 1 MiB; raise the limit, or use fewer threads"));
  EXPECT_EQ(resident_kibibytes(other.get()), 0u);
  for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(numbers(other)[i], ~i);
}

TEST(Scratch, LetsGoOfFilesThatAreWatched) {
  const test::TemporaryFolder folder;
  const MappedFile file(folder.write("x.csv", std::string(100'000, 'x')));
  EXPECT_TRUE(file.is_mapped());
  Scratch tight(folder.path(), 1);
  const Scratch::Bytes watched = tight.watch(file.bytes());
  EXPECT_EQ(file.bytes()[99'999], std::byte{'x'});
  EXPECT_THROW(tight.keep_within_limit(), Error);
  EXPECT_EQ(resident_kibibytes(file.bytes().data()), 0u);
  EXPECT_EQ(file.bytes()[99'999], std::byte{'x'});
}

TEST(Scratch, KeepsValuesWhileSeveralThreadsLetGo) {
  const test::TemporaryFolder folder;
  Scratch tight(folder.path(), 1);
  Arena arena(4);
  const std::size_t n = 1 << 16;
  const Scratch::Bytes bytes = tight.allocate(8 * n);
  arena.run(64, [&](std::size_t chunk) {
    for (std::size_t i = chunk; i < n; i += 64) numbers(bytes)[i] = i;
    try {
      tight.keep_within_limit();
    } catch (const Error&) {  // the limit is too low for any process
    }
  });
  for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(numbers(bytes)[i], i);
}

TEST(Scratch, SaysHowHighTheLimitIsToBe) {
  const test::TemporaryFolder folder;
  check_room(nullptr, plenty, "many columns take");
  const Scratch large(folder.path(), plenty), small(folder.path(), 1 << 20);
  check_room(&large, plenty / 2, "many columns take");
  try {
    check_room(&small, 100 << 20, "many columns take");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::out_of_memory);
    EXPECT_THAT(error.what(), testing::MatchesRegex(
                                  "\\[memory\\] many columns take 101 MiB, the process [0-9]+ MiB at least, more than "
                                  "the limit of 1 MiB; raise the limit to [0-9]+M or more, or use fewer columns or "
                                  "threads"));
  }
}

TEST(Scratch, SaysWhereItCannotBe) {
  EXPECT_EQ(test::refusal([&] { Scratch("/nowhere", plenty); }, ErrorCode::io),
            "[scratch] cannot make a file in /nowhere: No such file or directory");
}

TEST(Scratch, SaysThatADiskIsFull) {
  const test::TemporaryFolder folder;
  Scratch scratch(folder.path(), plenty);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  const rlimit small{1 << 20, old_limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  std::string message;
  try {
    scratch.allocate(5 << 20);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::out_of_memory);
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(message, "[scratch] no room for 6 MiB in " + folder.path().string() +
                         ": File too large; name another folder with --scratch");
}

}  // namespace
}  // namespace thrum
