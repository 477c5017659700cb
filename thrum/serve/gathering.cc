#include "thrum/serve/gathering_internal.h"

#include <algorithm>
#include <utility>

namespace thrum::serving {

std::size_t Gathering::batch_of(ModelEndpoint& model) {
  const auto index = static_cast<std::size_t>(std::ranges::find(batches_, &model, &Batch::model) - batches_.begin());
  if (index == batches_.size()) batches_.push_back({&model});
  return index;
}

void Gathering::add(ModelEndpoint& model, Rows rows, Write write) {
  const std::size_t index = batch_of(model);
  Batch& batch = batches_[index];
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    batch.values.insert(batch.values.end(), rows.row(i).begin(), rows.row(i).end());
  }
  waiting_.push_back({index, batch.n_rows, rows.rows(), std::move(write)});
  batch.n_rows += rows.rows();
  ++batch.n_requests;
}

void Gathering::predict() {
  predicted_.clear();
  std::swap(predicted_, waiting_);
  for (Batch& batch : batches_) {
    if (batch.n_rows == 0) continue;
    const Rows rows(batch.values.data(), batch.n_rows, batch.model->schema().features.size());
    batch.model->predict_into(batch.outputs, rows, std::exchange(batch.n_requests, 0));
    batch.values.clear();
    batch.n_rows = 0;
  }
}

void Gathering::finish(std::size_t i, Exchange& exchange) const {
  const Request& request = predicted_[i];
  const Batch& batch = batches_[request.batch];
  const std::size_t width = batch.model->n_outputs();
  request.write(exchange, {batch.outputs.data() + request.first_row * width, request.n_rows, width});
}

}  // namespace thrum::serving
