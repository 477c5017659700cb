#pragma once

#include <cstddef>
#include <vector>

#include "thrum/linalg/matrix_internal.h"

namespace thrum::linalg {

/// How a product (m, k) x (k, n) is cut into tasks: tiles of the output and, where there are few of them and k is long,
/// blocks of k whose partial products are added in order. Follows from the shape alone, so that results do not depend
/// on the number of threads.
struct ProductPlan {
  std::size_t m = 0;
  std::size_t n = 0;
  std::size_t k = 0;
  bool symmetric = false;  ///< only the tiles that touch the lower triangle are computed; then m = n, tiles are square

  std::size_t tile_rows = 1;
  std::size_t tile_cols = 1;
  std::size_t k_block = 1;
  std::size_t k_blocks = 1;

  std::vector<Block> tiles() const;
};

/// REQUIRES: m, n, k > 0.
ProductPlan plan_product(std::size_t m, std::size_t n, std::size_t k);

/// For (n, k) x (k, n) with a symmetric result.
ProductPlan plan_symmetric_product(std::size_t n, std::size_t k);

}  // namespace thrum::linalg
