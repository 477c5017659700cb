#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "thrum/serve/exchange_internal.h"

namespace thrum::serving {

/// What a model can answer to an inference request, in this order.
enum InferenceOutput : std::size_t { predictions_output, probabilities_output, n_inference_outputs };

/// "predictions" or "probabilities".
std::string_view inference_output_name(InferenceOutput output) noexcept;
/// A regression has predictions only.
bool has_output(const ModelEndpoint& model, InferenceOutput output) noexcept;
/// "BYTES", "INT64" or "FP64".
std::string_view inference_datatype(const ModelEndpoint& model, InferenceOutput output) noexcept;
/// 0 for a tensor of shape [n], else the k of [n, k].
std::size_t inference_width(const ModelEndpoint& model, InferenceOutput output) noexcept;

/// Which outputs a request wants, and which of them as bytes after the JSON.
struct WantedOutputs {
  std::array<bool, n_inference_outputs> wanted = {};
  std::array<bool, n_inference_outputs> binary = {};

  bool any_binary() const noexcept;
};

/// Writes the reply to an inference request into `exchange.response`; `id` is the client's, as JSON, or "".
void write_inference(Exchange& exchange, Outputs outputs, const WantedOutputs& wanted, std::string_view id);

}  // namespace thrum::serving
