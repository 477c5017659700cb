#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <system_error>

#include "thrum/core/error.h"
#include "thrum/serve/worker_process_internal.h"

namespace thrum::serving {

pid_t spawn_worker(const WorkerCommand& command) {
  std::vector<std::string> texts = command.arguments();
  texts.insert(texts.begin(), {"thrum", std::string(serve_worker_command)});
  std::vector<char*> argv;
  for (std::string& text : texts) argv.push_back(text.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int fd : {command.listener, command.image, command.board})
    posix_spawn_file_actions_adddup2(&actions, fd, fd);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    throw Error(ErrorCode::io, "[serve] cannot start a worker: " + std::generic_category().message(error));
  }
  return pid;
}

}  // namespace thrum::serving
