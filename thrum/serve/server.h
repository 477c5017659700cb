#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "thrum/model/model.h"
#include "thrum/serve/routes.h"
#include "thrum/serve/serve_options.h"

namespace thrum {

/// A program that answers HTTP requests: with a model, with functions of its own, or with both. Flask's first example:
///
///     int main(int argc, char** argv) {
///       thrum::Server server;
///       server.get("/", [](const thrum::HttpRequest&) { return thrum::text_response("Hello, World!"); });
///       server.init(argc, argv);
///       server.serve({.bind = "127.0.0.1:4000", .workers = 4});
///     }
///
/// The workers are the same program, started again: main runs there up to init(), which works instead of returning.
/// So what comes before init() is what every worker has (routes, and what they capture), what comes after is done once.
class Server {
 public:
  /// Throws as Routes::add. These are asked before the routes of the model.
  Server& get(std::string path, RouteHandler handler);
  Server& post(std::string path, RouteHandler handler);
  Server& route(HttpMethod method, std::string path, RouteHandler handler);

  /// Also does what thrum::init does. Set the log sink before. In a worker process it does not return.
  void init(int argc, char** argv);

  /// Serves until SIGTERM (requests in flight are answered first), SIGINT or SIGQUIT (at once). Worker processes share
  /// one compiled image of the model; one that crashes or hangs is replaced, its waiting connections are not lost. What
  /// happens goes to the log, in gunicorn's words. Call it from the only thread of the process.
  ///
  /// Throws invalid_argument for an address that cannot be read, or where init() was not called before; io for an
  /// address that cannot be bound (in use, not of this machine, no permission); remote where workers end before they
  /// could serve.
  ///
  /// With options.model_repository the routes of all models of that folder are there too; SIGHUP reads it again.
  void serve(const ServeOptions& options) const;
  /// The same with the routes of a model: POST /predict, GET /health, /v2/health/live, /v2/health/ready.
  void serve(const Model& model, const ServeOptions& options) const;
  /// The same for a model that nobody else needs: its memory is given back.
  void serve(std::unique_ptr<const Model> model, const ServeOptions& options) const;

 private:
  Routes routes_;
};

/// Server::serve of a program without routes of its own.
void serve(const Model& model, const ServeOptions& options);

/// The hidden first argument of a worker process. For a main that does without Server::init: it must then return
/// serve_worker_main(argc, argv).
inline constexpr std::string_view serve_worker_command = "serve-worker";

/// What a worker process does; returns its exit code. Set the log sink before, as for serve().
int serve_worker_main(int argc, char** argv);

}  // namespace thrum
