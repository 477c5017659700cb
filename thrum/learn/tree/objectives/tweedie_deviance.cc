#include "thrum/learn/tree/objectives/log_link_internal.h"
#include "thrum/learn/tree/objectives/objectives_internal.h"

namespace thrum {
namespace {

/// Half the deviance of amounts that are often zero, but for what does not depend on z; 1 < power < 2.
class TweedieDeviance final : public LogLinkObjective {
 public:
  explicit TweedieDeviance(double power) : a_(1 - power), b_(2 - power) {}

  std::string_view name() const noexcept override { return "tweedie"; }
  bool accepts(double y) const override { return y >= 0; }
  std::string_view domain() const noexcept override { return "of 0 or more"; }

  void gradients(const ObjectiveRows& rows, MatrixView<float> g, MatrixView<float> h) const override {
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      const double w = rows.weight(i);
      const double first = rows.y[i] * bounded_exp(a_ * rows.margins(0, i));
      const double second = bounded_exp(b_ * rows.margins(0, i));
      g(0, i) = static_cast<float>(w * (second - first));
      h(0, i) = static_cast<float>(w * (b_ * second - a_ * first));
    }
  }

  double loss(const ObjectiveRows& rows) const override {
    double sum = 0;
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      const double z = rows.margins(0, i);
      sum += rows.weight(i) * (bounded_exp(b_ * z) / b_ - rows.y[i] * bounded_exp(a_ * z) / a_);
    }
    return sum;
  }

 private:
  double a_;  ///< below 0
  double b_;  ///< above 0
};

}  // namespace

std::unique_ptr<Objective> tweedie_deviance(double power) {
  return std::make_unique<TweedieDeviance>(power);
}

}  // namespace thrum
