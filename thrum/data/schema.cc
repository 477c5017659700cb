#include "thrum/data/schema.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

#include <simdjson.h>

#include "thrum/core/error.h"
#include "thrum/data/number_text_internal.h"

namespace thrum {
namespace {

constexpr std::size_t most_classes = 1000;

[[noreturn]] void refuse(const std::string& message, const std::string& hint = "") {
  throw Error(ErrorCode::invalid_argument, "[data] " + message, hint);
}

std::string in_table(const Column& column, const Table& table) {
  return "column \"" + column.name() + "\" of " + table.source();
}

void require_utf8(const std::string& text, const Column& column, const Table& table) {
  if (simdjson::validate_utf8(text.data(), text.size())) return;
  refuse(in_table(column, table) + " holds text that is not UTF-8", "convert the file to UTF-8");
}

/// The categories that occur (a slice of a table may have more).
std::vector<std::string> used_categories(const Column& column, const Table& table) {
  std::vector<std::uint8_t> used(column.categories().size());
  for (const std::int32_t code : column.codes()) {
    if (code >= 0) used[static_cast<std::size_t>(code)] = 1;
  }
  std::vector<std::string> categories;
  for (std::size_t c = 0; c < used.size(); ++c) {
    if (used[c] == 0) continue;
    require_utf8(column.categories()[c], column, table);
    categories.push_back(column.categories()[c]);
  }
  return categories;
}

bool all_missing(const Column& column) {
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (!column.is_missing(i)) return false;
  }
  return true;
}

void require_values(const Column& column, const Table& table, const std::string& remedy) {
  if (all_missing(column)) refuse("every value in " + in_table(column, table) + " is missing", remedy);
}

[[noreturn]] void refuse_many_classes(const Column& column, const Table& table) {
  refuse("the target, " + in_table(column, table) + ", has more than " + std::to_string(most_classes) +
             " different values, too many for a classification",
         column.type() == ColumnType::category ? "choose another target" : "use a regression or another target");
}

void require_whole(double value, std::size_t row, const Column& column, const Table& table) {
  if (value == std::trunc(value) && std::isfinite(value)) return;
  refuse("the target of a classification must hold whole numbers or text, but row " + std::to_string(row + 1) + " of " +
             in_table(column, table) + " has " + number_text(value),
         "use a regression for numbers");
}

/// The different values in ascending order, as text.
template <class T>
std::vector<std::string> distinct_texts(std::span<const T> values, const Column& column, const Table& table) {
  std::unordered_set<T> seen;
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (column.is_missing(row)) continue;
    if constexpr (std::is_floating_point_v<T>) require_whole(values[row], row, column, table);
    if (seen.insert(values[row]).second && seen.size() > most_classes) refuse_many_classes(column, table);
  }
  std::vector<T> ordered(seen.begin(), seen.end());
  std::ranges::sort(ordered);
  std::vector<std::string> texts;
  for (const T value : ordered) {
    if constexpr (std::is_floating_point_v<T>) {
      texts.push_back(number_text(value));
    } else {
      texts.push_back(std::to_string(value));
    }
  }
  return texts;
}

std::vector<std::string> classes_of(const Column& column, const Table& table) {
  if (column.type() == ColumnType::float64) return distinct_texts(column.float64(), column, table);
  if (column.type() == ColumnType::int64) return distinct_texts(column.int64(), column, table);
  auto classes = used_categories(column, table);
  if (classes.size() > most_classes) refuse_many_classes(column, table);
  return classes;
}

Target infer_target(const Column& column, const Table& table, Task task) {
  require_utf8(column.name(), column, table);
  require_values(column, table, "choose another target");
  Target target{.name = column.name(), .task = task, .classes = {}};
  if (task == Task::regression) {
    if (column.type() == ColumnType::category) {
      refuse("a regression predicts numbers, but the target, " + in_table(column, table) + ", holds text such as \"" +
                 used_categories(column, table).front() + "\"",
             "use a classification");
    }
    return target;
  }
  target.classes = classes_of(column, table);
  if (target.classes.size() < 2) {
    refuse("a classification needs two classes or more, but the target, " + in_table(column, table) + ", has only \"" +
           target.classes.front() + "\"");
  }
  return target;
}

Feature infer_feature(const Column& column, const Table& table) {
  require_utf8(column.name(), column, table);
  require_values(column, table, "exclude it");
  if (column.type() != ColumnType::category) return {.name = column.name(), .type = FeatureType::number};
  return {.name = column.name(), .type = FeatureType::category, .categories = used_categories(column, table)};
}

}  // namespace

std::string_view task_name(Task task) noexcept {
  return task == Task::classification ? "classification" : "regression";
}

Schema Schema::infer(const Table& table, std::string_view target, Task task, std::vector<std::string> exclude) {
  const Column& target_column = table.column(target);
  for (const std::string& name : exclude) table.column(name);
  Schema schema;
  schema.target = infer_target(target_column, table, task);
  for (const Column& column : table.columns()) {
    if (&column == &target_column || std::ranges::count(exclude, column.name()) != 0) continue;
    schema.features.push_back(infer_feature(column, table));
  }
  if (schema.features.empty()) refuse("no column of " + table.source() + " is left as a feature");
  return schema;
}

std::vector<std::string> Schema::feature_names() const {
  std::vector<std::string> names;
  for (const Feature& feature : features) names.push_back(feature.name);
  return names;
}

std::optional<std::size_t> Schema::find(std::string_view name) const {
  const auto found = std::ranges::find(features, name, &Feature::name);
  if (found == features.end()) return std::nullopt;
  return static_cast<std::size_t>(found - features.begin());
}

std::size_t category_code(const std::vector<std::string>& categories, std::string_view value) {
  const auto found = std::ranges::lower_bound(categories, value);
  if (found == categories.end() || *found != value) return categories.size();
  return static_cast<std::size_t>(found - categories.begin());
}

}  // namespace thrum
