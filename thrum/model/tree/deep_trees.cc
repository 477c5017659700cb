#include <algorithm>
#include <array>
#include <utility>

#include "thrum/model/tree/deep_node_internal.h"
#include "thrum/model/tree/deep_trees_internal.h"
#include "thrum/model/tree/node_rule_internal.h"
#include "thrum/model/tree/raw_tensor_internal.h"
#include "thrum/model/tree/tree_outputs_internal.h"

namespace thrum {
namespace {

using namespace deep_trees;

/// What else than x > threshold a step must look at.
enum class Questions {
  plain,       ///< missing values go left, as the comparison has it
  missing,     ///< they go either way
  categories,  ///< and there are category sets
};

/// Walks rows down one tree.
template <class T, Questions questions>
class Walk {
 public:
  /// Rows in flight: enough to hide the latency of the second-level cache.
  static constexpr std::size_t width = 16;
  using Positions = std::array<std::size_t, width>;

  Walk(const DeepNode<T>* nodes, Links links, const std::uint64_t* category_bits, std::span<const Feature> features)
      : nodes_(nodes), links_(links), category_bits_(category_bits), features_(features) {}

  /// Where `width` rows end.
  Positions leaves(const std::array<const double*, width>& rows) const noexcept {
    Positions at = {};
    std::size_t moved = 1;
    while (moved != 0) {
      for (int i = 0; i < 3; ++i) {
        for (std::size_t r = 0; r < width; ++r) at[r] = step(at[r], rows[r]);
      }
      moved = 0;
      for (std::size_t r = 0; r < width; ++r) {
        const std::size_t next = step(at[r], rows[r]);
        moved |= next ^ at[r];
        at[r] = next;
      }
    }
    return at;
  }

  std::size_t leaf(const double* row) const noexcept {
    std::size_t at = 0;
    for (std::size_t next = step(at, row); next != at; next = step(at, row)) at = next;
    return at;
  }

 private:
  std::size_t step(std::size_t at, const double* row) const noexcept {
    const DeepNode<T> node = nodes_[at];
    const auto link = static_cast<std::uint32_t>(node.link);
    const std::size_t feature = links_.feature(link);
    const double x = row[feature];
    bool goes_right = x > static_cast<double>(node.threshold);
    if constexpr (questions != Questions::plain) {
      const bool missing_right = (link & Links::missing_left) == 0;
      goes_right |= static_cast<int>(x != x) & static_cast<int>(missing_right);
    }
    if constexpr (questions == Questions::categories) {
      if ((link & Links::category) != 0) {
        const NodeRule rule((link & Links::missing_left) != 0 ? 1 : 0);
        goes_right = !rule.goes_left(x, category_bits_ + node.word(), features_[feature].categories.size());
      }
    }
    return links_.left(link) + (goes_right ? 1 : 0);
  }

  const DeepNode<T>* nodes_;
  Links links_;
  const std::uint64_t* category_bits_;
  std::span<const Feature> features_;
};

template <class T>
class DeepTrees final : public Predictor {
 public:
  DeepTrees(const ModelFile& image, Schema schema)
      : schema_(std::move(schema)), outputs_(image, schema_), links_(schema_.features.size()) {
    nodes_ = raw_tensor<DeepNode<T>>(image, "nodes");
    first_nodes_ = raw_tensor<std::uint64_t>(image, "first_nodes");
    leaf_values_ = raw_tensor<double>(image, "leaf_values");
    category_bits_ = raw_tensor<std::uint64_t>(image, "category_bits");
    leaf_width_ = image.has_metadata("vector_leaves") ? outputs_.n_margins() : 1;
    if (!trees_fit()) image.fail("has trees whose nodes are linked wrongly");
  }

  const Schema& schema() const noexcept override { return schema_; }
  std::size_t n_outputs() const noexcept override { return outputs_.n_outputs(); }
  /// Enough to be worth fetching every tree into the cache for.
  std::size_t batch_rows() const noexcept override { return 1024; }

  void predict(MatrixView<const double> rows, MatrixView<double> outputs) const noexcept override {
    for (std::size_t i = 0; i < rows.rows(); ++i) std::ranges::fill(outputs.row(i), 0.0);
    if (questions_ == Questions::plain) {
      add_trees<Questions::plain>(rows, outputs);
    } else if (questions_ == Questions::missing) {
      add_trees<Questions::missing>(rows, outputs);
    } else {
      add_trees<Questions::categories>(rows, outputs);
    }
    for (std::size_t i = 0; i < rows.rows(); ++i) outputs_.finish(outputs.row(i));
  }

 private:
  /// Trees in turn, each for all rows, so that a tree stays in the cache.
  template <Questions questions>
  void add_trees(MatrixView<const double> rows, MatrixView<double> outputs) const noexcept {
    using TreeWalk = Walk<T, questions>;
    constexpr std::size_t width = TreeWalk::width;
    for (std::size_t t = 0; t < first_nodes_.size(); ++t) {
      const DeepNode<T>* nodes = nodes_.data() + first_nodes_[t];
      const TreeWalk walk(nodes, links_, category_bits_.data(), schema_.features);
      std::size_t i = 0;
      for (; i + width <= rows.rows(); i += width) {
        std::array<const double*, width> some;
        for (std::size_t r = 0; r < width; ++r) some[r] = rows.row(i + r).data();
        const auto leaves = walk.leaves(some);
        for (std::size_t r = 0; r < width; ++r) add_leaf(t, nodes[leaves[r]].leaf_row(), outputs.row(i + r));
      }
      for (; i < rows.rows(); ++i) add_leaf(t, nodes[walk.leaf(rows.row(i).data())].leaf_row(), outputs.row(i));
    }
  }

  void add_leaf(std::size_t t, std::size_t row, std::span<double> sums) const noexcept {
    if (leaf_width_ == 1) {
      sums[outputs_.n_margins() == 1 ? 0 : t % outputs_.n_margins()] += leaf_values_[row];
      return;
    }
    const double* values = leaf_values_.data() + row * leaf_width_;
    for (std::size_t k = 0; k < leaf_width_; ++k) sums[k] += values[k];
  }

  /// Whether every node is a leaf or links forward within its tree; finds out what the nodes ask.
  bool trees_fit() {
    for (std::size_t t = 0; t < first_nodes_.size(); ++t) {
      const std::size_t end = t + 1 < first_nodes_.size() ? first_nodes_[t + 1] : nodes_.size();
      if (end > nodes_.size() || first_nodes_[t] >= end) return false;
      const auto nodes = nodes_.subspan(first_nodes_[t], end - first_nodes_[t]);
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (!(is_leaf(nodes[i], i) ? leaf_fits(nodes[i]) : question_fits(nodes[i], i, nodes.size()))) return false;
      }
    }
    return true;
  }

  bool is_leaf(const DeepNode<T>& node, std::size_t i) const {
    return links_.left(static_cast<std::uint32_t>(node.link)) == i;
  }

  bool leaf_fits(const DeepNode<T>& node) const {
    const auto link = static_cast<std::uint32_t>(node.link);
    return node.threshold != node.threshold && (link & Links::missing_left) != 0 && (link & Links::category) == 0 &&
           links_.feature(link) < schema_.features.size() && (node.leaf_row() + 1) * leaf_width_ <= leaf_values_.size();
  }

  bool question_fits(const DeepNode<T>& node, std::size_t i, std::size_t n_nodes) {
    const auto link = static_cast<std::uint32_t>(node.link);
    const std::size_t left = links_.left(link);
    const std::size_t feature = links_.feature(link);
    if (left <= i || left + 1 >= n_nodes || feature >= schema_.features.size()) return false;
    const std::size_t n_words = (schema_.features[feature].categories.size() + 63) / 64;
    const bool is_category = (link & Links::category) != 0;
    if (is_category) questions_ = Questions::categories;
    if ((link & Links::missing_left) == 0) questions_ = std::max(questions_, Questions::missing);
    return !is_category || (n_words <= category_bits_.size() && node.word() <= category_bits_.size() - n_words);
  }

  Schema schema_;
  TreeOutputs outputs_;
  Links links_;
  Questions questions_ = Questions::plain;
  std::span<const DeepNode<T>> nodes_;
  std::span<const std::uint64_t> first_nodes_;
  std::span<const double> leaf_values_;  ///< (n_rows, leaf_width)
  std::span<const std::uint64_t> category_bits_;
  std::size_t leaf_width_ = 1;
};

}  // namespace

std::unique_ptr<Predictor> open_deep_float_trees(const ModelFile& image, Schema schema) {
  return std::make_unique<DeepTrees<float>>(image, std::move(schema));
}

std::unique_ptr<Predictor> open_deep_double_trees(const ModelFile& image, Schema schema) {
  return std::make_unique<DeepTrees<double>>(image, std::move(schema));
}

}  // namespace thrum
