#include <algorithm>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/names.h"
#include "thrum/serve/model_repository_internal.h"
#include "thrum/serve/repository_routes_internal.h"
#include "thrum/serve/route_internal.h"

namespace thrum::serving {
namespace {

Json entry_of(const ServedModel& model) {
  const bool is_ready = model.predictor != nullptr;
  return {{"name", model.name},
          {"version", model.version},
          {"state", is_ready ? "READY" : "UNAVAILABLE"},
          {"reason", is_ready ? "" : "unloaded"}};
}

/// Whether the body asks for those only that are ready.
bool wants_ready_only(std::string_view body) {
  if (body.empty()) return false;
  try {
    const Json json = parse_json(body, "serve");
    return json.is_object() && json.value("ready", false);
  } catch (const std::exception& error) {
    throw HttpError(400, error.what(), R"(expected {} or {"ready": true})");
  }
}

constexpr std::string_view index_pattern = "/v2/repository/index";
constexpr std::string_view load_pattern = "/v2/repository/models/{model}/load";
constexpr std::string_view unload_pattern = "/v2/repository/models/{model}/unload";

/// `names` are those of the path then.
std::string_view pattern_of(std::string_view path, RouteNames& names) {
  for (const std::string_view pattern : {index_pattern, load_pattern, unload_pattern}) {
    if (fits_route(pattern, path, names)) return pattern;
  }
  return {};
}

[[noreturn]] void fail_unknown(const std::string& name, std::span<const std::string> known, const std::string& where) {
  throw HttpError(404, "[serve] there is no model \"" + name + "\" " + where, nearest_hint(name, known));
}

}  // namespace

std::string_view RepositoryRoutes::route_of(std::string_view path) {
  RouteNames ignored;
  return pattern_of(path, ignored);
}

RepositoryRoutes::Answer RepositoryRoutes::answer(const HttpRequest& request) {
  RouteNames names;
  const std::string_view pattern = pattern_of(request.path, names);
  if (pattern.empty()) {
    throw HttpError(404, "[serve] there is no route \"" + std::string(request.path) + "\"",
                    "index, models/NAME/load, models/NAME/unload");
  }
  if (request.method == HttpMethod::options) return {{.status = 204}};
  if (request.method != HttpMethod::post) {
    throw HttpError(405, "[serve] " + std::string(request.path) + " takes POST, OPTIONS, got " +
                             std::string(http_method_name(request.method)));
  }
  if (pattern == index_pattern) return {index(request.body)};
  return pattern == load_pattern ? load(names.model) : unload(names.model);
}

std::optional<HttpResponse> RepositoryRoutes::outcome(std::uint64_t wish) {
  const auto failure = parts_.wishes.outcome(wish);
  if (!failure) return std::nullopt;
  const auto [model, is_load] = std::move(open_.extract(wish).mapped());
  if (failure->empty()) return HttpResponse{.body = "{}"};
  throw HttpError(
      400, std::string("[serve] cannot ") + (is_load ? "load" : "unload") + " the model \"" + model + "\": " + *failure,
      "what was served is served still");
}

HttpResponse RepositoryRoutes::last_outcome(std::uint64_t wish) {
  if (auto response = outcome(wish)) return std::move(*response);
  const auto& [model, is_load] = open_.at(wish);
  throw HttpError(503,
                  "[serve] this worker ends before the model \"" + model + "\" is " + (is_load ? "loaded" : "unloaded"),
                  "that goes on: POST /v2/repository/index tells what is served");
}

HttpResponse RepositoryRoutes::index(std::string_view body) const {
  Json list = Json::array();
  for (const ServedModel& model : parts_.loaded) list.push_back(entry_of(model));
  if (!wants_ready_only(body)) {
    for (const ServedModel& model : parts_.unloaded) list.push_back(entry_of(model));
  }
  return {.body = dump_json(list)};
}

/// New files of a model that is served already are read too.
RepositoryRoutes::Answer RepositoryRoutes::load(const std::string& name) {
  if (!list_models(parts_.folder, name).empty()) return put({name, true});
  std::vector<std::string> known;
  for (const RepositoryModel& model : list_models(parts_.folder)) known.push_back(model.name);
  fail_unknown(name, known, "in the repository");
}

RepositoryRoutes::Answer RepositoryRoutes::unload(const std::string& name) {
  std::vector<std::string> known;
  for (const ServedModel& model : parts_.loaded) known.push_back(model.name);
  if (std::ranges::find(known, name) == known.end()) fail_unknown(name, known, "that is served");
  return put({name, false});
}

RepositoryRoutes::Answer RepositoryRoutes::put(ReloadWishes::Wish wish) {
  const auto number = parts_.wishes.add(wish);
  if (!number) throw HttpError(503, "[serve] too many models are waiting to be loaded or unloaded", "try again");
  open_.emplace(*number, std::move(wish));
  parts_.ring();
  return {.wish = *number};
}

}  // namespace thrum::serving
