#include "thrum/learn/tree/objectives/log_link_internal.h"
#include "thrum/learn/tree/objectives/objectives_internal.h"

namespace thrum {
namespace {

/// z + y exp(-z): half the deviance of positive amounts, but for what does not depend on z.
class GammaDeviance final : public LogLinkObjective {
 public:
  std::string_view name() const noexcept override { return "gamma"; }
  bool accepts(double y) const override { return y > 0; }
  std::string_view domain() const noexcept override { return "above 0"; }

  void gradients(const ObjectiveRows& rows, MatrixView<float> g, MatrixView<float> h) const override {
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      const double w = rows.weight(i);
      const double ratio = rows.y[i] * bounded_exp(-rows.margins(0, i));
      g(0, i) = static_cast<float>(w * (1 - ratio));
      h(0, i) = static_cast<float>(w * ratio);
    }
  }

  double loss(const ObjectiveRows& rows) const override {
    double sum = 0;
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      const double z = rows.margins(0, i);
      sum += rows.weight(i) * (z + rows.y[i] * bounded_exp(-z));
    }
    return sum;
  }
};

}  // namespace

std::unique_ptr<Objective> gamma_deviance() {
  return std::make_unique<GammaDeviance>();
}

}  // namespace thrum
