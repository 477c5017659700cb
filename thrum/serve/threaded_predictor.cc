#include "thrum/serve/threaded_predictor_internal.h"

#include <cstddef>
#include <utility>

#include "thrum/runtime/parallel.h"

namespace thrum::serving {
namespace {

constexpr std::size_t chunk_rows = 64;  // fewer are answered sooner by one thread

template <class T>
MatrixView<T> rows_of(MatrixView<T> matrix, std::size_t begin, std::size_t end) {
  return {matrix.data() + begin * matrix.stride(), end - begin, matrix.cols(), matrix.stride()};
}

class ThreadedPredictor : public Predictor {
 public:
  ThreadedPredictor(std::unique_ptr<Predictor> predictor, int n_threads)
      : predictor_(std::move(predictor)), arena_(n_threads) {}

  const Schema& schema() const noexcept override { return predictor_->schema(); }
  std::size_t n_outputs() const noexcept override { return predictor_->n_outputs(); }
  double typical_value(std::size_t feature) const noexcept override { return predictor_->typical_value(feature); }
  std::size_t n_margins() const noexcept override { return predictor_->n_margins(); }

  void predict(MatrixView<const double> rows, MatrixView<double> outputs) const override {
    parallel_for(arena_, rows.rows(), chunk_rows, [&](std::size_t begin, std::size_t end) {
      predictor_->predict(rows_of(rows, begin, end), rows_of(outputs, begin, end));
    });
  }

  void explain(MatrixView<const double> rows, MatrixView<double> contributions) const override {
    parallel_for(arena_, rows.rows(), chunk_rows, [&](std::size_t begin, std::size_t end) {
      predictor_->explain(rows_of(rows, begin, end), rows_of(contributions, begin, end));
    });
  }

 private:
  std::unique_ptr<Predictor> predictor_;
  mutable Arena arena_;  // any number of threads may call it
};

}  // namespace

std::unique_ptr<Predictor> with_threads(std::unique_ptr<Predictor> predictor, int n_threads) {
  if (n_threads <= 1) return predictor;
  return std::make_unique<ThreadedPredictor>(std::move(predictor), n_threads);
}

}  // namespace thrum::serving
