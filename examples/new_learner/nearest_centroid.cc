#include "examples/new_learner/nearest_centroid.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"

namespace thrum {
namespace {

/// Of this rank's row i; 0 leaves it out.
double row_weight(const Dataset& dataset, const FitSpec& spec, std::size_t i) {
  if (!spec.row_mask.empty() && spec.row_mask[i] == 0) return 0;
  const double weight = spec.weights.empty() ? 1 : spec.weights[i];
  return dataset.weights().empty() ? weight : weight * dataset.weights()[i];
}

/// What one pass over the rows adds up, laid out as one vector for sum_row_blocks.
struct Sums {
  std::size_t n_columns;
  std::vector<double> values;  ///< per class: the weighted sums of the columns, then the weight; at last the row count

  static std::size_t size(std::size_t n_classes, std::size_t n_columns) { return n_classes * (n_columns + 1) + 1; }
  double sum(std::size_t k, std::size_t j) const { return values[k * (n_columns + 1) + j]; }
  double weight(std::size_t k) const { return sum(k, n_columns); }
  double n_rows() const { return values.back(); }
};

Sums sum_rows(const Dataset& dataset, const FitSpec& spec, const Encoder& encoder, const Execution& execution) {
  const std::size_t n_columns = encoder.n_outputs(), n_classes = dataset.schema().target.classes.size();
  const auto add_block = [&](std::size_t begin, std::size_t end, std::span<double> partial) {
    std::vector<double> raw_values((end - begin) * encoder.n_features()), values((end - begin) * n_columns);
    const MatrixView<double> raw(raw_values.data(), end - begin, encoder.n_features());
    const MatrixView<double> x(values.data(), end - begin, n_columns);
    dataset.reader().read(dataset.first_row() + begin, raw);
    encoder.encode(raw, x);
    for (std::size_t i = begin; i < end; ++i) {
      const double weight = row_weight(dataset, spec, i);
      if (weight == 0) continue;
      double* sums = partial.data() + static_cast<std::size_t>(dataset.y()[i]) * (n_columns + 1);
      for (std::size_t j = 0; j < n_columns; ++j) sums[j] += weight * x(i - begin, j);
      sums[n_columns] += weight;
      partial.back() += 1;
    }
  };
  // The same for any number of threads and ranks; never add up rows in another way.
  return {n_columns, sum_row_blocks(execution, dataset.n_rows(), Sums::size(n_classes, n_columns), add_block)};
}

void check_classes(const Sums& sums, const std::vector<std::string>& classes) {
  for (std::size_t k = 0; k < classes.size(); ++k) {
    if (sums.weight(k) > 0) continue;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] expected rows of every class, there is none of \"{}\" to train on",
                            NearestCentroidModel::name, classes[k]),
                "leave the class out of the data");
  }
}

std::unique_ptr<Model> fit_one(const Dataset& dataset, const FitSpec& spec, const Execution& execution) {
  execution.check_stop("nearest-centroid");
  Encoder encoder = Encoder::fit(dataset, spec.row_mask, spec.weights, true, execution);
  const Sums sums = sum_rows(dataset, spec, encoder, execution);
  const auto& classes = dataset.schema().target.classes;
  check_classes(sums, classes);

  const bool empirical = spec.options->as<NearestCentroidOptions>().priors == "empirical";
  double total = 0;
  for (std::size_t k = 0; k < classes.size(); ++k) total += sums.weight(k);
  std::vector<double> centroids, log_priors;
  for (std::size_t k = 0; k < classes.size(); ++k) {
    for (std::size_t j = 0; j < sums.n_columns; ++j) centroids.push_back(sums.sum(k, j) / sums.weight(k));
    log_priors.push_back(empirical ? std::log(sums.weight(k) / total) : 0);
  }
  return std::make_unique<NearestCentroidModel>(
      NearestCentroidModel::Parts{.schema = dataset.schema(),
                                  .encoder = std::move(encoder),
                                  .centroids = std::move(centroids),
                                  .log_priors = std::move(log_priors),
                                  .training = {.n_rows = static_cast<std::size_t>(sums.n_rows()),
                                               .iterations = 1,
                                               .converged = true,
                                               .stopped_by = "one pass",
                                               .options_json = spec.options->json()}});
}

}  // namespace

std::span<const OptionField> NearestCentroidOptions::fields() {
  static const std::vector<OptionField> list = {
      option_field("priors", &NearestCentroidOptions::priors, {"uniform", "empirical"},
                   "how likely the classes are before a row is seen"),
  };
  return list;
}

std::vector<std::unique_ptr<Model>> NearestCentroid::fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                                              const Execution& execution) const {
  std::vector<std::unique_ptr<Model>> models;
  for (const FitSpec& spec : specs) models.push_back(fit_one(dataset, spec, execution));
  return models;
}

}  // namespace thrum
