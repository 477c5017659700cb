// Files that are no CSV: arrays of NumPy, images of MNIST's format, sparse rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

using testing::HasSubstr;

/// numpy.save of float64 numbers.
std::string npy(const std::string& shape, const std::vector<double>& values) {
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ", }\n";
  std::string bytes(8 * values.size(), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return "\x93NUMPY" + std::string({'\1', '\0', static_cast<char>(header.size()), '\0'}) + header + bytes;
}

std::string idx(const std::vector<std::uint8_t>& shape, const std::string& bytes) {
  std::string file = {'\0', '\0', '\x08', static_cast<char>(shape.size())};
  for (const std::uint8_t axis : shape) file += std::string({'\0', '\0', '\0', static_cast<char>(axis)});
  return file + bytes;
}

/// Rows that a model can learn: (x0, x1), and 3 x0 - x1.
struct Rows {
  std::vector<double> x = {};
  std::vector<double> y = {};
  std::string csv = "x0,x1,label\n";

  Rows() {
    for (int i = 0; i < 60; ++i) {
      x.push_back(i * 0.5 + 0.25);
      x.push_back(i % 7 + 0.5);
      y.push_back(3 * x[x.size() - 2] - x.back());
      csv += std::to_string(x[x.size() - 2]) + "," + std::to_string(x.back()) + "," + std::to_string(y.back()) + "\n";
    }
  }
};

class DataFormats : public testing::Test {
 protected:
  DataFormats() {
    const Rows rows;
    folder_.write("rows.csv", rows.csv);
    folder_.write("x.npy", npy("(60, 2)", rows.x));
    folder_.write("y.npy", npy("(60,)", rows.y));
    folder_.write("images.idx", idx({4, 1, 2}, std::string("\0\1\2\3\4\5\6\7", 8)));
    folder_.write("labels.idx", idx({4}, std::string("\0\1\0\1", 4)));
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return run_thrum(arguments, {.folder = folder_.path()});
  }

  TemporaryFolder folder_;
};

TEST_F(DataFormats, AnArrayTrainsTheSameModelAsItsCsvFile) {
  ASSERT_EQ(run({"train", "ridge", "rows.csv", "--target", "label", "-o", "csv.thrum"}).exit_code, 0);
  const Outcome trained = run({"train", "ridge", "x.npy", "--label-file", "y.npy", "--target", "label", "--valid",
                               "x.npy", "--valid-label-file", "y.npy", "-o", "npy.thrum"});
  EXPECT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("valid 60 rows"));
  EXPECT_EQ(read_text(folder_.file("npy.thrum")), read_text(folder_.file("csv.thrum")));
}

TEST_F(DataFormats, PredictAndEvaluateTakeArrays) {
  run({"train", "ridge", "rows.csv", "--target", "label", "-o", "m.thrum"});
  EXPECT_EQ(run({"predict", "m.thrum", "x.npy"}).out, run({"predict", "m.thrum", "rows.csv"}).out);
  const Outcome scores = run({"evaluate", "m.thrum", "x.npy", "--label-file", "y.npy", "--min", "r2=0.99"});
  EXPECT_EQ(scores.exit_code, 0) << scores.err;
}

TEST_F(DataFormats, SparseRowsMayLeaveOutWhatAModelNeeds) {
  folder_.write("train.svm", "+1 0:1 3:2\n-1 0:2\n+1 0:1 3:1\n-1 0:3 3:-1 # comment\n");
  folder_.write("dense.csv", "label,x0,x1,x2,x3\n1,1,0,0,2\n-1,2,0,0,0\n1,1,0,0,1\n-1,3,0,0,-1\n");
  folder_.write("test.svm", "0 1:5\n0\n");
  folder_.write("test.csv", "x0,x1,x2,x3\n0,5,0,0\n0,0,0,0\n");
  run({"train", "logistic-regression", "train.svm", "--target", "label", "-o", "svm.thrum"});
  run({"train", "logistic-regression", "dense.csv", "--target", "label", "-o", "csv.thrum"});
  EXPECT_EQ(run({"predict", "svm.thrum", "test.svm", "--proba"}).out,
            run({"predict", "csv.thrum", "test.csv", "--proba"}).out);
  EXPECT_THAT(run({"predict", "svm.thrum", "test.svm"}).out, testing::StartsWith("prediction\n"));
}

/// 400 rows of four of 60 columns.
std::string sparse_rows() {
  std::string text;
  for (int i = 0; i < 400; ++i) {
    const int first = i % 13, sign = (i / 3) % 2 == 0 ? 1 : -1;
    text += sign * (first - 6) + i % 5 > 2 ? "+1" : "-1";
    for (int k = 0; k < 4; ++k) {
      text += " " + std::to_string(1 + first + 15 * k) + ":" + std::to_string(sign * (1 + (i * (k + 2)) % 7));
    }
    text += "\n";
  }
  return text;
}

/// The numbers of a column of CSV.
std::vector<double> numbers_of(const std::string& csv) {
  std::vector<double> numbers;
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) numbers.push_back(std::stod(line.substr(0, line.find(','))));
  return numbers;
}

TEST_F(DataFormats, SparseRowsStaySparseAndGiveTheSameModel) {
  folder_.write("sparse.svm", sparse_rows());
  const auto train = [&](const std::string& model, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {
        "train", "logistic-regression", "sparse.svm", "--target", "label", "-o", model, "--tol", "1e-9"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.err;
  };
  for (const std::string l1_ratio : {"0", "0.5"}) {
    EXPECT_THAT(train("sparse.thrum", {"--l1-ratio", l1_ratio, "--threads", "1"}),
                HasSubstr("400 rows, 58 features, of whose numbers 6.9 % are not zero: a sparse matrix\n"));
    EXPECT_THAT(train("dense.thrum", {"--l1-ratio", l1_ratio, "--dense"}), testing::Not(HasSubstr("sparse matrix")));
    const auto expected = numbers_of(run({"predict", "dense.thrum", "sparse.svm", "--proba"}).out);
    const auto found = numbers_of(run({"predict", "sparse.thrum", "sparse.svm", "--proba"}).out);
    ASSERT_EQ(expected.size(), 400u);
    ASSERT_EQ(found.size(), 400u);
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-6) << i;
    train("again.thrum", {"--l1-ratio", l1_ratio, "--threads", "3"});
    EXPECT_TRUE(read_text(folder_.file("again.thrum")) == read_text(folder_.file("sparse.thrum")));
  }
}

TEST_F(DataFormats, TrainingWarnsOfQueriesAmongTheFeatures) {
  folder_.write("queries.svm", "1 qid:1 1:2\n0 qid:1 1:1\n1 qid:2 1:3\n0 qid:2 1:1\n");
  const std::vector<std::string> train = {"train",  "logistic-regression", "queries.svm", "--target", "label", "-o",
                                          "m.thrum"};
  EXPECT_THAT(run(train).err, HasSubstr("warning: [train] the column qid is a feature; --query qid ranks the rows of "
                                        "each query, --exclude qid leaves it out\n"));
  std::vector<std::string> without = train;
  without.insert(without.end(), {"--exclude", "qid"});
  EXPECT_THAT(run(without).err, testing::Not(HasSubstr("qid is a feature")));
}

TEST_F(DataFormats, InspectAndSplitTakeImages) {
  const Outcome inspected = run({"data", "inspect", "images.idx", "--label-file", "labels.idx", "--target", "label"});
  EXPECT_EQ(inspected.exit_code, 0) << inspected.err;
  EXPECT_THAT(inspected.out, HasSubstr("images.idx: 4 rows, 3 columns"));
  EXPECT_THAT(inspected.out, HasSubstr("target label: 2 classes"));
  const Outcome split = run({"data", "split", "images.idx", "--names", "left,right", "--label-file", "labels.idx",
                             "--train", "train.csv", "--test", "test.csv"});
  EXPECT_EQ(split.exit_code, 0) << split.err;
  EXPECT_THAT(read_text(folder_.file("train.csv")), testing::StartsWith("left,right,label\n"));
}

TEST_F(DataFormats, RefusesAFileOfAnotherFormatThanItIsSaidToBe) {
  const Outcome run_of_csv = run({"data", "inspect", "rows.csv", "--format", "npy"});
  EXPECT_EQ(run_of_csv.exit_code, 3);
  EXPECT_EQ(run_of_csv.err, "thrum: error: [rows.csv] expected an array of numpy.save, its first bytes are others\n");
}

TEST_F(DataFormats, DoesNotWriteOverTheLabels) {
  const Outcome outcome = run({"train", "ridge", "x.npy", "--label-file", "y.npy", "--target", "label", "-o", "y.npy"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("the output y.npy is also an input"));
}

}  // namespace
}  // namespace thrum::test
