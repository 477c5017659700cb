#include "thrum/learn/tree/objectives/objectives_internal.h"

namespace thrum {
namespace {

/// alpha (y - z) where z is too low, (1 - alpha) (z - y) where it is too high; its minimum is the quantile alpha.
class QuantileError final : public Objective {
 public:
  QuantileError(std::string_view name, double alpha, double scale) : name_(name), alpha_(alpha), scale_(scale) {}

  std::string_view name() const noexcept override { return name_; }
  Task task() const noexcept override { return Task::regression; }
  Link link() const noexcept override { return Link::identity; }
  std::vector<double> base(std::span<const double> means) const override { return {means[0]}; }
  std::optional<double> quantile() const noexcept override { return alpha_; }

  void gradients(const ObjectiveRows& rows, MatrixView<float> g, MatrixView<float> h) const override {
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      const double w = rows.weight(i);
      const double slope = rows.y[i] > rows.margins(0, i) ? -alpha_ : rows.y[i] < rows.margins(0, i) ? 1 - alpha_ : 0;
      g(0, i) = static_cast<float>(scale_ * w * slope);
      h(0, i) = static_cast<float>(w);
    }
  }

  double loss(const ObjectiveRows& rows) const override {
    double sum = 0;
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      const double left = rows.y[i] - rows.margins(0, i);
      sum += rows.weight(i) * scale_ * (left > 0 ? alpha_ * left : (alpha_ - 1) * left);
    }
    return sum;
  }

 private:
  std::string_view name_;
  double alpha_;
  double scale_;
};

}  // namespace

std::unique_ptr<Objective> quantile_error(double alpha) {
  return std::make_unique<QuantileError>("quantile", alpha, 1);
}

std::unique_ptr<Objective> absolute_error() {
  return std::make_unique<QuantileError>("absolute_error", 0.5, 2);
}

}  // namespace thrum
