#include <algorithm>
#include <cmath>

#include "thrum/learn/tree/objectives/objectives_internal.h"

namespace thrum {
namespace {

/// (y - z)^2 / 2 up to a distance of alpha, alpha (|y - z| - alpha / 2) beyond.
class HuberError final : public Objective {
 public:
  explicit HuberError(double alpha) : alpha_(alpha) {}

  std::string_view name() const noexcept override { return "huber"; }
  Task task() const noexcept override { return Task::regression; }
  Link link() const noexcept override { return Link::identity; }
  std::vector<double> base(std::span<const double> means) const override { return {means[0]}; }

  void gradients(const ObjectiveRows& rows, MatrixView<float> g, MatrixView<float> h) const override {
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      const double w = rows.weight(i);
      g(0, i) = static_cast<float>(w * std::clamp(rows.margins(0, i) - rows.y[i], -alpha_, alpha_));
      h(0, i) = static_cast<float>(w);
    }
  }

  double loss(const ObjectiveRows& rows) const override {
    double sum = 0;
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      const double distance = std::abs(rows.margins(0, i) - rows.y[i]);
      sum += rows.weight(i) * (distance <= alpha_ ? 0.5 * distance * distance : alpha_ * (distance - 0.5 * alpha_));
    }
    return sum;
  }

 private:
  double alpha_;
};

}  // namespace

std::unique_ptr<Objective> huber_error(double alpha) {
  return std::make_unique<HuberError>(alpha);
}

}  // namespace thrum
