#include "thrum/model/prepared_model.h"

#include <fmt/format.h>

#include <utility>

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
  std::string text = model_->description_json();  // not parsed: that takes the square of the number of columns
  text.back() = ',';
  return text + R"("pipeline":)" + pipeline_.to_json() + "}";
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
