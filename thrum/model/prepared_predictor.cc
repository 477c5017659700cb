#include "thrum/model/prepared_predictor_internal.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "thrum/data/prepare/pipeline.h"

namespace thrum {
namespace {

constexpr std::size_t block_rows = 64;

class PreparedPredictor final : public Predictor {
 public:
  PreparedPredictor(Schema schema, Pipeline pipeline, std::unique_ptr<Predictor> predictor)
      : schema_(std::move(schema)),
        pipeline_(std::move(pipeline)),
        predictor_(std::move(predictor)),
        sources_(pipeline_.sources()) {}

  const Schema& schema() const noexcept override { return schema_; }
  std::size_t n_outputs() const noexcept override { return predictor_->n_outputs(); }

  void predict(MatrixView<const double> rows, MatrixView<double> outputs) const override {
    for_each_block(rows, [&](std::size_t begin, std::size_t end, MatrixView<const double> block) {
      predictor_->predict(block, outputs.row_range(begin, end));
    });
  }

  std::size_t n_margins() const noexcept override { return sources_ ? predictor_->n_margins() : 0; }

  /// A column adds what those add that are made of it.
  void explain(MatrixView<const double> rows, MatrixView<double> contributions) const override {
    thread_local std::vector<double> parts;  // of the prepared columns
    const std::size_t width = pipeline_.outputs().size() + 1, raw_width = rows.cols() + 1;
    parts.resize(std::max(parts.size(), block_rows * n_margins() * width));
    for_each_block(rows, [&](std::size_t begin, std::size_t end, MatrixView<const double> block) {
      const MatrixView<double> of_block(parts.data(), end - begin, n_margins() * width);
      predictor_->explain(block, of_block);
      for (std::size_t i = begin; i < end; ++i) {
        for (std::size_t k = 0; k < n_margins(); ++k) {
          add_up(of_block.row(i - begin).subspan(k * width, width),
                 contributions.row(i).subspan(k * raw_width, raw_width));
        }
      }
    });
  }

 private:
  /// use(begin, end, those rows behind the pipeline)
  template <class Use>
  void for_each_block(MatrixView<const double> rows, Use use) const {
    thread_local std::vector<double> prepared;
    const std::size_t width = pipeline_.outputs().size();
    prepared.resize(std::max(prepared.size(), block_rows * width));
    for (std::size_t begin = 0; begin < rows.rows(); begin += block_rows) {
      const std::size_t end = std::min(begin + block_rows, rows.rows());
      const MatrixView<double> block(prepared.data(), end - begin, width);
      pipeline_.apply(rows.row_range(begin, end), block);
      use(begin, end, block);
    }
  }

  void add_up(std::span<const double> prepared, std::span<double> raw) const noexcept {
    std::ranges::fill(raw, 0.0);
    for (std::size_t j = 0; j < sources_->size(); ++j) raw[(*sources_)[j]] += prepared[j];
    raw.back() = prepared.back();
  }

  Schema schema_;
  Pipeline pipeline_;
  std::unique_ptr<Predictor> predictor_;
  std::optional<std::vector<std::size_t>> sources_;  ///< of the prepared columns, where each has one
};

bool same_feature(const Feature& a, const Feature& b) {
  return a.name == b.name && a.type == b.type && a.categories == b.categories;
}

}  // namespace

ModelFileBuilder prepared_image(const Schema& schema, const Pipeline& pipeline, ByteSpan inner) {
  ModelFileBuilder image;
  add_engine(image, prepared_engine, schema);
  image.add_metadata("pipeline", pipeline.to_json());
  image.add_tensor_later<std::uint8_t>("model", {inner.size()}, [inner](auto put) { put(0, inner); });
  return image;
}

std::unique_ptr<Predictor> open_prepared(const ModelFile& image, Schema schema) {
  Pipeline pipeline = Pipeline::from_json(image.metadata("pipeline"), schema.features, image.source());
  const auto found = image.tensors().find("model");
  if (found == image.tensors().end()) image.fail("has no model behind its pipeline");
  auto predictor = open_predictor(found->second.data, image.origin());
  if (!std::ranges::equal(pipeline.outputs(), predictor->schema().features, same_feature)) {
    image.fail("has a pipeline that does not lead to its model");
  }
  return std::make_unique<PreparedPredictor>(std::move(schema), std::move(pipeline), std::move(predictor));
}

}  // namespace thrum
