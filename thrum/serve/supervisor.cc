#include "thrum/serve/supervisor_internal.h"

#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <exception>
#include <new>
#include <string>
#include <thread>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/serve/credentials_internal.h"

namespace thrum::serving {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int most_boot_failures = 5;
constexpr seconds quick_stop{2};  // for what SIGINT leaves to do
constexpr seconds settling{1};    // for connections on their way to a place that ends
constexpr std::chrono::hours long_time{24 * 365};
constexpr milliseconds beat{250};  // how often heartbeats are looked at

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// gunicorn's words for the end of a worker.
std::string end_text(pid_t pid, const ProcessEnd& end) {
  const std::string worker = "Worker (pid:" + std::to_string(pid) + ")";
  if (end.signal == 0) return worker + " exited with code " + std::to_string(end.code);
  const std::string text = worker + " was sent SIG" + signal_name(end.signal) + "!";
  return end.signal == SIGKILL ? text + " Perhaps out of memory?" : text;
}

RestartReason reason_of(const Crew::Departure& departure) {
  if (departure.member.is_aborted) return RestartReason::timeout;
  return departure.end.signal != 0 ? RestartReason::killed : RestartReason::exited;
}

std::shared_ptr<Listener> listen_at(const std::string& address, const ServeOptions& options,
                                    std::vector<UniqueFd> inherited) {
  const Listener::Options how{options.backlog, options.reuse_port, Credentials::of(options)};
  const auto n_places = static_cast<std::size_t>(options.workers);
  if (inherited.empty()) return std::make_shared<Listener>(address, n_places, how);
  auto listener = std::make_shared<Listener>(address, std::move(inherited), how);
  listener->grow(n_places);
  return listener;
}

/// Those of `before` at the same addresses are taken over, as they are.
std::vector<std::shared_ptr<Listener>> listen_at(const ServeOptions& options, const Generation* before) {
  std::vector<std::shared_ptr<Listener>> listeners;
  for (const std::string& address : addresses_in(options.bind)) {
    const auto is_same = [&](const auto& listener) { return listener->address() == address; };
    if (before != nullptr) {
      const auto found = std::ranges::find_if(before->listeners, is_same);
      if (found != before->listeners.end()) {
        listeners.push_back(*found);
        continue;
      }
    }
    listeners.push_back(listen_at(address, options, {}));
  }
  return listeners;
}

/// Before any file of the server is made.
std::shared_ptr<Generation> first_generation(UniqueFd image, const ServeOptions& options) {
  set_log_level(log_level_of(options));
  if (!options.umask.empty()) ::umask(parse_umask(options.umask));
  auto generation = std::make_shared<Generation>();
  generation->options = options;
  generation->image = std::move(image);
  return generation;
}

}  // namespace

Supervisor::Supervisor(UniqueFd image, const ServeOptions& options)
    : inheritance_(Inheritance::take()),
      is_early_(inheritance_.is_early()),
      now_(first_generation(std::move(image), options)),
      logs_(now_->options),
      pid_file_(is_early_ && !options.pid.empty() ? options.pid + ".2" : options.pid),
      signals_({SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGTTIN, SIGTTOU, SIGWINCH}) {
  for (const std::string& address : addresses_in(options.bind)) {
    now_->listeners.push_back(listen_at(address, options, inheritance_.sockets_of(address)));
  }
  inheritance_.close_others();
  crew_.board().head().loaded_at = std::time(nullptr);
}

void Supervisor::run() {
  logs_.redirect_errors();
  for (const auto& listener : now_->listeners) {
    log(LogLevel::info, "Listening at: " + listener->url() + " (" + std::to_string(getpid()) + ")");
  }
  log(LogLevel::info, "Using worker: epoll");
  staff();
  while (stop_signal_ == 0 || !crew_.members().empty()) {
    try {
      take_turn();
    } catch (const std::bad_alloc&) {  // the rest is done when there is memory again
      std::this_thread::sleep_for(beat);
    }
  }
  log(LogLevel::info, "Shutting down: Master");
  if (!failure_.empty()) {
    throw Error(ErrorCode::remote, "[serve] the workers end before they can serve: " + failure_);
  }
}

void Supervisor::take_turn() {
  wait();
  notifier_.beat();
  crew_.hear_doorbell();
  reap();
  take_offer();
  finish_reload();
  settle_wishes();
  hear_wishes();
  watch_succession();
  staff();
  crew_.watch();
  if (Clock::now() >= stop_end_) crew_.kill_all();
}

/// For a signal, a death or a ring, at most until something else is due.
void Supervisor::wait() {
  std::vector<pollfd> watched = {{signals_.fd(), POLLIN, 0}, {crew_.doorbell(), POLLIN, 0}};
  if (reload_) watched.push_back({reload_->pidfd(), POLLIN, 0});
  if (successor_) watched.push_back({successor_->pidfd(), POLLIN, 0});
  for (const Crew::Member& member : crew_.members()) watched.push_back({member.process.pidfd(), POLLIN, 0});
  const auto left = std::chrono::ceil<milliseconds>(std::max(next_duty() - Clock::now(), Clock::duration::zero()));
  poll(watched.data(), watched.size(), static_cast<int>(left.count()));
  while (const auto signal = signals_.next()) on_signal(*signal);
}

Supervisor::Clock::time_point Supervisor::next_duty() const {
  auto next = std::min<Clock::time_point>(Clock::now() + beat, stop_end_);
  for (const Place& place : places_) {
    if (place.next_spawn > Clock::now()) next = std::min(next, place.next_spawn);
  }
  return next;
}

void Supervisor::on_signal(int signal) {
  if (signal == SIGWINCH) return;
  log(LogLevel::info, "Handling signal: " + lower(signal_name(signal)));
  const std::chrono::duration<double> graceful(now_->options.graceful_timeout);
  switch (signal) {
    case SIGTERM:  // the workers keep the time themselves
      if (stop_signal_ == 0) stop(SIGTERM, std::chrono::ceil<milliseconds>(graceful) + seconds(1));
      break;
    case SIGINT:
    case SIGQUIT:
      stop(SIGINT, quick_stop);
      break;
    case SIGHUP:
      hang_up();
      break;
    case SIGUSR1:
      logs_.reopen();
      crew_.board().head().log_epoch.fetch_add(1, std::memory_order_release);
      break;
    case SIGTTIN:
    case SIGTTOU:
      add_workers(signal == SIGTTIN ? 1 : -1);
      break;
    default:
      begin_succession();
  }
}

/// gunicorn's way to replace the program: the new server is there when the old one is told to end.
void Supervisor::begin_succession() {
  if (stop_signal_ != 0) return;
  if (successor_ || is_early_) {
    log(LogLevel::warning, std::string("USR2 signal ignored. ") + (successor_ ? "Child" : "Parent") + " exists.");
    return;
  }
  try {
    successor_ = std::make_unique<Successor>(now_->listeners, notifier_.environment());
    log(LogLevel::info, "The new server has pid " + std::to_string(successor_->pid()) + "; SIGTERM ends this one");
  } catch (const Error& error) {
    log(LogLevel::error, error.what());
  }
}

/// A new server that ends gives up its place; one whose predecessor has ended takes its file of the process id.
void Supervisor::watch_succession() {
  if (successor_ && !successor_->is_running()) {
    log(LogLevel::error, "The new server ended with " + successor_->end_text() + "; this one goes on");
    successor_.reset();
  }
  if (!is_early_ || inheritance_.is_early()) return;
  is_early_ = false;
  for (const auto& listener : now_->listeners) listener->shrink(places_.size());  // the other one had more, perhaps
  try {
    if (!now_->options.pid.empty()) pid_file_.rename(now_->options.pid);
  } catch (const Error& error) {
    log(LogLevel::error, error.what());
  }
}

void Supervisor::stop(int signal, Clock::duration allowed) {
  stop_signal_ = signal;
  stop_end_ = std::min<Clock::time_point>(stop_end_, Clock::now() + allowed);
  const bool is_succeeded = successor_ && successor_->is_running();
  if (is_succeeded) notifier_.hand_over(successor_->pid());
  if (is_succeeded || inheritance_.is_early()) {
    for (const auto& listener : now_->listeners) listener->hand_over();
  } else {
    notifier_.stopping();
    crew_.board().head().is_stopping.store(true, std::memory_order_release);
  }
  crew_.forget_told();
  reload_.reset();
  hear_wishes();
}

/// Those of a reload that is under way, too.
void Supervisor::add_workers(int n) {
  n_added_ += n;
  try {
    for (const auto& generation : {now_, next_}) {
      if (generation != nullptr) generation->add_workers(n);
    }
  } catch (const Error& error) {
    log(LogLevel::error, error.what());
  }
}

void Supervisor::reap() {
  for (const Crew::Departure& departure : crew_.reap()) on_departure(departure);
}

void Supervisor::on_departure(const Crew::Departure& departure) {
  if (departure.member.is_leaving || stop_signal_ != 0) return;
  const std::string text = end_text(departure.member.process.pid(), departure.end);
  log(LogLevel::error, text);
  crew_.board().head().restarts[static_cast<std::size_t>(reason_of(departure))].add();
  Place& place = places_[departure.member.place];
  const auto now = Clock::now();
  if (departure.was_ready) {
    place.next_spawn = now + place.respawn.after_service(now - departure.member.spawned);
  } else {
    place.next_spawn = now + place.respawn.after_failure();
  }
  if (!departure.was_ready) on_boot_failure(departure, text);
}

void Supervisor::on_boot_failure(const Crew::Departure& departure, const std::string& text) {
  ++n_boot_failures_;
  if (n_boot_failures_ < most_boot_failures) return;
  if (next_ != nullptr && departure.member.generation == next_) return abandon_reload(text);
  if (was_any_ready_) return;
  failure_ = text;
  stop(SIGINT, quick_stop);
}

void Supervisor::hang_up() {
  if (stop_signal_ != 0) return;
  n_added_ = 0;
  is_reload_wanted_ = next_ != nullptr;  // what boots now may be old already
  if (!is_reload_wanted_) begin_reload();
}

/// Of everything. What an administrator wishes comes after it, and succeeds or fails by itself.
void Supervisor::begin_reload() {
  log(LogLevel::info, "Hang up: Master");
  notifier_.reloading();
  is_reload_wanted_ = false;
  wishes().move(ReloadWishes::State::begun, ReloadWishes::State::open);
  reload();
}

/// In place of one that still loads.
void Supervisor::reload() {
  try {
    reload_.emplace(crew_.board().fd(), now_->image.get());
  } catch (const std::exception& error) {
    abandon_reload(error.what());
  }
}

void Supervisor::take_offer() {
  if (!reload_) return;
  try {
    std::optional<Offer> offer = reload_->result();
    if (!offer) return;
    next_ = generation_of(std::move(*offer));
    n_boot_failures_ = 0;
    for (Place& place : places_) place = {};
    reload_.reset();
  } catch (const Error& error) {
    abandon_reload(error.what());
  }
}

/// What an administrator wishes changes the models only.
std::shared_ptr<Generation> Supervisor::generation_of(Offer offer) {
  const bool is_wished = !wishes().all(ReloadWishes::State::begun).empty();
  auto generation = std::make_shared<Generation>();
  generation->options = is_wished ? now_->options : std::move(offer.options);
  generation->image = std::move(offer.image);
  generation->changes = std::move(offer.changes);
  generation->listeners = listen_at(generation->options, now_.get());
  generation->add_workers(is_wished ? 0 : n_added_);
  return generation;
}

/// The old workers are told to end only when every new one serves.
void Supervisor::finish_reload() {
  if (next_ == nullptr || !all_ready(*next_)) return;
  now_ = std::exchange(next_, nullptr);
  finish_wishes();
  crew_.board().head().reloads.add();
  crew_.board().head().loaded_at = std::time(nullptr);
  log(LogLevel::info, "Reloaded");
  notifier_.ready("");
  for (const std::string& change : now_->changes) log(LogLevel::warning, change);
  logs_.reopen(now_->options);
  set_log_level(log_level_of(now_->options));
  if (is_reload_wanted_) begin_reload();
}

void Supervisor::abandon_reload(const std::string& why) {
  const std::string text = "Cannot reload, the old model and settings stay: " + why;
  log(LogLevel::error, text);
  notifier_.ready(text);
  crew_.board().head().failed_reloads.add();
  abandon_wishes(why);
  next_.reset();
  reload_.reset();
  for (Place& place : places_) place = {};
  if (is_reload_wanted_) begin_reload();
}

/// When no other reload is under way.
void Supervisor::hear_wishes() {
  if (stop_signal_ != 0) {
    for (const auto state : {ReloadWishes::State::open, ReloadWishes::State::begun, ReloadWishes::State::done}) {
      wishes().settle(state, "the server ends");
    }
  } else if (!reload_ && next_ == nullptr) {
    const bool is_any = wishes().begin(are_wishes_parted_ ? 1 : ReloadWishes::most_open);
    are_wishes_parted_ = are_wishes_parted_ && is_any;
    if (is_any) reload();
  }
}

void Supervisor::finish_wishes() {
  for (const ReloadWishes::Wish& wish : wishes().all(ReloadWishes::State::begun)) {
    crew_.board().models().set_unloaded(wish.model, !wish.is_load);
  }
  wishes().move(ReloadWishes::State::begun, ReloadWishes::State::done);
}

/// One bad model must not fail the others.
void Supervisor::abandon_wishes(const std::string& why) {
  if (wishes().all(ReloadWishes::State::begun).size() > 1) {
    wishes().move(ReloadWishes::State::begun, ReloadWishes::State::open);
    are_wishes_parted_ = true;
  } else {
    wishes().settle(ReloadWishes::State::begun, why);
  }
}

/// Who is told that a model is there, or no longer there, meets no worker that knows nothing of it.
void Supervisor::settle_wishes() {
  if (crew_.are_only(now_.get(), next_.get())) wishes().settle(ReloadWishes::State::done, "");
}

bool Supervisor::all_ready(const Generation& generation) const {
  for (std::size_t place = 0; place < generation.n_places(); ++place) {
    const Crew::Member* member = crew_.find(&generation, place);
    if (member == nullptr || !crew_.is_ready(*member)) return false;
  }
  return true;
}

/// Every place has its worker, and only that.
void Supervisor::staff() {
  if (stop_signal_ != 0) return dismiss_all();
  note_ready();
  spawn_due();
  close_places();
  dismiss_surplus();
}

void Supervisor::note_ready() {
  if (was_any_ready_) return;
  const auto is_ready = [this](const Crew::Member& member) { return crew_.is_ready(member); };
  was_any_ready_ = std::ranges::any_of(crew_.members(), is_ready);
  if (was_any_ready_) notifier_.ready("");
}

void Supervisor::spawn_due() {
  const auto& wanted = next_ != nullptr ? next_ : now_;
  for (std::size_t place = 0; place < wanted->n_places(); ++place) {
    if (place == places_.size()) places_.emplace_back();
    if (crew_.find(wanted.get(), place) == nullptr && Clock::now() >= places_[place].next_spawn) spawn(place);
  }
}

void Supervisor::spawn(std::size_t place) {
  try {
    crew_.spawn(next_ != nullptr ? next_ : now_, place);
  } catch (const std::exception& error) {
    log(LogLevel::error, std::string("Cannot start a worker: ") + error.what());
    places_[place].next_spawn = Clock::now() + std::max(places_[place].respawn.after_failure(), milliseconds(100));
  }
}

std::size_t Supervisor::n_wanted() const noexcept {
  return std::max(now_->n_places(), next_ != nullptr ? next_->n_places() : 0);
}

/// First new connections go elsewhere; a little later, when none is on its way any more, the worker is dismissed; when
/// it has ended, its sockets are closed.
void Supervisor::close_places() {
  if (n_wanted() != n_dealt_) {
    n_dealt_ = n_wanted();
    for (const auto& listener : now_->listeners) listener->deal_to(n_dealt_);
  }
  for (std::size_t place = 0; place < places_.size(); ++place) {
    Clock::time_point& end = places_[place].end;
    end = place < n_wanted() ? Clock::time_point::max() : std::min<Clock::time_point>(end, Clock::now() + settling);
  }
  while (places_.size() > n_wanted() && Clock::now() >= places_.back().end && !crew_.has_any_at(places_.size() - 1)) {
    places_.pop_back();
    for (const auto& listener : now_->listeners) listener->shrink(places_.size());
  }
}

/// Those of an older generation, and those whose place has ended.
void Supervisor::dismiss_surplus() {
  const auto now = Clock::now();
  const auto is_surplus = [this, now](const Crew::Member& member) {
    const bool is_current = member.generation == now_ || member.generation == next_;
    return member.place < n_wanted() ? !is_current : now >= places_[member.place].end;
  };
  const std::chrono::duration<double> graceful(now_->options.graceful_timeout);
  crew_.tell(SIGTERM, std::chrono::ceil<milliseconds>(graceful) + seconds(1), is_surplus);
}

/// A worker that still boots is told to drain when it can: connections may already wait for it.
void Supervisor::dismiss_all() {
  for (std::size_t place = 0; place < places_.size(); ++place) {
    if (crew_.has_any_at(place)) continue;
    for (const auto& listener : now_->listeners) listener->close(place);
  }
  const int signal = stop_signal_;
  crew_.tell(signal, long_time,
             [this, signal](const Crew::Member& member) { return signal != SIGTERM || crew_.is_ready(member); });
}

void supervise(UniqueFd image, const ServeOptions& options, std::vector<std::string> changes) {
  check_serve_options(options);
  if (is_reload()) return make_offer({options, std::move(image), std::move(changes)});
  malloc_trim(0);  // what the model took
  Supervisor(std::move(image), options).run();
}

}  // namespace thrum::serving
