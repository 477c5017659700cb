// How TreeGrower splits small leaves: each by one thread, in the order of the queue as far as it is known.
#include <algorithm>
#include <utility>
#include <vector>

#include "thrum/learn/tree/tree_grower_internal.h"

namespace thrum {

/// Until the tree is full, or a large leaf comes next.
void TreeGrower::expand_small_leaves(Growth& growth) {
  execution_.check_stop("train");
  Crew crew{growth};
  execution_.arena->run(n_helpers_, [&](std::size_t) { help(crew); });
}

/// Splits leaves until there is none to begin with.
void TreeGrower::help(Crew& crew) {
  std::vector<std::uint64_t> marks;
  while (std::optional<Expansion> e = begin_next(crew)) {
    try {
      marks.resize(std::max(marks.size(), (e->node->size() + 63) / 64));
      e->marks = marks.data();
      expand_small_leaf(*e);
    } catch (...) {
      end(crew, *e, true);
      throw;
    }
    end(crew, *e, false);
  }
}

std::optional<TreeGrower::Expansion> TreeGrower::begin_next(Crew& crew) {
  MutexLock lock(crew.mutex);
  Node* leaf = wait_for_leaf(crew);
  if (leaf == nullptr) return std::nullopt;
  Expansion e = begin_expansion(crew.growth, *leaf, std::max(partition_rows, leaf->size()));
  if (e.search) e.spare = pool_.take();
  ++crew.n_at_work;
  return e;
}

void TreeGrower::end(Crew& crew, Expansion& e, bool has_failed) {
  MutexLock lock(crew.mutex);
  if (e.spare != nullptr) pool_.give_back(e.spare);
  give_back_unsplit({e.node->left, e.node->right});
  e.node->is_split = true;
  crew.has_failed |= has_failed;
  --crew.n_at_work;
  crew.changed.notify_all();
}

/// Null where the tree is full, a large leaf is next, or nothing is to go on.
TreeGrower::Node* TreeGrower::wait_for_leaf(Crew& crew) const {
  Growth& growth = crew.growth;
  for (;; crew.changed.wait(crew.mutex)) {
    while (!is_over(growth) && (*growth.queue.begin())->is_split) add_first_split(growth);
    if (is_over(growth) || crew.has_failed || execution_.stop.stop_requested()) return nullptr;
    const Node& first = **growth.queue.begin();
    if (first.left == nullptr && !is_small(first)) return nullptr;
    if (Node* leaf = first_small_leaf(growth)) return leaf;
    if (crew.n_at_work == 0) return nullptr;
  }
}

/// That is wanted, unless leaves that do not exist yet come before it.
TreeGrower::Node* TreeGrower::first_small_leaf(const Growth& growth) const {
  std::size_t n_wanted = missing_leaves(growth);
  for (Node* leaf : growth.queue) {
    if (n_wanted-- == 0) break;
    if (leaf->left == nullptr && is_small(*leaf)) return leaf;
  }
  return nullptr;
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
  const SiblingSearch search = sibling_search();
  search.choose_features(*siblings);
  for (const ColumnGroup& group : groups_) search.keep_best(*siblings, search.best_splits(*siblings, group));
}

}  // namespace thrum
