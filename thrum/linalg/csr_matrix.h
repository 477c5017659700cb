#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/core/view.h"

namespace thrum::linalg {

/// A sparse matrix in compressed rows: of each row the columns that are not zero, ascending, and their values.
/// Immutable, so reading is thread-safe.
class CsrMatrix {
 public:
  /// As SciPy's csr_matrix holds it, in canonical form; taken over without a copy.
  struct Parts {
    std::size_t n_cols = 0;
    std::vector<std::uint64_t> row_offsets = {0};    ///< (n_rows + 1): row i is [row_offsets[i], row_offsets[i + 1])
    std::vector<std::uint32_t> column_indices = {};  ///< (n_values)
    std::vector<double> values = {};                 ///< (n_values)
  };

  CsrMatrix() : CsrMatrix(Parts()) {}
  /// Throws invalid_argument, naming the row, unless offsets begin with 0, never fall and end with the number of
  /// values, columns ascend within each row and lie below n_cols, values are finite, and n_cols is at most 2^32.
  explicit CsrMatrix(Parts parts);
  /// What is not zero in X. Throws as the constructor.
  static CsrMatrix from_dense(MatrixView<const double> X);

  /// A copy of the rows [begin, end). REQUIRES: they are there.
  CsrMatrix part(std::size_t begin, std::size_t end) const;

  std::size_t rows() const noexcept { return parts_.row_offsets.size() - 1; }
  std::size_t cols() const noexcept { return parts_.n_cols; }
  std::size_t n_values() const noexcept { return parts_.values.size(); }

  std::span<const std::uint64_t> row_offsets() const noexcept { return parts_.row_offsets; }
  std::span<const std::uint32_t> column_indices() const noexcept { return parts_.column_indices; }
  std::span<const double> values() const noexcept { return parts_.values; }

  /// What is not zero in row i.
  struct Row {
    std::span<const std::uint32_t> columns;
    std::span<const double> values;
  };
  Row row(std::size_t i) const noexcept {
    const std::uint64_t begin = parts_.row_offsets[i];
    const std::uint64_t n = parts_.row_offsets[i + 1] - begin;
    return {column_indices().subspan(begin, n), values().subspan(begin, n)};
  }

 private:
  Parts parts_;
};

}  // namespace thrum::linalg
