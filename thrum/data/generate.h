#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/data/table.h"

namespace thrum {

/// What can be generated: "higgs-like", "airline-like", "sparse", "wide"; docs/generators.md has the distributions.
std::vector<std::string> generator_names();

/// The column that the others predict, such as "label". Throws invalid_argument for an unknown generator, with the
/// nearest name.
std::string generator_target(std::string_view generator);

/// `rows` rows drawn with execution.seed. Row i depends on the generator, the seed and i only: more rows continue the
/// same data, whatever the number of threads. REQUIRES: rows > 0. Throws invalid_argument for an unknown generator,
/// cancelled.
Table generate(std::string_view generator, std::size_t rows, const Execution& execution);

/// The same rows as a CSV file, without holding them in memory: read_csv gives the Table of generate. "-" is standard
/// output. The file appears when it is complete. Throws as generate, and io.
void generate_csv(std::string_view generator, std::size_t rows, const std::filesystem::path& path,
                  const Execution& execution);

}  // namespace thrum
