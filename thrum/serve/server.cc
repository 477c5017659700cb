#include "thrum/serve/server.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/runtime/process/init.h"
#include "thrum/serve/model_set_internal.h"
#include "thrum/serve/service_internal.h"
#include "thrum/serve/supervisor_internal.h"
#include "thrum/serve/version_internal.h"
#include "thrum/serve/worker_process_internal.h"

namespace thrum {
namespace {

bool is_worker_process() {
  std::ifstream arguments("/proc/self/cmdline");
  std::string program, command;
  std::getline(arguments, program, '\0');
  std::getline(arguments, command, '\0');
  return command == serve_worker_command;
}

/// Explains predictions too, unless that would take too much memory of every worker.
std::vector<std::byte> image_of(const Model& model) {
  constexpr std::size_t largest = std::size_t{64} << 20;
  std::vector<std::byte> image = model.compile_to_explain();
  return image.size() <= largest ? image : model.compile();
}

void supervise(std::vector<serving::ModelImage> models, const ServeOptions& options) {
  if (is_worker_process()) {
    throw Error(ErrorCode::invalid_argument, "[serve] a worker process came as far as serve()",
                "call init(argc, argv) of the server before, and after its routes are there");
  }
  log(LogLevel::info, "Starting thrum " + std::string(serving::version()));
  std::vector<std::byte> image = serving::pack_models(models, serving::read_access(options));
  models.clear();
  serving::supervise(std::move(image), options);
}

int work(int argc, char** argv, const Routes& routes) {
  return serving::worker_main(argc, argv,
                              [&](const serving::ServiceParts& parts) { return serving::open_service(parts, routes); });
}

}  // namespace

Server& Server::route(HttpMethod method, std::string path, RouteHandler handler) {
  routes_.add(method, std::move(path), std::move(handler));
  return *this;
}

Server& Server::get(std::string path, RouteHandler handler) {
  return route(HttpMethod::get, std::move(path), std::move(handler));
}

Server& Server::post(std::string path, RouteHandler handler) {
  return route(HttpMethod::post, std::move(path), std::move(handler));
}

void Server::init(int argc, char** argv) {
  thrum::init(argc, argv);
  if (argc > 1 && argv[1] == serve_worker_command) std::exit(work(argc, argv, routes_));
}

void Server::serve(const ServeOptions& options) const {
  supervise({}, options);
}

void Server::serve(const Model& model, const ServeOptions& options) const {
  std::vector<serving::ModelImage> models = {{"model", "1", image_of(model)}};
  log(LogLevel::info, "Serving " + std::string(model.algorithm()) + ", " +
                          std::to_string(model.schema().features.size()) + " features, " +
                          std::to_string(models[0].bytes.size()) + " bytes");
  supervise(std::move(models), options);
}

void serve(const Model& model, const ServeOptions& options) {
  Server().serve(model, options);
}

int serve_worker_main(int argc, char** argv) {
  return work(argc, argv, {});
}

}  // namespace thrum
