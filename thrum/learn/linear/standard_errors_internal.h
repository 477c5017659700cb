#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/data/encoder.h"
#include "thrum/model/model.h"

namespace thrum {

/// The standard errors of coefficients, then of the intercept (0 where there is none), for the columns of `own`.
/// information: (n + 1, n + 1) row-major, lower triangle: the inverse of the covariance of the coefficients of the n
/// columns of `shared` and of the intercept. nullopt where columns depend on each other within rounding.
std::optional<std::vector<double>> standard_errors(std::span<const double> information, const Encoder& shared,
                                                   const Encoder& own, bool fit_intercept);

/// Why a fit has none, whatever its columns; "" where it may have. `remedy`: what takes the penalty away.
std::string why_no_inference(bool has_penalty, std::string_view remedy, const TrainingRecord& training,
                             std::size_t n_parameters);

/// Why there are none where columns depend on each other.
inline constexpr const char* dependent_columns =
    "columns depend on each other (those of a category add up to one); leave one of them out";

}  // namespace thrum
