#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "thrum/comm/row_blocks.h"
#include "thrum/data/feature_reader.h"
#include "thrum/data/schema.h"
#include "thrum/data/table.h"

namespace thrum {

/// What a learner trains on: one rank's rows of a table, with the target and the weights in numbers. Immutable.
class Dataset {
 public:
  struct Options {
    std::string target;  ///< "": none, to look for anomalies; labels of these are not looked at
    Task task = Task::classification;
    std::string query = {};                 ///< of a ranking: a column whose equal values are one query. Not a feature.
    std::vector<std::string> exclude = {};  ///< columns that are not features
    std::string weight = {};                ///< a column of sample weights, >= 0; "": all ones. Not a feature.
  };

  /// What the weights of all rows may add up to: less than this leaves room for sums of weighted squares.
  static constexpr double largest_total_weight = 1e100;

  /// All rows of `table`. Throws invalid_argument as Schema::infer, and for missing targets, infinite targets of a
  /// regression, labels of a ranking that are no whole numbers from 0 to 31, missing queries, negative, missing,
  /// infinite, enormous or all-zero weights (naming the row). `scratch`: as of Schema::infer.
  Dataset(const std::shared_ptr<const Table>& table, const Options& options, Scratch* scratch = nullptr);
  /// All rows of `table` as `schema`, of other rows, describes them: to watch a fit of those. Throws invalid_argument
  /// as FeatureReader and the constructor above, and for a class that the schema does not know.
  static Dataset by_schema(const std::shared_ptr<const Table>& table, const Schema& schema,
                           const std::string& weight = "");

  /// The rows that rank `rank` of `size` trains on (rows_of_rank of the whole); shares the table. REQUIRES: this is the
  /// whole.
  Dataset shard(int rank, int size) const;

  /// The same, but categories that only rows of row_mask 0 hold are unknown: what a fit without these rows may know.
  /// Throws invalid_argument where no category of a feature is left. `scratch`: as of Schema::infer. REQUIRES: this is
  /// the whole.
  Dataset with_categories_of(std::span<const std::uint8_t> row_mask, Scratch* scratch = nullptr) const;

  /// The same rows as other features of the same names see them. Throws invalid_argument as FeatureReader.
  Dataset read_as(std::vector<Feature> features) const;

  /// The same rows, targets and weights with other features. `table`: these of this rank's rows.
  Dataset with_features(std::shared_ptr<const Table> table, std::vector<Feature> features) const;

  const Schema& schema() const noexcept { return features_->schema; }
  const FeatureReader& reader() const noexcept { return features_->reader; }

  std::size_t n_rows() const noexcept { return rows_.size(); }    ///< of this rank
  std::size_t first_row() const noexcept { return rows_.begin; }  ///< in the whole, and for reader()
  std::size_t n_rows_of_all_ranks() const noexcept { return targets_->y.size(); }

  /// y[i] of this rank's row i: the index of its class, or the number of a regression; 0 where anomalies are looked
  /// for.
  std::span<const double> y() const noexcept { return std::span(targets_->y).subspan(rows_.begin, rows_.size()); }
  /// Of a ranking, which query each of this rank's rows belongs to: numbered over all ranks as they first occur.
  std::span<const std::uint32_t> queries() const noexcept;
  /// Sample weights of this rank's rows; empty where all are one.
  std::span<const double> weights() const noexcept;
  /// What row i counts in a fit of its own: 0 where `row_mask` (empty: ones) is 0, else the sample weight times that of
  /// `weights` (empty: ones).
  double weight(std::size_t i, std::span<const std::uint8_t> row_mask, std::span<const double> weights) const;

 private:
  Dataset(const std::shared_ptr<const Table>& table, Schema schema, const std::string& weight);

  struct Features {
    Features(std::shared_ptr<const Table> t, Schema s, std::size_t first = 0);
    std::shared_ptr<const Table> table;
    Schema schema;
    FeatureReader reader;
    std::size_t first_row;  ///< where the table's first row stands among all
  };
  /// What all rows are to give.
  struct Targets {
    std::vector<double> y;
    std::vector<double> weights;
    std::vector<std::uint32_t> queries;
  };
  std::shared_ptr<const Features> features_;
  std::shared_ptr<const Targets> targets_;
  RowRange rows_;
};

}  // namespace thrum
