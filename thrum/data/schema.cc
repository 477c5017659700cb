#include "thrum/data/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/core/utf8_internal.h"
#include "thrum/data/zeroed_memory_internal.h"

namespace thrum {
namespace {

constexpr std::size_t most_classes = 1000;

[[noreturn]] void refuse(const std::string& message, const std::string& hint = "") {
  throw Error(ErrorCode::invalid_argument, message, hint);
}

void require_utf8(std::string_view text, const Column& column, const Table& table) {
  if (is_utf8(text)) return;
  refuse(fmt::format("column {} of {} holds text that is not UTF-8", in_quotes(column.name()), table.source()),
         "convert the data to UTF-8");
}

/// The categories that occur, since a dictionary may hold more.
std::vector<std::string> used_categories(const Column& column, const Table& table) {
  std::vector<bool> occurs(column.categories().size());
  std::size_t n_left = occurs.size();
  for (const std::int32_t code : column.codes()) {
    if (code < 0 || occurs[static_cast<std::size_t>(code)]) continue;
    occurs[static_cast<std::size_t>(code)] = true;
    if (--n_left == 0) break;
  }
  std::vector<std::string> categories;
  for (std::size_t code = 0; code < occurs.size(); ++code) {
    if (!occurs[code]) continue;
    require_utf8(column.categories()[code], column, table);
    categories.push_back(column.categories()[code]);
  }
  return categories;
}

/// Looks no further than to the first value: the column may lie on a disk.
bool is_missing_everywhere(const Column& column) {
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!column.is_missing(row)) return false;
  }
  return true;
}

Feature infer_feature(const Column& column, const Table& table) {
  require_utf8(column.name(), column, table);
  if (is_missing_everywhere(column)) {
    refuse(fmt::format("column {} of {} is missing in every row", in_quotes(column.name()), table.source()),
           "leave it out with --exclude");
  }
  if (column.type() != ColumnType::category) return {column.name(), FeatureType::number};
  return {column.name(), FeatureType::category, used_categories(column, table)};
}

template <class T>
std::vector<std::string> number_texts(std::string_view target, std::span<const T> values) {
  std::set<T> distinct;
  for (const T value : values) {
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(value)) continue;
      if (!std::isfinite(value) || value != std::trunc(value)) {
        refuse(fmt::format("target {} holds {}, but classes are whole numbers or texts", in_quotes(target), value),
               "train a regression, or name a column of classes");
      }
    }
    distinct.insert(value + T{0});  // -0 is 0
    if (distinct.size() > most_classes) break;
  }
  const std::vector<T> ascending(distinct.begin(), distinct.end());
  std::vector<std::string> texts;
  for (const T value : ascending) {
    if constexpr (std::is_floating_point_v<T>) {
      texts.push_back(Column::float64("", {value}).text(0));
    } else {
      texts.push_back(fmt::format("{}", value));
    }
  }
  return texts;
}

std::vector<std::string> classes_of(const Column& column, const Table& table) {
  if (column.type() == ColumnType::category) return used_categories(column, table);
  if (column.type() == ColumnType::int64) return number_texts(column.name(), column.int64());
  return number_texts(column.name(), column.float64());
}

/// At most this many different whole numbers are natural classes.
constexpr std::size_t most_natural_classes = 20;

template <class T>
bool is_few_whole_numbers(std::span<const T> values) {
  std::set<T> distinct;
  for (const T value : values) {
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(value)) continue;
      if (!std::isfinite(value) || value != std::trunc(value)) return false;
    }
    distinct.insert(value);
    if (distinct.size() > most_natural_classes) return false;
  }
  return true;
}

std::size_t rows_of(std::string_view label, const Column& column) {
  std::size_t n = 0;
  for (std::size_t row = 0; row < column.size(); ++row) {
    n += !column.is_missing(row) && column.text(row) == label ? 1 : 0;
  }
  return n;
}

/// Labels are of no use to the training: the rarer one is taken for that of anomalies.
Target infer_labels(const Column& column, const Table& table) {
  Target target{column.name(), Task::anomaly, classes_of(column, table)};
  if (target.classes.size() != 2) {
    refuse(fmt::format("target {} labels anomalies with {} different values, not with two", in_quotes(column.name()),
                       target.classes.size()),
           "leave the column out with --exclude, and --target, too");
  }
  if (rows_of(target.classes[0], column) < rows_of(target.classes[1], column)) {
    std::swap(target.classes[0], target.classes[1]);
  }
  return target;
}

Target infer_target(const Column& column, const Table& table, Task task) {
  require_utf8(column.name(), column, table);
  if (task == Task::anomaly) return infer_labels(column, table);
  const bool is_text = column.type() == ColumnType::category;
  if (task != Task::classification) {
    if (is_text) {
      refuse(fmt::format("target {} holds text, a {} needs numbers", in_quotes(column.name()), task_name(task)),
             "train a classification, or name a column of numbers");
    }
    return {column.name(), task};
  }
  Target target{column.name(), task, classes_of(column, table)};
  if (target.classes.size() < 2) {
    refuse(fmt::format("target {} has {} in every row, classification needs two classes or more",
                       in_quotes(column.name()),
                       target.classes.empty() ? "no value" : in_quotes(target.classes.front())));
  }
  if (target.classes.size() > most_classes) {
    refuse(fmt::format("target {} has more than {} classes", in_quotes(column.name()), most_classes),
           is_text ? "name a column with fewer classes" : "train a regression, or name a column with fewer classes");
  }
  return target;
}

}  // namespace

std::string_view task_name(Task task) noexcept {
  if (task == Task::anomaly) return "anomaly";
  if (task == Task::ranking) return "ranking";
  return task == Task::regression ? "regression" : "classification";
}

Task natural_task(const Column& target) {
  if (target.type() == ColumnType::category) return Task::classification;
  const bool has_classes = target.type() == ColumnType::int64 ? is_few_whole_numbers(target.int64())
                                                              : is_few_whole_numbers(target.float64());
  return has_classes ? Task::classification : Task::regression;
}

Schema Schema::infer(const Table& table, std::string_view target, Task task, std::vector<std::string> exclude,
                     Scratch* scratch) {
  for (const std::string& name : exclude) table.column(name);
  if (target.empty() && task != Task::anomaly) {
    refuse(fmt::format("a {} needs a target", task_name(task)), "name the column to predict");
  }
  Schema schema{.features = {}, .target = {.name = "", .task = task}};
  if (!target.empty()) schema.target = infer_target(table.column(target), table, task);
  for (const Column& column : table.columns()) {
    const bool left_out = column.name() == target || std::ranges::find(exclude, column.name()) != exclude.end();
    if (left_out) continue;
    schema.features.push_back(infer_feature(column, table));
    if (scratch != nullptr && schema.features.size() % columns_between_looks == 0) scratch->keep_within_limit();
  }
  if (schema.features.empty()) {
    refuse(fmt::format("{} has no column left to learn from{}", table.source(),
                       target.empty() ? "" : fmt::format(" beside the target {}", in_quotes(target))));
  }
  return schema;
}

std::vector<std::string> Schema::feature_names() const {
  std::vector<std::string> names;
  names.reserve(features.size());
  for (const Feature& feature : features) names.push_back(feature.name);
  return names;
}

std::optional<std::size_t> Schema::find(std::string_view name) const {
  for (std::size_t j = 0; j < features.size(); ++j) {
    if (features[j].name == name) return j;
  }
  return std::nullopt;
}

std::size_t category_code(std::span<const std::string> categories, std::string_view value) {
  const auto found = std::lower_bound(categories.begin(), categories.end(), value);
  const bool known = found != categories.end() && *found == value;
  return known ? static_cast<std::size_t>(found - categories.begin()) : categories.size();
}

}  // namespace thrum
