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

/// Columns that are searched together; a divisor of the tile's width.
constexpr std::size_t group_width = 8;

/// Rows below which adding up takes less than merging does.
constexpr std::size_t histogram_rows = 8192;

/// Work of a leaf, in additions or so, that threads do not share, if a tree is small.
constexpr std::size_t least_work_of_one = std::size_t{1} << 18;

/// A leaf is large where each thread would have fewer of its size of all rows.
constexpr std::size_t small_leaves_per_thread = 2;

/// Work of the root, in additions or so, for which a further thread is worth waking.
constexpr std::size_t root_work_per_thread = std::size_t{1} << 20;

/// Work, in additions or so, that is not worth waking a thread for.
constexpr std::size_t too_little = 1 << 15;

std::size_t histogram_size(const BinnedTable& table) {
  return padded_columns(table.n_columns()) * histogram_stride;
}

/// How many leaves to split at once, at most: of many, some turn out not to be wanted.
std::size_t leaves_ahead(const Execution& execution, const GrowthLimits& limits) {
  if (limits.ahead > 0) return limits.ahead;
  // All ranks must choose the same, and pay a message for each batch.
  if (execution.communicator->size() > 1) return 16;
  const auto slots = static_cast<std::size_t>(execution.arena->slots());
  return std::min(8 * slots, std::max(slots, limits.max_leaves / 8));
}

std::size_t columns_of_tile(const BinnedTable& table, std::size_t tile) {
  return std::min(BinnedTable::tile_width, table.n_columns() - tile * BinnedTable::tile_width);
}

std::size_t sums_of_tile(const BinnedTable& table, std::size_t tile) {
  return padded_columns(columns_of_tile(table, tile)) * histogram_stride;
}

}  // namespace

TreeGrower::TreeGrower(const BinnedTable& table, const Execution& execution)
    : table_(table),
      execution_(execution),
      columns_(table, execution),
      groups_((table.n_columns() + group_width - 1) / group_width),
      rows_{ZeroedArray<std::uint32_t>(table.n_rows()), ZeroedArray<std::uint32_t>(table.n_rows())},
      gradients_{ZeroedArray<RowGradient>(table.n_rows()), ZeroedArray<RowGradient>(table.n_rows())},
      pool_(histogram_size(table)) {
  for (std::size_t f = 0; f < table.features().size(); ++f) {
    const BinnedFeature& feature = table.features()[f];
    if (!is_flag(feature)) groups_[feature.column / group_width].features.push_back(f);
  }
  for (FlagColumn& flags : flag_columns(table.features())) {
    groups_[flags.column / group_width].flags.push_back(std::move(flags));
  }
}

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

bool TreeGrower::Order::operator()(const Node* a, const Node* b) const {
  if (depth_first && a->depth != b->depth) return a->depth < b->depth;
  if (a->split.gain != b->split.gain) return a->split.gain > b->split.gain;
  return a->id < b->id;
}

/// f(i) for i < n_tasks; `work`: of all of them, in additions or so.
template <class F>
void TreeGrower::run(std::size_t n_tasks, std::size_t work, F&& f) {
  if (n_tasks == 1 || work < too_little || execution_.arena->slots() == 1) {
    for (std::size_t i = 0; i < n_tasks; ++i) f(i);
    return;
  }
  execution_.arena->run(n_tasks, f, execution_.stop);
}

NodeRows TreeGrower::rows_of(const Node& node, std::size_t begin, std::size_t end) const {
  const std::size_t first = node.begin + begin;
  return {rows_[node.side].data() + first, gradients_[node.side].data() + first, end - begin};
}

bool TreeGrower::may_split(const Node& node) const {
  const double h = hessian_of(node.sums.sum) * grid_.h_unit;
  return table_.n_columns() > 0 && (limits_.max_depth == 0 || node.depth < limits_.max_depth) &&
         hessian_of(node.sums.sum) > 0 && h >= 2 * rules_.min_child_weight &&
         static_cast<double>(node.sums.n_rows) >= 2 * rules_.min_child_samples;
}

TreeGrower::Node& TreeGrower::plant(std::size_t n_rows) {
  nodes_.clear();
  Node& root = nodes_.emplace_back();
  root.end = n_rows;
  const RowGradient* gradients = gradients_[0].data();
  const GradientSum mine = parallel_reduce(
      *execution_.arena, n_rows, std::size_t{1} << 17, GradientSum{0},
      [&](std::size_t begin, std::size_t end) {
        return std::transform_reduce(gradients + begin, gradients + end, GradientSum{0}, std::plus(), widen);
      },
      std::plus());
  std::array<std::int64_t, 2> sums = {mine, static_cast<std::int64_t>(n_rows)};
  execution_.communicator->allreduce(std::span<std::int64_t>(sums), ReduceOp::sum);
  root.sums.sum = sums[0];
  root.sums.n_rows = static_cast<std::size_t>(sums[1]);
  const auto slots = static_cast<std::size_t>(execution_.arena->slots());
  work_of_one_ = slots == 1 ? work(root) : std::max(least_work_of_one, work(root) / (small_leaves_per_thread * slots));
  n_helpers_ = std::clamp<std::size_t>(work(root) / root_work_per_thread, 1, slots);
  if (!may_split(root) || limits_.max_leaves < 2) return root;
  root.histogram = pool_.take();
  Node* const only[] = {&root};
  add_up(only);
  const Siblings alone[] = {{&root, nullptr}};
  search(alone);
  return root;
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

/// The first leaf of the queue, and large ones behind it that are wanted unless new ones come in between; no more than
/// threads need.
std::vector<TreeGrower::Node*> TreeGrower::next_batch(const Growth& growth) const {
  const std::size_t enough = 4 * least_work_of_one * static_cast<std::size_t>(execution_.arena->slots());
  const std::size_t most = leaves_ahead(execution_, limits_);
  std::vector<Node*> batch;
  std::size_t total = 0;
  std::size_t n_before = 0;
  for (Node* node : growth.queue) {
    if (batch.size() == most || n_before++ == missing_leaves(growth) || (goes_by_work() && total >= enough)) break;
    if (node->left != nullptr || is_small(*node)) continue;
    batch.push_back(node);
    total += work(*node);
  }
  return batch;
}

void TreeGrower::expand_large_leaves(const Growth& growth) {
  execution_.check_stop("train");
  const std::vector<Node*> batch = next_batch(growth);
  std::vector<Expansion> expansions;
  std::size_t n_marks = 0;
  for (Node* node : batch) {
    expansions.push_back(begin_expansion(growth, *node, partition_rows));
    n_marks += (node->size() + 63) / 64;
  }
  if (marks_.size() < n_marks) marks_.resize(n_marks);
  std::uint64_t* marks = marks_.data();
  for (Expansion& e : expansions) {
    e.marks = marks;
    marks += (e.node->size() + 63) / 64;
  }
  expand_together(expansions);
  for (Node* node : batch) node->is_split = true;
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

void TreeGrower::expand_together(std::span<Expansion> batch) {
  partition(batch);
  std::vector<std::int64_t> left_counts;
  for (const Expansion& e : batch) left_counts.push_back(static_cast<std::int64_t>(e.left_before.back()));
  execution_.communicator->allreduce(std::span(left_counts), ReduceOp::sum);
  std::vector<Siblings> siblings;
  std::vector<Node*> smaller;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Node& node = *batch[i].node;
    make_children(node, batch[i].left_before.back(), static_cast<std::size_t>(left_counts[i]));
    const std::optional<Siblings> found = siblings_to_search(node);
    if (!found || !batch[i].search) continue;
    found->smaller->histogram = pool_.take();
    found->larger->histogram = std::exchange(node.histogram, nullptr);
    siblings.push_back(*found);
    smaller.push_back(found->smaller);
  }
  if (siblings.empty()) return;
  add_up(smaller);
  search(siblings);
}

/// All of it on this thread.
void TreeGrower::expand_small_leaf(Expansion& e) {
  partition_chunk(e, {0, 0, e.node->size()});
  make_children(*e.node, e.left_before.back(), e.left_before.back());
  const std::optional<Siblings> siblings = siblings_to_search(*e.node);
  if (!siblings || !e.search) return;
  siblings->smaller->histogram = std::exchange(e.spare, nullptr);
  siblings->larger->histogram = std::exchange(e.node->histogram, nullptr);
  for (std::size_t t = 0; t < table_.n_tiles(); ++t) add_up(*siblings->smaller, t);
  choose_features(*siblings);
  const SplitSearch search_of_tree(table_.features(), rules_, grid_);
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    keep_best(*siblings, search_group(*siblings, group, search_of_tree), search_of_tree);
  }
}

void TreeGrower::partition(std::span<Expansion> batch) {
  std::vector<Task> chunks;
  std::vector<Task> moves;
  std::size_t n_rows = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const std::size_t size = batch[i].node->size();
    const std::size_t n_chunks = batch[i].left_before.size() - 1;
    for (std::size_t c = 0; c < n_chunks; ++c) {
      chunks.push_back({i, c * partition_rows, std::min(size, (c + 1) * partition_rows)});
      if (n_chunks > 1) moves.push_back(chunks.back());
    }
    n_rows += size;
  }
  run(chunks.size(), 4 * n_rows, [&](std::size_t t) { partition_chunk(batch[chunks[t].item], chunks[t]); });
  for (Expansion& e : batch) std::partial_sum(e.left_before.begin(), e.left_before.end(), e.left_before.begin());
  run(moves.size(), 4 * n_rows, [&](std::size_t t) { move_chunk(batch[moves[t].item], moves[t]); });
}

/// Marks the rows of a chunk that go left; where it is the only one, they are moved too.
void TreeGrower::partition_chunk(Expansion& e, const Task& chunk) {
  const NodeRows rows = rows_of(*e.node, chunk.begin, chunk.end);
  e.left_before[chunk.begin / e.chunk_rows + 1] = mark_left(rows, e.column, e.goes_left, e.marks + chunk.begin / 64);
  if (e.left_before.size() == 2) move_chunk(e, chunk);
}

void TreeGrower::move_chunk(const Expansion& e, const Task& chunk) const {
  const int side = 1 - e.node->side;
  const std::size_t c = chunk.begin / e.chunk_rows;
  const std::size_t n_left = e.left_before[c + 1] - e.left_before[c];
  const std::size_t left = e.node->begin + e.left_before[c];
  const std::size_t right = e.node->begin + e.left_before.back() + chunk.begin - e.left_before[c];
  // ZeroedArray gives no way to write through a const one; the tasks write different rows.
  auto* rows = const_cast<std::uint32_t*>(rows_[side].data());
  auto* gradients = const_cast<RowGradient*>(gradients_[side].data());
  move_rows(rows_of(*e.node, chunk.begin, chunk.end), e.marks + chunk.begin / 64,
            {rows + left, gradients + left, n_left},
            {rows + right, gradients + right, chunk.end - chunk.begin - n_left});
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
    if (!features_->differ_by_node()) continue;
    child->way = derived_key(node.way, child == node.left ? 1 : 2);
    child->used = node.used;
    child->used.push_back(node.split.feature);
  }
}

std::optional<TreeGrower::Siblings> TreeGrower::siblings_to_search(const Node& node) const {
  if (!may_split(*node.left) && !may_split(*node.right)) return std::nullopt;
  const bool left_is_smaller = node.left->sums.n_rows <= node.right->sums.n_rows;
  return left_is_smaller ? Siblings{node.left, node.right} : Siblings{node.right, node.left};
}

void TreeGrower::add_up(std::span<Node* const> nodes) {
  const std::size_t most_chunks = 4 * static_cast<std::size_t>(execution_.arena->slots());
  std::vector<Task> tasks;  // items: a node's tile
  std::size_t n_rows = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::size_t size = nodes[i]->size();
    const std::size_t n_chunks = std::clamp<std::size_t>(size / histogram_rows, 1, most_chunks);
    if (n_chunks > 1) std::fill_n(nodes[i]->histogram, pool_.size(), 0);
    for (std::size_t c = 0; c < n_chunks; ++c) {
      for (std::size_t t = 0; t < table_.n_tiles(); ++t) {
        tasks.push_back({i * table_.n_tiles() + t, size * c / n_chunks, size * (c + 1) / n_chunks});
      }
    }
    n_rows += size;
  }
  std::array<Mutex, 64> merging;
  run(tasks.size(), n_rows * table_.n_columns(), [&](std::size_t i) {
    const Task& task = tasks[i];
    const Node& node = *nodes[task.item / table_.n_tiles()];
    const std::size_t tile = task.item % table_.n_tiles();
    if (task.end - task.begin == node.size()) return add_up(node, tile);
    const std::size_t n_sums = sums_of_tile(table_, tile);
    GradientSum* sums = node.histogram + tile * BinnedTable::tile_width * histogram_stride;
    std::vector<GradientSum> part(n_sums);
    add_rows(node, tile, task.begin, task.end, part.data());
    MutexLock lock(merging[task.item % merging.size()]);
    for (std::size_t j = 0; j < n_sums; ++j) sums[j] += part[j];
  });
  if (execution_.communicator->size() == 1) return;
  for (const Node* node : nodes)
    execution_.communicator->allreduce(std::span(node->histogram, pool_.size()), ReduceOp::sum);
}

void TreeGrower::add_up(const Node& node, std::size_t tile) const {
  GradientSum* sums = node.histogram + tile * BinnedTable::tile_width * histogram_stride;
  std::fill_n(sums, sums_of_tile(table_, tile), 0);
  add_rows(node, tile, 0, node.size(), sums);
}

void TreeGrower::add_rows(const Node& node, std::size_t tile, std::size_t begin, std::size_t end,
                          GradientSum* sums) const {
  if (begin == end) return;
  const NodeRows part = rows_of(node, begin, end);
  const std::span rows(part.rows, part.size);
  const std::span gradients(part.gradients, part.size);
  const TileColumns columns{table_.tile(tile), columns_of_tile(table_, tile)};
  // They ascend.
  if (rows.back() - rows.front() + 1 == rows.size()) return add_to_histogram(columns, rows.front(), gradients, sums);
  add_to_histogram(columns, rows, gradients, sums);
}

void TreeGrower::choose_features(const Siblings& siblings) const {
  if (!features_->differ_by_node()) return;
  for (Node* node : {siblings.smaller, siblings.larger}) {
    if (node != nullptr) node->allowed = features_->of_node({node->depth, node->way, node->used});
  }
}

std::span<const std::uint8_t> TreeGrower::allowed(const Node& node) const {
  return node.allowed.empty() ? features_->of_tree() : std::span(node.allowed);
}

void TreeGrower::subtract(const Siblings& siblings, std::size_t group) const {
  const std::size_t last = std::min(table_.n_columns(), (group + 1) * group_width);
  for (std::size_t c = group * group_width; c < last; ++c) {
    GradientSum* larger = siblings.larger->histogram + c * histogram_stride;
    const GradientSum* smaller = siblings.smaller->histogram + c * histogram_stride;
    for (std::size_t b = 0; b < table_.n_bins(c); ++b) larger[b] -= smaller[b];
  }
}

void TreeGrower::search_group(const Node& node, const Group& group, const SplitSearch& search, Split& best) const {
  const std::span<const std::uint8_t> may_use = allowed(node);
  const SearchedNode searched = search.begin(node.sums);
  for (const std::size_t f : group.features) {
    if (may_use[f] == 0) continue;
    search.search(f, node.histogram + table_.features()[f].column * histogram_stride, searched, best);
  }
  for (const FlagColumn& flags : group.flags) {
    search.search_flags(flags, may_use, node.histogram + flags.column * histogram_stride, searched, best);
  }
}

/// The best splits of the smaller and the larger one in these columns.
std::array<Split, 2> TreeGrower::search_group(const Siblings& siblings, std::size_t group,
                                              const SplitSearch& search) const {
  std::array<Split, 2> found;
  if (siblings.larger != nullptr) subtract(siblings, group);
  if (may_split(*siblings.smaller)) search_group(*siblings.smaller, groups_[group], search, found[0]);
  if (siblings.larger != nullptr && may_split(*siblings.larger)) {
    search_group(*siblings.larger, groups_[group], search, found[1]);
  }
  return found;
}

void TreeGrower::keep_best(const Siblings& siblings, const std::array<Split, 2>& found,
                           const SplitSearch& search) const {
  Node* const nodes[] = {siblings.smaller, siblings.larger};
  for (std::size_t i = 0; i < 2; ++i) {
    if (found[i] && search.is_better(found[i], nodes[i]->split)) nodes[i]->split = found[i];
  }
}

void TreeGrower::search(std::span<const Siblings> batch) {
  const std::size_t n_groups = groups_.size();
  std::vector<std::array<Split, 2>> found(batch.size() * n_groups);
  const SplitSearch search(table_.features(), rules_, grid_);
  for (const Siblings& siblings : batch) choose_features(siblings);
  run(found.size(), batch.size() * table_.n_columns() * histogram_stride,
      [&](std::size_t t) { found[t] = search_group(batch[t / n_groups], t % n_groups, search); });
  for (std::size_t t = 0; t < found.size(); ++t) keep_best(batch[t / n_groups], found[t], search);
  for (const Siblings& siblings : batch) give_back_unsplit(siblings);
}

void TreeGrower::give_back_unsplit(const Siblings& siblings) {
  for (Node* node : {siblings.smaller, siblings.larger}) {
    if (node == nullptr || node->histogram == nullptr || node->split) continue;
    pool_.give_back(std::exchange(node->histogram, nullptr));
  }
}

}  // namespace thrum
