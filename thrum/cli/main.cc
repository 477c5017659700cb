#include <string_view>

#include "thrum/cli/program.h"
#include "thrum/cli/serve_process.h"
#include "thrum/serve/server.h"

int main(int argc, char** argv) {
  if (argc > 1 && argv[1] == thrum::serve_worker_command) {
    thrum::set_log_sink(thrum::cli::worker_log_sink());
    thrum::cli::take_settings_of_supervisor();
    return thrum::serve_worker_main(argc, argv);
  }
  return thrum::cli::run_program(argc, argv);
}
