#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "thrum/data/column_values.h"

namespace thrum {

/// Asks for huge pages for the pages that [p, p + bytes) lies in. A hint: it may have no effect.
void advise_huge_pages(void* p, std::size_t bytes) noexcept;

/// Where there are many of them their pages appear at the first write, on the core that writes, and are large where the
/// system has such: that costs a fraction of small ones, and nothing is written twice. Throws std::bad_alloc.
std::shared_ptr<std::byte> zeroed_memory(std::size_t bytes);

/// `n` zeros in memory, or where `scratch` keeps them.
template <class T>
ColumnValues<T> column_values(std::size_t n, Scratch* scratch) {
  return scratch == nullptr ? ColumnValues<T>(n, zeroed_memory(n * sizeof(T))) : ColumnValues<T>(n, *scratch);
}

/// `count` columns of them, which share one piece, so that there may be more than a process may have mappings; it ends
/// with the last of them.
template <class T>
std::vector<ColumnValues<T>> column_values(std::size_t n, std::size_t count, Scratch* scratch) {
  constexpr std::size_t line = 64;
  const std::size_t stride = (n * sizeof(T) + line - 1) / line * line;
  const std::shared_ptr<std::byte> memory = scratch == nullptr
                                                ? zeroed_memory(count * stride)
                                                : std::shared_ptr<std::byte>(scratch->allocate(count * stride));
  std::vector<ColumnValues<T>> columns;
  columns.reserve(count);
  for (std::size_t c = 0; c < count; ++c) {
    columns.push_back(ColumnValues<T>(n, std::shared_ptr<std::byte>(memory, memory.get() + c * stride)));
  }
  return columns;
}

/// The system brings some 64 KiB into memory around a number that is read from a disk: of so many columns that is
/// little beside any limit, and then it is time for Execution::keep_within_limit.
inline constexpr std::size_t columns_between_looks = 32;

}  // namespace thrum
