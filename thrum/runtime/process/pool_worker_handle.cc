#include "thrum/runtime/process/pool_worker_handle_internal.h"

#include <algorithm>
#include <cstring>

#include "thrum/core/error.h"
#include "thrum/runtime/process/descriptor_socket_internal.h"
#include "thrum/runtime/process/spin_internal.h"

namespace thrum::pool_detail {
namespace {

RecordHeader header_at(const std::byte* at) {
  RecordHeader header;
  std::memcpy(&header, at, sizeof header);
  return header;
}

}  // namespace

WorkerHandle::WorkerHandle()
    : channel_(ChannelMemory::create()), memory_(channel_.get(), ChannelMemory::End::pool), stream_(UniqueFd()) {
  auto [ours, theirs] = make_socket_pair();
  stream_ = DescriptorStream(std::move(ours));
  their_socket_ = std::move(theirs);
}

std::vector<int> WorkerHandle::descriptors(int bell, int event) const {
  return {channel_.get(), their_socket_.get(), bell, event};
}

bool WorkerHandle::send(const Ticket& ticket, ByteSpan bytes, std::vector<UniqueFd>& descriptors, bool spilled) {
  const std::uint64_t size = record_size(bytes.size());
  const std::uint64_t in_use = tasks_.empty() ? 0 : position_ - tasks_.front().begin;
  if (is_closed() || in_use + size > ring_bytes) return false;
  const TaskKind kind = ticket.stays ? TaskKind::initializer : TaskKind::task;
  RecordHeader header{.size = static_cast<std::uint32_t>(bytes.size()),
                      .kind = static_cast<std::uint8_t>(kind),
                      .spilled = spilled,
                      .n_descriptors = static_cast<std::uint16_t>(descriptors.size())};
  if (!descriptors.empty()) {
    const auto packet = stream_.send(descriptors, false);
    if (!packet) return false;
    header.packet = *packet;
  }
  std::byte* at = memory_.tasks().at(position_);
  std::memcpy(at, &header, sizeof header);
  if (!bytes.empty()) std::memcpy(at + sizeof header, bytes.data(), bytes.size());
  tasks_.push_back({ticket, position_, position_ + size, std::move(descriptors)});
  position_ += size;
  if (tasks_.size() == 1) note_front();
  memory_.control().published = ++n_sent_;
  wake();
  return true;
}

void WorkerHandle::note_front() {
  if (!tasks_.empty() && front().call->timeout) came_to_front_ = monotonic_nanoseconds();
}

void WorkerHandle::wake() {
  ChannelControl& control = memory_.control();
  if (control.asleep == 0) return;
  control.bell.fetch_add(1);
  futex_wake_all(control.bell);
}

void WorkerHandle::close() {
  memory_.control().closed = 1;
  wake();
}

std::size_t WorkerHandle::n_begun() const {
  return static_cast<std::size_t>(Cursor::count(memory_.control().cursor) - n_done_);
}

std::optional<WorkerHandle::Result> WorkerHandle::take_result() {
  spilled_.reset();
  const std::uint64_t left = memory_.control().results_published - results_position_;
  if (left == 0) return std::nullopt;
  const std::byte* at = memory_.results().at(results_position_);
  const RecordHeader header = header_at(at);
  if (tasks_.empty() || header.size > max_record_bytes || record_size(header.size) > left) {
    throw Error(ErrorCode::corrupt_data, "[ProcessPool] a worker's memory holds no result where one should be");
  }
  Result result{std::move(tasks_.front().ticket),
                static_cast<ResultKind>(header.kind),
                std::chrono::nanoseconds(header.nanoseconds),
                {at + sizeof header, header.size},
                {}};
  tasks_.pop_front();
  note_front();
  ++n_done_;
  results_position_ += record_size(header.size);
  if (header.n_descriptors > 0) result.descriptors = stream_.receive(header.packet);
  if (header.spilled && !result.descriptors.empty()) {
    spilled_.emplace(result.descriptors.back().get());
    result.descriptors.pop_back();
    result.bytes = spilled_->bytes();
  }
  return result;
}

void WorkerHandle::free_results() {
  if (memory_.control().results_taken == results_position_) return;
  memory_.control().results_taken = results_position_;
  wake();
}

std::vector<WaitingTask> WorkerHandle::take_from(std::size_t first) {
  std::vector<WaitingTask> taken;
  for (std::size_t i = first; i < tasks_.size(); ++i) {
    SentTask& task = tasks_[i];
    const std::byte* at = memory_.tasks().at(task.begin);
    const RecordHeader header = header_at(at);
    const std::byte* bytes = at + sizeof header;
    taken.push_back(
        {std::move(task.ticket), {bytes, bytes + header.size}, std::move(task.descriptors), header.spilled});
  }
  if (first < tasks_.size()) position_ = tasks_[first].begin;
  tasks_.resize(std::min(first, tasks_.size()));
  return taken;
}

std::vector<WaitingTask> WorkerHandle::take_back() {
  ChannelControl& control = memory_.control();
  // Once it is held, the worker begins nothing.
  const std::uint64_t cursor = control.cursor.fetch_or(Cursor::held);
  auto first = static_cast<std::size_t>(Cursor::count(cursor) - n_done_);
  while (first < tasks_.size() && tasks_[first].ticket.stays) ++first;
  std::vector<WaitingTask> taken = take_from(first);
  n_sent_ -= taken.size();
  control.published = n_sent_;
  control.cursor = Cursor::renewed(cursor);
  return taken;
}

std::vector<WaitingTask> WorkerHandle::take_all() {
  return take_from(0);
}

void WorkerHandle::kill(Doom doom) {
  if (!process_ || doom_ != Doom::none) return;
  doom_ = doom;
  process_->kill();
}

}  // namespace thrum::pool_detail
