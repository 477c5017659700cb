// What a server must do with requests that are well formed, or that end early: RFC 9110 and 9112 by section, and the
// tricks by which a body is taken for a request. Refusals are in http_refusals_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "thrum/serve/http_feed_test.h"
#include "thrum/serve/http_session.h"
#include "thrum/serve/router_internal.h"

namespace thrum {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Answers every request with its method, target and body.
class Echo : public RequestHandler {
 public:
  const HttpResponse& handle(const HttpRequest& request) noexcept override {
    response_.clear();
    response_.status = request.path == "/nothing" ? 204 : 200;
    response_.content_type = "text/plain";
    response_.body = std::string(http_method_name(request.method)) + " " + std::string(request.target) + " " +
                     std::string(request.body) + ";";
    return response_;
  }

 private:
  HttpResponse response_;
};

/// What one connection's bytes are answered with, whole and byte by byte.
struct Dialogue {
  explicit Dialogue(const std::string& bytes) {
    text = answer({bytes});
    EXPECT_EQ(statuses(answer(in_pieces(bytes, 1))), statuses(text)) << bytes;
  }

  std::string answer(const std::vector<std::string_view>& pieces) {
    Echo echo;
    HttpSession::Context context{echo};
    HttpSession session(context);
    std::string replies;
    for (std::string_view piece : pieces) {
      do {
        piece.remove_prefix(session.receive(piece));
        replies += session.unsent();
        session.sent(session.unsent().size());
      } while (!piece.empty());
    }
    is_open = session.phase() != HttpSession::Phase::closing;
    return replies;
  }

  /// "200 200 400", without interim replies.
  static std::string statuses(const std::string& replies) {
    std::string list;
    for (std::size_t at = replies.find("HTTP/1.1 "); at != std::string::npos; at = replies.find("HTTP/1.1 ", at + 1)) {
      const std::string status = replies.substr(at + 9, 3);
      if (status != "100") list += (list.empty() ? "" : " ") + status;
    }
    return list;
  }

  std::string text;
  bool is_open = false;
};

std::string request(const std::string& line, const std::string& fields = "", const std::string& body = "") {
  return line + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}

const std::string next = request("GET /next");

void expect_two(const std::string& first, const std::string& echoed) {
  const Dialogue dialogue(first + next);
  EXPECT_EQ(Dialogue::statuses(dialogue.text), "200 200") << first;
  EXPECT_THAT(dialogue.text, HasSubstr(echoed + ";"));
  EXPECT_THAT(dialogue.text, HasSubstr("GET /next ;"));
  EXPECT_TRUE(dialogue.is_open);
}

TEST(HttpCompliance, TakesEveryWellFormedRequest) {
  expect_two(request("GET /"), "GET / ");
  expect_two("\r\n" + request("GET /"), "GET / ");
  expect_two(request("GET http://a/x?y"), "GET http://a/x?y ");
  expect_two(request("GET /?" + std::string(8000, 'q')), "q ");
  expect_two(request("POST /", "Content-Length: 5\r\n", "hello"), "POST / hello");
  expect_two(request("POST /", "Content-Length: 0\r\n"), "POST / ");
  expect_two(request("POST /"), "POST / ");
  expect_two(request("POST /", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"), "POST / hello!");
  expect_two(request("POST /", "TRANSFER-ENCODING: Chunked \r\n", "A\r\n0123456789\r\n0\r\n\r\n"), "POST / 0123456789");
  expect_two(request("POST /", "Transfer-Encoding: chunked\r\n", "0;last\r\nX-Sum: 1\r\n\r\n"), "POST / ");
}

TEST(HttpCompliance, ReadsABodyWhateverTheMethod) {
  for (const std::string method : {"GET", "OPTIONS", "DELETE", "PUT", "PATCH"}) {
    expect_two(request(method + " /", "Content-Length: 5\r\n", "hello"), method + " / hello");
    expect_two(request(method + " /", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
               method + " / hello");
  }
  const Dialogue head(request("HEAD /", "Content-Length: 5\r\n", "hello") + next);
  EXPECT_EQ(Dialogue::statuses(head.text), "200 200");
  EXPECT_THAT(head.text, Not(HasSubstr("HEAD /")));
}

TEST(HttpCompliance, NoBodyIsTakenForARequest) {
  const std::string inner = request("GET /inner");
  const std::string length = std::to_string(inner.size());
  expect_two(request("POST /", "Content-Length: " + length + "\r\n", inner), "POST / " + inner);
  expect_two(request("GET /", "Content-Length: " + length + "\r\n", inner), "GET / " + inner);
  expect_two(request("POST /", "Expect: 100-continue\r\nContent-Length: " + length + "\r\n", inner), "POST / " + inner);
  expect_two(
      request("POST /", "Content_Length: 0\r\nTransfer_Encoding: chunked\r\nContent-Length: " + length + "\r\n", inner),
      "POST / " + inner);
  for (const std::string& text :
       {request("POST /", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + inner),
        request("POST /", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "8\r\n" + inner),
        request("POST /", "Transfer-Encoding: xchunked\r\n", inner),
        request("POST /", "Content-Length: +" + length + "\r\n", inner),
        request("POST /", "Content-Length: " + length + "\r\nContent-Length: 0\r\n", inner),
        request("POST /", "Content-Length: 0, " + length + "\r\n", inner),
        request("POST /", "Transfer-Encoding : chunked\r\n", "0\r\n\r\n" + inner),
        request("POST /", "Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n" + inner),
        request("POST /", "Transfer-Encoding: chunked\r\n", "+0\r\n\r\n" + inner)}) {
    const Dialogue dialogue(text + next);
    EXPECT_THAT(Dialogue::statuses(dialogue.text), testing::AnyOf("400", "501")) << text;
    EXPECT_THAT(dialogue.text, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_FALSE(dialogue.is_open);
  }
}

TEST(HttpCompliance, BytesAfterABodyAreTheNextRequest) {
  const Dialogue dialogue(request("POST /", "Content-Length: 0\r\n") + "X" + next);
  EXPECT_EQ(Dialogue::statuses(dialogue.text), "200 501");
  EXPECT_FALSE(dialogue.is_open);
}

TEST(HttpCompliance, IgnoresUpgradesRangesAndConditions) {
  for (const std::string fields :
       {"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
        "AAAAAAAAAAAAAAAA==\r\n",
        "Upgrade: h2c\r\n", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        "Range: bytes=0-1\r\n", "Range: bytes=9-0,,\r\n", "If-None-Match: *\r\n", "Accept: nonsense\r\n",
        "Cookie: ===;;;\r\n", "TE: trailers\r\n"}) {
    const Dialogue dialogue(request("GET /", fields));
    EXPECT_EQ(Dialogue::statuses(dialogue.text), "200") << fields;
  }
}

TEST(HttpCompliance, ClosesWhenToldAndAfterHttp10) {
  const std::string close = request("GET /", "Connection: close\r\n");
  const std::string old = "GET / HTTP/1.0\r\n\r\n";
  for (const std::string& text : {close, old}) {
    const Dialogue dialogue(text + next);
    EXPECT_EQ(Dialogue::statuses(dialogue.text), "200");
    EXPECT_THAT(dialogue.text, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_FALSE(dialogue.is_open);
  }
}

TEST(HttpCompliance, SendsNoInterimReplyToHttp10) {
  const Dialogue dialogue("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_EQ(dialogue.text, "");
}

TEST(HttpCompliance, SendsNoLengthWithoutContent) {
  const Dialogue dialogue(request("GET /nothing"));
  EXPECT_THAT(dialogue.text, Not(HasSubstr("Content-")));
}

TEST(HttpCompliance, WaitsForTheRestOfARequest) {
  for (const std::string& text :
       {std::string("GET / HTTP/1.1\r\nHost: a\r\nX-Test: value"), request("POST /", "Content-Length: 10\r\n", "12345"),
        request("POST /", "Content-Length: 9999999\r\n"),
        request("POST /", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"), std::string()}) {
    const Dialogue dialogue(text);
    EXPECT_EQ(dialogue.text, "") << text;
    EXPECT_TRUE(dialogue.is_open);
  }
}

TEST(HttpCompliance, KeepsTheOrderOfManyPipelinedRequests) {
  std::string text;
  for (int i = 0; i < 500; ++i) {
    text += i % 2 == 0 ? request("GET /" + std::to_string(i))
                       : request("POST /" + std::to_string(i), "Content-Length: 1\r\n", "x");
  }
  const Dialogue dialogue(text);
  std::size_t at = 0;
  for (int i = 0; i < 500; ++i) {
    at = dialogue.text.find(" /" + std::to_string(i) + " ", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

}  // namespace
}  // namespace thrum
