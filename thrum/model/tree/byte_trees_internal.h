#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "thrum/core/view.h"
#include "thrum/data/schema.h"
#include "thrum/model/model_file.h"
#include "thrum/model/predictor.h"
#include "thrum/model/tree/tree.h"

namespace thrum {

/// An engine for trees of at most 256 leaves. A block of rows is first turned into planes, one byte per row: the rank
/// of the row's value among the thresholds of a feature. Then a tree is evaluated from its leaves to its root, for all
/// rows at once: every node selects, row by row, the leaf that its right or its left child selected. That compares
/// each node once for 64 rows, needs neither a branch nor a gather, and is exact, for ranks compare as the values do.
namespace byte_trees {

inline constexpr std::size_t most_leaves = 256;
inline constexpr std::size_t most_thresholds = 255;  ///< of a plane; a feature with more has several
inline constexpr std::size_t most_planes = 512;      ///< of a chunk of trees, so that they lie on the stack
inline constexpr std::size_t most_margins = 32;      ///< likewise
inline constexpr std::size_t most_categories = 255;
inline constexpr std::size_t block_rows = 128;
inline constexpr std::size_t fan_out = 16;  ///< a rank is found in two steps of so many comparisons

/// How the values of a feature become bytes: their rank - 128; or, without thresholds, the code of a category.
struct Plane {
  std::uint32_t feature;
  std::uint32_t rule;         ///< see NodeRule; missing values are -128 (left of every node) or 127 (right of it)
  std::uint32_t first_block;  ///< of fan_out thresholds: the last ones of the blocks to come, then these
  std::uint32_t n_blocks;     ///< of thresholds, ascending, filled up with infinity, which ends the last one; or 0
};

/// Right where the byte of the plane is above the rank. A child is leaf c < 256, or node c - 256 of the tree, which
/// comes later.
struct Node {
  std::int8_t rank;
  std::uint8_t padding;
  std::uint16_t plane;  ///< of the chunk; those from n_planes on are the sets of the tree
  std::uint16_t left;
  std::uint16_t right;
};
static_assert(sizeof(Node) == 8);
inline constexpr std::size_t first_node_ref = most_leaves;

/// The categories that go left: one bit per byte of the plane of their codes, the last for whatever is none.
struct CategorySet {
  std::uint32_t plane;
  std::uint8_t bits[32];
};

struct ByteTree {
  std::uint32_t first_node;
  std::uint32_t n_nodes;
  std::uint32_t first_set;
  std::uint32_t n_sets;
  std::uint32_t first_value;  ///< (leaf_width, n_leaves) doubles
  std::uint32_t n_leaves;
};

/// Trees that share planes.
struct Chunk {
  std::uint32_t first_tree;
  std::uint32_t n_trees;
  std::uint32_t first_plane;
  std::uint32_t n_planes;
};

/// Everything of an image that a kernel reads.
struct View {
  std::span<const Chunk> chunks = {};
  std::span<const Plane> planes = {};
  std::span<const double> thresholds = {};
  std::span<const ByteTree> trees = {};
  std::span<const Node> nodes = {};  ///< followed by most_leaves more, so that a walk may look at what it does not use
  std::span<const CategorySet> sets = {};
  std::span<const double> leaf_values = {};
  std::size_t leaf_width = 1;
  std::size_t n_margins = 1;
  std::size_t longest_tree = 0;  ///< in leaves
};

/// Values of rows: (i, j) is data[i * row_stride + j * feature_stride].
struct Rows {
  const double* data = nullptr;
  std::size_t n = 0;
  std::size_t row_stride = 0;
  std::size_t feature_stride = 0;
};

/// sums[k * block_rows + i] += the leaves of row i for margin k, tree after tree. REQUIRES: at most block_rows rows.
void add_block(const View& view, const Rows& rows, double* sums) noexcept;

/// row[p] = the byte of the first row for plane p of the chunk.
void fill_row(const View& view, const Chunk& chunk, const Rows& rows, std::int8_t* row) noexcept;

struct Groups;

/// sums[k] += the leaves of the first row for margin k, tree after tree: the same bits.
void add_row(const View& view, const Groups& groups, const Rows& rows, double* sums) noexcept;

/// Throws corrupt_data where anything leads out of the image.
void check(const View& view, const Schema& schema, const ModelFile& image);

}  // namespace byte_trees

bool fits_byte_trees(const TreeEnsemble& ensemble, const Schema& schema);

/// REQUIRES: fits_byte_trees.
std::vector<std::byte> compile_byte_trees(const TreeEnsemble& ensemble, const Schema& schema);

/// Throws corrupt_data where the image does not fit.
std::unique_ptr<Predictor> open_byte_trees(const ModelFile& image, Schema schema);

}  // namespace thrum
