#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/serve/crew_internal.h"
#include "thrum/serve/generation_internal.h"
#include "thrum/serve/log_files_internal.h"
#include "thrum/serve/notifier_internal.h"
#include "thrum/serve/pid_file_internal.h"
#include "thrum/serve/reload_internal.h"
#include "thrum/serve/reload_wishes_internal.h"
#include "thrum/serve/respawn_internal.h"
#include "thrum/serve/serve_options.h"
#include "thrum/serve/signal_queue_internal.h"
#include "thrum/serve/succession_internal.h"

namespace thrum::serving {

/// Keeps workers alive at every place. It owns the listening sockets, has no threads, and does nothing but signals,
/// births and deaths; a model is loaded elsewhere.
class Supervisor {
 public:
  /// Opens the log files and binds the addresses. Throws as serve().
  Supervisor(UniqueFd image, const ServeOptions& options);

  /// Until a signal ends it. Throws remote where no worker ever became ready.
  void run();

 private:
  using Clock = Crew::Clock;

  struct Place {
    Respawn respawn = {};
    Clock::time_point next_spawn = {};
    Clock::time_point end = Clock::time_point::max();  ///< of one that is not wanted any more
  };

  void take_turn();
  void wait();
  Clock::time_point next_duty() const;
  void on_signal(int signal);
  void begin_succession();
  void watch_succession();
  void hang_up();
  void begin_reload();
  void add_workers(int n);
  void stop(int signal, Clock::duration allowed);

  void reap();
  void on_departure(const Crew::Departure& departure);
  void on_boot_failure(const Crew::Departure& departure, const std::string& text);

  void take_offer();
  std::shared_ptr<Generation> generation_of(Offer offer);
  void finish_reload();
  void abandon_reload(const std::string& why);
  void reload();
  void hear_wishes();
  void finish_wishes();
  void abandon_wishes(const std::string& why);
  void settle_wishes();
  ReloadWishes& wishes() noexcept { return crew_.board().head().wishes; }

  void staff();
  void spawn_due();
  void spawn(std::size_t place);
  void close_places();
  void dismiss_surplus();
  std::size_t n_wanted() const noexcept;
  void dismiss_all();
  void note_ready();
  bool all_ready(const Generation& generation) const;

  Notifier notifier_;
  Inheritance inheritance_;
  bool is_early_;  ///< the server that this one succeeds has not ended
  std::shared_ptr<Generation> now_;
  LogFiles logs_;
  PidFile pid_file_;
  SignalQueue signals_;
  Crew crew_;
  std::shared_ptr<Generation> next_;  ///< while a reload brings it up
  std::optional<Reload> reload_;      ///< while its model is loaded
  std::unique_ptr<Successor> successor_;
  bool is_reload_wanted_ = false;   ///< after this one
  bool are_wishes_parted_ = false;  ///< each gets a reload: together they failed, and one of them is why
  int n_added_ = 0;                 ///< workers, since the last SIGHUP
  std::vector<Place> places_;
  std::size_t n_dealt_ = 0;  ///< places that get new connections
  Clock::time_point stop_end_ = Clock::time_point::max();
  int stop_signal_ = 0;  ///< 0: it goes on
  bool was_any_ready_ = false;
  int n_boot_failures_ = 0;
  std::string failure_;  ///< why it gives up
};

/// A whole server. Called again in a process that a reload has started, it only offers what it was given.
/// `changes`: of the models that a reload finds, for the log.
void supervise(UniqueFd image, const ServeOptions& options, std::vector<std::string> changes = {});

}  // namespace thrum::serving
