// Any bytes either are a model that predicts probabilities or finite numbers, or are refused with an error.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/model/foreign/foreign_model.h"

namespace thrum {
namespace {

void predict_one_row(const Model& model) {
  const auto image = model.compile();
  const auto predictor = open_predictor(image);
  const std::vector<double> row(predictor->schema().features.size(), 1.0);
  std::vector<double> outputs(predictor->n_outputs());
  predictor->predict({row.data(), 1, row.size()}, {outputs.data(), 1, outputs.size()});
  const bool is_probability = predictor->schema().target.task == Task::classification;
  for (const double p : outputs) {
    if (is_probability ? !(p >= 0 && p <= 1) : !std::isfinite(p)) std::abort();
  }
}

}  // namespace
}  // namespace thrum

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    thrum::predict_one_row(*thrum::import_model(std::as_bytes(std::span(data, size)), "fuzz"));
  } catch (const thrum::Error&) {
  }
  return 0;
}
