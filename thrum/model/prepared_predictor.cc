#include "thrum/model/prepared_predictor_internal.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "thrum/data/prepare/pipeline.h"

namespace thrum {
namespace {

constexpr std::size_t block_rows = 64;

class PreparedPredictor final : public Predictor {
 public:
  PreparedPredictor(Schema schema, Pipeline pipeline, std::unique_ptr<Predictor> predictor)
      : schema_(std::move(schema)), pipeline_(std::move(pipeline)), predictor_(std::move(predictor)) {}

  const Schema& schema() const noexcept override { return schema_; }
  std::size_t n_outputs() const noexcept override { return predictor_->n_outputs(); }

  void predict(MatrixView<const double> rows, MatrixView<double> outputs) const noexcept override {
    thread_local std::vector<double> prepared;
    const std::size_t width = pipeline_.outputs().size();
    prepared.resize(std::max(prepared.size(), block_rows * width));
    for (std::size_t begin = 0; begin < rows.rows(); begin += block_rows) {
      const std::size_t end = std::min(begin + block_rows, rows.rows());
      const MatrixView<double> block(prepared.data(), end - begin, width);
      pipeline_.apply(rows.row_range(begin, end), block);
      predictor_->predict(block, outputs.row_range(begin, end));
    }
  }

 private:
  Schema schema_;
  Pipeline pipeline_;
  std::unique_ptr<Predictor> predictor_;
};

bool same_feature(const Feature& a, const Feature& b) {
  return a.name == b.name && a.type == b.type && a.categories == b.categories;
}

}  // namespace

std::unique_ptr<Predictor> open_prepared(const ModelFile& image, Schema schema) {
  Pipeline pipeline = Pipeline::from_json(image.metadata("pipeline"), schema.features, image.source());
  const auto found = image.tensors().find("model");
  if (found == image.tensors().end()) image.fail("has no model behind its pipeline");
  auto predictor = open_predictor(found->second.data);
  if (!std::ranges::equal(pipeline.outputs(), predictor->schema().features, same_feature)) {
    image.fail("has a pipeline that does not lead to its model");
  }
  return std::make_unique<PreparedPredictor>(std::move(schema), std::move(pipeline), std::move(predictor));
}

}  // namespace thrum
