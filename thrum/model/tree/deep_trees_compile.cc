#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "thrum/model/engine_internal.h"
#include "thrum/model/tree/category_set_internal.h"
#include "thrum/model/tree/compiled_threshold_internal.h"
#include "thrum/model/tree/deep_node_internal.h"
#include "thrum/model/tree/deep_survey_internal.h"
#include "thrum/model/tree/deep_trees_internal.h"
#include "thrum/model/tree/each_tree_internal.h"
#include "thrum/model/tree/raw_tensor_internal.h"
#include "thrum/model/tree/tree_outputs_internal.h"

namespace thrum {
namespace {

using namespace deep_trees;

/// The number of every question in the order in which they are walked: depth first, and of two the one first that more
/// training rows went to. By sums over the subtrees, whose memory is met in no order but without waiting.
std::vector<std::uint32_t> depth_first(const Tree& tree) {
  std::vector<std::uint32_t> sizes(tree.nodes.size()), numbers(tree.nodes.size());
  const auto size = [&](std::int32_t child) { return child < 0 ? 0 : sizes[static_cast<std::size_t>(child)]; };
  const auto weight = [&](std::int32_t child) { return tree.nodes[static_cast<std::size_t>(child)].weight; };
  for (std::size_t i = tree.nodes.size(); i-- > 0;) {
    sizes[i] = 1 + size(tree.nodes[i].left) + size(tree.nodes[i].right);
  }
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const auto [left, right] = std::pair(tree.nodes[i].left, tree.nodes[i].right);
    const bool is_left_first = left < 0 || right < 0 || weight(left) >= weight(right);
    if (left >= 0) numbers[static_cast<std::size_t>(left)] = numbers[i] + 1 + (is_left_first ? 0 : size(right));
    if (right >= 0) numbers[static_cast<std::size_t>(right)] = numbers[i] + 1 + (is_left_first ? size(left) : 0);
  }
  return numbers;
}

template <class Key>
class Compiler {
 public:
  Compiler(const TreeSource& trees, const Schema& schema, const Survey& survey)
      : trees_(trees),
        schema_(schema),
        survey_(survey),
        links_(survey.columns().size()),
        category_bits_(survey.n_words()) {}

  /// The image is written while the compiler is there.
  ModelFileBuilder image() {
    ModelFileBuilder image;
    add_engine(image, sizeof(Key) == 4 ? "deep-float-trees" : "deep-double-trees", schema_);
    if (trees_.sums().leaf_width > 1) image.add_metadata("vector_leaves", "true");
    TreeOutputs::write(image, trees_.sums());
    add_raw_tensor<DeepColumn>(image, "columns", survey_.columns());
    add_raw_tensor<std::uint64_t>(image, "first_nodes", survey_.first_nodes());
    add_raw_tensor_later<DeepNode<Key>>(image, "nodes", survey_.n_nodes(), [this](auto put) { put_trees(put); });
    add_raw_tensor_later<double>(image, "leaf_values", survey_.leaf_values().size(),
                                 [this](auto put) { put(0, std::as_bytes(survey_.leaf_values())); });
    add_raw_tensor_later<std::uint64_t>(image, "category_bits", category_bits_.size(), [this](auto put) {
      put(0, std::as_bytes(std::span(category_bits_)));  // which the nodes' questions have filled
    });
    return image;
  }

 private:
  void put_trees(ModelFileBuilder::Put put) {
    std::ranges::fill(category_bits_, 0);
    for_each_tree(trees_.n_trees(), trees_.n_nodes(), [&](std::size_t t) {
      Tree room;
      const std::vector<DeepNode<Key>> nodes = placed(trees_.tree(t, room), survey_.of_tree(t));
      put(survey_.of_tree(t).first_node * sizeof(DeepNode<Key>), std::as_bytes(std::span(nodes)));
    });
  }

  /// The children of the n-th question are the n-th pair behind the root.
  std::vector<DeepNode<Key>> placed(const Tree& tree, const Survey::OfTree& survey) {
    std::vector<DeepNode<Key>> nodes(survey.n_nodes);
    if (tree.nodes.empty()) nodes[0] = leaf(survey, ~0, 0);
    const std::vector<std::uint32_t> numbers = depth_first(tree);
    std::vector<std::uint32_t> places(tree.nodes.size());
    std::size_t next_word = survey.first_word;
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
      const TreeNode& node = tree.nodes[i];
      const std::uint32_t left = 1 + 2 * numbers[i];
      nodes[places[i]] = question(node, tree, left, next_word);
      next_word += n_words_of(node, tree, schema_);
      const auto place = [&](std::int32_t child, std::uint32_t at) {
        if (child < 0) {
          nodes[at] = leaf(survey, child, at);
        } else {
          places[static_cast<std::size_t>(child)] = at;
        }
      };
      place(node.left, left);
      place(node.right, left + 1);
    }
    return nodes;
  }

  DeepNode<Key> leaf(const Survey::OfTree& survey, std::int32_t child, std::size_t at) const {
    const std::size_t row = survey.row_of(~static_cast<std::size_t>(child));
    return {static_cast<Key>(DeepNode<Key>::first_leaf() + row), links_.link(at, 0)};
  }

  DeepNode<Key> question(const TreeNode& node, const Tree& tree, std::size_t left, std::size_t first_word) {
    const std::uint32_t link = links_.link(left, survey_.column(node));
    if (node.category_set < 0) {
      return {order_key<Key>(static_cast<NumberOf<Key>>(compiled_threshold(node, trees_.sums()))), link};
    }
    const std::size_t n = schema_.features[static_cast<std::size_t>(node.feature)].categories.size();
    std::vector<std::uint32_t> codes = category_codes(node, tree, n);
    if (node.missing_left) codes.push_back(static_cast<std::uint32_t>(n));  // unknown ones have the code behind all
    std::uint64_t* set = category_bits_.data() + first_word;
    node.category_list ? write_category_list(codes, set) : write_category_bits(codes, set);
    return {static_cast<Key>(first_word | (node.category_list ? list_key : 0)), link | Links::category};
  }

  const TreeSource& trees_;
  const Schema& schema_;
  const Survey& survey_;
  Links links_;
  std::vector<std::uint64_t> category_bits_;
};

}  // namespace

bool build_deep_trees(const TreeSource& trees, const Schema& schema, UseImage use) {
  const Survey survey(trees, schema);
  if (!survey.fits()) return false;
  if (survey.fits_floats()) {
    use(Compiler<std::uint32_t>(trees, schema, survey).image());
  } else {
    use(Compiler<std::uint64_t>(trees, schema, survey).image());
  }
  return true;
}

std::vector<std::byte> compile_deep_trees(const TreeEnsemble& ensemble, const Schema& schema) {
  std::vector<std::byte> bytes;
  build_deep_trees(TreesInMemory(ensemble), schema, [&](const ModelFileBuilder& image) { bytes = image.bytes(); });
  return bytes;
}

}  // namespace thrum
