#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "thrum/model/engine_internal.h"
#include "thrum/model/tree/byte_trees_internal.h"
#include "thrum/model/tree/category_set_internal.h"
#include "thrum/model/tree/compiled_threshold_internal.h"
#include "thrum/model/tree/node_rule_internal.h"
#include "thrum/model/tree/raw_tensor_internal.h"
#include "thrum/model/tree/tree_outputs_internal.h"

namespace thrum {
namespace {

using namespace byte_trees;

/// Nodes whose values are ranked in one plane: those of a feature that treat missing values alike.
struct PlaneKey {
  std::int32_t feature;
  std::uint32_t rule;
  bool is_category;
  auto operator<=>(const PlaneKey&) const = default;
};

PlaneKey key_of(const TreeNode& node) {
  if (node.category_set >= 0) return {node.feature, 0, true};
  return {node.feature, NodeRule::of(node).bits(), false};
}

/// What planes a run of trees needs.
class PlanePlan {
 public:
  PlanePlan(const TreeEnsemble& ensemble, std::span<const Tree> trees) : ensemble_(ensemble) {
    for (const Tree& tree : trees) add(tree);
    for (auto& [key, ranked] : keys_) {
      std::ranges::sort(ranked.thresholds);
      ranked.thresholds.erase(std::ranges::unique(ranked.thresholds).begin(), ranked.thresholds.end());
      ranked.first_plane = n_planes_;
      n_planes_ += key.is_category ? 1 : (ranked.thresholds.size() + most_thresholds - 1) / most_thresholds;
    }
  }

  bool fits() const { return n_planes_ + most_sets_ <= most_planes; }
  std::size_t n_planes() const { return n_planes_; }

  /// The plane of a node and its rank there.
  std::pair<std::size_t, std::int8_t> place(const TreeNode& node) const {
    const Ranked& ranked = keys_.at(key_of(node));
    const auto at = static_cast<std::size_t>(
        std::ranges::lower_bound(ranked.thresholds, compiled_threshold(node, ensemble_)) - ranked.thresholds.begin());
    return {ranked.first_plane + at / most_thresholds,
            static_cast<std::int8_t>(static_cast<int>(at % most_thresholds) - 128)};
  }
  std::size_t code_plane(const TreeNode& node) const { return keys_.at(key_of(node)).first_plane; }

  void write(std::vector<Plane>& planes, std::vector<double>& thresholds) const {
    for (const auto& [key, ranked] : keys_) {
      if (key.is_category) planes.push_back({static_cast<std::uint32_t>(key.feature), 0, 0, 0});
      for (std::size_t at = 0; at < ranked.thresholds.size(); at += most_thresholds) {
        const auto some =
            std::span(ranked.thresholds).subspan(at, std::min(most_thresholds, ranked.thresholds.size() - at));
        planes.push_back({static_cast<std::uint32_t>(key.feature), key.rule,
                          static_cast<std::uint32_t>(thresholds.size() / fan_out),
                          static_cast<std::uint32_t>(some.size() / fan_out + 1)});
        write_thresholds(some, thresholds);
      }
    }
  }

 private:
  struct Ranked {
    std::vector<double> thresholds = {};
    std::size_t first_plane = 0;
  };

  void add(const Tree& tree) {
    std::size_t n_sets = 0;
    for (const TreeNode& node : tree.nodes) {
      Ranked& ranked = keys_[key_of(node)];
      if (node.category_set >= 0) {
        ++n_sets;
      } else {
        ranked.thresholds.push_back(compiled_threshold(node, ensemble_));
      }
    }
    most_sets_ = std::max(most_sets_, n_sets);
  }

  static void write_thresholds(std::span<const double> some, std::vector<double>& thresholds) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const std::size_t n_blocks = some.size() / fan_out + 1;
    for (std::size_t b = 0; b < fan_out; ++b) {
      const std::size_t last = (b + 1) * fan_out - 1;
      thresholds.push_back(last < some.size() ? some[last] : infinity);
    }
    for (std::size_t i = 0; i < n_blocks * fan_out; ++i) thresholds.push_back(i < some.size() ? some[i] : infinity);
  }

  const TreeEnsemble& ensemble_;
  std::map<PlaneKey, Ranked> keys_;
  std::size_t n_planes_ = 0;
  std::size_t most_sets_ = 0;
};

std::uint16_t child_ref(std::int32_t child) {
  return static_cast<std::uint16_t>(child < 0 ? ~child : child + static_cast<std::int32_t>(first_node_ref));
}

class Compiler {
 public:
  Compiler(const TreeEnsemble& ensemble, const Schema& schema) : ensemble_(ensemble), schema_(schema) {
    if (!ensemble.trees.empty()) add_chunks(0, ensemble.trees.size());
    nodes_.resize(nodes_.size() + most_leaves);
  }

  std::vector<std::byte> image() const {
    ModelFileBuilder image;
    add_engine(image, "byte-trees", schema_);
    if (ensemble_.leaf_width > 1) image.add_metadata("vector_leaves", "true");
    TreeOutputs::write(image, ensemble_);
    add_raw_tensor<Chunk>(image, "chunks", chunks_);
    add_raw_tensor<Plane>(image, "planes", planes_);
    add_raw_tensor<double>(image, "thresholds", thresholds_);
    add_raw_tensor<ByteTree>(image, "trees", trees_);
    add_raw_tensor<Node>(image, "nodes", nodes_);
    add_raw_tensor<CategorySet>(image, "sets", sets_);
    add_raw_tensor<double>(image, "leaf_values", leaf_values_);
    return image.bytes();
  }

 private:
  /// One chunk where the planes of the trees fit, else two halves.
  void add_chunks(std::size_t first, std::size_t n) {
    const auto trees = std::span(ensemble_.trees).subspan(first, n);
    const PlanePlan plan(ensemble_, trees);
    if (!plan.fits() && n > 1) {
      add_chunks(first, n / 2);
      add_chunks(first + n / 2, n - n / 2);
      return;
    }
    chunks_.push_back({static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(n),
                       static_cast<std::uint32_t>(planes_.size()), static_cast<std::uint32_t>(plan.n_planes())});
    plan.write(planes_, thresholds_);
    for (const Tree& tree : trees) add(tree, plan);
  }

  void add(const Tree& tree, const PlanePlan& plan) {
    const std::size_t first_set = sets_.size();
    trees_.push_back({.first_node = static_cast<std::uint32_t>(nodes_.size()),
                      .n_nodes = static_cast<std::uint32_t>(tree.nodes.size()),
                      .first_set = static_cast<std::uint32_t>(first_set),
                      .n_sets = 0,
                      .first_value = static_cast<std::uint32_t>(leaf_values_.size()),
                      .n_leaves = static_cast<std::uint32_t>(tree.n_leaves())});
    for (const TreeNode& node : tree.nodes) {
      const auto left = child_ref(node.left);
      const auto right = child_ref(node.right);
      if (node.category_set < 0) {
        const auto [plane, rank] = plan.place(node);
        nodes_.push_back({rank, 0, static_cast<std::uint16_t>(plane), left, right});
        continue;
      }
      const std::size_t plane = plan.n_planes() + sets_.size() - first_set;
      nodes_.push_back({0, 0, static_cast<std::uint16_t>(plane), left, right});
      sets_.push_back(category_set(node, tree, plan.code_plane(node)));
    }
    trees_.back().n_sets = static_cast<std::uint32_t>(sets_.size() - first_set);
    for (std::size_t k = 0; k < ensemble_.leaf_width; ++k) {
      for (std::size_t leaf = 0; leaf < tree.n_leaves(); ++leaf) {
        leaf_values_.push_back(tree.leaf_values[leaf * ensemble_.leaf_width + k]);
      }
    }
  }

  CategorySet category_set(const TreeNode& node, const Tree& tree, std::size_t plane) const {
    CategorySet set{.plane = static_cast<std::uint32_t>(plane), .bits = {}};
    const std::size_t n = schema_.features[static_cast<std::size_t>(node.feature)].categories.size();
    for (std::size_t code = 0; code <= most_categories; ++code) {
      const bool left = code < n ? category_goes_left(node, tree, code) : node.missing_left;
      if (left) set.bits[code / 8] = static_cast<std::uint8_t>(set.bits[code / 8] | 1u << code % 8);
    }
    return set;
  }

  const TreeEnsemble& ensemble_;
  const Schema& schema_;
  std::vector<Chunk> chunks_;
  std::vector<Plane> planes_;
  std::vector<double> thresholds_;
  std::vector<ByteTree> trees_;
  std::vector<Node> nodes_;
  std::vector<CategorySet> sets_;
  std::vector<double> leaf_values_;
};

}  // namespace

bool fits_byte_trees(const TreeEnsemble& ensemble, const Schema& schema) {
  const auto fits = [&](const TreeNode& node) {
    return schema.features[static_cast<std::size_t>(node.feature)].categories.size() <= most_categories;
  };
  return ensemble.n_margins() <= most_margins && std::ranges::all_of(ensemble.trees, [&](const Tree& tree) {
           return tree.n_leaves() <= most_leaves && std::ranges::all_of(tree.nodes, fits);
         });
}

std::vector<std::byte> compile_byte_trees(const TreeEnsemble& ensemble, const Schema& schema) {
  return Compiler(ensemble, schema).image();
}

}  // namespace thrum
