#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <vector>

#include "thrum/cache/store_state_internal.h"
#include "thrum/cache/xxh3_internal.h"
#include "thrum/core/error.h"

namespace thrum {
namespace {

/// Full, the store is emptied down to this, so that not every new entry has to look for an old one.
constexpr std::uint64_t low_water_tenths = 9;
/// A sample of fewer entries would say little about which are the oldest.
constexpr std::size_t smallest_sample = 16;

bool within(const Usage& usage, const Usage& bounds) {
  return usage.bytes <= bounds.bytes && usage.entries <= bounds.entries;
}

void sort_by_use(std::vector<ShardEntry>& entries) {
  std::ranges::sort(entries, {}, [](const ShardEntry& entry) { return std::pair(entry.last_used_ns, entry.key); });
}

/// Keys are digests, so any few shards are a fair sample of all entries.
std::vector<ShardEntry> sample(UsageFile& usage) {
  const std::int64_t now = coarse_now_ns();
  static std::atomic<std::uint64_t> round = 0;
  const std::array<std::uint64_t, 2> dice = {static_cast<std::uint64_t>(now), round++};
  const std::uint64_t first = xxh3_64(std::as_bytes(std::span(dice)));
  std::vector<ShardEntry> entries;
  for (unsigned i = 0; i < n_shards && entries.size() < smallest_sample; ++i) {
    const auto shard = static_cast<unsigned>((first + i) % n_shards);
    if (usage.of(shard).entries == 0) continue;
    const std::vector<ShardEntry> listed = usage.list(shard);
    entries.insert(entries.end(), listed.begin(), listed.end());
  }
  sort_by_use(entries);
  return entries;
}

std::vector<ShardEntry> all_entries(const std::filesystem::path& root) {
  std::vector<ShardEntry> entries;
  for (unsigned shard = 0; shard < n_shards; ++shard) {
    const std::vector<ShardEntry> listed = list_shard(root, shard);
    entries.insert(entries.end(), listed.begin(), listed.end());
  }
  return entries;
}

}  // namespace

bool Store::State::make_room(UsageFile& usage, std::uint64_t bytes) {
  const Usage before = usage.total();
  if (within({before.bytes + bytes, before.entries + 1}, {options.max_bytes, options.max_entries})) return true;
  if (options.max_entries == 0) return false;
  const Usage bounds = {std::min(options.max_bytes - bytes, options.max_bytes / 10 * low_water_tenths),
                        std::min(options.max_entries - 1, options.max_entries / 10 * low_water_tenths)};
  while (!within(usage.total(), bounds)) {
    const std::vector<ShardEntry> entries = sample(usage);
    weighed += entries.size();
    const std::size_t n_oldest = std::max<std::size_t>(1, entries.size() / 4);
    bool progress = false;
    for (std::size_t i = 0; i < std::min(n_oldest, entries.size()) && !within(usage.total(), bounds); ++i) {
      if (remove(usage, entries[i].key).entries == 0) continue;
      evicted++;
      progress = true;
    }
    if (!progress) return within(usage.total(), bounds);
  }
  return true;
}

void Store::for_each(FunctionRef<void(const EntryInfo&)> visit) const {
  for (unsigned shard = 0; shard < n_shards; ++shard) {
    std::vector<ShardEntry> entries = list_shard(state_->root, shard);
    std::ranges::sort(entries, {}, &ShardEntry::key);
    for (const ShardEntry& entry : entries) {
      if (const auto info = look_at(entry.key)) visit(*info);
    }
  }
}

Usage Store::usage() const {
  Usage sum;
  const bool known = state_->with_folder([&](UsageFile& usage) {
    sum = usage.total();
    return true;
  });
  if (known) return sum;
  for (const ShardEntry& entry : all_entries(state_->root)) sum += {entry.disk_bytes, 1};
  return sum;
}

Usage Store::reduce(const Reduction& reduction) const {
  state_->require_writable();
  std::vector<ShardEntry> entries = all_entries(state_->root);
  sort_by_use(entries);
  Usage left;
  for (const ShardEntry& entry : entries) left += {entry.disk_bytes, 1};
  const Usage bounds = {reduction.max_bytes.value_or(left.bytes), reduction.max_entries.value_or(left.entries)};
  const std::int64_t oldest =
      reduction.max_age ? coarse_now_ns() - std::chrono::nanoseconds(*reduction.max_age).count() : INT64_MIN;
  std::vector<Digest> keys;
  for (const ShardEntry& entry : entries) {
    if (within(left, bounds) && entry.last_used_ns >= oldest) break;
    keys.push_back(entry.key);
    left.bytes -= entry.disk_bytes;
    left.entries -= 1;
  }
  return state_->remove(keys);
}

Usage Store::remove_if(FunctionRef<bool(const EntryInfo&)> condition) const {
  state_->require_writable();
  std::vector<Digest> keys;
  for_each([&](const EntryInfo& info) {
    if (condition(info)) keys.push_back(info.key);
  });
  return state_->remove(keys);
}

Store::Verification Store::verify(bool fix) const {
  if (fix) state_->require_writable();
  Verification result;
  std::vector<Digest> damaged;
  for (const ShardEntry& entry : all_entries(state_->root)) {
    try {
      if (state_->read(entry.key, false)) result.good += {entry.disk_bytes, 1};
    } catch (const Error& error) {
      result.damaged.emplace_back(error.what());
      damaged.push_back(entry.key);
    }
  }
  if (fix) {
    state_->remove(damaged);
    state_->with_folder([](UsageFile& usage) {
      usage.count_all_anew();
      return true;
    });
  }
  return result;
}

}  // namespace thrum
