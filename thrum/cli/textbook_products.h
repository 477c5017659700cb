#pragma once

#include <string>
#include <vector>

#include "thrum/core/dtype.h"
#include "thrum/runtime/parallel.h"

namespace thrum::cli {

/// One algorithm's product of two (n, n) matrices of random numbers, checked.
struct TextbookProduct {
  std::string algorithm;
  double seconds = 0;  ///< of the fastest of three
  double gflops = 0;   ///< 2 n^3 operations, also where the algorithm needs fewer
};

/// From the definition to what makes good use of the caches, and gemm last: what the caches are worth. Throws internal
/// where a product is wrong.
std::vector<TextbookProduct> measure_textbook_products(Arena& arena, std::size_t n, DType dtype);

}  // namespace thrum::cli
