#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "thrum/cli/commands.h"
#include "thrum/cli/speed_curve.h"
#include "thrum/cli/text.h"
#include "thrum/cli/textbook_products.h"
#include "thrum/core/error.h"
#include "thrum/linalg/gemm_measurement.h"

namespace thrum::cli {
namespace {

struct MatmulArguments {
  std::size_t size = 2000;
  std::string dtype = "float32";
  int repeats = 5;
};

DType dtype_of(const MatmulArguments& arguments) {
  return arguments.dtype == "float32" ? DType::f32 : DType::f64;
}

std::vector<linalg::GemmMeasurement> measure_products(const MatmulArguments& arguments, const Session& session) {
  const std::vector<int> counts = worker_counts(session.threads);
  const DType dtype = dtype_of(arguments);
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

/// Large enough to leave the caches' first two levels, small enough for the naive product.
constexpr std::size_t textbook_size = 768;

std::string textbook_text(const std::vector<TextbookProduct>& products, std::size_t n) {
  std::vector<std::vector<std::string>> lines = {{"algorithm", "seconds", "GFLOP/s", "times the first"}};
  for (const TextbookProduct& product : products) {
    lines.push_back({product.algorithm, fmt::format("{:.4f}", product.seconds), fmt::format("{:.2f}", product.gflops),
                     fmt::format("{:.1f}", products.front().seconds / product.seconds)});
  }
  return fmt::format("\nwhat the caches are worth, {0} x {0}, all threads\n\n{1}", n, aligned(lines, "lrrr"));
}

Json textbook_json(const std::vector<TextbookProduct>& products, std::size_t n) {
  Json list = Json::array();
  for (const TextbookProduct& product : products) {
    list.push_back({{"algorithm", product.algorithm}, {"seconds", product.seconds}, {"gflops", product.gflops}});
  }
  return {{"n", n}, {"products", std::move(list)}};
}

void bench_matmul(const MatmulArguments& arguments, const Session& session) {
  const auto products = measure_products(arguments, session);
  std::vector<CurvePoint> curve;
  for (const auto& product : products) {
    curve.push_back({.backend = "threads", .workers = product.threads, .seconds = product.seconds});
  }
  compare_with_first(curve);
  const std::size_t textbook_n = std::min(arguments.size, textbook_size);
  Arena arena(session.threads);
  const auto textbook = measure_textbook_products(arena, textbook_n, dtype_of(arguments));
  if (session.globals.json) {
    Json points = curve_json(curve);
    for (std::size_t i = 0; i < products.size(); ++i) {
      points[i]["gflops"] = products[i].gflops;
      points[i]["share_of_peak"] = products[i].share;
    }
    const Json object = {
        {"schema", "thrum.bench.matmul/1"}, {"n", arguments.size}, {"dtype", arguments.dtype},
        {"repeats", arguments.repeats},     {"curve", points},     {"textbook", textbook_json(textbook, textbook_n)}};
    return print(json_text(object));
  }
  std::string text = fmt::format("products of two {0} x {0} matrices of {1}\n\n{2}\n", grouped(arguments.size),
                                 arguments.dtype, curve_text(curve));
  for (const auto& product : products) {
    text +=
        fmt::format("{}: {:.4g} GFLOP/s, {:.0f} % of the peak\n",
                    counted(static_cast<std::size_t>(product.threads), "thread"), product.gflops, 100 * product.share);
  }
  print(text + textbook_text(textbook, textbook_n));
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
