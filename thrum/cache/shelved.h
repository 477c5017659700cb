#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "thrum/cache/cached_value.h"
#include "thrum/cache/digest.h"
#include "thrum/cache/store.h"

namespace thrum {

namespace cache_detail {

StoredEntry get_shelved(const std::optional<Store>& store, const std::string& folder, const Digest& key);
bool is_on_shelf(const std::optional<Store>& store, const std::string& folder, const Digest& key);
bool clear_shelved(const std::optional<Store>& store, const std::string& folder, const Digest& key);
[[noreturn]] void throw_in_memory_only();

}  // namespace cache_detail

/// A small reference to a stored result, which can be sent to other processes of this machine instead of it.
template <class R>
class Shelved {
 public:
  /// Refers to nothing; for the wire format.
  Shelved() = default;
  Shelved(Store store, const Digest& key) : store_(std::move(store)), folder_(store_->folder().string()), key_(key) {}
  /// A result that could not be stored: kept in memory, and cannot be sent.
  explicit Shelved(R value) : value_(std::make_shared<const R>(std::move(value))) {}

  /// Reads the result. Throws io where it is no longer in the cache.
  R get() const {
    if (value_ != nullptr) return *value_;
    return cache_detail::decode_value<R>(cache_detail::get_shelved(store_, folder_, key_).value);
  }
  bool valid() const { return value_ != nullptr || cache_detail::is_on_shelf(store_, folder_, key_); }
  /// Removes the result from the cache; false: it was gone.
  bool clear() const { return value_ == nullptr && cache_detail::clear_shelved(store_, folder_, key_); }

  template <class Archive>
  void wire(Archive& archive) {
    if (value_ != nullptr) cache_detail::throw_in_memory_only();
    archive(folder_, key_);
  }

 private:
  std::optional<Store> store_;  ///< none: it came over the wire
  std::string folder_;
  Digest key_;
  std::shared_ptr<const R> value_;
};

}  // namespace thrum
