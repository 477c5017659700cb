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
  return prepared_image(schema_, pipeline_, model_->compile()).bytes();
}

std::vector<std::byte> PreparedModel::explaining(std::vector<std::byte> compiled) const {
  const ModelFile image(compiled, "a compiled model");
  const ByteSpan inner = image.tensors().at("model").data;
  return prepared_image(schema_, pipeline_, model_->explaining({inner.begin(), inner.end()})).bytes();
}

}  // namespace thrum
