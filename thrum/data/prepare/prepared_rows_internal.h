#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "thrum/comm/row_blocks.h"
#include "thrum/data/prepare/pipeline.h"

namespace thrum::prepare {

/// The rows that a step learns from: a dataset's, as the steps before leave them. Statistics are collective, and the
/// same for any number of threads and ranks.
class PreparedRows {
 public:
  PreparedRows(const Dataset& dataset, std::span<const std::uint8_t> row_mask, const Pipeline& before,
               const Execution& execution);

  const Dataset& dataset() const noexcept { return dataset_; }
  const Execution& execution() const noexcept { return execution_; }
  const std::vector<Feature>& features() const noexcept { return before_.outputs(); }
  /// What local row i counts; 0: it has no say.
  double weight(std::size_t i) const { return dataset_.weight(i, row_mask_, {}); }

  /// Local rows [begin, end), at most row_block of them, by columns: (features().size(), end - begin) in `buffer`.
  MatrixView<const double> read(std::size_t begin, std::size_t end, std::vector<double>& buffer) const;

  /// f(c, values of columns[c]) for some columns of the same rows. Those that no step has changed are read by
  /// themselves.
  template <class F>
  void for_each_column(std::size_t begin, std::size_t end, std::span<const std::size_t> columns, F f) const {
    std::vector<double> values(end - begin), buffer;
    MatrixView<const double> prepared;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (const auto stored = stored_column(begin, end, columns[c]); !stored.empty()) {
        f(c, stored);
        continue;
      }
      if (const auto input = before_.unchanged_input(columns[c])) {
        dataset_.reader().read_feature(*input, dataset_.first_row() + begin, values);
        f(c, std::span<const double>(values));
      } else {
        if (prepared.data() == nullptr) prepared = read(begin, end, buffer);
        f(c, prepared.row(columns[c]));
      }
    }
    execution_.keep_within_limit();
  }
  /// Whether every row counts one.
  bool unweighted() const { return dataset_.weights().empty() && row_mask_.empty(); }

  struct Moments {
    double weight = 0;   ///< of the rows in which the column is not missing
    double missing = 0;  ///< weight of those in which it is
    double mean = 0;
    double variance = 0;  ///< divided by the weight, as scikit-learn's StandardScaler
  };
  /// Of each of `columns`, weighted.
  std::vector<Moments> moments(std::span<const std::size_t> columns) const;

  struct Extremes {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
  };
  std::vector<Extremes> extremes(std::span<const std::size_t> columns) const;
  /// The first row of all ranks that has a say and holds `value`. REQUIRES: there is one.
  std::size_t first_row_of(std::size_t column, double value) const;

  /// The quantiles of each of `columns` that `shares(n)`, of n values that have a say, asks for; none where there are
  /// no values. Exact, though few values are held at a time.
  std::vector<std::vector<double>> quantiles(std::span<const std::size_t> columns,
                                             FunctionRef<std::vector<double>(std::size_t n)> shares) const;

  /// The values of a column in all rows of all ranks that have a say, without missing ones, ascending.
  std::vector<double> sorted(std::size_t column) const;
  /// f(j, sorted values of columns[j]): for several columns at once where this is the only rank.
  void for_each_sorted(std::span<const std::size_t> columns,
                       FunctionRef<void(std::size_t j, std::span<const double> values)> f) const;

  /// How much each code of each of `columns` counts: (n_categories + 2), the last two for unknown and missing.
  std::vector<std::vector<double>> category_weights(std::span<const std::size_t> columns) const;

 private:
  /// Where the table holds it; else empty.
  std::span<const double> stored_column(std::size_t begin, std::size_t end, std::size_t column) const;
  /// f(values) with those of this rank that have a say, some of them NaN, block by block.
  template <class F>
  void for_each_block(std::size_t column, F f) const;
  std::vector<double> gathered(std::size_t column) const;

  const Dataset& dataset_;
  std::span<const std::uint8_t> row_mask_;
  const Pipeline& before_;
  const Execution& execution_;
};

}  // namespace thrum::prepare
