#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "thrum/data/sort_doubles_internal.h"

namespace thrum {
namespace {

constexpr int digit_bits = 11;
constexpr std::size_t n_digits = 6;
constexpr std::size_t n_digit_values = std::size_t{1} << digit_bits;
constexpr std::uint64_t sign = std::uint64_t{1} << 63;

/// Whole numbers in the order of the doubles.
std::uint64_t key_of(double x) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

double value_of(std::uint64_t key) noexcept {
  return std::bit_cast<double>((key & sign) != 0 ? key ^ sign : ~key);
}

std::size_t digit(std::uint64_t key, std::size_t d) noexcept {
  return key >> (d * digit_bits) & (n_digit_values - 1);
}

/// Stable, by one digit; `next[v]` is where the first key with digit v goes.
void scatter(const std::vector<std::uint64_t>& from, std::size_t d, std::array<std::size_t, n_digit_values>& next,
             std::vector<std::uint64_t>& to) {
  for (const std::uint64_t key : from) to[next[digit(key, d)]++] = key;
}

}  // namespace

void sort_doubles(std::vector<double>& values) {
  constexpr std::size_t small = 2048;
  if (values.size() < small) {
    std::ranges::sort(values, {}, key_of);
    return;
  }
  std::vector<std::uint64_t> keys(values.size());
  std::ranges::transform(values, keys.begin(), key_of);
  std::vector<std::array<std::size_t, n_digit_values>> counts(n_digits);
  for (const std::uint64_t key : keys) {
    for (std::size_t d = 0; d < n_digits; ++d) ++counts[d][digit(key, d)];
  }
  std::vector<std::uint64_t> other(values.size());
  for (std::size_t d = 0; d < n_digits; ++d) {
    if (counts[d][digit(keys.front(), d)] == keys.size()) continue;  // as in the low digits of floats
    std::size_t sum = 0;
    for (std::size_t& count : counts[d]) sum += std::exchange(count, sum);
    scatter(keys, d, counts[d], other);
    keys.swap(other);
  }
  std::ranges::transform(keys, values.begin(), value_of);
}

}  // namespace thrum
