#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "thrum/cache/cached_value.h"
#include "thrum/cache/key_hasher.h"
#include "thrum/cache/shelved.h"
#include "thrum/cache/signature.h"
#include "thrum/cache/store.h"
#include "thrum/cache/type_signature.h"
#include "thrum/core/error.h"

namespace thrum {

struct CacheOptions {
  /// After this time a result is computed again.
  std::optional<std::chrono::nanoseconds> expires_after = {};
  /// Says whether a stored result may still be used; called for every hit.
  std::function<bool(const EntryInfo&)> validate = {};
  /// The level of zstd, 1 to 19; 0: not. The default is the store's.
  std::optional<int> compress = {};
};

namespace cache_detail {

/// What a cached function is besides the function.
class FunctionRecord {
 public:
  /// Throws invalid_argument for a name that is empty or too long, or a level that zstd has not.
  FunctionRecord(Store store, std::string name, std::string version, CacheOptions options);

  const Store& store() const noexcept { return store_; }
  const std::string& name() const noexcept { return name_; }

  KeyHasher begin_key(const std::string& result_signature) const;
  /// Neither expired nor refused.
  bool accepts(const StoredEntry& entry) const;
  bool accepts(const EntryInfo& info) const;
  NewEntry new_entry(ByteSpan value, std::chrono::nanoseconds duration) const;
  void log_computed(std::chrono::nanoseconds duration) const;
  /// A whole entry whose value is not what the function returns.
  void log_undecodable(const Error& error) const;

 private:
  Store store_;
  std::string name_;
  std::string version_;
  CacheOptions options_;
};

template <std::size_t I, std::size_t... Ignored>
inline constexpr bool is_ignored = ((I == Ignored) || ...);

}  // namespace cache_detail

/// A function whose results are kept on disk, as Memory::cache makes it. The arguments whose positions are `Ignored` do
/// not count. Thread-safe where the function is. Copies share the store.
template <class F, std::size_t... Ignored>
class CachedFunction {
 public:
  template <class... Args>
  using Result = std::remove_cvref_t<std::invoke_result_t<const F&, Args...>>;

  CachedFunction(cache_detail::FunctionRecord record, F function)
      : record_(std::move(record)), function_(std::move(function)) {}

  /// The stored result of these arguments, or else the function's, which is then stored. Of all threads and processes
  /// that ask at once one computes; the others wait for it. Throws what the function throws, and stores nothing then.
  template <class... Args>
  Result<Args...> operator()(Args&&... args) const {
    using R = Result<Args...>;
    const Digest key = key_of<R>(args...);
    auto found = find<R>(key);
    if (auto* value = std::get_if<R>(&found)) return std::move(*value);
    return compute<R>(std::get<Store::Turn>(found), std::forward<Args>(args)...).first;
  }

  /// As operator(), of a function that returns a vector of numbers: a result of the cache is mapped, not copied.
  template <class... Args>
  auto map(Args&&... args) const {
    using R = Result<Args...>;
    static_assert(cache_detail::is_number_vector<R>, "only vectors of numbers can be mapped");
    using Array = MappedArray<typename R::value_type>;
    const Digest key = key_of<R>(args...);
    auto found = find<Array>(key);
    if (auto* array = std::get_if<Array>(&found)) return std::move(*array);
    return Array(compute<R>(std::get<Store::Turn>(found), std::forward<Args>(args)...).first);
  }

  /// Computes, whether or not there is a result, and stores in its place.
  template <class... Args>
  Result<Args...> call(Args&&... args) const {
    using R = Result<Args...>;
    Store::Turn turn = record_.store().turn(key_of<R>(args...));
    return compute<R>(turn, std::forward<Args>(args)...).first;
  }

  /// As operator(), but gives a reference to the stored result; the result itself is not read.
  template <class... Args>
  Shelved<Result<Args...>> call_and_shelve(Args&&... args) const {
    using R = Result<Args...>;
    const Digest key = key_of<R>(args...);
    if (has(key)) return {record_.store(), key};
    auto found = find<R>(key);
    if (std::holds_alternative<R>(found)) return {record_.store(), key};
    auto [value, stored] = compute<R>(std::get<Store::Turn>(found), std::forward<Args>(args)...);
    if (stored) return {record_.store(), key};
    return Shelved<R>(std::move(value));
  }

  /// Whether a call with these arguments would find its result. Reads no more than what describes it.
  template <class... Args>
  bool check_call_in_cache(const Args&... args) const {
    return has(key_of<Result<const Args&...>>(args...));
  }

  /// Removes the result of these arguments; false: there was none.
  template <class... Args>
  bool clear_entry(const Args&... args) const {
    return record_.store().remove(key_of<Result<const Args&...>>(args...));
  }

  /// Removes all results of this function, of whichever version. Throws io where the folder may not be written.
  Usage clear() const {
    return record_.store().remove_if([&](const EntryInfo& info) { return info.function == record_.name(); });
  }

  /// What the result of these arguments is found by.
  template <class... Args>
  Digest key(const Args&... args) const {
    return key_of<Result<const Args&...>>(args...);
  }

 private:
  template <class R, class... Args>
  Digest key_of(const Args&... args) const {
    static_assert(!std::is_void_v<R>, "a cached function must return something");
    static const std::string result_signature = type_signature<R>();
    KeyHasher hasher = record_.begin_key(result_signature);
    add_arguments(hasher, std::index_sequence_for<Args...>(), args...);
    return hasher.digest();
  }

  template <std::size_t... I, class... Args>
  static void add_arguments(KeyHasher& hasher, std::index_sequence<I...>, const Args&... args) {
    static_assert(((Ignored < sizeof...(Args)) && ...), "there is no argument at an ignored position");
    (add_argument<I>(hasher, args), ...);
  }

  /// As the value that the function gets: f(1) and f(1.0) are the same call of f(double).
  template <std::size_t I, class Arg>
  static void add_argument(KeyHasher& hasher, const Arg& arg) {
    if constexpr (!cache_detail::is_ignored<I, Ignored...>) {
      using Declared = typename cache_detail::Parameter<F, I, Arg>::Type;
      using Value = std::remove_cvref_t<Declared>;
      static_assert(!cache_detail::may_change_argument<Declared>, "a cached function must not change its arguments");
      if constexpr (std::is_same_v<Value, Arg> || std::is_base_of_v<Value, Arg> ||
                    !std::is_convertible_v<const Arg&, Value>) {
        hasher.add(static_cast<const std::conditional_t<std::is_base_of_v<Value, Arg>, Value, Arg>&>(arg));
      } else {
        hasher.add(static_cast<Value>(arg));
      }
    }
  }

  bool has(const Digest& key) const {
    const auto info = record_.store().look_at(key);
    return info && record_.accepts(*info);
  }

  template <class R>
  std::variant<R, Store::Turn> find(const Digest& key) const {
    auto found = record_.store().find_or_turn(key, [this](const StoredEntry& entry) { return record_.accepts(entry); });
    if (auto* turn = std::get_if<Store::Turn>(&found)) return std::move(*turn);
    try {
      return cache_detail::decode_value<R>(std::move(std::get<StoredEntry>(found).value));
    } catch (const Error& error) {
      record_.log_undecodable(error);
      return record_.store().turn(key);
    }
  }

  /// The result, and whether it is stored.
  template <class R, class... Args>
  std::pair<R, bool> compute(Store::Turn& turn, Args&&... args) const try {
    const auto begin = std::chrono::steady_clock::now();
    R value = std::invoke(function_, std::forward<Args>(args)...);
    const auto duration = std::chrono::steady_clock::now() - begin;
    record_.log_computed(duration);
    const cache_detail::EncodedValue<R> encoded(value);
    const bool stored = turn.put(record_.new_entry(encoded.bytes(), duration));
    return {std::move(value), stored};
  } catch (...) {
    turn.fail(std::current_exception());
    throw;
  }

  cache_detail::FunctionRecord record_;
  F function_;
};

}  // namespace thrum
