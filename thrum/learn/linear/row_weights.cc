#include "thrum/learn/linear/row_weights_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"
#include "thrum/core/names.h"
#include "thrum/core/printable.h"

namespace thrum {
namespace {

[[noreturn]] void refuse(std::string_view where, const std::string& message, const std::string& hint) {
  throw Error(ErrorCode::invalid_argument, fmt::format("[{}] {}", where, message), hint);
}

ZeroedArray<double> sample_weights(const Dataset& dataset, const FitSpec& spec, const Execution& execution) {
  ZeroedArray<double> weights(dataset.n_rows(), execution.scratch);
  parallel_for(*execution.arena, dataset.n_rows(), row_block, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) weights.data()[i] = dataset.weight(i, spec.row_mask, spec.weights);
  });
  return weights;
}

struct ClassTotals {
  std::vector<double> weights;  ///< per class
  std::vector<double> counts;   ///< rows with a weight above 0, per class
};

ClassTotals total_by_class(const Dataset& dataset, std::span<const double> weights, const Execution& execution) {
  const std::size_t n_classes = dataset.schema().target.classes.size();
  const std::vector<double> sums = sum_row_blocks(execution, weights.size(), 2 * n_classes,
                                                  [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                                                    for (std::size_t i = begin; i < end; ++i) {
                                                      const auto k = static_cast<std::size_t>(dataset.y()[i]);
                                                      partial[k] += weights[i];
                                                      partial[n_classes + k] += weights[i] > 0 ? 1 : 0;
                                                    }
                                                  });
  const auto middle = sums.begin() + static_cast<std::ptrdiff_t>(n_classes);
  return {{sums.begin(), middle}, {middle, sums.end()}};
}

[[noreturn]] void refuse_no_rows(std::string_view where, const char* hint) {
  refuse(where, "no training row has a weight above 0", hint);
}

void check_total(double total, std::string_view where, const char* more) {
  if (total <= Dataset::largest_total_weight) return;
  refuse(where, fmt::format("expected weights that add up to {:g} at most, {}", Dataset::largest_total_weight, more),
         "divide them all by the same number");
}

void check_classes(const Target& target, std::span<const double> counts, std::string_view where) {
  const auto present = [](double count) { return count > 0; };
  const auto n_present = std::count_if(counts.begin(), counts.end(), present);
  if (n_present >= 2) return;
  const char* hint = "train on rows of two classes or more, with weights above 0";
  if (n_present == 0) refuse_no_rows(where, hint);
  const auto k = static_cast<std::size_t>(std::find_if(counts.begin(), counts.end(), present) - counts.begin());
  refuse(where,
         fmt::format("expected training rows of at least two classes of {}, all {} are {}", in_quotes(target.name),
                     counts[k], in_quotes(target.classes[k])),
         hint);
}

/// The weight of each class, for "label=weight,label=weight".
std::vector<double> given_class_weights(const Target& target, std::string_view text, std::string_view where) {
  std::vector<double> weights(target.classes.size(), 1.0);
  for (const auto& [label, weight] : parse_class_weight(text)) {
    const auto found = std::find(target.classes.begin(), target.classes.end(), label);
    if (found == target.classes.end()) {
      refuse(where,
             fmt::format("class_weight names {}, which is no class of {}", in_quotes(label), in_quotes(target.name)),
             nearest_hint(label, target.classes));
    }
    weights[static_cast<std::size_t>(found - target.classes.begin())] = weight;
  }
  return weights;
}

std::vector<double> balanced_class_weights(std::span<const double> totals) {
  double total = 0;
  double n_present = 0;
  for (const double weight : totals) {
    total += weight;
    n_present += weight > 0 ? 1 : 0;
  }
  std::vector<double> weights(totals.size(), 1.0);
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (totals[k] > 0) weights[k] = total / (n_present * totals[k]);
  }
  return weights;
}

/// nullopt where `text` is no weight.
std::optional<double> parse_weight(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && std::isfinite(value) && value >= 0 ? std::optional(value) : std::nullopt;
}

}  // namespace

std::vector<ClassWeight> parse_class_weight(std::string_view text) {
  std::vector<ClassWeight> weights;
  if (text == "none" || text == "balanced") return weights;
  do {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const std::size_t equals = item.rfind('=');
    const auto weight = equals == std::string_view::npos ? std::nullopt : parse_weight(item.substr(equals + 1));
    if (!weight) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[class_weight] expected none, balanced, or label=weight,label=weight with weights of 0 "
                              "or more, got \"{}\"",
                              item));
    }
    weights.push_back({std::string(item.substr(0, equals)), *weight});
  } while (!text.empty());
  return weights;
}

void check_rows(const Dataset& dataset, const FitSpec& spec, std::string_view where) {
  const auto check_length = [&](std::size_t size, const char* what) {
    if (size == 0 || size == dataset.n_rows()) return;
    refuse(where, fmt::format("expected one {} for each of the {} rows, got {}", what, dataset.n_rows(), size), "");
  };
  check_length(spec.row_mask.size(), "mask value");
  check_length(spec.weights.size(), "weight");
  for (std::size_t i = 0; i < spec.weights.size(); ++i) {
    if (spec.weights[i] >= 0 && spec.weights[i] <= Dataset::largest_total_weight) continue;
    refuse(where,
           fmt::format("expected weights from 0 to {:g}, got {} in row {}", Dataset::largest_total_weight,
                       spec.weights[i], dataset.first_row() + i + 1),
           "");
  }
}

void check_has_target(const Dataset& dataset, std::string_view where) {
  if (dataset.schema().target.task != Task::anomaly) return;
  refuse(where, "expected a target to learn, the dataset looks for anomalies",
         "name a target, or use isolation-forest");
}

std::vector<double> class_weights(const Target& target, std::string_view text, std::span<const double> totals,
                                  std::string_view where) {
  return text == "balanced" ? balanced_class_weights(totals) : given_class_weights(target, text, where);
}

RowWeights weigh_rows(const Dataset& dataset, const FitSpec& spec, std::string_view class_weight,
                      const Execution& execution, std::string_view where) {
  RowWeights rows{.values = sample_weights(dataset, spec, execution)};
  const Target& target = dataset.schema().target;
  ClassTotals totals = total_by_class(dataset, rows.values.values(), execution);
  if (class_weight != "none") {
    const std::vector<double> by_class = class_weights(target, class_weight, totals.weights, where);
    const std::span<double> values = rows.values.values();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= by_class[static_cast<std::size_t>(dataset.y()[i])];
    totals = total_by_class(dataset, values, execution);
  }
  check_classes(target, totals.counts, where);
  for (std::size_t k = 0; k < totals.weights.size(); ++k) {
    rows.total += totals.weights[k];
    rows.n_rows += static_cast<std::size_t>(totals.counts[k]);
  }
  check_total(rows.total, where, "with those of the classes it is more");
  return rows;
}

RowWeights weigh_rows(const Dataset& dataset, const FitSpec& spec, const Execution& execution, std::string_view where) {
  RowWeights rows{.values = sample_weights(dataset, spec, execution)};
  const std::span<const double> values = rows.values.values();
  const std::vector<double> sums =
      sum_row_blocks(execution, values.size(), 2, [&](std::size_t begin, std::size_t end, std::span<double> partial) {
        for (std::size_t i = begin; i < end; ++i) {
          partial[0] += values[i];
          partial[1] += values[i] > 0 ? 1 : 0;
        }
      });
  rows.total = sums[0];
  rows.n_rows = static_cast<std::size_t>(sums[1]);
  if (rows.n_rows == 0) refuse_no_rows(where, "train on rows with weights above 0");
  check_total(rows.total, where, "with those of the fit it is more");
  return rows;
}

}  // namespace thrum
