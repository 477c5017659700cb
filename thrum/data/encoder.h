#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/view.h"
#include "thrum/data/dataset.h"
#include "thrum/data/schema.h"

namespace thrum {

/// How the features of a schema become the numeric columns of a linear model, learned from the training rows:
/// a number gives one column, (x - mean) * (1 / scale), with a missing value at the mean (0); a category feature gives
/// one 0/1 column per category, and one for "missing" if values were missing in training. An unknown category gives
/// zeros.
class Encoder {
 public:
  /// One per feature. `mean` and `scale` are 0 and 1 for category features and where standardisation is off (the mean
  /// is then `fill`, what a missing number is replaced by). A constant number has scale 1.
  struct FeatureEncoding {
    double mean = 0;
    double scale = 1;
    double fill = 0;
    bool missing_column = false;
    /// Only known after a `fit` that standardises, models do not keep them: whether a number counts as constant, and
    /// its deviation where it varies after all, but by no more than rounding explains; whether it was missing in a row.
    bool is_constant = false;
    double ignored_deviation = 0;
    bool number_missing = false;

    /// What columns are multiplied by, since dividing each value takes longer than all else.
    double factor() const { return 1 / scale; }
  };

  /// Learns in one parallel pass over the dataset's rows of all ranks (collective). Means and variances (divided by the
  /// sum of weights, as scikit-learn's StandardScaler) are weighted by the sample weights times `weights` (empty: ones)
  /// and see only rows with row_mask 1 (empty: all). `standardize` false: scale 1, mean 0.
  static Encoder fit(const Dataset& dataset, std::span<const std::uint8_t> row_mask, std::span<const double> weights,
                     bool standardize, const Execution& execution);

  /// From stored parts. REQUIRES: one encoding per feature of `schema`.
  Encoder(const Schema& schema, std::vector<FeatureEncoding> encodings);

  std::size_t n_features() const noexcept { return encodings_.size(); }
  std::size_t n_outputs() const noexcept { return first_output_.back(); }
  /// Feature j gives the columns [first_output(j), first_output(j + 1)).
  std::size_t first_output(std::size_t j) const { return first_output_[j]; }
  std::span<const FeatureEncoding> encodings() const noexcept { return encodings_; }
  std::size_t n_categories(std::size_t j) const { return n_categories_[j]; }  ///< 0 for a number

  /// "age", "workclass=Private", "workclass=(missing)".
  std::vector<std::string> output_names(const Schema& schema) const;

  /// out: (n, n_outputs); rows: (n, n_features) as FeatureReader gives them.
  void encode(MatrixView<const double> rows, MatrixView<double> out) const;

 private:
  std::vector<FeatureEncoding> encodings_;
  std::vector<std::size_t> n_categories_;
  std::vector<std::size_t> first_output_;  ///< n_features + 1
};

}  // namespace thrum
