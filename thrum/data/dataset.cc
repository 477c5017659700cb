#include "thrum/data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"

namespace thrum {
namespace {

[[noreturn]] void refuse_row(const std::string& what, const Table& table, std::size_t row, const std::string& hint) {
  throw Error(ErrorCode::invalid_argument, fmt::format("{} in row {} of {}", what, row + 1, table.source()), hint);
}

Schema infer_schema(const Table& table, const Dataset::Options& options) {
  std::vector<std::string> exclude = options.exclude;
  if (!options.weight.empty()) exclude.push_back(options.weight);
  if (options.weight == options.target) {
    throw Error(ErrorCode::invalid_argument, fmt::format("\"{}\" cannot be target and weight at once", options.target));
  }
  return Schema::infer(table, options.target, options.task, std::move(exclude));
}

/// Where each value stands among the ascending numbers that `classes` are the texts of.
template <class T>
std::vector<double> positions(std::span<const T> values, const std::vector<std::string>& classes) {
  std::vector<T> numbers(classes.size());
  for (std::size_t k = 0; k < classes.size(); ++k) {
    std::from_chars(classes[k].data(), classes[k].data() + classes[k].size(), numbers[k]);
  }
  std::vector<double> y(values.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    y[i] = static_cast<double>(std::ranges::lower_bound(numbers, values[i]) - numbers.begin());
  }
  return y;
}

std::vector<double> class_indices(const Column& column, const std::vector<std::string>& classes) {
  std::unordered_map<std::string_view, double> index_of;
  for (std::size_t k = 0; k < classes.size(); ++k) index_of.emplace(classes[k], static_cast<double>(k));
  if (column.type() == ColumnType::category) {
    std::vector<double> y(column.size());
    std::vector<double> of_code(column.categories().size());
    for (std::size_t code = 0; code < of_code.size(); ++code) {
      const auto found = index_of.find(column.categories()[code]);
      of_code[code] = found == index_of.end() ? 0 : found->second;
    }
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = of_code[static_cast<std::size_t>(column.codes()[i])];
    return y;
  }
  if (column.type() == ColumnType::int64) return positions(column.int64(), classes);
  return positions(column.float64(), classes);
}

std::vector<double> regression_values(const Table& table, const Column& column) {
  std::vector<double> y(column.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    y[i] = column.number(i);
    if (std::isfinite(y[i])) continue;
    refuse_row(fmt::format("target \"{}\" is infinite", column.name()), table, i, "a regression needs finite numbers");
  }
  return y;
}

std::vector<double> target_values(const Table& table, const Schema& schema) {
  const Column& column = table.column(schema.target.name);
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (column.is_missing(i)) {
      refuse_row(fmt::format("target \"{}\" is missing", column.name()), table, i, "remove the rows without a target");
    }
  }
  if (schema.target.task == Task::classification) return class_indices(column, schema.target.classes);
  return regression_values(table, column);
}

std::vector<double> sample_weights(const Table& table, const std::string& name) {
  if (name.empty()) return {};
  const Column& column = table.column(name);
  if (column.type() == ColumnType::category) {
    throw Error(ErrorCode::invalid_argument, fmt::format("weight \"{}\" of {} holds text", name, table.source()));
  }
  std::vector<double> weights(column.size());
  double total = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = column.number(i);
    if (!std::isfinite(weights[i]) || weights[i] < 0) {
      refuse_row(fmt::format("weight \"{}\" is {}", name, column.is_missing(i) ? "missing" : column.text(i)), table, i,
                 "weights are finite and not negative");
    }
    total += weights[i];
    if (total > Dataset::largest_total_weight) {
      refuse_row(fmt::format("weight \"{}\" brings their sum above {:g}", name, Dataset::largest_total_weight), table,
                 i, "divide them all by the same number");
    }
  }
  if (total == 0) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("weight \"{}\" of {} is 0 in every row", name, table.source()));
  }
  return weights;
}

}  // namespace

Dataset::Whole::Whole(std::shared_ptr<const Table> t, const Options& options)
    : table(std::move(t)),
      schema(infer_schema(*table, options)),
      reader(schema, *table),
      y(target_values(*table, schema)),
      weights(sample_weights(*table, options.weight)) {}

Dataset::Dataset(std::shared_ptr<const Table> table, const Options& options)
    : whole_(std::make_shared<const Whole>(std::move(table), options)), rows_{0, whole_->y.size()} {}

Dataset Dataset::shard(int rank, int size) const {
  THRUM_ASSERT(n_rows() == n_rows_of_all_ranks());
  Dataset part = *this;
  part.rows_ = rows_of_rank(n_rows_of_all_ranks(), rank, size);
  return part;
}

std::span<const double> Dataset::weights() const noexcept {
  if (whole_->weights.empty()) return {};
  return std::span(whole_->weights).subspan(rows_.begin, rows_.size());
}

double Dataset::weight(std::size_t i, std::span<const std::uint8_t> row_mask, std::span<const double> weights) const {
  if (!row_mask.empty() && row_mask[i] == 0) return 0;
  const double own = whole_->weights.empty() ? 1 : whole_->weights[rows_.begin + i];
  return weights.empty() ? own : own * weights[i];
}

}  // namespace thrum
