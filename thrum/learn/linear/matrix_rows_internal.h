#pragma once

#include <cstddef>
#include <string_view>

#include "thrum/comm/execution.h"
#include "thrum/learn/linear/matrix_rows.h"

namespace thrum {

/// Throws invalid_argument unless each row has a finite target, an index of a class where n_classes is not 0, and a
/// weight, or none has, that is finite and 0 or more; out_of_memory, for the limit is kept meanwhile. `where` names the
/// caller. Matrix: of DenseRows or SparseRows.
template <class Matrix>
void check_targets_and_weights(std::string_view where, const MatrixRows<Matrix>& rows, std::size_t n_classes,
                               const Execution& execution);

/// Rows with values of the type that an option `dtype` asks for, "float64" or "float32": a copy where they are to be
/// narrower, else the rows, to which it refers, as they are.
class TypedRows {
 public:
  TypedRows(const SparseRows& rows, std::string_view dtype);
  TypedRows(const TypedRows&) = delete;
  TypedRows& operator=(const TypedRows&) = delete;
  ~TypedRows() = default;

  const SparseRows& rows() const noexcept { return rows_; }

 private:
  linalg::CsrMatrix narrow_;
  SparseRows rows_;
};

}  // namespace thrum
