#include "thrum/learn/tree/objectives/objectives_internal.h"

namespace thrum {
namespace {

/// (y - z)^2 / 2
class SquaredError final : public Objective {
 public:
  std::string_view name() const noexcept override { return "squared_error"; }
  Task task() const noexcept override { return Task::regression; }
  Link link() const noexcept override { return Link::identity; }
  std::vector<double> base(std::span<const double> means) const override { return {means[0]}; }

  void gradients(const ObjectiveRows& rows, MatrixView<float> g, MatrixView<float> h) const override {
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      const double w = rows.weight(i);
      g(0, i) = static_cast<float>(w * (rows.margins(0, i) - rows.y[i]));
      h(0, i) = static_cast<float>(w);
    }
  }

  double loss(const ObjectiveRows& rows) const override {
    double sum = 0;
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      const double distance = rows.margins(0, i) - rows.y[i];
      sum += rows.weight(i) * 0.5 * distance * distance;
    }
    return sum;
  }
};

}  // namespace

std::unique_ptr<Objective> squared_error() {
  return std::make_unique<SquaredError>();
}

}  // namespace thrum
