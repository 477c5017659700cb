#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "thrum/runtime/process/pool_channel_internal.h"
#include "thrum/runtime/process/spin_internal.h"
#include "thrum/runtime/sharing/shared_memory_internal.h"

namespace thrum {
namespace {

/// A worker without work keeps shared arrays mapped for so long, as the next task may want them.
constexpr std::chrono::nanoseconds keep_mappings(1'000'000'000);

}  // namespace

WorkerChannel::WorkerChannel()
    : memory_(channel_descriptor, ChannelMemory::End::worker),
      descriptors_(UniqueFd(socket_descriptor)),
      bell_(bell_descriptor) {
  memory_.control().ready = 1;
  ring();
}

bool WorkerChannel::begin_next() {
  ChannelControl& control = memory_.control();
  std::uint64_t cursor = control.cursor;
  if ((cursor & Cursor::held) != 0 || Cursor::count(cursor) == control.published) return false;
  // Fails when the pool has taken the task back meanwhile.
  return control.cursor.compare_exchange_strong(cursor, cursor + 1);
}

void WorkerChannel::sleep(std::optional<std::chrono::nanoseconds> time) {
  ChannelControl& control = memory_.control();
  const std::uint32_t seen = control.bell;
  control.asleep = 1;
  const std::uint64_t cursor = control.cursor;
  const bool is_idle = (cursor & Cursor::held) != 0 || Cursor::count(cursor) == control.published;
  if (is_idle && control.closed == 0) futex_wait(control.bell, seen, time);
  control.asleep = 0;
}

std::optional<WorkerChannel::Task> WorkerChannel::next() {
  ChannelControl& control = memory_.control();
  control.began.store(0, std::memory_order_relaxed);
  spilled_.reset();
  const auto begins = [this] { return begin_next(); };
  for (const std::uint64_t idle_since = monotonic_nanoseconds(); !spin_(begins);) {
    if (control.closed != 0) return std::nullopt;
    const bool is_long = monotonic_nanoseconds() - idle_since >= static_cast<std::uint64_t>(keep_mappings.count());
    if (is_long) release_idle_mappings();
    sleep(is_long ? std::nullopt : std::optional(keep_mappings));
  }
  control.began.store(monotonic_nanoseconds(), std::memory_order_relaxed);
  const std::byte* at = memory_.tasks().at(position_);
  RecordHeader header;
  std::memcpy(&header, at, sizeof header);
  const std::size_t size = std::min<std::size_t>(header.size, max_record_bytes);
  position_ += record_size(size);
  Task task{{at + sizeof header, size}, {}, static_cast<TaskKind>(header.kind)};
  if (header.n_descriptors > 0) task.descriptors = descriptors_.receive(header.packet);
  if (header.spilled) {
    spilled_.emplace(task.descriptors.back().get());
    task.descriptors.pop_back();
    task.bytes = spilled_->bytes();
  }
  return task;
}

void WorkerChannel::send(ResultKind kind, ByteSpan bytes, std::vector<UniqueFd> descriptors) {
  ChannelControl& control = memory_.control();
  RecordHeader header;
  header.kind = static_cast<std::uint8_t>(kind);
  header.nanoseconds = monotonic_nanoseconds() - control.began.load(std::memory_order_relaxed);
  if (bytes.size() > max_record_bytes) {
    descriptors.push_back(share_bytes("thrum-result", bytes));
    header.spilled = true;
    bytes = {};
  }
  header.size = static_cast<std::uint32_t>(bytes.size());
  header.n_descriptors = static_cast<std::uint16_t>(descriptors.size());
  if (!descriptors.empty()) header.packet = descriptors_.send(descriptors, true).value_or(0);
  const std::uint64_t size = record_size(bytes.size());
  wait_for_room(size);
  const std::uint64_t end = control.results_published.load(std::memory_order_relaxed);
  std::byte* at = memory_.results().at(end);
  std::memcpy(at, &header, sizeof header);
  if (!bytes.empty()) std::memcpy(at + sizeof header, bytes.data(), bytes.size());
  control.results_published = end + size;
  ring();
}

void WorkerChannel::wait_for_room(std::uint64_t size) {
  ChannelControl& control = memory_.control();
  const std::uint64_t end = control.results_published.load(std::memory_order_relaxed);
  while (end + size - control.results_taken > ring_bytes) {
    const std::uint32_t seen = control.bell;
    control.asleep = 1;
    if (end + size - control.results_taken > ring_bytes) futex_wait(control.bell, seen);
    control.asleep = 0;
  }
}

void WorkerChannel::ring() {
  bell_->rings.fetch_add(1);
  if (bell_->asleep != 0 && bell_->asleep.exchange(0) != 0) return futex_wake_all(bell_->rings);
  if (bell_->attended != 0 || bell_->event_sent.exchange(1) != 0) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event_descriptor, &one, sizeof one);
}

}  // namespace thrum
