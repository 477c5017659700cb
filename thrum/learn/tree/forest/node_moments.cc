#include <algorithm>

#include "thrum/learn/tree/forest/node_moments_internal.h"

namespace thrum::forest {

void NodeMoments::begin(std::span<const SampleRow> rows) {
  rows_ = rows;
  weights_.resize(rows.size());
  sums_.resize(rows.size());
  double total_weight = 0;
  double total = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double count = rows[i].count;
    weights_[i] = count * data_.weight(rows[i].row);
    sums_[i] = count * data_.moments[rows[i].row];
    total_weight += weights_[i];
    total += sums_[i];
  }
  weight_ = total_weight;
  sum_ = total;
  const double first = data_.y[rows.front().row];
  is_pure_ = std::ranges::all_of(rows, [&](const SampleRow& row) { return data_.y[row.row] == first; });
}

double NodeMoments::mean() const {
  double total = 0;
  double sum = 0;
  const double first = data_.y[rows_.front().row];  // subtracted, so that equal targets have exactly their mean
  for (const SampleRow& row : rows_) {
    const double weight = row.count * data_.weight(row.row);
    total += weight;
    sum += weight * (data_.y[row.row] - first);
  }
  return first + sum / total;
}

}  // namespace thrum::forest
