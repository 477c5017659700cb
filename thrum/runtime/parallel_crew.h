#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "thrum/runtime/parallel.h"

/// What the templates of Parallel are made of; not for users.
namespace thrum::parallel_detail {

/// The threads that work ahead for the reader of a stream. Its functions are for the reader alone.
class Crew {
 public:
  /// `work` runs one batch, in any thread, and says whether there was one; `room` says how many may begin. A null
  /// `team`: the reader does all the work, when it needs it.
  Crew(std::shared_ptr<Arena::Team> team, int jobs, std::function<bool()> work, std::function<std::size_t()> room);
  /// Returns when nobody is at work any more.
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// Counts the batches that have ended and the threads that have left.
  std::size_t events() const;
  bool at_work() const;
  /// Sends for more threads where there is room for them.
  void send_for_more();
  /// The same, then waits for an event beyond `seen` while somebody is at work; else works itself.
  void advance(std::size_t seen);

 private:
  struct Shared;
  bool nobody_comes(std::size_t seen);
  bool work_here();

  const std::shared_ptr<Arena::Team> team_;
  const int jobs_;
  const std::function<bool()> work_;
  const std::function<std::size_t()> room_;
  const std::shared_ptr<Shared> shared_;  ///< threads that come too late find it, and not the rest
};

}  // namespace thrum::parallel_detail
