#include "thrum/model/prepared_model.h"

#include <fmt/format.h>

#include <utility>

#include "thrum/core/json_internal.h"
#include "thrum/model/engine_internal.h"
#include "thrum/model/prepared_predictor_internal.h"

namespace thrum {

PreparedModel::PreparedModel(Schema schema, Pipeline pipeline, std::unique_ptr<Model> model)
    : schema_(std::move(schema)), pipeline_(std::move(pipeline)), model_(std::move(model)) {}

std::string PreparedModel::description() const {
  std::string text = "prepared columns:";
  for (const Feature& feature : pipeline_.outputs()) text += " " + feature.name;
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
  const std::vector<std::byte> inner = model_->compile();
  ModelFileBuilder image;
  add_engine(image, prepared_engine, schema_);
  image.add_metadata("pipeline", pipeline_.to_json());
  image.add_tensor<std::uint8_t>("model", {inner.size()},
                                 {reinterpret_cast<const std::uint8_t*>(inner.data()), inner.size()});
  return image.bytes();
}

}  // namespace thrum
