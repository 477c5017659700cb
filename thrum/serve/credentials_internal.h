#pragma once

#include <sys/types.h>

#include "thrum/serve/serve_options.h"

namespace thrum::serving {

/// Who the workers run as.
struct Credentials {
  uid_t uid;
  gid_t gid;

  /// By name or by number; those of this process where the options name none. Throws invalid_argument for a user or
  /// group that there is not.
  static Credentials of(const ServeOptions& options);

  /// Not those of this process.
  bool are_other() const noexcept;
  /// Throws io where this process may not take them.
  void check() const;
  /// This process has them from now on, and no other. Throws io.
  void take() const;
};

/// The octal number of --umask. Throws invalid_argument.
mode_t parse_umask(const std::string& text);

}  // namespace thrum::serving
