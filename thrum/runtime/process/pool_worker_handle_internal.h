#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "thrum/runtime/process/pool_channel_internal.h"
#include "thrum/runtime/process/process.h"
#include "thrum/runtime/process/process_pool.h"

namespace thrum::pool_detail {

/// Whose task it is.
struct Ticket {
  std::shared_ptr<Call> call;
  std::size_t index = 0;
  int deaths = 0;      ///< of processes that ran it
  bool stays = false;  ///< with the worker that has it
};

/// A task that no worker has.
struct WaitingTask {
  Ticket ticket;
  std::vector<std::byte> bytes;
  std::vector<UniqueFd> descriptors;
  bool spilled = false;  ///< the bytes are in the last descriptor
};

/// The pool's end of one worker: its channel from the beginning, its process as soon as that is started. Not
/// thread-safe.
class WorkerHandle {
 public:
  enum class Doom { none, timed_out, cancelled };  ///< why we killed it

  /// Throws io.
  WorkerHandle();

  /// Descriptors for the process, from first_descriptor on.
  std::vector<int> descriptors(int bell, int event) const;
  void set_process(Process process) { process_.emplace(std::move(process)); }
  Process* process() { return process_ ? &*process_ : nullptr; }
  bool is_ready() const { return memory_.control().ready != 0; }

  /// Sends a task if there is room; `descriptors` are kept until its result is there, in case it must be run again.
  bool send(const Ticket& ticket, ByteSpan bytes, std::vector<UniqueFd>& descriptors, bool spilled);
  /// No task will follow: the worker ends after those that it has.
  void close();
  bool is_closed() const { return memory_.control().closed != 0; }

  std::size_t n_tasks() const noexcept { return tasks_.size(); }
  /// How many of its tasks it has begun: at most one beyond those whose results are there.
  std::size_t n_begun() const;
  std::uint64_t n_sent() const noexcept { return n_sent_; }
  const Ticket& front() const { return tasks_.front().ticket; }
  /// When its first task could begin, on the monotonic clock, if that has a timeout.
  std::uint64_t came_to_front() const noexcept { return came_to_front_; }

  struct Result {
    Ticket ticket;
    ResultKind kind;
    std::chrono::nanoseconds duration;
    ByteSpan bytes;  ///< until the next call
    std::vector<UniqueFd> descriptors;
  };
  /// The next result that is there. Throws corrupt_data when the worker's memory holds nonsense.
  std::optional<Result> take_result();
  /// Lets the worker have the room of the results that were taken.
  void free_results();

  /// Takes back the tasks that it has not begun.
  std::vector<WaitingTask> take_back();
  /// Takes back all tasks of a worker that has ended.
  std::vector<WaitingTask> take_all();

  /// When its task began, on the monotonic clock; 0: it runs none.
  std::uint64_t began() const { return memory_.control().began; }
  void kill(Doom doom);
  Doom doom() const noexcept { return doom_; }

 private:
  struct SentTask {
    Ticket ticket;
    std::uint64_t begin = 0;  ///< of its record in the ring
    std::uint64_t end = 0;
    std::vector<UniqueFd> descriptors;
  };

  std::vector<WaitingTask> take_from(std::size_t first);
  void wake();
  void note_front();

  UniqueFd channel_;
  ChannelMemory memory_;
  UniqueFd their_socket_;
  DescriptorStream stream_;
  std::optional<Process> process_;
  std::deque<SentTask> tasks_;  ///< whose results have not come, in order
  std::uint64_t position_ = 0;  ///< where the next record goes
  std::uint64_t n_sent_ = 0;
  std::uint64_t n_done_ = 0;
  std::uint64_t results_position_ = 0;
  std::uint64_t came_to_front_ = 0;
  std::optional<SharedBytes> spilled_;
  Doom doom_ = Doom::none;
};

}  // namespace thrum::pool_detail
