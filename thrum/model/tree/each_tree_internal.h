#pragma once

#include <cstddef>
#include <utility>

#include "thrum/runtime/parallel.h"

namespace thrum {

/// body(t) for each tree of an ensemble that has this many nodes: several at once where it is large. The threads are
/// gone when it returns; who loads a model may be a process that starts others.
template <class Body>
void for_each_tree(std::size_t n_trees, std::size_t n_nodes, Body&& body) {
  constexpr std::size_t many_nodes = std::size_t{1} << 20;
  Arena arena(n_nodes < many_nodes ? 1 : 0, Backend::threads);
  arena.run(n_trees, std::forward<Body>(body));
}

}  // namespace thrum
