#include <algorithm>
#include <cmath>

#include "thrum/learn/tree/objectives/logistic_gradients_internal.h"
#include "thrum/learn/tree/objectives/objectives_internal.h"

namespace thrum {
namespace {

/// log(1 + exp(-z)) where y is 1, log(1 + exp(z)) where it is 0.
class BinaryLogLoss final : public Objective {
 public:
  std::string_view name() const noexcept override { return "log_loss"; }
  Task task() const noexcept override { return Task::classification; }
  Link link() const noexcept override { return Link::logistic; }

  std::vector<double> base(std::span<const double> shares) const override {
    constexpr double least = 1e-12;
    return {std::log(std::max(shares[1], least) / std::max(shares[0], least))};
  }

  void gradients(const ObjectiveRows& rows, MatrixView<float> g, MatrixView<float> h) const override {
    logistic_gradients(rows.margins.row(0), rows.y, rows.weights, g.row(0), h.row(0));
  }

  double loss(const ObjectiveRows& rows) const override {
    double sum = 0;
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      const double z = rows.y[i] > 0.5 ? -rows.margins(0, i) : rows.margins(0, i);
      sum += rows.weight(i) * (std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))));
    }
    return sum;
  }
};

}  // namespace

std::unique_ptr<Objective> binary_log_loss() {
  return std::make_unique<BinaryLogLoss>();
}

}  // namespace thrum
