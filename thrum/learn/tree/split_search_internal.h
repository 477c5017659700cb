#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "thrum/data/binned_table.h"
#include "thrum/learn/tree/flag_columns_internal.h"
#include "thrum/learn/tree/gradient_grid_internal.h"
#include "thrum/learn/tree/row_partition_internal.h"
#include "thrum/learn/tree/split_scan_internal.h"

namespace thrum {

/// What leaves and splits are held to, in the units of the objective.
struct SplitRules {
  double reg_alpha = 0;
  double reg_lambda = 0;
  double min_split_gain = 0;
  double min_child_weight = 0;
  double min_child_samples = 1;
  double max_delta_step = 0;  ///< 0: none
  double cat_smooth = 10;
  double cat_l2 = 10;
  std::size_t max_cat_threshold = 32;
  std::size_t max_cat_to_onehot = 4;
  /// 1 or -1 where the value must rise or fall with a number, by index in BinnedTable::features(); empty: nowhere.
  std::vector<int> monotone = {};
  /// 1 for numbers of which a training row holds -infinity: no threshold parts their missing values from all others.
  std::vector<std::uint8_t> holds_lowest = {};

  bool may_part_missing(std::size_t feature) const { return holds_lowest.empty() || holds_lowest[feature] == 0; }
  int direction(std::size_t feature) const { return monotone.empty() ? 0 : monotone[feature]; }
};

/// The training rows of a node, of all ranks.
struct NodeSums {
  GradientSum sum = 0;
  std::size_t n_rows = 0;
  double lower = -std::numeric_limits<double>::infinity();  ///< what splits above leave to the values of its leaves
  double upper = std::numeric_limits<double>::infinity();
};

/// A set of the bins of one feature.
class BinSet {
 public:
  void insert(std::size_t bin) { words_[bin / 64] |= std::uint64_t{1} << bin % 64; }
  /// All bins from 1 to `last`.
  void insert_up_to(std::size_t last) {
    for (std::size_t w = 0; 64 * w <= last; ++w) {
      const std::size_t n = last - 64 * w;
      words_[w] |= n >= 63 ? ~std::uint64_t{0} : (std::uint64_t{2} << n) - 1;
    }
    words_[0] &= ~std::uint64_t{1};
  }
  bool contains(std::size_t bin) const { return (words_[bin / 64] >> bin % 64 & 1) != 0; }

 private:
  std::array<std::uint64_t, 4> words_ = {};
};

struct Split {
  double gain = 0;          ///< twice by how much it lowers the loss; 0: there is no split
  std::size_t feature = 0;  ///< index in BinnedTable::features()
  BinSet left_bins = {};
  std::size_t last_left_bin = 0;  ///< of a number: the bins up to it, and bin 0 if missing_left, go left
  bool missing_left = false;
  GradientSum left = 0;  ///< of the rows that go left
  float score = 0;       ///< as scan_splits gives it, where it found the split

  explicit operator bool() const { return gain > 0; }
};

/// A node whose best split is looked for.
struct SearchedNode : NodeSums {
  ScanRules rules;
  double score = 0;     ///< as SplitSearch::score
  double min_gain = 0;  ///< of a split, which must be more
};

/// The best split of a node on some features.
class SplitSearch {
 public:
  SplitSearch(std::span<const BinnedFeature> features, const SplitRules& rules, const GradientGrid& grid)
      : features_(features), rules_(rules), grid_(grid) {}

  /// REQUIRES: `sums` has rows.
  SearchedNode begin(const NodeSums& sums) const;

  /// column_sums: the histogram of the feature's column, (n_bins) and readable up to histogram_stride. `best` is
  /// replaced where this feature is better; of equal gains the feature that comes first in the schema wins, then the
  /// lowest bin.
  void search(std::size_t feature, const GradientSum* column_sums, const SearchedNode& node, Split& best) const;

  /// The same for those features of `flags` whose flag in `allowed` is not 0, all at once; where two of them are equal
  /// in single precision, the first wins. `allowed`: one per BinnedTable::features().
  void search_flags(const FlagColumn& flags, std::span<const std::uint8_t> allowed, const GradientSum* column_sums,
                    const SearchedNode& node, Split& best) const;

  /// The sums of the children, with the bounds that the split leaves to them.
  std::array<NodeSums, 2> children(const Split& split, const NodeSums& node) const;

  /// Whether the split `a` is better than `b`, which may be none.
  bool is_better(const Split& a, const Split& b) const;

 private:
  void search_number(std::size_t feature, const GradientSum* bins, const SearchedNode& node, Split& best) const;
  /// Also for what the vector code leaves out: bounds of values.
  void search_bounded(std::size_t feature, const GradientSum* bins, const SearchedNode& node, Split& best) const;
  void search_category(std::size_t feature, const GradientSum* bins, const SearchedNode& node, Split& best) const;
  bool is_bounded() const { return rules_.max_delta_step > 0 || !rules_.monotone.empty(); }
  void keep_if_better(Split split, Split& best) const;
  double gain(const Split& split, const SearchedNode& node, double extra_l2) const;
  double score(GradientSum sum, const NodeSums& bounds, double extra_l2) const;
  double value(GradientSum sum, const NodeSums& bounds) const;
  std::int32_t min_hessian(const NodeSums& node) const;

  std::span<const BinnedFeature> features_;
  const SplitRules& rules_;
  GradientGrid grid_;
};

/// The value of a leaf with these sums of gradients and hessians.
double leaf_value(double g, double h, const SplitRules& rules);

/// Which bytes of the feature's column go left.
GoesLeft goes_left(const Split& split, const BinnedFeature& feature);

}  // namespace thrum
