#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "thrum/core/options.h"
#include "thrum/model/model.h"

namespace thrum {

/// How a model is served. Names and defaults are gunicorn's where it has the option, but for keep_alive: a proxy in
/// front keeps its connections for a minute and must be the first to let go.
struct ServeOptions {
  std::string bind = "127.0.0.1:8000";
  int workers = 1;
  int backlog = 2048;
  int worker_connections = 1000;
  double timeout = 30;
  double graceful_timeout = 30;
  double keep_alive = 65;
  double header_timeout = 10;
  double body_timeout = 30;
  std::size_t limit_request_line = 4094;
  std::size_t limit_request_fields = 100;
  std::size_t limit_request_field_size = 8190;
  std::size_t limit_request_body = 16u << 20;
  std::size_t limit_rows = 100000;
};

std::span<const OptionField> serve_option_fields();

/// Serves `model` over HTTP until SIGTERM (requests in flight are answered first), SIGINT or SIGQUIT (at once): POST
/// /predict, GET /health, /v2/health/live, /v2/health/ready. Worker processes share one compiled image of the model;
/// one that crashes or hangs is replaced, its waiting connections are not lost. What happens goes to the log, in
/// gunicorn's words.
///
/// The workers are the same program, started with `serve_worker_command` as its first argument: its main must then
/// return serve_worker_main(argc, argv). Call it from the only thread of the process.
///
/// Throws invalid_argument for an address that cannot be read, io for one that cannot be bound (in use, not of this
/// machine, no permission), remote where workers end before they could serve.
void serve(const Model& model, const ServeOptions& options);

/// The hidden command of a worker process.
inline constexpr std::string_view serve_worker_command = "serve-worker";

/// What a worker process does; returns its exit code. Set the log sink before, as for serve().
int serve_worker_main(int argc, char** argv);

}  // namespace thrum
