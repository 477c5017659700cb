#include "thrum/cli/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstddef>

#include "thrum/cli/progress_text.h"
#include "thrum/cli/text.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/printable.h"

namespace thrum::cli {
namespace {

void put(std::string_view text) {
  // A standard error that is closed or full must not end the work.
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::size_t terminal_width() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) return 79;
  return size.ws_col - std::size_t{1};
}

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

std::string line_of(LogLevel level, std::string_view message, bool json) {
  if (json) {
    const Json object = {{"event", "message"}, {"level", level_name(level)}, {"message", message}};
    return dump_json(object) + "\n";
  }
  const std::string text = without_controls(message);
  return level == LogLevel::info ? text + "\n" : fmt::format("thrum: {}: {}\n", level_name(level), text);
}

}  // namespace

void Console::set_style(Style style) {
  MutexLock lock(mutex_);
  style_ = style;
}

void Console::write(LogLevel level, std::string_view message) {
  MutexLock lock(mutex_);
  if (level < style_.least) return;
  erase();
  put(line_of(level, message, style_.json_lines));
}

void Console::show(std::string_view text) {
  MutexLock lock(mutex_);
  erase();
  put(text);
}

void Console::report(const Report& report) {
  using namespace std::chrono_literals;
  MutexLock lock(mutex_);
  if (!style_.progress) return;
  const Clock::time_point now = Clock::now();
  const bool new_stage = report.stage != stage_;
  if (new_stage) {
    stage_ = report.stage;
    stage_begin_ = now;
  }
  if (!new_stage && report.done != report.total && now - last_report_ < (style_.json_lines ? 500ms : 100ms)) return;
  last_report_ = now;
  draw(report, std::chrono::duration<double>(now - stage_begin_).count());
}

void Console::draw(const Report& report, double seconds) {
  if (style_.json_lines) {
    put(progress_json(report, seconds) + "\n");
  } else if (isatty(STDERR_FILENO) != 0) {
    put("\r\x1b[K" + progress_line(report, seconds, terminal_width()));
    drawn_ = true;
  }
}

void Console::end_progress() {
  MutexLock lock(mutex_);
  erase();
}

void Console::erase() {
  if (drawn_) put("\r\x1b[K");
  drawn_ = false;
}

}  // namespace thrum::cli
