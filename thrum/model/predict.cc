#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "thrum/core/assert.h"
#include "thrum/core/function_ref.h"
#include "thrum/data/feature_reader.h"
#include "thrum/data/zeroed_memory_internal.h"
#include "thrum/model/model.h"
#include "thrum/model/predict_sparse.h"

namespace thrum {
namespace {

/// Rows of a batch: (n, n_features), or (n_features, n) where they lie by columns.
struct Batch {
  std::size_t first_row;
  std::size_t n_rows;
  bool by_columns;
  MatrixView<double> values;  ///< zeros to begin with
};

/// A row's prediction does not depend on its batch, so the size of batches is a matter of speed and memory only.
std::size_t batch_rows(const Predictor& predictor, std::size_t n_features) {
  constexpr std::size_t most_values = std::size_t{1} << 20;
  return std::clamp<std::size_t>(most_values / std::max<std::size_t>(n_features, 1), 1, predictor.batch_rows());
}

/// The predictions of `n_rows`, which `fill` reads a batch at a time.
std::vector<double> predict_batches(const Predictor& predictor, std::size_t n_rows, const Execution& execution,
                                    FunctionRef<void(const Batch&)> fill) {
  const std::size_t n_outputs = predictor.n_outputs(), n_features = predictor.schema().features.size();
  const bool by_columns = predictor.takes_columns();
  std::vector<double> all(n_rows * n_outputs);
  const auto predict_rows = [&](std::size_t begin, std::size_t end) {
    const std::size_t n = end - begin;
    std::vector<double> values(n * n_features);
    const MatrixView<double> outputs(all.data() + begin * n_outputs, n, n_outputs);
    const MatrixView<double> view = by_columns ? MatrixView<double>(values.data(), n_features, n)
                                               : MatrixView<double>(values.data(), n, n_features);
    fill({begin, n, by_columns, view});
    by_columns ? predictor.predict_columns(view, outputs) : predictor.predict(view, outputs);
    execution.keep_within_limit();
  };
  parallel_for(*execution.arena, n_rows, batch_rows(predictor, n_features), predict_rows, execution.stop);
  return all;
}

/// The system brings many pages into memory around a number that is read from a disk: of all columns they may be more
/// than the limit.
void read_columns(const FeatureReader& reader, const Batch& batch, const Execution& execution) {
  std::vector<double> column(batch.by_columns ? 0 : batch.n_rows);
  for (std::size_t j = 0; j < reader.n_features(); ++j) {
    if (j % columns_between_looks == 0) execution.keep_within_limit();
    if (batch.by_columns) {
      reader.read_feature(j, batch.first_row, batch.values.row(j));
      continue;
    }
    reader.read_feature(j, batch.first_row, column);
    for (std::size_t i = 0; i < column.size(); ++i) batch.values(i, j) = column[i];
  }
}

/// The number in the name of a column of a sparse matrix, as "x12" has it; nullopt for other names.
std::optional<std::uint64_t> sparse_index(const std::string& name) {
  std::uint64_t index = 0;
  if (!name.starts_with('x')) return std::nullopt;
  const auto parsed = std::from_chars(name.data() + 1, name.data() + name.size(), index);
  const bool is_whole = parsed.ec == std::errc() && parsed.ptr == name.data() + name.size();
  return is_whole && name == fmt::format("x{}", index) ? std::optional(index) : std::nullopt;
}

/// The rows of a sparse matrix by the features of a model.
class SparseFeatures {
 public:
  SparseFeatures(const LibsvmData& rows, const Schema& schema) : rows_(rows.features) {
    for (std::size_t j = 0; j < schema.features.size(); ++j) {
      const auto index = sparse_index(schema.features[j].name);
      THRUM_ASSERT(index.has_value());
      if (*index < rows.first_index || *index - rows.first_index >= rows_.cols()) continue;
      const std::size_t column = *index - rows.first_index;
      if (column >= features_.size()) features_.resize(column + 1, none);
      features_[column] = j;
    }
  }

  /// Those of row i that are not zero, ascending.
  void read(std::size_t i, std::vector<FeatureValue>& values) const {
    values.clear();
    const auto row = rows_.row(i);
    for (std::size_t k = 0; k < row.columns.size(); ++k) {
      const std::size_t j = row.columns[k] < features_.size() ? features_[row.columns[k]] : none;
      if (j != none) values.push_back({j, row.values[k]});
    }
    if (!std::ranges::is_sorted(values, {}, &FeatureValue::feature)) {
      std::ranges::sort(values, {}, &FeatureValue::feature);
    }
  }

 private:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  const linalg::CsrMatrix& rows_;
  /// Of each column up to the last that is one, which feature it is: as large as the model asks for, whatever columns
  /// the rows have.
  std::vector<std::size_t> features_;
};

std::vector<double> predict_sparse(const Predictor& predictor, const SparseFeatures& features, std::size_t n_rows,
                                   const Execution& execution) {
  std::vector<double> all(n_rows * predictor.n_outputs());
  const MatrixView<double> outputs(all.data(), n_rows, predictor.n_outputs());
  const auto predict_rows = [&](std::size_t begin, std::size_t end) {
    std::vector<FeatureValue> row;
    for (std::size_t i = begin; i < end; ++i) {
      features.read(i, row);
      predictor.predict_sparse(row, outputs.row(i));
    }
    execution.keep_within_limit();
  };
  parallel_for(*execution.arena, n_rows, predictor.batch_rows(), predict_rows, execution.stop);
  return all;
}

}  // namespace

std::vector<double> predict(const Model& model, const Table& table, const Execution& execution) {
  const FeatureReader reader(model.schema(), table);
  const std::vector<std::byte> image = model.compile();
  return predict_batches(*open_predictor(image), table.n_rows(), execution, [&](const Batch& batch) {
    if (batch.by_columns || execution.scratch != nullptr) return read_columns(reader, batch, execution);
    reader.read(batch.first_row, batch.values);
  });
}

bool reads_sparse_rows(const Schema& schema) {
  return std::ranges::all_of(schema.features, [](const Feature& feature) {
    return feature.type == FeatureType::number && sparse_index(feature.name).has_value();
  });
}

std::vector<double> predict(const Model& model, const LibsvmData& rows, const Execution& execution) {
  const std::size_t n_rows = rows.features.rows();
  const SparseFeatures features(rows, model.schema());
  const std::vector<std::byte> image = model.compile();
  const auto predictor = open_predictor(image);
  if (predictor->takes_sparse()) return predict_sparse(*predictor, features, n_rows, execution);
  return predict_batches(*predictor, n_rows, execution, [&](const Batch& batch) {
    std::vector<FeatureValue> row;
    for (std::size_t i = 0; i < batch.n_rows; ++i) {
      features.read(batch.first_row + i, row);
      for (const auto& [j, value] : row) (batch.by_columns ? batch.values(j, i) : batch.values(i, j)) = value;
    }
  });
}

}  // namespace thrum
