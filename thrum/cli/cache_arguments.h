#pragma once

#include <chrono>
#include <string>

#include "thrum/cache/store.h"
#include "thrum/cli/parameter.h"
#include "thrum/cli/session.h"

namespace thrum::cli {

/// The parameter that all commands about caches have: the folder.
Parameter cache_folder_parameter(std::string* folder);

/// Throws Failure (data) where there is no cache.
Store open_cache(const std::string& folder, const Session& session);

/// "2026-11-26T06:30:00Z"
std::string utc_text(std::chrono::system_clock::time_point time);

/// "3 entries, 12.0 KiB"
std::string usage_text(const Usage& usage);

/// Of a computation: as duration_text, or "< 1 ms".
std::string took_text(double seconds);

}  // namespace thrum::cli
