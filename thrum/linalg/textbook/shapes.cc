#include <fmt/format.h>

#include "thrum/linalg/matrix_internal.h"
#include "thrum/linalg/textbook/shapes_internal.h"

namespace thrum::linalg::textbook {

void check_product_shapes(std::string_view where, std::size_t m, std::size_t k, std::size_t k_of_b, std::size_t n,
                          std::size_t m_of_c, std::size_t n_of_c) {
  if (k == k_of_b && m == m_of_c && n == n_of_c) return;
  refuse_shapes(where, fmt::format("expected C (m, n) = A (m, k) B (k, n), got ({}, {}) = ({}, {}) ({}, {})", m_of_c,
                                   n_of_c, m, k, k_of_b, n));
}

}  // namespace thrum::linalg::textbook
