#pragma once

#include <string>
#include <string_view>

#include "thrum/serve/predict_handler_internal.h"
#include "thrum/serve/request_handler.h"

namespace thrum::serving {

/// The routes of a worker that serves one model.
class Router : public RequestHandler {
 public:
  /// `predictor` must outlive the router.
  Router(const Predictor& predictor, std::size_t limit_rows) : predict_(predictor, limit_rows) {}

  const HttpResponse& handle(const HttpRequest& request) noexcept override;

  void set_draining() noexcept override { draining_ = true; }

  struct Route {
    std::string_view path;
    std::string_view allow;  ///< the methods, for people and for the field Allow
    HttpMethod method;       ///< GET takes HEAD too
    void (Router::*answer)(const HttpRequest& request);
  };

 private:
  void dispatch(const HttpRequest& request);
  void answer_index(const HttpRequest& request);
  void answer_health(const HttpRequest& request);
  void answer_live(const HttpRequest& request);
  void answer_ready(const HttpRequest& request);
  void answer_predict(const HttpRequest& request);

  static const Route routes[];

  PredictHandler predict_;
  HttpResponse response_;
  bool draining_ = false;
};

}  // namespace thrum::serving
