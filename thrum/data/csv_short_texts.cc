#include "thrum/data/csv_short_texts_internal.h"

// A text is compared in vectors of the same size on all of these.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/data/csv_short_texts.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::csv::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr hn::CappedTag<std::uint8_t, ShortTexts::size> bytes{};

/// Whether the first `n` bytes at `p`, and zeros behind them, are those at `place`.
HWY_INLINE bool is_at(const char* place, const char* p, std::size_t n) {
  bool is = n < ShortTexts::size;
  for (std::size_t i = 0; i < ShortTexts::size; i += hn::Lanes(bytes)) {
    const auto mask = hn::FirstN(bytes, n > i ? n - i : 0);
    const auto text = hn::IfThenElseZero(mask, hn::LoadU(bytes, reinterpret_cast<const std::uint8_t*>(p) + i));
    const auto kept = hn::Load(bytes, reinterpret_cast<const std::uint8_t*>(place) + i);
    is &= hn::AllTrue(bytes, hn::Eq(text, kept));
  }
  return is;
}

std::uint64_t find_texts(const FieldEnds& fields, std::size_t n, const char* places, const std::int32_t* codes,
                         std::int32_t* out) {
  const std::uint32_t* end = fields.ends;
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < n; ++i, end += fields.stride) {
    const std::uint32_t begin = end[-1] + 1;
    const char* const p = fields.text + begin;
    const std::size_t place = ShortTexts::place_of(p, *end - begin);
    out[i] = codes[place];
    found |= std::uint64_t{is_at(places + place * ShortTexts::size, p, *end - begin)} << i;
  }
  return found;
}

}  // namespace thrum::csv::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum::csv {

HWY_EXPORT(find_texts);

std::uint64_t ShortTexts::find(const FieldEnds& fields, std::size_t n, std::int32_t* out) const noexcept {
  const std::uint32_t last_begin = (fields.ends + (n - 1) * fields.stride)[-1] + 1;
  if (fields.size - last_begin < size) return 0;
  return HWY_DYNAMIC_DISPATCH(find_texts)(fields, n, places_.front().bytes, codes_.data(), out);
}

void ShortTexts::keep(const FieldEnds& fields, std::int32_t code) noexcept {
  const std::uint32_t begin = fields.ends[-1] + 1;
  const std::size_t n = *fields.ends - begin;
  if (n >= size || fields.size - begin < size) return;
  const std::size_t place = place_of(fields.text + begin, n);
  places_[place] = {};
  std::memcpy(places_[place].bytes, fields.text + begin, n);
  codes_[place] = code;
}

}  // namespace thrum::csv
#endif  // HWY_ONCE
