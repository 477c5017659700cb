#include "thrum/serve/inference_writer_internal.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

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

std::size_t binary_size(const ModelEndpoint& model, InferenceOutput output, Outputs outputs) {
  if (inference_datatype(model, output) != "BYTES") {
    return outputs.rows() * std::max<std::size_t>(inference_width(model, output), 1) * sizeof(double);
  }
  std::size_t size = 0;
  for (std::size_t i = 0; i < outputs.rows(); ++i) {
    size += sizeof(std::uint32_t) + model.schema().target.classes[most_probable_of(outputs.row(i))].size();
  }
  return size;
}

void append_binary(std::string& bytes, const ModelEndpoint& model, InferenceOutput output, Outputs outputs) {
  for (std::size_t i = 0; i < outputs.rows(); ++i) {
    const auto row = outputs.row(i);
    if (output == probabilities_output || !model.text().is_classification()) {
      for (const double value : row) append_raw(bytes, value);
    } else if (!model.text().integer_classes().empty()) {
      append_raw(bytes, model.text().integer_classes()[most_probable_of(row)]);
    } else {
      append_raw_text(bytes, model.schema().target.classes[most_probable_of(row)]);
    }
  }
}

/// The probabilities of all rows in one flat list.
void append_flat(std::string& json, Outputs outputs) {
  for (std::size_t i = 0; i < outputs.rows(); ++i) {
    for (std::size_t k = 0; k < outputs.cols(); ++k) {
      if (i + k > 0) json += ',';
      append_json_number(json, outputs(i, k));
    }
  }
}

void append_tensor(std::string& json, const ModelEndpoint& model, InferenceOutput output, Outputs outputs,
                   bool is_binary) {
  json += R"({"name":")";
  json += inference_output_name(output);
  json += R"(","datatype":")";
  json += inference_datatype(model, output);
  json += R"(","shape":[)";
  append_json_integer(json, outputs.rows());
  if (const std::size_t width = inference_width(model, output); width > 0) {
    json += ',';
    append_json_integer(json, width);
  }
  if (is_binary) {
    json += R"(],"parameters":{"binary_data_size":)";
    append_json_integer(json, binary_size(model, output, outputs));
    json += "}}";
    return;
  }
  json += R"(],"data":[)";
  if (output == predictions_output) {
    model.text().append_predictions(json, outputs);
  } else {
    append_flat(json, outputs);
  }
  json += "]}";
}

}  // namespace

std::string_view inference_output_name(InferenceOutput output) noexcept {
  return output == predictions_output ? "predictions" : "probabilities";
}

bool has_output(const ModelEndpoint& model, InferenceOutput output) noexcept {
  return output == predictions_output || model.text().is_classification();
}

std::string_view inference_datatype(const ModelEndpoint& model, InferenceOutput output) noexcept {
  if (output == probabilities_output || !model.text().is_classification()) return "FP64";
  return model.text().integer_classes().empty() ? "BYTES" : "INT64";
}

std::size_t inference_width(const ModelEndpoint& model, InferenceOutput output) noexcept {
  return output == predictions_output ? 0 : model.schema().target.classes.size();
}

bool WantedOutputs::any_binary() const noexcept {
  for (std::size_t i = 0; i < n_inference_outputs; ++i) {
    if (wanted[i] && binary[i]) return true;
  }
  return false;
}

void write_inference(Exchange& exchange, Outputs outputs, const WantedOutputs& wanted, std::string_view id) {
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
  bool is_first = true;
  for (const InferenceOutput output : {predictions_output, probabilities_output}) {
    if (!wanted.wanted[output]) continue;
    if (!is_first) body += ',';
    is_first = false;
    append_tensor(body, model, output, outputs, wanted.binary[output]);
  }
  body += "]}";
  if (!wanted.any_binary()) return;
  exchange.response.content_type = "application/octet-stream";
  exchange.response.add_field("Inference-Header-Content-Length", std::to_string(body.size()));
  for (const InferenceOutput output : {predictions_output, probabilities_output}) {
    if (wanted.wanted[output] && wanted.binary[output]) append_binary(body, model, output, outputs);
  }
}

}  // namespace thrum::serving
