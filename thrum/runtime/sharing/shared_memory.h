#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>

#include "thrum/core/bytes.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {

class WireReader;
class WireWriter;

/// Memory that processes share: what shared arrays, locks and queues are built on. It lies in a memfd of fixed size
/// that crosses by descriptor and is mapped without a copy; it goes back when the last process that holds it ends,
/// however it ends. A copy is a handle of the same memory. A process that receives the same memory again maps it once.
/// The handle is as thread-safe as a shared_ptr; the memory is what its owner makes of it.
class SharedMemory {
 public:
  enum class Access : std::uint32_t {
    creator_writes,  ///< until seal(); other processes map it read-only
    all_write,
  };

  /// What lies in the memory: whoever receives it asks for the same, and gets corrupt_data for anything else.
  struct Content {
    std::string_view kind;  ///< such as "array", at most 15 characters
    std::uint32_t element_bytes = 1;
    Access access = Access::all_write;
  };

  /// Content begins at a multiple of this.
  static constexpr std::size_t alignment = 64;

  /// No memory.
  SharedMemory() = default;
  /// `size` zeroed bytes, all of them there: no later access can lack memory. Throws out_of_memory; io.
  SharedMemory(const Content& content, std::size_t size);
  /// A copy of `bytes` that nobody can change any more. Throws out_of_memory; io.
  static SharedMemory sealed_copy(const Content& content, ByteSpan bytes);
  /// The memory behind a descriptor that another process sent. Throws corrupt_data where that is something else; io.
  explicit SharedMemory(UniqueFd fd);

  /// Throws corrupt_data when it holds another kind or elements of another size.
  void expect(std::string_view kind, std::uint32_t element_bytes) const;

  std::byte* data() const noexcept;
  std::size_t size() const noexcept;
  /// -1 without memory.
  int fd() const noexcept;
  bool is_writable() const noexcept;
  /// Nobody can change it any more. It stays at its address. Where another process or a second mapping can write now,
  /// at least no further one will be able to. Throws io.
  void seal() const;

  /// While it is pinned, this process keeps the memory mapped even without a handle.
  void pin() const noexcept;
  void unpin() const noexcept;

  explicit operator bool() const noexcept { return mapping_ != nullptr; }
  void wire(WireWriter& writer) const;
  void wire(WireReader& reader);

  class Mapping;

 private:
  std::shared_ptr<Mapping> mapping_;
};

}  // namespace thrum
