#include "thrum/serve/inference_writer_internal.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "thrum/core/most_probable.h"
#include "thrum/serve/json_text_internal.h"

namespace thrum::serving {
namespace {

template <class T>
void append_raw(std::string& bytes, T value) {
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  bytes.append(raw, sizeof raw);
}

void append_raw_text(std::string& bytes, std::string_view text) {
  append_raw(bytes, static_cast<std::uint32_t>(text.size()));
  bytes += text;
}

/// The numbers of an output, or those from which its classes follow.
Outputs values_of(InferenceOutput output, const Inference& inference) {
  return output == contributions_output ? inference.contributions : inference.outputs;
}

bool is_class(const ModelEndpoint& model, InferenceOutput output) {
  return output == predictions_output && model.text().is_classification();
}

std::size_t binary_size(const ModelEndpoint& model, InferenceOutput output, Outputs values) {
  if (!is_class(model, output)) return values.rows() * values.cols() * sizeof(double);
  if (!model.text().integer_classes().empty()) return values.rows() * sizeof(std::int64_t);
  std::size_t size = 0;
  for (std::size_t i = 0; i < values.rows(); ++i) {
    size += sizeof(std::uint32_t) + model.schema().target.classes[most_probable(values.row(i))].size();
  }
  return size;
}

void append_binary(std::string& bytes, const ModelEndpoint& model, InferenceOutput output, Outputs values) {
  for (std::size_t i = 0; i < values.rows(); ++i) {
    const auto row = values.row(i);
    if (!is_class(model, output)) {
      for (const double value : row) append_raw(bytes, value);
    } else if (!model.text().integer_classes().empty()) {
      append_raw(bytes, model.text().integer_classes()[most_probable(row)]);
    } else {
      append_raw_text(bytes, model.schema().target.classes[most_probable(row)]);
    }
  }
}

/// All numbers in one flat list.
void append_flat(std::string& json, Outputs values) {
  for (std::size_t i = 0; i < values.rows(); ++i) {
    for (std::size_t k = 0; k < values.cols(); ++k) {
      if (i + k > 0) json += ',';
      append_json_number(json, values(i, k));
    }
  }
}

void append_tensor(std::string& json, const ModelEndpoint& model, InferenceOutput output, Outputs values,
                   bool is_binary) {
  json += R"({"name":")";
  json += inference_output_name(output);
  json += R"(","datatype":")";
  json += inference_datatype(model, output);
  json += R"(","shape":[)";
  append_json_integer(json, values.rows());
  json += inference_shape(model, output);
  if (is_binary) {
    json += R"(],"parameters":{"binary_data_size":)";
    append_json_integer(json, binary_size(model, output, values));
    json += "}}";
    return;
  }
  json += R"(],"data":[)";
  if (output == predictions_output) {
    model.text().append_predictions(json, values);
  } else {
    append_flat(json, values);
  }
  json += "]}";
}

}  // namespace

std::string_view inference_output_name(InferenceOutput output) noexcept {
  constexpr std::array<std::string_view, inference_outputs.size()> names = {"predictions", "probabilities",
                                                                            "contributions"};
  return names[output];
}

bool has_output(const ModelEndpoint& model, InferenceOutput output) noexcept {
  if (output == predictions_output) return true;
  return output == probabilities_output ? model.text().is_classification() : model.n_margins() > 0;
}

bool is_default_output(const ModelEndpoint& model, InferenceOutput output) noexcept {
  return has_output(model, output) && output != contributions_output;
}

std::string_view inference_datatype(const ModelEndpoint& model, InferenceOutput output) noexcept {
  if (!is_class(model, output)) return "FP64";
  return model.text().integer_classes().empty() ? "BYTES" : "INT64";
}

std::string inference_shape(const ModelEndpoint& model, InferenceOutput output) {
  if (output == predictions_output) return "";
  if (output == probabilities_output) return "," + std::to_string(model.schema().target.classes.size());
  return "," + std::to_string(model.n_margins()) + "," + std::to_string(model.cells().size() + 1);
}

bool WantedOutputs::any_binary() const noexcept {
  return std::any_of(inference_outputs.begin(), inference_outputs.end(),
                     [&](InferenceOutput output) { return wanted[output] && binary[output]; });
}

void write_inference(Exchange& exchange, const Inference& inference, const WantedOutputs& wanted, std::string_view id) {
  const ModelEndpoint& model = exchange.model;
  std::string& body = exchange.response.body;
  body += "{\"model_name\":";
  append_json_string(body, model.name());
  body += ",\"model_version\":";
  append_json_string(body, model.version());
  if (!id.empty()) {
    body += ",\"id\":";
    append_json_string(body, id);
  }
  body += ",\"outputs\":[";
  for (const InferenceOutput output : inference_outputs) {
    if (!wanted.wanted[output]) continue;
    if (!body.ends_with('[')) body += ',';
    append_tensor(body, model, output, values_of(output, inference), wanted.binary[output]);
  }
  body += "]}";
  if (!wanted.any_binary()) return;
  exchange.response.content_type = "application/octet-stream";
  exchange.response.add_field("Inference-Header-Content-Length", std::to_string(body.size()));
  for (const InferenceOutput output : inference_outputs) {
    if (wanted.wanted[output] && wanted.binary[output]) {
      append_binary(body, model, output, values_of(output, inference));
    }
  }
}

}  // namespace thrum::serving
