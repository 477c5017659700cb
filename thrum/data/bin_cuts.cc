#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "thrum/data/bin_cuts_internal.h"
#include "thrum/data/sort_doubles_internal.h"

namespace thrum {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// How many rows the bins that are still to be closed should hold, when heavy values have theirs.
class Remainder {
 public:
  Remainder(std::size_t rows, std::size_t bins) : rows_(rows), bins_(bins) {}

  double rows_per_bin() const {
    return static_cast<double>(rows_) / static_cast<double>(std::max<std::size_t>(bins_, 1));
  }
  void take_rows(std::size_t n) { rows_ -= n; }
  void take_bin() { bins_ -= std::min<std::size_t>(bins_, 1); }

 private:
  std::size_t rows_;
  std::size_t bins_;
};

/// The indices of the values after which a bin ends, the last value's not among them.
std::vector<std::size_t> greedy_ends(const std::vector<ValueCount>& values, std::size_t max_bins,
                                     std::size_t min_rows) {
  const std::size_t n_rows =
      std::accumulate(values.begin(), values.end(), std::size_t{0}, [](auto sum, auto& v) { return sum + v.count; });
  max_bins = std::clamp<std::size_t>(n_rows / std::max<std::size_t>(min_rows, 1), 1, max_bins);
  Remainder rest(n_rows, max_bins);
  const double heavy_count = rest.rows_per_bin();
  const auto is_heavy = [&](const ValueCount& v) { return static_cast<double>(v.count) >= heavy_count; };
  for (const ValueCount& v : values) {
    if (!is_heavy(v)) continue;
    rest.take_rows(v.count);
    rest.take_bin();
  }
  std::vector<std::size_t> ends;
  std::size_t in_bin = 0;
  double goal = rest.rows_per_bin();
  for (std::size_t i = 0; i + 1 < values.size() && ends.size() + 1 < max_bins; ++i) {
    in_bin += values[i].count;
    const auto filled = static_cast<double>(in_bin);
    const bool alone = is_heavy(values[i]);
    if (!alone) rest.take_rows(values[i].count);
    if (!alone && filled < goal && !(is_heavy(values[i + 1]) && filled >= std::max(1.0, goal / 2))) continue;
    ends.push_back(i);
    in_bin = 0;
    if (alone) continue;
    rest.take_bin();
    goal = rest.rows_per_bin();
  }
  return ends;
}

/// The different values in ascending order, as of flags and small counts; nullopt where there are more than a few.
std::optional<std::vector<ValueCount>> count_few(const std::vector<double>& values) {
  constexpr std::size_t most = 8;
  std::vector<ValueCount> few;
  std::size_t last = 0;
  for (const double x : values) {
    if (last == few.size() || few[last].value != x) {
      last = static_cast<std::size_t>(std::ranges::find(few, x, &ValueCount::value) - few.begin());
      if (last == most) return std::nullopt;
      if (last == few.size()) few.push_back({x + 0.0, 0});  // -0 is 0
    }
    ++few[last].count;
  }
  std::ranges::sort(few, {}, &ValueCount::value);
  return few;
}

}  // namespace

std::vector<ValueCount> count_values(const std::vector<double>& sorted) {
  std::vector<ValueCount> values;
  for (const double x : sorted) {
    if (values.empty() || x != values.back().value) values.push_back({x == 0 ? 0.0 : x, 0});
    ++values.back().count;
  }
  return values;
}

std::vector<ValueCount> count_unsorted(std::vector<double>& values) {
  if (auto few = count_few(values)) return std::move(*few);
  sort_doubles(values);
  return count_values(values);
}

double separating_cut(double a, double b) noexcept {
  constexpr double low = -std::numeric_limits<double>::max();
  a = std::max(a, b > low ? low : a);
  const double last = std::isinf(b) ? std::numeric_limits<double>::max() : b;
  const double middle = std::midpoint(a, last);
  const auto nearest = static_cast<float>(middle);
  const auto separates = [&](double c) { return std::isfinite(c) && a <= c && c < b; };
  for (const float c : {nearest, std::nextafter(nearest, -std::numeric_limits<float>::infinity()),
                        std::nextafter(nearest, std::numeric_limits<float>::infinity())}) {
    if (separates(c)) return c == 0 ? 0.0 : c;
  }
  return separates(middle) ? middle : a;
}

std::vector<double> number_cuts(const std::vector<ValueCount>& values, std::size_t max_bins, std::size_t min_rows) {
  std::vector<std::size_t> ends(values.empty() ? 0 : values.size() - 1);
  std::iota(ends.begin(), ends.end(), std::size_t{0});
  if (values.size() > max_bins) ends = greedy_ends(values, max_bins, min_rows);
  std::vector<double> upper;
  upper.reserve(ends.size() + 1);
  for (const std::size_t i : ends) {
    const double cut = separating_cut(values[i].value, values[i + 1].value);
    if (std::isfinite(cut)) upper.push_back(cut);
  }
  upper.push_back(infinity);
  return upper;
}

std::vector<std::int32_t> frequent_categories(const std::vector<ValueCount>& codes, std::size_t max_bins) {
  std::vector<ValueCount> ordered = codes;
  std::ranges::sort(ordered, [](const ValueCount& a, const ValueCount& b) {
    return a.count != b.count ? a.count > b.count : a.value < b.value;
  });
  ordered.resize(std::min(ordered.size(), max_bins));
  std::vector<std::int32_t> categories;
  for (const ValueCount& code : ordered) categories.push_back(static_cast<std::int32_t>(code.value));
  return categories;
}

}  // namespace thrum
