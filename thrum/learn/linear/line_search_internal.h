#pragma once

namespace thrum {

/// f along a direction: its value and slope at a step length.
struct LinePoint {
  double step = 0;
  double value = 0;
  double slope = 0;
};

/// Finds a step along a descent direction that meets the strong Wolfe conditions with c1 = 1e-4 and c2 = 0.9, or, where
/// rounding hides the decrease (changes of the value within `noise`), the approximate ones of Hager and Zhang (SIAM
/// Journal on Optimization 16, 2005). Tries step 1 first; doubling from there, then cubic interpolation (Nocedal and
/// Wright, algorithms 3.5 and 3.6), 30 trials at most. It asks and is told, so that many searches can share the passes
/// over data that answer them.
class LineSearch {
 public:
  /// REQUIRES: start.slope < 0.
  LineSearch(const LinePoint& start, double noise) : start_(start), low_(start), noise_(noise) {}

  /// The step to be tried next; once found, the step that was accepted.
  double step() const noexcept { return step_; }

  enum class State { searching, found, failed };
  /// Takes the value and the slope at step().
  State add(double value, double slope);

 private:
  bool rises(const LinePoint& p) const;
  bool accepts(const LinePoint& p) const;
  void widen(const LinePoint& p);
  void narrow(const LinePoint& p);

  LinePoint start_;
  LinePoint low_;  ///< the lowest point so far
  LinePoint high_ = {};
  double noise_;
  double step_ = 1;
  bool bracketed_ = false;  ///< between low_ and high_ lies a step that is acceptable
  int trials_ = 0;
};

}  // namespace thrum
