#include "thrum/cli/session.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "thrum/cli/exit_code.h"

namespace thrum::cli {

LocalExecution Session::execution() const {
  LocalExecution local(threads, seed());
  local.get().progress = &console;
  local.get().stop = stop();
  local.get().scratch = scratch;
  return local;
}

void Session::say(std::string_view message) const {
  if (!globals.json) console.write(LogLevel::info, message);
}

void print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (written) return;
  throw Failure(ExitCode::failure, ErrorCode::io,
                fmt::format("cannot write to standard output: {}", std::strerror(errno)));
}

}  // namespace thrum::cli
