#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "thrum/core/error.h"
#include "thrum/data/csv_test_support_test.h"
#include "thrum/data/formats/data_bytes_internal.h"
#include "thrum/data/formats/libsvm.h"
#include "thrum/data/formats/libsvm_internal.h"
#include "thrum/runtime/temporary_folder_test.h"

namespace thrum::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string dumped(const std::string& text, const DataFileOptions& options = {}) {
  return csv::dump(parse_data(bytes_of(text), options, "x.svm", LocalExecution(2)));
}

/// Cut into blocks of any size, the error is the same.
std::string error_of(const std::string& text) {
  std::string message;
  for (const std::size_t block_size : {std::size_t{1}, std::size_t{7}, libsvm_block_size}) {
    try {
      parse_libsvm(text, "x.svm", block_size, LocalExecution(2));
      return "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
      EXPECT_TRUE(message.empty() || message == error.what()) << error.what();
      message = error.what();
    }
  }
  return message;
}

TEST(Libsvm, GivesALabelAndAColumnPerIndex) {
  EXPECT_EQ(dumped("+1 1:0.5 3:2\n-1 2:-1e2\n"),
            "label:int64|1|-1\nx1:float64|0.5|0\nx2:float64|0|-100\nx3:float64|2|0\n");
}

TEST(Libsvm, NamesColumnsByTheIndicesOfTheFile) {
  EXPECT_EQ(dumped("1 0:5 1:6\n"), "label:int64|1\nx0:float64|5\nx1:float64|6\n");
  EXPECT_EQ(dumped("1 1:6\n", {.expected = {"label", "x0", "x3", "xy", "x"}}),
            "label:int64|1\nx0:float64|0\nx1:float64|6\nx2:float64|0\nx3:float64|0\n");
}

TEST(Libsvm, TakesCommentsBlankLinesAnyBlanksAndEmptyRows) {
  EXPECT_EQ(dumped("# made by hand\n\n1.5\t1:2  # the first\r\n  0\r\n2 1:3"),
            "label:float64|1.5|0|2\nx1:float64|2|0|3\n");
}

TEST(Libsvm, TakesAByteOrderMark) {
  EXPECT_EQ(csv::dump(parse_data(bytes_of("\xEF\xBB\xBF"
                                          "2 1:5\n"),
                                 {}, "rows", LocalExecution(2))),
            "label:int64|2\nx1:float64|5\n");
  EXPECT_EQ(error_of("\xEF\xBB\xBF"
                     "2 1:5\n1 x\n"),
            "[x.svm] line 2: expected index:value with a finite value, got \"x\"");
}

TEST(Libsvm, KeepsQueries) {
  EXPECT_EQ(dumped("2 qid:7 1:1\n0 qid:-3 1:2 # doc 5\n"), "label:int64|2|0\nqid:int64|7|-3\nx1:float64|1|2\n");
}

TEST(Libsvm, KeepsOnlyWhatTheRowsHold) {
  const LibsvmRows rows = parse_libsvm("1 2:5 4000000000:6\n0\n1 2:7\n", "x", 4, LocalExecution(3));
  EXPECT_THAT(rows.row_offsets, ElementsAre(0, 2, 2, 3));
  EXPECT_THAT(rows.indices, ElementsAre(2, 4'000'000'000, 2));
  EXPECT_THAT(rows.values, ElementsAre(5, 6, 7));
  EXPECT_EQ(rows.end_index, 4'000'000'001);
}

TEST(Libsvm, IsReadAsASparseMatrix) {
  const test::TemporaryFolder folder;
  const LibsvmData data =
      read_libsvm(folder.write("x.svm", "1 qid:5 3:7 900000000:8\n2 qid:5\n3 qid:6 1:9\n"), LocalExecution(2));
  EXPECT_EQ(data.features.rows(), 3u);
  EXPECT_EQ(data.features.cols(), 900'000'000u);
  EXPECT_THAT(data.features.row(0).columns, ElementsAre(2, 899'999'999));
  EXPECT_EQ(data.features.row(2).values[0], 9);
  EXPECT_THAT(data.labels, ElementsAre(1, 2, 3));
  EXPECT_THAT(data.query_ids, ElementsAre(5, 5, 6));
  EXPECT_EQ(data.first_index, 1u);
}

TEST(Libsvm, IsTheSameWhereverBlocksAreCut) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += std::to_string(i % 3) + " 1:" + std::to_string(i) + " 7:0.5 # row\n";
  const LibsvmRows whole = parse_libsvm(text, "x", text.size(), LocalExecution(1));
  EXPECT_EQ(whole.n_rows(), 300u);
  for (const std::size_t block_size : {1, 13, 100}) {
    const LibsvmRows rows = parse_libsvm(text, "x", block_size, LocalExecution(5));
    EXPECT_EQ(rows.labels, whole.labels);
    EXPECT_EQ(rows.values, whole.values);
    EXPECT_EQ(rows.row_offsets, whole.row_offsets);
  }
}

TEST(Libsvm, IsKnownByItsFirstRowWithAFeature) {
  EXPECT_TRUE(looks_like_libsvm("# comment\n\n-1 qid:3 4:1\n"));
  EXPECT_TRUE(looks_like_libsvm("1 1:1"));
  EXPECT_TRUE(looks_like_libsvm("1\n0 # zeros\n1 qid:3\n0 3:1\n"));
  for (const char* text :
       {"", "a,b\n", "1 2 3\n", "1\n2\n", "1\n2 3\n", "x 1:2\n", "1,2 1:3\n", "12:30 1:2\n", "1 a:2\n"}) {
    EXPECT_FALSE(looks_like_libsvm(text)) << text;
  }
}

TEST(Libsvm, IsKnownByItsNameWhereRowsAreLabelsAlone) {
  const auto n_rows = [](const std::string& name) {
    return parse_data(bytes_of("1\n0\n1\n"), {.expected = {"x1"}}, name, LocalExecution(1)).n_rows();
  };
  for (const char* name : {"x.svm", "x.libsvm.gz", "x.svmlight.zst"}) EXPECT_EQ(n_rows(name), 3) << name;
  EXPECT_EQ(n_rows("x.txt"), 2) << "CSV with the header \"1\"";
}

TEST(Libsvm, SaysWhereAndWhat) {
  EXPECT_EQ(error_of("1 1:1\n1,2 1:1\n"),
            "[x.svm] line 2: expected one label, got \"1,2\"; several labels per row cannot be learned");
  EXPECT_EQ(error_of("1 1:1\n\nyes 1:1\n"), "[x.svm] line 3: expected a number as the label, got \"yes\"");
  EXPECT_EQ(error_of("nan 1:1\n"), "[x.svm] line 1: expected a number as the label, got \"nan\"");
  EXPECT_EQ(error_of("1 qid:x 1:1"), "[x.svm] line 1: expected a whole number after qid:, got \"x\"");
  for (const char* word : {"2", "2:", ":2", "a:1", "-1:1", "1:inf", "1:1e999", "1:2:3", "1:+-1", "1.0:1"}) {
    EXPECT_EQ(error_of(std::string("1 ") + word + "\n"),
              std::string("[x.svm] line 1: expected index:value with a finite value, got \"") + word + "\"");
  }
  EXPECT_EQ(error_of("1 3:1 2:1\n"), "[x.svm] line 1: index 2 follows 3; expected ascending indices, each once");
  EXPECT_EQ(error_of("1 3:1 3:1\n"), "[x.svm] line 1: index 3 follows 3; expected ascending indices, each once");
  EXPECT_EQ(error_of("1 4294967295:1\n"), "[x.svm] line 1: index 4294967295 is beyond 4294967294");
  EXPECT_EQ(error_of("1 qid:1 1:1\n1 1:1\n"),
            "[x.svm] line 1 has a qid, line 2 has none; expected it in all rows or in none");
  EXPECT_EQ(error_of("# nothing\n"), "[x.svm] there are no rows");
}

TEST(Libsvm, RefusesATableThatNoMachineHolds) {
  const auto error = [](const std::string& text) -> std::string {
    try {
      dumped(text);
    } catch (const Error& caught) {
      return std::string(error_code_name(caught.code())) + ": " + caught.what();
    }
    return "no error";
  };
  EXPECT_EQ(error("1 1:1\n1 4294967294:1\n1 5:1\n"),
            "invalid_argument: [x.svm] expected at most 1048576 columns, got 4294967294 (line 2 has index 4294967294)");
  std::string text = "1 1000000:1\n";
  for (int i = 0; i < 1'000'000; ++i) text += "1\n";
  EXPECT_THAT(
      error(text),
      HasSubstr("out_of_memory: [x.svm] a table of 1000001 rows and 1000000 columns (line 1 has index 1000000) takes "
                "7450.6 GiB"));
  EXPECT_THAT(error(text), HasSubstr("; in C++, read_libsvm gives it as a sparse matrix"));
}

}  // namespace
}  // namespace thrum::formats
