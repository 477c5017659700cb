#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace thrum {

/// Clients that ask without a pause, half of them on connections that they keep. Each asks once more where its
/// connection ended before the first byte of a reply; what fails then is lost.
class TestLoad {
 public:
  explicit TestLoad(std::uint16_t port, int n_clients = 4);
  ~TestLoad();
  TestLoad(const TestLoad&) = delete;
  TestLoad& operator=(const TestLoad&) = delete;

  /// Waits until so many more have been answered.
  bool goes_on(int n_more = 200) const;
  /// Waits until each client has been answered once more, so that none of them still repeats what it asked before.
  bool goes_on_for_everyone() const;
  void stop();

  int n_broken() const noexcept { return n_broken_; }  ///< replies that ended in their middle
  int n_answered() const noexcept { return n_answered_; }
  int n_lost() const noexcept { return n_lost_; }
  int n_wrong() const noexcept { return n_wrong_; }
  int n_repeated() const noexcept { return n_repeated_; }

 private:
  void run(std::uint16_t port, std::size_t client);

  std::atomic<bool> is_over_ = false;
  std::atomic<int> n_answered_ = 0;
  std::atomic<int> n_lost_ = 0;
  std::atomic<int> n_wrong_ = 0;
  std::atomic<int> n_broken_ = 0;
  std::atomic<int> n_repeated_ = 0;
  std::vector<std::atomic<int>> n_answered_to_;  // by client
  std::vector<std::thread> clients_;
};

}  // namespace thrum
