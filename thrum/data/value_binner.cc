#include "thrum/data/value_binner_internal.h"

#include <algorithm>
#include <bit>
#include <limits>

// A table of bounds is kept in a vector, whose size must be known.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/data/value_binner.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using DI = hn::RebindToSigned<D>;
using Values = hn::Vec<D>;
using Counts = hn::Vec<DI>;

constexpr std::size_t n_together = 4;  // vectors, so that their searches overlap

/// How many bounds but the first are less than each of some values: binary searches in all lanes at once. The first
/// steps look into a register that holds as many bounds as it has lanes, evenly spaced, and only the others into
/// memory.
class Search {
 public:
  Search(const double* bounds, std::size_t n)
      : bounds_(bounds), spacing_(static_cast<std::int64_t>(n / hn::Lanes(D()))) {
    HWY_ALIGN double pivots[hn::MaxLanes(D())];
    for (std::size_t k = 0; k < hn::Lanes(D()); ++k) pivots[k] = bounds[k * static_cast<std::size_t>(spacing_)];
    pivots_ = hn::Load(D(), pivots);
  }

  HWY_INLINE void run(const Values (&x)[n_together], Counts (&below)[n_together]) const {
    const DI di;
    for (Counts& b : below) b = hn::Zero(di);
    for (auto step = static_cast<std::int64_t>(hn::Lanes(di) / 2); step > 0; step /= 2) {
      take_step(x, below, step, [&](Counts at) HWY_ATTR { return pivot(at); });
    }
    const int shift = std::countr_zero(static_cast<std::uint64_t>(spacing_));
    for (Counts& b : below) b = hn::ShiftLeftSame(b, shift);
    for (std::int64_t step = spacing_ / 2; step > 0; step /= 2) {
      take_step(x, below, step, [&](Counts at) HWY_ATTR { return hn::GatherIndex(D(), bounds_, at); });
    }
  }

 private:
  HWY_INLINE Values pivot(Counts at) const { return hn::TableLookupLanes(pivots_, hn::IndicesFromVec(D(), at)); }

  template <class BoundAt>
  static HWY_INLINE void take_step(const Values (&x)[n_together], Counts (&below)[n_together], std::int64_t step,
                                   BoundAt bound_at) {
    const DI di;
    for (std::size_t k = 0; k < n_together; ++k) {
      const Counts next = hn::Add(below[k], hn::Set(di, step));
      below[k] = hn::IfThenElse(hn::RebindMask(di, hn::Lt(bound_at(next), x[k])), next, below[k]);
    }
  }

  const double* bounds_;
  std::int64_t spacing_;
  Values pivots_;
};

/// bins[i] = 0 where values[i] is NaN, else 1 + how many of bounds[1], …, bounds[n_bounds - 1] are less. REQUIRES:
/// `n_bounds` is a power of two and at least the number of lanes.
void bin_numbers(const double* bounds, std::size_t n_bounds, std::span<const double> values, std::uint8_t* bins) {
  const D d;
  const DI di;
  const std::size_t lanes = hn::Lanes(d);
  const Search search(bounds, n_bounds);
  double padded[n_together * hn::MaxLanes(D())] = {};
  HWY_ALIGN std::int64_t found[n_together * hn::MaxLanes(D())];
  for (std::size_t i = 0; i < values.size(); i += n_together * lanes) {
    const double* from = values.data() + i;
    const std::size_t n = std::min(n_together * lanes, values.size() - i);
    if (n < n_together * lanes) from = std::copy_n(from, n, padded) - n;
    Values x[n_together];
    Counts below[n_together];
    for (std::size_t k = 0; k < n_together; ++k) x[k] = hn::LoadU(d, from + k * lanes);
    search.run(x, below);
    for (std::size_t k = 0; k < n_together; ++k) {
      const Counts bin = hn::Add(below[k], hn::Set(di, std::int64_t{1}));
      hn::Store(hn::IfThenElseZero(hn::RebindMask(di, hn::Eq(x[k], x[k])), bin), di, found + k * lanes);
    }
    for (std::size_t k = 0; k < n; ++k) bins[i + k] = static_cast<std::uint8_t>(found[k]);
  }
}

}  // namespace thrum::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum {

HWY_EXPORT(bin_numbers);

ValueBinner::ValueBinner(const BinMap& map) : type_(map.type) {
  if (type_ == FeatureType::number) {
    constexpr std::size_t most_lanes = 8;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    bounds_.push_back(-infinity);
    bounds_.insert(bounds_.end(), map.upper.begin(), map.upper.end() - 1);
    bounds_.resize(std::max(std::bit_ceil(bounds_.size()), most_lanes), infinity);
    return;
  }
  for (std::size_t b = 0; b < map.categories.size(); ++b) {
    const auto code = static_cast<std::size_t>(map.categories[b]);
    if (code >= bin_of_code_.size()) bin_of_code_.resize(code + 1);
    bin_of_code_[code] = static_cast<std::uint8_t>(b + 1);
  }
}

void ValueBinner::bin(std::span<const double> values, std::span<std::uint8_t> bins) const noexcept {
  if (type_ == FeatureType::number) {
    HWY_DYNAMIC_DISPATCH(bin_numbers)(bounds_.data(), bounds_.size(), values, bins.data());
  } else {
    bin_codes(values, bins);
  }
}

void ValueBinner::bin_codes(std::span<const double> values, std::span<std::uint8_t> bins) const noexcept {
  const auto n_codes = static_cast<double>(bin_of_code_.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is_known = values[i] < n_codes;  // not NaN
    bins[i] = is_known ? bin_of_code_[static_cast<std::size_t>(values[i])] : std::uint8_t{0};
  }
}

}  // namespace thrum
#endif  // HWY_ONCE
