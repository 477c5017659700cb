#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "thrum/runtime/process/process.h"
#include "thrum/runtime/unique_fd.h"
#include "thrum/serve/listener_internal.h"

namespace thrum::serving {

/// The program of this server started once more, from its file as it is now, to serve at the same sockets: beside this
/// server first, and in its place when this one ends.
class Successor {
 public:
  using Environment = std::vector<std::pair<std::string, std::string>>;

  /// `environment`: what is not in ours. Throws io.
  Successor(std::span<const std::shared_ptr<Listener>> listeners, const Environment& environment);
  /// It goes on.
  ~Successor() { process_.detach(); }
  Successor(const Successor&) = delete;
  Successor& operator=(const Successor&) = delete;

  pid_t pid() const noexcept { return process_.pid(); }
  int pidfd() const noexcept { return process_.pidfd(); }
  bool is_running() { return process_.running(); }
  /// How it ended. REQUIRES: it does not run.
  std::string end_text() { return process_.wait().describe(); }

 private:
  Process process_;
};

/// Whether another server has started this one, and it has not taken what it was given.
bool is_successor();

/// What a successor was given.
class Inheritance {
 public:
  /// Nothing, for a server that is no successor. Further calls give nothing.
  static Inheritance take();

  /// The server before this one is still there, and this one its successor.
  bool is_early() const noexcept;
  /// The sockets of an address, once; none where there are none.
  std::vector<UniqueFd> sockets_of(const std::string& address);
  /// Closes those of addresses where this server does not listen: nobody would come for who waits there.
  void close_others() noexcept { sockets_.clear(); }

 private:
  pid_t predecessor_ = 0;
  std::map<std::string, std::vector<UniqueFd>> sockets_;
};

}  // namespace thrum::serving
