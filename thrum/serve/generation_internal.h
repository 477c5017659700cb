#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "thrum/runtime/unique_fd.h"
#include "thrum/serve/listener_internal.h"
#include "thrum/serve/serve_options.h"

namespace thrum::serving {

/// What workers serve, and how. A reload makes the next one.
struct Generation {
  static constexpr int most_workers = 1024;

  ServeOptions options = {};
  UniqueFd image = {};                    ///< sealed
  std::vector<std::string> changes = {};  ///< of the models, for the log
  std::vector<std::shared_ptr<Listener>> listeners = {};

  std::size_t n_places() const noexcept { return static_cast<std::size_t>(options.workers); }

  /// Or takes some away. Throws io, and then nothing has changed.
  void add_workers(int n) {
    const int n_after = std::clamp(options.workers + n, 1, most_workers);
    for (const auto& listener : listeners) listener->grow(static_cast<std::size_t>(n_after));
    options.workers = n_after;
  }
};

}  // namespace thrum::serving
