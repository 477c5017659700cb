#include <cstring>

#include "thrum/model/tree/byte_trees_internal.h"
#include "thrum/model/tree/node_rule_internal.h"

// Vectors are kept in arrays, which types without a fixed size do not allow.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/model/tree/byte_kernel.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::byte_trees::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr hn::ScalableTag<std::int8_t> bytes{};
constexpr hn::ScalableTag<double> doubles{};

/// Planes and selected leaves of a block: (n, block_rows).
using Bytes = std::int8_t;

/// How many of `fan_out` thresholds are below x.
HWY_INLINE std::size_t count_below(const double* HWY_RESTRICT thresholds, double x) {
  const auto value = hn::Set(doubles, x);
  std::size_t n = 0;
  for (std::size_t i = 0; i < fan_out; i += hn::Lanes(doubles)) {
    n += hn::CountTrue(doubles, hn::Lt(hn::LoadU(doubles, thresholds + i), value));
  }
  return n;
}

HWY_INLINE Bytes rank_of(const Plane& plane, const double* HWY_RESTRICT thresholds, double x) {
  const NodeRule rule(plane.rule);
  if (HWY_UNLIKELY(rule.is_missing(x))) return rule.missing_left() ? -128 : 127;
  const std::size_t block = plane.n_blocks == 1 ? 0 : count_below(thresholds, x);
  const std::size_t in_block = count_below(thresholds + (1 + block) * fan_out, x);
  return static_cast<Bytes>(static_cast<int>(block * fan_out + in_block) - 128);
}

/// The codes of categories begin at -128; whatever is no category is 127.
HWY_INLINE Bytes code_of(double x) {
  const bool is_code = x >= 0 && x < static_cast<double>(most_categories);
  return is_code ? static_cast<Bytes>(static_cast<int>(x) - 128) : Bytes{127};
}

HWY_INLINE Bytes byte_of(const View& view, const Plane& plane, double x) {
  if (plane.n_blocks == 0) return code_of(x);
  return rank_of(plane, view.thresholds.data() + plane.first_block * fan_out, x);
}

void fill_plane(const View& view, const Plane& plane, const Rows& rows, Bytes* HWY_RESTRICT out) {
  const double* x = rows.data + plane.feature * rows.feature_stride;
  for (std::size_t i = 0; i < rows.n; ++i) out[i] = byte_of(view, plane, x[i * rows.row_stride]);
  std::memset(out + rows.n, 0, block_rows - rows.n);
}

/// From codes to -128 where the category is in the set, else 127.
void fill_set(const CategorySet& set, const Bytes* HWY_RESTRICT codes, Bytes* HWY_RESTRICT out) {
  for (std::size_t i = 0; i < block_rows; ++i) {
    const auto code = static_cast<unsigned>(codes[i] + 128);
    out[i] = (set.bits[code / 8] >> code % 8 & 1) != 0 ? Bytes{-128} : Bytes{127};
  }
}

/// One node for all rows of a block.
HWY_INLINE void select(const Node& node, const Bytes* HWY_RESTRICT planes, Bytes* leaves, std::size_t out) {
  const auto rank = hn::Set(bytes, node.rank);
  const Bytes* x = planes + node.plane * block_rows;
  const Bytes* left = leaves + node.left * block_rows;
  const Bytes* right = leaves + node.right * block_rows;
  for (std::size_t i = 0; i < block_rows; i += hn::Lanes(bytes)) {
    const auto goes_right = hn::Gt(hn::Load(bytes, x + i), rank);
    const auto leaf = hn::IfThenElse(goes_right, hn::Load(bytes, right + i), hn::Load(bytes, left + i));
    hn::Store(leaf, bytes, leaves + out * block_rows + i);
  }
}

#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
/// The doubles of at most 16 * pairs leaves stay in registers, where 8 rows look theirs up at once.
template <std::size_t pairs>
class LeafValues {
 public:
  LeafValues(const double* values, std::size_t n) {
    for (std::size_t i = 0; i < 2 * pairs; ++i) {
      const std::size_t here = n <= 8 * i ? 0 : HWY_MIN(n - 8 * i, std::size_t{8});
      table_[i] = _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << here) - 1), values + 8 * i);
    }
  }

  void add(const std::uint8_t* HWY_RESTRICT leaves, double* HWY_RESTRICT sums) const {
    for (std::size_t i = 0; i < block_rows; i += 8) {
      _mm512_store_pd(sums + i, _mm512_add_pd(_mm512_load_pd(sums + i), of(leaves + i)));
    }
  }

 private:
  HWY_INLINE __m512d of(const std::uint8_t* leaves) const {
    const __m512i leaf = _mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(leaves)));
    __m512d found[pairs];
    for (std::size_t i = 0; i < pairs; ++i) {
      found[i] = _mm512_permutex2var_pd(table_[2 * i], leaf, table_[2 * i + 1]);
    }
    for (std::size_t step = 1; step < pairs; step *= 2) {
      const __mmask8 upper = _mm512_test_epi64_mask(leaf, _mm512_set1_epi64(static_cast<std::int64_t>(16 * step)));
      for (std::size_t i = 0; i < pairs; i += 2 * step) {
        found[i] = _mm512_mask_mov_pd(found[i], upper, found[i + step]);
      }
    }
    return found[0];
  }

  __m512d table_[2 * pairs];
};
#endif

/// sums[i] += values[leaves[i]]
HWY_INLINE void add_values(const std::uint8_t* HWY_RESTRICT leaves, const double* HWY_RESTRICT values,
                           std::size_t n_leaves, double* HWY_RESTRICT sums) {
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
  if (n_leaves <= 16) return LeafValues<1>(values, n_leaves).add(leaves, sums);
  if (n_leaves <= 32) return LeafValues<2>(values, n_leaves).add(leaves, sums);
  if (n_leaves <= 64) return LeafValues<4>(values, n_leaves).add(leaves, sums);
#endif
  (void)n_leaves;
  for (std::size_t i = 0; i < block_rows; ++i) sums[i] += values[leaves[i]];
}

/// What a block needs on the stack.
struct Scratch {
  alignas(64) Bytes planes[most_planes * block_rows];
  /// Leaf c at slot c, as every row's choice; the choice of node i at slot 256 + i.
  alignas(64) Bytes leaves[2 * most_leaves * block_rows];
};

void add_tree(const View& view, std::size_t t, std::size_t n_planes, Scratch& scratch, double* sums) {
  const ByteTree& tree = view.trees[t];
  for (std::size_t s = 0; s < tree.n_sets; ++s) {
    const CategorySet& set = view.sets[tree.first_set + s];
    fill_set(set, scratch.planes + set.plane * block_rows, scratch.planes + (n_planes + s) * block_rows);
  }
  const Node* nodes = view.nodes.data() + tree.first_node;
  for (std::size_t i = tree.n_nodes; i-- > 0;) select(nodes[i], scratch.planes, scratch.leaves, first_node_ref + i);
  const auto* chosen =
      reinterpret_cast<const std::uint8_t*>(scratch.leaves + (tree.n_nodes == 0 ? 0 : first_node_ref) * block_rows);
  const double* values = view.leaf_values.data() + tree.first_value;
  if (view.leaf_width == 1) {
    add_values(chosen, values, tree.n_leaves, sums + t % view.n_margins * block_rows);
    return;
  }
  for (std::size_t k = 0; k < view.leaf_width; ++k) {
    add_values(chosen, values + k * tree.n_leaves, tree.n_leaves, sums + k * block_rows);
  }
}

void add_block_kernel(const View& view, const Rows& rows, double* sums) {
  Scratch scratch;
  for (std::size_t leaf = 0; leaf < view.longest_tree; ++leaf) {
    std::memset(scratch.leaves + leaf * block_rows, static_cast<int>(leaf), block_rows);
  }
  for (const Chunk& chunk : view.chunks) {
    for (std::size_t p = 0; p < chunk.n_planes; ++p) {
      fill_plane(view, view.planes[chunk.first_plane + p], rows, scratch.planes + p * block_rows);
    }
    for (std::size_t t = 0; t < chunk.n_trees; ++t) {
      add_tree(view, chunk.first_tree + t, chunk.n_planes, scratch, sums);
    }
  }
}

void fill_row_kernel(const View& view, const Chunk& chunk, const Rows& rows, Bytes* row) {
  for (std::size_t p = 0; p < chunk.n_planes; ++p) {
    const Plane& plane = view.planes[chunk.first_plane + p];
    row[p] = byte_of(view, plane, rows.data[plane.feature * rows.feature_stride]);
  }
}

}  // namespace thrum::byte_trees::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum::byte_trees {
HWY_EXPORT(add_block_kernel);
HWY_EXPORT(fill_row_kernel);

void add_block(const View& view, const Rows& rows, double* sums) noexcept {
  HWY_DYNAMIC_DISPATCH(add_block_kernel)(view, rows, sums);
}

void fill_row(const View& view, const Chunk& chunk, const Rows& rows, std::int8_t* row) noexcept {
  HWY_DYNAMIC_DISPATCH(fill_row_kernel)(view, chunk, rows, row);
}

}  // namespace thrum::byte_trees
#endif
