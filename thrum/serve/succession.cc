#include "thrum/serve/succession_internal.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "thrum/serve/reload_internal.h"

namespace thrum::serving {
namespace {

constexpr const char* mark = "THRUM_SERVE_SOCKETS";  // "4711,2 127.0.0.1:4000,1 unix:/run/thrum.sock"
constexpr int first_socket = 3;

/// Its path, also when another file has taken its place since it was started.
std::string own_file() {
  std::array<char, PATH_MAX> path{};
  const ssize_t n = readlink("/proc/self/exe", path.data(), path.size());
  std::string file(path.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  const std::string_view replaced = " (deleted)";
  if (file.ends_with(replaced)) file.resize(file.size() - replaced.size());
  return file;
}

Command command_of(std::span<const std::shared_ptr<Listener>> listeners, const Successor::Environment& environment) {
  Command command;
  command.program = own_file();
  command.arguments = own_arguments();
  std::string text = std::to_string(getpid());
  for (const auto& listener : listeners) {
    const std::vector<int> sockets = listener->sockets();
    text += "," + std::to_string(sockets.size()) + " " + listener->address();
    command.inherited.insert(command.inherited.end(), sockets.begin(), sockets.end());
  }
  command.environment = environment;
  command.environment.emplace_back(mark, text);
  return command;
}

}  // namespace

Successor::Successor(std::span<const std::shared_ptr<Listener>> listeners, const Environment& environment)
    : process_(command_of(listeners, environment)) {}

bool is_successor() {
  return std::getenv(mark) != nullptr;
}

Inheritance Inheritance::take() {
  Inheritance inheritance;
  const char* text = std::getenv(mark);
  if (text == nullptr) return inheritance;
  std::istringstream entries(text);
  unsetenv(mark);  // it is not for our own children
  std::string entry;
  std::getline(entries, entry, ',');
  inheritance.predecessor_ = static_cast<pid_t>(std::atoi(entry.c_str()));
  int fd = first_socket;
  while (std::getline(entries, entry, ',')) {
    auto& sockets = inheritance.sockets_[entry.substr(entry.find(' ') + 1)];
    for (int i = std::atoi(entry.c_str()); i > 0; --i) sockets.emplace_back(fd++);
  }
  return inheritance;
}

bool Inheritance::is_early() const noexcept {
  return predecessor_ != 0 && getppid() == predecessor_;
}

std::vector<UniqueFd> Inheritance::sockets_of(const std::string& address) {
  const auto found = sockets_.find(address);
  return found == sockets_.end() ? std::vector<UniqueFd>() : std::move(found->second);
}

}  // namespace thrum::serving
