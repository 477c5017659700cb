#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/random.h"
#include "thrum/learn/linear/logistic_problem_internal.h"
#include "thrum/learn/linear/logistic_regression.h"

namespace thrum {
namespace {

/// Columns "0", "1", … that are partly correlated, and a label that follows them through the logistic function.
Dataset generated(std::size_t n_rows, std::size_t n_columns, std::size_t n_classes) {
  const Random random(1);
  LocalExecution execution;
  std::vector<std::vector<double>> x(n_columns, std::vector<double>(n_rows));
  std::vector<std::int64_t> y(n_rows);
  parallel_for(*execution.get().arena, n_rows, row_block, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      double score = 2 * random.normal(i * (n_columns + 1) + n_columns);
      for (std::size_t j = 0; j < n_columns; ++j) {
        x[j][i] = random.normal(i * (n_columns + 1) + j) + (j > 0 ? 0.7 * x[j - 1][i] : 0);
        score += x[j][i] * (j % 3 == 0 ? 0.5 : -0.3);
      }
      const auto k = static_cast<std::int64_t>(score > 0 ? 1 : 0);
      y[i] = n_classes == 2 ? k : static_cast<std::int64_t>((i + static_cast<std::size_t>(k)) % n_classes);
    }
  });
  std::vector<Column> columns;
  for (std::size_t j = 0; j < n_columns; ++j) columns.push_back(Column::float64(std::to_string(j), std::move(x[j])));
  columns.push_back(Column::int64("label", std::move(y)));
  return Dataset(std::make_shared<const Table>(std::move(columns)), {.target = "label"});
}

/// Arguments: rows, columns, classes, threads.
struct Shape {
  explicit Shape(const benchmark::State& state)
      : n_rows(static_cast<std::size_t>(state.range(0))),
        n_columns(static_cast<std::size_t>(state.range(1))),
        n_classes(static_cast<std::size_t>(state.range(2))),
        threads(static_cast<int>(state.range(3))) {}

  std::size_t n_rows;
  std::size_t n_columns;
  std::size_t n_classes;
  int threads;
};

template <class T>
DesignMatrix<T> design_matrix(const Shape& shape, const Execution& execution) {
  const Dataset dataset = generated(shape.n_rows, shape.n_columns, shape.n_classes);
  return DesignMatrix<T>(dataset, Encoder::fit(dataset, {}, {}, true, execution), execution);
}

void count_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

/// The roof of the kernel: X, as it is kept, is read once and added up.
template <class T>
void read_once(benchmark::State& state) {
  const Shape shape(state);
  const LocalExecution local(shape.threads);
  const DesignMatrix<T> x = design_matrix<T>(shape, local);
  for (auto _ : state) {
    const double sum = parallel_reduce(
        *local.get().arena, x.n_rows(), row_block, 0.0,
        [&](std::size_t begin, std::size_t end) {
          std::array<T, 64> sums{};
          x.read({begin, end}, [&](const typename DesignMatrix<T>::Piece& piece) {
            for (std::size_t i = 0; i + sums.size() <= piece.rows.size() * x.n_columns(); i += sums.size()) {
              for (std::size_t l = 0; l < sums.size(); ++l) sums[l] += piece.x[i + l];
            }
          });
          return static_cast<double>(sums[0]);
        },
        [](double a, double b) { return a + b; });
    benchmark::DoNotOptimize(sum);
  }
  count_bytes(state, x.n_tiles() * x.n_columns() * x.tile_rows() * sizeof(T));
}

template <class T>
void evaluate(benchmark::State& state) {
  const Shape shape(state);
  const LocalExecution local(shape.threads);
  const DesignMatrix<T> x = design_matrix<T>(shape, local);
  std::vector<double> y(shape.n_rows);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<double>(i % shape.n_classes);
  const std::vector<double> weights(shape.n_rows, 1.0);
  const auto targets = std::make_shared<const LogisticTargets<T>>(x, y, weights, 1.0, shape.n_classes, local.get());
  LogisticProblem<T> problem(x, {.targets = targets, .l2 = std::vector<double>(x.n_columns(), 0.0)}, local.get());
  std::vector<double> point(problem.n_parameters(), 0.01);
  std::vector<double> gradient(point.size());
  for (auto _ : state) benchmark::DoNotOptimize(problem.evaluate(point, gradient));
  count_bytes(state, x.n_tiles() * x.n_columns() * x.tile_rows() * sizeof(T));
}

/// Arguments: rows, columns, fits, threads. The time of a pass that evaluates all fits of two classes.
void evaluate_together(benchmark::State& state) {
  const auto n_fits = static_cast<std::size_t>(state.range(2));
  Shape shape(state);
  shape.n_classes = 2;
  const LocalExecution local(shape.threads);
  const DesignMatrix<double> x = design_matrix<double>(shape, local);
  std::vector<double> y(shape.n_rows);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<double>(i % 2);
  const std::vector<double> weights(shape.n_rows, 1.0);
  const auto targets = std::make_shared<const LogisticTargets<double>>(x, y, weights, 1.0, 2, local.get());
  LogisticProblem<double> problem(x, {.targets = targets, .l2 = std::vector<double>(x.n_columns(), 0.0)}, local.get());
  const std::vector<double> point(problem.n_parameters(), 0.01);
  using Evaluation = LogisticProblem<double>::Evaluation;
  std::vector<Evaluation> evaluations(n_fits, Evaluation{&problem, problem.all_blocks(), point});
  for (auto _ : state) LogisticProblem<double>::evaluate_together(evaluations);
  state.counters["per_fit"] = benchmark::Counter(
      static_cast<double>(n_fits), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// Encoding and optimisation, to scikit-learn's default tolerance.
void fit(benchmark::State& state, const std::string& dtype) {
  const Shape shape(state);
  const LocalExecution local(shape.threads);
  const Dataset dataset = generated(shape.n_rows, shape.n_columns, shape.n_classes);
  const LogisticRegressionOptions options{.dtype = dtype};
  double iterations = 0;
  double objective = 0;
  for (auto _ : state) {
    const auto model = LogisticRegression().fit(dataset, options, local);
    if (!model->training().converged) state.SkipWithError("not converged");
    iterations = static_cast<double>(model->training().iterations);
    objective = model->training().objective;
  }
  state.counters["iterations"] = iterations;
  state.counters["objective"] = objective;
}

void shapes(benchmark::internal::Benchmark* b) {
  for (const int threads : {1, 2}) b->Args({1'000'000, 28, 2, threads});
  for (const int threads : {1, 2}) b->Args({30'000, 784, 10, threads});
  b->Unit(benchmark::kMillisecond)->UseRealTime();
}

BENCHMARK(read_once<double>)->Apply(shapes);
BENCHMARK(evaluate<double>)->Apply(shapes);
BENCHMARK(read_once<float>)->Apply(shapes);
BENCHMARK(evaluate<float>)->Apply(shapes);
BENCHMARK(evaluate_together)
    ->ArgsProduct({{400'000}, {128}, {1, 4, 8, 16}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(fit, f64, "float64")->Apply(shapes);
BENCHMARK_CAPTURE(fit, f32, "float32")->Apply(shapes);

}  // namespace
}  // namespace thrum
