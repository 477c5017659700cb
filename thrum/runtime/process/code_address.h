#pragma once

#include <cstdint>

namespace thrum {

/// Where code lies, in a form that means the same in every process that runs the same build: the loaded object, by its
/// build id, and the offset from where it was loaded. Address space randomisation does not change it.
struct CodeAddress {
  std::uint64_t object = 0;
  std::uint64_t offset = 0;

  bool operator==(const CodeAddress&) const = default;
};

/// Throws invalid_argument when `code` does not point into the code of the program or of a library that it has loaded.
/// Thread-safe, as is code_at.
CodeAddress code_address(const void* code);

/// The way back. Throws remote when no object with this build id is loaded here, or no code lies there.
const void* code_at(CodeAddress address);

}  // namespace thrum
