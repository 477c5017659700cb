#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace thrum {

/// What the data say about the coefficients of a fit without a penalty. Weights count as numbers of rows.
struct Inference {
  std::vector<double>
      standard_errors;  ///< (n_columns + 1): of the coefficients, then of the intercept (0: there is none)
  double log_likelihood = 0;
  double n_rows = 0;        ///< the sum of the weights
  double n_parameters = 0;  ///< coefficients and intercept
  /// Of the residuals, for Student's t; infinite where the normal distribution holds.
  double degrees_of_freedom = 0;

  /// Akaike's and Schwarz's criteria; lower is better.
  double aic() const;
  double bic() const;
  /// Of the hypothesis that the coefficient, `estimate`, is zero, two-sided.
  double p_value(double estimate, double standard_error) const;
  /// The 95 % confidence interval.
  std::pair<double, double> interval(double estimate, double standard_error) const;
};

/// P(|T| > |t|) for Student's t with `degrees_of_freedom` (infinite: the normal distribution).
double two_sided_p_value(double t, double degrees_of_freedom);
/// The t with P(|T| > t) = 0.05.
double t_of_95_percent(double degrees_of_freedom);

}  // namespace thrum
