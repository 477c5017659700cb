#pragma once

#include <span>
#include <vector>

#include "thrum/core/view.h"
#include "thrum/linalg/textbook/distributed_products.h"

namespace thrum::linalg::textbook {

/// A block without gaps between its rows, as it is sent.
struct TravellingBlock {
  explicit TravellingBlock(MatrixView<const double> block) : rows(block.rows()), cols(block.cols()) {
    elements.reserve(rows * cols);
    for (std::size_t i = 0; i < rows; ++i) elements.insert(elements.end(), block.row(i).begin(), block.row(i).end());
  }
  MatrixView<const double> view() const { return {elements.data(), rows, cols}; }

  std::size_t rows;
  std::size_t cols;
  std::vector<double> elements;
};

/// Throws invalid_argument naming `where`.
void check_blocks(const char* where, const RankGrid& grid, MatrixView<const double> A, MatrixView<const double> B,
                  MatrixView<double> C);

}  // namespace thrum::linalg::textbook
