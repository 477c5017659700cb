#pragma once

#include <filesystem>

namespace thrum::serving {

/// 0 where a file can be made in `folder`, or the system's error number. It makes none.
int error_of_folder(const std::filesystem::path& folder);

/// The same for writing to the file `path`, which need not be there.
int error_of_file(const std::filesystem::path& path);

}  // namespace thrum::serving
