#include "thrum/serve/openapi_internal.h"

#include "thrum/core/json_internal.h"
#include "thrum/serve/model_card_internal.h"
#include "thrum/serve/version_internal.h"

namespace thrum::serving {
namespace {

Json reference_to(const std::string& schema) {
  return {{"$ref", "#/components/schemas/" + schema}};
}

Json list_of(Json items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}

Json object_of(Json properties, Json required) {
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}};
}

/// Every feature by its name; null is a missing value.
Json row_schema(const Schema& schema) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Feature& feature : schema.features) {
    Json property = {{"type", {feature.type == FeatureType::number ? "number" : "string", "null"}}};
    if (feature.refuses_unknown) {
      property["enum"] = feature.categories;
      property["enum"].push_back(nullptr);
    } else if (!feature.categories.empty()) {
      property["examples"] = feature.categories;
    }
    properties[feature.name] = std::move(property);
    required.push_back(feature.name);
  }
  return object_of(std::move(properties), std::move(required));
}

Json prediction_schema(const ModelEndpoint& model) {
  if (!model.text().is_classification()) return {{"type", "number"}};
  return {{"enum", Json::parse(model.text().class_list())}};
}

Json answer_schema(const ModelEndpoint& model) {
  Json properties = {{"predictions", list_of(prediction_schema(model))}};
  if (model.text().is_classification()) {
    properties["probabilities"] = list_of(list_of({{"type", "number"}}));
    properties["classes"] = {{"const", Json::parse(model.text().class_list())}};
  }
  if (model.schema().target.task == Task::anomaly) {
    properties["labels"] = list_of({{"enum", Json::array({"anomaly", "normal"})}});
  }
  Json required = Json::array();
  for (const auto& [name, property] : properties.items()) required.push_back(name);
  return object_of(std::move(properties), std::move(required));
}

Json content_of(Json schema, Json example) {
  return {{"content", {{"application/json", {{"schema", std::move(schema)}, {"example", std::move(example)}}}}}};
}

Json response_of(const std::string& description, Json schema) {
  return {{"description", description}, {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

Json operation(const std::string& summary, Json request, Json answer, const std::string& error) {
  Json body = std::move(request);
  body["required"] = true;
  return {{"summary", summary},
          {"requestBody", std::move(body)},
          {"responses",
           {{"200", response_of("predictions", std::move(answer))},
            {"400", response_of("what is wrong, and where", reference_to(error))}}}};
}

Json instances_request(const std::string& row, const Json& example) {
  return content_of(object_of({{"instances", list_of(reference_to(row))}}, {"instances"}),
                    {{"instances", Json::array({example})}});
}

Json tensor_schema() {
  return object_of({{"name", {{"type", "string"}}},
                    {"shape", list_of({{"type", "integer"}})},
                    {"datatype", {{"type", "string"}}},
                    {"parameters", {{"type", "object"}}},
                    {"data", {{"type", "array"}}}},
                   {"name", "shape", "datatype"});
}

/// As the protocol has it.
Json inference_request_schema() {
  const Json output = object_of({{"name", {{"type", "string"}}}, {"parameters", {{"type", "object"}}}}, {"name"});
  return object_of({{"id", {{"type", "string"}}},
                    {"parameters", {{"type", "object"}}},
                    {"inputs", list_of(reference_to("Tensor"))},
                    {"outputs", list_of(output)}},
                   {"inputs"});
}

Json inference_response_schema() {
  return object_of({{"model_name", {{"type", "string"}}},
                    {"model_version", {{"type", "string"}}},
                    {"id", {{"type", "string"}}},
                    {"parameters", {{"type", "object"}}},
                    {"outputs", list_of(reference_to("Tensor"))}},
                   {"model_name", "outputs"});
}

Json inference_example(const ModelEndpoint& model, const Json& row) {
  Json inputs = Json::array();
  for (const Feature& feature : model.schema().features) {
    inputs.push_back({{"name", feature.name},
                      {"shape", {1}},
                      {"datatype", feature.type == FeatureType::number ? "FP64" : "BYTES"},
                      {"data", Json::array({row.at(feature.name)})}});
  }
  return {{"inputs", std::move(inputs)}};
}

void add_model(Json& paths, Json& schemas, const ModelEndpoint& model, bool is_first) {
  const std::string row = is_first ? "Row" : "Row of " + model.name();
  const std::string name = percent_encoded(model.name());
  const Json example = example_row(model);
  schemas[row] = row_schema(model.schema());
  const Json plain = object_of({{"predictions", {{"type", "array"}}}}, {"predictions"});
  if (is_first) {
    paths["/predict"]["post"] =
        operation("Predict rows", instances_request(row, example), answer_schema(model), "Error");
    paths["/invocations"]["post"] =
        operation("Predict rows, as MLflow", instances_request(row, example), plain, "MlflowError");
  }
  paths["/v1/models/" + name + ":predict"]["post"] =
      operation("Predict rows, as TensorFlow Serving", instances_request(row, example), plain, "TextError");
  paths["/v2/models/" + name + "/infer"]["post"] =
      operation("Predict tensors, as the Open Inference Protocol",
                content_of(reference_to("InferenceRequest"), inference_example(model, example)),
                reference_to("InferenceResponse"), "TextError");
  const auto add_get = [&](const std::string& path, const char* summary, const char* answer) {
    paths[path]["get"] = {{"summary", summary}, {"responses", {{"200", response_of(answer, {{"type", "object"}})}}}};
  };
  add_get("/v2/models/" + name, "What the model takes and gives", "inputs and outputs");
  add_get("/v2/models/" + name + "/config", "The same, as a configuration of Triton's", "inputs and outputs");
  add_get("/v2/models/" + name + "/stats", "What the model has done so far, as Triton counts it", "counts and times");
  add_get("/v1/models/" + name + "/metadata", "What the model takes and gives, as TensorFlow Serving", "its signature");
}

Json error_schemas() {
  const Json text = {{"type", "string"}};
  const Json error = object_of({{"code", text}, {"message", text}, {"hint", text}}, {"code", "message", "hint"});
  return {{"Error", object_of({{"error", error}}, {"error"})},
          {"TextError", object_of({{"error", text}}, {"error"})},
          {"MlflowError", object_of({{"error_code", text}, {"message", text}}, {"error_code", "message"})}};
}

}  // namespace

std::string openapi_text(std::span<const std::unique_ptr<ModelEndpoint>> models) {
  Json paths = Json::object();
  Json schemas = error_schemas();
  schemas["Tensor"] = tensor_schema();
  schemas["InferenceRequest"] = inference_request_schema();
  schemas["InferenceResponse"] = inference_response_schema();
  for (const auto& model : models) add_model(paths, schemas, *model, model == models.front());
  for (const char* path : {"/health", "/ping", "/v2/health/live", "/v2/health/ready", "/v2/models"}) {
    paths[path]["get"] = {{"summary", "How the server is"},
                          {"responses", {{"200", response_of("it is well", {{"type", "object"}})}}}};
  }
  paths["/metrics"]["get"] = {
      {"summary", "Counters for Prometheus"},
      {"responses", {{"200", {{"description", "text"}, {"content", {{"text/plain", Json::object()}}}}}}}};
  const Json document = {{"openapi", "3.1.0"},
                         {"info", {{"title", "Thrum"}, {"version", version()}}},
                         {"paths", std::move(paths)},
                         {"components", {{"schemas", std::move(schemas)}}}};
  return document.dump();
}

}  // namespace thrum::serving
