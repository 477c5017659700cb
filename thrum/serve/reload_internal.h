#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/runtime/memfd.h"
#include "thrum/runtime/process/process.h"
#include "thrum/runtime/unique_fd.h"
#include "thrum/serve/scoreboard_internal.h"
#include "thrum/serve/serve_options.h"

namespace thrum::serving {

/// What a program would serve if it were started now.
struct Offer {
  ServeOptions options = {};
  UniqueFd image = {};                    ///< sealed
  std::vector<std::string> changes = {};  ///< of the models, for the log
};

/// This program started once more with its own arguments, so that it reads its settings and its model again: aside,
/// where nothing that goes wrong can hurt the server. It comes as far as make_offer().
class Reload {
 public:
  /// `board`: of the scoreboard; `image`: what is served. Throws io.
  Reload(int board, int image);

  /// Becomes readable when it is over.
  int pidfd() const noexcept { return process_.pidfd(); }
  /// None while it runs. Throws remote with what it had to say, where it made no offer.
  std::optional<Offer> result();

 private:
  Reload(std::pair<UniqueFd, UniqueFd> sockets, UniqueFd messages, int board, int image);

  UniqueFd socket_;
  UniqueFd messages_;  ///< what it writes to standard error
  Process process_;
};

/// Those of this process, without the program's name.
std::vector<std::string> own_arguments();

/// Whether this process is the one that a Reload has started.
bool is_reload();
/// The scoreboard of the server that it reloads. REQUIRES: is_reload(). Throws io.
Scoreboard board_of_reload();
/// What it serves. REQUIRES: is_reload(). Throws io.
SharedBytes image_of_reload();
/// Gives it what to serve. REQUIRES: is_reload(). Throws io.
void make_offer(const Offer& offer);

}  // namespace thrum::serving
