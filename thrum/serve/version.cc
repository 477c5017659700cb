#include "thrum/serve/version_internal.h"

namespace thrum::serving {

std::string_view version() noexcept {
  return THRUM_VERSION;
}

}  // namespace thrum::serving
