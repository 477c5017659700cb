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
  batch.values.resize((batch.n_rows + rows.rows()) * rows.cols());
  auto values = batch.values.begin() + static_cast<std::ptrdiff_t>(batch.n_rows * rows.cols());
  for (std::size_t i = 0; i < rows.rows(); ++i) values = std::ranges::copy(rows.row(i), values).out;
  waiting_.push_back({index, batch.n_rows, rows.rows(), std::move(write)});
  batch.n_rows += rows.rows();
  ++batch.n_requests;
}

void Gathering::predict() {
  predicted_.clear();
  std::swap(predicted_, waiting_);
  for (Batch& batch : batches_) {
    if (batch.n_rows > 0) predict(batch);
  }
}

void Gathering::predict(Batch& batch) {
  const Rows rows(batch.values.data(), batch.n_rows, batch.model->schema().features.size());
  try {
    batch.failure = nullptr;
    batch.model->predict_into(batch.outputs, rows, batch.n_requests);
  } catch (...) {
    batch.failure = std::current_exception();
  }
  batch.values.clear();
  batch.n_rows = 0;
  batch.n_requests = 0;
}

void Gathering::finish(std::size_t i, Exchange& exchange) const {
  const Request& request = predicted_[i];
  const Batch& batch = batches_[request.batch];
  if (batch.failure) std::rethrow_exception(batch.failure);
  const std::size_t width = batch.model->n_outputs();
  request.write(exchange, {batch.outputs.data() + request.first_row * width, request.n_rows, width});
}

}  // namespace thrum::serving
