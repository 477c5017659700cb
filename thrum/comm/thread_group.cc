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

std::shared_ptr<const ThreadRound> ThreadGroup::exchange(int rank, std::string call, std::vector<std::byte> part) {
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
                        "[communicator] all ranks must make the same call: " + name(0) + " calls " + *calls.front() +
                            ", " + name(static_cast<std::size_t>(other - calls.begin())) + " calls " + **other);
  }
  round_->complete = true;
  round_ = std::make_shared<ThreadRound>(members_.size());
  world_->changed.notify_all();
}

void ThreadGroup::check_absent() {
  const auto gone = std::ranges::find(left_, true);
  const auto waiting = std::ranges::find_if(round_->calls, [](const auto& call) { return call.has_value(); });
  if (gone == left_.end() || waiting == round_->calls.end()) return;
  world_->fail(ErrorCode::invalid_argument, "[communicator] all ranks must make the same call: " +
                                                name(static_cast<std::size_t>(waiting - round_->calls.begin())) +
                                                " calls " + **waiting + ", " +
                                                name(static_cast<std::size_t>(gone - left_.begin())) + " has ended");
}

void ThreadGroup::fail_late() {
  const auto late = std::ranges::find_if(round_->calls, [](const auto& call) { return !call.has_value(); });
  const auto here = std::ranges::find_if(round_->calls, [](const auto& call) { return call.has_value(); });
  if (late == round_->calls.end() || here == round_->calls.end()) return;
  world_->fail(ErrorCode::timed_out, "[communicator] " + name(static_cast<std::size_t>(late - round_->calls.begin())) +
                                         " did not come to " + **here + " within " +
                                         std::to_string(world_->deadline.count()) + " ms");
}

std::shared_ptr<ThreadGroup> ThreadGroup::child(const ThreadRound& round, int color, const std::vector<int>& ranks) {
  std::vector<int> members;
  for (const int rank : ranks) members.push_back(members_[rank]);
  MutexLock lock(world_->mutex);
  auto& group = const_cast<ThreadRound&>(round).children[color];
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
  world_->fail(ErrorCode::remote, name(static_cast<std::size_t>(rank)) + ": " + std::string(cause));
}

std::string ThreadGroup::name(std::size_t rank) const {
  return "rank " + std::to_string(members_[rank]);
}

}  // namespace thrum
