#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "thrum/data/constant_number_internal.h"
#include "thrum/learn/linear/sampled_blocks_internal.h"
#include "thrum/learn/linear/sampled_encoding_internal.h"

namespace thrum {
namespace {

constexpr std::size_t sampled_rows = row_block / 4;  ///< of a block: some ten thousand in all, which are soon read

/// The sums of term(j, x) over the values x of each number j in the sample; then how many rows it has.
template <class Term>
std::vector<double> sum_sample(const Dataset& dataset, const Execution& execution, Term term) {
  const std::size_t n_features = dataset.schema().features.size();
  const RowRange local{dataset.first_row(), dataset.first_row() + dataset.n_rows()};
  return sum_sampled_blocks(execution, local, sample_stride(dataset.n_rows_of_all_ranks()), n_features + 1,
                            [&](RowRange block, std::span<double> partial) {
                              std::array<double, sampled_rows> buffer;
                              const std::size_t n = std::min(block.size(), sampled_rows);
                              for (std::size_t j = 0; j < n_features; ++j) {
                                const auto values = dataset.reader().feature_values(
                                    j, dataset.first_row() + block.begin, std::span(buffer).first(n));
                                for (const double x : values) partial[j] += term(j, x);
                              }
                              partial[n_features] = static_cast<double>(n);
                            });
}

bool has_categories(const Schema& schema) {
  return std::ranges::any_of(schema.features, [](const Feature& f) { return f.type == FeatureType::category; });
}

}  // namespace

std::optional<Encoder> encoder_of_sample(const Dataset& dataset, const Execution& execution) {
  const Schema& schema = dataset.schema();
  if (sample_stride(dataset.n_rows_of_all_ranks()) == 1 || has_categories(schema)) return std::nullopt;
  std::vector<double> means = sum_sample(dataset, execution, [](std::size_t, double x) { return x; });
  const double n = means.back();
  for (double& mean : means) mean /= n;
  const auto square = [&](std::size_t j, double x) { return (x - means[j]) * (x - means[j]); };
  const std::vector<double> squares = sum_sample(dataset, execution, square);
  std::vector<Encoder::FeatureEncoding> encodings;
  for (std::size_t j = 0; j < schema.features.size(); ++j) {
    const double variance = squares[j] / n;
    if (!std::isfinite(variance) || counts_as_constant(variance, means[j], n)) return std::nullopt;
    encodings.push_back(
        {.mean = means[j], .scale = std::sqrt(variance), .fill = std::numeric_limits<double>::quiet_NaN()});
  }
  return Encoder(schema, std::move(encodings));
}

std::optional<Encoder> encoder_of_spreads(const Dataset& dataset, const Encoder& sample,
                                          std::span<const ColumnSpread> spreads) {
  std::vector<Encoder::FeatureEncoding> encodings;
  for (std::size_t j = 0; j < spreads.size(); ++j) {
    const Encoder::FeatureEncoding& of_sample = sample.encodings()[j];
    const double mean = of_sample.mean + of_sample.scale * spreads[j].mean;
    const double scale = of_sample.scale * spreads[j].deviation;
    const auto n = static_cast<double>(dataset.n_rows_of_all_ranks());
    if (!std::isfinite(scale) || counts_as_constant(scale * scale, mean, n)) return std::nullopt;
    encodings.push_back({.mean = mean, .scale = scale, .fill = mean});
  }
  return Encoder(dataset.schema(), std::move(encodings));
}

}  // namespace thrum
