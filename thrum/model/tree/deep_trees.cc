#include "thrum/model/tree/deep_trees_internal.h"

#include <algorithm>
#include <array>
#include <utility>

#include "thrum/model/tree/deep_node_internal.h"
#include "thrum/model/tree/deep_walk_internal.h"
#include "thrum/model/tree/raw_tensor_internal.h"
#include "thrum/model/tree/tree_outputs_internal.h"

namespace thrum {
namespace {

using namespace deep_trees;

template <class Key>
class DeepTrees final : public Predictor {
 public:
  DeepTrees(const ModelFile& image, Schema schema)
      : schema_(std::move(schema)),
        outputs_(image, schema_),
        columns_(raw_tensor<DeepColumn>(image, "columns")),
        links_(std::min(columns_.size(), most_columns<Key>)) {
    nodes_ = raw_tensor<DeepNode<Key>>(image, "nodes");
    first_nodes_ = raw_tensor<std::uint64_t>(image, "first_nodes");
    leaf_values_ = raw_tensor<double>(image, "leaf_values");
    category_bits_ = raw_tensor<std::uint64_t>(image, "category_bits");
    leaf_width_ = image.has_metadata("vector_leaves") ? outputs_.n_margins() : 1;
    if (!columns_fit() || (image.origin() != Origin::own && !trees_fit()))
      image.fail("has trees whose nodes are linked wrongly");
    has_categories_ = std::ranges::any_of(columns_, [](const DeepColumn& column) { return column.n_categories > 0; });
    width_ = std::max<std::size_t>(columns_.size(), 1);
    block_rows_ = std::min(most_columns<Key> / width_ * lanes, most_block_rows);
  }

  const Schema& schema() const noexcept override { return schema_; }
  std::size_t n_outputs() const noexcept override { return outputs_.n_outputs(); }
  std::size_t batch_rows() const noexcept override { return block_rows_; }

  void predict(MatrixView<const double> rows, MatrixView<double> outputs) const noexcept override {
    for (std::size_t begin = 0; begin < rows.rows(); begin += block_rows_) {
      const std::size_t end = std::min(rows.rows(), begin + block_rows_);
      predict_block(rows.row_range(begin, end), outputs.row_range(begin, end));
    }
  }

 private:
  static constexpr std::size_t fewest_rows_together = 8;

  void predict_block(MatrixView<const double> rows, MatrixView<double> outputs) const noexcept {
    std::array<Key, scratch_bytes / sizeof(Key)> values;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      for (std::size_t c = 0; c < columns_.size(); ++c) {
        values[i * width_ + c] = columns_[c].template value<Key>(rows(i, columns_[c].feature));
      }
      if (columns_.empty()) values[i] = 0;
      std::ranges::fill(outputs.row(i), 0.0);
    }
    const auto add_by = [&](auto links) {
      using TheLinks = decltype(links);
      if (has_categories_) {
        add_trees(Walk<Key, true, TheLinks>(links, category_bits_.data()), values.data(), outputs);
      } else {
        add_trees(Walk<Key, false, TheLinks>(links, category_bits_.data()), values.data(), outputs);
      }
    };
    links_.are_usual() ? add_by(UsualLinks()) : add_by(links_);
    for (std::size_t i = 0; i < rows.rows(); ++i) outputs_.finish(outputs.row(i));
  }

  template <class TreeWalk>
  void add_trees(const TreeWalk& walk, const Key* values, MatrixView<double> outputs) const noexcept {
    if (outputs.rows() < fewest_rows_together) {
      for (std::size_t i = 0; i < outputs.rows(); ++i) add_row(walk, values + i * width_, outputs.row(i));
      return;
    }
    std::array<Key, most_block_rows> keys;
    const auto leaves = std::span(keys).first(outputs.rows());
    for (std::size_t t = 0; t < first_nodes_.size(); ++t) {
      walk.rows(nodes_of(t), values, width_, leaves, after(t, leaves.size()));
      for (std::size_t i = 0; i < leaves.size(); ++i) add_leaf(t, {leaves[i], 0}, outputs.row(i));
    }
  }

  std::span<const DeepNode<Key>> nodes_of(std::size_t t) const noexcept {
    const std::size_t end = t + 1 < first_nodes_.size() ? first_nodes_[t + 1] : nodes_.size();
    return nodes_.subspan(first_nodes_[t], end - first_nodes_[t]);
  }

  /// The tree that is walked next, where there are many rows to meet most of its nodes.
  Ahead after(std::size_t t, std::size_t n_rows) const noexcept {
    constexpr std::size_t many_rows = 512;
    const bool is_met = n_rows >= many_rows && t + 1 < first_nodes_.size();
    return Ahead(is_met ? std::as_bytes(nodes_of(t + 1)) : std::span<const std::byte>());
  }

  /// All trees for one row.
  template <class TreeWalk>
  void add_row(const TreeWalk& walk, const Key* values, std::span<double> sums) const noexcept {
    std::size_t t = 0;
    for (; t + lanes <= first_nodes_.size(); t += lanes) {
      std::array<const DeepNode<Key>*, lanes> nodes;
      for (std::size_t j = 0; j < lanes; ++j) nodes[j] = nodes_.data() + first_nodes_[t + j];
      const auto leaves = walk.trees(nodes, values);
      for (std::size_t j = 0; j < lanes; ++j) add_leaf(t + j, nodes[j][leaves[j]], sums);
    }
    for (; t < first_nodes_.size(); ++t) {
      const DeepNode<Key>* nodes = nodes_.data() + first_nodes_[t];
      add_leaf(t, nodes[walk.one(nodes, values)], sums);
    }
  }

  void add_leaf(std::size_t t, const DeepNode<Key>& leaf, std::span<double> sums) const noexcept {
    const double* values = leaf_values_.data() + leaf.leaf_row() * leaf_width_;
    if (leaf_width_ == 1) {
      sums[outputs_.n_margins() == 1 ? 0 : t % outputs_.n_margins()] += *values;
      return;
    }
    for (std::size_t k = 0; k < leaf_width_; ++k) sums[k] += values[k];
  }

  bool columns_fit() const {
    return columns_.size() <= most_columns<Key> && std::ranges::all_of(columns_, [&](const DeepColumn& column) {
             return column.feature < schema_.features.size() &&
                    column.n_categories == schema_.features[column.feature].categories.size();
           });
  }

  /// Whether every node is a leaf or links forward within its tree.
  bool trees_fit() const {
    for (std::size_t t = 0; t < first_nodes_.size(); ++t) {
      const std::size_t end = t + 1 < first_nodes_.size() ? first_nodes_[t + 1] : nodes_.size();
      if (end > nodes_.size() || first_nodes_[t] >= end) return false;
      const auto nodes = nodes_.subspan(first_nodes_[t], end - first_nodes_[t]);
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (!node_fits(nodes[i], i, nodes.size())) return false;
      }
    }
    return true;
  }

  bool node_fits(const DeepNode<Key>& node, std::size_t i, std::size_t n_nodes) const {
    const auto link = static_cast<std::uint32_t>(node.link);
    const std::size_t left = links_.left(link);
    const bool is_category = (link & Links::category) != 0;
    if (left == i) {
      return link == links_.link(i, 0) && node.is_leaf() && (node.leaf_row() + 1) * leaf_width_ <= leaf_values_.size();
    }
    const std::size_t column = links_.column(link & ~Links::category);
    if (left < i || left + 1 >= n_nodes || column >= columns_.size()) return false;
    const std::size_t n_categories = columns_[column].n_categories;
    if (is_category != (n_categories > 0) || node.is_leaf()) return false;
    return !is_category || set_fits(node.key, n_categories);
  }

  bool set_fits(Key key, std::size_t n_categories) const {
    const std::size_t first_word = key & ~Key{list_key};
    if ((key & list_key) != 0) return category_list_fits(category_bits_, first_word);
    const std::size_t n_words = n_categories / 64 + 1;
    return n_words <= category_bits_.size() && first_word <= category_bits_.size() - n_words;
  }

  Schema schema_;
  TreeOutputs outputs_;
  std::span<const DeepColumn> columns_;
  Links links_;
  std::size_t width_ = 1;  ///< values per row
  std::size_t block_rows_ = lanes;
  bool has_categories_ = false;
  std::span<const DeepNode<Key>> nodes_;
  std::span<const std::uint64_t> first_nodes_;
  std::span<const double> leaf_values_;  ///< (n_rows, leaf_width)
  std::span<const std::uint64_t> category_bits_;
  std::size_t leaf_width_ = 1;
};

}  // namespace

std::unique_ptr<Predictor> open_deep_float_trees(const ModelFile& image, Schema schema) {
  return std::make_unique<DeepTrees<std::uint32_t>>(image, std::move(schema));
}

std::unique_ptr<Predictor> open_deep_double_trees(const ModelFile& image, Schema schema) {
  return std::make_unique<DeepTrees<std::uint64_t>>(image, std::move(schema));
}

}  // namespace thrum
