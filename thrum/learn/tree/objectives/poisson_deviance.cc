#include "thrum/learn/tree/objectives/log_link_internal.h"
#include "thrum/learn/tree/objectives/objectives_internal.h"

namespace thrum {
namespace {

/// exp(z) - y z: half the deviance of counts, but for what does not depend on z.
class PoissonDeviance final : public LogLinkObjective {
 public:
  std::string_view name() const noexcept override { return "poisson"; }
  bool accepts(double y) const override { return y >= 0; }
  std::string_view domain() const noexcept override { return "of 0 or more"; }

  void gradients(const ObjectiveRows& rows, MatrixView<float> g, MatrixView<float> h) const override {
    // A bound of the second derivative within steps of 0.7, without which the first trees overshoot (LightGBM).
    static const double bound = std::exp(0.7);
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      const double w = rows.weight(i);
      const double mean = bounded_exp(rows.margins(0, i));
      g(0, i) = static_cast<float>(w * (mean - rows.y[i]));
      h(0, i) = static_cast<float>(w * bound * mean);
    }
  }

  double loss(const ObjectiveRows& rows) const override {
    double sum = 0;
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      const double z = rows.margins(0, i);
      sum += rows.weight(i) * (bounded_exp(z) - rows.y[i] * z);
    }
    return sum;
  }
};

}  // namespace

std::unique_ptr<Objective> poisson_deviance() {
  return std::make_unique<PoissonDeviance>();
}

}  // namespace thrum
