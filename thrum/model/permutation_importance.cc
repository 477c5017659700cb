#include "thrum/model/permutation_importance.h"

#include <cmath>
#include <numeric>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/random.h"
#include "thrum/model/altered_rows_internal.h"

namespace thrum {
namespace {

std::vector<std::size_t> all_rows(std::size_t n) {
  std::vector<std::size_t> rows(n);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

/// Fisher and Yates.
std::vector<std::size_t> permutation(std::size_t n, const Random& random) {
  std::vector<std::size_t> order = all_rows(n);
  for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random.below(i, i)]);
  return order;
}

PermutationImportance summarise(const std::vector<double>& falls) {
  const auto n = static_cast<double>(falls.size());
  const double mean = std::accumulate(falls.begin(), falls.end(), 0.0) / n;
  double squares = 0;
  for (const double fall : falls) squares += (fall - mean) * (fall - mean);
  return {.mean = mean, .deviation = std::sqrt(squares / n)};
}

}  // namespace

std::vector<PermutationImportance> permutation_importance(const Model& model, const Table& table,
                                                          FunctionRef<double(MatrixView<const double>)> score,
                                                          std::size_t repeats, const Execution& execution) {
  THRUM_ASSERT(repeats > 0);
  const AlteredRows altered(model, table);
  const std::size_t n_rows = table.n_rows();
  const std::size_t n_features = altered.reader().n_features();
  const std::vector<std::size_t> rows = all_rows(n_rows);
  const auto score_of = [&](const std::vector<double>& outputs) {
    return score({outputs.data(), n_rows, altered.n_outputs()});
  };
  const double whole = score_of(predict(model, table, execution));
  std::vector<std::vector<double>> falls(n_features);
  for (std::size_t r = 0; r < repeats; ++r) {
    const std::vector<std::size_t> order = permutation(n_rows, Random(execution.seed, r));
    for (std::size_t j = 0; j < n_features; ++j) {
      const auto shuffled = [&](std::size_t begin, std::span<double> values) {
        altered.reader().read_feature_at(j, std::span(order).subspan(begin, values.size()), values);
      };
      falls[j].push_back(whole - score_of(altered.predict(rows, j, shuffled, execution)));
      execution.report({.stage = "shuffle", .done = r * n_features + j + 1, .total = repeats * n_features});
    }
  }
  std::vector<PermutationImportance> importances;
  for (const auto& of_feature : falls) importances.push_back(summarise(of_feature));
  return importances;
}

}  // namespace thrum
