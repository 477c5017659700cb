#include "thrum/data/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "thrum/data/csv_test_support_test.h"

namespace thrum::csv {
namespace {

using testing::ElementsAre;

std::string type_of(std::string_view values) {
  return std::string(column_type_name(parse("x,y\n" + std::string(values)).columns()[0].type()));
}

TEST(Csv, ReadsNumbersTextsAndNames) {
  EXPECT_EQ(dump(parse("age,name,score\n39,Ann,0.5\n40,Bob,1\n")),
            "age:int64|39|40\nname:category|Ann|Bob\nscore:float64|0.5|1\n");
}

TEST(Csv, TableIsCalledAsItsSource) {
  EXPECT_EQ(parse("a\n1\n").source(), "x.csv");
}

TEST(Csv, TypesFollowFromAllRows) {
  EXPECT_EQ(type_of("1,\n-2,\n"), "int64");
  EXPECT_EQ(type_of("1,\n2.5,\n"), "float64");
  EXPECT_EQ(type_of("1,\n,\n"), "float64");
  EXPECT_EQ(type_of("1,\nx,\n"), "category");
  EXPECT_EQ(type_of("x,\n1,\n"), "category");
  EXPECT_EQ(type_of("9223372036854775807,\n-9223372036854775808,\n"), "int64");
  EXPECT_EQ(type_of("9223372036854775808,\n"), "float64");
  EXPECT_EQ(type_of(",\n,\n"), "float64");
  EXPECT_EQ(type_of("true,\n"), "category");
  EXPECT_EQ(type_of("0x10,\n"), "category");
  EXPECT_EQ(type_of("2024-01-01,\n"), "category");
}

TEST(Csv, ATextAfterManyNumbersMakesAColumnOfTexts) {
  std::string text = "a,b\n";
  for (int i = 0; i < 1000; ++i) text += std::to_string(i % 7) + ",1.5\n";
  const Table table = parse(text + "007,2\nlast,3\n");
  EXPECT_THAT(table.column("a").categories(), ElementsAre("0", "007", "1", "2", "3", "4", "5", "6", "last"));
  EXPECT_EQ(table.column("a").text(8), "1");
  EXPECT_EQ(table.column("b").type(), ColumnType::float64);
}

TEST(Csv, WholeNumbersKeepAllDigitsUntilAColumnTurnsReal) {
  EXPECT_EQ(parse("a\n9007199254740993\n").column("a").int64()[0], 9007199254740993);
  EXPECT_EQ(parse("a\n9007199254740993\n0.5\n").column("a").float64()[0], 9007199254740992.0);
}

TEST(Csv, ZeroHasTheSameSignWhereverItStands) {
  EXPECT_FALSE(std::signbit(parse("a\n-0\n0.5\n").column("a").float64()[0]));
  EXPECT_FALSE(std::signbit(parse("a\n0.5\n-0\n").column("a").float64()[1]));
  EXPECT_TRUE(std::signbit(parse("a\n0.5\n-0.0\n").column("a").float64()[1]));
}

TEST(Csv, NumbersMayHaveBlanksAPlusSignOrBeInfinite) {
  const auto values = parse("a,b\n 1.5 ,\n+2,\n-inf,\nInfinity,\n\t3e2,\n").column("a");
  EXPECT_THAT(values.float64(), ElementsAre(1.5, 2, -std::numeric_limits<double>::infinity(),
                                            std::numeric_limits<double>::infinity(), 300));
}

TEST(Csv, EveryMarkerIsMissingInNumbersAndTexts) {
  const std::string markers = ",NA,N/A,NaN,nan,NULL,null,None,?,  , NA ";
  for (const std::string value : {"1", "x"}) {
    std::string text = "a,b\n" + value + ",\n";
    std::size_t n = 0;
    for (std::size_t begin = 0; begin <= markers.size(); ++n) {
      const std::size_t end = std::min(markers.find(',', begin), markers.size());
      text += markers.substr(begin, end - begin) + ",\n";
      begin = end + 1;
    }
    EXPECT_EQ(n, 11u);
    EXPECT_EQ(parse(text).column("a").n_missing(), n) << value;
  }
}

TEST(Csv, AQuotedMarkerIsMissingAmongNumbersAndANameAmongTexts) {
  EXPECT_EQ(dump(parse("a,b\n\"\",\"NA\"\n\"1\",\"DE\"\nNA,NA\n")), "a:float64|-|1|-\nb:category|NA|DE|-\n");
}

TEST(Csv, MarkersCanBeChosenEvenNumbers) {
  EXPECT_EQ(dump(parse("a,b\n-999,NA\n1,-999\n", {.missing = {"-999"}})), "a:float64|-|1\nb:category|NA|-\n");
}

TEST(Csv, QuotesHoldDelimitersLineBreaksAndQuotes) {
  EXPECT_EQ(dump(parse("a,b\n\"x,y\",1\n\"two\nlines\",2\n\"say \"\"hi\"\"\",3\n\"\"\"\",4\n")),
            "a:category|x,y|two\nlines|say \"hi\"|\"\nb:int64|1|2|3|4\n");
}

TEST(Csv, QuotedNumbersAreNumbers) {
  EXPECT_EQ(dump(parse("a\n\"1\"\n\"-2\"\n")), "a:int64|1|-2\n");
}

TEST(Csv, AQuoteInsideAnUnquotedFieldIsACharacter) {
  EXPECT_EQ(dump(parse("a,b\n5\" pipe,1\n6\",2\n x\"\"y,3\n")), "a:category|5\" pipe|6\"| x\"\"y\nb:int64|1|2|3\n");
}

TEST(Csv, LinesEndInLfCrlfOrWithTheFile) {
  const std::string expected = "a:int64|1|3\nb:category|x|y\n";
  EXPECT_EQ(dump(parse("a,b\n1,x\n3,y\n")), expected);
  EXPECT_EQ(dump(parse("a,b\r\n1,x\r\n3,y\r\n")), expected);
  EXPECT_EQ(dump(parse("a,b\r\n1,\"x\"\r\n3,\"y\"")), expected);
  EXPECT_EQ(dump(parse("a,b\n1,x\n3,y")), expected);
  EXPECT_EQ(dump(parse("b,a\nx,1\r\ny,3")), "b:category|x|y\na:int64|1|3\n");
}

TEST(Csv, SkipsEmptyLinesAndAByteOrderMark) {
  EXPECT_EQ(dump(parse("\xEF\xBB\xBF\r\n\na,b\n\n1,3\n\r\n\n2,4\n\n")), "a:int64|1|2\nb:int64|3|4\n");
}

TEST(Csv, AnEmptyLineOfAnOnlyColumnIsAMissingValue) {
  EXPECT_EQ(dump(parse("a\n1\n\n3\n")), "a:float64|1|-|3\n");
  EXPECT_EQ(dump(parse("a\r\n\r\nx\r\n\r\n")), "a:category|-|x|-\n");
  EXPECT_EQ(dump(parse("a\n\"x\ny\"\n\n\"\"\nz")), "a:category|x\ny|-||z\n");
  EXPECT_EQ(dump(parse("\n\n5\n\n", {.header = false})), "0:float64|-|-|5|-\n");
  EXPECT_EQ(dump(parse("\n\na\n1")), "a:int64|1\n");
}

TEST(Csv, FindsTheDelimiterInTheFirstLine) {
  for (const std::string delimiter : {",", "\t", ";", "|"}) {
    EXPECT_EQ(dump(parse("a" + delimiter + "b\n1" + delimiter + "2\n")), "a:int64|1\nb:int64|2\n") << delimiter;
  }
  EXPECT_EQ(parse("\"a,b,c\";d\n1;2\n").n_columns(), 2u);
  EXPECT_EQ(parse("a b\n1\n").n_columns(), 1u);
}

TEST(Csv, TakesAGivenDelimiter) {
  EXPECT_EQ(dump(parse("a,b c\n1,5 2\n", {.delimiter = ' '})), "a,b:category|1,5\nc:int64|2\n");
}

TEST(Csv, NamesColumnsByTheirIndexWithoutAHeader) {
  EXPECT_EQ(dump(parse("1\t2\n3\t4\n", {.header = false})), "0:int64|1|3\n1:int64|2|4\n");
}

TEST(Csv, AColumnWithoutANameIsCalledByItsIndex) {
  EXPECT_THAT(parse(",b,\n0,1,2\n").column_names(), ElementsAre("0", "b", "2"));
}

TEST(Csv, HeaderMayBeQuoted) {
  EXPECT_THAT(parse("\"a\nb\",\"c\"\"d\"\n1,2\n").column_names(), ElementsAre("a\nb", "c\"d"));
}

TEST(Csv, CategoriesAreInTheOrderOfTheirBytes) {
  EXPECT_THAT(parse("a\nb\nÄ\na\nB\n\"\"\nab\n").column("a").categories(), ElementsAre("", "B", "a", "ab", "b", "Ä"));
}

TEST(Csv, AFieldMayHaveAMillionCharacters) {
  const std::string longest(1'000'000, 'x');
  const Table table = parse("a,b\n\"" + longest + "\n\"\"\",1\n" + longest + ",2\n1,3\n");
  EXPECT_EQ(table.column("a").text(0), longest + "\n\"");
  EXPECT_EQ(table.column("a").text(1), longest);
  EXPECT_THAT(table.column("b").int64(), ElementsAre(1, 2, 3));
}

TEST(Csv, ANumberMayHaveAMillionDigits) {
  EXPECT_EQ(parse("a\n0." + std::string(1'000'000, '3') + "\n").column("a").float64()[0], 1.0 / 3);
}

}  // namespace
}  // namespace thrum::csv
