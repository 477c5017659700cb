#include "thrum/learn/tree/tree_grower_internal.h"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <utility>

#include "thrum/learn/tree/histogram_internal.h"
#include "thrum/learn/tree/row_hash_internal.h"

namespace thrum {
namespace {

/// A leaf is large where each thread would have fewer of its size of all rows.
constexpr std::size_t small_leaves_per_thread = 2;

/// Work of the root, in additions or so, for which a further thread is worth waking.
constexpr std::size_t root_work_per_thread = std::size_t{1} << 20;

std::size_t histogram_size(const BinnedTable& table) {
  return padded_columns(table.n_columns()) * histogram_stride;
}

}  // namespace

TreeGrower::TreeGrower(const BinnedTable& table, const Execution& execution)
    : table_(table),
      execution_(execution),
      columns_(table, execution),
      groups_(column_groups(table)),
      rows_{ZeroedArray<std::uint32_t>(table.n_rows()), ZeroedArray<std::uint32_t>(table.n_rows())},
      gradients_{ZeroedArray<RowGradient>(table.n_rows()), ZeroedArray<RowGradient>(table.n_rows())},
      pool_(histogram_size(table)) {}

GrownTree TreeGrower::grow(std::size_t n_rows, const GradientGrid& grid, const SplitRules& rules,
                           const GrowthLimits& limits, const NodeFeatures& features) {
  rules_ = rules;
  grid_ = grid;
  limits_ = limits;
  features_ = &features;
  Node& root = plant(n_rows);
  Growth growth{.leaves = {&root}, .queue = Queue(Order{limits.depth_first})};
  if (root.split) growth.queue.insert(&root);
  while (!is_over(growth)) {
    const Node& first = **growth.queue.begin();
    if (first.is_split) {
      add_first_split(growth);
    } else if (is_small(first)) {
      expand_small_leaves(growth);
    } else {
      expand_large_leaves(growth);
    }
  }
  for (const Node* leaf : growth.leaves) {
    growth.tree.leaves.push_back({leaf->sums, {rows_[leaf->side].data() + leaf->begin, leaf->size()}});
  }
  for (Node& node : nodes_) {
    if (node.histogram != nullptr) pool_.give_back(node.histogram);
  }
  return std::move(growth.tree);
}

TreeGrower::Node& TreeGrower::plant(std::size_t n_rows) {
  nodes_.clear();
  Node& root = nodes_.emplace_back();
  root.end = n_rows;
  root.sums = sums_of_root(n_rows);
  root.may_split = may_split(root) && limits_.max_leaves > 1;
  const auto slots = static_cast<std::size_t>(execution_.arena->slots());
  work_of_one_ = slots == 1 ? work(root) : std::max(least_work_of_one, work(root) / (small_leaves_per_thread * slots));
  n_helpers_ = std::clamp<std::size_t>(work(root) / root_work_per_thread, 1, slots);
  if (!root.may_split) return root;
  root.histogram = pool_.take();
  Node* const only[] = {&root};
  add_up(only);
  const Siblings alone[] = {{&root, nullptr}};
  search(alone);
  return root;
}

NodeSums TreeGrower::sums_of_root(std::size_t n_rows) const {
  const RowGradient* gradients = gradients_[0].data();
  const GradientSum mine = parallel_reduce(
      *execution_.arena, n_rows, std::size_t{1} << 17, GradientSum{0},
      [&](std::size_t begin, std::size_t end) {
        return std::transform_reduce(gradients + begin, gradients + end, GradientSum{0}, std::plus(), widen);
      },
      std::plus());
  std::array<std::int64_t, 2> sums = {mine, static_cast<std::int64_t>(n_rows)};
  execution_.communicator->allreduce(std::span<std::int64_t>(sums), ReduceOp::sum);
  return {.sum = sums[0], .n_rows = static_cast<std::size_t>(sums[1])};
}

bool TreeGrower::Order::operator()(const Node* a, const Node* b) const {
  if (depth_first && a->depth != b->depth) return a->depth < b->depth;
  if (a->split.gain != b->split.gain) return a->split.gain > b->split.gain;
  return a->id < b->id;
}

/// REQUIRES: the first leaf of the queue is split.
void TreeGrower::add_first_split(Growth& growth) const {
  const Node* node = *growth.queue.begin();
  growth.queue.erase(growth.queue.begin());
  std::vector<GrownTree::Node>& nodes = growth.tree.nodes;
  const auto index = static_cast<std::int32_t>(nodes.size());
  if (node->parent >= 0) {
    GrownTree::Node& parent = nodes[static_cast<std::size_t>(node->parent)];
    (parent.left == ~static_cast<std::int32_t>(node->leaf) ? parent.left : parent.right) = index;
  }
  node->left->leaf = node->leaf;
  node->right->leaf = growth.leaves.size();
  growth.leaves[node->leaf] = node->left;
  growth.leaves.push_back(node->right);
  for (Node* child : {node->left, node->right}) {
    child->id = growth.next_id++;
    child->parent = index;
    if (child->split) growth.queue.insert(child);
  }
  nodes.push_back({node->split, node->sums, ~static_cast<std::int32_t>(node->left->leaf),
                   ~static_cast<std::int32_t>(node->right->leaf)});
}

/// To split it, in additions or so.
std::size_t TreeGrower::work(const Node& node) const {
  return (node.size() + 2 * histogram_stride) * table_.n_columns();
}

/// Whether leaves may be split as threads come to need them: nobody else must split the same ones.
bool TreeGrower::goes_by_work() const {
  return limits_.ahead == 0 && execution_.communicator->size() == 1;
}

bool TreeGrower::is_small(const Node& node) const {
  return goes_by_work() && work(node) <= work_of_one_;
}

TreeGrower::Expansion TreeGrower::begin_expansion(const Growth& growth, Node& node, std::size_t chunk_rows) {
  const BinnedFeature& feature = table_.features()[node.split.feature];
  const std::size_t n_chunks = std::max<std::size_t>(1, (node.size() + chunk_rows - 1) / chunk_rows);
  node.left = &nodes_.emplace_back();
  node.right = &nodes_.emplace_back();
  return {.node = &node,
          .column = columns_.column(feature.column),
          .goes_left = goes_left(node.split, feature),
          .chunk_rows = chunk_rows,
          .left_before = std::vector<std::size_t>(1 + n_chunks),
          .search = missing_leaves(growth) > 1};
}

bool TreeGrower::may_split(const Node& node) const {
  const double h = hessian_of(node.sums.sum) * grid_.h_unit;
  return table_.n_columns() > 0 && (limits_.max_depth == 0 || node.depth < limits_.max_depth) &&
         hessian_of(node.sums.sum) > 0 && h >= 2 * rules_.min_child_weight &&
         static_cast<double>(node.sums.n_rows) >= 2 * rules_.min_child_samples;
}

/// `n_left_here`: of this rank; `n_left`: of all ranks.
void TreeGrower::make_children(const Node& node, std::size_t n_left_here, std::size_t n_left) const {
  const std::size_t middle = node.begin + n_left_here;
  node.left->begin = node.begin;
  node.left->end = node.right->begin = middle;
  node.right->end = node.end;
  const auto sums = SplitSearch(table_.features(), rules_, grid_).children(node.split, node.sums);
  node.left->sums = sums[0];
  node.right->sums = sums[1];
  node.left->sums.n_rows = n_left;
  node.right->sums.n_rows = node.sums.n_rows - n_left;
  for (Node* child : {node.left, node.right}) {
    child->side = 1 - node.side;
    child->depth = node.depth + 1;
    child->may_split = may_split(*child);
    if (!features_->differ_by_node()) continue;
    child->way = derived_key(node.way, child == node.left ? 1 : 2);
    child->used = node.used;
    child->used.push_back(node.split.feature);
  }
}

std::optional<Siblings> TreeGrower::siblings_to_search(const Node& node) const {
  if (!node.left->may_split && !node.right->may_split) return std::nullopt;
  const bool left_is_smaller = node.left->sums.n_rows <= node.right->sums.n_rows;
  return left_is_smaller ? Siblings{node.left, node.right} : Siblings{node.right, node.left};
}

void TreeGrower::give_back_unsplit(const Siblings& siblings) {
  for (Node* node : {siblings.smaller, siblings.larger}) {
    if (node == nullptr || node->histogram == nullptr || node->split) continue;
    pool_.give_back(std::exchange(node->histogram, nullptr));
  }
}

}  // namespace thrum
