#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "thrum/core/log.h"
#include "thrum/core/mutex.h"
#include "thrum/runtime/progress.h"

namespace thrum::cli {

/// Everything on standard error: messages, warnings and progress. On a terminal progress is one line that is redrawn at
/// most ten times a second and leaves nothing behind; elsewhere there is none, unless JSON lines are asked for.
/// Thread-safe.
class Console final : public Progress {
 public:
  struct Style {
    LogLevel least = LogLevel::info;  ///< what is below is not shown
    bool json_lines = false;
    bool progress = true;
  };

  void set_style(Style style) THRUM_EXCLUDES(mutex_);

  /// "thrum: warning: …", or the message alone for `info`; one JSON object per line with json_lines.
  void write(LogLevel level, std::string_view message) THRUM_EXCLUDES(mutex_);

  /// A result for people, as it is and whatever the style, where standard output is another program's.
  void show(std::string_view text) THRUM_EXCLUDES(mutex_);

  void report(const Report& report) override THRUM_EXCLUDES(mutex_);
  /// Erases the progress line.
  void end_progress() THRUM_EXCLUDES(mutex_);

 private:
  using Clock = std::chrono::steady_clock;

  void draw(const Report& report, double seconds) THRUM_REQUIRES(mutex_);
  void erase() THRUM_REQUIRES(mutex_);

  Mutex mutex_;
  Style style_ THRUM_GUARDED_BY(mutex_);
  std::string stage_ THRUM_GUARDED_BY(mutex_);
  Clock::time_point stage_begin_ THRUM_GUARDED_BY(mutex_);
  Clock::time_point last_report_ THRUM_GUARDED_BY(mutex_);
  bool drawn_ THRUM_GUARDED_BY(mutex_) = false;
};

}  // namespace thrum::cli
