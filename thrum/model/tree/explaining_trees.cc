#include "thrum/model/tree/explaining_trees_internal.h"

#include <mutex>
#include <optional>
#include <utility>

#include "thrum/model/engine_internal.h"
#include "thrum/model/tree/raw_tensor_internal.h"
#include "thrum/model/tree/tree_explainer.h"
#include "thrum/model/tree/tree_file_internal.h"
#include "thrum/model/tree/tree_outputs_internal.h"

namespace thrum {
namespace {

/// Reads the trees when the first explanation is asked for: unlike the predictor's they are this process's own, and a
/// server has many.
class ExplainingTrees final : public Predictor {
 public:
  ExplainingTrees(std::unique_ptr<Predictor> predictor, const ModelFile& image, Schema schema)
      : schema_(std::move(schema)),
        predictor_(std::move(predictor)),
        image_(image),
        n_margins_(TreeOutputs(image, schema_).n_margins()) {
    // An explanation must not fail later.
    if (image.origin() != Origin::own) read_ensemble(image, schema_);
  }

  const Schema& schema() const noexcept override { return schema_; }
  std::size_t n_outputs() const noexcept override { return predictor_->n_outputs(); }
  void predict(MatrixView<const double> rows, MatrixView<double> outputs) const noexcept override {
    predictor_->predict(rows, outputs);
  }
  bool takes_columns() const noexcept override { return predictor_->takes_columns(); }
  void predict_columns(MatrixView<const double> columns, MatrixView<double> outputs) const noexcept override {
    predictor_->predict_columns(columns, outputs);
  }
  std::size_t batch_rows() const noexcept override { return predictor_->batch_rows(); }

  std::size_t n_margins() const noexcept override { return n_margins_; }
  void explain(MatrixView<const double> rows, MatrixView<double> contributions) const override {
    std::call_once(is_read_, [this] { explainer_.emplace(read_ensemble(image_, schema_), schema_); });
    explainer_->contributions(rows, contributions);
  }

 private:
  Schema schema_;
  std::unique_ptr<Predictor> predictor_;
  ModelFile image_;
  std::size_t n_margins_;
  mutable std::once_flag is_read_;
  mutable std::optional<TreeExplainer> explainer_;
};

}  // namespace

std::vector<std::byte> compile_explaining_trees(const TreeEnsemble& ensemble, const Schema& schema,
                                                ByteSpan predictor) {
  ModelFileBuilder image;
  add_engine(image, "explaining-trees", schema);
  add_raw_tensor<std::byte>(image, "predictor", predictor);
  write_ensemble(ensemble, image);
  return image.bytes();
}

std::unique_ptr<Predictor> open_explaining_trees(const ModelFile& image, Schema schema) {
  auto predictor = open_predictor(raw_tensor<std::byte>(image, "predictor"), image.origin());
  if (predictor->schema().to_json() != schema.to_json()) image.fail("explains other features than it predicts from");
  return std::make_unique<ExplainingTrees>(std::move(predictor), image, std::move(schema));
}

}  // namespace thrum
