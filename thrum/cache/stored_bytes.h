#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "thrum/core/bytes.h"

namespace thrum {

/// Bytes that do not change, aligned to 64, and what keeps them: memory, or a mapped file, which may meanwhile be
/// evicted from the disk. Copies share them.
class StoredBytes {
 public:
  StoredBytes() = default;
  StoredBytes(std::shared_ptr<const void> owner, ByteSpan bytes) : owner_(std::move(owner)), bytes_(bytes) {}
  /// Takes a vector over; aligned to what the vector is.
  template <class T>
  explicit StoredBytes(std::vector<T> values) {
    const auto owner = std::make_shared<const std::vector<T>>(std::move(values));
    bytes_ = std::as_bytes(std::span(*owner));
    owner_ = owner;
  }

  ByteSpan bytes() const noexcept { return bytes_; }
  /// A part that keeps the whole. REQUIRES: it lies inside.
  StoredBytes part(std::size_t offset, std::size_t size) const { return {owner_, bytes_.subspan(offset, size)}; }

 private:
  std::shared_ptr<const void> owner_;
  ByteSpan bytes_;
};

}  // namespace thrum
