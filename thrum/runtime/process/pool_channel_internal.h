#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/runtime/memfd.h"
#include "thrum/runtime/process/mirrored_memory_internal.h"
#include "thrum/runtime/process/shared_mapping_internal.h"
#include "thrum/runtime/process/spin_internal.h"
#include "thrum/runtime/sharing/futex_internal.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {

/// What the workers of a pool share: where they ring when a result is there.
struct PoolBell {
  alignas(64) FutexWord rings = 0;
  std::atomic<std::uint32_t> asleep = 0;    ///< whether a thread of the pool's process may sleep on `rings`
  std::atomic<std::uint32_t> attended = 0;  ///< threads there that take results as they come; else an event is due
  /// The pool's thread has not looked since an event was sent, which is enough. Its sender may have died just before
  /// sending: then that death makes the thread look.
  std::atomic<std::uint32_t> event_sent = 0;
};

/// What a pool and one worker share beside the two rings. Each has one writer: tasks run from the pool to the worker,
/// results the other way. A worker that dies at any instant leaves it in a state from which the pool knows which tasks
/// were not finished, and which of them had begun.
struct ChannelControl {
  // Written by the pool.
  alignas(64) std::atomic<std::uint64_t> published = 0;  ///< tasks that may be begun, since the channel began
  std::atomic<std::uint32_t> closed = 0;                 ///< no task will follow
  FutexWord bell = 0;
  std::atomic<std::uint64_t> results_taken = 0;  ///< bytes

  // Written by the worker.
  alignas(64) std::atomic<std::uint32_t> ready = 0;
  std::atomic<std::uint32_t> asleep = 0;  ///< waits on `bell`
  std::atomic<std::uint64_t> began = 0;   ///< the time on the monotonic clock, in ns, when the task began; 0: none runs
  std::atomic<std::uint64_t> results_published = 0;  ///< bytes

  // Written by both: how many tasks were begun, see Cursor.
  alignas(64) std::atomic<std::uint64_t> cursor = 0;
};

/// How many tasks a worker has begun, and how often the pool has taken back those that it had not. Whoever changes it
/// does so from a value that he has read, so that a task is either begun or taken back.
struct Cursor {
  static constexpr int count_bits = 47;
  static constexpr std::uint64_t held = std::uint64_t{1} << 63;  ///< the pool is taking tasks back

  static std::uint64_t count(std::uint64_t cursor) { return cursor & ((std::uint64_t{1} << count_bits) - 1); }
  /// The same count, other than any before.
  static std::uint64_t renewed(std::uint64_t cursor) { return (cursor + (std::uint64_t{1} << count_bits)) & ~held; }
};

/// What stands before the bytes of a task or a result in a ring.
struct RecordHeader {
  std::uint32_t size = 0;  ///< of the bytes that follow
  std::uint8_t kind = 0;   ///< TaskKind or ResultKind
  bool spilled = false;    ///< the bytes are in the last descriptor, not in the ring
  std::uint16_t n_descriptors = 0;
  std::uint64_t packet = 0;       ///< the number of the packet that brings the descriptors
  std::uint64_t nanoseconds = 0;  ///< of a result: how long the task ran
};

enum class TaskKind : std::uint8_t {
  task,
  initializer,  ///< a worker for which it fails runs nothing else
};

enum class ResultKind : std::uint8_t { value, failure };

/// How an exception crosses.
struct RemoteFailure {
  std::int32_t code = 0;
  std::string message;
  std::string hint;
};

constexpr std::size_t ring_bytes = std::size_t{256} << 10;
/// What is longer goes through a memfd.
constexpr std::size_t max_record_bytes = std::size_t{32} << 10;

/// The bytes that a record takes in a ring.
constexpr std::uint64_t record_size(std::size_t bytes) {
  return (sizeof(RecordHeader) + bytes + 15) / 16 * 16;
}

/// A task or result as it lies in a ring.
struct Record {
  RecordHeader header;
  ByteSpan bytes;
};

/// One end of the descriptors' way: packets with numbers, so that those of tasks that were taken back can be dropped.
class DescriptorStream {
 public:
  explicit DescriptorStream(UniqueFd socket) : socket_(std::move(socket)) {}

  /// The number of the packet sent; none when there is no room and `wait` is false. Throws io.
  std::optional<std::uint64_t> send(std::span<const UniqueFd> descriptors, bool wait);
  /// Throws remote when the other end is gone.
  std::vector<UniqueFd> receive(std::uint64_t packet);

 private:
  UniqueFd socket_;
  std::uint64_t sent_ = 0;
};

/// The memory behind a channel.
class ChannelMemory {
 public:
  enum class End { pool, worker };
  /// Throws io.
  ChannelMemory(int fd, End end);
  /// Throws io.
  static UniqueFd create();

  ChannelControl& control() const noexcept { return *control_.get(); }
  const MirroredMemory& tasks() const noexcept { return tasks_; }
  const MirroredMemory& results() const noexcept { return results_; }

 private:
  SharedMapping<ChannelControl> control_;
  MirroredMemory tasks_;
  MirroredMemory results_;
};

/// The descriptors of a worker, from first_descriptor on.
enum WorkerDescriptor { channel_descriptor = 3, socket_descriptor, bell_descriptor, event_descriptor };

/// The worker's end.
class WorkerChannel {
 public:
  /// Of the descriptors that the worker was started with. Throws io.
  WorkerChannel();

  struct Task {
    ByteSpan bytes;  ///< until the next call of next()
    std::vector<UniqueFd> descriptors;
    TaskKind kind = TaskKind::task;
  };
  /// Waits for a task and begins it; none when no more will come.
  std::optional<Task> next();

  /// The result of the task that was begun last. Waits while the ring is full.
  void send(ResultKind kind, ByteSpan bytes, std::vector<UniqueFd> descriptors);

 private:
  bool begin_next();
  void sleep(std::optional<std::chrono::nanoseconds> time);
  void wait_for_room(std::uint64_t size);
  void ring();

  ChannelMemory memory_;
  DescriptorStream descriptors_;
  SharedMapping<PoolBell> bell_;
  std::optional<SharedBytes> spilled_;
  std::uint64_t position_ = 0;  ///< of the next task in the ring
  Spin spin_;
};

}  // namespace thrum
