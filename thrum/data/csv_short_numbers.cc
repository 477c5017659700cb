#include "thrum/data/csv_short_numbers_internal.h"

#include <algorithm>
#include <cstring>

// The bits of a vector's lanes fit into a byte.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/data/csv_short_numbers.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::csv::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr hn::ScalableTag<std::uint64_t> words{};
constexpr hn::RebindToSigned<decltype(words)> offsets{};
constexpr hn::Rebind<double, decltype(words)> reals{};
using Words = hn::Vec<decltype(words)>;
using Mask = hn::Mask<decltype(words)>;

HWY_INLINE Words all(std::uint64_t word) {
  return hn::Set(words, word);
}

/// Fields, loaded one by one: that takes less time than gathering them by vectors.
struct Loaded {
  static constexpr std::size_t size = FieldEnds::most_rows;

  HWY_ALIGN std::uint64_t last[size];   ///< the last eight characters, and what stands before them
  HWY_ALIGN std::uint64_t first[size];  ///< the first character
  HWY_ALIGN std::uint64_t n[size];      ///< how many there are
};

/// REQUIRES: eight characters stand before the end of the first field.
HWY_INLINE void load(const FieldEnds& fields, std::size_t n, Loaded& loaded) {
  const std::uint32_t* end = fields.ends;
  for (std::size_t i = 0; i < n; ++i, end += fields.stride) {
    const std::uint32_t begin = end[-1] + 1;
    std::memcpy(&loaded.last[i], fields.text + *end - 8, 8);
    loaded.first[i] = static_cast<unsigned char>(fields.text[begin]);
    loaded.n[i] = *end - begin;
  }
}

/// Characters less '0': digits are below 10 then. The last ones in the highest byte, zeros before the first.
struct Digits {
  Words digits;
  Words n;  ///< characters besides the sign
  Mask negative;
  Mask fit;  ///< there are no more than 8, and one at least
};

HWY_INLINE Digits digits_of(const Loaded& loaded, std::size_t i) {
  Words word = hn::Load(words, loaded.last + i);
  const Mask negative = hn::Eq(hn::Load(words, loaded.first + i), all('-'));
  const Mask before_line_end = hn::Eq(hn::ShiftRight<56>(word), all('\r'));
  word = hn::IfThenElse(before_line_end, hn::ShiftLeft<8>(word), word);
  const auto minus_one_if = [](Mask mask, Words x) { return hn::Sub(x, hn::IfThenElseZero(mask, all(1))); };
  const Words n = minus_one_if(before_line_end, minus_one_if(negative, hn::Load(words, loaded.n + i)));
  const Words absent = hn::Sub(all(64), hn::ShiftLeft<3>(n));
  const Words digits = ((word ^ all(0x3030303030303030)) >> absent) << absent;
  return {digits, n, negative, hn::Eq(hn::ShiftRight<3>(hn::Sub(n, all(1))), all(0))};
}

HWY_INLINE Words hundred_times(Words x) {
  return hn::Add(hn::Add(hn::ShiftLeft<6>(x), hn::ShiftLeft<5>(x)), hn::ShiftLeft<2>(x));
}

/// Joins digits to pairs, pairs to fours, and fours to all.
HWY_INLINE Words value_of(Words digits) {
  const Words tens = hn::Add(hn::ShiftLeft<3>(digits), hn::ShiftLeft<1>(digits));
  const Words pairs = hn::And(hn::Add(tens, hn::ShiftRight<8>(digits)), all(0x00FF00FF00FF00FF));
  const Words fours = hn::And(hn::Add(hundred_times(pairs), hn::ShiftRight<16>(pairs)), all(0x0000FFFF0000FFFF));
  return hn::And(hn::Add(hundred_times(hundred_times(fours)), hn::ShiftRight<32>(fours)), all(0xFFFFFFFF));
}

/// Marks bytes that are no digits, and perhaps some behind one that is not ASCII, by their highest bit.
HWY_INLINE Words mark_others(Words digits) {
  return hn::And(hn::Or(hn::Add(digits, all(0x7676767676767676)), digits), all(0x8080808080808080));
}

/// Returns which of them are whole numbers.
HWY_INLINE Mask read_numbers(const Digits& x, std::int64_t* out) {
  const Words value = value_of(x.digits);
  const Words number = hn::IfThenElse(x.negative, hn::Sub(all(0), value), value);
  hn::Store(hn::BitCast(offsets, number), offsets, out);
  return hn::And(x.fit, hn::Eq(mark_others(x.digits), all(0)));
}

/// Returns which of them are numbers.
HWY_INLINE Mask read_numbers(const Digits& x, double* out) {
  const Words others = mark_others(x.digits);
  const Mask whole = hn::Eq(others, all(0));
  // One point at most, of which `lowest` is the lowest bit: the digits before it move up.
  const Words lowest = hn::ShiftRight<7>(others);
  const Words point = hn::Sub(hn::ShiftLeft<8>(lowest), lowest);
  const Words before = hn::Sub(lowest, all(1));
  const Mask single = hn::Eq(hn::And(others, hn::Sub(others, all(1))), all(0));
  const Words points = hn::Sub(hn::ShiftLeft<5>(lowest), hn::ShiftLeft<1>(lowest));
  static_assert(('.' ^ '0') == 32 - 2);
  const Mask is_point = hn::Eq(hn::And(x.digits, point), points);
  const Mask with_digit = hn::Or(whole, hn::Ne(x.n, all(1)));
  const Words moved = hn::Or(hn::AndNot(hn::Or(before, point), x.digits), hn::ShiftLeft<8>(hn::And(x.digits, before)));
  const Words value = value_of(hn::IfThenElse(whole, x.digits, moved));

  constexpr std::uint64_t two_to_52 = 0x4330000000000000;
  const auto size = hn::Sub(hn::BitCast(reals, hn::Or(value, all(two_to_52))), hn::BitCast(reals, all(two_to_52)));
  const auto factor = [&](std::uint64_t where, double power) {
    const auto is_there = hn::Ne(hn::And(others, all(where)), all(0));
    return hn::IfThenElse(hn::RebindMask(reals, is_there), hn::Set(reals, power), hn::Set(reals, 1.0));
  };
  // The point's distance from the end in binary.
  const auto power = hn::Mul(hn::Mul(factor(0x0080008000800080, 1e1), factor(0x0000808000008080, 1e2)),
                             factor(0x0000000080808080, 1e4));
  const Mask signs = hn::And(x.negative, hn::Or(hn::Not(whole), hn::Ne(value, all(0))));  // "-0" is 0
  const Words sign = hn::IfThenElseZero(signs, all(std::uint64_t{1} << 63));
  hn::Store(hn::Or(hn::Div(size, power), hn::BitCast(reals, sign)), reals, out);
  return hn::And(hn::And(x.fit, single), hn::And(is_point, with_digit));
}

template <class Number>
HWY_INLINE std::uint64_t read_short(const FieldEnds& fields, std::size_t n, Number* out) {
  if (*fields.ends < 8) return 0;
  Loaded loaded;
  load(fields, n, loaded);
  HWY_ALIGN Number numbers[Loaded::size];
  std::uint64_t read = 0;
  for (std::size_t i = 0; i < n; i += hn::Lanes(words)) {
    std::uint8_t bits[8] = {};
    hn::StoreMaskBits(words, read_numbers(digits_of(loaded, i), numbers + i), bits);
    read |= std::uint64_t{bits[0]} << i;
  }
  std::copy_n(numbers, n, out);
  return read & ~std::uint64_t{0} >> (64 - n);
}

std::uint64_t read_wholes(const FieldEnds& fields, std::size_t n, std::int64_t* out) {
  return read_short(fields, n, out);
}

std::uint64_t read_reals(const FieldEnds& fields, std::size_t n, double* out) {
  return read_short(fields, n, out);
}

}  // namespace thrum::csv::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum::csv {

HWY_EXPORT(read_wholes);
HWY_EXPORT(read_reals);

std::uint64_t read_short_wholes(const FieldEnds& fields, std::size_t n, std::int64_t* out) noexcept {
  return HWY_DYNAMIC_DISPATCH(read_wholes)(fields, n, out);
}

std::uint64_t read_short_reals(const FieldEnds& fields, std::size_t n, double* out) noexcept {
  return HWY_DYNAMIC_DISPATCH(read_reals)(fields, n, out);
}

}  // namespace thrum::csv
#endif  // HWY_ONCE
