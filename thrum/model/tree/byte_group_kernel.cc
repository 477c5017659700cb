#include <algorithm>

#include "thrum/model/tree/byte_groups_internal.h"
#include "thrum/model/tree/byte_leaves_internal.h"

// There, 64 bytes are looked up by one instruction.
#define HWY_WANT_AVX3_DL
// Vectors are kept in arrays, which types without a fixed size do not allow.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/model/tree/byte_group_kernel.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::byte_trees::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Doublings that are made without a look at whether they are needed: few ways have more than 16 questions.
[[maybe_unused]] constexpr int usual_doublings = 4;

HWY_INLINE std::uint8_t leaf_of(int follower) {
  return static_cast<std::uint8_t>(follower - first_leaf);
}

#if HWY_TARGET <= HWY_AVX3_DL && HWY_ARCH_X86

/// A row, as groups are asked about it.
class GroupLookup {
 public:
  static constexpr bool fits(std::size_t /*trees_per_group*/) { return true; }

  GroupLookup(const std::int8_t* row, std::size_t /*n_planes*/)
      : low_(_mm512_load_si512(row)), high_(_mm512_load_si512(row + 64)), leaves_(leaves()) {}

  /// The leaf of the tree that begins in slot 0, and of the one that begins in the middle.
  HWY_INLINE void find(const Group& group, std::uint8_t* found) const {
    const __m512i x = _mm512_permutex2var_epi8(low_, _mm512_load_si512(group.planes), high_);
    const __mmask64 goes_right = _mm512_cmpgt_epi8_mask(x, _mm512_load_si512(group.ranks));
    __m512i next = _mm512_mask_blend_epi8(goes_right, _mm512_load_si512(group.left), _mm512_load_si512(group.right));
    for (int i = 0; i < usual_doublings; ++i) next = follow(next);
    while (true) {
      const int first = _mm_cvtsi128_si32(_mm512_castsi512_si128(next));
      const int second = _mm_cvtsi128_si32(_mm512_extracti32x4_epi32(next, 2));
      found[0] = leaf_of(first);
      found[1] = leaf_of(second);
      if (HWY_LIKELY((first & second & 0x80) != 0)) return;
      next = follow(next);
    }
  }

 private:
  /// What follows the followers: a leaf itself.
  HWY_INLINE __m512i follow(__m512i next) const { return _mm512_permutex2var_epi8(next, next, leaves_); }

  static __m512i leaves() {
    alignas(64) std::int8_t all[Group::slots];
    for (std::size_t i = 0; i < Group::slots; ++i) all[i] = static_cast<std::int8_t>(first_leaf + static_cast<int>(i));
    return _mm512_load_si512(all);
  }

  __m512i low_;
  __m512i high_;
  __m512i leaves_;
};

#elif HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SSSE3

/// Where looking up many bytes takes as many steps.
struct GroupLookup {
  static constexpr bool fits(std::size_t /*trees_per_group*/) { return false; }
  GroupLookup(const std::int8_t* /*row*/, std::size_t /*n_planes*/) {}
  static void find(const Group& /*group*/, std::uint8_t* found) { found[0] = leaf_of(first_leaf); }
};

#else

constexpr hn::CappedTag<std::int8_t, Group::half> bytes{};
using Bytes = hn::Vec<decltype(bytes)>;
constexpr std::size_t table_bytes = 16;  ///< that one instruction looks up in

/// A row, as groups are asked about it.
class GroupLookup {
 public:
  static constexpr bool fits(std::size_t trees_per_group) { return trees_per_group == 2; }

  GroupLookup(const std::int8_t* row, std::size_t n_planes) : row_(row), n_planes_(n_planes) {}

  /// The leaf of the tree that begins in slot 0, and of the one that begins in the middle.
  HWY_INLINE void find(const Group& group, std::uint8_t* found) const {
    found[0] = find_from(group, 0);
    found[1] = find_from(group, Group::half);
  }

 private:
  static constexpr std::size_t lanes = hn::MaxLanes(bytes);
  static constexpr std::size_t n_vectors = Group::half / lanes;

  HWY_INLINE std::uint8_t find_from(const Group& group, std::size_t origin) const {
    Bytes next[n_vectors];
    for (std::size_t i = 0; i < n_vectors; ++i) {
      const std::size_t slot = origin + i * lanes;
      const auto goes_right =
          hn::Gt(look_up(hn::Load(bytes, group.planes + slot)), hn::Load(bytes, group.ranks + slot));
      next[i] = hn::IfThenElse(goes_right, hn::Load(bytes, group.right + slot), hn::Load(bytes, group.left + slot));
    }
    for (int i = 0; i < usual_doublings; ++i) follow(origin, next);
    while (HWY_UNLIKELY(hn::GetLane(next[0]) >= 0)) follow(origin, next);
    return leaf_of(hn::GetLane(next[0]));
  }

  HWY_INLINE Bytes look_up(Bytes planes) const {
    const Bytes low = hn::And(planes, hn::Set(bytes, table_bytes - 1));
    Bytes found = hn::TableLookupBytes(hn::LoadDup128(bytes, row_), low);
    for (std::size_t first = table_bytes; first < n_planes_; first += table_bytes) {
      const auto is_here = hn::Gt(planes, hn::Set(bytes, static_cast<std::int8_t>(first - 1)));
      found = hn::IfThenElse(is_here, hn::TableLookupBytes(hn::LoadDup128(bytes, row_ + first), low), found);
    }
    return found;
  }

  /// The followers in the slots from `origin` on become what follows them: a leaf itself.
  HWY_INLINE static void follow(std::size_t origin, Bytes (&next)[n_vectors]) {
    const Bytes front = n_vectors == 1 ? hn::ConcatLowerLower(bytes, next[0], next[0]) : next[0];
    const Bytes back = n_vectors == 1 ? hn::ConcatUpperUpper(bytes, next[0], next[0]) : next[n_vectors - 1];
    const Bytes last_in_front = hn::Set(bytes, static_cast<std::int8_t>(origin + table_bytes - 1));
    for (Bytes& now : next) {
      const Bytes low = hn::And(now, hn::Set(bytes, table_bytes - 1));
      const Bytes then =
          hn::IfThenElse(hn::Gt(now, last_in_front), hn::TableLookupBytes(back, low), hn::TableLookupBytes(front, low));
      now = hn::IfThenElse(hn::Lt(now, hn::Zero(bytes)), now, then);
    }
  }

  const std::int8_t* row_;
  std::size_t n_planes_;
};

#endif

bool add_groups_kernel(const View& view, const Groups& groups, const Chunk& chunk, std::size_t first_group,
                       const std::int8_t* row, double* sums) {
  if (!GroupLookup::fits(groups.trees_per_group)) return false;
  constexpr std::size_t some_trees = 16;  // whose sums, each waiting for the one before, the next lookups hide
  const GroupLookup lookup(row, chunk.n_planes);
  const Group* group = groups.groups.data() + first_group;
  for (std::size_t t = 0; t < chunk.n_trees; t += some_trees) {
    std::uint8_t leaves[some_trees + 1];
    const std::size_t n = std::min<std::size_t>(some_trees, chunk.n_trees - t);
    for (std::size_t i = 0; i < n; i += groups.trees_per_group) lookup.find(*group++, leaves + i);
    add_leaves(view, chunk.first_tree + t, {leaves, n}, sums);
  }
  return true;
}

}  // namespace thrum::byte_trees::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum::byte_trees {
HWY_EXPORT(add_groups_kernel);

bool add_groups(const View& view, const Groups& groups, const Chunk& chunk, std::size_t first_group,
                const std::int8_t* row, double* sums) noexcept {
  return HWY_DYNAMIC_DISPATCH(add_groups_kernel)(view, groups, chunk, first_group, row, sums);
}

}  // namespace thrum::byte_trees
#endif
