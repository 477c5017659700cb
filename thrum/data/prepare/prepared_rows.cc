#include "thrum/data/prepare/prepared_rows_internal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>

#include "thrum/data/prepare/column_maps_internal.h"
#include "thrum/data/prepare/column_quantiles_internal.h"
#include "thrum/data/sort_doubles_internal.h"

namespace thrum::prepare {
PreparedRows::PreparedRows(const Dataset& dataset, std::span<const std::uint8_t> row_mask, const Pipeline& before,
                           const Execution& execution)
    : dataset_(dataset), row_mask_(row_mask), before_(before), execution_(execution) {}

MatrixView<const double> PreparedRows::read(std::size_t begin, std::size_t end, std::vector<double>& buffer) const {
  const std::size_t n = end - begin, n_in = before_.inputs().size(), n_out = features().size();
  buffer.assign(n * (n_in + n_out), 0);
  const MatrixView<double> raw(buffer.data(), n_in, n), prepared(buffer.data() + n * n_in, n_out, n);
  for (std::size_t j = 0; j < n_in; ++j) dataset_.reader().read_feature(j, dataset_.first_row() + begin, raw.row(j));
  before_.apply_to_columns(raw, prepared);
  return prepared;
}

std::span<const double> PreparedRows::stored_column(std::size_t begin, std::size_t end, std::size_t column) const {
  const auto input = before_.unchanged_input(column);
  if (!input) return {};
  return dataset_.reader().stored_feature(*input, dataset_.first_row() + begin, end - begin);
}

namespace {

/// Sums that do not wait for each other.
constexpr std::size_t lanes = 8;
using Lanes = std::array<double, lanes>;

double total(const Lanes& sums) {
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

/// add(i, lane) for i in [0, n), always the same lane for the same i.
template <class Add>
void for_each_lane(std::size_t n, Add add) {
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) add(i + lane, lane);
  }
  for (std::size_t lane = 0; i + lane < n; ++lane) add(i + lane, lane);
}

/// Of a block of rows of one column.
struct BlockMoments {
  double weight = 0;
  double missing = 0;
  double sum = 0;
  double squares = 0;  ///< of the distances from the block's own mean
};

/// Where every row counts one and all values are finite, which their sum tells.
std::optional<BlockMoments> finite_block_moments(std::span<const double> x) {
  Lanes sums{}, squares{};
  for_each_lane(x.size(), [&](std::size_t i, std::size_t lane) { sums[lane] += x[i]; });
  if (!std::isfinite(total(sums))) return std::nullopt;
  const auto n = static_cast<double>(x.size());
  const double mean = total(sums) / n;
  for_each_lane(x.size(), [&](std::size_t i, std::size_t lane) {
    const double distance = x[i] - mean;
    squares[lane] += distance * distance;
  });
  return BlockMoments{n, 0, total(sums), total(squares)};
}

/// `weight(i)`: of row i.
template <class Weight>
BlockMoments block_moments(std::span<const double> x, Weight weight) {
  Lanes weights{}, missing{}, sums{}, squares{};
  for_each_lane(x.size(), [&](std::size_t i, std::size_t lane) {
    const double w = weight(i);
    const bool is_known = x[i] == x[i], counts = w > 0;
    weights[lane] += is_known ? w : 0;
    missing[lane] += is_known ? 0 : w;
    sums[lane] += is_known && counts ? w * x[i] : 0;
  });
  const double mean = total(weights) > 0 ? total(sums) / total(weights) : 0;
  for_each_lane(x.size(), [&](std::size_t i, std::size_t lane) {
    const double w = weight(i), distance = x[i] - mean;
    squares[lane] += distance == distance && w > 0 ? w * distance * distance : 0;
  });
  return {total(weights), total(missing), total(sums), total(squares)};
}

}  // namespace

std::vector<PreparedRows::Moments> PreparedRows::moments(std::span<const std::size_t> columns) const {
  constexpr std::size_t parts = 4;  // those of BlockMoments
  const std::size_t n = columns.size(), n_blocks = dataset_.n_rows() / row_block + (dataset_.n_rows() % row_block != 0);
  std::vector<BlockMoments> blocks(n_blocks * n);
  const auto sums = sum_row_blocks(
      execution_, dataset_.n_rows(), parts * n, [&](std::size_t begin, std::size_t end, std::span<double> partial) {
        for_each_column(begin, end, columns, [&](std::size_t c, std::span<const double> values) {
          const auto finite = unweighted() ? finite_block_moments(values) : std::nullopt;
          const BlockMoments found =
              finite ? *finite : block_moments(values, [&](std::size_t i) { return weight(begin + i); });
          blocks[begin / row_block * n + c] = found;
          std::ranges::copy(std::array{found.weight, found.missing, found.sum, found.squares}, &partial[parts * c]);
        });
      });
  std::vector<Moments> result(n);
  for (std::size_t c = 0; c < n; ++c) {
    result[c] = {.weight = sums[parts * c], .missing = sums[parts * c + 1]};
    if (result[c].weight > 0) result[c].mean = sums[parts * c + 2] / result[c].weight;
  }
  const auto between = sum_row_blocks(  // the blocks' means and the whole's
      execution_, dataset_.n_rows(), n, [&](std::size_t begin, std::size_t, std::span<double> partial) {
        for (std::size_t c = 0; c < n; ++c) {
          const BlockMoments& block = blocks[begin / row_block * n + c];
          if (block.weight == 0) continue;
          const double distance = block.sum / block.weight - result[c].mean;
          partial[c] = block.weight * distance * distance;
        }
      });
  for (std::size_t c = 0; c < n; ++c) {
    if (result[c].weight > 0) result[c].variance = (sums[parts * c + 3] + between[c]) / result[c].weight;
  }
  return result;
}

namespace {

template <class Counts>
PreparedRows::Extremes block_extremes(std::span<const double> x, Counts counts) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  Lanes low, high;
  low.fill(inf);
  high.fill(-inf);
  for_each_lane(x.size(), [&](std::size_t i, std::size_t lane) {
    low[lane] = counts(i) && x[i] < low[lane] ? x[i] : low[lane];
    high[lane] = counts(i) && x[i] > high[lane] ? x[i] : high[lane];
  });
  return {*std::ranges::min_element(low), *std::ranges::max_element(high)};
}

}  // namespace

std::vector<PreparedRows::Extremes> PreparedRows::extremes(std::span<const std::size_t> columns) const {
  using All = std::vector<Extremes>;
  const All local = parallel_reduce(
      *execution_.arena, dataset_.n_rows(), row_block, All(columns.size()),
      [&](std::size_t begin, std::size_t end) {
        All found(columns.size());
        for_each_column(begin, end, columns, [&](std::size_t c, std::span<const double> values) {
          found[c] = unweighted() ? block_extremes(values, [](std::size_t) { return true; })
                                  : block_extremes(values, [&](std::size_t i) { return weight(begin + i) > 0; });
        });
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

std::size_t PreparedRows::first_row_of(std::size_t column, double value) const {
  std::vector<double> first = {std::numeric_limits<double>::infinity()};
  for (std::size_t begin = 0; begin < dataset_.n_rows() && std::isinf(first[0]); begin += row_block) {
    const std::size_t end = std::min(begin + row_block, dataset_.n_rows());
    for_each_column(begin, end, std::span(&column, 1), [&](std::size_t, std::span<const double> values) {
      for (std::size_t i = values.size(); i-- > 0;) {
        if (values[i] == value && weight(begin + i) > 0)
          first[0] = static_cast<double>(dataset_.first_row() + begin + i);
      }
    });
  }
  execution_.communicator->allreduce(std::span(first), ReduceOp::min);
  return static_cast<std::size_t>(first[0]);
}

template <class F>
void PreparedRows::for_each_block(std::size_t column, F f) const {
  std::vector<double> counting;
  for (std::size_t begin = 0; begin < dataset_.n_rows(); begin += row_block) {
    const std::size_t end = std::min(begin + row_block, dataset_.n_rows());
    for_each_column(begin, end, std::span(&column, 1), [&](std::size_t, std::span<const double> values) {
      if (unweighted()) return f(values);
      counting.clear();
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (weight(begin + i) > 0) counting.push_back(values[i]);
      }
      f(std::span<const double>(counting));
    });
  }
}

/// This rank's.
std::vector<double> PreparedRows::gathered(std::size_t column) const {
  std::vector<double> all;
  for_each_block(column, [&](std::span<const double> values) {
    std::ranges::copy_if(values, std::back_inserter(all), [](double x) { return !std::isnan(x); });
  });
  return all;
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

std::vector<std::vector<double>> PreparedRows::quantiles(std::span<const std::size_t> columns,
                                                         FunctionRef<std::vector<double>(std::size_t n)> shares) const {
  std::vector<std::vector<double>> result(columns.size());
  const auto find = [&](std::size_t j, std::size_t) {
    const auto visit = [&](FunctionRef<void(std::span<const double>)> f) { for_each_block(columns[j], f); };
    result[j] = column_quantiles(visit, shares, *execution_.communicator);
  };
  if (execution_.communicator->size() > 1) {
    for (std::size_t j = 0; j < columns.size(); ++j) find(j, j + 1);
  } else {
    parallel_for(*execution_.arena, columns.size(), 1, find, execution_.stop);
  }
  return result;
}

std::vector<std::vector<double>> PreparedRows::category_weights(std::span<const std::size_t> columns) const {
  std::vector<std::size_t> first = {0};
  for (const std::size_t c : columns) first.push_back(first.back() + features()[c].categories.size() + 2);
  const auto sums = sum_row_blocks(execution_, dataset_.n_rows(), first.back(),
                                   [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                                     for_each_column(begin, end, columns, [&](std::size_t j, auto values) {
                                       const std::size_t n = features()[columns[j]].categories.size();
                                       for (std::size_t i = 0; i < values.size(); ++i) {
                                         partial[first[j] + place_of_code(values[i], n)] += weight(begin + i);
                                       }
                                     });
                                   });
  std::vector<std::vector<double>> result;
  for (std::size_t j = 0; j < columns.size(); ++j) {
    result.emplace_back(sums.begin() + static_cast<std::ptrdiff_t>(first[j]),
                        sums.begin() + static_cast<std::ptrdiff_t>(first[j + 1]));
  }
  return result;
}

}  // namespace thrum::prepare
