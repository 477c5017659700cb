#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/runtime/memfd.h"
#include "thrum/runtime/temporary_folder_test.h"
#include "thrum/serve/access_gate_internal.h"
#include "thrum/serve/http_session.h"
#include "thrum/serve/model_set_internal.h"

namespace thrum::serving {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

const std::string ours = "0123456789abcdef";
const std::string the_administrators = "fedcba9876543210";

/// Answers "body of PATH".
class Echo : public RequestHandler {
 public:
  const HttpResponse& handle(const HttpRequest& request) noexcept override {
    response_.body = "body of " + std::string(request.path);
    return response_;
  }

 private:
  HttpResponse response_;
};

/// What the server sends to a client that sends `bytes`.
std::string reply_to(const std::string& bytes, const Access& access, const std::string& cors_origin = "") {
  AccessGate gate(access, cors_origin, std::make_unique<Echo>());
  HttpSession::Context context{gate, {}, HttpResponseWriter(cors_fields(cors_origin))};
  HttpSession session(context);
  session.receive(bytes);
  return std::string(session.unsent());
}

std::string request(const std::string& line, const std::string& fields = "") {
  return line + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

std::string bearer(const std::string& token) {
  return "Authorization: Bearer " + token + "\r\n";
}

const Access with_tokens = {{"another-token-00", ours}, {the_administrators}};

TEST(Access, LetsEverybodyAskWithoutTokens) {
  EXPECT_THAT(reply_to(request("GET /a"), {}), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(Access, LetsAskWithATokenOfTheFile) {
  EXPECT_THAT(reply_to(request("GET /a", bearer(ours)), with_tokens), HasSubstr("body of /a"));
  EXPECT_THAT(reply_to(request("GET /a", "authorization: bearer  " + ours + " \r\n"), with_tokens),
              HasSubstr("body of /a"));
  EXPECT_THAT(reply_to(request("GET /a", bearer(the_administrators)), with_tokens), HasSubstr("body of /a"));
}

TEST(Access, RefusesWhoHasNone) {
  const std::string reply = reply_to(request("GET /a"), with_tokens);
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 401 Unauthorized\r\n"));
  EXPECT_THAT(reply, HasSubstr("\r\nWWW-Authenticate: Bearer realm=\"thrum\"\r\n"));
  EXPECT_THAT(reply, HasSubstr(R"("message":"[serve] a token is needed","hint":"send Authorization: Bearer TOKEN")"));
}

TEST(Access, RefusesOtherTokens) {
  for (const std::string& token : {ours + "0", ours.substr(1), std::string("0123456789abcdeF"), std::string("x")}) {
    EXPECT_THAT(reply_to(request("GET /a", bearer(token)), with_tokens), HasSubstr("[serve] the token is not known"))
        << token;
  }
  EXPECT_THAT(reply_to(request("GET /a", "Authorization: Basic " + ours + "\r\n"), with_tokens),
              HasSubstr("[serve] a token is needed"));
}

TEST(Access, RefusesBeforeTheBodyComes) {
  const std::string reply =
      reply_to(request("POST /a", "Content-Length: 1000\r\nExpect: 100-continue\r\n"), with_tokens);
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 401 Unauthorized\r\n"));
  EXPECT_THAT(reply, HasSubstr("\r\nConnection: close\r\n"));
}

TEST(Access, ReadsNothingAfterARefusal) {
  const std::string reply =
      reply_to(request("POST /a", "Content-Length: 5\r\n") + "12345" + request("GET /b", bearer(ours)), with_tokens);
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 401 Unauthorized\r\n"));
  EXPECT_THAT(reply, testing::Not(HasSubstr("body of")));
}

TEST(Access, LeavesHealthToEverybody) {
  for (const char* path : {"/health", "/ping", "/v2/health/live", "/v2/health/ready"}) {
    EXPECT_THAT(reply_to(request(std::string("GET ") + path), with_tokens), StartsWith("HTTP/1.1 200 OK\r\n")) << path;
  }
  EXPECT_THAT(reply_to(request("GET /health/"), with_tokens), StartsWith("HTTP/1.1 401"));
}

TEST(Access, KeepsTheAdministratorsRoutesToThem) {
  const std::string line = "POST /v2/repository/index";
  EXPECT_THAT(reply_to(request(line, bearer(the_administrators)), with_tokens), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(reply_to(request(line, bearer(ours)), with_tokens),
              testing::AllOf(StartsWith("HTTP/1.1 403 Forbidden\r\n"), HasSubstr("this route is the administrator's")));
  EXPECT_THAT(reply_to(request(line), with_tokens), StartsWith("HTTP/1.1 401 Unauthorized\r\n"));
}

TEST(Access, TellsBrowsersNothingByDefault) {
  EXPECT_THAT(reply_to(request("GET /a", "Origin: https://app.example\r\n"), {}),
              testing::Not(HasSubstr("Access-Control")));
}

TEST(Access, TellsBrowsersOfTheOrigin) {
  EXPECT_THAT(reply_to(request("GET /a"), {}, "https://app.example"),
              HasSubstr("\r\nAccess-Control-Allow-Origin: https://app.example\r\nVary: Origin\r\n"));
  EXPECT_THAT(reply_to(request("GET /a"), {}, "*"), HasSubstr("\r\nAccess-Control-Allow-Origin: *\r\n"));
  // A page must be able to read why it is refused.
  EXPECT_THAT(reply_to(request("GET /a"), with_tokens, "*"), HasSubstr("\r\nAccess-Control-Allow-Origin: *\r\n"));
  EXPECT_THAT(reply_to("nonsense\r\n", {}, "*"), HasSubstr("\r\nAccess-Control-Allow-Origin: *\r\n"));
}

TEST(Access, AnswersWhatBrowsersAskFirst) {
  const std::string asked =
      request("OPTIONS /predict", "Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n");
  const std::string reply = reply_to(asked, with_tokens, "https://app.example");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 204 No Content\r\n"));
  EXPECT_THAT(reply, HasSubstr("\r\nAccess-Control-Allow-Methods: GET, POST\r\n"));
  EXPECT_THAT(reply, HasSubstr("\r\nAccess-Control-Allow-Headers: Authorization, Content-Type"));
  EXPECT_THAT(reply_to(asked, with_tokens), testing::Not(HasSubstr("Access-Control")));
}

TEST(Access, CrossesToTheWorkers) {
  const SharedBytes shared(ModelSet().share(with_tokens).get());
  const Access access = open_access(shared.bytes());
  EXPECT_EQ(access.tokens, with_tokens.tokens);
  EXPECT_EQ(access.admin_tokens, with_tokens.admin_tokens);
}

TEST(Access, TakesOriginsOnly) {
  for (const char* origin : {"", "*", "https://app.example", "http://localhost:3000"}) {
    ServeOptions options;
    options.cors_origin = origin;
    EXPECT_NO_THROW(read_access(options)) << origin;
  }
  for (const char* origin : {"app.example", "https://app.example/", "https://a, https://b", "https://a\r\nX: y"}) {
    ServeOptions options;
    options.cors_origin = origin;
    try {
      read_access(options);
      ADD_FAILURE() << origin;
    } catch (const Error& error) {
      EXPECT_EQ(error.what(), "[cors_origin] expected * or an origin such as https://app.example, got \"" +
                                  std::string(origin) + "\"");
    }
  }
}

class TokenFile : public testing::Test {
 protected:
  std::string write(const std::string& text, fs::perms mode = fs::perms::owner_read) {
    const std::string path = folder_.write("tokens", text);
    fs::permissions(path, mode);
    return path;
  }

  std::string refusal(const std::string& path) {
    try {
      read_tokens(path);
    } catch (const Error& error) {
      std::string text = error.what();
      for (std::size_t at = 0; (at = text.find(folder_.file("tokens"))) != std::string::npos;) {
        text.replace(at, folder_.file("tokens").size(), "tokens");
      }
      return text;
    }
    return "read";
  }

  test::TemporaryFolder folder_;
};

TEST_F(TokenFile, HoldsATokenALine) {
  EXPECT_EQ(read_tokens(write("# of the team\n\n" + ours + "\n \t" + the_administrators + " \r\nA-._~+/=A-._~+/=")),
            (std::vector<std::string>{ours, the_administrators, "A-._~+/=A-._~+/="}));
}

TEST_F(TokenFile, IsItsOwnersOnly) {
  const std::string path = write(ours, fs::perms::owner_read | fs::perms::group_read);
  EXPECT_EQ(refusal(path), "[serve] others may read or write the token file tokens (mode 0440); chmod 600 tokens");
  fs::permissions(path, fs::perms::owner_read | fs::perms::others_write);
  EXPECT_THAT(refusal(path), HasSubstr("(mode 0402)"));
}

TEST_F(TokenFile, IsAFileThatIsThere) {
  EXPECT_EQ(refusal(folder_.file("tokens")), "[serve] cannot read the token file tokens: No such file or directory");
  fs::create_directory(folder_.file("tokens"));
  EXPECT_EQ(refusal(folder_.file("tokens")),
            "[serve] the token file tokens is not a file; name a file with a token a line");
}

TEST_F(TokenFile, HasTokensThatAreOnes) {
  EXPECT_EQ(refusal(write("# none\n")), "[serve] the token file tokens has no token; openssl rand -hex 32 makes one");
  fs::remove(folder_.file("tokens"));
  EXPECT_EQ(refusal(write("\n0123456789abcde")),
            "[serve] tokens:2: expected a token of at least 16 letters, digits and -._~+/=; openssl rand -hex 32 makes "
            "one");
  fs::remove(folder_.file("tokens"));
  EXPECT_THAT(refusal(write(ours + " " + ours)), HasSubstr("tokens:1: expected a token"));
}

}  // namespace
}  // namespace thrum::serving
