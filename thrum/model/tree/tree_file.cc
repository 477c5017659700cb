#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>

#include "thrum/model/tree/distinct_rows_internal.h"
#include "thrum/model/tree/each_tree_internal.h"
#include "thrum/model/tree/tree_file_internal.h"

namespace thrum {
namespace {

constexpr std::uint8_t missing_left_flag = 1;
constexpr std::uint8_t zero_is_missing_flag = 2;
constexpr std::uint8_t category_list_flag = 4;

/// One member of every node, in the order of the trees.
template <class T, class Get>
std::vector<T> of_nodes(const TreeEnsemble& ensemble, Get get) {
  std::vector<T> values;
  for (const Tree& tree : ensemble.trees) {
    for (const TreeNode& node : tree.nodes) values.push_back(static_cast<T>(get(node)));
  }
  return values;
}

template <class T, class Get>
void add_of_nodes(ModelFileBuilder& file, const std::string& name, const TreeEnsemble& ensemble, Get get) {
  const auto values = of_nodes<T>(ensemble, get);
  file.add_tensor<T>("nodes." + name, {values.size()}, values);
}

template <class T, class Get>
void add_of_trees(ModelFileBuilder& file, std::string name, const TreeEnsemble& ensemble, Get get) {
  std::vector<T> values;
  for (const Tree& tree : ensemble.trees) {
    for (const auto value : get(tree)) values.push_back(static_cast<T>(value));
  }
  file.add_tensor<T>(std::move(name), {values.size()}, values);
}

bool any_node(const TreeEnsemble& ensemble, bool (*has)(const TreeNode&)) {
  return std::ranges::any_of(ensemble.trees, [&](const Tree& tree) { return std::ranges::any_of(tree.nodes, has); });
}

bool has_categories(const TreeNode& node) {
  return node.category_set >= 0;
}
bool is_no_float(const TreeNode& node) {
  return static_cast<double>(static_cast<float>(node.threshold)) != node.threshold;
}

void write_leaves(const TreeEnsemble& ensemble, ModelFileBuilder& file) {
  const std::size_t width = ensemble.leaf_width;
  DistinctRows distinct(width);
  std::vector<std::int32_t> rows;  // per leaf
  for (const Tree& tree : ensemble.trees) {
    for (std::size_t leaf = 0; leaf < tree.n_leaves(); ++leaf) {
      const auto row = std::span(tree.leaf_values).subspan(leaf * width, width);
      rows.push_back(static_cast<std::int32_t>(distinct.index_of(row)));
    }
  }
  const bool worth_it = distinct.values().size() + rows.size() < rows.size() * width;
  if (worth_it) {
    file.add_tensor<std::int32_t>("leaves.row", {rows.size()}, rows);
    file.add_tensor<double>("leaves.value", {distinct.size(), width}, distinct.values());
  } else {
    std::vector<double> values;
    for (const Tree& tree : ensemble.trees)
      values.insert(values.end(), tree.leaf_values.begin(), tree.leaf_values.end());
    file.add_tensor<double>("leaves.value", {values.size() / width, width}, values);
  }
  add_of_trees<double>(file, "leaves.weight", ensemble, [](const Tree& tree) { return std::span(tree.leaf_weights); });
}

/// Hands out the tensors of a file piece by piece.
class TreesInFile final : public TreeSource {
 public:
  TreesInFile(const ModelFile& file, const Schema& schema) : file_(file), schema_(schema) {
    read_sums();
    const auto node_counts = vector<std::int32_t>("trees.n_nodes");
    for (const std::int32_t n : node_counts) {
      if (n < 0) fail();
      n_nodes_ += static_cast<std::size_t>(n);
    }
    read_node_tensors(n_nodes_);
    read_leaf_tensors(n_nodes_ + node_counts.size());
    const auto set_counts = file_.tensors().contains("trees.n_category_words")
                                ? tensor<std::int32_t>("trees.n_category_words", node_counts.size())
                                : std::span<const std::int32_t>();
    for (std::size_t t = 0; t < node_counts.size(); ++t) {
      places_.push_back(next_place(static_cast<std::size_t>(node_counts[t]), set_counts.empty() ? 0 : set_counts[t]));
    }
    if (!category_bits_.empty()) fail();
    is_checked_.resize(places_.size());
    if (const std::string fault = fault_of(sums_, schema); !fault.empty()) file_.fail(fault);
  }

  const TreeEnsemble& sums() const noexcept override { return sums_; }
  std::size_t n_trees() const noexcept override { return places_.size(); }
  std::size_t n_nodes() const noexcept override { return n_nodes_; }
  std::size_t n_nodes(std::size_t t) const noexcept override { return places_[t].n_nodes; }

  const Tree& tree(std::size_t t, Tree& room) const override {
    read_tree(places_[t], room);
    if (is_checked_[t] != 0) return room;
    if (const std::string fault = fault_of(room, t, sums_.leaf_width, schema_); !fault.empty()) file_.fail(fault);
    is_checked_[t] = 1;
    return room;
  }

 private:
  /// Of one tree in the tensors.
  struct Place {
    std::size_t first_node;
    std::size_t n_nodes;
    std::size_t first_leaf;
    std::span<const std::uint64_t> words;
  };

  [[noreturn]] void fail() const { file_.fail("has trees whose sizes do not fit"); }

  template <class T>
  std::span<const T> tensor(std::string_view name, std::size_t n) const {
    return file_.tensor<T>(name, std::vector{n});
  }
  template <class T>
  std::span<const T> vector(std::string_view name) const {
    return tensor<T>(name, shape(name, 1)[0]);
  }
  std::vector<std::size_t> shape(std::string_view name, std::size_t rank) const {
    const auto found = file_.tensors().find(name);
    if (found == file_.tensors().end() || found->second.shape.size() != rank) fail();
    return found->second.shape;
  }

  void read_sums() {
    const auto link = parse_link(file_.metadata("link"));
    if (!link) file_.fail("has trees with a link that this build does not know");
    sums_.link = *link;
    sums_.float_inputs = file_.has_metadata("float_inputs");
    const auto base = vector<double>("base");
    sums_.base.assign(base.begin(), base.end());
    sums_.scale = tensor<double>("scale", 1)[0];
  }

  void read_node_tensors(std::size_t n) {
    feature_ = tensor<std::int32_t>("nodes.feature", n);
    left_ = tensor<std::int32_t>("nodes.left", n);
    right_ = tensor<std::int32_t>("nodes.right", n);
    flags_ = tensor<std::uint8_t>("nodes.flags", n);
    gain_ = tensor<float>("nodes.gain", n);
    weight_ = tensor<double>("nodes.weight", n);
    const auto thresholds = file_.tensors().find("nodes.threshold");
    if (thresholds != file_.tensors().end() && thresholds->second.dtype == DType::f32) {
      float_threshold_ = tensor<float>("nodes.threshold", n);
    } else {
      threshold_ = tensor<double>("nodes.threshold", n);
    }
    if (!file_.tensors().contains("nodes.category_set")) return;
    category_set_ = tensor<std::int32_t>("nodes.category_set", n);
    category_bits_ = vector<std::uint64_t>("category_bits");
  }

  void read_leaf_tensors(std::size_t n) {
    const std::vector<std::size_t> values_shape = shape("leaves.value", 2);
    n_leaf_rows_ = values_shape[0];
    sums_.leaf_width = values_shape[1];
    leaf_values_ = file_.tensor<double>("leaves.value", values_shape);
    leaf_weights_ = tensor<double>("leaves.weight", n);
    if (file_.tensors().contains("leaves.row")) {
      leaf_rows_ = tensor<std::int32_t>("leaves.row", n);
    } else if (n_leaf_rows_ != n) {
      fail();
    }
  }

  TreeNode node(std::size_t i) const {
    const std::uint8_t flags = flags_[i];
    if (flags > (missing_left_flag | zero_is_missing_flag | category_list_flag)) fail();
    return {.feature = feature_[i],
            .left = left_[i],
            .right = right_[i],
            .category_set = category_set_.empty() ? -1 : std::max(category_set_[i], -1),
            .threshold = float_threshold_.empty() ? threshold_[i] : static_cast<double>(float_threshold_[i]),
            .missing_left = (flags & missing_left_flag) != 0,
            .zero_is_missing = (flags & zero_is_missing_flag) != 0,
            .category_list = (flags & category_list_flag) != 0,
            .gain = gain_[i],
            .weight = weight_[i]};
  }

  void append_leaf(Tree& tree, std::size_t leaf) const {
    const std::int64_t row = leaf_rows_.empty() ? static_cast<std::int64_t>(leaf) : leaf_rows_[leaf];
    if (row < 0 || static_cast<std::size_t>(row) >= n_leaf_rows_) fail();
    const auto values = leaf_values_.subspan(static_cast<std::size_t>(row) * sums_.leaf_width, sums_.leaf_width);
    tree.leaf_values.insert(tree.leaf_values.end(), values.begin(), values.end());
    tree.leaf_weights.push_back(leaf_weights_[leaf]);
  }

  Place next_place(std::size_t n_nodes, std::int32_t n_words) {
    if (n_words < 0 || static_cast<std::size_t>(n_words) > category_bits_.size()) fail();
    const std::size_t first_node = places_.empty() ? 0 : places_.back().first_node + places_.back().n_nodes;
    const std::size_t first_leaf = first_node + places_.size();  // a tree has one more
    const Place place{first_node, n_nodes, first_leaf, category_bits_.first(static_cast<std::size_t>(n_words))};
    category_bits_ = category_bits_.subspan(place.words.size());
    return place;
  }

  void read_tree(const Place& place, Tree& tree) const {
    const std::size_t n_leaves = place.n_nodes + 1;
    tree.nodes.clear();
    tree.leaf_values.clear();
    tree.leaf_weights.clear();
    tree.nodes.reserve(place.n_nodes);
    tree.leaf_values.reserve(n_leaves * sums_.leaf_width);
    tree.leaf_weights.reserve(n_leaves);
    for (std::size_t i = 0; i < place.n_nodes; ++i) tree.nodes.push_back(node(place.first_node + i));
    for (std::size_t i = 0; i < n_leaves; ++i) append_leaf(tree, place.first_leaf + i);
    tree.category_bits.assign(place.words.begin(), place.words.end());
  }

  const ModelFile& file_;
  const Schema& schema_;
  TreeEnsemble sums_;  ///< without trees
  std::size_t n_nodes_ = 0;
  std::vector<Place> places_;
  mutable std::vector<std::uint8_t> is_checked_;  ///< one byte per tree, each written by who reads that tree
  std::span<const std::int32_t> feature_, left_, right_, category_set_, leaf_rows_;
  std::span<const std::uint8_t> flags_;
  std::span<const float> gain_, float_threshold_;
  std::span<const double> threshold_, weight_, leaf_values_, leaf_weights_;
  std::span<const std::uint64_t> category_bits_;
  std::size_t n_leaf_rows_ = 0;
};

void write_nodes(const TreeEnsemble& ensemble, ModelFileBuilder& file) {
  add_of_nodes<std::int32_t>(file, "feature", ensemble, [](const TreeNode& node) { return node.feature; });
  add_of_nodes<std::int32_t>(file, "left", ensemble, [](const TreeNode& node) { return node.left; });
  add_of_nodes<std::int32_t>(file, "right", ensemble, [](const TreeNode& node) { return node.right; });
  const auto threshold = [](const TreeNode& node) { return node.threshold; };
  if (any_node(ensemble, &is_no_float)) {
    add_of_nodes<double>(file, "threshold", ensemble, threshold);
  } else {
    add_of_nodes<float>(file, "threshold", ensemble, threshold);
  }
  add_of_nodes<std::uint8_t>(file, "flags", ensemble, [](const TreeNode& node) {
    return (node.missing_left ? missing_left_flag : 0) | (node.zero_is_missing ? zero_is_missing_flag : 0) |
           (node.category_list ? category_list_flag : 0);
  });
  add_of_nodes<float>(file, "gain", ensemble, [](const TreeNode& node) { return node.gain; });
  add_of_nodes<double>(file, "weight", ensemble, [](const TreeNode& node) { return node.weight; });
}

}  // namespace

void write_ensemble(const TreeEnsemble& ensemble, ModelFileBuilder& file) {
  file.add_metadata("link", std::string(link_name(ensemble.link)));
  if (ensemble.float_inputs) file.add_metadata("float_inputs", "true");
  file.add_tensor<double>("base", {ensemble.n_margins()}, ensemble.base);
  file.add_tensor<double>("scale", {1}, std::span(&ensemble.scale, 1));
  add_of_trees<std::int32_t>(file, "trees.n_nodes", ensemble,
                             [](const Tree& tree) { return std::array{tree.nodes.size()}; });
  write_nodes(ensemble, file);
  write_leaves(ensemble, file);
  if (!any_node(ensemble, &has_categories)) return;
  add_of_nodes<std::int32_t>(file, "category_set", ensemble, [](const TreeNode& node) { return node.category_set; });
  add_of_trees<std::int32_t>(file, "trees.n_category_words", ensemble,
                             [](const Tree& tree) { return std::array{tree.category_bits.size()}; });
  add_of_trees<std::uint64_t>(file, "category_bits", ensemble,
                              [](const Tree& tree) { return std::span(tree.category_bits); });
}

std::unique_ptr<TreeSource> open_trees(const ModelFile& file, const Schema& schema) {
  return std::make_unique<TreesInFile>(file, schema);
}

TreeEnsemble read_ensemble(const ModelFile& file, const Schema& schema) {
  const TreesInFile trees(file, schema);
  TreeEnsemble ensemble = trees.sums();
  ensemble.trees.resize(trees.n_trees());
  for_each_tree(trees.n_trees(), trees.n_nodes(), [&](std::size_t t) { trees.tree(t, ensemble.trees[t]); });
  return ensemble;
}

}  // namespace thrum
