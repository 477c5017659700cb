#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "thrum/serve/model_set_internal.h"
#include "thrum/serve/repository_routes_internal.h"
#include "thrum/serve/request_handler.h"
#include "thrum/serve/router_internal.h"
#include "thrum/serve/routes.h"
#include "thrum/serve/server.h"
#include "thrum/serve/worker_process_internal.h"

namespace thrum::serving {

/// All that a worker answers: the program's own routes first, then those of its models.
class Service : public RequestHandler {
 public:
  /// The image behind `models` must outlive the service.
  Service(std::vector<ServedModel> models, Routes routes, const ServeOptions& options);

  /// From now on the administrator may look at the repository of `options`, and change what of it is served.
  void manage_repository(const ServiceParts& parts);
  /// From now on GET /metrics tells what is on `board`, which must outlive the service.
  void show_metrics(const Scoreboard& board);

  const HttpResponse& handle(const HttpRequest& request) noexcept override;
  const HttpResponse* handle_or_gather(const HttpRequest& request) noexcept override;
  std::uint64_t ticket() const noexcept override { return ticket_; }
  const HttpResponse* postponed_answer(std::uint64_t ticket, const HttpRequest& request) noexcept override;
  void predict_gathered() noexcept override;
  const HttpResponse& gathered_answer(std::size_t index, const HttpRequest& request) noexcept override;
  std::string_view route_of(std::string_view path) const override;
  void set_draining() noexcept override;
  void set_ending() noexcept override { is_ending_ = true; }

 private:
  void add_health();
  void add_route(std::string path, RouteHandler handler);
  void administer(const HttpRequest& request);
  void answer(const HttpRequest& request);
  bool is_for_router(const HttpRequest& request) const;

  std::vector<ServedModel> models_;
  Routes routes_;
  bool gathers_;
  std::optional<Router> router_;  // none without a model
  std::vector<ServedModel> unloaded_;
  std::optional<RepositoryRoutes> repository_;
  HttpResponse response_;
  std::string allow_;
  std::uint64_t ticket_ = 0;  ///< of the last request, where its answer is postponed
  bool draining_ = false;
  bool is_ending_ = false;
};

/// What a worker answers from its parts, to those who may ask.
std::unique_ptr<RequestHandler> open_service(const ServiceParts& parts, const Routes& routes);

}  // namespace thrum::serving
