#include "thrum/model/linear/inference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "thrum/core/printable.h"
#include "thrum/model/linear/inference_internal.h"

namespace thrum {
namespace {

/// The continued fraction of the incomplete beta function (Press et al., Numerical Recipes, section 6.4), by Lentz's
/// method.
double beta_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300;
  double c = 1;
  double d = 1 / (1 - (a + b) * x / (a + 1));
  double result = d;
  for (int m = 1; m < 1000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double factor = 0;
    for (const double step : {even, odd}) {
      d = 1 / std::copysign(std::max(std::abs(1 + step * d), tiny), 1 + step * d);
      c = 1 + step / c;
      factor = d * c;
      result *= factor;
    }
    if (std::abs(factor - 1) < 1e-16) break;
  }
  return result;
}

/// The regularised incomplete beta function I_x(a, b).
double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

}  // namespace

double two_sided_p_value(double t, double degrees_of_freedom) {
  if (std::isinf(degrees_of_freedom)) return std::erfc(std::abs(t) / std::sqrt(2.0));
  return incomplete_beta(degrees_of_freedom / 2, 0.5, degrees_of_freedom / (degrees_of_freedom + t * t));
}

double t_of_95_percent(double degrees_of_freedom) {
  double low = 0;
  double high = 1;
  while (two_sided_p_value(high, degrees_of_freedom) > 0.05) high *= 2;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (two_sided_p_value(middle, degrees_of_freedom) > 0.05 ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double Inference::aic() const {
  return 2 * n_parameters - 2 * log_likelihood;
}

double Inference::bic() const {
  return std::log(n_rows) * n_parameters - 2 * log_likelihood;
}

double Inference::p_value(double estimate, double standard_error) const {
  return two_sided_p_value(estimate / standard_error, degrees_of_freedom);
}

std::pair<double, double> Inference::interval(double estimate, double standard_error) const {
  const double reach = t_of_95_percent(degrees_of_freedom) * standard_error;
  return {estimate - reach, estimate + reach};
}

void write_inference(ModelFileBuilder& file, const std::optional<Inference>& inference, const std::string& missing) {
  if (!missing.empty()) file.add_metadata("inference.missing", missing);
  if (!inference) return;
  const bool normal = std::isinf(inference->degrees_of_freedom);
  const std::vector<double> numbers = {inference->log_likelihood, inference->n_rows, inference->n_parameters,
                                       normal ? 0 : inference->degrees_of_freedom};
  file.add_tensor<double>("inference.standard_errors", {inference->standard_errors.size()}, inference->standard_errors);
  file.add_tensor<double>("inference.numbers", {numbers.size()}, numbers);
}

std::optional<Inference> read_inference(const ModelFile& file, std::size_t n_columns) {
  if (!file.tensors().contains("inference.numbers")) return std::nullopt;
  const auto errors = file.tensor<double>("inference.standard_errors", std::vector{n_columns + 1});
  const auto numbers = file.tensor<double>("inference.numbers", std::vector<std::size_t>{4});
  if (!(numbers[1] > 0) || numbers[2] < 0 || numbers[3] < 0) file.fail("holds statistics that cannot be");
  for (const double error : errors) {
    if (error < 0) file.fail("holds statistics that cannot be");
  }
  return Inference{{errors.begin(), errors.end()},
                   numbers[0],
                   numbers[1],
                   numbers[2],
                   numbers[3] == 0 ? std::numeric_limits<double>::infinity() : numbers[3]};
}

std::string read_missing_inference(const ModelFile& file) {
  return file.has_metadata("inference.missing") ? file.metadata("inference.missing") : "";
}

std::string inference_text(const Inference& inference, const std::vector<std::string>& names,
                           std::span<const double> coefficients, double intercept) {
  const bool normal = std::isinf(inference.degrees_of_freedom);
  std::string text = fmt::format("  {:>12}  {:>12}  {:>8}  {:>8}  {:>27}\n", "estimate", "std. error",
                                 normal ? "z" : "t", "p", "95 % interval");
  const auto line = [&](double estimate, double error, const std::string& name) {
    const auto [low, high] = inference.interval(estimate, error);
    text += fmt::format("  {:>12.6f}  {:>12.6f}  {:>8.2f}  {:>8.2g}  {:>12.6f} .. {:>11.6f}  {}\n", estimate, error,
                        estimate / error, inference.p_value(estimate, error), low, high, printable(name));
  };
  if (inference.standard_errors.back() > 0) line(intercept, inference.standard_errors.back(), "(intercept)");
  for (std::size_t j = 0; j < names.size(); ++j) line(coefficients[j], inference.standard_errors[j], names[j]);
  return text + fmt::format("log-likelihood {:.6g}, AIC {:.6g}, BIC {:.6g}{}\n", inference.log_likelihood,
                            inference.aic(), inference.bic(),
                            normal ? "" : fmt::format(", {:g} degrees of freedom", inference.degrees_of_freedom));
}

Json inference_json(const Inference& inference, const std::vector<std::string>& names,
                    std::span<const double> coefficients, double intercept) {
  Json columns = Json::object();
  const auto add = [&](double estimate, double error, const std::string& name) {
    const auto [low, high] = inference.interval(estimate, error);
    columns[name] = {
        {"standard_error", error}, {"p_value", inference.p_value(estimate, error)}, {"interval", {low, high}}};
  };
  if (inference.standard_errors.back() > 0) add(intercept, inference.standard_errors.back(), "(intercept)");
  for (std::size_t j = 0; j < names.size(); ++j) add(coefficients[j], inference.standard_errors[j], names[j]);
  return {{"coefficients", std::move(columns)},
          {"log_likelihood", inference.log_likelihood},
          {"aic", inference.aic()},
          {"bic", inference.bic()},
          {"degrees_of_freedom", json_number(inference.degrees_of_freedom)}};
}

}  // namespace thrum
