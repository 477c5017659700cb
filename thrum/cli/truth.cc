#include "thrum/cli/truth.h"

#include <fmt/format.h>

#include <cmath>
#include <unordered_map>

#include "thrum/core/error.h"
#include "thrum/core/names.h"
#include "thrum/core/printable.h"

namespace thrum::cli {
namespace {

[[noreturn]] void refuse(const Table& table, const Column& column, std::size_t row, const std::string& what,
                         const std::string& hint = "") {
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[{}] row {}: column {} {}", table.source(), row + 1, in_quotes(column.name()), what), hint);
}

const Column& truth_column(const Target& target, const Table& table) {
  if (!target.name.empty()) return table.column(target.name);
  throw Error(ErrorCode::invalid_argument,
              "the model was trained without a target, so there is no truth to compare with",
              "train it with --target COLUMN");
}

const Column& number_column(const std::string& name, const Table& table) {
  const Column& column = table.column(name);
  if (column.type() != ColumnType::category) return column;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[{}] column {} must hold numbers, but holds text such as {}", table.source(),
                          in_quotes(name), in_quotes(column.categories().empty() ? "" : column.categories().front())));
}

}  // namespace

std::vector<std::size_t> true_classes(const Target& target, const Table& table) {
  const Column& column = truth_column(target, table);
  std::unordered_map<std::string, std::size_t> index;
  for (const std::string& name : target.classes) index.emplace(name, index.size());
  std::vector<std::size_t> classes;
  classes.reserve(table.n_rows());
  for (std::size_t row = 0; row < table.n_rows(); ++row) {
    if (column.is_missing(row)) refuse(table, column, row, "is empty, but every row needs its true class");
    const std::string text = column.text(row);
    const auto found = index.find(text);
    if (found == index.end()) {
      refuse(table, column, row, fmt::format("has the class {}, which the model does not know", in_quotes(text)),
             nearest_hint(text, target.classes));
    }
    classes.push_back(found->second);
  }
  return classes;
}

std::vector<double> true_numbers(const Target& target, const Table& table) {
  const Column& column = number_column(target.name, table);
  std::vector<double> numbers;
  numbers.reserve(table.n_rows());
  for (std::size_t row = 0; row < table.n_rows(); ++row) {
    if (column.is_missing(row)) refuse(table, column, row, "is empty, but every row needs its true value");
    numbers.push_back(column.number(row));
  }
  return numbers;
}

std::vector<double> row_weights(const std::string& name, const Table& table) {
  if (name.empty()) return {};
  const Column& column = number_column(name, table);
  std::vector<double> weights;
  weights.reserve(table.n_rows());
  for (std::size_t row = 0; row < table.n_rows(); ++row) {
    const double weight = column.number(row);
    if (!std::isfinite(weight) || weight < 0) refuse(table, column, row, "must be a weight of 0 or more");
    weights.push_back(weight);
  }
  return weights;
}

}  // namespace thrum::cli
