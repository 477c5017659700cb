#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "thrum/serve/exchange_internal.h"

namespace thrum::serving {

/// What a model can answer to an inference request, in this order.
enum InferenceOutput : std::size_t { predictions_output, probabilities_output, contributions_output };
inline constexpr std::array inference_outputs = {predictions_output, probabilities_output, contributions_output};

/// "predictions", "probabilities" or "contributions".
std::string_view inference_output_name(InferenceOutput output) noexcept;
/// Probabilities are those of a classification, contributions those of a model that explains.
bool has_output(const ModelEndpoint& model, InferenceOutput output) noexcept;
/// Whether it is answered where nothing is asked for, and so what the metadata list.
bool is_default_output(const ModelEndpoint& model, InferenceOutput output) noexcept;
/// "BYTES", "INT64" or "FP64".
std::string_view inference_datatype(const ModelEndpoint& model, InferenceOutput output) noexcept;
/// The shape behind the number of rows: "", ",2" or ",1,4".
std::string inference_shape(const ModelEndpoint& model, InferenceOutput output);

/// Which outputs a request wants, and which of them as bytes after the JSON.
struct WantedOutputs {
  std::array<bool, inference_outputs.size()> wanted = {};
  std::array<bool, inference_outputs.size()> binary = {};

  bool any_binary() const noexcept;
};

/// What the model said of the rows.
struct Inference {
  Outputs outputs;
  Outputs contributions;  ///< where they are wanted
};

/// Writes the reply to an inference request into `exchange.response`; `id` is the client's, or "".
void write_inference(Exchange& exchange, const Inference& inference, const WantedOutputs& wanted, std::string_view id);

}  // namespace thrum::serving
