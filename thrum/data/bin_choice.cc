#include "thrum/data/bin_choice_internal.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "thrum/data/bin_cuts_internal.h"
#include "thrum/data/bundle_plan_internal.h"
#include "thrum/data/two_values_internal.h"
#include "thrum/data/value_binner_internal.h"

namespace thrum {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The values of a feature: the different ones in ascending order, and how many are missing.
struct Census {
  std::vector<ValueCount> values;
  std::size_t n_missing = 0;

  bool is_constant() const { return values.size() + (n_missing > 0 ? 1 : 0) < 2; }
};

/// Missing, or a category that is not in the schema.
bool has_no_bin(double x, const Feature& feature) {
  if (feature.type == FeatureType::number) return std::isnan(x);
  return !(x < static_cast<double>(feature.categories.size()));
}

Census take_census(std::vector<double>& values, const Feature& feature) {
  const std::size_t n_missing = std::erase_if(values, [&](double x) { return has_no_bin(x, feature); });
  return {.values = count_unsorted(values), .n_missing = n_missing};
}

BinMap map_of(const Census& census, FeatureType type, const BinnedTable::Options& options) {
  BinMap map{.type = type, .has_missing = census.n_missing > 0};
  if (type == FeatureType::number) {
    map.upper = number_cuts(census.values, options.max_bins, options.min_rows_in_bin);
  } else {
    map.categories = frequent_categories(census.values, options.max_bins);
  }
  return map;
}

std::vector<std::size_t> count_rows(const Census& census, const BinMap& map) {
  std::vector<double> values(census.values.size());
  std::ranges::transform(census.values, values.begin(), &ValueCount::value);
  std::vector<std::uint8_t> bins(values.size());
  ValueBinner(map).bin(values, bins);
  std::vector<std::size_t> rows_in_bin(map.n_bins());
  rows_in_bin[0] = census.n_missing;
  for (std::size_t i = 0; i < bins.size(); ++i) rows_in_bin[bins[i]] += census.values[i].count;
  return rows_in_bin;
}

BinChoice choose(const Census& census, FeatureType type, const BinnedTable::Options& options) {
  if (census.is_constant()) return {};
  BinChoice choice{.map = map_of(census, type, options), .is_constant = false};
  const std::vector<std::size_t> rows_in_bin = count_rows(census, choice.map);
  const auto most = std::ranges::max_element(rows_in_bin);  // the first of equals
  choice.most_frequent_bin = static_cast<std::size_t>(most - rows_in_bin.begin());
  choice.n_others = std::accumulate(rows_in_bin.begin(), rows_in_bin.end(), std::size_t{0}) - *most;
  return choice;
}

/// The lowest and the highest value of a feature and whether one is missing, in all rows that have a say.
struct Extremes {
  double low = infinity;
  double minus_high = infinity;
  double not_missing = 1;
};

Extremes find_extremes(const Dataset& dataset, std::size_t feature, std::span<const std::uint8_t> has_say) {
  Extremes found;
  std::vector<double> values;
  for (std::size_t begin = 0; begin < dataset.n_rows(); begin += row_block) {
    values.resize(std::min(row_block, dataset.n_rows() - begin));
    dataset.reader().read_feature(feature, dataset.first_row() + begin, values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (has_say[begin + i] == 0) continue;
      if (has_no_bin(values[i], dataset.schema().features[feature])) {
        found.not_missing = 0;
      } else {
        found.low = std::min(found.low, values[i]);
        found.minus_high = std::min(found.minus_high, -values[i]);
      }
    }
  }
  return found;
}

/// Adds what the sample missed. REQUIRES: the census found one value or none.
void add_extremes(Census& census, const Extremes& found) {
  const auto is_new = [&](double x) {
    return std::ranges::none_of(census.values, [&](const ValueCount& v) { return v.value == x; });
  };
  if (found.not_missing == 0) census.n_missing = std::max<std::size_t>(census.n_missing, 1);
  if (found.low > -found.minus_high) return;  // there is no value
  if (is_new(found.low)) census.values.insert(census.values.begin(), {found.low, 1});
  if (is_new(-found.minus_high)) census.values.push_back({-found.minus_high, 1});
}

/// What the sample says of one feature.
struct Finding {
  BinChoice choice;
  Census census;   // where the feature is constant
  RowBits others;  // in which rows it is not in its most frequent bin; empty where these are too many to share a column
  bool is_flag = false;
};

RowBits no_rows(std::size_t n_rows) {
  return RowBits((n_rows + 63) / 64);
}

RowBits rows_in_other_bins(const std::vector<double>& values, const BinChoice& choice) {
  if (2 * choice.n_others > values.size()) return {};
  std::vector<std::uint8_t> bins(values.size());
  ValueBinner(choice.map).bin(values, bins);
  RowBits others = no_rows(values.size());
  for (std::size_t begin = 0; begin < bins.size(); begin += 64) {
    const std::size_t n = std::min<std::size_t>(64, bins.size() - begin);
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < n; ++i) {
      word |= std::uint64_t{bins[begin + i] != choice.most_frequent_bin ? 1U : 0U} << i;
    }
    others[begin / 64] = word;
  }
  return others;
}

Finding find_flag(TwoValues flag, std::size_t n_rows, const BinnedTable::Options& options) {
  Finding finding;
  const Census census{.values = {{flag.low, n_rows - flag.n_high}, {flag.high, flag.n_high}}};
  finding.choice = choose(census, FeatureType::number, options);
  if (finding.choice.n_others == 0) {  // both values are in one bin
    finding.others = no_rows(n_rows);
    return finding;
  }
  finding.is_flag = true;
  finding.others = std::move(flag.is_high);
  if (finding.choice.n_others == flag.n_high) return finding;
  for (std::uint64_t& word : finding.others) word = ~word;
  if (n_rows % 64 != 0) finding.others.back() &= (std::uint64_t{1} << n_rows % 64) - 1;
  return finding;
}

Finding find(std::vector<double>& values, const Feature& feature, const BinnedTable::Options& options) {
  if (auto flag = feature.type == FeatureType::number ? find_two_values(values) : std::nullopt) {
    return find_flag(std::move(*flag), values.size(), options);
  }
  Finding finding;
  // The census sorts them.
  const std::vector<double> by_row = options.bundle ? values : std::vector<double>{};
  finding.census = take_census(values, feature);
  finding.choice = choose(finding.census, feature.type, options);
  if (finding.choice.is_constant) return finding;
  finding.census = {};
  if (options.bundle) finding.others = rows_in_other_bins(by_row, finding.choice);
  return finding;
}

/// A feature that is constant in the sample, by its index, and what was found of it.
using Suspect = std::pair<std::size_t, Finding>;

/// Looks for other values of the suspects (collective).
void look_at_all_rows(std::vector<Suspect>& suspects, const Dataset& dataset, std::span<const std::uint8_t> has_say,
                      const Execution& execution) {
  auto extremes = parallel_map(
      *execution.arena, suspects.size(),
      [&](std::size_t k) { return find_extremes(dataset, suspects[k].first, has_say); }, execution.stop);
  static_assert(sizeof(Extremes) == 3 * sizeof(double));
  execution.communicator->allreduce(std::span(reinterpret_cast<double*>(extremes.data()), 3 * extremes.size()),
                                    ReduceOp::min);
  for (std::size_t k = 0; k < suspects.size(); ++k) add_extremes(suspects[k].second.census, extremes[k]);
}

/// How many features are looked at before what was found is taken: some 32 MB of values where they are gathered.
std::size_t batch_size(const BinSample& sample, const Execution& execution) {
  constexpr std::size_t values_at_once = std::size_t{1} << 22;
  const std::size_t batch = values_at_once / std::max<std::size_t>(sample.n_rows(), 1);
  return std::max<std::size_t>(execution.communicator->size() == 1 ? 16 * batch : batch, 1);
}

/// What the sample says of the features [begin, end) (collective).
std::vector<Finding> find_some(const BinSample& sample, std::span<const Feature> features, std::size_t begin,
                               const BinnedTable::Options& options, const Execution& execution) {
  std::vector<Finding> findings(features.size());
  std::vector<std::vector<double>> gathered;
  const bool is_alone = execution.communicator->size() == 1;
  if (!is_alone) gathered = sample.gather(begin, begin + features.size());
  // Several in one place, as new memory takes longer than old.
  constexpr std::size_t in_turn = 4;
  parallel_for(
      *execution.arena, features.size(), in_turn,
      [&](std::size_t first, std::size_t last) {
        std::vector<double> values;
        for (std::size_t k = first; k < last; ++k) {
          if (is_alone) sample.read(begin + k, values);
          findings[k] = find(is_alone ? values : gathered[k], features[k], options);
        }
      },
      execution.stop);
  return findings;
}

}  // namespace

std::vector<BinChoice> choose_bins(const Dataset& dataset, std::span<const std::uint8_t> has_say,
                                   const BinnedTable::Options& options, const Execution& execution) {
  const auto& features = dataset.schema().features;
  const BinSample sample(dataset, has_say, options.sample_rows, execution);
  std::vector<BinChoice> choices(features.size());
  std::vector<Suspect> suspects;
  BundlePlan plan;
  const auto take = [&](std::size_t j, Finding& finding) {
    choices[j] = std::move(finding.choice);
    choices[j].group = plan.add(choices[j].map.n_bins(), options.bundle ? finding.others : RowBits{});
    if (sample.is_all_rows() && finding.is_flag) choices[j].others = std::move(finding.others);
  };
  const std::size_t batch = batch_size(sample, execution);
  for (std::size_t begin = 0; begin < features.size(); begin += batch) {
    const std::size_t n = std::min(batch, features.size() - begin);
    auto findings = find_some(sample, std::span(features).subspan(begin, n), begin, options, execution);
    for (std::size_t k = 0; k < findings.size(); ++k) {
      if (!findings[k].choice.is_constant) {
        take(begin + k, findings[k]);
      } else if (!sample.is_everything()) {
        suspects.emplace_back(begin + k, std::move(findings[k]));
      }
    }
  }
  if (!sample.is_everything()) look_at_all_rows(suspects, dataset, has_say, execution);
  for (auto& [j, finding] : suspects) {
    finding.choice = choose(finding.census, features[j].type, options);
    if (options.bundle) finding.others = no_rows(sample.n_rows());
    if (!finding.choice.is_constant) take(j, finding);
  }
  return choices;
}

}  // namespace thrum
