#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "thrum/serve/destination_internal.h"

namespace thrum::serving {
namespace {

namespace fs = std::filesystem;

int error_of(const fs::path& path, int mode) {
  return faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 ? 0 : errno;
}

}  // namespace

int error_of_folder(const fs::path& folder) {
  std::error_code ignored;
  const fs::path meant = folder.empty() ? fs::path(".") : folder;
  if (fs::exists(meant, ignored) && !fs::is_directory(meant, ignored)) return ENOTDIR;
  return error_of(meant, W_OK | X_OK);
}

int error_of_file(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return EISDIR;
  return fs::exists(path, ignored) ? error_of(path, W_OK) : error_of_folder(path.parent_path());
}

}  // namespace thrum::serving
