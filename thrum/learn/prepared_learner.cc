#include "thrum/learn/prepared_learner.h"

#include <optional>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/model/prepared_model.h"

namespace thrum {

std::unique_ptr<Model> fit_prepared(const Learner& learner, const Dataset& dataset, const FitSpec& spec,
                                    std::span<const PrepareStep> steps, const Execution& execution) {
  THRUM_ASSERT(spec.start == nullptr);
  Pipeline pipeline = Pipeline::fit(dataset, spec.row_mask, steps, execution);
  const Dataset prepared = pipeline.prepare_training(dataset, execution);
  FitSpec prepared_spec = spec;
  std::optional<Dataset> valid;
  if (spec.valid != nullptr) {
    valid = pipeline.prepare(*spec.valid, execution);
    prepared_spec.valid = &*valid;
  }
  auto model = std::move(learner.fit_many(prepared, {&prepared_spec, 1}, execution).front());
  Schema schema{.features = pipeline.inputs(), .target = model->schema().target};  // with the threshold of anomalies
  return std::make_unique<PreparedModel>(std::move(schema), std::move(pipeline), std::move(model));
}

}  // namespace thrum
