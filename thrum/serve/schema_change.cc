#include "thrum/serve/schema_change_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>

#include "thrum/core/printable.h"
#include "thrum/serve/model_set_internal.h"

namespace thrum::serving {
namespace {

constexpr std::size_t most_named = 10;

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (&name == names.data() + most_named) return text + fmt::format(" and {} more", names.size() - most_named);
    text += (text.empty() ? "" : ", ") + in_quotes(name);
  }
  return text;
}

std::vector<std::string> names_only_in(const Schema& schema, const Schema& other) {
  std::vector<std::string> names;
  for (const Feature& feature : schema.features) {
    if (!other.find(feature.name)) names.push_back(feature.name);
  }
  return names;
}

std::vector<std::string> names_of_other_type(const Schema& before, const Schema& after, FeatureType type) {
  std::vector<std::string> names;
  for (const Feature& feature : after.features) {
    const auto same = before.find(feature.name);
    if (same && feature.type == type && before.features[*same].type != type) names.push_back(feature.name);
  }
  return names;
}

void add(std::string& text, const std::string& part) {
  text += (text.empty() ? "" : "; ") + part;
}

void add_names(std::string& text, const std::string& what, const std::vector<std::string>& names) {
  if (!names.empty()) add(text, what + ": " + list_of(names));
}

/// Of the newest version of each model.
std::map<std::string, Schema> schemas_in(ByteSpan image) {
  std::map<std::string, Schema> schemas;
  for (const ServedModel& model : open_models(image)) schemas.try_emplace(model.name, model.predictor->schema());
  return schemas;
}

}  // namespace

std::string schema_change(const Schema& before, const Schema& after) {
  std::string text;
  add_names(text, "features added", names_only_in(after, before));
  add_names(text, "features removed", names_only_in(before, after));
  add_names(text, "texts now, numbers before", names_of_other_type(before, after, FeatureType::category));
  add_names(text, "numbers now, texts before", names_of_other_type(before, after, FeatureType::number));
  if (text.empty() && before.feature_names() != after.feature_names()) add(text, "features in another order");
  const Target &old = before.target, &now = after.target;
  if (old.task != now.task) {
    add(text, fmt::format("{} now, {} before", task_name(now.task), task_name(old.task)));
  } else if (old.classes != now.classes) {
    add(text, fmt::format("classes {} now, {} before", list_of(now.classes), list_of(old.classes)));
  }
  return text;
}

std::vector<std::string> schema_changes(ByteSpan before, ByteSpan after) {
  std::vector<std::string> changes;
  const std::map<std::string, Schema> old = schemas_in(before);
  for (const auto& [name, schema] : schemas_in(after)) {
    const auto same = old.find(name);
    const std::string change = same == old.end() ? "" : schema_change(same->second, schema);
    if (!change.empty()) changes.push_back(fmt::format("The model {} is not as before: {}", in_quotes(name), change));
  }
  if (changes.size() > most_named) {
    const std::string more = fmt::format("{} more models are not as before", changes.size() - most_named);
    changes.resize(most_named);
    changes.push_back(more);
  }
  return changes;
}

}  // namespace thrum::serving
