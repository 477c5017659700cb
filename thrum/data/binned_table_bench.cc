#include <benchmark/benchmark.h>

#include <memory>

#include "thrum/data/binned_table.h"
#include "thrum/data/generate.h"

namespace thrum {
namespace {

constexpr std::size_t n_rows = 1'000'000;

/// 1M x 28 numbers.
const Dataset& higgs_like() {
  static const Dataset dataset(std::make_shared<const Table>(generate("higgs-like", n_rows, LocalExecution(0, 7))),
                               {.target = generator_target("higgs-like")});
  return dataset;
}

void build(benchmark::State& state) {
  const Dataset& dataset = higgs_like();
  const LocalExecution execution(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    const auto table = BinnedTable::build(dataset, {}, {}, execution);
    if (table.features().size() != dataset.schema().features.size()) state.SkipWithError("features are missing");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * n_rows * dataset.schema().features.size()));
}

void rebuild(benchmark::State& state) {
  const Dataset& dataset = higgs_like();
  const LocalExecution execution(static_cast<int>(state.range(0)));
  const auto table = BinnedTable::build(dataset, {}, {}, execution);
  for (auto _ : state) benchmark::DoNotOptimize(table.rebuild(dataset, execution));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * n_rows * dataset.schema().features.size()));
}

BENCHMARK(build)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(rebuild)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace thrum
