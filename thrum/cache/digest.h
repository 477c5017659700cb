#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "thrum/core/bytes.h"
#include "thrum/runtime/parallel.h"

namespace thrum {

/// 128 bits that stand for a content: what a cache entry is found by. Equal contents have equal digests in every
/// process, for every number of threads. Not for secrets: who wants to can find two contents of one digest.
struct Digest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  /// 32 hexadecimal digits.
  std::string hex() const;
  /// The inverse of hex(); none for anything else.
  static std::optional<Digest> from_hex(std::string_view text);

  friend auto operator<=>(const Digest&, const Digest&) = default;
};

/// Content above this size is cut into leaves of it, whose digests are digested: XXH3-128 in a tree of fixed shape.
inline constexpr std::size_t digest_leaf_size = std::size_t{1} << 20;

/// The digest of `bytes`; their leaves are read by all of `arena` at once, where one is given.
Digest digest_of(ByteSpan bytes, Arena* arena = nullptr);

}  // namespace thrum
