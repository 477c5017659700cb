#include <algorithm>
#include <utility>

#include "thrum/model/tree/byte_groups_internal.h"
#include "thrum/model/tree/byte_trees_internal.h"
#include "thrum/model/tree/raw_tensor_internal.h"
#include "thrum/model/tree/tree_outputs_internal.h"

namespace thrum {
namespace {

/// From so many rows on, a block costs less than row after row: it asks every question for all rows at once.
std::size_t fewest_block_rows(std::size_t n_leaves, const byte_trees::Groups& groups) {
  return groups.trees_per_group == 2 ? 40 : std::clamp<std::size_t>(n_leaves / 6, 8, 40);
}

class ByteTrees final : public Predictor {
 public:
  ByteTrees(const ModelFile& image, Schema schema) : schema_(std::move(schema)), outputs_(image, schema_) {
    view_.chunks = raw_tensor<byte_trees::Chunk>(image, "chunks");
    view_.planes = raw_tensor<byte_trees::Plane>(image, "planes");
    view_.thresholds = raw_tensor<double>(image, "thresholds");
    view_.trees = raw_tensor<byte_trees::ByteTree>(image, "trees");
    view_.nodes = raw_tensor<byte_trees::Node>(image, "nodes");
    view_.sets = raw_tensor<byte_trees::CategorySet>(image, "sets");
    view_.leaf_values = raw_tensor<double>(image, "leaf_values");
    view_.n_margins = outputs_.n_margins();
    view_.leaf_width = image.has_metadata("vector_leaves") ? view_.n_margins : 1;
    if (image.origin() != Origin::own) byte_trees::check(view_, schema_, image);
    for (const auto& tree : view_.trees) view_.longest_tree = std::max<std::size_t>(view_.longest_tree, tree.n_leaves);
    groups_ = group_trees(view_);
    fewest_block_rows_ = fewest_block_rows(view_.longest_tree, groups_);
  }

  const Schema& schema() const noexcept override { return schema_; }
  std::size_t n_outputs() const noexcept override { return outputs_.n_outputs(); }

  void predict(MatrixView<const double> rows, MatrixView<double> outputs) const noexcept override {
    predict_strided({rows.data(), rows.rows(), rows.stride(), 1}, outputs);
  }

  bool takes_columns() const noexcept override { return true; }
  void predict_columns(MatrixView<const double> columns, MatrixView<double> outputs) const noexcept override {
    predict_strided({columns.data(), columns.cols(), 1, columns.stride()}, outputs);
  }

  std::size_t batch_rows() const noexcept override { return 8 * byte_trees::block_rows; }

 private:
  void predict_strided(const byte_trees::Rows& rows, MatrixView<double> outputs) const noexcept {
    for (std::size_t begin = 0; begin < rows.n; begin += byte_trees::block_rows) {
      byte_trees::Rows some = rows;
      some.data += begin * rows.row_stride;
      some.n = std::min(byte_trees::block_rows, rows.n - begin);
      const auto out = outputs.row_range(begin, begin + some.n);
      if (some.n < fewest_block_rows_) {
        predict_rows(some, out);
      } else {
        predict_block(some, out);
      }
    }
  }

  void predict_rows(byte_trees::Rows rows, MatrixView<double> outputs) const noexcept {
    for (std::size_t i = 0; i < outputs.rows(); ++i, rows.data += rows.row_stride) {
      const auto out = outputs.row(i);
      std::ranges::fill(out, 0.0);
      byte_trees::add_row(view_, groups_, rows, out.data());
      outputs_.finish(out);
    }
  }

  void predict_block(const byte_trees::Rows& rows, MatrixView<double> outputs) const noexcept {
    alignas(64) double sums[byte_trees::most_margins * byte_trees::block_rows];
    std::fill_n(sums, view_.n_margins * byte_trees::block_rows, 0.0);
    byte_trees::add_block(view_, rows, sums);
    for (std::size_t i = 0; i < rows.n; ++i) {
      const auto out = outputs.row(i);
      for (std::size_t k = 0; k < view_.n_margins; ++k) out[k] = sums[k * byte_trees::block_rows + i];
      outputs_.finish(out);
    }
  }

  Schema schema_;
  TreeOutputs outputs_;
  byte_trees::View view_;
  byte_trees::Groups groups_;
  std::size_t fewest_block_rows_ = 0;
};

}  // namespace

std::unique_ptr<Predictor> open_byte_trees(const ModelFile& image, Schema schema) {
  return std::make_unique<ByteTrees>(image, std::move(schema));
}

}  // namespace thrum
