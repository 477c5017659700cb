#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "thrum/data/prepare/column_map.h"

namespace thrum::prepare {

/// Where a code stands among n categories, unknown (n) and missing (n + 1).
std::size_t place_of_code(double x, std::size_t n_categories) noexcept;

/// No column: the step drops it.
std::shared_ptr<const ColumnMap> drop_column();

/// (x - shift) * factor, within [low, high]; NaN stays.
struct Affine {
  double shift = 0;
  double factor = 1;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};
std::shared_ptr<const ColumnMap> affine(const Feature& input, const Affine& parts);

/// 1 above the threshold, else 0; NaN stays.
std::shared_ptr<const ColumnMap> binarize(const Feature& input, double threshold);

/// A missing number becomes `fill`; `indicator`: and a second column says so.
std::shared_ptr<const ColumnMap> fill_number(const Feature& input, double fill, bool indicator);

/// Each category, an unknown one and a missing value become codes of other categories (a category feature), or rows of
/// numbers: values: (n_categories + 2, n_outputs), first the categories, then unknown, then missing.
std::shared_ptr<const ColumnMap> recode(std::vector<std::uint32_t> codes, Feature output);
std::shared_ptr<const ColumnMap> look_up(std::vector<double> values, std::vector<std::string> names);
/// The same, but each training row gets what the fold that it lies in has learned from the others:
/// of_folds[f] as `values`.
std::shared_ptr<const ColumnMap> look_up_cross_fitted(std::vector<double> values, const std::vector<std::string>& names,
                                                      std::vector<std::vector<double>> of_folds, std::uint64_t seed);
std::size_t fold_of_row(std::size_t row, std::size_t n_folds, std::uint64_t seed);

/// The number of `cuts` that are not above x, as a number or as 0/1 columns; NaN stays, or gives zeros.
std::shared_ptr<const ColumnMap> bins(const Feature& input, std::vector<double> cuts, bool one_hot);

/// Where x stands among `quantiles`, in [0, 1], or as a number of the normal distribution.
std::shared_ptr<const ColumnMap> rank(const Feature& input, std::vector<double> quantiles, bool normal);

/// Power transforms: of Yeo and Johnson (2000), and of Box and Cox (1964), which leaves what is not positive missing.
enum class PowerMethod { yeo_johnson, box_cox };
double power_of(PowerMethod method, double x, double lambda) noexcept;

/// (power_of(x) - mean) / scale.
struct Power {
  PowerMethod method = PowerMethod::yeo_johnson;
  double lambda = 1;
  double mean = 0;
  double scale = 1;
};
std::shared_ptr<const ColumnMap> power(const Feature& input, const Power& parts);

}  // namespace thrum::prepare
