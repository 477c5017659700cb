#include <algorithm>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/learn/linear/encoded_fits_internal.h"
#include "thrum/learn/linear/gram_sums_internal.h"
#include "thrum/learn/linear/row_grams_internal.h"
#include "thrum/learn/linear/row_weights_internal.h"

namespace thrum {
namespace {

/// A difference of sums keeps the digits of what it is taken from: two of them may be lost, not more.
constexpr double largest_cancellation = 200;

template <class T>
ZeroedArray<T> padded(const DesignMatrix<T>& x, std::span<const double> values, const Execution& execution,
                      double shift = 0) {
  ZeroedArray<T> result(x.n_tiles() * x.tile_rows(), execution.scratch);
  parallel_for(*execution.arena, values.size(), row_block, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) result.data()[i] = static_cast<T>(values[i] - shift);
  });
  return result;
}

}  // namespace

template <class T>
std::vector<const typename RowGrams<T>::Rows*> RowGrams<T>::compute(std::span<const FitSpec> specs,
                                                                    bool fit_intercept) {
  rows_.clear();
  std::vector<Rows*> rows_of;
  for (const FitSpec& spec : specs) rows_of.push_back(rows_for(spec, true));
  y_shift_ = 0;
  if (fit_intercept) shift_target();
  y_ = padded<T>(x_, dataset_.y(), execution_, y_shift_);
  for (Rows* rows : rows_of) {
    if (rows->all == nullptr && is_masked(rows->spec, *execution_.communicator)) plan_difference(*rows);
  }
  compute_needed();
  return {rows_of.begin(), rows_of.end()};
}

template <class T>
typename RowGrams<T>::Rows* RowGrams<T>::rows_for(const FitSpec& spec, bool is_needed) {
  for (const auto& other : rows_) {
    if (same_rows(other->spec, spec, *execution_.communicator)) return other.get();
  }
  const RowWeights weights = weigh_rows(dataset_, spec, execution_, where_);
  rows_.push_back(
      std::make_unique<Rows>(spec, weights.total, weights.n_rows, padded<T>(x_, weights.values.values(), execution_)));
  rows_.back()->is_needed = is_needed;
  return rows_.back().get();
}

/// With an intercept the target may be moved: near zero squares keep their digits. The median of the first rows will
/// do, and is not moved far by a row that a mask leaves out.
template <class T>
void RowGrams<T>::shift_target() {
  std::vector<double> first(dataset_.y().begin(),
                            dataset_.y().begin() + static_cast<std::ptrdiff_t>(std::min(row_block, dataset_.n_rows())));
  const auto middle = first.begin() + static_cast<std::ptrdiff_t>(first.size() / 2);
  std::nth_element(first.begin(), middle, first.end());
  if (!first.empty()) y_shift_ = *middle;
  execution_.communicator->broadcast(std::span(&y_shift_, 1), 0);
}

/// Where a mask keeps most of the weight, the matrix is that of all rows less that of the rows left out, which are few.
/// Decided by the rows alone, so that the bits do not depend on the other fits.
template <class T>
void RowGrams<T>::plan_difference(Rows& rows) {
  FitSpec unmasked = rows.spec;
  unmasked.row_mask = {};
  Rows* all = rows_for(unmasked, false);
  if (!(rows.total_weight >= 0.5 * all->total_weight)) return;
  all->is_needed = true;
  rows.all = all;
  rows.left_out = ZeroedArray<T>(rows.weights.size());
  for (std::size_t i = 0; i < rows.left_out.size(); ++i) {
    if (rows.weights.data()[i] == 0) rows.left_out.data()[i] = all->weights.data()[i];
  }
}

template <class T>
void RowGrams<T>::compute_needed() {
  std::vector<Rows*> needed;
  for (const auto& rows : rows_) {
    if (rows->is_needed) needed.push_back(rows.get());
  }
  compute_gram_of(needed);
  std::vector<Rows*> cancelled;
  for (Rows* rows : needed) {
    if (rows->all == nullptr) continue;
    subtract_from_all(*rows);
    if (rows->gram.empty()) cancelled.push_back(rows);
  }
  for (Rows* rows : cancelled) rows->all = nullptr;
  compute_gram_of(cancelled);
}

/// Of the rows themselves, or of those left out.
template <class T>
void RowGrams<T>::compute_gram_of(std::span<Rows* const> rows) {
  std::vector<const T*> sets;
  for (const Rows* r : rows) sets.push_back(r->all == nullptr ? r->weights.data() : r->left_out.data());
  auto grams = gram_matrices(x_, y_.data(), std::span<const T* const>(sets), execution_);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i]->gram = std::move(grams[i]);
}

/// The matrix becomes that of all rows less it, or is emptied where too many digits cancel.
template <class T>
void RowGrams<T>::subtract_from_all(Rows& rows) const {
  const std::vector<double>& all = rows.all->gram;
  for (std::size_t i = 0; i < all.size(); ++i) rows.gram[i] = all[i] - rows.gram[i];
  const std::size_t n = x_.n_columns() + 2;
  for (std::size_t i = 0; i < n; ++i) {
    if (all[i * n + i] > largest_cancellation * rows.gram[i * n + i]) return rows.gram.clear();
  }
}

template class RowGrams<float>;
template class RowGrams<double>;

}  // namespace thrum
