#include "thrum/data/prepare/prepared_rows_internal.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "thrum/core/assert.h"
#include "thrum/data/prepare/column_maps_internal.h"
#include "thrum/data/sort_doubles_internal.h"

namespace thrum::prepare {
PreparedRows::PreparedRows(const Dataset& dataset, std::span<const std::uint8_t> row_mask, const Pipeline& before,
                           const Execution& execution)
    : dataset_(dataset), row_mask_(row_mask), before_(before), execution_(execution) {}

MatrixView<const double> PreparedRows::read(std::size_t begin, std::size_t end, std::vector<double>& buffer) const {
  const std::size_t n = end - begin, n_in = before_.inputs().size(), n_out = features().size();
  buffer.resize(n * (n_in + n_out));
  const MatrixView<double> raw(buffer.data(), n, n_in), prepared(buffer.data() + n * n_in, n, n_out);
  dataset_.reader().read(dataset_.first_row() + begin, raw);
  before_.apply(raw, prepared);
  return prepared;
}

std::vector<PreparedRows::Moments> PreparedRows::moments(std::span<const std::size_t> columns) const {
  constexpr std::size_t parts = 3;  // weight, missing, sum
  const auto sums = sum_row_blocks(execution_, dataset_.n_rows(), parts * columns.size(),
                                   [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                                     std::vector<double> buffer;
                                     const auto rows = read(begin, end, buffer);
                                     for (std::size_t i = 0; i < rows.rows(); ++i) {
                                       const double w = weight(begin + i);
                                       if (w == 0) continue;
                                       for (std::size_t c = 0; c < columns.size(); ++c) {
                                         const double x = rows(i, columns[c]);
                                         partial[parts * c + (std::isnan(x) ? 1 : 0)] += w;
                                         if (!std::isnan(x)) partial[parts * c + 2] += w * x;
                                       }
                                     }
                                   });
  std::vector<Moments> result(columns.size());
  for (std::size_t c = 0; c < columns.size(); ++c) {
    result[c] = {.weight = sums[parts * c], .missing = sums[parts * c + 1]};
    if (result[c].weight > 0) result[c].mean = sums[parts * c + 2] / result[c].weight;
  }
  const auto squares = sum_row_blocks(execution_, dataset_.n_rows(), columns.size(),
                                      [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                                        std::vector<double> buffer;
                                        const auto rows = read(begin, end, buffer);
                                        for (std::size_t i = 0; i < rows.rows(); ++i) {
                                          const double w = weight(begin + i);
                                          if (w == 0) continue;
                                          for (std::size_t c = 0; c < columns.size(); ++c) {
                                            const double deviation = rows(i, columns[c]) - result[c].mean;
                                            if (!std::isnan(deviation)) partial[c] += w * deviation * deviation;
                                          }
                                        }
                                      });
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (result[c].weight > 0) result[c].variance = squares[c] / result[c].weight;
  }
  return result;
}

std::vector<PreparedRows::Extremes> PreparedRows::extremes(std::span<const std::size_t> columns) const {
  using All = std::vector<Extremes>;
  const All local = parallel_reduce(
      *execution_.arena, dataset_.n_rows(), row_block, All(columns.size()),
      [&](std::size_t begin, std::size_t end) {
        All found(columns.size());
        std::vector<double> buffer;
        const auto rows = read(begin, end, buffer);
        for (std::size_t i = 0; i < rows.rows(); ++i) {
          if (weight(begin + i) == 0) continue;
          for (std::size_t c = 0; c < columns.size(); ++c) {
            const double x = rows(i, columns[c]);
            if (x < found[c].low) found[c].low = x;
            if (x > found[c].high) found[c].high = x;
          }
        }
        return found;
      },
      [](All a, const All& b) {
        for (std::size_t c = 0; c < a.size(); ++c) {
          a[c] = {std::min(a[c].low, b[c].low), std::max(a[c].high, b[c].high)};
        }
        return a;
      },
      execution_.stop);
  std::vector<double> lows, highs;
  for (const Extremes& found : local) {
    lows.push_back(found.low);
    highs.push_back(found.high);
  }
  execution_.communicator->allreduce(std::span(lows), ReduceOp::min);
  execution_.communicator->allreduce(std::span(highs), ReduceOp::max);
  std::vector<Extremes> result(columns.size());
  for (std::size_t c = 0; c < result.size(); ++c) result[c] = {lows[c], highs[c]};
  return result;
}

/// This rank's.
std::vector<double> PreparedRows::gathered(std::size_t column) const {
  std::vector<double> values, buffer;
  for (std::size_t begin = 0; begin < dataset_.n_rows(); begin += row_block) {
    const auto rows = read(begin, std::min(begin + row_block, dataset_.n_rows()), buffer);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      if (weight(begin + i) > 0 && !std::isnan(rows(i, column))) values.push_back(rows(i, column));
    }
  }
  return values;
}

std::vector<double> PreparedRows::sorted(std::size_t column) const {
  std::vector<double> values = gathered(column);
  if (execution_.communicator->size() > 1) {
    const auto parts = execution_.communicator->allgatherv(std::span<const double>(values));
    values.clear();
    for (const auto& part : parts) values.insert(values.end(), part.begin(), part.end());
  }
  sort_doubles(values);
  return values;
}

void PreparedRows::for_each_sorted(std::span<const std::size_t> columns,
                                   FunctionRef<void(std::size_t j, std::span<const double> values)> f) const {
  if (execution_.communicator->size() > 1) {
    for (std::size_t j = 0; j < columns.size(); ++j) f(j, sorted(columns[j]));
    return;
  }
  parallel_for(
      *execution_.arena, columns.size(), 1, [&](std::size_t j, std::size_t) { f(j, sorted(columns[j])); },
      execution_.stop);
}

std::vector<std::vector<double>> PreparedRows::category_weights(std::span<const std::size_t> columns) const {
  std::vector<std::size_t> first = {0};
  for (const std::size_t c : columns) first.push_back(first.back() + features()[c].categories.size() + 2);
  const auto sums = sum_row_blocks(execution_, dataset_.n_rows(), first.back(),
                                   [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                                     std::vector<double> buffer;
                                     const auto rows = read(begin, end, buffer);
                                     for (std::size_t i = 0; i < rows.rows(); ++i) {
                                       const double w = weight(begin + i);
                                       for (std::size_t j = 0; j < columns.size(); ++j) {
                                         const std::size_t n = features()[columns[j]].categories.size();
                                         partial[first[j] + place_of_code(rows(i, columns[j]), n)] += w;
                                       }
                                     }
                                   });
  std::vector<std::vector<double>> result;
  for (std::size_t j = 0; j < columns.size(); ++j) {
    result.emplace_back(sums.begin() + static_cast<std::ptrdiff_t>(first[j]),
                        sums.begin() + static_cast<std::ptrdiff_t>(first[j + 1]));
  }
  return result;
}

double quantile_of_sorted(std::span<const double> values, double q) {
  THRUM_ASSERT(!values.empty());
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  if (below + 1 >= values.size()) return values.back();
  const double share = place - static_cast<double>(below);
  return values[below] + share * (values[below + 1] - values[below]);
}

}  // namespace thrum::prepare
