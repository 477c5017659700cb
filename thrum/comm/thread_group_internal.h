#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/mutex.h"

namespace thrum {

/// What the ranks of one run share, also over the groups split from them: the first failure ends all. Thread-safe.
struct ThreadWorld {
  explicit ThreadWorld(std::chrono::milliseconds deadline_of_calls) : deadline(deadline_of_calls) {}

  void fail(ErrorCode code, const std::string& message) THRUM_REQUIRES(mutex);
  void throw_if_failed() THRUM_REQUIRES(mutex);

  const std::chrono::milliseconds deadline;
  Mutex mutex;
  ConditionVariable changed;
  std::optional<Error> failure THRUM_GUARDED_BY(mutex);
};

class ThreadGroup;

/// One collective call: what each rank brought. Changes under the world's mutex; `calls` and `parts` never again once
/// it is complete.
struct ThreadRound {
  explicit ThreadRound(std::size_t n_ranks) : calls(n_ranks), parts(n_ranks) {}

  std::vector<std::optional<std::string>> calls;  ///< such as "allreduce(F64, sum, 3)"; empty until the rank comes
  std::vector<std::vector<std::byte>> parts;
  std::size_t n_arrived = 0;
  bool complete = false;
  std::map<int, std::shared_ptr<ThreadGroup>> children;  ///< by color, where the call was a split
};

/// The ranks that meet in one communicator. Thread-safe.
class ThreadGroup {
 public:
  /// `members`: the rank in the world of each rank of the group, for messages.
  ThreadGroup(std::shared_ptr<ThreadWorld> world, std::vector<int> members);

  int size() const noexcept { return static_cast<int>(members_.size()); }

  /// Gives `part` to all and waits for theirs. All ranks must name the same `call`. Throws the world's failure.
  std::shared_ptr<ThreadRound> exchange(int rank, std::string call, std::vector<std::byte> part);

  /// The group of `color` that grows out of `round`.
  std::shared_ptr<ThreadGroup> child(ThreadRound& round, int color, const std::vector<int>& ranks);

  /// Rank `rank` makes no more calls; waiting for it is an error.
  void leave(int rank);

  void abort(int rank, std::string_view cause);

 private:
  using Clock = std::chrono::steady_clock;

  void complete_round() THRUM_REQUIRES(world_->mutex);
  void check_absent() THRUM_REQUIRES(world_->mutex);
  void fail_late() THRUM_REQUIRES(world_->mutex);
  std::string name(std::ptrdiff_t rank) const;

  const std::shared_ptr<ThreadWorld> world_;
  const std::vector<int> members_;
  std::shared_ptr<ThreadRound> round_ THRUM_GUARDED_BY(world_->mutex);
  std::vector<bool> left_ THRUM_GUARDED_BY(world_->mutex);
};

}  // namespace thrum
