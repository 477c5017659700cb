#include "thrum/model/tree/explaining_trees_internal.h"

#include <utility>

#include "thrum/model/engine_internal.h"
#include "thrum/model/tree/raw_tensor_internal.h"
#include "thrum/model/tree/tree_explainer.h"
#include "thrum/model/tree/tree_file_internal.h"

namespace thrum {
namespace {

class ExplainingTrees final : public Predictor {
 public:
  ExplainingTrees(std::unique_ptr<Predictor> predictor, TreeEnsemble ensemble, const Schema& schema)
      : predictor_(std::move(predictor)), explainer_(std::move(ensemble), schema) {}

  const Schema& schema() const noexcept override { return predictor_->schema(); }
  std::size_t n_outputs() const noexcept override { return predictor_->n_outputs(); }
  void predict(MatrixView<const double> rows, MatrixView<double> outputs) const noexcept override {
    predictor_->predict(rows, outputs);
  }
  bool takes_columns() const noexcept override { return predictor_->takes_columns(); }
  void predict_columns(MatrixView<const double> columns, MatrixView<double> outputs) const noexcept override {
    predictor_->predict_columns(columns, outputs);
  }
  std::size_t batch_rows() const noexcept override { return predictor_->batch_rows(); }

  std::size_t n_margins() const noexcept override { return explainer_.expected().size(); }
  void explain(MatrixView<const double> rows, MatrixView<double> contributions) const noexcept override {
    explainer_.contributions(rows, contributions);
  }

 private:
  std::unique_ptr<Predictor> predictor_;
  TreeExplainer explainer_;
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
  auto predictor = open_predictor(raw_tensor<std::byte>(image, "predictor"));
  if (predictor->schema().to_json() != schema.to_json()) image.fail("explains other features than it predicts from");
  return std::make_unique<ExplainingTrees>(std::move(predictor), read_ensemble(image, schema), schema);
}

}  // namespace thrum
