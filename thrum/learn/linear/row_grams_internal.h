#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/learn/linear/design_matrix_internal.h"
#include "thrum/learn/linear/zeroed_array_internal.h"

namespace thrum {

/// The Gram matrices of a design matrix and the target, one for each set of rows that fits see: computed together, the
/// same whatever the other sets are. Refers to the dataset, the matrix and the execution.
template <class T>
class RowGrams {
 public:
  /// Rows and their weights, as some of the fits see them, with their Gram matrix.
  struct Rows {
    FitSpec spec;
    double total_weight;
    std::size_t n_rows;
    ZeroedArray<T> weights;
    const Rows* all = nullptr;  ///< the same without a mask, where the matrix is found as a difference
    ZeroedArray<T> left_out = ZeroedArray<T>(0);  ///< then: the weights of the rows left out
    bool is_needed = true;
    std::vector<double> gram = {};
  };

  /// `where` names the learner in messages.
  RowGrams(const Dataset& dataset, const DesignMatrix<T>& x, const Execution& execution, std::string_view where)
      : dataset_(dataset), x_(x), execution_(execution), where_(where), y_(0) {}

  /// Of the rows of each spec (collective); valid until the next call. Throws as weigh_rows.
  std::vector<const Rows*> compute(std::span<const FitSpec> specs, bool fit_intercept);

  /// What was taken off the target.
  double y_shift() const { return y_shift_; }

 private:
  Rows* rows_for(const FitSpec& spec, bool is_needed);
  void shift_target();
  void plan_difference(Rows& rows);
  void compute_needed();
  void compute_gram_of(std::span<Rows* const> rows);
  void subtract_from_all(Rows& rows) const;

  const Dataset& dataset_;
  const DesignMatrix<T>& x_;
  const Execution& execution_;
  std::string_view where_;
  double y_shift_ = 0;
  ZeroedArray<T> y_;
  std::vector<std::unique_ptr<Rows>> rows_;
};

}  // namespace thrum
