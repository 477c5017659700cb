// How long a row takes in each engine, for batches and for one row alone.
#include <benchmark/benchmark.h>

#include "thrum/model/tree/tree_fixture_test.h"

namespace thrum {
namespace {

/// Numbers about 0 in every feature, none missing.
std::vector<double> normal_rows(std::size_t n, std::size_t width) {
  const Random random(3);
  std::vector<double> rows(n * width);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = random.normal(i);
  return rows;
}

/// Rows at once, trees, leaves.
void predict_rows(benchmark::State& state) {
  const auto n_rows = static_cast<std::size_t>(state.range(0));
  const auto n_trees = static_cast<std::size_t>(state.range(1));
  constexpr std::size_t width = 28;
  const Schema schema = model_test::tree_schema(width, {}, 2);
  const auto ensemble = model_test::random_ensemble(
      schema, {.n_trees = n_trees, .n_leaves = static_cast<std::size_t>(state.range(2)), .link = Link::logistic});
  const auto image = model_test::tree_model("gbdt", schema, ensemble).compile();
  const auto predictor = open_predictor(image);
  const auto rows = normal_rows(n_rows, width);
  std::vector<double> outputs(2 * n_rows);
  for ([[maybe_unused]] auto _ : state) {
    predictor->predict({rows.data(), n_rows, width}, {outputs.data(), n_rows, 2});
    benchmark::DoNotOptimize(outputs.data());
  }
  state.counters["s_per_row_and_tree"] =
      benchmark::Counter(static_cast<double>(n_rows * n_trees),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(predict_rows)->ArgsProduct({{1, 16, 10000}, {300}, {16, 31, 64, 255}});
BENCHMARK(predict_rows)->Args({10000, 10, 31})->Args({10000, 100, 4000});

}  // namespace
}  // namespace thrum
