#pragma once

#include <xxhash.h>
#if defined(__x86_64__)
#include <xxh_x86dispatch.h>  // picks AVX2 or AVX-512 at run time; the digests are the same
#endif

#include <cstdint>
#include <span>

#include "thrum/cache/digest.h"

namespace thrum {

inline Digest xxh3_128(ByteSpan bytes, std::uint64_t seed = 0) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {hash.high64, hash.low64};
}

inline std::uint64_t xxh3_64(ByteSpan bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

/// The root over the digests of leaves, as digest_of makes it.
Digest digest_of_leaves(std::span<const Digest> leaves);

}  // namespace thrum
