#include "thrum/model/partial_dependence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/core/names.h"
#include "thrum/core/printable.h"
#include "thrum/model/altered_rows_internal.h"

namespace thrum {
namespace {

std::size_t index_of(std::string_view feature, const Schema& schema) {
  if (const auto found = schema.find(feature)) return *found;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[partial dependence] the model has no feature {}", in_quotes(feature)),
              nearest_hint(feature, schema.feature_names()));
}

/// At most `most` of the row numbers below `n`, evenly spaced.
std::vector<std::size_t> some_rows(std::size_t n, std::size_t most) {
  const std::size_t count = std::min(n, most);
  std::vector<std::size_t> rows(count);
  for (std::size_t i = 0; i < count; ++i) rows[i] = i * n / count;
  return rows;
}

/// The different values that a number takes, or `most` of them with evenly many rows from one to the next.
std::vector<double> grid_of(std::vector<double> values, std::size_t most) {
  std::erase_if(values, [](double x) { return std::isnan(x); });
  std::ranges::sort(values);
  std::vector<double> distinct = values;
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() <= most) return distinct;
  std::vector<double> grid;
  for (std::size_t k = 0; k < most; ++k) grid.push_back(values[k * (values.size() - 1) / (most - 1)]);
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
  return grid;
}

std::vector<double> values_to_try(const Feature& feature, std::vector<double> values, std::size_t most) {
  if (feature.type == FeatureType::number) return grid_of(std::move(values), most);
  std::vector<double> codes(feature.categories.size());
  for (std::size_t c = 0; c < codes.size(); ++c) codes[c] = static_cast<double>(c);
  return codes;
}

}  // namespace

PartialDependence partial_dependence(const Model& model, const Table& table, std::string_view feature,
                                     const PartialDependenceOptions& options, const Execution& execution) {
  THRUM_ASSERT(options.points > 1 && options.most_rows > 0 && table.n_rows() > 0);
  const std::size_t j = index_of(feature, model.schema());
  const AlteredRows altered(model, table);
  const std::vector<std::size_t> rows = some_rows(table.n_rows(), options.most_rows);
  std::vector<double> values(table.n_rows());
  altered.reader().read_feature(j, 0, values);
  PartialDependence dependence{.values = values_to_try(model.schema().features[j], std::move(values), options.points),
                               .outputs = {}};
  if (dependence.values.empty()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[partial dependence] {} is missing in every row", in_quotes(feature)));
  }
  const std::size_t n_outputs = altered.n_outputs();
  for (std::size_t v = 0; v < dependence.values.size(); ++v) {
    const auto constant = [&](std::size_t, std::span<double> same) { std::ranges::fill(same, dependence.values[v]); };
    const std::vector<double> outputs = altered.predict(rows, j, constant, execution);
    std::vector<double> sums(n_outputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) sums[i % n_outputs] += outputs[i];
    for (const double sum : sums) dependence.outputs.push_back(sum / static_cast<double>(rows.size()));
    execution.report({.stage = "vary", .done = v + 1, .total = dependence.values.size()});
  }
  return dependence;
}

}  // namespace thrum
