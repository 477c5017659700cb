#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/data/prepare/steps_internal.h"

namespace thrum::prepare {
namespace {

struct StandardScalerOptions {
  bool with_mean = true;
  bool with_std = true;

  static std::span<const OptionField> fields() {
    using O = StandardScalerOptions;
    static const std::vector<OptionField> list = {
        option_field("with_mean", &O::with_mean, Range{}, "move the mean to 0"),
        option_field("with_std", &O::with_std, Range{}, "bring the standard deviation to 1"),
    };
    return list;
  }
};

Maps fit_standard_scaler(const PreparedRows& rows, std::span<const std::size_t> columns, const Options& options) {
  const auto& chosen = options.as<StandardScalerOptions>();
  const auto moments = rows.moments(columns);
  Maps maps;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const double deviation = std::sqrt(moments[c].variance);
    const bool scales = chosen.with_std && deviation > 0;
    maps.push_back(affine(feature_of(rows, columns[c]),
                          {.shift = chosen.with_mean ? moments[c].mean : 0, .factor = scales ? 1 / deviation : 1}));
  }
  return maps;
}

struct MinMaxScalerOptions {
  double low = 0;
  double high = 1;
  bool clip = false;

  static std::span<const OptionField> fields() {
    using O = MinMaxScalerOptions;
    static const std::vector<OptionField> list = {
        option_field("low", &O::low, Range{}, "what the smallest value becomes"),
        option_field("high", &O::high, Range{}, "what the largest value becomes"),
        option_field("clip", &O::clip, Range{}, "keep new values within these bounds"),
    };
    return list;
  }
};

Maps fit_min_max_scaler(const PreparedRows& rows, std::span<const std::size_t> columns, const Options& options) {
  const auto& chosen = options.as<MinMaxScalerOptions>();
  if (chosen.low >= chosen.high) {
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("[prepare] min-max-scaler: expected low below high, got {} and {}", chosen.low, chosen.high));
  }
  const auto extremes = rows.extremes(columns);
  constexpr double inf = std::numeric_limits<double>::infinity();
  Maps maps;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const double width = extremes[c].high - extremes[c].low;
    const double factor = width > 0 && std::isfinite(width) ? (chosen.high - chosen.low) / width : 1;
    const double low = std::isfinite(extremes[c].low) ? extremes[c].low : 0;
    maps.push_back(affine(feature_of(rows, columns[c]), {.shift = low - chosen.low / factor,
                                                         .factor = factor,
                                                         .low = chosen.clip ? chosen.low : -inf,
                                                         .high = chosen.clip ? chosen.high : inf}));
  }
  return maps;
}

Maps fit_max_abs_scaler(const PreparedRows& rows, std::span<const std::size_t> columns, const Options&) {
  const auto extremes = rows.extremes(columns);
  Maps maps;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const double largest = std::max(std::abs(extremes[c].low), std::abs(extremes[c].high));
    maps.push_back(
        affine(feature_of(rows, columns[c]), {.factor = largest > 0 && std::isfinite(largest) ? 1 / largest : 1}));
  }
  return maps;
}

struct RobustScalerOptions {
  double quantile_low = 0.25;
  double quantile_high = 0.75;

  static std::span<const OptionField> fields() {
    using O = RobustScalerOptions;
    static const std::vector<OptionField> list = {
        option_field("quantile_low", &O::quantile_low, Range{0, 1}, "the distance between these quantiles …"),
        option_field("quantile_high", &O::quantile_high, Range{0, 1}, "… becomes 1, and the median 0"),
    };
    return list;
  }
};

Maps fit_robust_scaler(const PreparedRows& rows, std::span<const std::size_t> columns, const Options& options) {
  const auto& chosen = options.as<RobustScalerOptions>();
  const auto quantiles =
      rows.quantiles(columns, [&](std::size_t) { return std::vector{chosen.quantile_low, 0.5, chosen.quantile_high}; });
  Maps maps;
  for (std::size_t j = 0; j < columns.size(); ++j) {
    Affine parts;
    if (!quantiles[j].empty()) {
      const double range = quantiles[j][2] - quantiles[j][0];
      parts = {.shift = quantiles[j][1], .factor = range > 0 && std::isfinite(range) ? 1 / range : 1};
    }
    maps.push_back(affine(feature_of(rows, columns[j]), parts));
  }
  return maps;
}

struct QuantileTransformerOptions {
  int n_quantiles = 1000;
  std::string output_distribution = "uniform";

  static std::span<const OptionField> fields() {
    using O = QuantileTransformerOptions;
    static const std::vector<OptionField> list = {
        option_field("n_quantiles", &O::n_quantiles, Range{2, 100'000}, "places at which the distribution is kept"),
        option_field("output_distribution", &O::output_distribution, {"uniform", "normal"}, "what the values become"),
    };
    return list;
  }
};

Maps fit_quantile_transformer(const PreparedRows& rows, std::span<const std::size_t> columns, const Options& options) {
  const auto& chosen = options.as<QuantileTransformerOptions>();
  auto quantiles = rows.quantiles(columns, [&](std::size_t n_values) {
    const std::size_t n = std::clamp<std::size_t>(n_values, 2, static_cast<std::size_t>(chosen.n_quantiles));
    std::vector<double> shares;
    for (std::size_t q = 0; q < n; ++q) shares.push_back(static_cast<double>(q) / static_cast<double>(n - 1));
    return shares;
  });
  Maps maps;
  for (std::size_t j = 0; j < columns.size(); ++j) {
    if (quantiles[j].empty()) quantiles[j] = {0, 0};
    std::ranges::sort(quantiles[j]);  // interpolation may round a step back
    maps.push_back(rank(feature_of(rows, columns[j]), std::move(quantiles[j]), chosen.output_distribution == "normal"));
  }
  return maps;
}

struct KBinsOptions {
  int n_bins = 5;
  std::string strategy = "quantile";
  std::string encode = "ordinal";

  static std::span<const OptionField> fields() {
    using O = KBinsOptions;
    static const std::vector<OptionField> list = {
        option_field("n_bins", &O::n_bins, Range{2, 65536}, "bins at most; equal ones are one"),
        option_field("strategy", &O::strategy, {"quantile", "uniform"}, "bins of equal count or of equal width"),
        option_field("encode", &O::encode, {"ordinal", "onehot"}, "the bin's number, or a 0/1 column per bin"),
    };
    return list;
  }
};

/// Without the extremes, and once where some are equal.
std::vector<double> between_edges(std::vector<double> edges) {
  std::ranges::sort(edges);
  edges.erase(std::ranges::unique(edges).begin(), edges.end());
  if (edges.size() < 3) return {};
  return {edges.begin() + 1, edges.end() - 1};
}

std::vector<double> uniform_edges(const PreparedRows::Extremes& extremes, std::size_t n_bins) {
  const double width = (extremes.high - extremes.low) / static_cast<double>(n_bins);
  std::vector<double> edges;
  for (std::size_t b = 0; b <= n_bins; ++b) edges.push_back(extremes.low + static_cast<double>(b) * width);
  return edges;
}

Maps fit_k_bins(const PreparedRows& rows, std::span<const std::size_t> columns, const Options& options) {
  const auto& chosen = options.as<KBinsOptions>();
  const auto n_bins = static_cast<std::size_t>(chosen.n_bins);
  std::vector<std::vector<double>> edges(columns.size());
  if (chosen.strategy == "uniform") {
    const auto extremes = rows.extremes(columns);
    for (std::size_t j = 0; j < columns.size(); ++j) {
      if (std::isfinite(extremes[j].high - extremes[j].low)) edges[j] = uniform_edges(extremes[j], n_bins);
    }
  } else {
    edges = rows.quantiles(columns, [&](std::size_t) {
      std::vector<double> shares;
      for (std::size_t b = 0; b <= n_bins; ++b) shares.push_back(static_cast<double>(b) / static_cast<double>(n_bins));
      return shares;
    });
  }
  Maps maps;
  for (std::size_t j = 0; j < columns.size(); ++j) {
    maps.push_back(bins(feature_of(rows, columns[j]), between_edges(std::move(edges[j])), chosen.encode == "onehot"));
  }
  return maps;
}

struct BinarizeOptions {
  double threshold = 0;

  static std::span<const OptionField> fields() {
    using O = BinarizeOptions;
    static const std::vector<OptionField> list = {
        option_field("threshold", &O::threshold, Range{.low_open = true, .high_open = true},
                     "what is above becomes 1, the rest 0"),
    };
    return list;
  }
};

Maps fit_binarize(const PreparedRows& rows, std::span<const std::size_t> columns, const Options& options) {
  Maps maps;
  for (const std::size_t column : columns) {
    maps.push_back(binarize(feature_of(rows, column), options.as<BinarizeOptions>().threshold));
  }
  return maps;
}

struct VarianceThresholdOptions {
  double threshold = 0;

  static std::span<const OptionField> fields() {
    using O = VarianceThresholdOptions;
    static const std::vector<OptionField> list = {
        option_field("threshold", &O::threshold, Range{.low = 0, .high_open = true},
                     "columns whose variance is not above this are dropped"),
    };
    return list;
  }
};

Maps fit_variance_threshold(const PreparedRows& rows, std::span<const std::size_t> columns, const Options& options) {
  const double threshold = options.as<VarianceThresholdOptions>().threshold;
  const auto moments = rows.moments(columns);
  const auto extremes = rows.extremes(columns);
  Maps maps(columns.size());
  for (std::size_t j = 0; j < columns.size(); ++j) {
    // Of a constant, rounding may leave a variance.
    const bool varies = extremes[j].high > extremes[j].low && moments[j].variance > threshold;
    if (!varies) maps[j] = drop_column();
  }
  return maps;
}

/// Of the values transformed by `lambda`, one per column: mean, variance, and the logarithm of the likelihood.
struct PowerFit {
  double mean = 0;
  double variance = 0;
  double log_likelihood = -std::numeric_limits<double>::infinity();
};

std::vector<PowerFit> fit_power(const PreparedRows& rows, std::span<const std::size_t> columns, PowerMethod method,
                                std::span<const double> lambdas) {
  const auto log_jacobian = [&](double x) {
    return method == PowerMethod::box_cox ? std::log(x) : std::copysign(std::log1p(std::abs(x)), x);
  };
  constexpr std::size_t parts =
      4;  // weight, sum, squares about the value of 0, which is 0, and the Jacobian's logarithm
  const auto sums = sum_row_blocks(rows.execution(), rows.dataset().n_rows(), parts * columns.size(),
                                   [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                                     rows.for_each_column(begin, end, columns, [&](std::size_t j, auto values) {
                                       for (std::size_t i = 0; i < values.size(); ++i) {
                                         const double x = values[i], w = rows.weight(begin + i);
                                         if (w == 0 || !std::isfinite(x)) continue;
                                         const double y = power_of(method, x, lambdas[j]);
                                         partial[parts * j] += w;
                                         partial[parts * j + 1] += w * y;
                                         partial[parts * j + 2] += w * y * y;
                                         partial[parts * j + 3] += w * log_jacobian(x);
                                       }
                                     });
                                   });
  std::vector<PowerFit> fits(columns.size());
  for (std::size_t j = 0; j < columns.size(); ++j) {
    const double n = sums[parts * j];
    if (n == 0) continue;
    fits[j].mean = sums[parts * j + 1] / n;
    fits[j].variance = std::max(0.0, sums[parts * j + 2] / n - fits[j].mean * fits[j].mean);
    if (fits[j].variance > 0) {
      fits[j].log_likelihood = -n / 2 * std::log(fits[j].variance) + (lambdas[j] - 1) * sums[parts * j + 3];
    }
  }
  return fits;
}

/// The exponents of greatest likelihood, by golden sections, for all columns at once.
std::vector<double> best_lambdas(const PreparedRows& rows, std::span<const std::size_t> columns, PowerMethod method) {
  constexpr double golden = 0.6180339887498949;
  constexpr int sections = 30;  // of a width of 8, to 5e-6
  std::vector<double> low(columns.size(), -3), high(columns.size(), 5), left(columns.size()), right(columns.size());
  for (int section = 0; section < sections; ++section) {
    for (std::size_t j = 0; j < columns.size(); ++j) {
      left[j] = high[j] - golden * (high[j] - low[j]);
      right[j] = low[j] + golden * (high[j] - low[j]);
    }
    const auto at_left = fit_power(rows, columns, method, left), at_right = fit_power(rows, columns, method, right);
    for (std::size_t j = 0; j < columns.size(); ++j) {
      const bool is_left = at_left[j].log_likelihood >= at_right[j].log_likelihood;
      (is_left ? high[j] : low[j]) = is_left ? right[j] : left[j];
    }
  }
  std::vector<double> lambdas(columns.size());
  for (std::size_t j = 0; j < columns.size(); ++j) lambdas[j] = (low[j] + high[j]) / 2;
  return lambdas;
}

struct PowerTransformerOptions {
  std::string method = "yeo-johnson";
  bool standardize = true;

  static std::span<const OptionField> fields() {
    using O = PowerTransformerOptions;
    static const std::vector<OptionField> list = {
        option_field("method", &O::method, {"yeo-johnson", "box-cox"}, "box-cox takes positive numbers only"),
        option_field("standardize", &O::standardize, Range{}, "to mean 0 and deviation 1 afterwards"),
    };
    return list;
  }
};

void require_positive(const PreparedRows& rows, std::span<const std::size_t> columns) {
  const auto extremes = rows.extremes(columns);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const double low = extremes[c].low;
    if (low > 0) continue;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[prepare] power-transformer: the column {} holds {} in row {}, box-cox takes positive "
                            "numbers",
                            in_quotes(feature_of(rows, columns[c]).name), low, rows.first_row_of(columns[c], low) + 1),
                "use method=yeo-johnson, or name other columns");
  }
}

Maps fit_power_transformer(const PreparedRows& rows, std::span<const std::size_t> columns, const Options& options) {
  const auto& chosen = options.as<PowerTransformerOptions>();
  const bool standardize = chosen.standardize;
  const auto method = chosen.method == "box-cox" ? PowerMethod::box_cox : PowerMethod::yeo_johnson;
  if (method == PowerMethod::box_cox) require_positive(rows, columns);
  const std::vector<double> lambdas = best_lambdas(rows, columns, method);
  const auto fits = fit_power(rows, columns, method, lambdas);
  Maps maps;
  for (std::size_t j = 0; j < columns.size(); ++j) {
    const bool varies = fits[j].variance > 0 && std::isfinite(fits[j].variance);
    Power parts{method, varies ? lambdas[j] : 1};
    if (standardize && varies) {
      parts.mean = fits[j].mean;
      parts.scale = std::sqrt(fits[j].variance);
    }
    maps.push_back(power(feature_of(rows, columns[j]), parts));
  }
  return maps;
}

}  // namespace

std::vector<StepRule> number_steps() {
  return {
      {"standard-scaler", "to mean 0 and standard deviation 1", "numbers", default_options_of<StandardScalerOptions>(),
       &fit_standard_scaler},
      {"min-max-scaler", "to a range", "numbers", default_options_of<MinMaxScalerOptions>(), &fit_min_max_scaler},
      {"max-abs-scaler", "to a largest absolute value of 1; zeros stay", "numbers", default_options_of<NoOptions>(),
       &fit_max_abs_scaler},
      {"robust-scaler", "the median to 0, the distance of two quantiles to 1", "numbers",
       default_options_of<RobustScalerOptions>(), &fit_robust_scaler},
      {"quantile-transformer", "to a uniform or normal distribution, by ranks", "numbers",
       default_options_of<QuantileTransformerOptions>(), &fit_quantile_transformer},
      {"power-transformer", "closer to a normal distribution, by powers", "numbers",
       default_options_of<PowerTransformerOptions>(), &fit_power_transformer},
      {"k-bins", "to the number of a bin", "numbers", default_options_of<KBinsOptions>(), &fit_k_bins},
      {"binarize", "to 1 above a threshold and 0 below", "numbers", default_options_of<BinarizeOptions>(),
       &fit_binarize},
      {"variance-threshold", "drop what hardly varies", "numbers", default_options_of<VarianceThresholdOptions>(),
       &fit_variance_threshold},
  };
}

}  // namespace thrum::prepare
