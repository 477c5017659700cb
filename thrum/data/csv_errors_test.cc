#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "thrum/data/csv_test_support_test.h"

namespace thrum::csv {
namespace {

struct Bad {
  std::string name;
  std::string text;
  std::string message;
  CsvOptions options = {};
};

void PrintTo(const Bad& bad, std::ostream* out) {
  *out << bad.text;
}

class CsvError : public testing::TestWithParam<Bad> {};

TEST_P(CsvError, SaysWhereAndWhat) {
  const LocalExecution execution(1);
  for (const std::size_t block_size : {std::size_t{1} << 18, std::size_t{3}}) {
    EXPECT_EQ(outcome(GetParam().text, block_size, execution, GetParam().options), GetParam().message);
  }
}

std::string corrupt(const std::string& message) {
  return "corrupt_data: [x.csv] " + message;
}

const std::string empty_message = corrupt("the input is empty; expected a line of column names, and rows");

INSTANTIATE_TEST_SUITE_P(
    All, CsvError,
    testing::Values(
        Bad{"Empty", "", empty_message}, Bad{"OnlyAByteOrderMark", "\xEF\xBB\xBF", empty_message},
        Bad{"OnlyEmptyLines", "\n\r\n\n", empty_message},
        Bad{"NoRows", "a,b\n",
            corrupt("there are no rows below the header; if the first line is a row, use --no-header")},
        Bad{"NoRowsNoLineEnd", "a,b",
            corrupt("there are no rows below the header; if the first line is a row, use --no-header")},
        Bad{"TooManyFields", "a,b\n1,2\n1,2,3\n",
            corrupt("line 3 has 3 fields, the header has 2; a field that contains \",\" must be quoted")},
        Bad{"TooFewFields", "a,b\n1,2\n\n\"1\"\n",
            corrupt("line 4 has 1 field, the header has 2; a field that contains a line break must be quoted")},
        Bad{"RaggedLastLine", "a\tb\n1\t2\n1\t2\t",
            corrupt("line 3 has 3 fields, the header has 2; a field that contains a tab must be quoted")},
        Bad{"RaggedWithoutHeader",
            "1,2\n1\n",
            corrupt("line 2 has 1 field, the first row has 2; a field that contains a line break must be quoted"),
            {.header = false}},
        Bad{"ManyShortRows", "a,b,c,d,e,f,g,h\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n",
            corrupt("line 2 has 1 field, the header has 8; a field that contains a line break must be quoted")},
        Bad{"LineOfARowAfterLineBreaksInQuotes", "a,b\n\"1\n2\",2\n3\n",
            corrupt("line 4 has 1 field, the header has 2; a field that contains a line break must be quoted")},
        Bad{"UnclosedQuote", "a,b\n1,2\n3,\"x\n4,5\n",
            corrupt("line 3, column 2 (\"b\"): the quote that opens here is never closed")},
        Bad{"UnclosedQuoteAtTheEnd", "a\n\"",
            corrupt("line 2, column 1 (\"a\"): the quote that opens here is never closed")},
        Bad{"UnclosedQuoteInTheHeader", "a,\"b\n1,2\n",
            corrupt("line 1, column 2: the quote that opens here is never closed")},
        Bad{"TextAfterQuote", "a,b\n\"1\"x,2\n",
            corrupt(
                "line 2, column 1 (\"a\"): expected a delimiter or the end of the line after the closing quote, got "
                "\"x\"; double the quotes inside a quoted field")},
        Bad{"TextAfterQuoteBeforeAnUnclosedOne", "a\n\"1\n\"x\n\"\n",
            corrupt(
                "line 3, column 1 (\"a\"): expected a delimiter or the end of the line after the closing quote, got "
                "\"x\"; double the quotes inside a quoted field")},
        Bad{"CarriageReturnAlone", "a,b\n1,2\r3,4\n",
            corrupt("line 2, column 2 (\"b\"): a carriage return without a line feed; end lines with LF or CR LF")},
        Bad{"CarriageReturnAtTheEnd", "a,b\r\n1,2\r",
            corrupt("line 2, column 2 (\"b\"): a carriage return without a line feed; end lines with LF or CR LF")},
        Bad{"CarriageReturnAsTheLastLine", "a\n1\n\r",
            corrupt("line 3, column 1 (\"a\"): a carriage return without a line feed; end lines with LF or CR LF")},
        Bad{"CarriageReturnBehindAQuoteAtTheEnd", "a\n\"1\"\r",
            corrupt(
                "line 2, column 1 (\"a\"): expected a delimiter or the end of the line after the closing quote, got "
                "\"\\x0d\"; double the quotes inside a quoted field")},
        Bad{"OldMacFile", "a,b\r1,2\r",
            corrupt("line 1, column 2: a carriage return without a line feed; end lines with LF or CR LF")},
        Bad{"NulByte", std::string("a,b\n1,2\n3,x\0y\n", 15),
            corrupt("line 3, column 2 (\"b\"): a NUL byte; CSV is text; if this is UTF-16, convert it to UTF-8")},
        Bad{"NulByteInQuotes", std::string("a,b\n1,\"2\n\0\"\n", 12),
            corrupt("line 3, column 2 (\"b\"): a NUL byte; CSV is text; if this is UTF-16, convert it to UTF-8")},
        Bad{"Utf16",
            std::string("\xFF\xFE"
                        "a\0,\0b\0\n\0",
                        10),
            corrupt("line 1, column 1: a NUL byte; CSV is text; if this is UTF-16, convert it to UTF-8")},
        Bad{"TooLarge", "a,b\nx,1\ny,1e999\nz,-1e400\n",
            corrupt("line 3, column 2 (\"b\"): \"1e999\" is beyond the largest double; correct it, or leave the field "
                    "empty")},
        Bad{"TooLargeWithoutExponent", "a\n" + std::string(400, '9') + "\n",
            corrupt("line 2, column 1 (\"a\"): \"" + std::string(60, '9') +
                    "…\" is beyond the largest double; correct it, or leave the field empty")},
        Bad{"NotUtf8", "a,city\n1,Bern\n2,Z\xFCrich\n",
            corrupt("line 3, column 2 (\"city\"): the text is not UTF-8; convert it, such as with iconv -f latin1 -t "
                    "utf-8")},
        Bad{"NameNotUtf8",
            "a,gr\xF6\xDF"
            "e\n1,2\n",
            corrupt(
                "line 1, column 2: the name is not UTF-8; convert the file, such as with iconv -f latin1 -t utf-8")},
        Bad{"RepeatedName", "age,b,age\n1,2,3\n",
            corrupt("line 1, column 3: column 1 has the name \"age\", too; give each column a name of its own")},
        Bad{"DelimiterOfANumber",
            "a\n1\n",
            "invalid_argument: [csv] expected a delimiter such as \",\" or \";\", got \".\"; letters, digits, quotes, "
            "line "
            "ends and the signs of numbers cannot separate fields",
            {.delimiter = '.'}}),
    [](const auto& test) { return test.param.name; });

TEST(Csv, ATooLargeNumberAmongTextsIsAText) {
  EXPECT_EQ(dump(parse("a\n1e999\nx\n")), "a:category|1e999|x\n");
}

TEST(Csv, ATooSmallNumberIsZero) {
  EXPECT_EQ(parse("a\n1e-999\n").column("a").float64()[0], 0.0);
}

}  // namespace
}  // namespace thrum::csv
