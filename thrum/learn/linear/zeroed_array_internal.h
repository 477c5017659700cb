#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace thrum {

namespace detail {
struct UnmapPages {
  std::size_t size = 0;
  void operator()(std::byte* pages) const noexcept;
};
using Pages = std::unique_ptr<std::byte, UnmapPages>;

/// At least one byte. Throws out_of_memory.
Pages map_zeroed_pages(std::size_t size);
}  // namespace detail

/// An array of zeros, aligned to 64 bytes at least. Its pages appear at the first write, on the core that writes, and
/// are large where the system has such: a first touch of small ones costs as much as reading the array several times.
template <class T>
class ZeroedArray {
 public:
  explicit ZeroedArray(std::size_t size) : size_(size), pages_(detail::map_zeroed_pages(size * sizeof(T))) {}

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
