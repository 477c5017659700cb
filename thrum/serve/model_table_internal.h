#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "thrum/serve/shared_table_internal.h"

namespace thrum::serving {

/// Of a version of a model.
struct ModelCounts {
  std::atomic<std::uint64_t> requests;    ///< that were predicted
  std::atomic<std::uint64_t> rows;        ///< in them
  std::atomic<std::uint64_t> executions;  ///< calls of the model, each with the rows of some requests
  std::atomic<std::uint64_t> refused;     ///< requests that the model could not take
  std::atomic<std::uint64_t> compute_ns;
  std::atomic<bool> is_unloaded;  ///< of the entry without a version, which stands for all of them

  /// Of one execution.
  void count_prediction(std::size_t n_requests, std::size_t n_rows, std::uint64_t nanoseconds) noexcept {
    requests.fetch_add(n_requests, std::memory_order_relaxed);
    rows.fetch_add(n_rows, std::memory_order_relaxed);
    executions.fetch_add(1, std::memory_order_relaxed);
    compute_ns.fetch_add(nanoseconds, std::memory_order_relaxed);
  }
  void count_refusal() noexcept { refused.fetch_add(1, std::memory_order_relaxed); }
};

/// What all workers together have done with each model, by name and version, and what the administrator wants of it.
/// Thread-safe.
class ModelTable : public SharedTable<ModelCounts, 4096> {
 public:
  /// Whether the administrator wants no version of the model to be served.
  bool is_unloaded(std::string_view name) noexcept {
    const Entry* all = find_or_add(name, "");
    return all != nullptr && all->is_unloaded;
  }
  void set_unloaded(std::string_view name, bool is_unloaded) noexcept {
    if (Entry* all = find_or_add(name, "")) all->is_unloaded = is_unloaded;
  }

  /// Calls `visit(entry)` for each version.
  template <class Visitor>
  void for_each(Visitor visit) const {
    SharedTable::for_each([&](const Entry& entry) {
      if (!entry.second().empty()) visit(entry);
    });
  }
};

}  // namespace thrum::serving
