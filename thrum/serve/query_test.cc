#include "thrum/serve/query.h"

#include <gtest/gtest.h>

#include <functional>

#include "thrum/serve/http_request.h"

namespace thrum {
namespace {

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const HttpError& error) {
    return std::to_string(error.status()) + " " + error.what() + (error.hint().empty() ? "" : " | " + error.hint());
  }
  return "taken";
}

TEST(Query, GivesTheFirstValueOfAName) {
  EXPECT_EQ(query_value("x=2&y=3&x=4", "x"), "2");
  EXPECT_EQ(query_value("x=2&y=3&x=4", "y"), "3");
  EXPECT_EQ(query_value("x=2&y=3&x=4", "z"), std::nullopt);
  EXPECT_EQ(query_value("", "x"), std::nullopt);
}

TEST(Query, TellsEmptyFromAbsent) {
  EXPECT_EQ(query_value("x", "x"), "");
  EXPECT_EQ(query_value("x=", "x"), "");
  EXPECT_EQ(query_value("&&x==&", "x"), "=");
}

TEST(Query, DecodesNamesAndValues) {
  EXPECT_EQ(query_value("work+class=State%2dgov%20%C3%a9", "work class"), "State-gov é");
}

TEST(Query, RefusesABrokenEscape) {
  for (const char* query : {"x=%", "x=%4", "x=%4g", "x=%-1"}) {
    EXPECT_EQ(refusal([&] { query_value(query, "x"); }),
              "400 [serve] the query has a % that no two hexadecimal digits follow | write % itself as %25")
        << query;
  }
}

TEST(Query, ReadsNumbers) {
  EXPECT_EQ(query_number("x=-2.5e3", "x"), -2500);
  EXPECT_EQ(refusal([] { query_number("y=1", "x"); }),
            "400 [serve] expected a number x, got none | add x=… to the query");
  for (const char* text : {"", "abc", "1 ", "inf", "nan", "0x10", "1e999"}) {
    EXPECT_EQ(refusal([&] { query_number(std::string("x=") + text, "x"); }),
              "400 [serve] expected a number x, got \"" + std::string(text) + "\"");
  }
}

}  // namespace
}  // namespace thrum
