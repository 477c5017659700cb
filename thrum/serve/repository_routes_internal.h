#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "thrum/serve/http_request.h"
#include "thrum/serve/http_response.h"
#include "thrum/serve/model_set_internal.h"
#include "thrum/serve/reload_wishes_internal.h"

namespace thrum::serving {

/// What the administrator may do with a model repository, as the Open Inference Protocol's extension has it: POST
/// /v2/repository/index, /v2/repository/models/NAME/load and …/unload. Who loads or unloads gets an answer when it is
/// done, or has failed. Not thread-safe.
class RepositoryRoutes {
 public:
  struct Parts {
    std::string folder;
    std::span<const ServedModel> loaded;
    std::span<const ServedModel> unloaded;
    ReloadWishes& wishes;
    std::function<void()> ring;  ///< for the supervisor to look at the wishes
  };

  /// What `parts` refer to must outlive it.
  explicit RepositoryRoutes(Parts parts) : parts_(std::move(parts)) {}

  /// The pattern that `path` fits; "" where there is none.
  static std::string_view route_of(std::string_view path);

  /// A response, or the number of a wish that is open; throws HttpError: 404 for another path or a model that is not
  /// there, 405 for another method, 400 for a body that is not JSON, 503 while too many wishes are open; io where the
  /// folder cannot be read.
  struct Answer {
    HttpResponse response = {.body = "{}"};
    std::uint64_t wish = 0;
  };
  Answer answer(const HttpRequest& request);

  /// None while the wish is open. Throws HttpError 400 where it failed; the model is then as it was.
  std::optional<HttpResponse> outcome(std::uint64_t wish);
  /// The same where nobody can wait any longer: throws HttpError 503 while the wish is open.
  HttpResponse last_outcome(std::uint64_t wish);

 private:
  HttpResponse index(std::string_view body) const;
  Answer load(const std::string& name);
  Answer unload(const std::string& name);
  Answer put(ReloadWishes::Wish wish);

  Parts parts_;
  std::map<std::uint64_t, ReloadWishes::Wish> open_;
};

}  // namespace thrum::serving
