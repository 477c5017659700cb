#include "thrum/serve/server.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/runtime/process/init.h"
#include "thrum/serve/log_files_internal.h"
#include "thrum/serve/model_set_internal.h"
#include "thrum/serve/reload_internal.h"
#include "thrum/serve/repository_set_internal.h"
#include "thrum/serve/schema_change_internal.h"
#include "thrum/serve/served_file_internal.h"
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

void begin(const ServeOptions& options) {
  if (is_worker_process()) {
    throw Error(ErrorCode::invalid_argument, "[serve] a worker process came as far as serve()",
                "call init(argc, argv) of the server before, and after its routes are there");
  }
  set_log_level(serving::is_reload() ? LogLevel::error : serving::log_level_of(options));  // why it fails, at most
  log(LogLevel::info, "Starting thrum " + std::string(serving::version()));
}

void supervise(serving::ModelSet set, const ServeOptions& options) {
  UniqueFd image = set.share(serving::read_access(options));
  std::vector<std::string> changes;
  if (serving::is_reload()) {
    changes = serving::schema_changes(serving::image_of_reload().bytes(), SharedBytes(image.get()).bytes());
  }
  serving::supervise(std::move(image), options, std::move(changes));
}

serving::ServedFile file_of(const Model& model) {
  serving::ServedFile file;
  const std::size_t size = file.set.add("model", "1", serving::image_of(model));
  file.description = serving::describe(model.algorithm(), model.schema(), size);
  return file;
}

serving::ModelSet load_repository(const std::string& folder) {
  if (!serving::is_reload()) return serving::load_repository(folder, nullptr);
  const serving::Scoreboard board = serving::board_of_reload();
  const auto wishes = board.head().wishes.all(serving::ReloadWishes::State::begun);
  if (wishes.empty()) return serving::load_repository(folder, &board.models());
  return serving::changed(serving::image_of_reload().bytes(), wishes, folder);
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
  begin(options);
  supervise(options.model_repository.empty() ? serving::ModelSet() : load_repository(options.model_repository),
            options);
}

void Server::serve(const Model& model, const ServeOptions& options) const {
  serving::serve(file_of(model), options);
}

void Server::serve(std::unique_ptr<const Model> model, const ServeOptions& options) const {
  serving::ServedFile file = file_of(*model);
  model.reset();
  serving::serve(std::move(file), options);
}

void serve(const Model& model, const ServeOptions& options) {
  Server().serve(model, options);
}

int serve_worker_main(int argc, char** argv) {
  return work(argc, argv, {});
}

namespace serving {

void serve(ServedFile file, const ServeOptions& options) {
  begin(options);
  if (!options.model_repository.empty()) {
    throw Error(ErrorCode::invalid_argument, "[serve] a model and a model repository are given",
                "put the model into the repository");
  }
  log(LogLevel::info, "Serving " + file.description);
  thrum::supervise(std::move(file.set), options);
}

}  // namespace serving
}  // namespace thrum
