// One measurement of trees, as a JSON object.   usage: thrum_measure_trees NAME WORD...
#include <fmt/format.h>

#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "measurements.h"

int main(int argc, char** argv) try {
  using namespace thrum::bench;
  const std::map<std::string, std::string (*)(Words)> measurements = {
      {"memory", memory}, {"predict", predict}, {"one_row", one_row}};
  if (argc < 2) throw std::invalid_argument("usage: thrum_measure_trees NAME WORD...");
  const std::vector<std::string> words(argv + 2, argv + argc);
  fmt::print("{}\n", measurements.at(argv[1])(words));
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
