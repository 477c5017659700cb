#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "thrum/core/error.h"
#include "thrum/core/json_list_internal.h"
#include "thrum/core/printable.h"
#include "thrum/data/schema.h"

namespace thrum {
namespace {

/// Turns JSON into a schema, and refuses whatever to_json does not write.
class Reader {
 public:
  explicit Reader(std::string_view where) : where_(where) {}

  Schema schema(std::string_view text) const {
    Schema schema;
    const Json json = parse_json_list(text, where_, "features",
                                      [&](const Json& object) { schema.features.push_back(feature(object)); });
    const Json& rest = member(json, "features");
    require_members(json, 2);
    if (!rest.is_array() || (rest.empty() && schema.features.empty())) {
      fail("\"features\" is not an array with something in it");
    }
    for (const Json& other : rest) feature(other);  // which is no object
    schema.target = target(member(json, "target"));
    std::set<std::string_view> names;
    if (!schema.target.name.empty()) names.insert(schema.target.name);
    if (!schema.target.query.empty()) names.insert(schema.target.query);
    for (const Feature& one : schema.features) {
      if (!names.insert(one.name).second) fail(fmt::format("two columns are called {}", in_quotes(one.name)));
    }
    return schema;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorCode::corrupt_data, fmt::format("[{}] {}", where_, message));
  }

  const Json& member(const Json& object, std::string_view key) const { return json_member(object, key, where_); }

  void require_members(const Json& object, std::size_t n) const {
    if (object.size() != n) fail("a JSON object has unknown keys");
  }

  std::string text(const Json& object, std::string_view key) const {
    const Json& value = member(object, key);
    if (!value.is_string()) fail(fmt::format("\"{}\" is not a string", key));
    return value.get<std::string>();
  }

  double number(const Json& object, std::string_view key) const {
    const Json& value = member(object, key);
    if (!value.is_number()) fail(fmt::format("\"{}\" is not a number", key));
    return value.get<double>();
  }

  std::vector<std::string> texts(const Json& object, std::string_view key) const {
    const Json& array = member(object, key);
    if (!array.is_array()) fail(fmt::format("\"{}\" is not an array", key));
    std::vector<std::string> texts;
    for (const Json& value : array) {
      if (!value.is_string()) fail(fmt::format("\"{}\" holds something other than strings", key));
      texts.push_back(value.get<std::string>());
    }
    return texts;
  }

  Feature feature(const Json& object) const {
    const std::string type = text(object, "type");
    if (type == "number") {
      require_members(object, 2);
      return {text(object, "name"), FeatureType::number};
    }
    if (type != "category") fail(fmt::format("{} is no type of a feature", in_quotes(type)));
    const bool refuses_unknown = object.contains("handle_unknown");
    require_members(object, refuses_unknown ? 4 : 3);
    Feature feature{text(object, "name"), FeatureType::category, texts(object, "categories"), refuses_unknown};
    if (refuses_unknown && text(object, "handle_unknown") != "error") fail("\"handle_unknown\" is not \"error\"");
    const auto& categories = feature.categories;
    if (categories.empty()) fail(fmt::format("{} has no categories", in_quotes(feature.name)));
    if (std::ranges::adjacent_find(categories, std::ranges::greater_equal{}) != categories.end()) {
      fail(fmt::format("the categories of {} are not in order", in_quotes(feature.name)));
    }
    return feature;
  }

  Target target(const Json& object) const {
    Target target{text(object, "name"), task(text(object, "task")), texts(object, "classes")};
    require_members(object, target.task == Task::anomaly || target.task == Task::ranking ? 4 : 3);
    const std::set<std::string> distinct(target.classes.begin(), target.classes.end());
    if (!classes_fit(target) || distinct.size() != target.classes.size()) {
      fail("the classes of the target do not fit its task");
    }
    if (target.task == Task::anomaly) target.threshold = number(object, "threshold");
    if (target.task == Task::ranking) target.query = text(object, "query");
    return target;
  }

  Task task(const std::string& name) const {
    for (const Task task : {Task::regression, Task::classification, Task::anomaly, Task::ranking}) {
      if (task_name(task) == name) return task;
    }
    fail(fmt::format("{} is no task", in_quotes(name)));
  }

  static bool classes_fit(const Target& target) {
    const std::size_t n = target.classes.size();
    if (target.task == Task::anomaly) return n == (target.name.empty() ? 0 : 2);
    return target.task == Task::classification ? n >= 2 : n == 0;
  }

  std::string_view where_;
};

Json feature_json(const Feature& feature) {
  Json object = {{"name", feature.name}};
  if (feature.type == FeatureType::number) {
    object["type"] = "number";
  } else {
    object["type"] = "category";
    object["categories"] = feature.categories;
    if (feature.refuses_unknown) object["handle_unknown"] = "error";
  }
  return object;
}

}  // namespace

/// Feature by feature: JSON of all at once would take ten times the memory of its text.
std::string Schema::to_json() const {
  std::string text = R"({"features":[)";
  for (const Feature& feature : features) {
    if (&feature != features.data()) text += ',';
    text += feature_json(feature).dump();
  }
  Json goal = {{"name", target.name}, {"task", task_name(target.task)}, {"classes", target.classes}};
  if (target.task == Task::anomaly) goal["threshold"] = target.threshold;
  if (target.task == Task::ranking) goal["query"] = target.query;
  return text + R"(],"target":)" + goal.dump() + "}";
}

Schema Schema::from_json(std::string_view text, std::string_view where) {
  return Reader(where).schema(text);
}

}  // namespace thrum
