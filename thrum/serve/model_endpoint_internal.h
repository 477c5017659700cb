#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "thrum/model/predictor.h"
#include "thrum/serve/feature_cells_internal.h"
#include "thrum/serve/model_table_internal.h"
#include "thrum/serve/prediction_text_internal.h"
#include "thrum/serve/row_reader_internal.h"

namespace thrum::serving {

/// A model as one worker serves it: what it is called, and what reads its rows and writes its predictions. Buffers are
/// reused. Not thread-safe.
class ModelEndpoint {
 public:
  struct Identity {
    std::string name = "model";
    std::string version = "1";
  };

  /// `predictor` and `counts` must outlive it.
  ModelEndpoint(Identity identity, const Predictor& predictor, std::size_t limit_rows,
                ModelTable::Entry* counts = nullptr);
  ModelEndpoint(const ModelEndpoint&) = delete;
  ModelEndpoint& operator=(const ModelEndpoint&) = delete;

  const std::string& name() const noexcept { return identity_.name; }
  const std::string& version() const noexcept { return identity_.version; }
  /// Of the same name, the newest first.
  std::span<const std::string> versions() const noexcept { return versions_; }
  void set_versions(std::vector<std::string> versions) { versions_ = std::move(versions); }
  const Schema& schema() const noexcept { return predictor_.schema(); }
  const FeatureCells& cells() const noexcept { return cells_; }
  const PredictionText& text() const noexcept { return text_; }
  RowReader& reader() noexcept { return reader_; }

  std::size_t n_outputs() const noexcept { return predictor_.n_outputs(); }
  /// (n, n_outputs), valid until the next call.
  Outputs predict(Rows rows);
  /// The same for the rows of several requests, into a buffer of the caller's.
  void predict_into(std::vector<double>& outputs, Rows rows, std::size_t n_requests);
  /// A request was not one that the model could take.
  void count_refusal() noexcept;

  /// Of all workers together; nullptr where they are not counted.
  const ModelTable::Entry* counts() const noexcept { return counts_; }

  /// As of Predictor.
  std::size_t n_margins() const noexcept { return predictor_.n_margins(); }
  /// (n, n_margins * (n_features + 1)), valid until the next call. REQUIRES: n_margins() > 0.
  Outputs explain(Rows rows);
  double typical_value(std::size_t feature) const noexcept { return predictor_.typical_value(feature); }

 private:
  Identity identity_;
  std::vector<std::string> versions_ = {identity_.version};
  const Predictor& predictor_;
  ModelTable::Entry* counts_;
  FeatureCells cells_;
  RowReader reader_;
  PredictionText text_;
  std::vector<double> outputs_;
  std::vector<double> contributions_;
};

}  // namespace thrum::serving
