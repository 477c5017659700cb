#include "thrum/data/ranked_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "thrum/core/assert.h"
#include "thrum/data/bin_cuts_internal.h"
#include "thrum/data/rank_column_internal.h"

namespace thrum {
namespace {

constexpr double largest = std::numeric_limits<double>::max();

/// This rank's rows of feature `j`.
std::vector<double> own_values(const Dataset& dataset, std::size_t j) {
  std::vector<double> values(dataset.n_rows());
  for (std::size_t begin = 0; begin < values.size(); begin += row_block) {
    const std::size_t n = std::min(row_block, values.size() - begin);
    dataset.reader().read_feature(j, dataset.first_row() + begin, std::span(values).subspan(begin, n));
  }
  return values;
}

template <class T>
std::vector<T> joined(const std::vector<std::vector<T>>& parts) {
  std::vector<T> whole;
  for (const auto& part : parts) whole.insert(whole.end(), part.begin(), part.end());
  return whole;
}

/// Where each feature's values of all ranks come from: this rank's own table, or, gathered before, the others'.
class WholeColumns {
 public:
  WholeColumns(const Dataset& dataset, Communicator& communicator) : dataset_(dataset) {
    if (communicator.size() == 1) return;
    for (std::size_t j = 0; j < dataset.reader().n_features(); ++j) {
      gathered_.push_back(joined(communicator.allgatherv<double>(own_values(dataset, j))));
    }
  }

  std::vector<double> values(std::size_t j) const { return gathered_.empty() ? own_values(dataset_, j) : gathered_[j]; }

 private:
  const Dataset& dataset_;
  std::vector<std::vector<double>> gathered_;
};

RankedColumn rank_feature(const Feature& feature, std::span<const double> values, std::span<const std::uint8_t> mask) {
  if (feature.type == FeatureType::category) return rank_categories(values, feature.categories.size());
  return rank_numbers(values, mask);
}

}  // namespace

std::size_t RankMap::n_ranks() const noexcept {
  return 1 + (type == FeatureType::number ? lowest.size() : std::min(n_categories, RankedTable::max_ranks));
}

double RankMap::threshold(std::size_t left, std::size_t right) const noexcept {
  const double a = is_exact() ? lowest[left - 1] : highest[left - 1];
  if (right == n_ranks()) return std::nextafter(largest, 0.0);
  return separating_cut(a, lowest[right - 1]);
}

std::size_t RankMap::rank_at(double x) const noexcept {
  return static_cast<std::size_t>(std::ranges::upper_bound(lowest, x) - lowest.begin());
}

bool RankMap::has_room_above() const noexcept {
  return lowest.empty() || (is_exact() ? lowest.back() : highest.back()) < largest;
}

bool RankedTable::is_exact() const noexcept {
  return std::ranges::all_of(maps_, &RankMap::is_exact);
}

RankedTable RankedTable::build(const Dataset& dataset, std::span<const std::uint8_t> row_mask,
                               const Execution& execution) {
  const WholeColumns whole(dataset, *execution.communicator);
  // A rank without rows has an empty mask in either case.
  const std::vector<std::uint8_t> mask = joined(execution.communicator->allgatherv<std::uint8_t>(row_mask));
  RankedTable table;
  table.n_rows_ = dataset.n_rows_of_all_ranks();
  THRUM_ASSERT(table.n_rows_ < std::numeric_limits<std::uint32_t>::max());
  const std::vector<Feature>& features = dataset.schema().features;
  std::vector<RankedColumn> columns = parallel_map(
      *execution.arena, features.size(),
      [&](std::size_t j) { return rank_feature(features[j], whole.values(j), mask); }, execution.stop);
  table.store(columns, execution);
  return table;
}

void RankedTable::store(std::vector<RankedColumn>& columns, const Execution& execution) {
  ranks_ = KeyTable<std::uint16_t>(n_rows_, columns.size());
  for (RankedColumn& column : columns) maps_.push_back(std::move(column.map));
  const auto copy = [&](std::size_t begin, std::size_t end) {
    for (std::size_t j = 0; j < columns.size(); ++j) {
      std::uint16_t* to = ranks_.column(j);
      for (std::size_t i = begin; i < end; ++i) to[i * ranks_.stride()] = columns[j].ranks[i];
    }
  };
  parallel_for(*execution.arena, n_rows_, row_block, copy, execution.stop);
}

}  // namespace thrum
