#include "thrum/serve/access_log_internal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/serve/serve_options.h"

namespace thrum::serving {
namespace {

class AccessLogTest : public testing::Test {
 protected:
  std::string line(std::string_view format) const {
    std::string text;
    AccessLog(format).append(text, {&request, response, "192.0.2.7", std::chrono::nanoseconds(2034567890)});
    return text;
  }

  const std::vector<HttpField> fields = {{"Referer", "http://a/"},
                                         {"User-Agent", "curl"},
                                         {"Authorization", "Basic YWxpY2U6c2VjcmV0"},
                                         {"X-Request-Id", "7"}};
  HttpRequest request = {
      .method = HttpMethod::post, .target = "/predict?x=1", .path = "/predict", .query = "x=1", .fields = fields};
  HttpResponse response = {.status = 200, .body = "{\"a\":1}"};
};

TEST_F(AccessLogTest, WritesGunicornsDefaultLine) {
  EXPECT_THAT(line(ServeOptions().access_logformat),
              testing::MatchesRegex("192\\.0\\.2\\.7 - alice \\[[0-3][0-9]/[A-Z][a-z][a-z]/20[0-9][0-9]:[0-9:]* "
                                    "[+-][0-9]*\\] \"POST /predict\\?x=1 HTTP/1\\.1\" 200 7 \"http://a/\" \"curl\"\n"));
}

TEST_F(AccessLogTest, HasAnAtomForEveryFact) {
  EXPECT_EQ(line("%(m)s %(U)s %(q)s %(H)s %(s)s %(B)s %(T)s %(M)s %(D)s %(L)s"),
            "POST /predict x=1 HTTP/1.1 200 7 2 2034 2034567 2.034568\n");
  EXPECT_EQ(line("%(p)s %({x-request-id}i)s %({x-none}i)s %({etag}o)s %({Content-Length}o)s %({HOME}e)s 100%%"),
            "<" + std::to_string(getpid()) + "> 7 - - 7 - 100%\n");
}

TEST_F(AccessLogTest, HasADashForWhatThereIsNot) {
  request.minor_version = 0;
  request.fields = {};
  response.body.clear();
  EXPECT_EQ(line("%(u)s %(b)s %(B)s %(f)s %(a)s %(l)s %(H)s"), "- - 0 - - - HTTP/1.0\n");
  std::string text;
  AccessLog("%(h)s \"%(r)s\" %(m)s %({host}i)s %(s)s").append(text, {nullptr, response, "", {}});
  EXPECT_EQ(text, "- \"-\" - - 200\n") << "bytes that were no request, through a Unix socket";
}

TEST_F(AccessLogTest, NoClientWritesALineOfItsOwn) {
  const std::vector<HttpField> hostile = {{"User-Agent", "a\" 200 0\n\x1b[2Jb\\"}};
  request.fields = hostile;
  EXPECT_EQ(line("\"%(a)s\""), "\"a\\\" 200 0\\x0a\\x1b[2Jb\\\\\"\n");
}

TEST(AccessLog, RefusesWhatIsNoAtom) {
  const std::string remedy =
      "; the atoms are %(h)s l u t r m U q H s b B f a T D M L p, %({name}i)s of a field of the request, o of the "
      "reply";
  for (const std::string format : {"%(x)s", "%h", "%(h)", "%()s", "%({a}x)s", "%({}i)s", "%"}) {
    try {
      const AccessLog log("a " + format);
      ADD_FAILURE() << format;
    } catch (const Error& error) {
      EXPECT_EQ(error.what(),
                "[access_logformat] expected an atom, got \"" + format + "\" in \"a " + format + "\"" + remedy);
    }
  }
}

}  // namespace
}  // namespace thrum::serving
