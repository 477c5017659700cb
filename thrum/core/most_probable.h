#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "thrum/core/view.h"

namespace thrum {

/// The class with the highest probability, the first of equals. REQUIRES: there is one.
inline std::size_t most_probable(std::span<const double> probabilities) noexcept {
  return static_cast<std::size_t>(std::ranges::max_element(probabilities) - probabilities.begin());
}

/// The same of each row.
inline std::vector<std::size_t> most_probable(MatrixView<const double> probabilities) {
  std::vector<std::size_t> classes(probabilities.rows());
  for (std::size_t i = 0; i < classes.size(); ++i) classes[i] = most_probable(probabilities.row(i));
  return classes;
}

}  // namespace thrum
