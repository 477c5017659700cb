#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/refusal_test.h"

namespace thrum {
namespace {

std::string refusal(const std::string& text) {
  return test::refusal([&] { parse_json(text, "test"); }, ErrorCode::corrupt_data);
}

TEST(Json, KeepsTheOrderOfKeys) {
  EXPECT_EQ(parse_json(R"({"b":1,"a":2})", "test").dump(), R"({"b":1,"a":2})");
}

TEST(Json, RefusesWhatIsNotStrictJson) {
  EXPECT_EQ(refusal("{\"a\":1,}"), "[test] not valid JSON at byte 8");
  EXPECT_EQ(refusal("{} x"), "[test] not valid JSON at byte 4");
  EXPECT_EQ(refusal("NaN"), "[test] not valid JSON at byte 1");
  EXPECT_EQ(refusal(""), "[test] not valid JSON at byte 1");
  EXPECT_EQ(refusal(R"({"a":{"k":1,"k":2}})"), "[test] JSON has the key \"k\" twice in one object");
  EXPECT_EQ(refusal(std::string(100000, '[')), "[test] JSON is nested deeper than 64 levels");
  EXPECT_EQ(refusal("[1, -1e-999, \"1e999\\\"\", -1e999]"),
            "[test] the number -1e999 at byte 25 is beyond the largest double");
  EXPECT_THAT(refusal("\"\xff\""), testing::HasSubstr("[test] not valid JSON"));
}

TEST(Json, NamesANumberThatIsRefused) {
  EXPECT_EQ(refused_number("[1, 18446744073709551615, -9223372036854775808, 1e30]", fits_integer), "");
  EXPECT_EQ(refused_number("[1, 18446744073709551616]", fits_integer), "18446744073709551616 at byte 5");
  EXPECT_EQ(refused_number("[-9223372036854775809]", fits_integer), "-9223372036854775809 at byte 2");
}

TEST(Json, TheSameKeyInTwoObjectsIsNoDuplicate) {
  EXPECT_EQ(refusal(R"([{"k":1},{"k":{"k":2}}])"), "no error");
}

TEST(Json, NonFiniteNumbersTravelAsStrings) {
  EXPECT_EQ(json_number(INFINITY).dump(), "\"inf\"");
  EXPECT_EQ(number_from_json(json_number(-INFINITY), "test"), -INFINITY);
  EXPECT_TRUE(std::isnan(number_from_json(json_number(NAN), "test")));
  EXPECT_EQ(number_from_json(json_number(0.1), "test"), 0.1);
  EXPECT_THROW(number_from_json("1", "test"), Error);
}

TEST(Json, WritesWhatIsNoUtf8AsTheSignForIt) {
  EXPECT_EQ(dump_json({{"a", "\xff"}}), "{\"a\":\"\xef\xbf\xbd\"}");
  EXPECT_EQ(dump_json({{"a", 1}}, 2), "{\n  \"a\": 1\n}");
}

TEST(Json, NamesTheMissingMember) {
  EXPECT_EQ(test::refusal([&] { json_member(parse_json("{}", "model"), "schema", "model"); }, ErrorCode::corrupt_data),
            "[model] the key \"schema\" is missing");
}

}  // namespace
}  // namespace thrum
