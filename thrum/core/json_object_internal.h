#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "thrum/core/json_internal.h"

namespace thrum {

/// An object with value(j) at names[j]; of equal names the last counts. All at once, since to add a key looks at every
/// key before it.
template <class Value>
Json json_object(const std::vector<std::string>& names, Value value) {
  Json object = Json::object();
  auto& members = object.get_ref<Json::object_t&>();
  members.reserve(names.size());
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t j = 0; j < names.size(); ++j) {
    const auto [place, is_new] = places.emplace(names[j], members.size());
    if (is_new) {
      members.emplace_back(names[j], value(j));
    } else {
      members.data()[place->second].second = value(j);
    }
  }
  return object;
}

}  // namespace thrum
