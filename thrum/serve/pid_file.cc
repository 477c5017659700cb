#include "thrum/serve/pid_file_internal.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

#include "thrum/core/bytes.h"
#include "thrum/core/error.h"
#include "thrum/runtime/file.h"
#include "thrum/runtime/system_error_internal.h"
#include "thrum/serve/destination_internal.h"

namespace thrum::serving {
namespace {

/// 0 where the file has none.
pid_t pid_in(const std::string& path) {
  std::ifstream file(path);
  pid_t pid = 0;
  return file >> pid ? pid : 0;
}

bool is_running(pid_t pid) {
  return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

}  // namespace

PidFile::PidFile(std::string path) : path_(std::move(path)) {
  if (path_.empty()) return;
  const pid_t other = pid_in(path_);
  if (is_running(other) && other != getpid()) {
    throw Error(ErrorCode::invalid_argument,
                "[serve] Already running on PID " + std::to_string(other) + " (or pid file '" + path_ + "' is stale)",
                "stop that server, or choose another --pid");
  }
  write_file(path_, [](FileWriter& file) { file.write(bytes_of(std::to_string(getpid()) + "\n")); });
}

void PidFile::rename(std::string path) {
  if (!path_.empty() && std::rename(path_.c_str(), path.c_str()) != 0) throw_io("[serve] cannot write " + path);
  path_ = std::move(path);
}

void check_pid_file(const std::string& path) {
  if (path.empty()) return;
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(path, ignored);
  const int error = is_folder ? EISDIR : error_of_folder(std::filesystem::path(path).parent_path());
  if (error != 0) {
    throw_io("[serve] cannot write the pid file " + path, error);
  }
}

PidFile::~PidFile() {
  if (!path_.empty() && pid_in(path_) == getpid()) unlink(path_.c_str());
}

}  // namespace thrum::serving
