#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/core/dtype.h"
#include "thrum/core/view.h"

namespace thrum::linalg {

/// Values in float64 or in float32, read as float64.
class SparseValues {
 public:
  explicit SparseValues(std::span<const double> values) : wide_(values.data()), n_(values.size()) {}
  explicit SparseValues(std::span<const float> values) : narrow_(values.data()), n_(values.size()) {}

  std::size_t size() const noexcept { return n_; }
  double operator[](std::size_t k) const noexcept { return wide_ != nullptr ? wide_[k] : double{narrow_[k]}; }
  /// f(pointer to the values), for loops that shall not ask for each value which they are.
  template <class F>
  decltype(auto) visit(F&& f) const {
    return wide_ != nullptr ? f(wide_) : f(narrow_);
  }

 private:
  const double* wide_ = nullptr;
  const float* narrow_ = nullptr;
  std::size_t n_;
};

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
    std::vector<float> values_f32 = {};              ///< in place of these, in half the memory
  };

  CsrMatrix() : CsrMatrix(Parts()) {}
  /// Throws invalid_argument, naming the row, unless offsets begin with 0, never fall and end with the number of
  /// values, columns ascend within each row and lie below n_cols, values are finite and of one type, and n_cols is at
  /// most 2^32.
  explicit CsrMatrix(Parts parts);
  /// What is not zero in X. Throws as the constructor.
  static CsrMatrix from_dense(MatrixView<const double> X);

  /// A copy of the rows [begin, end). REQUIRES: they are there.
  CsrMatrix part(std::size_t begin, std::size_t end) const;
  /// Its columns as rows, with values of the same type. Throws as the constructor, for more than 2^32 rows.
  CsrMatrix transposed() const;
  /// The same with its values rounded to float32. Throws invalid_argument, naming the row, for one beyond that.
  CsrMatrix to_float32() &&;

  std::size_t rows() const noexcept { return parts_.row_offsets.size() - 1; }
  std::size_t cols() const noexcept { return parts_.n_cols; }
  std::size_t n_values() const noexcept { return parts_.column_indices.size(); }
  /// Of its values: f64 or f32.
  DType dtype() const noexcept { return parts_.values_f32.empty() ? DType::f64 : DType::f32; }

  std::span<const std::uint64_t> row_offsets() const noexcept { return parts_.row_offsets; }
  std::span<const std::uint32_t> column_indices() const noexcept { return parts_.column_indices; }
  /// Empty where they are of the other type.
  std::span<const double> values() const noexcept { return parts_.values; }
  std::span<const float> values_f32() const noexcept { return parts_.values_f32; }

  /// What is not zero in row i.
  struct Row {
    std::span<const std::uint32_t> columns;
    SparseValues values;
  };
  Row row(std::size_t i) const noexcept {
    const std::uint64_t begin = parts_.row_offsets[i];
    const std::uint64_t n = parts_.row_offsets[i + 1] - begin;
    const auto columns = column_indices().subspan(begin, n);
    if (dtype() == DType::f32) return {columns, SparseValues(values_f32().subspan(begin, n))};
    return {columns, SparseValues(values().subspan(begin, n))};
  }

 private:
  Parts parts_;
};

}  // namespace thrum::linalg
