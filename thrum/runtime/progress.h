#pragma once

#include <cstddef>
#include <string_view>

namespace thrum {

/// Where long work reports to. Implementations are thread-safe and quick: a report may come from any thread.
class Progress {
 public:
  virtual ~Progress() = default;

  struct Report {
    std::string_view stage;  ///< "fit", "read", …
    std::size_t done = 0;
    std::size_t total = 0;         ///< 0: not known
    std::string_view detail = {};  ///< such as "objective 0.31842", may be empty
  };

  virtual void report(const Report& report) = 0;
};

}  // namespace thrum
