#include "thrum/data/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/names.h"

namespace thrum {
namespace {

constexpr std::size_t most_classes = 1000;
constexpr std::string_view where = "schema";

[[noreturn]] void refuse(const std::string& message, const std::string& hint = "") {
  throw Error(ErrorCode::invalid_argument, message, hint);
}

[[noreturn]] void corrupt(const std::string& message) {
  throw Error(ErrorCode::corrupt_data, fmt::format("[{}] {}", where, message));
}

Feature infer_feature(const Column& column, const Table& table) {
  if (column.n_missing() == column.size()) {
    refuse(fmt::format("column \"{}\" of {} is missing in every row", column.name(), table.source()),
           "leave it out with --exclude");
  }
  if (column.type() != ColumnType::category) return {column.name(), FeatureType::number};
  const auto categories = column.categories();
  return {column.name(), FeatureType::category, {categories.begin(), categories.end()}};
}

/// The texts of the distinct numbers, in ascending order.
std::vector<std::string> number_classes(const Column& column) {
  std::set<double> distinct;
  std::vector<std::string> classes;
  for (std::size_t row = 0; row < column.size() && distinct.size() <= most_classes; ++row) {
    if (!column.is_missing(row)) distinct.insert(column.number(row));
  }
  if (std::ranges::any_of(distinct, [](double x) { return x != std::floor(x); })) {
    refuse(fmt::format("target \"{}\" holds fractions, which are no classes", column.name()),
           "train a regression, or name a column of classes");
  }
  for (const double value : distinct) classes.push_back(Column::float64("", {value}).text(0));
  return classes;
}

/// The categories that occur, since a dictionary may hold more.
std::vector<std::string> category_classes(const Column& column) {
  std::vector<bool> occurs(column.categories().size());
  for (const std::int32_t code : column.codes()) {
    if (code >= 0) occurs[static_cast<std::size_t>(code)] = true;
  }
  std::vector<std::string> classes;
  for (std::size_t code = 0; code < occurs.size(); ++code) {
    if (occurs[code]) classes.push_back(column.categories()[code]);
  }
  return classes;
}

Target infer_target(const Column& column, Task task) {
  if (task == Task::regression) {
    if (column.type() == ColumnType::category) {
      refuse(fmt::format("target \"{}\" holds text, a regression needs numbers", column.name()));
    }
    return {column.name(), task};
  }
  Target target{column.name(), task,
                column.type() == ColumnType::category ? category_classes(column) : number_classes(column)};
  if (target.classes.size() < 2) {
    refuse(
        fmt::format("target \"{}\" has {} in every row, classification "
                    "needs two classes or more",
                    column.name(), target.classes.empty() ? "no value" : "\"" + target.classes.front() + "\""));
  }
  if (target.classes.size() > most_classes) {
    refuse(fmt::format("target \"{}\" has more than {} classes", column.name(), most_classes),
           "train a regression, or name a column with fewer classes");
  }
  return target;
}

std::string text_member(const Json& object, std::string_view key) {
  const Json& value = json_member(object, key, where);
  if (!value.is_string()) corrupt(fmt::format("\"{}\" is not a string", key));
  return value.get<std::string>();
}

std::vector<std::string> texts_member(const Json& object, std::string_view key) {
  const Json& array = json_member(object, key, where);
  if (!array.is_array()) corrupt(fmt::format("\"{}\" is not an array", key));
  std::vector<std::string> texts;
  for (const Json& value : array) {
    if (!value.is_string()) corrupt(fmt::format("\"{}\" holds something other than strings", key));
    texts.push_back(value.get<std::string>());
  }
  return texts;
}

void require_members(const Json& object, std::size_t n) {
  if (object.size() != n) corrupt("a JSON object has unknown keys");
}

Feature feature_from_json(const Json& object) {
  const std::string type = text_member(object, "type");
  if (type == "number") {
    require_members(object, 2);
    return {text_member(object, "name"), FeatureType::number};
  }
  if (type != "category") corrupt(fmt::format("\"{}\" is no type of a feature", type));
  require_members(object, 3);
  Feature feature{text_member(object, "name"), FeatureType::category, texts_member(object, "categories")};
  const auto& categories = feature.categories;
  if (std::adjacent_find(categories.begin(), categories.end(), std::greater_equal<>()) != categories.end()) {
    corrupt(fmt::format("the categories of \"{}\" are not in order", feature.name));
  }
  return feature;
}

Target target_from_json(const Json& object) {
  require_members(object, 3);
  Target target{text_member(object, "name"), Task::classification, texts_member(object, "classes")};
  const std::string task = text_member(object, "task");
  if (task == task_name(Task::regression)) {
    target.task = Task::regression;
  } else if (task != task_name(Task::classification)) {
    corrupt(fmt::format("\"{}\" is no task", task));
  }
  const std::set<std::string> distinct(target.classes.begin(), target.classes.end());
  const bool fits = target.task == Task::regression ? target.classes.empty() : target.classes.size() >= 2;
  if (!fits || distinct.size() != target.classes.size()) corrupt("the classes of the target do not fit its task");
  return target;
}

}  // namespace

std::string_view task_name(Task task) noexcept {
  return task == Task::regression ? "regression" : "classification";
}

Schema Schema::infer(const Table& table, std::string_view target, Task task, std::vector<std::string> exclude) {
  for (const std::string& name : exclude) table.column(name);
  Schema schema{.features = {}, .target = infer_target(table.column(target), task)};
  for (const Column& column : table.columns()) {
    const bool left_out = column.name() == target || std::ranges::find(exclude, column.name()) != exclude.end();
    if (!left_out) schema.features.push_back(infer_feature(column, table));
  }
  if (schema.features.empty()) {
    refuse(fmt::format("{} has no column left to learn from beside the target \"{}\"", table.source(), target));
  }
  return schema;
}

std::string Schema::to_json() const {
  Json list = Json::array();
  for (const Feature& feature : features) {
    Json object = {{"name", feature.name}};
    if (feature.type == FeatureType::number) {
      object["type"] = "number";
    } else {
      object["type"] = "category";
      object["categories"] = feature.categories;
    }
    list.push_back(std::move(object));
  }
  const Json json = {
      {"features", std::move(list)},
      {"target", {{"name", target.name}, {"task", task_name(target.task)}, {"classes", target.classes}}}};
  return json.dump();
}

Schema Schema::from_json(std::string_view text) {
  const Json json = parse_json(text, where);
  const Json& list = json_member(json, "features", where);
  require_members(json, 2);
  if (!list.is_array() || list.empty()) corrupt("\"features\" is not an array with something in it");
  Schema schema{.features = {}, .target = target_from_json(json_member(json, "target", where))};
  std::set<std::string> names = {schema.target.name};
  for (const Json& object : list) {
    schema.features.push_back(feature_from_json(object));
    if (!names.insert(schema.features.back().name).second) {
      corrupt(fmt::format("two columns are called \"{}\"", schema.features.back().name));
    }
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
