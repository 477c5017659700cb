#include "tests/cli/thrum_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace thrum::test {
namespace {

namespace fs = std::filesystem;

/// The variables of the test, without settings of thrum itself, and those asked for.
std::vector<std::string> environment_of(const RunOptions& options) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string(*variable).starts_with("THRUM_")) variables.emplace_back(*variable);
  }
  for (const auto& [name, value] : options.environment) variables.push_back(fmt::format("{}={}", name, value));
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

struct Streams {
  fs::path in, out, err;
};

pid_t spawn_thrum(const std::vector<std::string>& arguments, const RunOptions& options, const Streams& streams) {
  std::vector<std::string> words = {THRUM_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = environment_of(options);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, streams.in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, streams.out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, streams.err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (!options.folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, options.folder.c_str());
  pid_t pid = -1;
  const int error =
      posix_spawn(&pid, THRUM_BINARY, &actions, nullptr, pointers(words).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " THRUM_BINARY);
  return pid;
}

int exit_code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::string read_text(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

Outcome run_thrum(const std::vector<std::string>& arguments, const RunOptions& options) {
  const TemporaryFolder folder;
  const Streams streams{folder.write("in", options.input),
                        options.output_path.empty() ? folder.file("out") : options.output_path, folder.file("err")};
  const pid_t pid = spawn_thrum(arguments, options, streams);
  int status = 0;
  waitpid(pid, &status, 0);
  return {exit_code_of(status), options.output_path.empty() ? read_text(streams.out) : "", read_text(streams.err)};
}

ThrumProcess::ThrumProcess(const std::vector<std::string>& arguments, const fs::path& folder, const RunOptions& options)
    : out_(folder / "out"), err_(folder / "err") {
  std::ofstream(folder / "in", std::ios::binary) << options.input;
  pid_ = spawn_thrum(arguments, options, {folder / "in", out_, err_});
}

ThrumProcess::~ThrumProcess() {
  if (exit_code_ >= 0) return;
  signal(SIGKILL);
  wait();
}

void ThrumProcess::signal(int number) const {
  ::kill(pid_, number);
}

int ThrumProcess::wait() {
  if (exit_code_ >= 0) return exit_code_;
  int status = 0;
  waitpid(pid_, &status, 0);
  exit_code_ = exit_code_of(status);
  return exit_code_;
}

bool ThrumProcess::has_ended() {
  if (exit_code_ >= 0) return true;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
  exit_code_ = exit_code_of(status);
  return true;
}

bool ThrumProcess::wait_for_err(const std::string& text, std::chrono::seconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (err().find(text) == std::string::npos) {
    if (has_ended() || std::chrono::steady_clock::now() > end) return err().find(text) != std::string::npos;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace thrum::test
