#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace thrum::serving {

/// What an administrator wants of a running server: that it reads a model again, or takes it out of service. Workers
/// put wishes, each with a number; the supervisor fulfils them by reloads, and tells what came of each. In memory that
/// they share: zero bytes are its initial state. Thread-safe.
class ReloadWishes {
 public:
  static constexpr std::size_t most_open = 64;
  static constexpr std::size_t longest_name = 255;

  struct Wish {
    std::string model = {};
    bool is_load = true;  ///< false: it is not to be served
  };

  enum class State : std::uint32_t {
    none,
    being_put,
    open,     ///< it waits
    begun,    ///< the reload of now is for it
    done,     ///< by some workers, not by all yet
    settled,  ///< its outcome is told
  };

  /// A worker's: its number; none where too many are open, or the name is too long.
  std::optional<std::uint64_t> add(const Wish& wish) noexcept;
  /// What came of it: "" where it was fulfilled, else why not; none while that is not known.
  std::optional<std::string> outcome(std::uint64_t number) const;

  /// The supervisor's: begins with those that are open, at most so many and of each model one, the first ones first.
  /// False where there are none.
  bool begin(std::size_t most);
  /// Those in a state, by their numbers.
  std::vector<Wish> all(State state) const;
  void move(State from, State to) noexcept;
  /// Those in a state are over, for this reason; "": they are fulfilled.
  void settle(State from, std::string_view failure) noexcept;

 private:
  struct Slot {
    std::atomic<std::uint64_t> number;
    std::atomic<bool> is_load;
    std::atomic<std::size_t> name_size;
    std::array<std::atomic<char>, longest_name> name;
    std::atomic<std::size_t> failure_size;
    std::array<std::atomic<char>, 1024> failure;

    Wish wish() const;
  };

  bool claim(std::size_t slot) noexcept;
  std::vector<std::size_t> slots_in(State state) const;

  std::atomic<std::uint64_t> n_;
  std::array<std::atomic<State>, most_open> states_;
  std::array<Slot, most_open> slots_;
};

}  // namespace thrum::serving
