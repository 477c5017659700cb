#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "thrum/runtime/unique_fd.h"

namespace thrum {

/// As messages have it: a name may be as long as those of most systems, what is longer is cut.
std::string shown_path(const std::filesystem::path& path);

/// "[read] cannot read PATH"
std::string cannot_read(const std::filesystem::path& path);

/// `flags`: of open(2), beside those that reading takes. Throws io naming the path.
UniqueFd open_to_read(const std::filesystem::path& path, int flags = 0);

/// Throws io naming the path.
struct stat status_of(int fd, const std::filesystem::path& path);

/// Throws the reason in errno: out_of_memory where memory lacked, else io.
[[noreturn]] void fail_to_map(const std::filesystem::path& path);

}  // namespace thrum
