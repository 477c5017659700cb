#include "thrum/serve/http_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "thrum/serve/http_feed_test.h"

namespace thrum {
namespace {

using Requests = std::vector<std::string>;

void expect_heard(std::string_view text, const Requests& requests) {
  SCOPED_TRACE(text);
  const Heard expected{requests, 0, ""};
  EXPECT_EQ(hear({text}), expected) << hear({text}).error;
  EXPECT_EQ(hear(in_lines(text)), expected);
  EXPECT_EQ(hear(in_pieces(text, 1)), expected);
  EXPECT_EQ(hear(in_pieces(text, 7)), expected);
}

/// The parser at the end of the first request of `text`.
struct Parsed {
  explicit Parsed(std::string_view text, const HttpLimits& limits = {}) : parser(limits) {
    std::size_t at = 0;
    for (auto event = HttpParser::Event::head; event != HttpParser::Event::message;) {
      const auto step = parser.parse(text.substr(at));
      at += step.consumed;
      event = step.event;
      if (event == HttpParser::Event::error || event == HttpParser::Event::need_more) return;
    }
    complete = true;
  }
  HttpParser parser;
  bool complete = false;
};

TEST(HttpParser, ReadsRequestsWithoutABody) {
  expect_heard("GET / HTTP/1.1\r\nHost: a\r\n\r\n", {"GET / "});
  expect_heard("GET / HTTP/1.0\r\n\r\n", {"GET / "});
  expect_heard("\r\nHEAD /health HTTP/1.1\r\nHost: 127.0.0.1:4000\r\n\r\n", {"HEAD /health "});
  expect_heard("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", {"OPTIONS * "});
  expect_heard("DELETE /a%20b?c=d/e?f&g=%7e HTTP/1.1\r\nhOsT:[::1]:80\r\n\r\n", {"DELETE /a%20b?c=d/e?f&g=%7e "});
  expect_heard("GET HTTP://a/x HTTP/1.1\r\nHost: A\r\n\r\n", {"GET HTTP://a/x "});
  expect_heard("PUT / HTTP/1.1\r\nHost: a\r\nX:\r\nY: \t \r\nZ: caf\xc3\xa9 \t\"q\"\r\n\r\n", {"PUT / "});
}

TEST(HttpParser, ReadsBodiesByLength) {
  expect_heard("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", {"POST /p hello"});
  expect_heard("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: \t005 \r\n\r\nhe\r\no", {"POST /p he\r\no"});
  expect_heard("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", {"POST /p "});
  expect_heard("PATCH /p HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", {"PATCH /p x"});
}

TEST(HttpParser, ReadsChunkedBodies) {
  const std::string head = "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n";
  expect_heard(head + "5\r\nhello\r\n0\r\n\r\n", {"POST /p hello"});
  expect_heard(head + "0\r\n\r\n", {"POST /p "});
  expect_heard(head + "2\r\nhe\r\n003\r\nllo\r\n000\r\n\r\n", {"POST /p hello"});
  expect_heard(head + "A;a;b=c;d=\"e \\\" ;\"\r\n0123456789\r\n0;x\r\nX-Sum: 7\r\n\r\n", {"POST /p 0123456789"});
  expect_heard(head + "0000000000000001\r\n\n\r\n0\r\n\r\n", {"POST /p \n"});
}

TEST(HttpParser, ReadsPipelinedRequestsInOrder) {
  expect_heard(
      "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
      "\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: a\r\n\r\nGET /4 HTTP/1.1\r\nHost: a\r\n\r\n",
      {"POST /1 one", "POST /2 two", "GET /3 ", "GET /4 "});
}

TEST(HttpParser, TakesARequestLineAndFieldsAtTheirLimits) {
  const std::string target = "/" + std::string(8190 - 14, 'a');
  const std::string field = "X: " + std::string(8190 - 5, 'a') + "\r\n";
  std::string fields = "Host: a\r\n" + field;
  for (int i = 0; i < 98; ++i) fields += "X: 1\r\n";
  expect_heard("GET " + target + " HTTP/1.1\r\n" + fields + "\r\n", {"GET " + target + " "});
}

TEST(HttpParser, TakesABodyAtItsLimitOnly) {
  HttpLimits limits;
  limits.body = 5;
  const auto body = [](int n) {
    return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(n) + "\r\n\r\n" + std::string(n, 'x');
  };
  EXPECT_EQ(hear({body(5)}, limits).requests, Requests{"POST / xxxxx"});
  EXPECT_EQ(hear({body(6)}, limits).status, 413);
}

TEST(HttpParser, TellsTheLimitThatWasPassed) {
  HttpLimits limits;
  limits.request_line = 20;
  limits.fields = 2;
  limits.field_size = 30;
  limits.head = 70;
  limits.body = 5;
  limits.chunks = 2;
  limits.chunk_extension = 4;
  limits.trailers = 12;
  const auto error = [&](const std::string& text) { return hear({text}, limits).error; };
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::string chunked = get + "Transfer-Encoding: chunked\r\n\r\n";
  const auto longer = [](const std::string& what, int limit) {
    return what + " is longer than the limit of " + std::to_string(limit) + " bytes";
  };
  EXPECT_EQ(error("GET /" + std::string(20, 'a') + " HTTP/1.1\r\n"), longer("the request line", 20));
  EXPECT_EQ(error(get + "X: " + std::string(30, 'a') + "\r\n"), longer("a header field", 30));
  EXPECT_EQ(error(get + "X: " + std::string(20, 'a') + "\r\nY: " + std::string(22, 'a')),
            longer("the head of the request", 70));
  EXPECT_EQ(error(get + "X: 1\r\nY: 2\r\n"), "the request has more than 2 header fields");
  EXPECT_EQ(error(get + "Content-Length: 6\r\n\r\n"), "the body is larger than the limit of 5 bytes");
  EXPECT_EQ(error(chunked + "3\r\nabc\r\n3\r\n"), "the body is larger than the limit of 5 bytes");
  EXPECT_EQ(error(chunked + "1\r\na\r\n1\r\nb\r\n1\r\n"), "the body comes in more than 2 chunks");
  EXPECT_EQ(error(chunked + "1;" + std::string(30, 'a')), longer("a chunk extension", 4));
  EXPECT_EQ(error(chunked + "0\r\nX: 1\r\nY: 456\r\n\r\n"), longer("the trailer", 12));
}

TEST(HttpParser, TakesTheTargetApart) {
  const Parsed origin("GET /a/b?c=d HTTP/1.1\r\nHost: h:80\r\n\r\n");
  ASSERT_TRUE(origin.complete);
  EXPECT_EQ(origin.parser.request().path, "/a/b");
  EXPECT_EQ(origin.parser.request().query, "c=d");
  EXPECT_EQ(origin.parser.request().host, "h:80");

  const Parsed absolute("GET http://h?q HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_FALSE(absolute.complete) << "a query needs a path before it";
  const Parsed bare("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(bare.complete);
  EXPECT_EQ(bare.parser.request().path, "/");
  EXPECT_EQ(bare.parser.request().target, "http://h");
}

TEST(HttpParser, FindsFieldsWhateverTheirCase) {
  const Parsed parsed("GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID:  7 \r\ncontent-TYPE: application/json\r\n\r\n");
  ASSERT_TRUE(parsed.complete);
  EXPECT_EQ(parsed.parser.request().fields.size(), 3u);
  EXPECT_EQ(parsed.parser.request().field("x-request-id"), "7");
  EXPECT_EQ(parsed.parser.request().field("x-request"), "");
  EXPECT_EQ(parsed.parser.request().content_type, "application/json");
}

TEST(HttpParser, KnowsWhoKeepsTheConnection) {
  const auto keeps = [](const std::string& version, const std::string& fields) {
    const Parsed parsed("GET / HTTP/" + version + "\r\nHost: a\r\n" + fields + "\r\n");
    EXPECT_TRUE(parsed.complete);
    return parsed.parser.request().keep_alive;
  };
  EXPECT_TRUE(keeps("1.1", ""));
  EXPECT_FALSE(keeps("1.1", "Connection: Close\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: x, close ,keep-alive\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
  EXPECT_FALSE(keeps("1.0", ""));
  EXPECT_TRUE(keeps("1.0", "Connection: Keep-Alive\r\n"));
}

TEST(HttpParser, AnnouncesTheHeadBeforeTheBody) {
  HttpParser parser;
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n";
  auto step = parser.parse(head + "x");
  EXPECT_EQ(step.event, HttpParser::Event::head);
  EXPECT_EQ(step.consumed, head.size());
  EXPECT_TRUE(parser.request().expects_continue);
  EXPECT_TRUE(parser.in_body());
  EXPECT_EQ(parser.parse("x").event, HttpParser::Event::need_more);
  EXPECT_FALSE(parser.between_requests());
  step = parser.parse("yG");
  EXPECT_EQ(step.event, HttpParser::Event::message);
  EXPECT_EQ(step.consumed, 1u);
  EXPECT_EQ(parser.request().body, "xy");
  EXPECT_TRUE(parser.between_requests());
  EXPECT_EQ(parser.parse("G").event, HttpParser::Event::need_more);
  EXPECT_FALSE(parser.between_requests());
}

TEST(HttpParser, ExpectsNothingWithoutABodyOrInHttp10) {
  EXPECT_FALSE(Parsed("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").parser.request().expects_continue);
  EXPECT_FALSE(Parsed("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx")
                   .parser.request()
                   .expects_continue);
}

TEST(HttpParser, EndsCleanlyBetweenRequests) {
  HttpParser parser;
  Heard heard;
  feed(parser, "GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n", heard);
  EXPECT_EQ(heard.requests.size(), 1u);
  EXPECT_EQ(parser.finish(), HttpParser::Event::need_more);
}

TEST(HttpParser, StaysInErrorForEver) {
  HttpParser parser;
  EXPECT_EQ(parser.parse("BAD\r\n").event, HttpParser::Event::error);
  EXPECT_EQ(parser.parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n").event, HttpParser::Event::error);
  EXPECT_EQ(parser.finish(), HttpParser::Event::error);
}

}  // namespace
}  // namespace thrum
