#include "thrum/serve/model_endpoint_internal.h"

#include <chrono>
#include <cstdint>
#include <utility>

namespace thrum::serving {

ModelEndpoint::ModelEndpoint(Identity identity, const Predictor& predictor, std::size_t limit_rows,
                             ModelTable::Entry* counts)
    : identity_(std::move(identity)),
      predictor_(predictor),
      counts_(counts),
      cells_(predictor.schema()),
      reader_(cells_, limit_rows),
      text_(predictor.schema().target) {}

Outputs ModelEndpoint::predict(Rows rows) {
  outputs_.resize(rows.rows() * predictor_.n_outputs());
  const MatrixView<double> outputs(outputs_.data(), rows.rows(), predictor_.n_outputs());
  const auto begin = std::chrono::steady_clock::now();
  predictor_.predict(rows, outputs);
  const std::chrono::nanoseconds time = std::chrono::steady_clock::now() - begin;
  if (counts_ != nullptr) counts_->count_prediction(rows.rows(), static_cast<std::uint64_t>(time.count()));
  return {outputs_.data(), rows.rows(), predictor_.n_outputs()};
}

Outputs ModelEndpoint::explain(Rows rows) {
  const std::size_t width = n_margins() * (cells_.size() + 1);
  contributions_.resize(rows.rows() * width);
  predictor_.explain(rows, {contributions_.data(), rows.rows(), width});
  return {contributions_.data(), rows.rows(), width};
}

void ModelEndpoint::count_refusal() noexcept {
  if (counts_ != nullptr) counts_->count_refusal();
}

}  // namespace thrum::serving
