#pragma once

#include <exception>
#include <utility>
#include <variant>

#include "thrum/runtime/process/task_failed.h"

namespace thrum {

/// What a task gave: its value, or why it failed. Reads like std::expected.
template <class R>
class Outcome {
 public:
  explicit Outcome(R value) : state_(std::move(value)) {}
  explicit Outcome(TaskFailed failure) : state_(std::move(failure)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// Throws the TaskFailed where there is no value.
  R& value() & { return throw_if_failed(), std::get<0>(state_); }
  const R& value() const& { return throw_if_failed(), std::get<0>(state_); }
  R&& value() && { return throw_if_failed(), std::get<0>(std::move(state_)); }
  R& operator*() & { return value(); }
  const R& operator*() const& { return value(); }
  R&& operator*() && { return std::move(*this).value(); }

  R value_or(R other) const { return has_value() ? std::get<0>(state_) : std::move(other); }

  /// REQUIRES: there is no value.
  const TaskFailed& error() const { return std::get<1>(state_); }

 private:
  void throw_if_failed() const {
    if (!has_value()) throw TaskFailed(error());
  }

  std::variant<R, TaskFailed> state_;
};

}  // namespace thrum
