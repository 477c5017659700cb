#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "thrum/runtime/scratch.h"

namespace thrum {

namespace detail {
struct UnmapPages {
  std::size_t size = 0;
  Scratch* scratch = nullptr;  ///< that keeps them; null: memory
  void operator()(std::byte* pages) const noexcept;
};
using Pages = std::unique_ptr<std::byte, UnmapPages>;

/// At least one byte, where `scratch` is null in memory. Throws out_of_memory.
Pages map_zeroed_pages(std::size_t size, Scratch* scratch);
}  // namespace detail

/// An array of zeros, aligned to 64 bytes at least. Its pages appear at the first write, on the core that writes, and
/// are large where the system has such: a first touch of small ones costs as much as reading the array several times.
template <class T>
class ZeroedArray {
 public:
  /// Where `scratch` is not null, it keeps the array.
  explicit ZeroedArray(std::size_t size, Scratch* scratch = nullptr)
      : size_(size), pages_(detail::map_zeroed_pages(size * sizeof(T), scratch)) {}

  T* data() { return reinterpret_cast<T*>(pages_.get()); }
  const T* data() const { return reinterpret_cast<const T*>(pages_.get()); }
  std::size_t size() const { return size_; }
  std::span<T> values() { return {data(), size_}; }
  std::span<const T> values() const { return {data(), size_}; }

 private:
  std::size_t size_;
  detail::Pages pages_;
};

}  // namespace thrum
