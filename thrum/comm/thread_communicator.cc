#include "thrum/comm/thread_communicator.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <numeric>
#include <thread>
#include <utility>

#include "thrum/comm/reduce_internal.h"
#include "thrum/comm/thread_group_internal.h"

namespace thrum {
namespace {

using Bytes = std::vector<std::byte>;

Bytes copy(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

std::string call_name(std::string_view collective, DType dtype, ReduceOp op, std::size_t n_bytes) {
  return fmt::format("{}({}, {}, {})", collective, dtype_name(dtype), reduce_op_name(op), n_bytes / dtype_size(dtype));
}

class ThreadCommunicator final : public Communicator {
 public:
  ThreadCommunicator(std::shared_ptr<ThreadGroup> group, int rank) : group_(std::move(group)), rank_(rank) {}

  ~ThreadCommunicator() override {
    // While an exception passes, its text is what the others should hear: abort follows.
    if (std::uncaught_exceptions() == uncaught_at_birth_) group_->leave(rank_);
  }
  ThreadCommunicator(const ThreadCommunicator&) = delete;
  ThreadCommunicator& operator=(const ThreadCommunicator&) = delete;

  int rank() const noexcept override { return rank_; }
  int size() const noexcept override { return group_->size(); }
  void barrier() override { group_->exchange(rank_, "barrier()", {}); }
  void abort(std::string_view cause) noexcept override { group_->abort(rank_, cause); }

  std::unique_ptr<Communicator> split(int color, int key) override {
    const int mine[2] = {color, key};
    const auto round = group_->exchange(rank_, "split()", copy(std::as_bytes(std::span(mine))));
    const auto theirs = [&](int r) { return reinterpret_cast<const int*>(round->parts[r].data()); };
    std::vector<int> ranks(static_cast<std::size_t>(size()));
    std::iota(ranks.begin(), ranks.end(), 0);
    std::erase_if(ranks, [&](int r) { return theirs(r)[0] != color; });
    std::ranges::sort(ranks, {}, [&](int r) { return std::pair(theirs(r)[1], r); });
    const auto place = static_cast<int>(std::ranges::find(ranks, rank_) - ranks.begin());
    return std::make_unique<ThreadCommunicator>(group_->child(*round, color, ranks), place);
  }

 protected:
  /// Each rank reduces one part and gives it to all.
  void allreduce_bytes(std::span<std::byte> data, DType dtype, ReduceOp op) override {
    const std::string call = call_name("allreduce", dtype, op, data.size());
    const auto round = group_->exchange(rank_, call, size() == 1 ? Bytes() : copy(data));
    if (size() == 1) return;
    const std::size_t n = data.size() / dtype_size(dtype);
    const auto bound = [&](int r) { return n * static_cast<std::size_t>(r) / static_cast<std::size_t>(size()); };
    const std::size_t begin = bound(rank_) * dtype_size(dtype);
    Bytes part(bound(rank_ + 1) * dtype_size(dtype) - begin);
    reduce(*round, begin, part, dtype, op);
    const auto reduced = group_->exchange(rank_, call, std::move(part));
    auto out = data.begin();
    for (const Bytes& bytes : reduced->parts) out = std::ranges::copy(bytes, out).out;
  }

  void reduce_scatter_bytes(std::span<const std::byte> data, std::span<std::byte> mine,
                            std::span<const std::size_t> counts, DType dtype, ReduceOp op) override {
    std::string call = call_name("reduce_scatter", dtype, op, data.size());
    call += fmt::format(" {}", fmt::join(counts, " "));
    const auto round = group_->exchange(rank_, std::move(call), copy(data));
    const std::size_t before = std::accumulate(counts.begin(), counts.begin() + rank_, std::size_t{0});
    reduce(*round, before * dtype_size(dtype), mine, dtype, op);
  }

  std::vector<Bytes> allgatherv_bytes(std::span<const std::byte> mine) override {
    return group_->exchange(rank_, "allgatherv()", copy(mine))->parts;
  }

  void broadcast_bytes(std::span<std::byte> data, int root) override {
    std::string call = fmt::format("broadcast({} bytes from {})", data.size(), root);
    const auto round = group_->exchange(rank_, std::move(call), rank_ == root ? copy(data) : Bytes());
    std::ranges::copy(round->parts[root], data.begin());
  }

 private:
  /// The reduction of all parts from byte `begin` on, in rank order.
  static void reduce(const ThreadRound& round, std::size_t begin, std::span<std::byte> into, DType dtype, ReduceOp op) {
    const auto part = [&](std::size_t r) { return std::span(round.parts[r]).subspan(begin, into.size()); };
    std::ranges::copy(part(0), into.begin());
    for (std::size_t r = 1; r < round.parts.size(); ++r) reduce_into(into, part(r), dtype, op);
  }

  const std::shared_ptr<ThreadGroup> group_;
  const int rank_;
  const int uncaught_at_birth_ = std::uncaught_exceptions();
};

std::string text_of_exception(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}

/// The ranks of one call of run_thread_ranks.
class ThreadRanks {
 public:
  ThreadRanks(int ranks, FunctionRef<void(Communicator&)> body, std::chrono::milliseconds deadline)
      : group_(make_group(ranks, deadline)), body_(body) {}

  void run() {
    std::vector<std::thread> threads;
    try {
      for (int rank = 1; rank < group_->size(); ++rank) threads.emplace_back([this, rank] { run_rank(rank); });
    } catch (...) {
      end_all(0, std::current_exception());
    }
    run_rank(0);
    for (std::thread& thread : threads) thread.join();
    MutexLock lock(mutex_);
    if (first_) std::rethrow_exception(std::move(first_));
  }

  static std::shared_ptr<ThreadGroup> make_group(int ranks, std::chrono::milliseconds deadline) {
    std::vector<int> members(static_cast<std::size_t>(ranks));
    std::iota(members.begin(), members.end(), 0);
    return std::make_shared<ThreadGroup>(std::make_shared<ThreadWorld>(deadline), std::move(members));
  }

 private:
  void run_rank(int rank) noexcept {
    try {
      ThreadCommunicator communicator(group_, rank);
      body_(communicator);
    } catch (...) {
      end_all(rank, std::current_exception());
    }
  }

  void end_all(int rank, const std::exception_ptr& cause) {
    {
      MutexLock lock(mutex_);
      if (!first_) first_ = cause;
    }
    group_->abort(rank, text_of_exception(cause));
  }

  const std::shared_ptr<ThreadGroup> group_;
  const FunctionRef<void(Communicator&)> body_;
  Mutex mutex_;
  std::exception_ptr first_ THRUM_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Communicator> self_communicator() {
  return std::make_unique<ThreadCommunicator>(ThreadRanks::make_group(1, std::chrono::minutes(1)), 0);
}

void run_thread_ranks(int ranks, FunctionRef<void(Communicator&)> body, std::chrono::milliseconds deadline) {
  if (ranks < 1) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[ranks] expected 1 or more, got {}", ranks));
  }
  ThreadRanks(ranks, body, deadline).run();
}

}  // namespace thrum
