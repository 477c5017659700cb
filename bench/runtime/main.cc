// One measurement of the runtime, as a JSON object.   usage: thrum_measure_runtime NAME WORD...
#include <fmt/format.h>

#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "measurements.h"
#include "thrum/runtime/process/init.h"

int main(int argc, char** argv) try {
  thrum::init(argc, argv);
  using namespace thrum::bench;
  const std::map<std::string, std::string (*)(Words)> measurements = {
      {"mean", mean},     {"map", map},     {"warm_call", warm_call},     {"round_trip", round_trip},
      {"stream", stream}, {"start", start}, {"share_array", share_array},
  };
  if (argc < 2) throw std::invalid_argument("usage: thrum_measure_runtime NAME WORD...");
  const std::vector<std::string> words(argv + 2, argv + argc);
  fmt::print("{}\n", measurements.at(argv[1])(words));
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
