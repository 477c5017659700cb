#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "thrum/runtime/process/wire.h"
#include "thrum/runtime/sharing/shared_memory.h"

namespace thrum {

/// Throws the error of writing to a sealed or received array.
[[noreturn]] void throw_array_is_read_only();

/// Numbers, or structs of numbers, that processes share without a copy. Its creator may write until it seals the array;
/// others read. An array made by writable() may be written by every process that has it, at its own risk: with
/// std::atomic_ref, under a Lock, or each process its own part. A copy is a handle of the same elements, which begin at
/// a multiple of 64 bytes. It takes no /dev/shm and leaves nothing behind, however its processes end. The handle is as
/// thread-safe as a shared_ptr.
template <wire_detail::Bitwise T>
class SharedArray {
 public:
  /// Empty.
  SharedArray() = default;
  /// `n` zeroed elements that this process writes: fill mutable_span(), then seal(). Throws out_of_memory; io.
  explicit SharedArray(std::size_t n) : SharedArray(n, SharedMemory::Access::creator_writes) {}
  /// `n` zeroed elements that every process may write. Throws out_of_memory; io.
  static SharedArray writable(std::size_t n) { return SharedArray(n, SharedMemory::Access::all_write); }
  /// A sealed copy of `values`. Throws out_of_memory; io.
  static SharedArray from(std::span<const T> values) {
    SharedArray array;
    array.memory_ = SharedMemory::sealed_copy({.kind = "array", .element_bytes = sizeof(T)}, std::as_bytes(values));
    return array;
  }

  std::size_t size() const noexcept { return memory_.size() / sizeof(T); }
  bool empty() const noexcept { return size() == 0; }
  const T* data() const noexcept { return reinterpret_cast<const T*>(memory_.data()); }
  const T* begin() const noexcept { return data(); }
  const T* end() const noexcept { return data() + size(); }
  std::span<const T> span() const noexcept { return {data(), size()}; }
  /// REQUIRES: i < size().
  const T& operator[](std::size_t i) const noexcept { return data()[i]; }

  /// Whether this process may write.
  bool is_writable() const noexcept { return memory_.is_writable(); }
  /// The elements, to write to. Throws invalid_argument unless is_writable().
  std::span<T> mutable_span() const {
    if (!is_writable()) throw_array_is_read_only();
    return {reinterpret_cast<T*>(memory_.data()), size()};
  }
  /// Nobody can change the elements any more; what mutable_span() gave may still be read. Throws io.
  void seal() const { memory_.seal(); }

  void wire(WireWriter& writer) const { memory_.wire(writer); }
  /// Throws corrupt_data where something else comes.
  void wire(WireReader& reader) {
    SharedMemory memory;
    memory.wire(reader);
    if (memory) memory.expect("array", sizeof(T));
    memory_ = memory;
  }

 private:
  static_assert(alignof(T) <= SharedMemory::alignment);

  SharedArray(std::size_t n, SharedMemory::Access access)
      : memory_({.kind = "array", .element_bytes = sizeof(T), .access = access}, bytes(n)) {}
  /// Saturates: no machine has that much.
  static std::size_t bytes(std::size_t n) {
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    return n > most / sizeof(T) ? most : n * sizeof(T);
  }

  SharedMemory memory_;
};

}  // namespace thrum
