#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include "thrum/learn/tree/objectives/objectives_internal.h"
#include "thrum/metrics/ndcg.h"

namespace thrum {
namespace {

/// LambdaMART (Burges, "From RankNet to LambdaRank to LambdaMART", 2010), truncated and normalised as LightGBM does:
/// each pair of rows of a query with different labels, one of which is among the first, pulls them apart by how much
/// the NDCG would change if they swapped places.
class LambdaRank final : public Objective {
 public:
  explicit LambdaRank(const GbdtOptions& options)
      : n_first_(static_cast<std::size_t>(options.lambdarank_truncation_level)),
        sigmoid_(options.sigmoid),
        is_normalised_(options.lambdarank_norm),
        n_judged_(static_cast<std::size_t>(options.eval_at)) {}

  std::string_view name() const noexcept override { return "lambdarank"; }
  Task task() const noexcept override { return Task::ranking; }
  Link link() const noexcept override { return Link::identity; }
  std::vector<double> base(std::span<const double>) const override { return {0.0}; }

  void gradients(const ObjectiveRows& rows, MatrixView<float> g, MatrixView<float> h) const override {
    std::vector<double> sum_g(rows.y.size());
    std::vector<double> sum_h(rows.y.size());
    const double scale = add_pairs(rows, sum_g, sum_h);
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      g(0, i) = static_cast<float>(rows.weight(i) * scale * sum_g[i]);
      h(0, i) = static_cast<float>(rows.weight(i) * scale * sum_h[i]);
    }
  }

  double loss(const ObjectiveRows& rows) const override {
    return 1 - metrics::ndcg(rows.y, rows.margins.row(0), n_judged_);
  }

 private:
  /// Returns what all of the query's sums are to be multiplied by.
  double add_pairs(const ObjectiveRows& rows, std::span<double> sum_g, std::span<double> sum_h) const {
    const std::span<const double> z = rows.margins.row(0);
    const std::size_t n = z.size();
    const double best = metrics::ideal_dcg(rows.y, n_first_);
    if (best == 0) return 1;
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(-z[i], i); });
    const bool is_damped = is_normalised_ && z[order.front()] != z[order.back()];
    std::vector<double> gains(n);
    std::vector<double> discounts(n);
    for (std::size_t i = 0; i < n; ++i) gains[i] = metrics::gain(rows.y[i]);
    for (std::size_t place = 0; place < n; ++place) discounts[place] = metrics::discount(place);
    double sum = 0;
    for (std::size_t a = 0; a < std::min(n_first_, n); ++a) {
      for (std::size_t b = a + 1; b < n; ++b) {
        const bool swapped = rows.y[order[a]] < rows.y[order[b]];
        const std::size_t high = order[swapped ? b : a];
        const std::size_t low = order[swapped ? a : b];
        if (rows.y[high] == rows.y[low]) continue;
        const double apart = z[high] - z[low];
        double change = (gains[high] - gains[low]) * (discounts[a] - discounts[b]) / best;
        if (is_damped) change /= 0.01 + std::abs(apart);
        const double p = 1 / (1 + std::exp(sigmoid_ * apart));  // that the pair is the wrong way round
        const double pull = sigmoid_ * change * p;
        const double curvature = sigmoid_ * pull * (1 - p);
        sum_g[high] -= pull;
        sum_g[low] += pull;
        sum_h[high] += curvature;
        sum_h[low] += curvature;
        sum += 2 * pull;
      }
    }
    return is_normalised_ && sum > 0 ? std::log2(1 + sum) / sum : 1;
  }

  std::size_t n_first_;
  double sigmoid_;
  bool is_normalised_;
  std::size_t n_judged_;
};

}  // namespace

std::unique_ptr<Objective> lambda_rank(const GbdtOptions& options) {
  return std::make_unique<LambdaRank>(options);
}

}  // namespace thrum
