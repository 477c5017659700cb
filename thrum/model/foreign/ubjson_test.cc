#include <gtest/gtest.h>

#include <string>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"
#include "thrum/model/foreign/ubjson_internal.h"

namespace thrum {
namespace {

using namespace std::string_literals;

Json parse(const std::string& bytes) {
  return parse_ubjson(bytes_of(bytes), "m");
}

std::string refusal(const std::string& bytes) {
  return test::refusal([&] { parse(bytes); }, ErrorCode::corrupt_data);
}

TEST(Ubjson, ReadsEveryKindOfValue) {
  EXPECT_EQ(parse("{i\1ai\xffi\1bU\xffi\1cI\1\2i\1dl\0\0\0\1i\1eL\0\0\0\0\0\0\0\2}"s),
            Json::parse(R"({"a": -1, "b": 255, "c": 258, "d": 1, "e": 2})"));
  EXPECT_EQ(parse("[d\x3f\x80\0\0D\x40\0\0\0\0\0\0\0SU\2hiCxTFZ]"s),
            Json::parse(R"([1.0, 2.0, "hi", "x", true, false, null])"));
  EXPECT_EQ(parse("[$i#i\3\1\2\3"s), Json::parse("[1, 2, 3]"));
  EXPECT_EQ(parse("[#i\2TF"s), Json::parse("[true, false]"));
  EXPECT_EQ(parse("{}"s), Json::object());
}

TEST(Ubjson, RefusesWhatWouldTakeMemoryOrStackForNothing) {
  EXPECT_EQ(refusal("[$T#L\x10\0\0\0\0\0\0\0"s),
            "[m] not valid UBJSON at byte 3: values of this type cannot fill a container");
  EXPECT_EQ(refusal("[#L\x10\0\0\0\0\0\0\0"s),
            "[m] not valid UBJSON at byte 11: a container has more values than there are bytes");
  EXPECT_EQ(refusal(std::string(100'000, '[')), "[m] not valid UBJSON at byte 66: nested deeper than 64 levels");
}

TEST(Ubjson, NamesTheFault) {
  EXPECT_EQ(refusal(""), "[m] not valid UBJSON at byte 0: the end is missing");
  EXPECT_EQ(refusal("?"), "[m] not valid UBJSON at byte 1: unknown type");
  EXPECT_EQ(refusal("ZZ"), "[m] not valid UBJSON at byte 1: has bytes behind its end");
  EXPECT_EQ(refusal("Si\xff"s), "[m] not valid UBJSON at byte 3: expected a length");
  EXPECT_EQ(refusal("Si\1\xff"s), "[m] not valid UBJSON at byte 4: text is not UTF-8");
  EXPECT_EQ(refusal("[$ii\1"s), "[m] not valid UBJSON at byte 3: a typed container has no size");
  EXPECT_EQ(refusal("{i\1aTi\1aT}"s), "[m] not valid UBJSON at byte 8: an object has a key twice");
}

}  // namespace
}  // namespace thrum
