#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string_view>

#include "thrum/core/bytes.h"
#include "thrum/core/function_ref.h"

namespace thrum {

/// The bytes of a whole file: mapped read-only, or read into memory where it cannot be mapped (pipes; "-" is standard
/// input). Movable; the bytes stay where they are. Who truncates a mapped file meanwhile kills the reader (SIGBUS), so
/// files should be replaced, as write_file does, never shortened.
class MappedFile {
 public:
  /// Throws io naming the path and the reason (missing, a directory, no permission, a device that may have no end).
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  ByteSpan bytes() const noexcept { return {data_, size_}; }
  /// Whether the bytes lie in the file and not in memory of their own.
  bool is_mapped() const noexcept { return is_mapped_; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  bool is_mapped_ = false;
};

/// What `write_file` hands to its callback.
class FileWriter {
 public:
  virtual ~FileWriter() = default;
  virtual void write(ByteSpan bytes) = 0;  ///< throws io, such as for a full disk
  void write(std::string_view text) { write(bytes_of(text)); }
};

/// A file that is complete but has not taken its name yet, so that several can appear together. Movable.
class StagedFile {
 public:
  /// Does all of write_file(path, fill) but its last step. What is written directly is written here.
  StagedFile(const std::filesystem::path& path, FunctionRef<void(FileWriter&)> fill);
  ~StagedFile();  ///< without publish(): leaves the old file as it is, and nothing else
  StagedFile(StagedFile&&) noexcept;
  StagedFile& operator=(StagedFile&&) noexcept;

  /// The last step: the file takes its name. Throws io naming the path.
  void publish();

 private:
  class Temporary;
  std::unique_ptr<Temporary> temporary_;  ///< null where the file was written directly
};

/// Creates or replaces `path` as a whole: `fill` writes to a temporary file in the same directory, which takes the name
/// `path` at the end. Whoever reads `path` sees the old file or the new one; when `fill` throws, or on kill -9, the old
/// one stays and nothing else is left. A replaced file keeps its permissions; a symbolic link stays one.
/// "-" is standard output; it, devices and pipes are written directly. Throws io naming the path.
void write_file(const std::filesystem::path& path, FunctionRef<void(FileWriter&)> fill);

}  // namespace thrum
