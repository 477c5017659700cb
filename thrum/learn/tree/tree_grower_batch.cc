// How TreeGrower splits large leaves: several together, all their rows and columns at work at once.
#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include "thrum/learn/tree/histogram_internal.h"
#include "thrum/learn/tree/tree_grower_internal.h"

namespace thrum {
namespace {

/// Rows below which adding up takes less than merging does.
constexpr std::size_t histogram_rows = 8192;

/// Work, in additions or so, that is not worth waking a thread for.
constexpr std::size_t too_little = 1 << 15;

/// How many leaves to split at once, at most: of many, some turn out not to be wanted.
std::size_t leaves_ahead(const Execution& execution, const GrowthLimits& limits) {
  if (limits.ahead > 0) return limits.ahead;
  // All ranks must choose the same, and pay a message for each batch.
  if (execution.communicator->size() > 1) return 16;
  const auto slots = static_cast<std::size_t>(execution.arena->slots());
  return std::min(8 * slots, std::max(slots, limits.max_leaves / 8));
}

}  // namespace

/// f(i) for i < n_tasks; `work`: of all of them, in additions or so.
template <class F>
void TreeGrower::run(std::size_t n_tasks, std::size_t work, F&& f) {
  if (n_tasks == 1 || work < too_little || execution_.arena->slots() == 1) {
    for (std::size_t i = 0; i < n_tasks; ++i) f(i);
    return;
  }
  execution_.arena->run(n_tasks, f, execution_.stop);
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
    const std::span<GradientSum> sums = sums_of(node, tile);
    std::vector<GradientSum> part(sums.size());
    add_rows(node, tile, task.begin, task.end, part.data());
    MutexLock lock(merging[task.item % merging.size()]);
    std::ranges::transform(sums, part, sums.begin(), std::plus());
  });
  if (execution_.communicator->size() == 1) return;
  for (const Node* node : nodes)
    execution_.communicator->allreduce(std::span(node->histogram, pool_.size()), ReduceOp::sum);
}

void TreeGrower::search(std::span<const Siblings> batch) {
  const SiblingSearch search = sibling_search();
  const std::size_t n_groups = groups_.size();
  std::vector<std::array<Split, 2>> found(batch.size() * n_groups);
  for (const Siblings& siblings : batch) search.choose_features(siblings);
  run(found.size(), batch.size() * table_.n_columns() * histogram_stride,
      [&](std::size_t t) { found[t] = search.best_splits(batch[t / n_groups], groups_[t % n_groups]); });
  for (std::size_t t = 0; t < found.size(); ++t) search.keep_best(batch[t / n_groups], found[t]);
  for (const Siblings& siblings : batch) give_back_unsplit(siblings);
}

}  // namespace thrum
