#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <sstream>
#include <string>

#include "thrum/core/mutex.h"
#include "thrum/runtime/sharing/process_table_internal.h"

namespace thrum {
namespace {

struct Status {
  char state = '?';
  int threads = 0;
  std::uint64_t start = 0;
};

/// What proc_pid_stat(5) says; none when there is no such process.
std::optional<Status> read_status(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  Status status;
  fields >> status.state;  // field 3
  std::string skipped;
  for (int field = 4; field < 20; ++field) fields >> skipped;
  fields >> status.threads >> skipped >> status.start;
  return fields ? std::optional(status) : std::nullopt;
}

ProcessIdentity read_self() {
  const pid_t pid = ::getpid();
  return {pid, read_status(pid).value_or(Status()).start};
}

/// A process whose first thread ended is a zombie in name only while others run.
bool has_ended(const Status& status) {
  return (status.state == 'Z' || status.state == 'X') && status.threads <= 1;
}

}  // namespace

ProcessIdentity this_process() {
  static Mutex mutex;
  static ProcessIdentity self;
  static std::atomic<bool> known = false;
  static const int watched = ::pthread_atfork(nullptr, nullptr, [] { known = false; });
  if (known || watched != 0) return known ? self : read_self();
  const MutexLock lock(mutex);
  if (!known) self = read_self();
  known = true;
  return self;
}

bool is_alive(const ProcessIdentity& process) {
  if (::kill(process.pid, 0) != 0 && errno == ESRCH) return false;
  const std::optional<Status> status = read_status(process.pid);
  return status && !has_ended(*status) && status->start == process.start;
}

ProcessTable::Place* ProcessTable::find() {
  const ProcessIdentity self = this_process();
  for (Place& place : std::span(places_).first(used_)) {
    if (place.process == self) return &place;
  }
  return nullptr;
}

ProcessTable::Place* ProcessTable::free_place() {
  for (Place& place : std::span(places_).first(used_)) {
    if (place.process.pid == 0) return &place;
  }
  if (used_ < size) return &places_[used_++];
  for (Place& place : places_) {
    if (place.count == 0 || !is_alive(place.process)) return &place;
  }
  return nullptr;
}

ProcessTable::Place* ProcessTable::find_or_take() {
  if (Place* place = find()) return place;
  Place* place = free_place();
  if (place != nullptr) *place = {this_process(), 0};
  return place;
}

std::int64_t ProcessTable::sum() const noexcept {
  std::int64_t sum = 0;
  for (const Place& place : std::span(places_).first(used_)) sum += place.count;
  return sum;
}

pid_t ProcessTable::release_dead() {
  const pid_t self = this_process().pid;
  pid_t dead = 0;
  for (Place& place : std::span(places_).first(used_)) {
    if (place.process.pid == 0 || place.process.pid == self || is_alive(place.process)) continue;
    if (place.count > 0) dead = place.process.pid;
    place = {};
  }
  return dead;
}

}  // namespace thrum
