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

class Search {
 public:
  Search(FunctionRef<LinePoint(double)> evaluate, const LinePoint& start, double noise)
      : evaluate_(evaluate), start_(start), noise_(noise) {}

  std::optional<LinePoint> run() {
    LinePoint previous = start_;
    double step = 1;
    for (; trials_ < max_trials; step *= 2) {
      const LinePoint point = trial(step);
      if (accepts(point)) return point;
      if (rises(point) || (previous.step > 0 && point.value >= previous.value)) return zoom(previous, point);
      if (point.slope >= 0) return zoom(point, previous);
      previous = point;
    }
    return std::nullopt;
  }

 private:
  LinePoint trial(double step) {
    ++trials_;
    return evaluate_(step);
  }

  bool rises(const LinePoint& p) const {
    return !std::isfinite(p.value) || p.value > start_.value + c1 * p.step * start_.slope;
  }

  bool accepts(const LinePoint& p) const {
    if (!std::isfinite(p.value) || std::abs(p.slope) > -c2 * start_.slope) return false;
    const bool hidden = p.value <= start_.value + noise_ && p.slope <= (2 * c1 - 1) * start_.slope;
    return !rises(p) || hidden;
  }

  /// Between `low`, the lowest point so far, and `high` lies a step that is acceptable.
  std::optional<LinePoint> zoom(LinePoint low, LinePoint high) {
    while (trials_ < max_trials) {
      const double middle = low.step + 0.5 * (high.step - low.step);
      const LinePoint point = trial(std::isfinite(high.value) ? interpolate(low, high) : middle);
      if (accepts(point)) return point;
      if (rises(point) || point.value >= low.value) {
        high = point;
        continue;
      }
      if (point.slope * (high.step - low.step) >= 0) high = low;
      low = point;
    }
    return std::nullopt;
  }

  FunctionRef<LinePoint(double)> evaluate_;
  LinePoint start_;
  double noise_;
  int trials_ = 0;
};

}  // namespace

std::optional<LinePoint> search_line(FunctionRef<LinePoint(double step)> evaluate, LinePoint start, double noise) {
  return Search(evaluate, start, noise).run();
}

}  // namespace thrum
