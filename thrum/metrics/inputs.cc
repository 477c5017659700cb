#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "thrum/core/counted.h"
#include "thrum/core/error.h"
#include "thrum/metrics/inputs_internal.h"

namespace thrum::metrics {
namespace {

[[noreturn]] void refuse(std::string_view where, const std::string& what) {
  throw Error(ErrorCode::invalid_argument, fmt::format("[{}] {}", where, what));
}

}  // namespace

void check_rows(std::string_view where, std::size_t n, std::string_view what, std::size_t given) {
  if (given != n) refuse(where, fmt::format("y has {}, {} has {}", counted(n, "row"), what, given));
  if (n == 0) refuse(where, "expected at least one row, got none");
}

void check_weights(std::string_view where, std::size_t n, std::span<const double> weights) {
  if (weights.empty()) return;
  check_rows(where, n, "weights", weights.size());
  for (std::size_t i = 0; i < n; ++i) {
    if (!(weights[i] >= 0) || std::isinf(weights[i])) {
      refuse(where, fmt::format("expected weights in [0, inf), got {} in row {}", weights[i], i));
    }
  }
  if (std::ranges::none_of(weights, [](double w) { return w > 0; })) refuse(where, "all weights are zero");
}

void check_finite(std::string_view where, std::string_view what, std::span<const double> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      refuse(where, fmt::format("expected finite numbers in {}, got {} in row {}", what, values[i], i));
    }
  }
}

void check_classes(std::string_view where, std::span<const std::size_t> y, std::size_t n_classes) {
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] >= n_classes) {
      refuse(where, fmt::format("expected classes below {}, got {} in row {}", n_classes, y[i], i));
    }
  }
}

void check_probabilities(std::string_view where, std::span<const std::size_t> y,
                         MatrixView<const double> probabilities) {
  check_rows(where, y.size(), "probabilities", probabilities.rows());
  if (probabilities.cols() < 2) {
    refuse(where, fmt::format("expected probabilities of at least 2 classes, got {}", probabilities.cols()));
  }
  check_classes(where, y, probabilities.cols());
  for (std::size_t i = 0; i < probabilities.rows(); ++i) {
    for (const double p : probabilities.row(i)) {
      if (!(p >= 0 && p <= 1)) refuse(where, fmt::format("expected probabilities in [0, 1], got {} in row {}", p, i));
    }
  }
}

}  // namespace thrum::metrics
