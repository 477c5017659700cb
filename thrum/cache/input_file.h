#pragma once

#include <filesystem>

namespace thrum {

/// An argument that stands for the content of a file: in a key it is the path with the file's size and time of change,
/// so that a changed file is computed anew.
struct InputFile {
  std::filesystem::path path;
};

}  // namespace thrum
