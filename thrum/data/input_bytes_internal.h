#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "thrum/comm/execution.h"
#include "thrum/core/bytes.h"
#include "thrum/runtime/file.h"
#include "thrum/runtime/scratch.h"

namespace thrum {

/// What a file of data holds, decompressed; "-" is standard input. In memory or mapped; where large arrays lie in a
/// Scratch, pipes and what was compressed lie there too, and it lets go of all of it.
class InputBytes {
 public:
  /// `name` is for messages. Throws io, corrupt_data for damaged compression, out_of_memory, cancelled.
  InputBytes(const std::filesystem::path& path, const std::string& name, const Execution& execution);
  InputBytes(const InputBytes&) = delete;
  InputBytes& operator=(const InputBytes&) = delete;

  ByteSpan bytes() const noexcept { return bytes_; }

 private:
  void read_into_memory(const std::filesystem::path& path, const std::string& name, const Execution& execution);
  void read_within_limit(const std::filesystem::path& path, const std::string& name, const Execution& execution);

  std::optional<MappedFile> file_;
  Scratch::Bytes kept_;  ///< ends before the file
  std::string text_;
  ByteSpan bytes_;
};

}  // namespace thrum
