#include "thrum/core/log.h"

#include <atomic>
#include <utility>

#include "thrum/core/mutex.h"

namespace thrum {
namespace {

struct Hook {
  Mutex mutex;
  LogSink sink THRUM_GUARDED_BY(mutex);
};

std::atomic<LogLevel> least_level = LogLevel::debug;

Hook& hook() {
  static Hook instance;
  return instance;
}

}  // namespace

void set_log_sink(LogSink sink) {
  MutexLock lock(hook().mutex);
  hook().sink = std::move(sink);
}

void set_log_level(LogLevel least) {
  least_level = least;
}

void log(LogLevel level, std::string_view message) {
  if (level < least_level) return;
  Hook& h = hook();
  MutexLock lock(h.mutex);
  if (h.sink) h.sink(level, message);
}

}  // namespace thrum
