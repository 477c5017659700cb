#include "thrum/serve/listener_internal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "thrum/core/error.h"
#include "thrum/runtime/temporary_folder_test.h"
#include "thrum/serve/server_fixture_test.h"

namespace thrum::serving {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string refusal_of(const std::string& address) {
  try {
    const Listener listener(address, 2, {});
  } catch (const Error& error) {
    return std::string(error_code_name(error.code())) + " " + error.what();
  }
  return "bound";
}

TEST(Listener, NamesTheAddressThatIsInUse) {
  const Listener listener("127.0.0.1:0", 2, {});
  const std::string address = listener.url().substr(std::string("http://").size());
  EXPECT_EQ(refusal_of(address), "io [serve] cannot listen at " + address +
                                     ": Address already in use; another process listens there; choose another port, or "
                                     "0 for any");
}

TEST(Listener, SharesAnAddressThatBothSidesAllowToShare) {
  const Listener::Options sharing{.reuse_port = true};
  const Listener listener("127.0.0.1:0", 2, sharing);
  const std::string address = listener.url().substr(std::string("http://").size());
  EXPECT_NO_THROW(Listener(address, 2, sharing));
  EXPECT_THAT(refusal_of(address), HasSubstr("Address already in use"));
}

TEST(Listener, RefusesWhatIsNoAddress) {
  EXPECT_EQ(refusal_of("localhost"),
            "invalid_argument [serve] expected an address HOST:PORT, got \"localhost\": there is no port");
  EXPECT_EQ(refusal_of("127.0.0.1:"),
            "invalid_argument [serve] expected an address HOST:PORT, got \"127.0.0.1:\": the port is not 0…65535");
  EXPECT_THAT(refusal_of("127.0.0.1:65536"), HasSubstr("the port is not 0…65535"));
  EXPECT_THAT(refusal_of("127.0.0.1:8o"), HasSubstr("the port is not 0…65535"));
  EXPECT_THAT(refusal_of("[::g]:80"), StartsWith("invalid_argument [serve] expected an address HOST:PORT"));
  EXPECT_THAT(refusal_of("203.0.113.7:0"), StartsWith("io [serve] cannot listen at 203.0.113.7:0: "));
  EXPECT_EQ(refusal_of("unix:"),
            "invalid_argument [serve] expected an address HOST:PORT, got \"unix:\": a socket's "
            "path has 1…107 bytes");
  EXPECT_THAT(refusal_of("unix:" + std::string(108, 'x')), HasSubstr("a socket's path has 1…107 bytes"));
  EXPECT_EQ(refusal_of("fd://0"), "invalid_argument [serve] expected a listening socket, got \"fd://0\"");
  EXPECT_THAT(refusal_of("fd://x"), HasSubstr("[bind] expected an integer in [0, 65535], got \"x\""));
}

/// Of one who is not root.
std::string refusal_to_others(const std::string& address) {
  if (geteuid() != 0) return refusal_of(address);
  if (seteuid(65534) != 0) std::abort();
  std::string refusal = refusal_of(address);
  if (seteuid(0) != 0) std::abort();
  return refusal;
}

TEST(Listener, TellsWhoMayListenWhereOthersMayNot) {
  const test::TemporaryFolder folder;
  ASSERT_EQ(chmod(folder.path().c_str(), 0500), 0);
  const std::string path = "unix:" + folder.file("socket");
  EXPECT_EQ(refusal_to_others(path),
            "io [serve] cannot listen at " + path + ": Permission denied; choose a folder that this user may write to");
  const std::string refusal = refusal_to_others("127.0.0.1:1");
  if (refusal == "bound") GTEST_SKIP() << "here everybody may take ports below 1024";
  EXPECT_EQ(refusal,
            "io [serve] cannot listen at 127.0.0.1:1: Permission denied; ports below 1024 are root's: start as root "
            "with --user, or choose a higher one");
}

TEST(Listener, KnowsItsAddress) {
  EXPECT_THAT(Listener(":0", 1, {}).url(), testing::MatchesRegex("http://0\\.0\\.0\\.0:[0-9]+"));
  if (refusal_of("[::1]:0") != "bound") GTEST_SKIP() << "this machine has no IPv6";
  EXPECT_THAT(Listener("[::1]:0", 1, {}).url(), testing::MatchesRegex("http://\\[::1\\]:[0-9]+"));
}

TEST(Listener, GivesEachPlaceASocketOrAllTheSame) {
  const test::TemporaryFolder folder;
  const Listener own("127.0.0.1:0", 3, {});
  EXPECT_NE(own.socket(0), own.socket(2));
  EXPECT_FALSE(is_shared_socket(own.socket(0)));
  const Listener shared("unix:" + folder.file("socket"), 3, {});
  EXPECT_EQ(shared.socket(0), shared.socket(2));
  EXPECT_TRUE(is_shared_socket(shared.socket(0)));
  const Listener given("fd://" + std::to_string(shared.socket(0)), 3, {});
  EXPECT_EQ(given.url(), "unix:" + folder.file("socket"));
  EXPECT_TRUE(is_shared_socket(given.socket(2)));
}

TEST(Listener, TakesOverTheSocketOfADeadServerOnly) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("socket");
  auto first = std::make_unique<Listener>("unix:" + path, 1, Listener::Options{});
  EXPECT_EQ(refusal_of("unix:" + path), "io [serve] cannot listen at unix:" + path +
                                            ": Address already in use; a server listens there, or the file is no "
                                            "socket; choose another path");
  ASSERT_EQ(link(path.c_str(), (path + ".kept").c_str()), 0);
  first.reset();
  EXPECT_NE(access(path.c_str(), F_OK), 0) << "it leaves its file behind";
  ASSERT_EQ(rename((path + ".kept").c_str(), path.c_str()), 0);
  EXPECT_EQ(refusal_of("unix:" + path), "bound");
  std::ofstream(path) << "text";
  EXPECT_THAT(refusal_of("unix:" + path), HasSubstr("the file is no socket")) << "it removes a file of others";
}

/// What a check says of the addresses; "" where nothing.
std::string overlap_of(const std::string& bind, bool reuse_port = false) {
  try {
    check_addresses({.bind = bind, .reuse_port = reuse_port}, true);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Listener, KnowsAddressesThatAreWithinOthers) {
  const test::TemporaryFolder folder;
  const std::string path = "unix:" + folder.file("socket");
  EXPECT_EQ(overlap_of("127.0.0.1:4711,:4711"),
            "[serve] cannot listen at both 127.0.0.1:4711 and :4711; who asks one asks the other: name one of them");
  EXPECT_THAT(overlap_of(":4711,127.0.0.1:4712,127.0.0.1:4711"), HasSubstr("both :4711 and 127.0.0.1:4711"));
  EXPECT_THAT(overlap_of(path + "," + path, true), HasSubstr("cannot listen at both"));
  EXPECT_THAT(overlap_of(path + ",unix:" + folder.file("./socket")), HasSubstr("cannot listen at both"));
  EXPECT_TRUE(Endpoint::resolve("[::ffff:127.0.0.1]:4711").is_within(Endpoint::resolve("127.0.0.1:4711")));
  EXPECT_TRUE(Endpoint::resolve("127.0.0.1:4711").is_within(Endpoint::resolve("[::ffff:0.0.0.0]:4711")));
  EXPECT_EQ(overlap_of("127.0.0.1:4711,127.0.0.1:4711", true), "");
  EXPECT_EQ(overlap_of("127.0.0.1:0,127.0.0.1:0,127.0.0.1:4711,127.0.0.2:4711," + path), "");
}

TEST(Server, ListensAtSeveralAddressesWithAMask) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("socket");
  const TestServer server({"bind=127.0.0.1:0,unix:" + path, "workers=2", "umask=077"});
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(TestClient(path).ask(ask_for(16)), testing::EndsWith(prediction(16)));
    EXPECT_THAT(TestClient(server.port()).ask(ask_for(16)), testing::EndsWith(prediction(16)));
  }
  EXPECT_TRUE(server.log_comes_to_have("Listening at: unix:" + path));
  struct stat info{};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

}  // namespace
}  // namespace thrum::serving
