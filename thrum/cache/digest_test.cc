#include "thrum/cache/digest.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace thrum {
namespace {

std::vector<std::byte> content(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 251);
  return bytes;
}

TEST(Digest, IsWrittenAsHexadecimalAndRead) {
  const Digest digest{0x0123456789abcdef, 0x00000000000000ff};
  EXPECT_EQ(digest.hex(), "0123456789abcdef00000000000000ff");
  EXPECT_EQ(Digest::from_hex(digest.hex()), digest);
}

TEST(Digest, OtherTextIsNoDigest) {
  for (const char* text : {"", "0", "0123456789abcdef00000000000000f", "0123456789abcdef00000000000000fff",
                           "0123456789ABCDEF00000000000000ff", "+123456789abcdef00000000000000ff"}) {
    EXPECT_EQ(Digest::from_hex(text), std::nullopt) << text;
  }
}

TEST(Digest, DoesNotDependOnTheNumberOfThreads) {
  for (const std::size_t size :
       {digest_leaf_size - 1, digest_leaf_size, digest_leaf_size + 1, 5 * digest_leaf_size + 3}) {
    const auto bytes = content(size);
    const Digest alone = digest_of(bytes);
    for (const int threads : {1, 2, 5}) {
      Arena arena(threads);
      EXPECT_EQ(digest_of(bytes, &arena), alone) << size << " bytes, " << threads << " threads";
    }
  }
}

TEST(Digest, SeesEveryLeafAndTheLength) {
  auto bytes = content(3 * digest_leaf_size);
  std::set<Digest> seen = {digest_of(bytes)};
  for (const std::size_t at : {std::size_t{0}, digest_leaf_size, 3 * digest_leaf_size - 1}) {
    bytes[at] ^= std::byte{1};
    EXPECT_TRUE(seen.insert(digest_of(bytes)).second) << at;
    bytes[at] ^= std::byte{1};
  }
  EXPECT_TRUE(seen.insert(digest_of(ByteSpan(bytes).first(bytes.size() - 1))).second);
}

TEST(Digest, OfATreeIsNotThatOfItsLeavesDigests) {
  const auto bytes = content(2 * digest_leaf_size);
  const Digest leaves[] = {digest_of(ByteSpan(bytes).first(digest_leaf_size)),
                           digest_of(ByteSpan(bytes).last(digest_leaf_size))};
  EXPECT_NE(digest_of(bytes), digest_of(std::as_bytes(std::span(leaves))));
}

TEST(Digest, NeverChanges) {
  EXPECT_EQ(digest_of({}).hex(), "99aa06d3014798d86001c324468d497f") << "XXH3-128 of nothing, as its authors give it";
  EXPECT_EQ(digest_of(content(3'000'000)).hex(), "02aff7a3f1f31095656dbde5b8000246");
}

}  // namespace
}  // namespace thrum
