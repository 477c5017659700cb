// Fits steps of a preparation to the rows of a CSV file, once per line of input, "fit STEPS"; prints what they learned,
// the seconds it took and the bytes that it added to the data at its peak. For "transform STEPS" it makes the prepared
// table as well, and prints the checksums of its columns.   usage: thrum_measure_prep FILE TARGET THREADS
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "bench/memory_status.h"
#include "thrum/data/csv.h"
#include "thrum/data/dataset.h"
#include "thrum/data/prepare/pipeline.h"
#include "thrum/runtime/process_status_internal.h"

namespace {

/// Of each column: the sum of its values, each times its row's number modulo 97.
std::vector<double> checksums(const thrum::Dataset& dataset) {
  std::vector<double> sums(dataset.reader().n_features()), values(dataset.n_rows());
  for (std::size_t j = 0; j < sums.size(); ++j) {
    dataset.reader().read_feature(j, 0, values);
    for (std::size_t i = 0; i < values.size(); ++i) sums[j] += static_cast<double>(i % 97) * values[i];
  }
  return sums;
}

std::string measure(const thrum::Dataset& dataset, const std::string& steps, bool transforms,
                    const thrum::Execution& execution) {
  thrum::bench::forget_peak();
  const std::size_t before = thrum::status_bytes("VmRSS");
  const auto start = std::chrono::steady_clock::now();
  const auto pipeline = thrum::Pipeline::fit(dataset, {}, thrum::parse_steps(steps), execution);
  const auto prepared = transforms ? pipeline.prepare_training(dataset, execution) : dataset;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const std::size_t result = transforms ? prepared.n_rows() * pipeline.outputs().size() * sizeof(double) : 0;
  const auto extra = static_cast<double>(thrum::status_bytes("VmHWM") - before) - static_cast<double>(result);
  return fmt::format(R"({{"seconds": {}, "extra_bytes": {}, "learned": {}}})", seconds.count(), extra,
                     transforms ? fmt::format("[{}]", fmt::join(checksums(prepared), ", ")) : pipeline.to_json());
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) throw std::invalid_argument("usage: thrum_measure_prep FILE TARGET THREADS");
  const thrum::LocalExecution execution(std::atoi(argv[3]));
  const auto table = std::make_shared<const thrum::Table>(thrum::read_csv(argv[1], {}, execution));
  const thrum::Dataset dataset(table, {.target = argv[2]});
  for (std::string steps, mode; std::getline(std::cin, mode, ' ') && std::getline(std::cin, steps);) {
    fmt::print("{}\n", measure(dataset, steps, mode == "transform", execution));
    std::fflush(stdout);
  }
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
