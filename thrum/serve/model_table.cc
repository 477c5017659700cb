#include <algorithm>
#include <functional>
#include <thread>

#include "thrum/serve/model_table_internal.h"

namespace thrum::serving {
namespace {

constexpr int patience = 1000;  // turns to wait for who names an entry, and may have been killed

std::size_t hash_of(std::string_view name, std::string_view version) noexcept {
  return std::hash<std::string_view>()(name) * 31 + std::hash<std::string_view>()(version);
}

}  // namespace

void ModelTable::Entry::count_prediction(std::size_t n_requests, std::size_t n_rows,
                                         std::uint64_t nanoseconds) noexcept {
  requests.fetch_add(n_requests, std::memory_order_relaxed);
  rows.fetch_add(n_rows, std::memory_order_relaxed);
  executions.fetch_add(1, std::memory_order_relaxed);
  compute_ns.fetch_add(nanoseconds, std::memory_order_relaxed);
}

bool ModelTable::Entry::is(std::string_view name, std::string_view version) const noexcept {
  for (int turn = 0; state_.load(std::memory_order_acquire) == being_named && turn < patience; ++turn) {
    std::this_thread::yield();
  }
  return state_.load(std::memory_order_acquire) == named && this->name() == name && this->version() == version;
}

bool ModelTable::claim(Entry& entry, std::string_view name, std::string_view version) noexcept {
  std::uint32_t expected = free_;
  if (!entry.state_.compare_exchange_strong(expected, being_named, std::memory_order_acquire)) return false;
  std::ranges::copy(name, entry.name_.begin());
  std::ranges::copy(version, entry.version_.begin());
  entry.name_size_ = static_cast<std::uint8_t>(name.size());
  entry.version_size_ = static_cast<std::uint8_t>(version.size());
  entry.state_.store(named, std::memory_order_release);
  return true;
}

ModelTable::Entry* ModelTable::find_or_add(std::string_view name, std::string_view version) noexcept {
  if (name.size() > longest_name || version.size() > longest_version) return nullptr;
  const std::size_t begin = hash_of(name, version);
  for (std::size_t i = 0; i < n_entries; ++i) {
    Entry& entry = entries_[(begin + i) % n_entries];
    if (claim(entry, name, version) || entry.is(name, version)) return &entry;
  }
  return nullptr;
}

bool ModelTable::is_unloaded(std::string_view name) noexcept {
  const Entry* all = find_or_add(name, "");
  return all != nullptr && all->is_unloaded_;
}

void ModelTable::set_unloaded(std::string_view name, bool is_unloaded) noexcept {
  if (Entry* all = find_or_add(name, "")) all->is_unloaded_ = is_unloaded;
}

}  // namespace thrum::serving
