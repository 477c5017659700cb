#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <span>
#include <vector>

#include "thrum/serve/model_endpoint_internal.h"

namespace thrum::serving {

struct Exchange;

/// Requests whose rows a model is to see in one call. What they get are the bytes that each would get alone: rows do
/// not depend on each other. Not thread-safe.
class Gathering {
 public:
  /// Makes the response from the outputs of the request's rows.
  using Write = std::function<void(Exchange& exchange, Outputs outputs)>;

  /// Keeps a copy of the rows, or, where it throws for want of memory, nothing. `model` must outlive it.
  void add(ModelEndpoint& model, Rows rows, Write write);
  std::size_t n_waiting() const noexcept { return waiting_.size(); }

  /// Asks the models. Those that waited can be finished from now on until the next call, while others are added.
  void predict();
  /// The model that the i-th of those that were predicted asks, in the order of add().
  ModelEndpoint& model(std::size_t i) const noexcept { return *batches_[predicted_[i].batch].model; }
  /// Writes its response. Throws what its batch ended with, such as std::bad_alloc.
  void finish(std::size_t i, Exchange& exchange) const;

 private:
  struct Batch {
    ModelEndpoint* model;
    std::vector<double> values = {};
    std::vector<double> outputs = {};
    std::size_t n_rows = 0;
    std::size_t n_requests = 0;
    std::exception_ptr failure = {};  ///< of the last prediction
  };
  struct Request {
    std::size_t batch;
    std::size_t first_row;
    std::size_t n_rows;
    Write write;
  };

  std::size_t batch_of(ModelEndpoint& model);
  static void predict(Batch& batch);

  std::vector<Batch> batches_;  // one per model; buffers are reused
  std::vector<Request> waiting_;
  std::vector<Request> predicted_;
};

}  // namespace thrum::serving
