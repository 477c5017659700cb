// The same result for any number of threads and wherever the blocks are cut.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/data/csv_test_support_test.h"

namespace thrum::csv {
namespace {

/// Draws texts; the same ones in every run.
class Script {
 public:
  explicit Script(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return random_.below(next_++, n); }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }
  char any_of(std::string_view letters) { return letters[below(letters.size())]; }
  std::string text(std::string_view letters, std::size_t longest) {
    std::string text(below(longest + 1), ' ');
    for (char& c : text) c = any_of(letters);
    return text;
  }

 private:
  Random random_;
  std::uint64_t next_ = 0;
};

std::string in_quotes(const std::string& text) {
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? std::string("\"\"") : std::string(1, c);
  return field + "\"";
}

/// A file and the dump of what it holds, made side by side.
struct Example {
  std::string text;
  std::string dump;
};

Example draw_example(Script& script) {
  const std::size_t n_columns = 1 + script.below(4);
  const std::size_t n_rows = 1 + script.below(30);
  const std::string line_end = script.chance(2) ? "\n" : "\r\n";
  Example example;
  std::vector<std::string> columns(n_columns);
  for (std::size_t c = 0; c < n_columns; ++c) {
    columns[c] = "c" + std::to_string(c) + ":category";
    example.text += (c == 0 ? "c" : ",c") + std::to_string(c);
  }
  bool blank = false;  // a line break stands behind the one that ends the row
  const auto end_line = [&] {
    example.text += line_end;
    if (blank && n_columns == 1) columns[0] += "|-";
  };
  for (std::size_t row = 0; row < n_rows; ++row) {
    end_line();
    for (std::size_t c = 0; c < n_columns; ++c) {
      // The first letter makes every column one of texts and no value a marker.
      const std::string value = "x" + script.text("ab,\"\n\r ", 6);
      const bool needs_quotes = value.find_first_of(",\"\n\r") != std::string::npos;
      columns[c] += "|" + value;
      example.text += (c == 0 ? "" : ",") + (needs_quotes || script.chance(3) ? in_quotes(value) : value);
    }
    blank = script.chance(5);
    if (blank) example.text += line_end;
  }
  if (script.chance(2)) end_line();
  for (const std::string& column : columns) example.dump += column + "\n";
  return example;
}

class CsvBlocks : public testing::TestWithParam<int> {
 protected:
  LocalExecution execution{GetParam()};
};

TEST_P(CsvBlocks, ReadWhatWasWrittenWhereverTheBlocksAreCut) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Script script(seed);
    const Example example = draw_example(script);
    for (const std::size_t block_size : {1, 2, 3, 7, 16, 50, 100000}) {
      ASSERT_EQ(outcome(example.text, block_size, execution), example.dump) << example.text << " / " << block_size;
    }
  }
}

TEST_P(CsvBlocks, AnyTextHasOneOutcome) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Script script(seed);
    const std::string text =
        (seed % 3 == 0 ? "a\n" : "a,b\n") + script.text(script.chance(2) ? "\"\"\n,1x" : "1.-e,,\n\n\r\"", 60);
    const std::string whole = outcome(text, 100000, execution);
    for (const std::size_t block_size : {1, 2, 3, 5, 8, 20}) {
      ASSERT_EQ(outcome(text, block_size, execution), whole) << text << " / " << block_size;
    }
  }
}

/// Rows of plain fields, some of them with another number of fields, behind a column that is "x" in each.
std::string draw_plain_rows(Script& script, const std::string& x) {
  constexpr std::array fields = {"0",
                                 "-1",
                                 "1234567",
                                 "12345678",
                                 "123456789",
                                 "0.5",
                                 "-.5",
                                 "5.",
                                 "-0.0",
                                 "1.2345678",
                                 "-1e5",
                                 "NA",
                                 "",
                                 "x",
                                 "-",
                                 ".",
                                 "1.2.3",
                                 "+1",
                                 " 1.5 ",
                                 "-1.-5",
                                 "\xC3\xA4",
                                 "Never-married",
                                 "Hammersmith-and-City",
                                 "Nowhere-near-Hammersmith-and-City"};
  const std::size_t n_columns = 1 + script.below(4);
  const std::size_t n_kinds = 1 + script.below(fields.size());  // few: columns of numbers
  const std::string line_end = script.chance(3) ? "\r\n" : "\n";
  std::string text = std::string("x,a,b,c,d").substr(0, 1 + 2 * n_columns) + line_end;
  for (std::size_t row = 1 + script.below(script.chance(4) ? 400 : 60); row > 0; --row) {
    const std::size_t n = script.chance(400) ? 1 + script.below(5) : n_columns;
    text += x;
    for (std::size_t c = 0; c < n; ++c) text += std::string(",") + fields[script.below(n_kinds)];
    text += script.chance(400) ? line_end + line_end : line_end;
  }
  return text;
}

TEST_P(CsvBlocks, PlainRowsAreReadAsRowsWithQuotes) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Script plain(seed), quoted(seed);
    const std::string text = draw_plain_rows(plain, "x"), same = draw_plain_rows(quoted, "\"x\"");
    const std::string expected = outcome(same, 100000, execution);
    for (const std::size_t block_size : {1, 50, 300, 100000}) {
      ASSERT_EQ(outcome(text, block_size, execution), expected) << text << " / " << block_size;
    }
  }
}

TEST_P(CsvBlocks, TextsThatComeAgainAreToldApart) {
  std::string text = "first,last\r\n", expected = "first:category", last = "\nlast:category";
  for (std::size_t row = 0; row < 3000; ++row) {
    const std::size_t i = row * row % 500;  // more of them than are kept for a while, of up to 40 letters
    const std::string value = std::string(i % 40, 'a') + "x" + std::to_string(i),
                      other = i % 3 == 0 ? "NA" : "N" + value;
    text += value + "," + other + "\r\n";
    expected += "|" + value;
    last += "|" + (i % 3 == 0 ? "-" : other);
  }
  for (const std::size_t block_size : {1000, 1000000}) {
    EXPECT_EQ(outcome(text, block_size, execution), expected + last + "\n");
  }
}

TEST_P(CsvBlocks, TypesOfBlocksAreJoined) {
  std::string text = "whole,real,late,text,missing\n";
  for (int i = 0; i < 500; ++i) {
    const std::string n = std::to_string(i);
    text += n + "," + n + (i > 300 ? ".5" : "") + "," + (i == 499 ? "x" : n) + ",t" + std::to_string(i % 50) + "," +
            (i == 400 ? "" : n) + "\n";
  }
  const std::string whole = outcome(text, 100000, LocalExecution(1));
  EXPECT_TRUE(whole.starts_with("whole:int64|0|1|"));
  EXPECT_NE(whole.find("real:float64|0|"), std::string::npos);
  EXPECT_NE(whole.find("late:category|0|"), std::string::npos);
  EXPECT_NE(whole.find("missing:float64|0|"), std::string::npos);
  for (const std::size_t block_size : {1, 64, 1000}) EXPECT_EQ(outcome(text, block_size, execution), whole);
}

TEST_P(CsvBlocks, OfSeveralErrorsTheFirstIsReported) {
  std::string text = "a,b\n";
  for (int i = 0; i < 200; ++i) text += i % 50 == 49 ? "1,2,3\n" : "1,2\n";
  for (int repeat = 0; repeat < 20; ++repeat) {
    ASSERT_EQ(
        outcome(text, 16, execution),
        "corrupt_data: [x.csv] line 51 has 3 fields, the header has 2; a field that contains \",\" must be quoted");
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, CsvBlocks, testing::Values(1, 2, 5),
                         [](const auto& test) { return std::to_string(test.param); });

}  // namespace
}  // namespace thrum::csv
