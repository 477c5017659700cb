// Many linear models at once, once per line of input: prints the seconds they took and how good each is.
//   ridge FOLDS ALPHA…           R² of each alpha, its mean over the folds (as scikit-learn's KFold cuts them)
//   path L1_RATIO TOL DTYPE C…   the objective of a logistic regression for each C
// usage: thrum_measure_linear FILE TARGET THREADS
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "thrum/data/csv.h"
#include "thrum/data/dataset.h"
#include "thrum/learn/learner.h"

namespace {

using Models = std::vector<std::unique_ptr<thrum::Model>>;

struct Fold {
  std::size_t begin;
  std::size_t end;
};

/// As KFold without shuffling: the first rows % n folds are one row longer.
std::vector<Fold> folds_of(std::size_t rows, std::size_t n) {
  std::vector<Fold> folds;
  for (std::size_t f = 0, begin = 0; f < n; ++f) {
    const std::size_t end = begin + rows / n + (f < rows % n ? 1 : 0);
    folds.push_back({begin, end});
    begin = end;
  }
  return folds;
}

/// Sums over held-out rows.
struct Errors {
  double y = 0;
  double yy = 0;
  std::vector<double> squares;  ///< of the residuals of each model
};

Errors operator+(Errors a, const Errors& b) {
  a.y += b.y;
  a.yy += b.yy;
  for (std::size_t m = 0; m < a.squares.size(); ++m) a.squares[m] += b.squares[m];
  return a;
}

/// R² of each of `models` on the rows of a fold.
std::vector<double> scores(const thrum::Dataset& dataset, const Fold& fold,
                           std::span<const std::unique_ptr<thrum::Model>> models, const thrum::Execution& execution) {
  std::vector<std::vector<std::byte>> images;
  std::vector<std::unique_ptr<thrum::Predictor>> predictors;
  for (const auto& model : models) images.push_back(model->compile());
  for (const auto& image : images) predictors.push_back(thrum::open_predictor(image));
  const Errors errors = thrum::parallel_reduce(
      *execution.arena, fold.end - fold.begin, 256, Errors{.squares = std::vector<double>(models.size())},
      [&](std::size_t begin, std::size_t end) {
        Errors found{.squares = std::vector<double>(models.size())};
        std::vector<double> values((end - begin) * dataset.reader().n_features()), predicted(end - begin);
        const thrum::MatrixView<double> rows(values.data(), end - begin, dataset.reader().n_features());
        dataset.reader().read(fold.begin + begin, rows);
        const auto y = dataset.y().subspan(fold.begin + begin, end - begin);
        for (const double value : y) {
          found.y += value;
          found.yy += value * value;
        }
        for (std::size_t m = 0; m < models.size(); ++m) {
          predictors[m]->predict(rows, thrum::MatrixView<double>(predicted.data(), predicted.size(), 1));
          for (std::size_t i = 0; i < y.size(); ++i) {
            found.squares[m] += (y[i] - predicted[i]) * (y[i] - predicted[i]);
          }
        }
        return found;
      },
      [](Errors a, const Errors& b) { return std::move(a) + b; });
  const double spread = errors.yy - errors.y * errors.y / static_cast<double>(fold.end - fold.begin);
  std::vector<double> result;
  for (const double squares : errors.squares) result.push_back(1 - squares / spread);
  return result;
}

std::vector<double> ridge(const thrum::Dataset& dataset, std::istringstream& words, const thrum::Execution& execution) {
  std::size_t n_folds = 0;
  words >> n_folds;
  const thrum::Learner& learner = thrum::find_learner("ridge");
  std::vector<thrum::Options> options;
  for (std::string alpha; words >> alpha;) {
    options.push_back(learner.default_options());
    options.back().set("alpha", alpha);
    options.back().set("standardize", "false");
  }
  const std::vector<Fold> folds = folds_of(dataset.n_rows(), n_folds);
  std::vector<std::vector<std::uint8_t>> masks;
  std::vector<thrum::FitSpec> specs;
  masks.reserve(n_folds);
  for (const Fold& fold : folds) {
    masks.emplace_back(dataset.n_rows(), 1);
    std::fill(masks.back().begin() + static_cast<std::ptrdiff_t>(fold.begin),
              masks.back().begin() + static_cast<std::ptrdiff_t>(fold.end), 0);
    for (const thrum::Options& one : options) specs.push_back({.options = &one, .row_mask = masks.back()});
  }
  const Models models = learner.fit_many(dataset, specs, execution);
  std::vector<double> mean(options.size());
  for (std::size_t f = 0; f < n_folds; ++f) {
    const auto of_fold =
        scores(dataset, folds[f], std::span(models).subspan(f * options.size(), options.size()), execution);
    for (std::size_t a = 0; a < mean.size(); ++a) mean[a] += of_fold[a] / static_cast<double>(n_folds);
  }
  return mean;
}

std::vector<double> path(const thrum::Dataset& dataset, std::istringstream& words, const thrum::Execution& execution) {
  std::string l1_ratio, tol, dtype;
  words >> l1_ratio >> tol >> dtype;
  const thrum::Learner& learner = thrum::find_learner("logistic-regression");
  std::vector<thrum::Options> options;
  for (std::string C; words >> C;) {
    options.push_back(learner.default_options());
    options.back().set("C", C);
    options.back().set("l1_ratio", l1_ratio);
    options.back().set("tol", tol);
    options.back().set("dtype", dtype);
    options.back().set("max_iter", "10000");
  }
  std::vector<thrum::FitSpec> specs;
  for (const thrum::Options& one : options) specs.push_back({.options = &one});
  std::vector<double> objectives;
  for (const auto& model : learner.fit_many(dataset, specs, execution)) {
    if (!model->training().converged) throw std::runtime_error("a fit did not converge");
    objectives.push_back(model->training().objective);
  }
  return objectives;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) throw std::invalid_argument("usage: thrum_measure_linear FILE TARGET THREADS");
  const thrum::LocalExecution execution(std::atoi(argv[3]));
  const auto table = std::make_shared<const thrum::Table>(thrum::read_csv(argv[1], {}, execution));
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string what;
    words >> what;
    const bool is_ridge = what == "ridge";
    const thrum::Dataset dataset(
        table, {.target = argv[2], .task = is_ridge ? thrum::Task::regression : thrum::Task::classification});
    const auto start = std::chrono::steady_clock::now();
    const std::vector<double> found = (is_ridge ? ridge : path)(dataset, words, execution);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    fmt::print("{{\"seconds\": {}, \"found\": [{}]}}\n", seconds.count(), fmt::join(found, ", "));
    std::fflush(stdout);
  }
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
