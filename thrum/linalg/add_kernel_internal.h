#pragma once

#include <cstddef>

namespace thrum::linalg {

/// c[i] = a[i] + b[i] for i < n; `past_caches`: by streaming stores, to be followed by hwy::FlushStream().
void add_row(const float* a, const float* b, float* c, std::size_t n, bool past_caches) noexcept;
void add_row(const double* a, const double* b, double* c, std::size_t n, bool past_caches) noexcept;

}  // namespace thrum::linalg
