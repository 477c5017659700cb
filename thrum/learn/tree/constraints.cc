#include "thrum/learn/tree/constraints_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>

#include "thrum/core/error.h"
#include "thrum/core/names.h"
#include "thrum/core/printable.h"

namespace thrum {
namespace {

std::vector<std::string_view> parts(std::string_view text, char separator) {
  std::vector<std::string_view> list;
  while (true) {
    const std::size_t end = text.find(separator);
    list.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return list;
    text.remove_prefix(end + 1);
  }
}

std::size_t find_feature(const Schema& schema, std::string_view name, std::string_view option) {
  if (const auto index = schema.find(name)) return *index;
  throw Error(ErrorCode::invalid_argument, fmt::format("[{}] \"{}\" is no feature", option, name),
              nearest_hint(name, schema.feature_names()));
}

}  // namespace

std::vector<int> parse_monotone(std::string_view text, const Schema& schema) {
  if (text == "none") return {};
  std::vector<int> directions(schema.features.size());
  for (const std::string_view item : parts(text, ',')) {
    const std::size_t equals = item.rfind('=');
    const std::string_view value = equals == std::string_view::npos ? "" : item.substr(equals + 1);
    if (value != "1" && value != "-1" && value != "0") {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[monotone_constraints] expected none or feature=1,feature=-1, got \"{}\"", item));
    }
    const std::size_t feature = find_feature(schema, item.substr(0, equals), "monotone_constraints");
    if (schema.features[feature].type != FeatureType::number) {
      throw Error(ErrorCode::invalid_argument, fmt::format("[monotone_constraints] {} holds categories, which have "
                                                           "no order",
                                                           in_quotes(schema.features[feature].name)));
    }
    directions[feature] = value == "1" ? 1 : value == "-1" ? -1 : 0;
  }
  return directions;
}

std::vector<std::vector<std::uint8_t>> parse_interactions(std::string_view text, const Schema& schema) {
  if (text == "none") return {};
  std::vector<std::vector<std::uint8_t>> groups;
  std::vector<std::uint8_t> others(schema.features.size(), 1);
  for (const std::string_view group : parts(text, ';')) {
    auto& flags = groups.emplace_back(schema.features.size());
    for (const std::string_view name : parts(group, ',')) {
      const std::size_t feature = find_feature(schema, name, "interaction_constraints");
      flags[feature] = 1;
      others[feature] = 0;
    }
  }
  if (std::ranges::find(others, 1) != others.end()) groups.push_back(std::move(others));
  return groups;
}

std::vector<std::uint8_t> features_with_lowest(const Dataset& dataset, const BinnedTable& table,
                                               const Execution& execution) {
  constexpr std::size_t chunk = 1024;
  std::vector<std::uint8_t> found(table.features().size());
  execution.arena->run(found.size(), [&](std::size_t f) {
    const BinMap& map = table.features()[f].map;
    if (map.type != FeatureType::number || !map.has_missing) return;
    double values[chunk];
    for (std::size_t begin = 0; begin < dataset.n_rows() && found[f] == 0; begin += chunk) {
      const std::size_t n = std::min(chunk, dataset.n_rows() - begin);
      dataset.reader().read_feature(table.features()[f].feature, dataset.first_row() + begin, {values, n});
      if (std::find(values, values + n, -std::numeric_limits<double>::infinity()) != values + n) found[f] = 1;
    }
  });
  std::vector<std::int32_t> all(found.begin(), found.end());
  execution.communicator->allreduce(std::span(all), ReduceOp::max);
  std::ranges::copy(all, found.begin());
  return found;
}

}  // namespace thrum
