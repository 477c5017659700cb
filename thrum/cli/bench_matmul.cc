#include <fmt/format.h>

#include <memory>
#include <vector>

#include "thrum/cli/commands.h"
#include "thrum/cli/speed_curve.h"
#include "thrum/cli/text.h"
#include "thrum/core/error.h"
#include "thrum/linalg/gemm_measurement.h"

namespace thrum::cli {
namespace {

struct MatmulArguments {
  std::size_t size = 2000;
  std::string dtype = "float32";
  int repeats = 5;
};

std::vector<linalg::GemmMeasurement> measure_products(const MatmulArguments& arguments, const Session& session) {
  const std::vector<int> counts = worker_counts(session.threads);
  const DType dtype = arguments.dtype == "float32" ? DType::f32 : DType::f64;
  std::vector<linalg::GemmMeasurement> products;
  for (const int threads : counts) {
    if (session.stop().stop_requested()) throw Error(ErrorCode::cancelled, "[bench] cancelled");
    session.console.report({.stage = "bench", .done = products.size(), .total = counts.size()});
    Arena arena(threads);
    products.push_back(linalg::measure_gemm(arena, arguments.size, dtype, arguments.repeats));
  }
  session.console.end_progress();
  return products;
}

void bench_matmul(const MatmulArguments& arguments, const Session& session) {
  const auto products = measure_products(arguments, session);
  std::vector<CurvePoint> curve;
  for (const auto& product : products) {
    curve.push_back({.backend = "threads", .workers = product.threads, .seconds = product.seconds});
  }
  compare_with_first(curve);
  if (session.globals.json) {
    Json points = curve_json(curve);
    for (std::size_t i = 0; i < products.size(); ++i) {
      points[i]["gflops"] = products[i].gflops;
      points[i]["share_of_peak"] = products[i].share;
    }
    const Json object = {{"schema", "thrum.bench.matmul/1"},
                         {"n", arguments.size},
                         {"dtype", arguments.dtype},
                         {"repeats", arguments.repeats},
                         {"curve", points}};
    return print(object.dump(2) + "\n");
  }
  std::string text = fmt::format("products of two {0} x {0} matrices of {1}\n\n{2}\n", grouped(arguments.size),
                                 arguments.dtype, curve_text(curve));
  for (const auto& product : products) {
    text +=
        fmt::format("{}: {:.4g} GFLOP/s, {:.0f} % of the peak\n",
                    counted(static_cast<std::size_t>(product.threads), "thread"), product.gflops, 100 * product.share);
  }
  print(text);
}

}  // namespace

Command bench_matmul_command() {
  auto arguments = std::make_shared<MatmulArguments>();
  Command command{.name = "matmul", .summary = "Matrix products, by threads, beside the peak of the processor."};
  command.examples = {{"thrum bench matmul -n 4000 --dtype float64", ""}};
  command.parameters = {
      parameter(option_field("size", &MatmulArguments::size, Range{1, 100'000}, "rows and columns of each matrix"),
                arguments.get(), {.letter = 'n'}),
      parameter(option_field("dtype", &MatmulArguments::dtype, {"float32", "float64"}, "type of the elements"),
                arguments.get()),
      parameter(
          option_field("repeats", &MatmulArguments::repeats, Range{1, 1000}, "measurements of each; medians count"),
          arguments.get()),
  };
  command.run = [arguments](Session& session) { bench_matmul(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
