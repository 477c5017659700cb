#include <algorithm>
#include <cmath>
#include <utility>

#include "thrum/learn/linear/descent_search_internal.h"

namespace thrum {
namespace {

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// More steps of the inner search than this are not worth their passes.
constexpr std::size_t most_inner_steps = 200;

}  // namespace

void NewtonCgSearch::choose_direction() {
  const std::size_t n = gradient().size();
  step_.assign(n, 0.0);
  residual_.resize(n);
  for (std::size_t i = 0; i < n; ++i) residual_[i] = -gradient()[i];
  conjugate_ = residual_;
  square_ = dot(residual_, residual_);
  const double norm = std::sqrt(square_);
  enough_ = std::min(0.5, std::sqrt(norm)) * norm;
  n_inner_ = 0;
  wants_product_ = true;
}

void NewtonCgSearch::add_product(std::span<const double> product) {
  const double curvature = dot(conjugate_, product);
  if (!(curvature > 0)) return take_step();
  const double length = square_ / curvature;
  for (std::size_t i = 0; i < step_.size(); ++i) {
    step_[i] += length * conjugate_[i];
    residual_[i] -= length * product[i];
  }
  const double before = std::exchange(square_, dot(residual_, residual_));
  if (std::sqrt(square_) <= enough_ || ++n_inner_ == most_inner_steps) return take_step();
  for (std::size_t i = 0; i < step_.size(); ++i) conjugate_[i] = residual_[i] + square_ / before * conjugate_[i];
}

/// Where the curvature is lost at once, in directions without any, steepest descent is left.
void NewtonCgSearch::take_step() {
  wants_product_ = false;
  if (std::ranges::all_of(step_, [](double s) { return s == 0; })) step_ = conjugate_;
  const double slope = dot(step_, gradient());
  if (!(slope < 0)) return stop(LbfgsStop::objective);
  go(std::move(step_), slope, 1);
}

}  // namespace thrum
