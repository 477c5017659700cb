#include "thrum/serve/reload_internal.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/runtime/memfd_internal.h"
#include "thrum/runtime/process/descriptor_socket_internal.h"

namespace thrum::serving {
namespace {

constexpr const char* mark = "THRUM_SERVE_RELOAD";
constexpr int socket_fd = 3;
constexpr int board_fd = 4;
constexpr int image_fd = 5;

Command command_of(int socket, int messages, int board, int image) {
  Command command;
  command.arguments = own_arguments();
  command.environment = {{mark, "1"}};
  command.inherited = {socket, board, image};
  command.standard = {0, 1, messages};
  return command;
}

/// In one line, without a line break at the end.
std::string text_in(int fd) {
  std::string text(4096, '\0');
  const ssize_t n = pread(fd, text.data(), text.size(), 0);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  while (text.ends_with('\n')) text.pop_back();
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;)
    text.replace(at, text.find_first_not_of(' ', at + 1) - at, "; ");
  return text;
}

std::string text_of(const ServeOptions& options) {
  std::string text;
  for (const OptionField& field : serve_option_fields()) text += field.name + "=" + field.get(&options) + '\0';
  return text;
}

ServeOptions options_of(std::string_view text) {
  ServeOptions options;
  while (!text.empty()) {
    const std::string_view entry = text.substr(0, text.find('\0'));
    const std::size_t equals = entry.find('=');
    find_option(serve_option_fields(), entry.substr(0, equals)).set(&options, entry.substr(equals + 1));
    text.remove_prefix(entry.size() + 1);
  }
  return options;
}

/// The lines of the changes, a zero byte, the options.
std::string text_of(const Offer& offer) {
  std::string text;
  for (const std::string& line : offer.changes) text += without_controls(line) + '\n';
  return text + '\0' + text_of(offer.options);
}

Offer offer_of(DescriptorPacket packet) {
  const std::string_view text = thrum::text_of(packet.bytes);
  const std::size_t end = text.find('\0');
  Offer offer{options_of(text.substr(end + 1)), std::move(packet.descriptors[0])};
  for (std::string_view lines = text.substr(0, end); !lines.empty(); lines.remove_prefix(lines.find('\n') + 1)) {
    offer.changes.emplace_back(lines.substr(0, lines.find('\n')));
  }
  return offer;
}

}  // namespace

std::vector<std::string> own_arguments() {
  std::vector<std::string> arguments;
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  for (std::string argument; std::getline(file, argument, '\0');) arguments.push_back(argument);
  if (!arguments.empty()) arguments.erase(arguments.begin());
  return arguments;
}

Reload::Reload(int board, int image)
    : Reload(make_socket_pair(), create_memfd("thrum-reload-messages"), board, image) {}

Reload::Reload(std::pair<UniqueFd, UniqueFd> sockets, UniqueFd messages, int board, int image)
    : socket_(std::move(sockets.first)),
      messages_(std::move(messages)),
      process_(command_of(sockets.second.get(), messages_.get(), board, image)) {}

std::optional<Offer> Reload::result() {
  const auto end = process_.wait_for(std::chrono::milliseconds(0));
  if (!end) return std::nullopt;
  std::optional<DescriptorPacket> packet = receive_packet(socket_.get());
  if (!end->ok() || !packet || packet->descriptors.size() != 1) {
    const std::string said = text_in(messages_.get());
    throw Error(ErrorCode::remote, said.empty() ? "it ended with " + end->describe() + " and said nothing" : said);
  }
  return offer_of(std::move(*packet));
}

bool is_reload() {
  return std::getenv(mark) != nullptr;
}

Scoreboard board_of_reload() {
  return Scoreboard(UniqueFd(dup(board_fd)));
}

SharedBytes image_of_reload() {
  return SharedBytes(image_fd);
}

void make_offer(const Offer& offer) {
  const int image = offer.image.get();
  send_packet(socket_fd, bytes_of(text_of(offer)), {&image, 1});
}

}  // namespace thrum::serving
