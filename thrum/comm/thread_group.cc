#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "thrum/comm/thread_group_internal.h"

namespace thrum {

void ThreadWorld::fail(ErrorCode code, const std::string& message) {
  if (!failure) failure.emplace(code, message);
  changed.notify_all();
}

void ThreadWorld::throw_if_failed() {
  // A new object: threads must not share an exception's text.
  if (failure) throw Error(failure->code(), std::string(failure->what()));
}

ThreadGroup::ThreadGroup(std::shared_ptr<ThreadWorld> world, std::vector<int> members)
    : world_(std::move(world)),
      members_(std::move(members)),
      round_(std::make_shared<ThreadRound>(members_.size())),
      left_(members_.size(), false) {}

std::shared_ptr<ThreadRound> ThreadGroup::exchange(int rank, std::string call, std::vector<std::byte> part) {
  const auto deadline = Clock::now() + world_->deadline;
  MutexLock lock(world_->mutex);
  world_->throw_if_failed();
  const std::shared_ptr<ThreadRound> round = round_;
  round->calls[rank] = std::move(call);
  round->parts[rank] = std::move(part);
  if (++round->n_arrived == members_.size()) {
    complete_round();
  } else {
    check_absent();
  }
  while (!round->complete) {
    world_->throw_if_failed();
    if (!world_->changed.wait_until(world_->mutex, deadline) && !round->complete) fail_late();
  }
  return round;
}

void ThreadGroup::complete_round() {
  const auto& calls = round_->calls;
  const auto other = std::ranges::find_if(calls, [&](const auto& call) { return call != calls.front(); });
  if (other != calls.end()) {
    return world_->fail(ErrorCode::invalid_argument,
                        fmt::format("[communicator] all ranks must make the same call: {} calls {}, {} calls {}",
                                    name(0), *calls.front(), name(other - calls.begin()), **other));
  }
  round_->complete = true;
  round_ = std::make_shared<ThreadRound>(members_.size());
  world_->changed.notify_all();
}

void ThreadGroup::check_absent() {
  const auto& calls = round_->calls;
  const auto gone = std::ranges::find(left_, true);
  const auto waiting = std::ranges::find_if(calls, [](const auto& call) { return call.has_value(); });
  if (gone == left_.end() || waiting == calls.end()) return;
  world_->fail(ErrorCode::invalid_argument,
               fmt::format("[communicator] all ranks must make the same call: {} calls {}, {} has ended",
                           name(waiting - calls.begin()), **waiting, name(gone - left_.begin())));
}

void ThreadGroup::fail_late() {
  const auto& calls = round_->calls;
  const auto late = std::ranges::find_if(calls, [](const auto& call) { return !call.has_value(); });
  const auto here = std::ranges::find_if(calls, [](const auto& call) { return call.has_value(); });
  if (late == calls.end() || here == calls.end()) return;
  world_->fail(ErrorCode::timed_out, fmt::format("[communicator] {} did not come to {} within {} ms",
                                                 name(late - calls.begin()), **here, world_->deadline.count()));
}

std::shared_ptr<ThreadGroup> ThreadGroup::child(ThreadRound& round, int color, const std::vector<int>& ranks) {
  std::vector<int> members(ranks.size());
  std::ranges::transform(ranks, members.begin(), [&](int rank) { return members_[rank]; });
  MutexLock lock(world_->mutex);
  auto& group = round.children[color];
  if (!group) group = std::make_shared<ThreadGroup>(world_, std::move(members));
  return group;
}

void ThreadGroup::leave(int rank) {
  MutexLock lock(world_->mutex);
  left_[rank] = true;
  check_absent();
}

void ThreadGroup::abort(int rank, std::string_view cause) {
  MutexLock lock(world_->mutex);
  world_->fail(ErrorCode::remote, fmt::format("{}: {}", name(rank), cause));
}

std::string ThreadGroup::name(std::ptrdiff_t rank) const {
  return fmt::format("rank {}", members_[rank]);
}

}  // namespace thrum
