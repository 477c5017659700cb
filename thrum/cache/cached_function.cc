#include "thrum/cache/cached_function.h"

#include <fmt/format.h>

#include "thrum/cache/entry_format_internal.h"
#include "thrum/core/log.h"

namespace thrum::cache_detail {
namespace {

constexpr int highest_level = 19;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::invalid_argument, "[cache] " + what);
}

}  // namespace

FunctionRecord::FunctionRecord(Store store, std::string name, std::string version, CacheOptions options)
    : store_(std::move(store)), name_(std::move(name)), version_(std::move(version)), options_(std::move(options)) {
  if (name_.empty()) refuse("expected a name for the function, got none");
  if (name_.size() > longest_name || version_.size() > longest_name) {
    refuse(fmt::format("expected a name and a version of at most {} bytes, got {} and {}", longest_name, name_.size(),
                       version_.size()));
  }
  const int level = options_.compress.value_or(store_.options().compress);
  if (level < 0 || level > highest_level) {
    refuse(fmt::format("expected a zstd level from 0 to {}, got {}", highest_level, level));
  }
}

KeyHasher FunctionRecord::begin_key(const std::string& result_signature) const {
  KeyHasher hasher(&store_);
  hasher(name_, version_, result_signature);
  return hasher;
}

bool FunctionRecord::accepts(const StoredEntry& entry) const {
  return (!options_.expires_after && !options_.validate) || accepts(entry.info());
}

bool FunctionRecord::accepts(const EntryInfo& info) const {
  if (options_.expires_after && std::chrono::system_clock::now() - info.created > *options_.expires_after) return false;
  return !options_.validate || options_.validate(info);
}

NewEntry FunctionRecord::new_entry(ByteSpan value, std::chrono::nanoseconds duration) const {
  return {.function = name_,
          .version = version_,
          .duration = duration,
          .value = value,
          .compress = options_.compress.value_or(store_.options().compress)};
}

void FunctionRecord::log_computed(std::chrono::nanoseconds duration) const {
  if (!store_.options().verbose) return;
  log(LogLevel::info,
      fmt::format("[cache] computed {} in {:.3f} s", name_, std::chrono::duration<double>(duration).count()));
}

void FunctionRecord::log_undecodable(const Error& error) const {
  log(LogLevel::warning,
      fmt::format("[cache] a stored result of {} cannot be read: {}; it is computed again", name_, error.what()));
}

void throw_not_an_array(std::size_t size, std::size_t element_size) {
  throw Error(ErrorCode::corrupt_data,
              fmt::format("[cache] expected whole elements of {} bytes, got {} bytes", element_size, size));
}

namespace {

Store shelf(const std::optional<Store>& store, const std::string& folder) {
  return store ? *store : Store(folder, {.create = false});
}

}  // namespace

StoredEntry get_shelved(const std::optional<Store>& store, const std::string& folder, const Digest& key) {
  if (auto entry = shelf(store, folder).find(key)) return *std::move(entry);
  throw Error(ErrorCode::io, fmt::format("[cache] the shelved result {} is no longer in {}", key.hex(), folder),
              "call the function again");
}

bool is_on_shelf(const std::optional<Store>& store, const std::string& folder, const Digest& key) {
  return shelf(store, folder).look_at(key).has_value();
}

bool clear_shelved(const std::optional<Store>& store, const std::string& folder, const Digest& key) {
  return shelf(store, folder).remove(key);
}

void throw_in_memory_only() {
  throw Error(ErrorCode::invalid_argument, "[cache] a shelved result that could not be stored cannot be sent",
              "send the value itself");
}

}  // namespace thrum::cache_detail
