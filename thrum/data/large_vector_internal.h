#pragma once

#include <cstddef>
#include <vector>

#include "thrum/data/column_values.h"

namespace thrum {

/// Asks for huge pages for the whole pages in [p, p + bytes). A hint: it may have no effect.
void advise_huge_pages(void* p, std::size_t bytes) noexcept;

/// `n` zeros. Where they are many, fewer page faults and address translations are needed than for another vector:
/// reading a file of numbers takes a seventh less time.
template <class T>
std::vector<T> large_vector(std::size_t n) {
  std::vector<T> values;
  values.reserve(n);
  advise_huge_pages(values.data(), n * sizeof(T));
  values.resize(n);
  return values;
}

/// `n` zeros in memory, or where `scratch` keeps them.
template <class T>
ColumnValues<T> column_values(std::size_t n, Scratch* scratch) {
  return scratch == nullptr ? ColumnValues<T>(large_vector<T>(n)) : ColumnValues<T>(n, *scratch);
}

}  // namespace thrum
