#include "thrum/model/altered_rows_internal.h"

#include <algorithm>

namespace thrum {

AlteredRows::AlteredRows(const Model& model, const Table& table)
    : image_(model.compile()), predictor_(open_predictor(image_)), reader_(model.schema(), table) {}

std::vector<double> AlteredRows::predict(std::span<const std::size_t> rows, std::size_t feature,
                                         FunctionRef<void(std::size_t, std::span<double>)> values_of,
                                         const Execution& execution) const {
  std::vector<double> outputs(rows.size() * n_outputs());
  parallel_for(
      *execution.arena, rows.size(), predictor_->batch_rows(),
      [&](std::size_t begin, std::size_t end) {
        std::vector<double> values(end - begin);
        values_of(begin, values);
        const MatrixView<double> batch(outputs.data() + begin * n_outputs(), end - begin, n_outputs());
        predict_batch(rows.subspan(begin, end - begin), feature, values, batch);
      },
      execution.stop);
  return outputs;
}

void AlteredRows::predict_batch(std::span<const std::size_t> rows, std::size_t feature, std::span<const double> values,
                                MatrixView<double> outputs) const {
  const std::size_t n = reader_.n_features();
  std::vector<double> buffer(rows.size() * n);
  if (predictor_->takes_columns()) {
    const MatrixView<double> columns(buffer.data(), n, rows.size());
    for (std::size_t j = 0; j < n; ++j) {
      if (j != feature) reader_.read_feature_at(j, rows, columns.row(j));
    }
    std::ranges::copy(values, columns.row(feature).begin());
    predictor_->predict_columns(columns, outputs);
    return;
  }
  const MatrixView<double> matrix(buffer.data(), rows.size(), n);
  std::vector<double> column(rows.size());
  for (std::size_t j = 0; j < n; ++j) {
    if (j != feature) reader_.read_feature_at(j, rows, column);
    for (std::size_t i = 0; i < rows.size(); ++i) matrix(i, j) = j == feature ? values[i] : column[i];
  }
  predictor_->predict(matrix, outputs);
}

}  // namespace thrum
