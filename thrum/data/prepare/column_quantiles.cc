#include "thrum/data/prepare/column_quantiles_internal.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>

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
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Whole numbers in the order of the doubles.
std::uint64_t key_of(double x) noexcept {
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

std::size_t coarse_cell_of(double x) noexcept {
  return key_of(x) >> (64 - coarse_bits);
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

/// Numbers with the same first bits.
struct CoarseCell {
  std::int64_t n = 0;
  double low = infinity;
  double high = -infinity;

  void add(double x) noexcept {
    ++n;
    low = x < low ? x : low;
    high = x > high ? x : high;
  }
};

/// What one pass tells.
struct Census {
  std::size_t n = 0;              ///< numbers of all ranks
  std::vector<double> few;        ///< this rank's, where they are few
  std::vector<CoarseCell> cells;  ///< of all ranks where they are many, in the order of the numbers

  void add(Values values) {
    if (cells.empty()) {
      std::ranges::copy_if(values, std::back_inserter(few), [](double x) { return x == x; });
      if (few.size() > most_held / 4) count_few();
      return;
    }
    for (const double x : values) {
      if (x == x) cells[coarse_cell_of(x)].add(x);
    }
  }

  void count_few() {
    cells.resize(n_coarse);
    for (const double x : few) cells[coarse_cell_of(x)].add(x);
    few = {};
  }
};

void add_over_ranks(std::vector<CoarseCell>& cells, Communicator& communicator) {
  std::vector<std::int64_t> counts;
  std::vector<double> lows, highs;
  for (const CoarseCell& cell : cells) {
    counts.push_back(cell.n);
    lows.push_back(cell.low);
    highs.push_back(cell.high);
  }
  communicator.allreduce(std::span(counts), ReduceOp::sum);
  communicator.allreduce(std::span(lows), ReduceOp::min);
  communicator.allreduce(std::span(highs), ReduceOp::max);
  for (std::size_t c = 0; c < cells.size(); ++c) cells[c] = {counts[c], lows[c], highs[c]};
}

Census take_census(Visit visit, Communicator& communicator) {
  Census census;
  visit([&](Values values) { census.add(values); });
  auto n = static_cast<std::int64_t>(census.few.size());
  for (const CoarseCell& cell : census.cells) n += cell.n;
  communicator.allreduce(std::span(&n, 1), ReduceOp::sum);
  census.n = static_cast<std::size_t>(n);
  if (census.n <= most_held / 4) return census;
  if (census.cells.empty()) census.count_few();
  if (communicator.size() > 1) add_over_ranks(census.cells, communicator);
  return census;
}

/// Coarse cells in which many numbers lie close, divided by as many more bits as leave a few in each cell. Cells are in
/// the order of the numbers. The same on all ranks.
class FineCells {
 public:
  FineCells(const Census& census, Visit visit, Communicator& communicator) : first_(n_coarse), bits_(n_coarse) {
    std::size_t n_cells = 0;
    const std::size_t per_cell = std::max(values_per_cell, census.n >> 17);  // so that there are not too many cells
    for (std::size_t c = 0; c < n_coarse; ++c) {
      const auto wanted = static_cast<std::size_t>(census.cells[c].n) / per_cell;
      first_[c] = static_cast<std::uint32_t>(n_cells);
      bits_[c] = static_cast<std::uint8_t>(std::min(most_fine_bits, static_cast<int>(std::bit_width(wanted))));
      n_cells += census.cells[c].n == 0 ? 0 : std::size_t{1} << bits_[c];
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
  std::size_t size;
  std::size_t first;
  std::span<const std::size_t> ranks;
};

template <class SizeOf>
std::vector<WantedCell> wanted_cells(std::span<const std::size_t> ranks, SizeOf size_of) {
  std::vector<WantedCell> wanted;
  std::size_t first = 0, r = 0;
  for (std::size_t cell = 0; r < ranks.size(); ++cell) {
    const std::size_t size = size_of(cell), r_begin = r;
    while (r < ranks.size() && ranks[r] < first + size) ++r;
    if (r > r_begin) wanted.push_back({cell, size, first, ranks.subspan(r_begin, r - r_begin)});
    first += size;
  }
  return wanted;
}

/// The numbers of all ranks, ascending.
std::vector<double> sorted(std::vector<double> values, Communicator& communicator) {
  if (communicator.size() > 1) {
    const auto parts = communicator.allgatherv(Values(values));
    values.clear();
    for (const auto& part : parts) values.insert(values.end(), part.begin(), part.end());
  }
  sort_doubles(values);
  return values;
}

/// Appends the numbers at the ranks in `wanted`, which are held for it; cell_of(x) is below n_cells.
template <class CellOf>
void gather(Visit visit, Communicator& communicator, std::span<const WantedCell> wanted, std::size_t n_cells,
            CellOf cell_of, std::vector<double>& found) {
  std::vector<std::uint8_t> is_held(n_cells);
  for (const WantedCell& w : wanted) is_held[w.cell] = 1;
  std::vector<double> held;
  for_each_number(visit, [&](double x) {
    if (is_held[cell_of(x)] != 0) held.push_back(x);
  });
  const std::vector<double> values = sorted(std::move(held), communicator);
  std::size_t offset = 0;
  for (const WantedCell& w : wanted) {
    for (const std::size_t rank : w.ranks) found.push_back(values[offset + rank - w.first]);
    offset += w.size;
  }
  THRUM_ASSERT(values.size() == offset);
}

/// Whether all values of a cell are one, as those of a cell of many often are.
bool is_one_value(Visit visit, Communicator& communicator, const FineCells& cells, std::size_t cell, double& value) {
  double low = infinity, high = -infinity;
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

/// The numbers at `ranks`, ascending, where they are not all held at a time.
std::vector<double> select(Visit visit, Communicator& communicator, const FineCells& cells,
                           std::span<const std::size_t> ranks) {
  const auto wanted = wanted_cells(ranks, [&](std::size_t cell) { return cells.size(cell); });
  std::vector<double> found;
  for (std::size_t begin = 0, end = 0; begin < wanted.size(); begin = end) {
    std::size_t held = wanted[begin].size;
    end = begin + 1;
    double value = 0;
    if (held > most_held / 4 && is_one_value(visit, communicator, cells, wanted[begin].cell, value)) {
      found.insert(found.end(), wanted[begin].ranks.size(), value);
      continue;
    }
    for (; end < wanted.size() && wanted[end].size <= most_held / 4 && held + wanted[end].size <= most_held; ++end) {
      held += wanted[end].size;
    }
    gather(
        visit, communicator, std::span(wanted).subspan(begin, end - begin), cells.n_cells(),
        [&](double x) { return cells.of(x); }, found);
  }
  return found;
}

/// The numbers at `ranks`, ascending, of many: at once where the first bits tell them, else from those whose first bits
/// are theirs, or, if these are too many, from those that have more bits in common.
std::vector<double> of_many(Visit visit, Communicator& communicator, const Census& census,
                            std::span<const std::size_t> ranks) {
  const auto wanted = wanted_cells(ranks, [&](std::size_t c) { return static_cast<std::size_t>(census.cells[c].n); });
  const auto is_known = [&](const WantedCell& w) { return census.cells[w.cell].low == census.cells[w.cell].high; };
  std::vector<WantedCell> open;
  std::vector<std::size_t> open_ranks;
  std::size_t held = 0;
  for (const WantedCell& w : wanted) {
    if (is_known(w)) continue;
    open.push_back(w);
    open_ranks.insert(open_ranks.end(), w.ranks.begin(), w.ranks.end());
    held += w.size;
  }
  std::vector<double> opened;
  if (held > most_held) {
    opened = select(visit, communicator, FineCells(census, visit, communicator), open_ranks);
  } else if (held > 0) {
    gather(visit, communicator, open, n_coarse, coarse_cell_of, opened);
  }
  std::vector<double> found;
  auto next = opened.begin();
  for (const WantedCell& w : wanted) {
    if (is_known(w)) {
      found.insert(found.end(), w.ranks.size(), census.cells[w.cell].low);
    } else {
      const auto end = next + static_cast<std::ptrdiff_t>(w.ranks.size());
      found.insert(found.end(), next, end);
      next = end;
    }
  }
  return found;
}

/// The numbers at those of `ranks`, ascending.
std::vector<double> at_ranks(Visit visit, Communicator& communicator, const Census& census,
                             std::span<const std::size_t> ranks) {
  if (!census.cells.empty()) return of_many(visit, communicator, census, ranks);
  const auto all = sorted(census.few, communicator);
  std::vector<double> found;
  for (const std::size_t rank : ranks) found.push_back(all[rank]);
  return found;
}

}  // namespace

std::vector<double> column_quantiles(Visit visit, FunctionRef<std::vector<double>(std::size_t n)> shares,
                                     Communicator& communicator) {
  const Census census = take_census(visit, communicator);
  const std::size_t n = census.n;
  if (n == 0) return {};
  const std::vector<double> wanted = shares(n);
  const auto place = [&](double share) { return share * static_cast<double>(n - 1); };
  const auto below = [&](double share) { return static_cast<std::size_t>(place(share)); };
  std::vector<std::size_t> ranks;
  for (const double share : wanted) ranks.insert(ranks.end(), {below(share), std::min(n - 1, below(share) + 1)});
  std::ranges::sort(ranks);
  ranks.erase(std::ranges::unique(ranks).begin(), ranks.end());

  const std::vector<double> values = at_ranks(visit, communicator, census, ranks);
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
