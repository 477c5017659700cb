// What RFC 9112 forbids, and what two servers could read in two ways, is refused: each case is followed by a second
// request, which must never be answered.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "thrum/serve/http_feed_test.h"

namespace thrum {
namespace {

using namespace std::string_literals;

struct Refusal {
  std::string name;
  int status;
  std::string text;
};

std::string get(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

std::string post(const std::string& fields, const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}

std::string chunked(const std::string& body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}

std::string line(const std::string& request_line) {
  return request_line + "\r\nHost: a\r\n\r\n";
}

std::vector<Refusal> request_lines() {
  return {
      {"two spaces after the method", 400, line("GET  / HTTP/1.1")},
      {"two spaces before the version", 400, line("GET /  HTTP/1.1")},
      {"tab for a space", 400, line("GET\t/ HTTP/1.1")},
      {"space before the method", 400, line(" GET / HTTP/1.1")},
      {"space after the version", 400, line("GET / HTTP/1.1 ")},
      {"space in the target", 400, line("GET /a b HTTP/1.1")},
      {"no target", 400, line("GET HTTP/1.1")},
      {"no version", 400, line("GET /")},
      {"method only", 400, line("GET")},
      {"HTTP/0.9 with a version", 505, line("GET / HTTP/0.9")},
      {"HTTP/2.0", 505, line("GET / HTTP/2.0")},
      {"HTTP/1.2", 505, line("GET / HTTP/1.2")},
      {"the preface of HTTP/2", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"HTTP/1", 400, line("GET / HTTP/1")},
      {"HTTP/1.10", 400, line("GET / HTTP/1.10")},
      {"HTTP/01.1", 400, line("GET / HTTP/01.1")},
      {"lower-case http/1.1", 400, line("GET / http/1.1")},
      {"another protocol", 400, line("GET / ICY/1.1")},
      {"lower-case method", 501, line("get / HTTP/1.1")},
      {"unknown method", 501, line("BREW / HTTP/1.1")},
      {"method with a dash in front", 501, line("-bl / HTTP/1.1")},
      {"CONNECT", 501, line("CONNECT a:80 HTTP/1.1")},
      {"TRACE", 501, line("TRACE / HTTP/1.1")},
      {"method with a colon", 400, line("GET: / HTTP/1.1")},
      {"method with a NUL", 400, line("GE\0T / HTTP/1.1"s)},
      {"method of UTF-8", 400, line("GÉT / HTTP/1.1")},
      {"no method", 400, line("/ HTTP/1.1")},
      {"target with a NUL", 400, line("GET /a\0b HTTP/1.1"s)},
      {"target with a control character", 400, line("GET /a\x01 HTTP/1.1")},
      {"target with DEL", 400, line("GET /a\x7f HTTP/1.1")},
      {"target of raw UTF-8", 400, line("GET /é HTTP/1.1")},
      {"target with a fragment", 400, line("GET /a#b HTTP/1.1")},
      {"target with a quote", 400, line("GET /\"a\" HTTP/1.1")},
      {"target with a backslash", 400, line("GET /a\\b HTTP/1.1")},
      {"target without a slash", 400, line("GET a HTTP/1.1")},
      {"target with half an escape", 400, line("GET /a%2 HTTP/1.1")},
      {"target with a false escape", 400, line("GET /%zz HTTP/1.1")},
      {"asterisk of GET", 400, line("GET * HTTP/1.1")},
      {"absolute target with a user", 400, "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"absolute target without a host", 400, "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"absolute target of another host", 400, "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"another scheme", 400, "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"bare LF after the request line", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"},
      {"bare CR in the request line", 400, "GET / HTTP/1.1\rHost: a\r\n\r\n"},
      {"two empty lines in front", 400, "\r\n\r\n" + get("")},
      {"bare LF in front", 400, "\n" + get("")},
      {"request line too long", 414, line("GET /" + std::string(8190, 'a') + " HTTP/1.1")},
      {"request line without an end", 414, "GET /" + std::string(9000, 'a')},
      {"method without an end", 400, std::string(9000, 'G')},
      {"method too long", 400, line(std::string(9000, 'G') + " / HTTP/1.1")},
      {"space inside the version", 400, line("GET / HTTP/ 1.1")},
      {"escaped NUL in the path", 400, line("GET /a%00.html HTTP/1.1")},
      {"escaped CRLF in the path", 400, line("GET /a%0d%0aX:%201 HTTP/1.1")},
      {"escaped DEL in the path", 400, line("GET /a%7F HTTP/1.1")},
      {"a TLS greeting", 400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n"s},
  };
}

std::vector<Refusal> fields() {
  return {
      {"no Host", 400, "GET / HTTP/1.1\r\n\r\n"},
      {"two Hosts", 400, get("Host: a\r\n")},
      {"two different Hosts", 400, get("host: b\r\n")},
      {"empty Host", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
      {"Host with a path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {"Host with a user", 400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
      {"Host with a space", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
      {"Host with a list", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"},
      {"Host with a port of letters", 400, "GET / HTTP/1.1\r\nHost: a:http\r\n\r\n"},
      {"Host with a port too large", 400, "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"},
      {"Host with an open bracket", 400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
      {"Host with a false IPv6 address", 400, "GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n"},
      {"two Hosts in HTTP/1.0", 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"},
      {"space before the colon", 400, get("X : 1\r\n")},
      {"tab before the colon", 400, get("X\t: 1\r\n")},
      {"space before the first field", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
      {"folded field", 400, get("X: 1\r\n 2\r\n")},
      {"folded by a tab", 400, get("X: 1\r\n\t2\r\n")},
      {"no colon", 400, get("X\r\n")},
      {"no name", 400, get(": 1\r\n")},
      {"name with a space", 400, get("X Y: 1\r\n")},
      {"name with a slash", 400, get("X/Y: 1\r\n")},
      {"name with a parenthesis", 400, get("X(: 1\r\n")},
      {"name with a NUL", 400, get("X\0: 1\r\n"s)},
      {"name of UTF-8", 400, get("É: 1\r\n")},
      {"name with a control character", 400, get("X\x0b: 1\r\n")},
      {"value with a NUL", 400, get("X: a\0b\r\n"s)},
      {"value with a control character", 400, get("X: a\x08\r\n")},
      {"value with a vertical tab at its end", 400, get("X: a\x0b\r\n")},
      {"value with DEL", 400, get("X: a\x7f\r\n")},
      {"bare CR in a value", 400, get("X: a\rY: b\r\n")},
      {"CR before the CRLF", 400, get("X: a\r\r\n")},
      {"bare LF after a field", 400, get("X: a\nY: b\r\n")},
      {"bare LF at the end of the head", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
      {"CR CR LF at the end of the head", 400, "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n"},
      {"two Content-Types", 400, post("Content-Type: a/b\r\nContent-Type: a/b\r\nContent-Length: 0\r\n", "")},
      {"empty Content-Type", 400, post("Content-Type: \r\nContent-Length: 0\r\n", "")},
      {"unknown expectation", 417, post("Expect: tea\r\nContent-Length: 1\r\n", "x")},
      {"two expectations", 400, post("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 1\r\n", "x")},
      {"field too long", 431, get("X: " + std::string(8190, 'a') + "\r\n")},
      {"field without an end", 431, "GET / HTTP/1.1\r\nX: " + std::string(9000, 'a')},
      {"too many fields", 431,
       [] {
         std::string many;
         for (int i = 0; i < 100; ++i) many += "X: 1\r\n";
         return get(many);
       }()},
      {"head too large", 431,
       [] {
         std::string many;
         for (int i = 0; i < 9; ++i) many += "X: " + std::string(8000, 'a') + "\r\n";
         return get(many);
       }()},
  };
}

std::vector<Refusal> lengths() {
  return {
      {"two equal lengths", 400, post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")},
      {"two different lengths", 400, post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")},
      {"list of equal lengths", 400, post("Content-Length: 5, 5\r\n", "hello")},
      {"list of different lengths", 400, post("Content-Length: 5, 6\r\n", "hello")},
      {"length with a plus", 400, post("Content-Length: +5\r\n", "hello")},
      {"length with a minus", 400, post("Content-Length: -5\r\n", "hello")},
      {"minus zero", 400, post("Content-Length: -0\r\n", "")},
      {"hexadecimal length", 400, post("Content-Length: 0x5\r\n", "hello")},
      {"length with a point", 400, post("Content-Length: 5.0\r\n", "hello")},
      {"length with an exponent", 400, post("Content-Length: 5e0\r\n", "hello")},
      {"length with a space inside", 400, post("Content-Length: 1 2\r\n", "hello")},
      {"length with a unit", 400, post("Content-Length: 5b\r\n", "hello")},
      {"length in quotes", 400, post("Content-Length: \"5\"\r\n", "hello")},
      {"length of Arabic digits", 400, post("Content-Length: ٥\r\n", "hello")},
      {"length with an underscore", 400, post("Content-Length: 1_0\r\n", "hello")},
      {"empty length", 400, post("Content-Length:\r\n", "hello")},
      {"blank length", 400, post("Content-Length:   \r\n", "hello")},
      {"length with a NUL", 400, post("Content-Length: 5\0\r\n"s, "hello")},
      {"length after a vertical tab", 400,
       post("Content-Length: \x0b"
            "5\r\n",
            "hello")},
      {"length before a form feed", 400, post("Content-Length: 5\x0c\r\n", "hello")},
      {"19 digits", 400, post("Content-Length: 0000000000000000005\r\n", "hello")},
      {"length that wraps to 5", 400, post("Content-Length: 18446744073709551621\r\n", "hello")},
      {"space before the colon of a length", 400, post("Content-Length : 5\r\n", "hello")},
      {"space before the field of a length", 400, "POST / HTTP/1.1\r\n Content-Length: 5\r\nHost: a\r\n\r\nhello"},
      {"length folded", 400, post("Content-Length:\r\n 5\r\n", "hello")},
      {"length after a bare CR", 400, post("X: y\rContent-Length: 5\r\n", "hello")},
      {"length after a bare LF", 400, post("X: y\nContent-Length: 5\r\n", "hello")},
      {"body too large", 413, post("Content-Length: 16777217\r\n", "hello")},
      {"largest of 18 digits", 413, post("Content-Length: 999999999999999999\r\n", "hello")},
      {"length and chunked", 400, post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"chunked and length", 400, post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")},
      {"length and an empty coding", 400, post("Content-Length: 5\r\nTransfer-Encoding:\r\n", "hello")},
      {"length and identity", 400, post("Content-Length: 5\r\nTransfer-Encoding: identity\r\n", "hello")},
      {"length and xchunked", 400, post("Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n", "hello")},
      {"length and gzip in HTTP/1.0", 400,
       "POST / HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\nhello"},
  };
}

std::vector<Refusal> codings() {
  const auto coded = [](const std::string& value) {
    return post("Transfer-Encoding:" + value + "\r\n", "5\r\nhello\r\n0\r\n\r\n");
  };
  return {
      {"chunked in HTTP/1.0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"chunked twice", 400, coded(" chunked\r\nTransfer-Encoding: chunked")},
      {"chunked listed twice", 400, coded(" chunked, chunked")},
      {"chunked and identity", 400, coded(" chunked, identity")},
      {"identity and chunked", 400, coded(" identity, chunked")},
      {"gzip and chunked", 400, coded(" gzip, chunked")},
      {"list with an empty element", 400, coded(" chunked,")},
      {"list with an empty first element", 400, coded(" , chunked")},
      {"xchunked", 501, coded(" xchunked")},
      {"chunkedx", 501, coded(" chunkedx")},
      {"identity", 501, coded(" identity")},
      {"gzip", 501, coded(" gzip")},
      {"empty coding", 400, coded("")},
      {"chunked in quotes", 400, coded(" \"chunked\"")},
      {"chunked with a parameter", 400, coded(" chunked;q=1")},
      {"chunked after a vertical tab", 400,
       coded(" \x0b"
             "chunked")},
      {"chunked before a NUL", 400, coded(" chunked\0"s)},
      {"chunked in two words", 400, coded(" chun ked")},
      {"chunked folded", 400, coded("\r\n chunked")},
      {"space before the colon of the coding", 400, post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")},
      {"coding after a bare LF", 400, post("X: y\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"long s in place of s", 400, post("Tranſfer-Encoding: chunked\r\n", "0\r\n\r\n")},
  };
}

std::vector<Refusal> chunks() {
  return {
      {"size with 0x", 400, chunked("0x5\r\nhello\r\n0\r\n\r\n")},
      {"size with a plus", 400, chunked("+5\r\nhello\r\n0\r\n\r\n")},
      {"size with a minus", 400, chunked("-5\r\nhello\r\n0\r\n\r\n")},
      {"space before the size", 400, chunked(" 5\r\nhello\r\n0\r\n\r\n")},
      {"space after the size", 400, chunked("5 \r\nhello\r\n0\r\n\r\n")},
      {"tab after the size", 400, chunked("5\t\r\nhello\r\n0\r\n\r\n")},
      {"no size", 400, chunked("\r\nhello\r\n0\r\n\r\n")},
      {"size of letters", 400, chunked("five\r\nhello\r\n0\r\n\r\n")},
      {"size with an underscore", 400, chunked("0_5\r\nhello\r\n0\r\n\r\n")},
      {"size with a comma", 400, chunked("5,5\r\nhello\r\n0\r\n\r\n")},
      {"17 digits", 400, chunked("00000000000000005\r\nhello\r\n0\r\n\r\n")},
      {"size of 64 bits", 413, chunked("ffffffffffffffff\r\nhello\r\n0\r\n\r\n")},
      {"size above the limit", 413, chunked("1000001\r\nhello")},
      {"sum above the limit", 413, chunked("5\r\nhello\r\nfffffc\r\n")},
      {"bare LF after the size", 400, chunked("5\nhello\r\n0\r\n\r\n")},
      {"bare CR after the size", 400, chunked("5\rhello\r\n0\r\n\r\n")},
      {"bare LF after the data", 400, chunked("5\r\nhello\n0\r\n\r\n")},
      {"nothing after the data", 400, chunked("5\r\nhello0\r\n\r\n")},
      {"two other bytes after the data", 400, chunked("5\r\nhelloXX0\r\n\r\n")},
      {"CR and another byte after the data", 400, chunked("5\r\nhello\rX0\r\n\r\n")},
      {"data longer than the size", 400, chunked("4\r\nhello\r\n0\r\n\r\n")},
      {"data shorter than the size", 400, chunked("6\r\nhello\r\n0\r\n\r\n")},
      {"bare LF after the last chunk", 400, chunked("0\n\n")},
      {"bare LF at the end", 400, chunked("0\r\n\n")},
      {"CR and another byte at the end", 400, chunked("0\r\n\rX\n")},
      {"bare LF in an extension", 400, chunked("5;a\nb\r\nhello\r\n0\r\n\r\n")},
      {"bare CR in an extension", 400, chunked("5;a\rb\r\nhello\r\n0\r\n\r\n")},
      {"NUL in an extension", 400, chunked("5;a\0\r\nhello\r\n0\r\n\r\n"s)},
      {"space in an extension", 400, chunked("5; a\r\nhello\r\n0\r\n\r\n")},
      {"extension without a name", 400, chunked("5;\r\nhello\r\n0\r\n\r\n")},
      {"extension without a value", 400, chunked("5;a=\r\nhello\r\n0\r\n\r\n")},
      {"extension with an open quote", 400, chunked("5;a=\"b\r\nhello\r\n0\r\n\r\n")},
      {"extension with an open escape", 400, chunked("5;a=\"b\\\r\nhello\r\n0\r\n\r\n")},
      {"control character in a quoted extension", 400, chunked("5;a=\"\x01\"\r\nhello\r\n0\r\n\r\n")},
      {"text after a quoted extension", 400, chunked("5;a=\"b\"c\r\nhello\r\n0\r\n\r\n")},
      {"extension too long", 400, chunked("5;" + std::string(300, 'a') + "\r\nhello\r\n0\r\n\r\n")},
      {"extension without an end", 400, chunked("5;" + std::string(400, 'a'))},
      {"too many chunks", 413,
       [] {
         std::string many;
         for (int i = 0; i < 65537; ++i) many += "1\r\nx\r\n";
         return chunked(many);
       }()},
      {"length in the trailer", 400, chunked("0\r\nContent-Length: 5\r\n\r\n")},
      {"coding in the trailer", 400, chunked("0\r\ntransfer-encoding: chunked\r\n\r\n")},
      {"Host in the trailer", 400, chunked("0\r\nHost: b\r\n\r\n")},
      {"folded trailer", 400, chunked("0\r\nX: 1\r\n 2\r\n\r\n")},
      {"trailer without a colon", 400, chunked("0\r\nX\r\n\r\n")},
      {"space before the colon of a trailer", 400, chunked("0\r\nX : 1\r\n\r\n")},
      {"NUL in a trailer", 400, chunked("0\r\nX: \0\r\n\r\n"s)},
      {"bare LF in a trailer", 400, chunked("0\r\nX: 1\n\r\n")},
      {"trailer too large", 431, chunked("0\r\nX: " + std::string(8192, 'a') + "\r\n\r\n")},
      {"trailers too large together", 431,
       [] {
         std::string many = "0\r\n";
         for (int i = 0; i < 900; ++i) many += "X: 45678\r\n";
         return chunked(many + "\r\n");
       }()},
  };
}

const std::string canary = "GET /canary HTTP/1.1\r\nHost: a\r\n\r\n";

void expect_refused(const std::vector<Refusal>& cases) {
  for (const Refusal& refusal : cases) {
    SCOPED_TRACE(refusal.name);
    const std::string text = refusal.text + canary;
    const Heard whole = hear({text});
    EXPECT_EQ(whole.status, refusal.status) << whole.error;
    EXPECT_TRUE(whole.requests.empty()) << whole.requests.front();
    EXPECT_EQ(hear(in_lines(text)), whole);
    EXPECT_EQ(hear(in_pieces(text, 1)), whole);
    EXPECT_EQ(hear(in_pieces(text, 7)), whole);
  }
}

TEST(HttpRefusals, RequestLines) {
  expect_refused(request_lines());
}

TEST(HttpRefusals, Fields) {
  expect_refused(fields());
}

TEST(HttpRefusals, ContentLengths) {
  expect_refused(lengths());
}

TEST(HttpRefusals, TransferCodings) {
  expect_refused(codings());
}

TEST(HttpRefusals, Chunks) {
  expect_refused(chunks());
}

TEST(HttpRefusals, ConnectionEndsInsideTheRequest) {
  for (const std::string& text :
       {"GET"s, "GET / HTTP/1.1\r\n"s, post("Content-Length: 5\r\n", "hell"), chunked("5\r\nhell"),
        chunked("5\r\nhello\r\n"), chunked("0\r\n"), chunked("0\r\nX: 1\r\n")}) {
    SCOPED_TRACE(text);
    HttpParser parser;
    Heard heard;
    feed(parser, text, heard);
    EXPECT_TRUE(heard.requests.empty());
    EXPECT_EQ(parser.finish(), HttpParser::Event::error);
    EXPECT_STREQ(parser.error().what(), "the connection ended inside a request");
  }
}

}  // namespace
}  // namespace thrum
