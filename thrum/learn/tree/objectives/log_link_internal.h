#pragma once

#include <algorithm>
#include <cmath>

#include "thrum/learn/tree/objective.h"

namespace thrum {

/// Objectives of positive numbers, whose logarithm the trees add up to.
class LogLinkObjective : public Objective {
 public:
  Task task() const noexcept override { return Task::regression; }
  Link link() const noexcept override { return Link::exp; }

  std::vector<double> base(std::span<const double> means) const override {
    constexpr double least = 1e-12;
    return {std::log(std::max(means[0], least))};
  }

 protected:
  /// exp(z), within what single precision can hold after a few products.
  static double bounded_exp(double z) { return std::exp(std::clamp(z, -60.0, 60.0)); }
};

}  // namespace thrum
