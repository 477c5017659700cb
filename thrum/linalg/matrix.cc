#include <limits>

#include <fmt/format.h>

#include "thrum/core/error.h"
#include "thrum/linalg/matrix_internal.h"

namespace thrum::linalg {

void refuse_shapes(std::string_view where, const std::string& what) {
  throw Error(ErrorCode::invalid_argument, fmt::format("[{}] {}", where, what));
}

void check_blas_size(std::string_view where, std::size_t rows, std::size_t cols, std::size_t stride) {
  constexpr std::size_t limit = std::numeric_limits<int>::max();
  if (rows > limit || cols > limit || stride > limit) {
    refuse_shapes(where, fmt::format("expected shapes and strides up to {}, got ({}, {}) with stride {}", limit, rows,
                                     cols, stride));
  }
}

}  // namespace thrum::linalg
