#pragma once

#include <memory>

#include "thrum/data/prepare/pipeline.h"
#include "thrum/model/model.h"

namespace thrum {

/// A model behind the pipeline that prepares its columns: it is asked with raw columns, as any model.
class PreparedModel final : public Model {
 public:
  /// `schema`: of the raw columns. REQUIRES: the pipeline leads from its features to those of `model`.
  PreparedModel(Schema schema, Pipeline pipeline, std::unique_ptr<Model> model);

  std::string_view algorithm() const noexcept override { return model_->algorithm(); }
  const Schema& schema() const noexcept override { return schema_; }
  const TrainingRecord& training() const noexcept override { return model_->training(); }
  std::string description() const override;
  std::string description_json() const override;
  void write(ModelFileBuilder& file) const override;
  std::vector<std::byte> compile() const override;
  std::vector<std::byte> explaining(std::vector<std::byte> compiled) const override;

  const Pipeline& pipeline() const noexcept { return pipeline_; }
  const Model& model() const noexcept { return *model_; }

 private:
  Schema schema_;
  Pipeline pipeline_;
  std::unique_ptr<Model> model_;
};

}  // namespace thrum
