#include "thrum/serve/worker_process_internal.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/serve/scoreboard_internal.h"
#include "thrum/serve/worker_internal.h"

namespace thrum::serving {
namespace {

/// The arguments that are not options: name and place.
struct Number {
  const char* name;
  int WorkerCommand::* member;
};

constexpr Number numbers[] = {{"slot", &WorkerCommand::slot},
                              {"supervisor", &WorkerCommand::supervisor},
                              {"listener", &WorkerCommand::listener},
                              {"image", &WorkerCommand::image},
                              {"board", &WorkerCommand::board}};

void set_argument(WorkerCommand& command, std::string_view name, std::string_view text) {
  for (const Number& number : numbers) {
    if (number.name == name) {
      command.*number.member = static_cast<int>(detail::parse_integer(name, {}, text));
      return;
    }
  }
  find_option(serve_option_fields(), name).set(&command.options, text);
}

/// The image of the model, shared with all other workers.
class MappedImage {
 public:
  explicit MappedImage(UniqueFd memory) {
    struct stat info{};
    if (fstat(memory.get(), &info) == 0) size_ = static_cast<std::size_t>(info.st_size);
    data_ = mmap(nullptr, size_, PROT_READ, MAP_SHARED, memory.get(), 0);
    if (data_ == MAP_FAILED) throw Error(ErrorCode::io, "[serve] cannot map the model's image");
  }
  ~MappedImage() { munmap(data_, size_); }
  MappedImage(const MappedImage&) = delete;
  MappedImage& operator=(const MappedImage&) = delete;

  ByteSpan bytes() const noexcept { return {static_cast<const std::byte*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

/// One descriptor per connection: as many as the system lets us have.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

std::vector<std::string> WorkerCommand::arguments() const {
  std::vector<std::string> texts;
  for (const Number& number : numbers) texts.push_back(number.name + ("=" + std::to_string(this->*number.member)));
  for (const OptionField& field : serve_option_fields()) texts.push_back(field.name + "=" + field.get(&options));
  return texts;
}

WorkerCommand WorkerCommand::parse(std::span<const std::string> arguments) {
  WorkerCommand command;
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) {
      throw Error(ErrorCode::invalid_argument, "[serve-worker] expected name=value, got \"" + argument + "\"");
    }
    set_argument(command, argument.substr(0, equals), argument.substr(equals + 1));
  }
  return command;
}

int run_worker(const WorkerCommand& command, OpenPredictor open) {
  // The supervisor may have died before we asked to follow it.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != command.supervisor) return 1;
  prctl(PR_SET_NAME, "thrum-worker");
  raise_file_limit();
  const std::string pid = std::to_string(getpid());
  try {
    log(LogLevel::info, "Booting worker with pid: " + pid);
    const MappedImage image{UniqueFd(command.image)};
    const std::unique_ptr<Predictor> predictor = open(image.bytes());
    Scoreboard board{UniqueFd(command.board)};
    Worker worker(UniqueFd(command.listener), *predictor, command.options, board, {command.slot, command.supervisor});
    worker.run();
    log(LogLevel::info, "Worker exiting (pid: " + pid + ")");
    return 0;
  } catch (const std::exception& error) {
    log(LogLevel::error, "Exception in worker process: " + std::string(error.what()));
    return 1;
  }
}

int worker_main(int argc, char** argv, OpenPredictor open) {
  try {
    const std::vector<std::string> arguments(argv + std::min(argc, 2), argv + argc);
    return run_worker(WorkerCommand::parse(arguments), open);
  } catch (const Error& error) {
    log(LogLevel::error, error.what());
    return 2;
  }
}

}  // namespace thrum::serving
