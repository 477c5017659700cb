#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "thrum/cache/cached_function.h"
#include "thrum/cache/entry.h"
#include "thrum/cache/store.h"

namespace thrum {

/// A folder in which the results of functions are kept, so that no process computes one twice. It keeps itself within
/// its limits: what was not used for longest goes first. Thread-safe; copies are the same cache. See
/// docs/guide/cache.md.
class Memory {
 public:
  /// Creates the folder where it is missing; one that may not be written is only read. Throws io.
  explicit Memory(const std::filesystem::path& folder, const StoreOptions& options = {}) : store_(folder, options) {}

  /// `function` with its results kept. The key of a result is made of `name`, `version`, the result's type and the
  /// arguments: change the version when the function computes something else. Results may be whatever the wire format
  /// takes; arguments too, and views (see KeyHasher). Throws invalid_argument.
  template <class F>
  auto cache(std::string name, std::string version, F&& function, CacheOptions options = {}) const {
    return cache_ignoring<>(std::move(name), std::move(version), std::forward<F>(function), std::move(options));
  }

  /// As cache, with the arguments at the positions `Ignored` (from 0) left out of the key, whatever their types.
  template <std::size_t... Ignored, class F>
  auto cache_ignoring(std::string name, std::string version, F&& function, CacheOptions options = {}) const {
    return CachedFunction<std::decay_t<F>, Ignored...>(
        cache_detail::FunctionRecord(store_, std::move(name), std::move(version), std::move(options)),
        std::forward<F>(function));
  }

  const Store& store() const noexcept { return store_; }

  /// What the results take of the disk, those of other processes included.
  Usage usage() const { return store_.usage(); }
  std::vector<EntryInfo> entries() const;
  /// Removes what was not used for longest until the bounds hold, and says what it removed. Throws io.
  Usage reduce_size(const Reduction& reduction) const { return store_.reduce(reduction); }
  /// Removes all results. Throws io.
  Usage clear() const { return store_.reduce({.max_entries = 0}); }

 private:
  Store store_;
};

}  // namespace thrum
