#include "thrum/cache/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <vector>

#include "thrum/cache/xxh3_internal.h"

namespace thrum {
namespace {

/// Sets the digest of a tree apart from that of bytes that happen to be the same as its leaves' digests.
constexpr std::uint64_t root_seed = 0x7468'7275'6D20'7472;  // "thrum tr"

ByteSpan leaf(ByteSpan bytes, std::size_t i) {
  const std::size_t begin = i * digest_leaf_size;
  return bytes.subspan(begin, std::min(digest_leaf_size, bytes.size() - begin));
}

/// REQUIRES: `digits` are hexadecimal and no more than 16.
std::uint64_t word_from_hex(std::string_view digits) {
  std::uint64_t word = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), word, 16);
  return word;
}

}  // namespace

std::string Digest::hex() const {
  return fmt::format("{:016x}{:016x}", high, low);
}

std::optional<Digest> Digest::from_hex(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (text.size() != 32 || text.find_first_not_of(digits) != std::string_view::npos) return std::nullopt;
  return Digest{word_from_hex(text.substr(0, 16)), word_from_hex(text.substr(16))};
}

Digest digest_of(ByteSpan bytes, Arena* arena) {
  if (bytes.size() <= digest_leaf_size) return xxh3_128(bytes);
  std::vector<Digest> leaves(bytes.size() / digest_leaf_size + (bytes.size() % digest_leaf_size != 0));
  const auto digest_leaf = [&](std::size_t i) { leaves[i] = xxh3_128(leaf(bytes, i)); };
  if (arena != nullptr) {
    arena->run(leaves.size(), digest_leaf);
  } else {
    for (std::size_t i = 0; i < leaves.size(); ++i) digest_leaf(i);
  }
  return digest_of_leaves(leaves);
}

Digest digest_of_leaves(std::span<const Digest> leaves) {
  return xxh3_128(std::as_bytes(leaves), root_seed);
}

}  // namespace thrum
