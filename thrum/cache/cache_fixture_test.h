#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/cache/digest.h"
#include "thrum/cache/store.h"
#include "thrum/core/log.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/temporary_folder_test.h"

namespace thrum {

/// A folder of its own for each test, and what was logged meanwhile.
class CacheTest : public testing::Test {
 protected:
  CacheTest() {
    set_log_sink([this](LogLevel, std::string_view message) { logged += std::string(message) + "\n"; });
  }
  ~CacheTest() override { set_log_sink({}); }

  /// The files of the entries.
  std::vector<std::filesystem::path> entry_files() const {
    std::vector<std::filesystem::path> files;
    for (const auto& found : std::filesystem::recursive_directory_iterator(folder / "v1")) {
      if (found.is_regular_file() && found.path().filename() != "usage") files.push_back(found.path());
    }
    return files;
  }

  const test::TemporaryFolder temporary;
  const std::filesystem::path folder = temporary.path();
  std::string logged;
};

inline Digest key_of(std::string_view text) {
  return digest_of(bytes_of(text));
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write_over(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

using test::refusal;

}  // namespace thrum
