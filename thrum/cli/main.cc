#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "thrum/cli/program.h"
#include "thrum/cli/serve_process.h"
#include "thrum/runtime/process/init.h"
#include "thrum/serve/server.h"

namespace {

/// A program that was started with standard input or output closed would otherwise get files of its own in their place.
void open_standard_files() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) == -1) static_cast<void>(::open("/dev/null", O_RDWR));
  }
}

}  // namespace

int main(int argc, char** argv) {
  thrum::init(argc, argv);
  open_standard_files();
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond `ulimit -f` is an error of its write, not the end of the program
  if (argc > 1 && argv[1] == thrum::serve_worker_command) {
    thrum::set_log_sink(thrum::cli::worker_log_sink());
    thrum::cli::take_settings_of_supervisor();
    return thrum::serve_worker_main(argc, argv);
  }
  thrum::cli::return_to_first_folder();
  return thrum::cli::run_program(argc, argv);
}
