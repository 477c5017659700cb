#pragma once

#include <cstddef>
#include <fstream>
#include <string>

namespace thrum {

/// What /proc/self/status (proc(5)) says of `key`, such as "VmRSS"; 0 where the system does not say.
inline std::size_t status_bytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kibibytes = 0;
    if (word == key + ":" && status >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

}  // namespace thrum
