#include "thrum/data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/data/queries.h"

namespace thrum {
namespace {

[[noreturn]] void refuse_row(const std::string& what, const Table& table, std::size_t row, const std::string& hint) {
  throw Error(ErrorCode::invalid_argument, fmt::format("{} in row {} of {}", what, row + 1, table.source()), hint);
}

void check_query(const Dataset::Options& options) {
  if (options.task == Task::ranking && options.query.empty()) {
    throw Error(ErrorCode::invalid_argument, "a ranking needs a column of queries",
                "name the column whose equal values belong together");
  }
  if (options.query.empty()) return;
  if (options.task != Task::ranking) {
    throw Error(ErrorCode::invalid_argument, fmt::format("a {} has no queries", task_name(options.task)),
                "leave the query out");
  }
  if (options.query != options.target && options.query != options.weight) return;
  throw Error(ErrorCode::invalid_argument, fmt::format("\"{}\" cannot be query and {} at once", options.query,
                                                       options.query == options.target ? "target" : "weight"));
}

Schema infer_schema(const Table& table, const Dataset::Options& options, Scratch* scratch) {
  std::vector<std::string> exclude = options.exclude;
  if (!options.weight.empty()) exclude.push_back(options.weight);
  if (!options.weight.empty() && options.weight == options.target) {
    throw Error(ErrorCode::invalid_argument, fmt::format("\"{}\" cannot be target and weight at once", options.target));
  }
  check_query(options);
  if (!options.query.empty()) exclude.push_back(options.query);
  Schema schema = Schema::infer(table, options.target, options.task, std::move(exclude), scratch);
  schema.target.query = options.query;
  return schema;
}

/// Where each value stands among the ascending numbers that `classes` are the texts of; classes.size() for a number
/// that is not among them.
template <class T>
std::vector<double> positions(std::span<const T> values, const std::vector<std::string>& classes) {
  std::vector<T> numbers(classes.size());
  for (std::size_t k = 0; k < classes.size(); ++k) {
    std::from_chars(classes[k].data(), classes[k].data() + classes[k].size(), numbers[k]);
  }
  std::vector<double> y(values.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const auto found = std::ranges::lower_bound(numbers, values[i]);
    y[i] =
        static_cast<double>((found != numbers.end() && *found == values[i] ? found : numbers.end()) - numbers.begin());
  }
  return y;
}

/// classes.size() for a category that is no class.
std::vector<double> positions_of_texts(const Column& column, const std::vector<std::string>& classes) {
  std::unordered_map<std::string_view, double> index_of;
  for (std::size_t k = 0; k < classes.size(); ++k) index_of.emplace(classes[k], static_cast<double>(k));
  std::vector<double> of_code(column.categories().size());
  for (std::size_t code = 0; code < of_code.size(); ++code) {
    const auto found = index_of.find(column.categories()[code]);
    of_code[code] = found == index_of.end() ? static_cast<double>(classes.size()) : found->second;
  }
  std::vector<double> y(column.size());
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = of_code[static_cast<std::size_t>(column.codes()[i])];
  return y;
}

std::vector<double> class_indices(const Table& table, const Column& column, const std::vector<std::string>& classes) {
  std::vector<double> y = column.type() == ColumnType::category ? positions_of_texts(column, classes)
                          : column.type() == ColumnType::int64  ? positions(column.int64(), classes)
                                                                : positions(column.float64(), classes);
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] < static_cast<double>(classes.size())) continue;
    refuse_row(fmt::format("target {} is {}, which is no class of the training rows,", in_quotes(column.name()),
                           in_quotes(column.text(i))),
               table, i, "leave the row out");
  }
  return y;
}

std::vector<double> regression_values(const Table& table, const Column& column) {
  if (column.type() == ColumnType::category) {
    throw Error(ErrorCode::invalid_argument, fmt::format("target {} of {} holds text, but it was a number in training",
                                                         in_quotes(column.name()), table.source()));
  }
  std::vector<double> y(column.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    y[i] = column.number(i);
    if (std::isfinite(y[i])) continue;
    refuse_row(fmt::format("target {} is infinite", in_quotes(column.name())), table, i,
               "a regression needs finite numbers");
  }
  return y;
}

std::vector<double> relevances(const Table& table, const Column& column) {
  std::vector<double> y = regression_values(table, column);
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] >= 0 && y[i] <= largest_relevance && y[i] == std::floor(y[i])) continue;
    refuse_row(fmt::format("target {} is {}", in_quotes(column.name()), y[i]), table, i,
               fmt::format("the labels of a ranking are whole numbers from 0 to {}", largest_relevance));
  }
  return y;
}

std::vector<double> target_values(const Table& table, const Schema& schema) {
  if (schema.target.task == Task::anomaly) return std::vector<double>(table.n_rows(), 0.0);
  const Column& column = table.column(schema.target.name);
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (column.is_missing(i)) {
      refuse_row(fmt::format("target {} is missing", in_quotes(column.name())), table, i,
                 "remove the rows without a target");
    }
  }
  if (schema.target.task == Task::classification) return class_indices(table, column, schema.target.classes);
  return schema.target.task == Task::ranking ? relevances(table, column) : regression_values(table, column);
}

std::vector<std::uint32_t> query_numbers(const Table& table, const Target& target) {
  if (target.task != Task::ranking) return {};
  return number_queries(table, table.column(target.query));
}

std::vector<double> sample_weights(const Table& table, const std::string& name) {
  if (name.empty()) return {};
  const Column& column = table.column(name);
  if (column.type() == ColumnType::category) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("weight {} of {} holds text", in_quotes(name), table.source()));
  }
  std::vector<double> weights(column.size());
  double total = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = column.number(i);
    if (!std::isfinite(weights[i]) || weights[i] < 0) {
      refuse_row(fmt::format("weight {} is {}", in_quotes(name), column.is_missing(i) ? "missing" : column.text(i)),
                 table, i, "weights are finite and not negative");
    }
    total += weights[i];
    if (total > Dataset::largest_total_weight) {
      refuse_row(fmt::format("weight {} brings their sum above {:g}", in_quotes(name), Dataset::largest_total_weight),
                 table, i, "divide them all by the same number");
    }
  }
  if (total == 0) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("weight {} of {} is 0 in every row", in_quotes(name), table.source()));
  }
  return weights;
}

/// Those of a feature that rows of row_mask 1 hold.
std::vector<std::string> categories_in(const FeatureReader& reader, std::size_t j, const Feature& feature,
                                       std::span<const std::uint8_t> row_mask) {
  std::vector<bool> occurs(feature.categories.size());
  std::vector<double> codes;
  for (std::size_t begin = 0; begin < row_mask.size(); begin += row_block) {
    codes.resize(std::min(row_block, row_mask.size() - begin));
    reader.read_feature(j, begin, codes);
    for (std::size_t i = 0; i < codes.size(); ++i) {
      const bool is_known = codes[i] < static_cast<double>(occurs.size());  // NaN is no less
      if (is_known && row_mask[begin + i] != 0) occurs[static_cast<std::size_t>(codes[i])] = true;
    }
  }
  std::vector<std::string> categories;
  for (std::size_t k = 0; k < occurs.size(); ++k) {
    if (occurs[k]) categories.push_back(feature.categories[k]);
  }
  return categories;
}

}  // namespace

Dataset::Features::Features(std::shared_ptr<const Table> t, Schema s, std::size_t first)
    : table(std::move(t)), schema(std::move(s)), reader(schema, *table, first), first_row(first) {}

Dataset::Dataset(const std::shared_ptr<const Table>& table, Schema schema, const std::string& weight)
    : features_(std::make_shared<const Features>(table, std::move(schema))),
      targets_(std::make_shared<const Targets>(Targets{target_values(*table, features_->schema),
                                                       sample_weights(*table, weight),
                                                       query_numbers(*table, features_->schema.target)})),
      rows_{0, targets_->y.size()} {}

Dataset::Dataset(const std::shared_ptr<const Table>& table, const Options& options, Scratch* scratch)
    : Dataset(table, infer_schema(*table, options, scratch), options.weight) {}

Dataset Dataset::by_schema(const std::shared_ptr<const Table>& table, const Schema& schema, const std::string& weight) {
  return Dataset(table, schema, weight);
}

Dataset Dataset::with_categories_of(std::span<const std::uint8_t> row_mask, Scratch* scratch) const {
  THRUM_ASSERT(n_rows() == n_rows_of_all_ranks() && row_mask.size() == n_rows());
  std::vector<Feature> features = schema().features;
  bool is_changed = false;
  for (std::size_t j = 0; j < features.size(); ++j) {
    if (features[j].type != FeatureType::category) continue;
    std::vector<std::string> categories = categories_in(reader(), j, features[j], row_mask);
    if (categories.empty()) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("column {} of {} is missing in every training row", in_quotes(features[j].name),
                              features_->table->source()),
                  "leave it out with --exclude");
    }
    is_changed = is_changed || categories.size() < features[j].categories.size();
    features[j].categories = std::move(categories);
    if (scratch != nullptr) scratch->keep_within_limit();
  }
  return is_changed ? read_as(std::move(features)) : *this;
}

Dataset Dataset::read_as(std::vector<Feature> features) const {
  Dataset changed = *this;
  Schema schema{.features = std::move(features), .target = features_->schema.target};
  changed.features_ = std::make_shared<const Features>(features_->table, std::move(schema), features_->first_row);
  return changed;
}

Dataset Dataset::with_features(std::shared_ptr<const Table> table, std::vector<Feature> features) const {
  THRUM_ASSERT(table->n_rows() == n_rows());
  Dataset changed = *this;
  Schema schema{.features = std::move(features), .target = features_->schema.target};
  changed.features_ = std::make_shared<const Features>(std::move(table), std::move(schema), rows_.begin);
  return changed;
}

Dataset Dataset::shard(int rank, int size) const {
  THRUM_ASSERT(n_rows() == n_rows_of_all_ranks());
  Dataset part = *this;
  part.rows_ = rows_of_rank(n_rows_of_all_ranks(), rank, size);
  return part;
}

std::span<const std::uint32_t> Dataset::queries() const noexcept {
  if (targets_->queries.empty()) return {};
  return std::span(targets_->queries).subspan(rows_.begin, rows_.size());
}

std::span<const double> Dataset::weights() const noexcept {
  if (targets_->weights.empty()) return {};
  return std::span(targets_->weights).subspan(rows_.begin, rows_.size());
}

double Dataset::weight(std::size_t i, std::span<const std::uint8_t> row_mask, std::span<const double> weights) const {
  if (!row_mask.empty() && row_mask[i] == 0) return 0;
  const double own = targets_->weights.empty() ? 1 : targets_->weights[rows_.begin + i];
  return weights.empty() ? own : own * weights[i];
}

}  // namespace thrum
