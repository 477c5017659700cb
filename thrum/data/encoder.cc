#include "thrum/data/encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/data/constant_number_internal.h"

namespace thrum {
namespace {

/// The rows that statistics are made from: the dataset's, with the weights and the mask of the fit.
struct WeightedRows {
  const Dataset& dataset;
  std::span<const std::uint8_t> row_mask;
  std::span<const double> weights;
};

/// Of one feature in one block of rows.
struct BlockSummary {
  double n = 0;       ///< rows of positive weight in which it is not missing
  double weight = 0;  ///< of these
  double mean = 0;
  double squares = 0;    ///< sum of weight * (x - mean)^2
  double n_missing = 0;  ///< rows of positive weight in which it is missing
};

BlockSummary summarise_any(std::span<const double> values, std::span<const double> weights) {
  BlockSummary summary;
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (weights[i] == 0) continue;
    if (std::isnan(values[i])) {
      ++summary.n_missing;
      continue;
    }
    ++summary.n;
    summary.weight += weights[i];
    sum += weights[i] * values[i];
  }
  if (summary.weight == 0) return summary;
  const double mean = sum / summary.weight;
  double residual = 0;  // what rounding of the mean left, which matters where the mean is much larger than the scale
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i]) || weights[i] == 0) continue;
    const double deviation = values[i] - mean;
    residual += weights[i] * deviation;
    summary.squares += weights[i] * deviation * deviation;
  }
  const double correction = residual / summary.weight;
  summary.mean = mean + correction;
  summary.squares = std::max(summary.squares - residual * correction, 0.0);
  return summary;
}

/// Sums side by side, which the compiler makes vectors of.
constexpr std::size_t lanes = 8;
using Lanes = std::array<double, lanes>;

/// add(i, lane) for i in [0, n), always the same lane for the same i.
template <class Add>
void for_each_lane(std::size_t n, Add add) {
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (std::size_t l = 0; l < lanes; ++l) add(i + l, l);
  }
  for (std::size_t l = 0; i < n; ++i, ++l) add(i, l);
}

double total(const Lanes& sums) {
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

/// What the rows of a block weigh.
struct BlockWeights {
  std::vector<double> values;
  bool all_one = false;
  double n = 0;  ///< rows of positive weight
  double total = 0;
};

BlockWeights weights_of(const WeightedRows& rows, std::size_t begin, std::size_t end) {
  BlockWeights weights{.values = std::vector<double>(end - begin)};
  for (std::size_t i = begin; i < end; ++i) {
    const double weight = rows.dataset.weight(i, rows.row_mask, rows.weights);
    weights.values[i - begin] = weight;
    weights.n += weight > 0 ? 1 : 0;
    weights.total += weight;
  }
  weights.all_one = std::ranges::all_of(weights.values, [](double weight) { return weight == 1; });
  return weights;
}

/// The common case, several times faster: all values are finite; nullopt where they are not, or weigh nothing.
template <class Weight>
std::optional<BlockSummary> summarise_finite(std::span<const double> x, const BlockWeights& weights, const double* next,
                                             Weight weight) {
  Lanes sums{}, residuals{}, squares{};
  for_each_lane(x.size(), [&](std::size_t i, std::size_t l) { sums[l] += weight(i) * x[i]; });
  if (!std::isfinite(total(sums)) || weights.total == 0) return std::nullopt;
  const double mean = total(sums) / weights.total;
  for_each_lane(x.size(), [&](std::size_t i, std::size_t l) {
    if (l == 0 && next != nullptr) __builtin_prefetch(next + i);
    const double deviation = x[i] - mean;
    residuals[l] += weight(i) * deviation;
    squares[l] += weight(i) * deviation * deviation;
  });
  const double residual = total(residuals), correction = residual / weights.total;
  return BlockSummary{.n = weights.n,
                      .weight = weights.total,
                      .mean = mean + correction,
                      .squares = std::max(total(squares) - residual * correction, 0.0)};
}

/// next: as many values that will be wanted after these, or null; their memory is fetched meanwhile.
BlockSummary summarise(std::span<const double> values, const BlockWeights& weights, const double* next) {
  const auto of_finite =
      weights.all_one ? summarise_finite(values, weights, next, [](std::size_t) { return 1.0; })
                      : summarise_finite(values, weights, next, [&](std::size_t i) { return weights.values[i]; });
  return of_finite ? *of_finite : summarise_any(values, weights.values);
}

/// Of one feature in all rows of all ranks.
struct Totals {
  double n = 0;
  double weight = 0;
  double weighted_sum = 0;
  double n_missing = 0;

  double mean() const { return weight == 0 ? 0 : weighted_sum / weight; }
};
constexpr std::size_t n_totals = sizeof(Totals) / sizeof(double);

/// One pass over the data: the summaries of this rank's blocks, [block * n_features + feature], and the totals of each
/// feature.
struct FirstPass {
  std::vector<BlockSummary> summaries;
  std::vector<Totals> totals;
};

/// So many columns of a block are little beside any limit of memory.
constexpr std::size_t features_between_looks = 32;

FirstPass first_pass(const WeightedRows& rows, const Execution& execution) {
  const Dataset& dataset = rows.dataset;
  const std::size_t n_features = dataset.schema().features.size();
  FirstPass pass;
  pass.summaries.resize((dataset.n_rows() + row_block - 1) / row_block * n_features);
  const auto summarise_block = [&](std::size_t begin, std::size_t end, std::span<double> partial) {
    std::vector<double> buffer(end - begin);
    const BlockWeights weights = weights_of(rows, begin, end);
    for (std::size_t j = 0; j < n_features; ++j) {
      if (j % features_between_looks == 0) execution.keep_within_limit();
      const std::span<const double> values = dataset.reader().feature_values(j, dataset.first_row() + begin, buffer);
      const std::size_t next = std::min(j + 1, n_features - 1);
      const BlockSummary s = summarise(
          values, weights, dataset.reader().stored_feature(next, dataset.first_row() + begin, values.size()).data());
      pass.summaries[begin / row_block * n_features + j] = s;
      const double totals[n_totals] = {s.n, s.weight, s.weight * s.mean, s.n_missing};
      std::ranges::copy(totals, partial.begin() + static_cast<std::ptrdiff_t>(n_totals * j));
    }
  };
  const auto sums = sum_row_blocks(execution, dataset.n_rows(), n_totals * n_features, summarise_block);
  for (std::size_t j = 0; j < n_features; ++j) {
    const double* sum = sums.data() + n_totals * j;
    pass.totals.push_back({sum[0], sum[1], sum[2], sum[3]});
  }
  return pass;
}

/// The weighted sums of squared deviations from the means of all rows, from the blocks' summaries (Chan, Golub and
/// LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979).
std::vector<double> sums_of_squares(const FirstPass& pass, std::size_t local_rows, const Execution& execution) {
  const std::size_t n_features = pass.totals.size();
  return sum_row_blocks(execution, local_rows, n_features,
                        [&](std::size_t begin, std::size_t, std::span<double> partial) {
                          for (std::size_t j = 0; j < n_features; ++j) {
                            const BlockSummary& s = pass.summaries[begin / row_block * n_features + j];
                            const double shift = s.mean - pass.totals[j].mean();
                            partial[j] = s.squares + s.weight * shift * shift;
                          }
                        });
}

/// Whether there is more to a deviation than the rounding of equal numbers' mean.
bool varies(double deviation, double mean) {
  return deviation > 2 * std::numeric_limits<double>::epsilon() * std::abs(mean);
}

[[noreturn]] void refuse_infinite(const std::string& feature) {
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("column {} holds an infinite or enormous number, which has no mean and variance", in_quotes(feature)),
      "replace it, or leave the column out with --exclude");
}

Encoder::FeatureEncoding number_encoding(const std::string& feature, const Totals& totals, double squares,
                                         bool standardize) {
  const double mean = totals.mean();
  if (!std::isfinite(mean) || !std::isfinite(squares)) refuse_infinite(feature);
  Encoder::FeatureEncoding encoding{.fill = mean, .number_missing = totals.n_missing > 0};
  if (!standardize || totals.n == 0) return encoding;
  encoding.mean = mean;
  const double variance = squares / totals.weight;
  const double deviation = std::sqrt(variance);
  encoding.is_constant = counts_as_constant(variance, mean, totals.n);
  if (!encoding.is_constant) encoding.scale = deviation;
  if (encoding.is_constant && varies(deviation, mean)) encoding.ignored_deviation = deviation;
  return encoding;
}

}  // namespace

bool counts_as_constant(double variance, double mean, double n_rows) {
  constexpr double eps = std::numeric_limits<double>::epsilon();
  const double rounding = n_rows * mean * eps;
  return variance <= n_rows * eps * variance + rounding * rounding;
}

Encoder Encoder::fit(const Dataset& dataset, std::span<const std::uint8_t> row_mask, std::span<const double> weights,
                     bool standardize, const Execution& execution) {
  const auto& features = dataset.schema().features;
  const FirstPass pass = first_pass({dataset, row_mask, weights}, execution);
  const std::vector<double> squares = sums_of_squares(pass, dataset.n_rows(), execution);
  std::vector<FeatureEncoding> encodings;
  for (std::size_t j = 0; j < features.size(); ++j) {
    encodings.push_back(features[j].type == FeatureType::category
                            ? FeatureEncoding{.missing_column = pass.totals[j].n_missing > 0}
                            : number_encoding(features[j].name, pass.totals[j], squares[j], standardize));
  }
  return Encoder(dataset.schema(), std::move(encodings));
}

Encoder::Encoder(const Schema& schema, std::vector<FeatureEncoding> encodings) : encodings_(std::move(encodings)) {
  THRUM_ASSERT(encodings_.size() == schema.features.size());
  first_output_.push_back(0);
  for (std::size_t j = 0; j < encodings_.size(); ++j) {
    const bool is_number = schema.features[j].type == FeatureType::number;
    n_categories_.push_back(is_number ? 0 : schema.features[j].categories.size());
    const std::size_t width = is_number ? 1 : n_categories_[j] + (encodings_[j].missing_column ? 1 : 0);
    first_output_.push_back(first_output_.back() + width);
  }
}

std::vector<std::string> Encoder::output_names(const Schema& schema) const {
  std::vector<std::string> names;
  names.reserve(n_outputs());
  for (std::size_t j = 0; j < n_features(); ++j) {
    const Feature& feature = schema.features[j];
    if (feature.type == FeatureType::number) names.push_back(feature.name);
    for (const std::string& category : feature.categories) names.push_back(feature.name + "=" + category);
    if (encodings_[j].missing_column) names.push_back(feature.name + "=(missing)");
  }
  return names;
}

void Encoder::encode(MatrixView<const double> rows, MatrixView<double> out) const {
  THRUM_ASSERT(rows.cols() == n_features() && out.cols() == n_outputs() && rows.rows() == out.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    std::ranges::fill(out.row(i), 0.0);
    for (std::size_t j = 0; j < n_features(); ++j) {
      const FeatureEncoding& encoding = encodings_[j];
      const double x = rows(i, j);
      double* first = &out(i, first_output_[j]);
      if (n_categories_[j] == 0) {
        *first = ((std::isnan(x) ? encoding.fill : x) - encoding.mean) * encoding.factor();
      } else if (std::isnan(x)) {
        if (encoding.missing_column) first[n_categories_[j]] = 1;
      } else if (x < static_cast<double>(n_categories_[j])) {
        first[static_cast<std::size_t>(x)] = 1;
      }
    }
  }
}

}  // namespace thrum
