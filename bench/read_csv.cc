// Reads a CSV file and prints one JSON object: the seconds it took, and what a peer must find as well.
// usage: thrum_read_csv FILE THREADS
#include "thrum/data/csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "thrum/comm/execution.h"

namespace {

double sum(const thrum::Column& column) {
  double total = 0;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!column.is_missing(row)) total += column.number(row);
  }
  return total;
}

std::string contents_json(const thrum::Table& table) {
  std::vector<double> sums;
  std::vector<std::string> categories;
  for (const thrum::Column& column : table.columns()) {
    if (column.type() == thrum::ColumnType::category) {
      categories.push_back(fmt::format("[{}, {}]", column.categories().size(), column.n_missing()));
    } else {
      sums.push_back(sum(column));
    }
  }
  return fmt::format(R"("rows": {}, "sums": [{}], "categories": [{}])", table.n_rows(), fmt::join(sums, ", "),
                     fmt::join(categories, ", "));
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) throw std::invalid_argument("usage: thrum_read_csv FILE THREADS");
  const thrum::LocalExecution execution(std::atoi(argv[2]));
  const auto start = std::chrono::steady_clock::now();
  const thrum::Table table = thrum::read_csv(argv[1], {}, execution);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  fmt::print("{{\"seconds\": {}, {}}}\n", seconds.count(), contents_json(table));
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
