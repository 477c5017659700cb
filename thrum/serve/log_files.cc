#include "thrum/serve/log_files_internal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/runtime/system_error_internal.h"
#include "thrum/serve/credentials_internal.h"
#include "thrum/serve/destination_internal.h"

namespace thrum::serving {
namespace {

[[noreturn]] void refuse(const std::string& path, int error) {
  throw_io("[serve] cannot write to the log file " + path, error);
}

}  // namespace

LogFiles::LogFiles(const ServeOptions& options) : options_(&options) {
  errors_ = options.error_logfile == "-" ? UniqueFd() : open(options.error_logfile);
  access_ =
      options.access_logfile == "-" ? UniqueFd(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)) : open(options.access_logfile);
}

LogFiles::~LogFiles() {
  if (stderr_before_) dup2(stderr_before_.get(), STDERR_FILENO);
}

UniqueFd LogFiles::open(const std::string& path) const {
  if (path.empty()) return {};
  // A pipe that nobody reads is refused, not waited for; one that is read may be full for a while.
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644));
  if (!fd) refuse(path, errno);
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK);
  const Credentials worker = Credentials::of(*options_);
  if (geteuid() == 0 && worker.are_other()) [[maybe_unused]]
    const int error = fchown(fd.get(), worker.uid, worker.gid);
  return fd;
}

void LogFiles::redirect_errors() {
  if (!errors_) return;
  if (!stderr_before_) stderr_before_.reset(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
  dup2(errors_.get(), STDERR_FILENO);
}

void LogFiles::reopen() noexcept {
  reopen(*options_);
}

void LogFiles::reopen(const ServeOptions& options) noexcept {
  options_ = &options;
  try {
    LogFiles opened(options);
    access_ = std::move(opened.access_);
    errors_ = std::move(opened.errors_);
    redirect_errors();
  } catch (const Error& error) {
    log(LogLevel::error, error.what());
  }
}

void check_log_files(const ServeOptions& options) {
  for (const std::string& path : {options.access_logfile, options.error_logfile}) {
    if (path.empty() || path == "-") continue;
    if (const int error = error_of_file(path); error != 0) refuse(path, error);
  }
}

LogLevel log_level_of(const ServeOptions& options) {
  if (options.log_level == "debug") return LogLevel::debug;
  if (options.log_level == "info") return LogLevel::info;
  return options.log_level == "warning" ? LogLevel::warning : LogLevel::error;
}

}  // namespace thrum::serving
