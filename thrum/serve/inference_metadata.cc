#include "thrum/serve/inference_metadata_internal.h"

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "thrum/core/json_internal.h"
#include "thrum/serve/inference_writer_internal.h"

namespace thrum::serving {
namespace {

/// A column of the model or one of its answers.
struct Tensor {
  std::string name;
  std::string_view type;  ///< "FP64", "BYTES" or "INT64"
  Json shape;             ///< -1: the number of rows
};

std::vector<Tensor> inputs_of(const ModelEndpoint& model) {
  std::vector<Tensor> tensors;
  for (const Feature& feature : model.schema().features) {
    tensors.push_back({feature.name, feature.type == FeatureType::number ? "FP64" : "BYTES", Json::array({-1})});
  }
  return tensors;
}

std::vector<Tensor> outputs_of(const ModelEndpoint& model) {
  std::vector<Tensor> tensors;
  for (const InferenceOutput output : inference_outputs) {
    if (!is_default_output(model, output)) continue;
    tensors.push_back({std::string(inference_output_name(output)), inference_datatype(model, output),
                       Json::parse("[-1" + inference_shape(model, output) + "]")});
  }
  return tensors;
}

Json metadata_of(const std::vector<Tensor>& tensors) {
  Json list = Json::array();
  for (const Tensor& tensor : tensors) {
    list.push_back({{"name", tensor.name}, {"datatype", tensor.type}, {"shape", tensor.shape}});
  }
  return list;
}

Json config_of(const std::vector<Tensor>& tensors) {
  Json list = Json::array();
  for (const Tensor& tensor : tensors) {
    const std::string type = tensor.type == "BYTES" ? "STRING" : std::string(tensor.type);
    list.push_back({{"name", tensor.name}, {"data_type", "TYPE_" + type}, {"dims", tensor.shape}});
  }
  return list;
}

Json signature_of(const std::string& name, std::string_view type, const Json& shape) {
  const char* dtype = type == "FP64" ? "DT_DOUBLE" : type == "INT64" ? "DT_INT64" : "DT_STRING";
  Json dimensions = Json::array();
  for (const Json& size : shape) dimensions.push_back({{"size", size.dump()}, {"name", ""}});
  return {
      {"dtype", dtype}, {"tensor_shape", {{"dim", std::move(dimensions)}, {"unknown_rank", false}}}, {"name", name}};
}

/// The protocol has times as a count and a sum.
Json duration(std::uint64_t count, std::uint64_t nanoseconds) {
  return {{"count", count}, {"ns", nanoseconds}};
}

Json statistics_of(const ModelEndpoint& model) {
  const ModelTable::Entry* counts = model.counts();
  const auto number = [counts](std::atomic<std::uint64_t> ModelTable::Entry::* member) {
    return counts == nullptr ? 0 : (counts->*member).load(std::memory_order_relaxed);
  };
  const Json predicted = duration(number(&ModelTable::Entry::requests), number(&ModelTable::Entry::compute_ns));
  const Json unknown = duration(0, 0);
  return {{"name", model.name()},
          {"version", model.version()},
          {"inference_count", number(&ModelTable::Entry::rows)},
          {"execution_count", number(&ModelTable::Entry::executions)},
          {"inference_stats",
           {{"success", predicted},
            {"fail", duration(number(&ModelTable::Entry::refused), 0)},
            {"queue", unknown},
            {"compute_input", unknown},
            {"compute_infer", predicted},
            {"compute_output", unknown}}},
          {"batch_stats", Json::array()}};
}

}  // namespace

void answer_inference_metadata(Exchange& exchange) {
  const ModelEndpoint& model = exchange.model;
  const Json json = {{"name", model.name()},
                     {"versions", std::vector<std::string>(model.versions().begin(), model.versions().end())},
                     {"platform", "thrum"},
                     {"inputs", metadata_of(inputs_of(model))},
                     {"outputs", metadata_of(outputs_of(model))}};
  exchange.response.body = dump_json(json);
}

void answer_inference_config(Exchange& exchange) {
  const ModelEndpoint& model = exchange.model;
  const Json json = {{"name", model.name()},
                     {"platform", "thrum"},
                     {"backend", "thrum"},
                     {"max_batch_size", 0},
                     {"input", config_of(inputs_of(model))},
                     {"output", config_of(outputs_of(model))}};
  exchange.response.body = dump_json(json);
}

void answer_tensorflow_metadata(Exchange& exchange) {
  const ModelEndpoint& model = exchange.model;
  Json inputs = Json::object();
  for (const Tensor& tensor : inputs_of(model)) {
    inputs[tensor.name] = signature_of(tensor.name, tensor.type, tensor.shape);
  }
  const std::string output(inference_output_name(predictions_output));
  Json outputs = Json::object();
  outputs[output] = signature_of(output, inference_datatype(model, predictions_output), Json::array({-1}));
  Json signatures = Json::object();
  signatures["serving_default"] = {
      {"inputs", std::move(inputs)}, {"outputs", std::move(outputs)}, {"method_name", "tensorflow/serving/predict"}};
  Json json = Json::object();
  json["model_spec"] = {{"name", model.name()}, {"signature_name", ""}, {"version", model.version()}};
  json["metadata"]["signature_def"]["signature_def"] = std::move(signatures);
  exchange.response.body = dump_json(json);
}

std::string statistics_text(std::span<const std::unique_ptr<ModelEndpoint>> models, std::string_view name,
                            std::string_view version) {
  Json list = Json::array();
  for (const auto& model : models) {
    const bool is_meant = (name.empty() || model->name() == name) && (version.empty() || model->version() == version);
    if (is_meant) list.push_back(statistics_of(*model));
  }
  Json json = Json::object();
  json["model_stats"] = std::move(list);
  return dump_json(json);
}

}  // namespace thrum::serving
