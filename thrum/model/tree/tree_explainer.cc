#include "thrum/model/tree/tree_explainer.h"

#include <algorithm>
#include <utility>

#include "thrum/model/tree/leaf_game_internal.h"
#include "thrum/model/tree/tree_path.h"

namespace thrum {
namespace {

using leaf_game::block_rows;
using leaf_game::Player;

/// The share of a node's rows that went left. Both ways count alike where none came.
double left_share(const Tree& tree, const TreeNode& node) {
  const auto weight = [&](std::int32_t child) {
    return child >= 0 ? tree.nodes[static_cast<std::size_t>(child)].weight
                      : tree.leaf_weights[~static_cast<std::size_t>(child)];
  };
  const double left = weight(node.left);
  const double sum = left + weight(node.right);
  return sum > 0 ? left / sum : 0.5;
}

/// Visits the leaves of a tree with the players on the way to each.
class LeafVisit {
 public:
  /// left_rows: per node, the rows that go left, one bit each.
  LeafVisit(const Tree& tree, std::span<const std::uint64_t> left_rows) : tree_(tree), left_rows_(left_rows) {}

  /// visit(leaf, players)
  template <class Visit>
  void run(Visit visit) {
    if (tree_.nodes.empty()) {
      visit(std::size_t{0}, std::span<const Player>());
      return;
    }
    frames_ = {{.node = 0}};
    while (!frames_.empty()) {
      if (frames_.back().side > 0) undo(frames_.back().change);
      if (frames_.back().side == 2) {
        frames_.pop_back();
        continue;
      }
      const std::int32_t child = enter(frames_.back());
      if (child >= 0) {
        frames_.push_back({.node = static_cast<std::size_t>(child)});
      } else {
        visit(~static_cast<std::size_t>(child), std::span<const Player>(players_));
      }
    }
  }

 private:
  /// What entering a child did to the players: the one at `at` is new, or was `before`.
  struct Change {
    std::size_t at = 0;
    bool is_new = false;
    Player before = {};
  };
  struct Frame {
    std::size_t node = 0;
    int side = 0;  ///< the next child to enter: 0 left, 1 right, 2 none
    Change change = {};
  };

  std::int32_t enter(Frame& frame) {
    const TreeNode& node = tree_.nodes[frame.node];
    const bool left = frame.side++ == 0;
    const double share = left_share(tree_, node);
    frame.change = join({.feature = static_cast<std::uint32_t>(node.feature),
                         .zero = left ? share : 1 - share,
                         .one = left ? left_rows_[frame.node] : ~left_rows_[frame.node]});
    return left ? node.left : node.right;
  }

  /// A feature that is asked again stays one player.
  Change join(const Player& player) {
    const auto same = std::ranges::find(players_, player.feature, &Player::feature);
    const auto at = static_cast<std::size_t>(same - players_.begin());
    if (same == players_.end()) {
      players_.push_back(player);
      return {.at = at, .is_new = true};
    }
    const Change change{.at = at, .is_new = false, .before = *same};
    same->zero *= player.zero;
    same->one &= player.one;
    return change;
  }

  void undo(const Change& change) {
    if (change.is_new) {
      players_.pop_back();
    } else {
      players_[change.at] = change.before;
    }
  }

  const Tree& tree_;
  std::span<const std::uint64_t> left_rows_;
  std::vector<Player> players_;
  std::vector<Frame> frames_;
};

/// Where the interactions of one feature begin.
struct InteractionTarget {
  MatrixView<double> out;
  std::size_t first;
};

void add_interactions(std::span<const Player> players, std::size_t p, double factor, std::span<const double> values,
                      const InteractionTarget& target) {
  for (std::size_t other = 0; other < players.size(); ++other) {
    if (other == p) continue;
    for (std::size_t i = 0; i < target.out.rows(); ++i) {
      target.out(i, target.first + players[other].feature) += factor * values[other * block_rows + i];
    }
  }
}

}  // namespace

TreeExplainer::TreeExplainer(TreeEnsemble ensemble, Schema schema)
    : ensemble_(std::move(ensemble)), schema_(std::move(schema)), expected_(ensemble_.n_margins()) {
  std::size_t most_players = 1;
  for (std::size_t t = 0; t < ensemble_.trees.size(); ++t) {
    const Tree& tree = ensemble_.trees[t];
    const std::vector<std::uint64_t> nowhere(tree.nodes.size());
    LeafVisit(tree, nowhere).run([&](std::size_t leaf, std::span<const Player> players) {
      most_players = std::max(most_players, players.size());
      double share = 1;
      for (const Player& player : players) share *= player.zero;
      for_each_margin(t, leaf, [&](std::size_t k, double value) { expected_[k] += share * value; });
    });
  }
  for (std::size_t k = 0; k < expected_.size(); ++k) {
    expected_[k] = ensemble_.base[k] + ensemble_.scale * expected_[k];
  }
  for (std::size_t n = 0; n <= (most_players + 1) / 2; ++n) quadratures_.push_back(leaf_game::gauss_legendre(n));
}

TreeExplainer::~TreeExplainer() = default;

void TreeExplainer::contributions(MatrixView<const double> rows, MatrixView<double> contributions) const {
  const std::size_t n_features = schema_.features.size();
  for (std::size_t begin = 0; begin < rows.rows(); begin += block_rows) {
    const std::size_t n = std::min(rows.rows() - begin, block_rows);
    const std::vector<double> sums = explain_block(rows.row_range(begin, begin + n));
    for (std::size_t i = 0; i < n; ++i) {
      const auto out = contributions.row(begin + i);
      for (std::size_t k = 0; k < expected_.size(); ++k) {
        for (std::size_t j = 0; j < n_features; ++j) {
          out[k * (n_features + 1) + j] = sums[(k * n_features + j) * block_rows + i];
        }
        out[k * (n_features + 1) + n_features] = expected_[k];
      }
    }
  }
}

void TreeExplainer::interactions(MatrixView<const double> rows, MatrixView<double> interactions) const {
  for (std::size_t begin = 0; begin < rows.rows(); begin += block_rows) {
    const std::size_t end = std::min(rows.rows(), begin + block_rows);
    relate_block(rows.row_range(begin, end), interactions.row_range(begin, end));
  }
}

/// use(k, value) for the margins that a leaf counts for.
template <class Use>
void TreeExplainer::for_each_margin(std::size_t tree, std::size_t leaf, Use use) const {
  const double* values = ensemble_.trees[tree].leaf_values.data() + leaf * ensemble_.leaf_width;
  if (ensemble_.leaf_width == 1) {
    use(tree % ensemble_.n_margins(), *values);
    return;
  }
  for (std::size_t k = 0; k < ensemble_.leaf_width; ++k) use(k, values[k]);
}

/// Per node of a tree the rows that go left; 0 beyond the last row.
std::vector<std::uint64_t> TreeExplainer::left_rows(const Tree& tree, MatrixView<const double> rows) const {
  std::vector<std::uint64_t> left(tree.nodes.size());
  for (std::size_t n = 0; n < left.size(); ++n) {
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const bool goes = goes_left(tree.nodes[n], tree, ensemble_, schema_, rows.row(i));
      left[n] |= static_cast<std::uint64_t>(goes) << i;
    }
  }
  return left;
}

const leaf_game::Quadrature& TreeExplainer::quadrature(std::size_t n_players) const {
  return quadratures_[(n_players + 1) / 2];
}

std::vector<double> TreeExplainer::explain_block(MatrixView<const double> rows) const {
  const std::size_t n_features = schema_.features.size();
  std::vector<double> sums(expected_.size() * n_features * block_rows);
  std::vector<double> values;
  for (std::size_t t = 0; t < ensemble_.trees.size(); ++t) {
    const Tree& tree = ensemble_.trees[t];
    const auto left = left_rows(tree, rows);
    LeafVisit(tree, left).run([&](std::size_t leaf, std::span<const Player> players) {
      values.resize(players.size() * block_rows);
      leaf_game::shapley_values(players, quadrature(players.size()), values);
      for_each_margin(t, leaf, [&](std::size_t k, double value) {
        for (std::size_t p = 0; p < players.size(); ++p) {
          double* sum = sums.data() + (k * n_features + players[p].feature) * block_rows;
          for (std::size_t i = 0; i < block_rows; ++i) sum[i] += value * values[p * block_rows + i];
        }
      });
    });
  }
  for (double& sum : sums) sum *= ensemble_.scale;
  return sums;
}

void TreeExplainer::relate_block(MatrixView<const double> rows, MatrixView<double> out) const {
  const std::size_t n_features = schema_.features.size();
  for (std::size_t i = 0; i < rows.rows(); ++i) std::ranges::fill(out.row(i), 0.0);
  std::vector<double> values;
  for (std::size_t t = 0; t < ensemble_.trees.size(); ++t) {
    const Tree& tree = ensemble_.trees[t];
    const auto left = left_rows(tree, rows);
    LeafVisit(tree, left).run([&](std::size_t leaf, std::span<const Player> players) {
      values.resize(players.size() * block_rows);
      for (std::size_t p = 0; p < players.size(); ++p) {
        leaf_game::shapley_interactions(players, p, quadrature(players.size()), values);
        for_each_margin(t, leaf, [&](std::size_t k, double value) {
          const std::size_t first = (k * n_features + players[p].feature) * n_features;
          // Half of an interaction is on each side of the diagonal.
          add_interactions(players, p, ensemble_.scale * value / 2, values, {out, first});
        });
      }
    });
  }
  add_main_effects(rows, out);
}

/// What a feature contributes beside its interactions stands on the diagonal.
void TreeExplainer::add_main_effects(MatrixView<const double> rows, MatrixView<double> out) const {
  const std::size_t n_features = schema_.features.size();
  const std::vector<double> whole = explain_block(rows);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    for (std::size_t j = 0; j < expected_.size() * n_features; ++j) {
      const auto of_feature = out.row(i).subspan(j * n_features, n_features);
      double others = 0;
      for (const double interaction : of_feature) others += interaction;
      of_feature[j % n_features] = whole[j * block_rows + i] - others;
    }
  }
}

}  // namespace thrum
