#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "thrum/runtime/unique_fd.h"
#include "thrum/serve/listener_internal.h"
#include "thrum/serve/serve_options.h"

namespace thrum::serving {

/// What workers serve, and how. A reload makes the next one.
struct Generation {
  ServeOptions options = {};
  UniqueFd image = {};  ///< sealed
  std::vector<std::shared_ptr<Listener>> listeners = {};

  std::size_t n_places() const noexcept { return static_cast<std::size_t>(options.workers); }
};

}  // namespace thrum::serving
