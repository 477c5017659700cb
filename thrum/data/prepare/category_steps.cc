#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"
#include "thrum/data/prepare/steps_internal.h"

namespace thrum::prepare {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

struct OneHotOptions {
  double min_frequency = 0;
  int max_categories = 0;
  std::string drop = "none";
  std::string handle_unknown = "infrequent_if_exist";

  static std::span<const OptionField> fields() {
    using O = OneHotOptions;
    static const std::vector<OptionField> list = {
        option_field("min_frequency", &O::min_frequency, Range{.low = 0, .high_open = true},
                     "rarer categories share one column: a number of rows, or a share below 1"),
        option_field("max_categories", &O::max_categories, Range{0, 1e9},
                     "columns at most, that of the rarer ones counted; 0: any number"),
        option_field("drop", &O::drop, {"none", "first", "if_binary"}, "a column that follows from the others"),
        option_field("handle_unknown", &O::handle_unknown, {"infrequent_if_exist", "ignore", "error"},
                     "a category that was not there gives what the rarer ones give, or zeros, or is refused"),
    };
    return list;
  }
};

/// A column per category that is frequent enough, one for the others, one for missing values where there were some.
class OneHotColumns {
 public:
  OneHotColumns(const Feature& feature, std::span<const double> weights, const OneHotOptions& options)
      : n_categories_(feature.categories.size()), slot_of_(n_categories_ + 2, none) {
    const std::vector<bool> is_frequent = frequent(weights, options);
    for (std::size_t k = 0; k < n_categories_; ++k) {
      if (is_frequent[k]) add(k, feature.name + "=" + feature.categories[k]);
    }
    std::size_t rare = none;
    for (std::size_t k = 0; k < n_categories_; ++k) {
      if (is_frequent[k]) continue;
      if (rare == none) rare = add(k, feature.name + "=(infrequent)");
      slot_of_[k] = rare;
    }
    if (options.handle_unknown == "infrequent_if_exist") slot_of_[n_categories_] = rare;
    if (weights[n_categories_ + 1] > 0) add(n_categories_ + 1, feature.name + "=(missing)");
    const bool drops = options.drop == "first" || (options.drop == "if_binary" && names_.size() == 2);
    if (drops && names_.size() > 1) drop_first();
  }

  std::shared_ptr<const ColumnMap> map() const {
    if (names_.empty()) return drop_column();
    std::vector<double> values(slot_of_.size() * names_.size());
    for (std::size_t place = 0; place < slot_of_.size(); ++place) {
      if (slot_of_[place] != none) values[place * names_.size() + slot_of_[place]] = 1;
    }
    return look_up(std::move(values), names_);
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  /// Of equally frequent categories the last are rarer, as in scikit-learn.
  std::vector<bool> frequent(std::span<const double> weights, const OneHotOptions& options) const {
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    const double least = options.min_frequency < 1 ? options.min_frequency * total : options.min_frequency;
    std::vector<bool> is_frequent;
    std::vector<std::pair<double, std::size_t>> order;  // from the most frequent on
    for (std::size_t k = 0; k < n_categories_; ++k) {
      is_frequent.push_back(weights[k] >= least);
      if (is_frequent[k]) order.emplace_back(-weights[k], k);
    }
    const auto most = static_cast<std::size_t>(options.max_categories);
    const bool are_rare = order.size() < n_categories_;
    if (most == 0 || order.size() + (are_rare ? 1 : 0) <= most) return is_frequent;
    std::ranges::sort(order);
    for (std::size_t i = most - 1; i < order.size(); ++i) is_frequent[order[i].second] = false;
    return is_frequent;
  }

  std::size_t add(std::size_t place, std::string name) {
    names_.push_back(std::move(name));
    return slot_of_[place] = names_.size() - 1;
  }

  void drop_first() {
    names_.erase(names_.begin());
    for (std::size_t& slot : slot_of_) slot = slot == 0 || slot == none ? none : slot - 1;
  }

  std::size_t n_categories_;
  std::vector<std::size_t> slot_of_;
  std::vector<std::string> names_;
};

Maps fit_one_hot(const PreparedRows& rows, std::span<const std::size_t> columns, const Options& options) {
  const auto weights = rows.category_weights(columns);
  Maps maps;
  for (std::size_t j = 0; j < columns.size(); ++j) {
    maps.push_back(OneHotColumns(feature_of(rows, columns[j]), weights[j], options.as<OneHotOptions>()).map());
  }
  return maps;
}

struct OrdinalOptions {
  std::string handle_unknown = "use_encoded_value";
  double unknown_value = -1;

  static std::span<const OptionField> fields() {
    using O = OrdinalOptions;
    static const std::vector<OptionField> list = {
        option_field("handle_unknown", &O::handle_unknown, {"use_encoded_value", "error"},
                     "a category that was not there becomes unknown_value, or is refused"),
        option_field("unknown_value", &O::unknown_value, Range{}, "what a category that was not there becomes"),
    };
    return list;
  }
};

Maps fit_ordinal(const PreparedRows& rows, std::span<const std::size_t> columns, const Options& options) {
  Maps maps;
  for (const std::size_t column : columns) {
    const Feature& feature = feature_of(rows, column);
    std::vector<double> values;
    for (std::size_t k = 0; k < feature.categories.size(); ++k) values.push_back(static_cast<double>(k));
    values.push_back(options.as<OrdinalOptions>().unknown_value);
    values.push_back(missing);
    maps.push_back(look_up(std::move(values), {feature.name}));
  }
  return maps;
}

struct TargetEncoderOptions {
  double smooth = 10;
  int cv = 5;

  static std::span<const OptionField> fields() {
    using O = TargetEncoderOptions;
    static const std::vector<OptionField> list = {
        option_field("smooth", &O::smooth, Range{.low = 0, .high_open = true},
                     "rows of the overall mean that each category's mean is mixed with"),
        option_field("cv", &O::cv, Range{2, 100}, "folds: a training row gets what the rows of other folds teach"),
    };
    return list;
  }
};

/// What the target is in numbers: itself, 1 for the second of two classes, or an indicator for each class.
struct TargetParts {
  explicit TargetParts(const PreparedRows& rows) : target(rows.dataset().schema().target) {
    const std::size_t n_classes = target.classes.size();
    size = n_classes <= 2 ? 1 : n_classes;
  }
  double value(double y, std::size_t part) const {
    return size == 1 ? y : (y == static_cast<double>(part) ? 1.0 : 0.0);
  }
  std::string name(const Feature& feature, std::size_t part) const {
    return size == 1 ? feature.name : feature.name + "=" + target.classes[part];
  }

  const Target& target;
  std::size_t size;
};

/// Weights and weighted sums of the target, by fold, place (categories, unknown, missing) and part.
struct TargetSums {
  std::size_t n_places;
  std::size_t n_parts;
  std::span<const double> sums;  ///< (n_folds, n_places, 1 + n_parts)

  double at(std::size_t fold, std::size_t place, std::size_t k) const {
    return sums[(fold * n_places + place) * (1 + n_parts) + k];
  }
};

/// The encoding learned from all folds but `left_out`: (n_places, n_parts).
std::vector<double> encoding(const TargetSums& sums, std::size_t n_folds, std::size_t left_out, double smooth) {
  const auto total = [&](std::size_t place, std::size_t k) {
    double sum = 0;
    for (std::size_t fold = 0; fold < n_folds; ++fold) sum += fold == left_out ? 0 : sums.at(fold, place, k);
    return sum;
  };
  std::vector<double> all(1 + sums.n_parts);
  for (std::size_t k = 0; k < all.size(); ++k) {
    for (std::size_t place = 0; place < sums.n_places; ++place) all[k] += total(place, k);
  }
  std::vector<double> values;
  for (std::size_t place = 0; place < sums.n_places; ++place) {
    for (std::size_t part = 0; part < sums.n_parts; ++part) {
      const double mean = all[0] > 0 ? all[1 + part] / all[0] : 0;
      const double weight = total(place, 0) + smooth;
      values.push_back(weight > 0 ? (total(place, 1 + part) + smooth * mean) / weight : mean);
    }
  }
  return values;
}

std::shared_ptr<const ColumnMap> encode_target(const PreparedRows& rows, std::size_t column,
                                               const TargetEncoderOptions& options) {
  const Feature& feature = feature_of(rows, column);
  const TargetParts target(rows);
  const auto n_folds = static_cast<std::size_t>(options.cv);
  const std::size_t n_places = feature.categories.size() + 2, width = 1 + target.size;
  const std::uint64_t seed = rows.execution().seed;
  const Dataset& dataset = rows.dataset();
  const auto sums =
      sum_row_blocks(rows.execution(), dataset.n_rows(), n_folds * n_places * width,
                     [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                       rows.for_each_column(begin, end, std::span(&column, 1), [&](std::size_t, auto values) {
                         for (std::size_t i = 0; i < values.size(); ++i) {
                           const double w = rows.weight(begin + i);
                           const std::size_t place = place_of_code(values[i], feature.categories.size());
                           const std::size_t fold = fold_of_row(dataset.first_row() + begin + i, n_folds, seed);
                           double* sum = partial.data() + (fold * n_places + place) * width;
                           sum[0] += w;
                           for (std::size_t part = 0; part < target.size; ++part) {
                             sum[1 + part] += w * target.value(dataset.y()[begin + i], part);
                           }
                         }
                       });
                     });
  const TargetSums by_fold{n_places, target.size, sums};
  std::vector<std::vector<double>> of_folds;
  for (std::size_t fold = 0; fold < n_folds; ++fold) {
    of_folds.push_back(encoding(by_fold, n_folds, fold, options.smooth));
  }
  std::vector<std::string> names;
  for (std::size_t part = 0; part < target.size; ++part) names.push_back(target.name(feature, part));
  return look_up_cross_fitted(encoding(by_fold, n_folds, n_folds, options.smooth), names, std::move(of_folds), seed);
}

Maps fit_target_encoder(const PreparedRows& rows, std::span<const std::size_t> columns, const Options& options) {
  if (rows.dataset().schema().target.task == Task::anomaly) {
    throw Error(ErrorCode::invalid_argument, "[prepare] target-encoder: expected a target to learn from, there is none",
                "use one-hot or ordinal-encoder");
  }
  Maps maps;
  for (const std::size_t column : columns) {
    maps.push_back(encode_target(rows, column, options.as<TargetEncoderOptions>()));
  }
  return maps;
}

struct ImputeOptions {
  std::string strategy = "mean";
  double fill_value = 0;
  bool add_indicator = false;

  static std::span<const OptionField> fields() {
    using O = ImputeOptions;
    static const std::vector<OptionField> list = {
        option_field("strategy", &O::strategy, {"mean", "median", "most_frequent", "constant"},
                     "what a missing number becomes; a missing category becomes the most frequent one"),
        option_field("fill_value", &O::fill_value, Range{.low_open = true, .high_open = true},
                     "the number of the strategy \"constant\""),
        option_field("add_indicator", &O::add_indicator, Range{}, "a further 0/1 column where numbers were missing"),
    };
    return list;
  }
};

/// The first of the most frequent values.
double mode_of_sorted(std::span<const double> values) {
  double mode = 0;
  std::size_t most = 0;
  for (std::size_t i = 0; i < values.size();) {
    std::size_t end = i;
    while (end < values.size() && values[end] == values[i]) ++end;
    if (end - i > most) {
      most = end - i;
      mode = values[i];
    }
    i = end;
  }
  return mode;
}

std::vector<double> fills(const PreparedRows& rows, std::span<const std::size_t> columns,
                          std::span<const PreparedRows::Moments> moments, const ImputeOptions& options) {
  std::vector<double> fill(columns.size(), options.fill_value);
  if (options.strategy == "mean") {
    for (std::size_t j = 0; j < fill.size(); ++j) fill[j] = moments[j].mean;
  } else if (options.strategy == "median") {
    const auto medians = rows.quantiles(columns, [](std::size_t) { return std::vector{0.5}; });
    for (std::size_t j = 0; j < fill.size(); ++j) fill[j] = medians[j].empty() ? 0 : medians[j].front();
  } else if (options.strategy == "most_frequent") {
    rows.for_each_sorted(columns,
                         [&](std::size_t j, std::span<const double> values) { fill[j] = mode_of_sorted(values); });
  }
  return fill;
}

std::shared_ptr<const ColumnMap> fill_category(const Feature& feature, std::span<const double> weights) {
  const auto known = weights.first(feature.categories.size());
  const auto most = static_cast<std::uint32_t>(std::ranges::max_element(known) - known.begin());
  std::vector<std::uint32_t> codes;
  for (std::size_t k = 0; k <= known.size(); ++k) codes.push_back(static_cast<std::uint32_t>(k));
  codes.push_back(most);
  return recode(std::move(codes), feature);
}

Maps fit_impute(const PreparedRows& rows, std::span<const std::size_t> columns, const Options& options) {
  const auto& chosen = options.as<ImputeOptions>();
  std::vector<std::size_t> numbers, categories;
  for (const std::size_t column : columns) {
    (feature_of(rows, column).type == FeatureType::number ? numbers : categories).push_back(column);
  }
  // Only where something is asked of them.
  auto moments = std::vector<PreparedRows::Moments>(numbers.size());
  if (chosen.strategy == "mean" || chosen.add_indicator) moments = rows.moments(numbers);
  const auto fill = fills(rows, numbers, moments, chosen);
  const auto weights = rows.category_weights(categories);
  Maps maps;
  std::size_t n = 0, k = 0;
  for (const std::size_t column : columns) {
    const Feature& feature = feature_of(rows, column);
    if (feature.type == FeatureType::category) {
      maps.push_back(fill_category(feature, weights[k++]));
    } else {
      maps.push_back(fill_number(feature, fill[n], chosen.add_indicator && moments[n].missing > 0));
      ++n;
    }
  }
  return maps;
}

template <class O>
bool refuses_unknown(const Options& options) {
  return options.as<O>().handle_unknown == "error";
}

}  // namespace

std::vector<StepRule> category_steps() {
  return {
      {"one-hot", "a 0/1 column for each category", "categories", default_options_of<OneHotOptions>(), &fit_one_hot,
       nullptr, &refuses_unknown<OneHotOptions>},
      {"ordinal-encoder", "to the place of the category among the sorted ones", "categories",
       default_options_of<OrdinalOptions>(), &fit_ordinal, nullptr, &refuses_unknown<OrdinalOptions>},
      {"target-encoder", "to the mean of the target in the category, cross-fitted", "categories",
       default_options_of<TargetEncoderOptions>(), &fit_target_encoder},
  };
}

StepRule impute_step() {
  return {"impute", "replace missing values", "all", default_options_of<ImputeOptions>(), &fit_impute};
}

}  // namespace thrum::prepare
