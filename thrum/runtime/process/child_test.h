#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thrum/runtime/process/process.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum::test {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends;
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  UniqueFd reader, writer;
};

inline void say(int fd, std::string_view text) {
  if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::abort();
}

/// This program again, in the part of a child.
inline Command child(std::vector<std::string> part, std::vector<int> inherited = {}) {
  part.insert(part.begin(), "--as-child");
  Command command;
  command.arguments = std::move(part);
  command.inherited = std::move(inherited);
  return command;
}

}  // namespace thrum::test
