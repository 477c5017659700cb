#pragma once

#include <string>

#include "thrum/core/log.h"
#include "thrum/runtime/unique_fd.h"
#include "thrum/serve/serve_options.h"

namespace thrum::serving {

/// The files that a process of the server writes its logs to. They are opened for appending, so that lines of several
/// processes do not mix.
class LogFiles {
 public:
  /// Opens them; made by root for workers of another user, they are that user's. `options` must outlive it. Throws io.
  explicit LogFiles(const ServeOptions& options);
  /// Standard error is again what it was.
  ~LogFiles();
  LogFiles(const LogFiles&) = delete;
  LogFiles& operator=(const LogFiles&) = delete;

  /// Standard error becomes the error log. It has all that is written there, also by a process that crashes.
  void redirect_errors();
  /// Opens them again by their names. A file that cannot be opened stays as it is, and the log says so.
  void reopen() noexcept;
  /// The same with other names.
  void reopen(const ServeOptions& options) noexcept;

  /// Where access lines go; -1: nowhere.
  int access_fd() const noexcept { return access_.get(); }

 private:
  UniqueFd open(const std::string& path) const;

  const ServeOptions* options_;
  UniqueFd access_;
  UniqueFd errors_;
  UniqueFd stderr_before_;
};

/// Throws io where a log file of `options` could not be opened; opens none.
void check_log_files(const ServeOptions& options);

/// The least important messages that --log-level lets pass.
LogLevel log_level_of(const ServeOptions& options);

}  // namespace thrum::serving
