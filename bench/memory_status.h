#pragma once

#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>

namespace thrum::bench {

/// What /proc/self/status (proc(5)) says of `key`, such as "VmRSS".
inline std::size_t status_bytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kilobytes = 0;
    if (word == key + ":" && status >> kilobytes) return kilobytes * 1024;
  }
  throw std::runtime_error("no " + key + " in /proc/self/status");
}

/// VmHWM begins anew from what is in memory now.
inline void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

}  // namespace thrum::bench
