#include <cstddef>
#include <cstring>
#include <span>

#include "thrum/learn/tree/forest/tree_exchange_internal.h"

namespace thrum::forest {
namespace {

template <class T>
void put(std::vector<std::byte>& bytes, const std::vector<T>& values) {
  const std::size_t n = values.size();
  const auto append = [&](std::span<const std::byte> part) { bytes.insert(bytes.end(), part.begin(), part.end()); };
  append(std::as_bytes(std::span(&n, 1)));
  append(std::as_bytes(std::span(values)));
}

template <class T>
std::vector<T> take(std::span<const std::byte>& bytes) {
  std::size_t n = 0;
  std::memcpy(&n, bytes.data(), sizeof n);
  std::vector<T> values(n);
  if (n > 0) std::memcpy(values.data(), bytes.data() + sizeof n, n * sizeof(T));
  bytes = bytes.subspan(sizeof n + n * sizeof(T));
  return values;
}

std::vector<std::byte> pack(const std::vector<Tree>& trees) {
  std::vector<std::byte> bytes;
  for (const Tree& tree : trees) {
    put(bytes, tree.nodes);
    put(bytes, tree.leaf_values);
    put(bytes, tree.leaf_weights);
    put(bytes, tree.category_bits);
  }
  return bytes;
}

Tree unpack(std::span<const std::byte>& bytes) {
  Tree tree;
  tree.nodes = take<TreeNode>(bytes);
  tree.leaf_values = take<double>(bytes);
  tree.leaf_weights = take<double>(bytes);
  tree.category_bits = take<std::uint64_t>(bytes);
  return tree;
}

}  // namespace

std::vector<Tree> exchange_trees(std::vector<Tree> own, Communicator& communicator) {
  if (communicator.size() == 1) return own;
  const std::vector<std::byte> packed = pack(own);
  const auto parts = communicator.allgatherv<std::byte>(packed);
  std::vector<std::span<const std::byte>> rest(parts.begin(), parts.end());
  std::vector<Tree> trees;
  for (std::size_t t = 0; !rest[t % rest.size()].empty(); ++t) trees.push_back(unpack(rest[t % rest.size()]));
  return trees;
}

}  // namespace thrum::forest
