#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "thrum/data/bin_sample_internal.h"

namespace thrum {
namespace {

/// A scrambled row number: the finalizer of SplitMix64 (Steele, Lea and Flood 2014).
std::uint64_t scramble(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

std::size_t sum_over_ranks(std::size_t mine, const Execution& execution) {
  std::array<std::uint64_t, 1> sum{mine};
  execution.communicator->allreduce(std::span<std::uint64_t>(sum), ReduceOp::sum);
  return sum[0];
}

/// The scrambled numbers up to which about `n` of `total` rows are taken.
std::uint64_t last_taken(std::size_t n, std::size_t total) {
  if (total <= n) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(std::ldexp(static_cast<double>(n) / static_cast<double>(total), 64));
}

}  // namespace

BinSample::BinSample(const Dataset& dataset, std::span<const std::uint8_t> has_say, std::size_t n_rows,
                     const Execution& execution)
    : dataset_(dataset), execution_(execution) {
  const std::size_t silent = static_cast<std::size_t>(std::ranges::count(has_say, 0));
  const std::size_t total = sum_over_ranks(has_say.size() - silent, execution);
  is_everything_ = total <= n_rows;
  const std::uint64_t last = last_taken(n_rows, total);
  for (std::size_t i = 0; i < dataset.n_rows(); ++i) {
    const std::size_t row = dataset.first_row() + i;
    if (scramble(row) <= last && has_say[i] != 0) rows_.push_back(row);
  }
  n_rows_ = sum_over_ranks(rows_.size(), execution);
}

void BinSample::read(std::size_t feature, std::vector<double>& values) const {
  values.resize(rows_.size());
  if (values.size() == dataset_.n_rows()) {
    dataset_.reader().read_feature(feature, dataset_.first_row(), values);
  } else {
    dataset_.reader().read_feature_at(feature, rows_, values);
  }
}

std::vector<std::vector<double>> BinSample::gather(std::size_t begin, std::size_t end) const {
  const std::size_t n = rows_.size();
  std::vector<double> mine(n * (end - begin));
  parallel_for(*execution_.arena, end - begin, 1, [&](std::size_t j, std::size_t) {
    dataset_.reader().read_feature_at(begin + j, rows_, std::span(mine).subspan(j * n, n));
  });
  const auto parts = execution_.communicator->allgatherv(std::span<const double>(mine));
  return parallel_map(*execution_.arena, end - begin, [&](std::size_t j) {
    std::vector<double> values;
    values.reserve(n_rows_);
    for (const auto& part : parts) {
      const std::size_t part_rows = part.size() / (end - begin);
      const auto first = part.begin() + static_cast<std::ptrdiff_t>(j * part_rows);
      values.insert(values.end(), first, first + static_cast<std::ptrdiff_t>(part_rows));
    }
    return values;
  });
}

}  // namespace thrum
