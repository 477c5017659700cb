#pragma once

#include <string_view>

#include "thrum/model/model.h"
#include "thrum/serve/serve_options.h"

namespace thrum {

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
