#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "thrum/data/csv.h"
#include "thrum/learn/tree/gbdt.h"
#include "thrum/metrics/ranking.h"
#include "thrum/metrics/regression.h"

namespace thrum {
namespace {

/// Real tables, where they are there.
class GbdtOn : public testing::Test {
 protected:
  static std::shared_ptr<const Table> read(const std::string& name) {
    CsvOptions options;
    options.header = !name.starts_with("higgs");
    const std::filesystem::path path = std::filesystem::path(THRUM_TEST_DATA) / name;
    return std::make_shared<const Table>(read_csv(path, options, LocalExecution(2)));
  }
  static bool is_absent(const std::string& name) {
    return !std::filesystem::exists(std::filesystem::path(THRUM_TEST_DATA) / name);
  }

  static Dataset dataset(std::shared_ptr<const Table> table, const std::string& target, Task task) {
    Dataset::Options options;
    options.target = target;
    options.task = task;
    return Dataset(std::move(table), options);
  }

  /// Every fifth row is held out.
  struct Parts {
    std::vector<std::uint8_t> mask;
    std::vector<std::size_t> held_out;
  };
  static Parts parts(std::size_t n) {
    Parts result{std::vector<std::uint8_t>(n, 1), {}};
    for (std::size_t i = 0; i < n; i += 5) {
      result.mask[i] = 0;
      result.held_out.push_back(i);
    }
    return result;
  }

  static std::unique_ptr<Model> fit(const Dataset& rows, const GbdtOptions& options,
                                    std::span<const std::uint8_t> mask = {}) {
    const Options described(options, GbdtOptions::fields());
    const FitSpec spec{.options = &described, .row_mask = mask};
    return std::move(Gbdt().fit_many(rows, {&spec, 1}, LocalExecution(2).get()).front());
  }

  /// The root mean squared error on the rows held out.
  static double held_out_rmse(const std::shared_ptr<const Table>& table, const std::string& target,
                              const GbdtOptions& options) {
    const Dataset rows = dataset(table, target, Task::regression);
    const Parts split = parts(rows.n_rows());
    const auto predicted = predict(*fit(rows, options, split.mask), *table, LocalExecution(2));
    std::vector<double> y;
    std::vector<double> z;
    for (const std::size_t i : split.held_out) {
      y.push_back(rows.y()[i]);
      z.push_back(predicted[i]);
    }
    return metrics::rmse(y, z);
  }

  static double test_auc(const std::string& train, const std::string& test, const std::string& target,
                         const GbdtOptions& options) {
    const auto model = fit(dataset(read(train), target, Task::classification), options);
    const auto table = read(test);
    const auto probabilities = predict(*model, *table, LocalExecution(2));
    const Dataset rows = dataset(table, target, Task::classification);
    std::vector<std::size_t> y;
    std::vector<double> positive;
    for (std::size_t i = 0; i < rows.n_rows(); ++i) {
      y.push_back(static_cast<std::size_t>(rows.y()[i]));
      positive.push_back(probabilities[2 * i + 1]);
    }
    return metrics::roc_auc(y, positive);
  }
};

TEST_F(GbdtOn, Adult) {
  if (is_absent("adult")) GTEST_SKIP() << "adult is absent";
  GbdtOptions options;
  options.n_estimators = 200;
  EXPECT_GE(test_auc("adult/adult_train.csv.gz", "adult/adult_test.csv.gz", "income", options), 0.928);
}

TEST_F(GbdtOn, Higgs) {
  if (is_absent("higgs-small")) GTEST_SKIP() << "higgs-small is absent";
  GbdtOptions options;
  EXPECT_GE(test_auc("higgs-small/higgs_train.tsv.gz", "higgs-small/higgs_test.tsv.gz", "0", options), 0.79);
}

TEST_F(GbdtOn, Housing) {
  if (is_absent("housing")) GTEST_SKIP() << "housing is absent";
  GbdtOptions options;
  options.n_estimators = 500;
  EXPECT_LE(held_out_rmse(read("housing/california_housing.csv.gz"), "median_house_value", options), 45000);
}

TEST_F(GbdtOn, Diamonds) {
  if (is_absent("diamonds")) GTEST_SKIP() << "diamonds is absent";
  EXPECT_LE(held_out_rmse(read("diamonds/diamonds.csv.gz"), "price", GbdtOptions()), 560);
}

}  // namespace
}  // namespace thrum
