#include <algorithm>
#include <cmath>

#include "thrum/learn/tree/objectives/objectives_internal.h"

namespace thrum {
namespace {

/// -log p(y) with p = softmax(margins).
class SoftmaxLogLoss final : public Objective {
 public:
  explicit SoftmaxLogLoss(std::size_t n_classes) : n_classes_(n_classes) {}

  std::string_view name() const noexcept override { return "log_loss"; }
  Task task() const noexcept override { return Task::classification; }
  Link link() const noexcept override { return Link::softmax; }
  std::size_t n_margins() const noexcept override { return n_classes_; }

  std::vector<double> base(std::span<const double> shares) const override {
    constexpr double least = 1e-12;
    std::vector<double> margins;
    for (const double share : shares) margins.push_back(std::log(std::max(share, least)));
    return margins;
  }

  void gradients(const ObjectiveRows& rows, MatrixView<float> g, MatrixView<float> h) const override {
    // The diagonal of the Hessian, times what the others' steps of the same round add to it.
    const double factor = static_cast<double>(n_classes_) / static_cast<double>(n_classes_ - 1);
    std::vector<double> p(n_classes_);
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      const double total = exponentials(rows, i, p);
      const double w = rows.weight(i);
      for (std::size_t k = 0; k < n_classes_; ++k) {
        const double pk = p[k] / total;
        g(k, i) = static_cast<float>(w * (static_cast<std::size_t>(rows.y[i]) == k ? pk - 1 : pk));
        h(k, i) = static_cast<float>(w * factor * pk * (1 - pk));
      }
    }
  }

  double loss(const ObjectiveRows& rows) const override {
    double sum = 0;
    std::vector<double> p(n_classes_);
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      const double total = exponentials(rows, i, p);
      const auto k = static_cast<std::size_t>(rows.y[i]);
      sum += rows.weight(i) * (std::log(total) + largest(rows, i) - rows.margins(k, i));
    }
    return sum;
  }

 private:
  double largest(const ObjectiveRows& rows, std::size_t i) const {
    double most = rows.margins(0, i);
    for (std::size_t k = 1; k < n_classes_; ++k) most = std::max(most, rows.margins(k, i));
    return most;
  }

  /// p[k] = exp(margin k - the largest); returns their sum.
  double exponentials(const ObjectiveRows& rows, std::size_t i, std::span<double> p) const {
    const double most = largest(rows, i);
    double total = 0;
    for (std::size_t k = 0; k < n_classes_; ++k) total += p[k] = std::exp(rows.margins(k, i) - most);
    return total;
  }

  std::size_t n_classes_;
};

}  // namespace

std::unique_ptr<Objective> softmax_log_loss(std::size_t n_classes) {
  return std::make_unique<SoftmaxLogLoss>(n_classes);
}

}  // namespace thrum
