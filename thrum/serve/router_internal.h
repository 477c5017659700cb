#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/serve/exchange_internal.h"
#include "thrum/serve/model_set_internal.h"
#include "thrum/serve/request_handler.h"
#include "thrum/serve/route_internal.h"

namespace thrum::serving {

/// The routes of a worker that serves models.
class Router : public RequestHandler {
 public:
  /// `models` must outlive the router; the first one answers the routes that name none. REQUIRES: there is one.
  Router(std::span<const ServedModel> models, std::size_t limit_rows);

  const HttpResponse& handle(const HttpRequest& request) noexcept override;
  const HttpResponse* handle_or_gather(const HttpRequest& request) noexcept override;
  void predict_gathered() noexcept override;
  const HttpResponse& gathered_answer(std::size_t index, const HttpRequest& request) noexcept override;

  std::string_view route_of(std::string_view path) const override;

  /// From now on /v2/health/ready answers 503.
  void set_draining() noexcept override { draining_ = true; }

  /// One of both answers.
  struct Route {
    HttpMethod method;  ///< GET takes HEAD too
    std::string_view pattern;
    void (*of_model)(Exchange& exchange);
    void (Router::*of_server)(const HttpRequest& request) = nullptr;
  };

 private:
  template <class Answer>
  void respond(const HttpRequest& request, Answer answer) noexcept;
  void dispatch(const HttpRequest& request, Gathering* gathering);
  void answer(const Route& route, const HttpRequest& request, Gathering* gathering);
  ModelEndpoint& find_model();
  ModelEndpoint& the_model();
  void answer_index(const HttpRequest& request);
  void answer_openapi(const HttpRequest& request);
  void answer_health(const HttpRequest& request);
  void answer_live(const HttpRequest& request);
  void answer_ready(const HttpRequest& request);
  void answer_version(const HttpRequest& request);
  void answer_server_metadata(const HttpRequest& request);
  void answer_model_list(const HttpRequest& request);
  void answer_statistics(const HttpRequest& request);
  void answer_all_statistics(const HttpRequest& request);

  static const Route routes[];

  std::vector<std::unique_ptr<ModelEndpoint>> models_;
  JsonReader json_;
  Gathering gathering_;
  RouteNames names_;
  HttpResponse response_;
  std::string openapi_;  ///< once somebody has asked
  bool draining_ = false;
};

}  // namespace thrum::serving
