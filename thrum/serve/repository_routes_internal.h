#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "thrum/serve/http_request.h"
#include "thrum/serve/http_response.h"
#include "thrum/serve/model_set_internal.h"

namespace thrum::serving {

/// What the administrator may do with a model repository, as the Open Inference Protocol's extension has it: POST
/// /v2/repository/index, /v2/repository/models/NAME/load and …/unload. Not thread-safe.
class RepositoryRoutes {
 public:
  struct Parts {
    std::string folder;
    std::span<const ServedModel> loaded;
    std::span<const ServedModel> unloaded;
    ModelTable& table;
    std::function<void()> reload;  ///< tells the supervisor that what is served is to be read again
  };

  /// What `parts` refer to must outlive it.
  explicit RepositoryRoutes(Parts parts) : parts_(std::move(parts)) {}

  /// Throws HttpError: 404 for another path or a model that is not there, 405 for another method, 400 for a body that
  /// is not JSON; io where the folder cannot be read.
  HttpResponse answer(const HttpRequest& request);

 private:
  HttpResponse index(std::string_view body) const;
  void load(const std::string& name);
  void unload(const std::string& name);

  Parts parts_;
};

}  // namespace thrum::serving
