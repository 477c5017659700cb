#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stop_token>

#include "thrum/core/bytes.h"

namespace thrum {

/// The bytes of a regular file in memory of their own, read once. What was checked stays as it was, whoever writes into
/// the file or shortens it meanwhile, which MappedFile cannot promise. Movable; the bytes stay where they are.
class FileCopy {
 public:
  /// Reads a large file by several threads, which are gone when it returns. Throws io naming the path: for what is not
  /// a regular file, at once, such as a pipe that nobody writes into; for a file that becomes shorter while it is read.
  /// out_of_memory; cancelled.
  explicit FileCopy(const std::filesystem::path& path, std::stop_token stop = {});

  ByteSpan bytes() const noexcept { return {data_.get(), data_.get_deleter().size}; }

 private:
  struct Unmap {
    std::size_t size;
    void operator()(std::byte* data) const noexcept;
  };
  std::unique_ptr<std::byte[], Unmap> data_{nullptr, Unmap{0}};
};

}  // namespace thrum
