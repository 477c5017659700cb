#include "thrum/data/csv_number_internal.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>

#include "thrum/core/random.h"
#include "thrum/data/csv_short_numbers_internal.h"

namespace thrum::csv {
namespace {

using Kind = Number::Kind;

double value(const Number& number) {
  return number.kind == Kind::whole ? static_cast<double>(number.whole) : number.real;
}

/// The only field of a column, behind another; none where it is not short.
template <class T>
std::optional<T> read_short(const std::string& text, std::uint64_t (*read)(const FieldEnds&, std::size_t, T*)) {
  const std::string line = "7777777," + text + ",";
  const std::uint32_t ends[] = {7, static_cast<std::uint32_t>(line.size() - 1)};
  T value = 0;
  return read({line.data(), ends + 1, 2, line.size()}, 1, &value) == 1 ? std::optional(value) : std::nullopt;
}

/// All ways of reading, and the C library's, agree to the last bit.
void expect_as_strtod(const std::string& text) {
  const double expected = std::strtod(text.c_str(), nullptr);
  const Number number = parse_number(text);
  ASSERT_NE(number.kind, Kind::none) << text;
  ASSERT_EQ(value(number), expected) << text;
  const std::string line = text + ",";
  const Number scanned = scan_number(line.data());
  ASSERT_EQ(scanned.kind, number.kind) << text;
  ASSERT_EQ(value(scanned), expected) << text;
  ASSERT_EQ(scanned.end, line.data() + text.size()) << text;
  ASSERT_EQ(read_short<double>(text, &read_short_reals).value_or(expected), expected) << text;
}

TEST(CsvNumber, ReadsWhatTheStandardLibraryReads) {
  for (const char* text : {"0",
                           "1",
                           "-1",
                           "123456789012345678",
                           "1234567890123456789",
                           "9223372036854775807",
                           "9223372036854775808",
                           "-9223372036854775808",
                           "-9223372036854775809",
                           "18446744073709551616",
                           "1.5",
                           "-0.0",
                           ".5",
                           "5.",
                           "1e5",
                           "1E+5",
                           "1.5e-3",
                           "1e22",
                           "1e23",
                           "1e-22",
                           "1e-23",
                           "9007199254740992.0",
                           "9007199254740993.0",
                           "9007199254740995e0",
                           "0.1",
                           "0.30000000000000004",
                           "8.692932128906250000e-01",
                           "2.2250738585072014e-308",
                           "4.9406564584124654e-324",
                           "1e-400",
                           "0e999999999999999999999",
                           "1.7976931348623157e308",
                           "1e0000000000000000000022",
                           "0.000000000000000000000000000000000000000001",
                           "7.450580596923828243e-09",
                           "100000000000000000000000000000.5"}) {
    expect_as_strtod(text);
  }
}

TEST(CsvNumber, ReadsRandomDecimals) {
  const Random random(1);
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    const auto draw = [&](std::uint64_t n, std::uint64_t k) { return random.below(4 * i + k, n); };
    std::string text = draw(2, 0) != 0 ? "-" : "";
    text += std::to_string(random.bits(4 * i + 1)[0] >> draw(32, 2)) + ".";
    std::string decimals = std::to_string(random.below(4 * i + 3, std::uint64_t{1} << 63));
    text += decimals.substr(0, draw(20, 1));
    if (draw(3, 3) == 0) text += "e" + std::to_string(static_cast<int>(draw(640, 2)) - 320);
    if (std::isinf(std::strtod(text.c_str(), nullptr))) continue;
    expect_as_strtod(text);
  }
}

TEST(CsvNumber, ReadsRandomDoublesBack) {
  const Random random(2);
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const auto words = random.bits(i);
    const double x = std::bit_cast<double>(std::uint64_t{words[0]} << 32 | words[1]);
    if (!std::isfinite(x)) continue;
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", x);
    ASSERT_EQ(value(parse_number(text)), x) << text;
  }
}

TEST(CsvNumber, KnowsWhatIsNone) {
  for (const char* text : {"",      " ",   "-",   "+",   ".",   "-.",  "e5",    ".e5", "1e",      "1e+", "1x",
                           "1.2.3", "--1", "+-1", "1 2", "nan", "0x1", "1_000", "1,5", "infinit", "in"}) {
    EXPECT_EQ(parse_number(text).kind, Kind::none) << text;
  }
}

TEST(CsvNumber, ReadsShortOnesManyAtATime) {
  for (const char* text : {"0", "-0", "-7", "007", "12345678", "-12345678"}) {
    EXPECT_EQ(read_short<std::int64_t>(text, &read_short_wholes), std::atoll(text));
    EXPECT_EQ(read_short<double>(text, &read_short_reals), std::atoll(text));
    EXPECT_FALSE(std::signbit(read_short<double>("-0", &read_short_reals).value()));
  }
  for (const char* text : {"0.5", "-.5", "5.", "1234567.", ".1234567", "-1.234567", "-0.0", "12.5", "123.45"}) {
    EXPECT_EQ(read_short<std::int64_t>(text, &read_short_wholes), std::nullopt) << text;
    EXPECT_EQ(read_short<double>(text, &read_short_reals), std::strtod(text, nullptr)) << text;
  }
  for (const char* text :
       {"",    "-",   ".",        "-.",          "--1",    "1-1",      "1e5",       "1.2.3",      "1,5",  "1 ",   " 1",
        "1/2", "1:2", "x2345678", "1234567\xFF", "\xFF.5", "\xFF\xFF", "123456789", "-1.2345678", "1\r2", "\"1\""}) {
    EXPECT_EQ(read_short<std::int64_t>(text, &read_short_wholes), std::nullopt) << text;
    EXPECT_EQ(read_short<double>(text, &read_short_reals), std::nullopt) << text;
  }
  EXPECT_EQ(read_short<std::int64_t>("12\r", &read_short_wholes), 12);
}

TEST(CsvNumber, TellsTooLargeFromTooSmall) {
  const std::string zeros(400, '0');
  for (const std::string& text : {std::string("1e309"), std::string("-1e99999999999999999999"), "1" + zeros,
                                  "1" + zeros + ".5", "0." + zeros + "1e900"}) {
    EXPECT_EQ(parse_number(text).kind, Kind::too_large) << text;
    EXPECT_TRUE(std::isinf(parse_number(text).real)) << text;
  }
  for (const std::string& text :
       {std::string("1e-400"), "0." + zeros + "1", "1" + zeros + "e-900", "0." + zeros + "1e5"}) {
    EXPECT_EQ(parse_number(text).kind, Kind::real) << text;
    EXPECT_EQ(parse_number(text).real, 0.0) << text;
  }
}

}  // namespace
}  // namespace thrum::csv
