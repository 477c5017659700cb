#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "thrum/cache/stored_bytes.h"

namespace thrum {

/// An array that does not change and is not copied: a view into a mapped file of the cache, which it keeps mapped also
/// when the entry is evicted, or a vector taken over. Copies share the elements.
template <class T>
  requires std::is_arithmetic_v<T>
class MappedArray {
 public:
  using value_type = T;

  MappedArray() = default;
  explicit MappedArray(std::vector<T> values) : bytes_(std::move(values)) {}
  /// REQUIRES: whole elements, aligned as T is.
  explicit MappedArray(StoredBytes bytes) : bytes_(std::move(bytes)) {}

  const T* data() const noexcept { return reinterpret_cast<const T*>(bytes_.bytes().data()); }
  std::size_t size() const noexcept { return bytes_.bytes().size() / sizeof(T); }
  bool empty() const noexcept { return size() == 0; }
  const T* begin() const noexcept { return data(); }
  const T* end() const noexcept { return data() + size(); }
  const T& operator[](std::size_t i) const { return data()[i]; }

  std::span<const T> span() const noexcept { return {data(), size()}; }
  operator std::span<const T>() const noexcept { return span(); }  // NOLINT(google-explicit-constructor): a view

 private:
  StoredBytes bytes_;
};

}  // namespace thrum
