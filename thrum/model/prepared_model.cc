#include "thrum/model/prepared_model.h"

#include <fmt/format.h>

#include <utility>

#include "thrum/core/json_internal.h"
#include "thrum/core/printable.h"
#include "thrum/model/engine_internal.h"
#include "thrum/model/prepared_predictor_internal.h"

namespace thrum {

PreparedModel::PreparedModel(Schema schema, Pipeline pipeline, std::unique_ptr<Model> model)
    : schema_(std::move(schema)), pipeline_(std::move(pipeline)), model_(std::move(model)) {}

std::string PreparedModel::description() const {
  std::string text = "prepared columns:";
  for (const Feature& feature : pipeline_.outputs()) text += " " + printable(feature.name);
  return text + "\n\n" + model_->description();
}

std::string PreparedModel::description_json() const {
  Json json = Json::parse(model_->description_json());
  json["pipeline"] = Json::parse(pipeline_.to_json());
  return json.dump();
}

void PreparedModel::write(ModelFileBuilder& file) const {
  file.add_metadata("pipeline", pipeline_.to_json());
  model_->write(file);
}

std::vector<std::byte> PreparedModel::compile() const {
  return behind_pipeline(model_->compile());
}

std::vector<std::byte> PreparedModel::explaining(std::vector<std::byte> compiled) const {
  const ModelFile image(compiled, "a compiled model");
  const ByteSpan inner = image.tensors().at("model").data;
  return behind_pipeline(model_->explaining({inner.begin(), inner.end()}));
}

std::vector<std::byte> PreparedModel::behind_pipeline(ByteSpan image) const {
  ModelFileBuilder whole;
  add_engine(whole, prepared_engine, schema_);
  whole.add_metadata("pipeline", pipeline_.to_json());
  whole.add_tensor<std::uint8_t>("model", {image.size()},
                                 {reinterpret_cast<const std::uint8_t*>(image.data()), image.size()});
  return whole.bytes();
}

}  // namespace thrum
