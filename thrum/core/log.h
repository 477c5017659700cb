#pragma once

#include <functional>
#include <string_view>

namespace thrum {

enum class LogLevel { debug, info, warning, error };

/// Receives what the library has to say. The library itself never prints.
using LogSink = std::function<void(LogLevel, std::string_view message)>;

/// Replaces the sink (the default drops everything). Thread-safe; the sink is called from any thread, one call at a
/// time.
void set_log_sink(LogSink sink);

/// What is less important is dropped from now on (the default drops nothing). Thread-safe.
void set_log_level(LogLevel least);

void log(LogLevel level, std::string_view message);

}  // namespace thrum
