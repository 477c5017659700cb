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
  predict_into(outputs_, rows, 1);
  return {outputs_.data(), rows.rows(), n_outputs()};
}

void ModelEndpoint::predict_into(std::vector<double>& outputs, Rows rows, std::size_t n_requests) {
  outputs.resize(rows.rows() * n_outputs());
  const auto begin = std::chrono::steady_clock::now();
  predictor_.predict(rows, {outputs.data(), rows.rows(), n_outputs()});
  const std::chrono::nanoseconds time = std::chrono::steady_clock::now() - begin;
  if (counts_ == nullptr) return;
  counts_->count_prediction(n_requests, rows.rows(), static_cast<std::uint64_t>(time.count()));
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
