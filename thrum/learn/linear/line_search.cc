#include <algorithm>
#include <cmath>

#include "thrum/learn/linear/line_search_internal.h"

namespace thrum {
namespace {

constexpr double c1 = 1e-4;
constexpr double c2 = 0.9;
constexpr int max_trials = 30;

/// The minimum of the cubic through two points with their slopes (Nocedal and Wright, 3.59), kept away from both.
double interpolate(const LinePoint& a, const LinePoint& b) {
  const double width = b.step - a.step;
  const double d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step);
  const double square = d1 * d1 - a.slope * b.slope;
  const double d2 = std::copysign(std::sqrt(std::max(square, 0.0)), width);
  const double step = b.step - width * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
  const double margin = 0.1 * std::abs(width);
  const double low = std::min(a.step, b.step) + margin;
  const double high = std::max(a.step, b.step) - margin;
  if (!std::isfinite(step)) return 0.5 * (a.step + b.step);
  return std::clamp(step, low, high);
}

}  // namespace

LineSearch::State LineSearch::add(double value, double slope) {
  const LinePoint point{step_, value, slope};
  ++trials_;
  if (accepts(point)) return State::found;
  if (bracketed_) {
    narrow(point);
  } else {
    widen(point);
  }
  if (trials_ == max_trials) return State::failed;
  if (!bracketed_) {
    step_ *= 2;
  } else {
    step_ = std::isfinite(high_.value) ? interpolate(low_, high_) : low_.step + 0.5 * (high_.step - low_.step);
  }
  return State::searching;
}

bool LineSearch::rises(const LinePoint& p) const {
  return !std::isfinite(p.value) || p.value > start_.value + c1 * p.step * start_.slope;
}

bool LineSearch::accepts(const LinePoint& p) const {
  if (!std::isfinite(p.value) || std::abs(p.slope) > -c2 * start_.slope) return false;
  const bool hidden = p.value <= start_.value + noise_ && p.slope <= (2 * c1 - 1) * start_.slope;
  return !rises(p) || hidden;
}

void LineSearch::widen(const LinePoint& p) {
  if (rises(p) || (low_.step > 0 && p.value >= low_.value)) {
    high_ = p;
    bracketed_ = true;
    return;
  }
  high_ = low_;
  bracketed_ = p.slope >= 0;
  low_ = p;
}

void LineSearch::narrow(const LinePoint& p) {
  if (rises(p) || p.value >= low_.value) {
    high_ = p;
    return;
  }
  if (p.slope * (high_.step - low_.step) >= 0) high_ = low_;
  low_ = p;
}

}  // namespace thrum
