#include "thrum/runtime/parallel_dispatch.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "thrum/core/error.h"

namespace thrum::parallel_detail {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds batch_target = std::chrono::milliseconds(1);
constexpr Clock::duration report_interval = std::chrono::milliseconds(100);

/// "ETA 12 s", "ETA 12 s, 3 failed", "3 failed" or nothing.
std::string detail_of(std::optional<Seconds> left, std::size_t failures) {
  std::string text;
  if (left) text = fmt::format("ETA {:.{}f} s", left->count(), left->count() < 10 ? 1 : 0);
  if (failures > 0) text += fmt::format("{}{} failed", text.empty() ? "" : ", ", failures);
  return text;
}

}  // namespace

std::size_t BatchSize::next(std::size_t next) const {
  if (fixed_ > 0) return fixed_;
  if (!total_) return size_;
  const std::size_t left = *total_ - std::min(*total_, next);
  return std::clamp<std::size_t>(left / (2 * jobs_), 1, size_);
}

void BatchSize::learn(std::size_t size, Seconds took) {
  if (size == 0) return;
  const Seconds per_task = took / static_cast<double>(size);
  smoothed_ = smoothed_ > Seconds(0) ? 0.8 * smoothed_ + 0.2 * per_task : per_task;
  const double wanted = batch_target / std::max(smoothed_, Seconds(1e-9));
  const std::size_t largest = std::max(size_, 2 * size);
  size_ = static_cast<std::size_t>(std::clamp(wanted, 1.0, static_cast<double>(largest)));
}

Dispatch::Dispatch(const ParallelOptions& options, int jobs, std::optional<std::size_t> total, std::size_t window,
                   bool collecting)
    : options_(options),
      total_(total),
      window_(window),
      collecting_(collecting),
      batch_size_(options.batch_size, total, static_cast<std::size_t>(jobs)),
      exhausted_(total == 0) {}

std::size_t Dispatch::may_begin() {
  MutexLock lock(mutex_);
  if (options_.timeout && !collecting_) fail_overdue();
  if (exhausted_ || failed_task_ != none || ahead_ >= window_) return 0;
  if (options_.stop.stop_requested()) {
    record(next_, nullptr);
    return 0;
  }
  return batch_size_.next(next_);
}

std::size_t Dispatch::room() {
  MutexLock lock(mutex_);
  if (exhausted_ || failed_task_ != none) return 0;
  return std::min(window_ - ahead_, total_.value_or(none) - next_);
}

void Dispatch::begin(Batch& batch) {
  MutexLock lock(mutex_);
  if (batch.size == 0) {
    exhausted_ = true;
    return;
  }
  batch.first = next_;
  batch.began = Clock::now();
  next_ += batch.size;
  ++ahead_;
  if (next_ == total_) exhausted_ = true;
  if (options_.timeout) watched_.push_back(&batch);
}

void Dispatch::end(Batch& batch) {
  const Clock::time_point now = Clock::now();
  MutexLock lock(mutex_);
  std::erase(watched_, &batch);
  batch_size_.learn(batch.done, now - batch.began);
  done_ += batch.done;
  if (now - reported_ < report_interval || done_ == total_) return;
  try {
    report(now);
  } catch (...) {
    record(next_, std::current_exception());
  }
}

void Dispatch::take() {
  MutexLock lock(mutex_);
  --ahead_;
}

bool Dispatch::before(Batch& batch, std::size_t task) {
  if (task > failed_task_.load(std::memory_order_relaxed)) return false;
  if (options_.stop.stop_requested()) {
    fail(task, nullptr);
    return false;
  }
  if (options_.timeout) {
    batch.task.store(task, std::memory_order_relaxed);
    batch.task_began.store(Clock::now().time_since_epoch().count(), std::memory_order_release);
  }
  return true;
}

bool Dispatch::after(Batch& batch) {
  ++batch.done;
  if (!options_.timeout) return true;
  const Clock::duration began(batch.task_began.exchange(0, std::memory_order_relaxed));
  return Clock::now().time_since_epoch() - began <= *options_.timeout;
}

void Dispatch::fail(std::size_t task, std::exception_ptr what) {
  MutexLock lock(mutex_);
  record(task, std::move(what));
}

void Dispatch::fail_next(std::exception_ptr what) {
  MutexLock lock(mutex_);
  record(next_, std::move(what));
}

void Dispatch::abandon() {
  fail(0, nullptr);
}

TaskFailed Dispatch::timed_out(std::size_t task) const {
  return {"Parallel", task, ErrorCode::timed_out, fmt::format("took longer than {} s", options_.timeout->count())};
}

bool Dispatch::is_over() {
  MutexLock lock(mutex_);
  return exhausted_ || failed_task_ != none;
}

void Dispatch::finish() {
  MutexLock lock(mutex_);
  report(Clock::now());
  if (failed_task_ == none) return;
  if (!failure_) throw Error(ErrorCode::cancelled, "[Parallel] a stop was requested before the work was done");
  std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Dispatch::fail_overdue() {
  const Clock::duration now = Clock::now().time_since_epoch();
  for (const Batch* batch : watched_) {
    const Clock::duration began(batch->task_began.load(std::memory_order_acquire));
    if (began.count() == 0 || now - began <= *options_.timeout) continue;
    const std::size_t task = batch->task.load(std::memory_order_relaxed);
    record(task, std::make_exception_ptr(timed_out(task)));
  }
}

void Dispatch::record(std::size_t task, std::exception_ptr what) {
  if (task >= failed_task_) return;
  failure_ = std::move(what);
  failed_task_ = task;
}

void Dispatch::report(Clock::time_point now) {
  if (options_.progress == nullptr) return;
  reported_ = now;
  std::optional<Seconds> left;
  if (total_ && done_ > 0)
    left = Seconds(now - began_) / static_cast<double>(done_) * static_cast<double>(*total_ - done_);
  const std::string detail = detail_of(left, failures_.load(std::memory_order_relaxed));
  options_.progress->report({.stage = options_.stage, .done = done_, .total = total_.value_or(0), .detail = detail});
}

}  // namespace thrum::parallel_detail
