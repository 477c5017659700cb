#include "thrum/serve/worker_process_internal.h"

#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <new>
#include <string_view>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/runtime/memfd.h"
#include "thrum/serve/credentials_internal.h"
#include "thrum/serve/log_files_internal.h"
#include "thrum/serve/scoreboard_internal.h"
#include "thrum/serve/signal_queue_internal.h"
#include "thrum/serve/worker_internal.h"

namespace thrum::serving {
namespace {

// In the order of worker_command.
constexpr int board_fd = 3;
constexpr int image_fd = 4;
constexpr int doorbell_fd = 5;
constexpr int first_listener_fd = 6;

void set_argument(WorkerOrders& orders, std::string_view name, std::string_view text) {
  const auto number = [&] { return static_cast<int>(detail::parse_integer(name, {}, text)); };
  if (name == "seat") {
    orders.seat = number();
  } else if (name == "supervisor") {
    orders.supervisor = number();
  } else if (name == "listeners") {
    orders.n_listeners = number();
  } else {
    find_option(serve_option_fields(), name).set(&orders.options, text);
  }
}

/// One descriptor per connection: as many as the system lets us have.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void work(const WorkerOrders& orders, OpenService open) {
  const std::string pid = std::to_string(getpid());
  log(LogLevel::info, "Booting worker with pid: " + pid);
  SignalQueue signals({SIGTERM, SIGINT, SIGQUIT, SIGUSR1});  // before there is another thread
  const SharedBytes image(image_fd);
  const Scoreboard board{UniqueFd(board_fd)};
  const std::unique_ptr<RequestHandler> handler = open({image.bytes(), orders.options, board, doorbell_fd});
  malloc_trim(0);  // what opening a model took for a while
  WorkerPlace place{board, board.seat(orders.seat), orders.supervisor, doorbell_fd, signals, {}};
  for (int i = 0; i < orders.n_listeners; ++i) place.listeners.emplace_back(first_listener_fd + i);
  Worker worker(std::move(place), *handler, orders.options);
  worker.run();
  log(LogLevel::info, "Worker exiting (pid: " + pid + ")");
}

}  // namespace

std::vector<std::string> WorkerOrders::arguments() const {
  const ServeOptions defaults;
  std::vector<std::string> texts = {"seat=" + std::to_string(seat), "supervisor=" + std::to_string(supervisor),
                                    "listeners=" + std::to_string(n_listeners)};
  for (const OptionField& field : serve_option_fields()) {
    std::string text = field.get(&options);
    if (text != field.get(&defaults)) texts.push_back(field.name + "=" + text);
  }
  return texts;
}

WorkerOrders WorkerOrders::parse(std::span<const std::string> arguments) {
  WorkerOrders orders;
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) {
      throw Error(ErrorCode::invalid_argument, "[serve-worker] expected name=value, got \"" + argument + "\"");
    }
    set_argument(orders, argument.substr(0, equals), argument.substr(equals + 1));
  }
  return orders;
}

Command worker_command(const WorkerOrders& orders, const WorkerDescriptors& descriptors) {
  Command command;
  command.arguments = orders.arguments();
  command.arguments.insert(command.arguments.begin(), std::string(serve_worker_command));
  command.inherited = {descriptors.board, descriptors.image, descriptors.doorbell};
  command.inherited.insert(command.inherited.end(), descriptors.listeners.begin(), descriptors.listeners.end());
  return command;
}

int worker_main(int argc, char** argv, OpenService open) {
  try {
    const std::vector<std::string> arguments(argv + std::min(argc, 2), argv + argc);
    const WorkerOrders orders = WorkerOrders::parse(arguments);
    set_log_level(log_level_of(orders.options));
    Credentials::of(orders.options).take();
    if (!die_with_parent(orders.supervisor)) return 1;  // what a change of user would undo
    prctl(PR_SET_NAME, "thrum-worker");
    raise_file_limit();
    work(orders, open);
    return 0;
  } catch (const std::bad_alloc&) {
    log(LogLevel::error, "Exception in worker process: [serve] out of memory");
    return 1;
  } catch (const std::exception& error) {
    log(LogLevel::error, "Exception in worker process: " + std::string(error.what()));
    return 1;
  }
}

}  // namespace thrum::serving
