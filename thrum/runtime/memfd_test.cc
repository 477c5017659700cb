#include "thrum/runtime/memfd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"

namespace thrum {
namespace {

TEST(SharedBytes, AreWhatWasGiven) {
  const std::string text(3'000'001, 'x');
  for (const std::string& given : {std::string(), std::string("abc"), text}) {
    const UniqueFd fd = share_bytes("test", bytes_of(given));
    EXPECT_EQ(text_of(SharedBytes(fd.get()).bytes()), given);
  }
}

TEST(SharedBytes, OutliveTheirDescriptorAndCanBeMoved) {
  UniqueFd fd = share_bytes("test", bytes_of("abc"));
  SharedBytes first(fd.get());
  fd.reset();
  const std::byte* data = first.bytes().data();
  SharedBytes second = std::move(first);
  EXPECT_EQ(text_of(second.bytes()), "abc");
  EXPECT_EQ(second.bytes().data(), data);
}

TEST(SharedBytes, CannotBeChangedByAnybody) {
  const UniqueFd fd = share_bytes("test", bytes_of("abc"));
  EXPECT_EQ(::pwrite(fd.get(), "x", 1, 0), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::ftruncate(fd.get(), 1), -1);
  EXPECT_EQ(::ftruncate(fd.get(), 10), -1);
  EXPECT_EQ(::mmap(nullptr, 3, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0), MAP_FAILED);
  EXPECT_EQ(::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE), -1);
}

TEST(SharedBytes, DoNotReachProgramsThatAreNotMeant) {
  const UniqueFd fd = share_bytes("test", bytes_of("abc"));
  EXPECT_TRUE(::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC);
}

TEST(SharedBytes, RefuseADescriptorThatCanStillChange) {
  const UniqueFd open(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  EXPECT_EQ(test::refusal([&] { SharedBytes bytes(open.get()); }),
            "[memory] expected a sealed memfd, got one that can still change");
}

TEST(SharedBytes, RefuseWhatIsNoMemory) {
  const UniqueFd other(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(test::refusal([&] { SharedBytes bytes(other.get()); }, ErrorCode::io),
            "[memory] cannot map shared bytes: Invalid argument");
}

TEST(SharedBytesDeathTest, ALackOfRoomIsAnError) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto body = [] {
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::signal(SIGXFSZ, SIG_IGN);
    try {
      share_bytes("test", bytes_of(std::string(2000, 'x')));
    } catch (const Error& e) {
      std::fprintf(stderr, "%s\n", e.what());
      std::_Exit(3);
    }
    std::_Exit(0);
  };
  EXPECT_EXIT(body(), testing::ExitedWithCode(3), "\\[memory\\] cannot share 2000 bytes: File too large");
}

}  // namespace
}  // namespace thrum
