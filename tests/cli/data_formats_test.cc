// Files that are no CSV: arrays of NumPy, images of MNIST's format, sparse rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

using Json = nlohmann::json;
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
  folder_.write("turned.csv", "x3,x2,x1,x0,label\n2,0,0,1,1\n0,0,0,2,-1\n1,0,0,1,1\n-1,0,0,3,-1\n");
  run({"train", "logistic-regression", "turned.csv", "--target", "label", "-o", "turned.thrum"});
  EXPECT_EQ(run({"predict", "turned.thrum", "train.svm", "--proba"}).out,
            run({"predict", "turned.thrum", "dense.csv", "--proba"}).out);
}

/// 8300 rows of four of 58 columns, with the labels 1 and 3, in both forms.
struct SparseFile {
  std::string svm = {};
  std::string csv = "label";

  SparseFile() {
    constexpr int n_columns = 58;
    for (int j = 1; j <= n_columns; ++j) csv += ",x" + std::to_string(j);
    csv += "\n";
    for (int i = 0; i < 8300; ++i) {
      const int first = i % 13, sign = (i / 3) % 2 == 0 ? 1 : -1;
      std::vector<int> x(n_columns + 1, 0);
      for (int k = 0; k < 4; ++k)
        x[static_cast<std::size_t>(1 + first + 15 * k)] = sign * (1 + (i * (k + 2) + i / 11) % (5 + 2 * k));
      x[0] = sign * (first - 6) + i % 5 > 2 ? 3 : 1;
      add_row(x);
    }
  }

 private:
  void add_row(const std::vector<int>& x) {
    svm += std::to_string(x[0]);
    csv += std::to_string(x[0]);
    for (std::size_t j = 1; j < x.size(); ++j) {
      if (x[j] != 0) svm += " " + std::to_string(j) + ":" + std::to_string(x[j]);
      csv += "," + std::to_string(x[j]);
    }
    svm += "\n";
    csv += "\n";
  }
};

/// The last column of CSV: predictions of numbers, or the probability of the second class.
std::vector<double> last_numbers(const std::string& csv) {
  std::vector<double> numbers;
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) numbers.push_back(std::stod(line.substr(line.rfind(',') + 1)));
  return numbers;
}

using Words = std::vector<std::string>;

class SparseData : public DataFormats {
 protected:
  SparseData() {
    const SparseFile file;
    folder_.write("sparse.svm", file.svm);
    folder_.write("sparse.csv", file.csv);
  }
  Outcome train(const std::string& learner, const std::string& model, const Words& options, const Words& more) const {
    Words arguments = {"train", learner, "sparse.svm", "--target", "label", "-o", model};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome;
  }
  std::string predicted(const std::string& model, const std::string& data) const {
    const Outcome classes = run({"predict", model, data, "--proba"});
    return classes.exit_code == 0 ? classes.out : run({"predict", model, data}).out;
  }
};

struct SparseLearner {
  const char* name;
  Words options;

  friend std::ostream& operator<<(std::ostream& out, const SparseLearner& learner) { return out << learner.name; }
};
class SparseLearners : public SparseData, public testing::WithParamInterface<SparseLearner> {};
INSTANTIATE_TEST_SUITE_P(
    All, SparseLearners,
    testing::Values(SparseLearner{"logistic-regression", {"--tol", "1e-9"}},
                    SparseLearner{"logistic-regression", {"--tol", "1e-9", "--l1-ratio", "0.5", "--C", "0.01"}},
                    SparseLearner{"logistic-regression", {"--tol", "1e-9", "--class-weight", "3=2"}},
                    SparseLearner{"linear-regression", {}}, SparseLearner{"ridge", {"--alpha", "20"}},
                    SparseLearner{"lasso", {"--alpha", "0.003", "--tol", "1e-9"}},
                    SparseLearner{"elastic-net", {"--alpha", "0.005", "--tol", "1e-9"}},
                    SparseLearner{"poisson-regression", {"--alpha", "0.1", "--tol", "1e-9"}},
                    SparseLearner{"gamma-regression", {"--alpha", "0.1", "--tol", "1e-9"}},
                    SparseLearner{"sgd-classifier", {"--standardize", "false", "--max-iter", "5"}},
                    SparseLearner{"sgd-regressor", {"--standardize", "false", "--max-iter", "5", "--eta0", "0.001"}}));

TEST_P(SparseLearners, GiveTheModelOfATable) {
  const auto& [learner, options] = GetParam();
  EXPECT_THAT(train(learner, "sparse.thrum", options, {"--threads", "1"}).err,
              HasSubstr("8,300 rows, 58 features, of whose numbers 6.9 % are not zero: a sparse matrix\n"));
  EXPECT_THAT(train(learner, "dense.thrum", options, {"--dense"}).err, testing::Not(HasSubstr("sparse matrix")));
  const auto expected = last_numbers(predicted("dense.thrum", "sparse.csv"));
  const auto found = last_numbers(predicted("sparse.thrum", "sparse.csv"));
  ASSERT_EQ(expected.size(), 8300u);
  ASSERT_EQ(found.size(), 8300u);
  for (std::size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1e-6) << i;
  EXPECT_TRUE(predicted("sparse.thrum", "sparse.svm") == predicted("sparse.thrum", "sparse.csv"));
}

TEST_P(SparseLearners, GiveTheSameFileForAnyNumberOfThreadsAndRanks) {
  const auto& [learner, options] = GetParam();
  train(learner, "sparse.thrum", options, {"--threads", "1"});
  for (const Words& split : {Words{"--threads", "5"}, Words{"--threads", "2", "--ranks", "3"}}) {
    EXPECT_THAT(train(learner, "again.thrum", options, split).err, HasSubstr("a sparse matrix"));
    EXPECT_TRUE(read_text(folder_.file("again.thrum")) == read_text(folder_.file("sparse.thrum"))) << split[1];
  }
}

TEST_F(SparseData, IsScoredAsATableIs) {
  const auto scores = [&](const Words& more) {
    const Json report = Json::parse(train("ridge", "ridge.thrum", {"--json"}, more).out);
    EXPECT_EQ(report.contains("matrix"), more.back() != "--dense");
    return report.at("valid");
  };
  const Json sparse = scores({"--valid", "0.25"}), dense = scores({"--valid", "0.25", "--dense"});
  EXPECT_EQ(sparse.at("rows"), 2075);
  EXPECT_NEAR(sparse.at("metrics").at("rmse").get<double>(), dense.at("metrics").at("rmse").get<double>(), 1e-9);
  const Json all = scores({"--valid", "sparse.svm"});
  const Json evaluated = Json::parse(run({"evaluate", "ridge.thrum", "sparse.svm", "--json"}).out);
  EXPECT_EQ(evaluated.at("metrics"), all.at("metrics"));
  EXPECT_EQ(evaluated.at("metrics"),
            Json::parse(run({"evaluate", "ridge.thrum", "sparse.csv", "--json"}).out).at("metrics"));
}

TEST_F(SparseData, IsKeptInFloat32WhereThatHoldsIt) {
  train("ridge", "wide.thrum", {}, {});
  train("ridge", "narrow.thrum", {"--dtype", "float32"}, {});
  EXPECT_TRUE(predicted("narrow.thrum", "sparse.svm") == predicted("wide.thrum", "sparse.svm"))
      << "small whole numbers";
  folder_.write("large.svm", "1 3:1e300 90:1\n0 5:2\n");
  const Outcome large =
      run({"train", "ridge", "large.svm", "--target", "label", "-o", "m.thrum", "--dtype", "float32"});
  EXPECT_EQ(large.exit_code, 3);
  EXPECT_THAT(large.err, HasSubstr("[csr_matrix] expected values that float32 can hold, got 1e+300 in row 0, column 2\n"
                                   "  keep them in float64\n"));
}

TEST_F(SparseData, OfAModelOfATableIsPredictedWithoutOne) {
  train("gbdt", "trees.thrum", {"--n-estimators", "5"}, {});
  EXPECT_TRUE(predicted("trees.thrum", "sparse.svm") == predicted("trees.thrum", "sparse.csv"));
}

TEST_F(SparseData, TakesNoMemoryForColumnsThatTheModelDoesNotKnow) {
  train("ridge", "ridge.thrum", {}, {});
  folder_.write("near.svm", "1 3:1\n0 5:2\n");
  folder_.write("far.svm", "1 3:1 4000000000:7\n0 5:2\n");
  EXPECT_EQ(predicted("ridge.thrum", "far.svm"), predicted("ridge.thrum", "near.svm"));
}

TEST_F(SparseData, IsNoTableWhereThatWouldNotFit) {
  std::string wide = "1 1000000:2\n";
  for (int i = 0; i < 400'000; ++i) wide += "0\n";
  folder_.write("wide.svm", wide);
  const auto error = [&](Words arguments) {
    arguments.insert(arguments.begin(), "train");
    arguments.insert(arguments.end(), {"wide.svm", "--target", "label", "-o", "m.thrum"});
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 6);
    return outcome.err;
  };
  EXPECT_THAT(error({"gbdt"}),
              testing::AllOf(HasSubstr("[wide.svm] a table of 400001 rows and 1000000 columns "
                                       "(line 1 has index 1000000) takes 2980.2 GiB, this machine has "),
                             HasSubstr("gbdt takes no sparse matrix: rows stay sparse in "
                                       "logistic-regression, linear-regression, ridge, lasso, elastic-net, "
                                       "poisson-regression, gamma-regression, sgd-classifier, "
                                       "sgd-regressor\n")));
  EXPECT_THAT(error({"linear-regression"}), HasSubstr("least squares without a penalty of more than 2500 columns need "
                                                      "a dense matrix: use ridge, with a small alpha\n"));
  EXPECT_THAT(error({"logistic-regression", "--solver", "saga"}),
              HasSubstr("the solver saga needs a dense matrix: use solver=lbfgs or auto\n"));
  EXPECT_THAT(error({"logistic-regression", "--penalty", "none"}), HasSubstr("use a penalty, with a large C\n"));
  EXPECT_THAT(error({"sgd-classifier"}),
              HasSubstr("standardize=true centres the columns, which leaves no zeros: use standardize=false\n"));
  EXPECT_THAT(error({"ridge", "--weight", "x1"}), HasSubstr("--weight needs a table: leave it out\n"));
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
