#include "thrum/data/prepare/column_quantiles_internal.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

#include "thrum/core/assert.h"
#include "thrum/data/sort_doubles_internal.h"

namespace thrum::prepare {
namespace {

using Values = std::span<const double>;
using Visit = FunctionRef<void(FunctionRef<void(Values)>)>;

constexpr std::size_t most_held = std::size_t{1} << 17;
constexpr int coarse_bits = 16;  // of a double: its sign, its exponent and a sixteenth of an octave
constexpr int most_fine_bits = 16;
constexpr std::size_t n_coarse = std::size_t{1} << coarse_bits;
constexpr std::size_t values_per_cell = 8;

/// Whole numbers in the order of the doubles.
std::uint64_t key_of(double x) noexcept {
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

/// Calls f(x) for every number.
template <class F>
void for_each_number(Visit visit, F f) {
  visit([&](Values values) {
    for (const double x : values) {
      if (x == x) f(x);
    }
  });
}

/// Numbers by their leading bits: coarsely first, and where many lie so close, by as many more bits as leave a few in
/// each cell. Cells are in the order of the numbers. The same on all ranks.
class Cells {
 public:
  Cells(Visit visit, Communicator& communicator) : first_(n_coarse), bits_(n_coarse) {
    std::vector<std::int64_t> coarse(n_coarse);
    for_each_number(visit, [&](double x) { ++coarse[key_of(x) >> (64 - coarse_bits)]; });
    communicator.allreduce(std::span(coarse), ReduceOp::sum);
    std::size_t n = 0, n_cells = 0;
    for (const std::int64_t count : coarse) n += static_cast<std::size_t>(count);
    const std::size_t per_cell = std::max(values_per_cell, n >> 17);  // so that there are not too many cells
    for (std::size_t c = 0; c < n_coarse; ++c) {
      const auto wanted = static_cast<std::size_t>(coarse[c]) / per_cell;
      first_[c] = static_cast<std::uint32_t>(n_cells);
      bits_[c] = static_cast<std::uint8_t>(std::min(most_fine_bits, static_cast<int>(std::bit_width(wanted))));
      n_cells += coarse[c] == 0 ? 0 : std::size_t{1} << bits_[c];
    }
    counts_.resize(n_cells);
    for_each_number(visit, [&](double x) { ++counts_[of(x)]; });
    communicator.allreduce(std::span(counts_), ReduceOp::sum);
  }

  std::size_t of(double x) const noexcept {
    const std::uint64_t key = key_of(x);
    const std::size_t coarse = key >> (64 - coarse_bits);
    // In two steps: a shift by all 64 bits is none.
    return first_[coarse] + (key << coarse_bits >> 1 >> (63 - bits_[coarse]));
  }
  std::size_t n_cells() const { return counts_.size(); }
  std::size_t size(std::size_t cell) const { return static_cast<std::size_t>(counts_[cell]); }

 private:
  std::vector<std::uint32_t> first_;
  std::vector<std::uint8_t> bits_;
  std::vector<std::int64_t> counts_;
};

/// Ranks that lie in one cell, whose values begin with rank `first`.
struct WantedCell {
  std::size_t cell;
  std::size_t first;
  std::span<const std::size_t> ranks;
};

std::vector<WantedCell> wanted_cells(const Cells& cells, std::span<const std::size_t> ranks) {
  std::vector<WantedCell> wanted;
  std::size_t first = 0, r = 0;
  for (std::size_t cell = 0; r < ranks.size(); ++cell) {
    const std::size_t end = first + cells.size(cell), r_begin = r;
    while (r < ranks.size() && ranks[r] < end) ++r;
    if (r > r_begin) wanted.push_back({cell, first, ranks.subspan(r_begin, r - r_begin)});
    first = end;
  }
  return wanted;
}

/// The numbers of all ranks for which keep(x), ascending.
template <class Keep>
std::vector<double> sorted(Visit visit, Communicator& communicator, Keep keep) {
  std::vector<double> values;
  for_each_number(visit, [&](double x) {
    if (keep(x)) values.push_back(x);
  });
  if (communicator.size() > 1) {
    const auto parts = communicator.allgatherv(Values(values));
    values.clear();
    for (const auto& part : parts) values.insert(values.end(), part.begin(), part.end());
  }
  sort_doubles(values);
  return values;
}

/// Whether all values of a cell are one, as those of a cell of many often are.
bool is_one_value(Visit visit, Communicator& communicator, const Cells& cells, std::size_t cell, double& value) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for_each_number(visit, [&](double x) {
    if (cells.of(x) != cell) return;
    low = std::min(low, x);
    high = std::max(high, x);
  });
  communicator.allreduce(std::span(&low, 1), ReduceOp::min);
  communicator.allreduce(std::span(&high, 1), ReduceOp::max);
  value = low;
  return low == high;
}

/// The numbers at `ranks`, ascending.
std::vector<double> select(Visit visit, Communicator& communicator, const Cells& cells,
                           std::span<const std::size_t> ranks) {
  const std::vector<WantedCell> wanted = wanted_cells(cells, ranks);
  std::vector<double> found;
  for (std::size_t begin = 0, end = 0; begin < wanted.size(); begin = end) {
    std::size_t held = cells.size(wanted[begin].cell);
    end = begin + 1;
    double value = 0;
    if (held > most_held / 4 && is_one_value(visit, communicator, cells, wanted[begin].cell, value)) {
      found.insert(found.end(), wanted[begin].ranks.size(), value);
      continue;
    }
    std::vector<std::uint8_t> is_held(cells.n_cells());
    is_held[wanted[begin].cell] = 1;
    for (; end < wanted.size() && cells.size(wanted[end].cell) <= most_held / 4 &&
           held + cells.size(wanted[end].cell) <= most_held;
         ++end) {
      held += cells.size(wanted[end].cell);
      is_held[wanted[end].cell] = 1;
    }
    const auto values = sorted(visit, communicator, [&](double x) { return is_held[cells.of(x)] != 0; });
    THRUM_ASSERT(values.size() == held);
    std::size_t offset = 0;
    for (std::size_t w = begin; w < end; ++w) {
      for (const std::size_t rank : wanted[w].ranks) found.push_back(values[offset + rank - wanted[w].first]);
      offset += cells.size(wanted[w].cell);
    }
  }
  return found;
}

std::size_t count(Visit visit, Communicator& communicator) {
  std::int64_t n = 0;
  for_each_number(visit, [&](double) { ++n; });
  communicator.allreduce(std::span(&n, 1), ReduceOp::sum);
  return static_cast<std::size_t>(n);
}

/// The numbers at those of `ranks`, ascending, of all n.
std::vector<double> at_ranks(Visit visit, Communicator& communicator, std::size_t n,
                             std::span<const std::size_t> ranks) {
  if (n > most_held / 4) return select(visit, communicator, Cells(visit, communicator), ranks);
  const auto all = sorted(visit, communicator, [](double) { return true; });
  std::vector<double> found;
  for (const std::size_t rank : ranks) found.push_back(all[rank]);
  return found;
}

}  // namespace

std::vector<double> column_quantiles(Visit visit, FunctionRef<std::vector<double>(std::size_t n)> shares,
                                     Communicator& communicator) {
  const std::size_t n = count(visit, communicator);
  if (n == 0) return {};
  const std::vector<double> wanted = shares(n);
  const auto place = [&](double share) { return share * static_cast<double>(n - 1); };
  const auto below = [&](double share) { return static_cast<std::size_t>(place(share)); };
  std::vector<std::size_t> ranks;
  for (const double share : wanted) ranks.insert(ranks.end(), {below(share), std::min(n - 1, below(share) + 1)});
  std::ranges::sort(ranks);
  ranks.erase(std::ranges::unique(ranks).begin(), ranks.end());

  const std::vector<double> values = at_ranks(visit, communicator, n, ranks);
  const auto at = [&](std::size_t rank) {
    return values[static_cast<std::size_t>(std::ranges::lower_bound(ranks, rank) - ranks.begin())];
  };
  std::vector<double> quantiles;
  for (const double share : wanted) {
    const double low = at(below(share)), high = at(std::min(n - 1, below(share) + 1));
    const double between = place(share) - static_cast<double>(below(share));
    quantiles.push_back(high == low ? low : low + between * (high - low));
  }
  return quantiles;
}

}  // namespace thrum::prepare
