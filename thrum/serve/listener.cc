#include "thrum/serve/listener_internal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/serve/destination_internal.h"

namespace thrum::serving {
namespace {

const char* remedy_of(int error, bool is_unix) {
  if (error == EADDRINUSE) {
    return is_unix ? "a server listens there, or the file is no socket; choose another path"
                   : "another process listens there; choose another port, or 0 for any";
  }
  if (error != EACCES) return "";
  return is_unix ? "choose a folder that this user may write to"
                 : "ports below 1024 are root's: start as root with --user, or choose a higher one";
}

[[noreturn]] void fail(const std::string& address) {
  const int error = errno;
  throw Error(ErrorCode::io, "[serve] cannot listen at " + address + ": " + std::generic_category().message(error),
              remedy_of(error, address.starts_with("unix:")));
}

void switch_on(int socket, int level, int option) {
  const int on = 1;
  setsockopt(socket, level, option, &on, sizeof on);
}

bool is_on(int socket, int option) {
  int on = 0;
  socklen_t size = sizeof on;
  return getsockopt(socket, SOL_SOCKET, option, &on, &size) == 0 && on != 0;
}

UniqueFd unbound_socket(const std::string& address, const Endpoint& endpoint, bool with_others) {
  UniqueFd fd(socket(endpoint.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) fail(address);
  if (!endpoint.is_unix()) {
    switch_on(fd.get(), SOL_SOCKET, SO_REUSEADDR);
    switch_on(fd.get(), IPPROTO_TCP, TCP_NODELAY);  // connections inherit it
    if (with_others) switch_on(fd.get(), SOL_SOCKET, SO_REUSEPORT);
  }
  return fd;
}

UniqueFd new_socket(const std::string& address, const Endpoint& endpoint, bool with_others) {
  UniqueFd fd = unbound_socket(address, endpoint, with_others);
  if (bind(fd.get(), endpoint.data(), endpoint.size()) != 0) fail(address);
  return fd;
}

/// SO_REUSEPORT would let us in beside another server of the same user; a socket without it is refused.
void refuse_company(const std::string& address, const Endpoint& endpoint) {
  const UniqueFd probe = new_socket(address, endpoint, false);
  if (listen(probe.get(), 1) != 0) fail(address);
}

unsigned long inode_of(const std::string& path) {
  struct stat info{};
  return lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode) ? info.st_ino : 0;
}

void check_given(const std::string& address, int fd) {
  int is_listening = 0;
  socklen_t size = sizeof is_listening;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size) == 0 && is_listening != 0) return;
  throw Error(ErrorCode::invalid_argument, "[serve] expected a listening socket, got \"" + address + "\"");
}

void check_unix(const std::string& address, const std::string& path) {
  errno = error_of_folder(std::filesystem::path(path).parent_path());
  if (errno != 0) fail(address);
  std::error_code ignored;
  const auto there = std::filesystem::symlink_status(path, ignored);  // a link to a socket is in the way, too
  errno = EADDRINUSE;
  if (std::filesystem::exists(there) && !std::filesystem::is_socket(there)) fail(address);
}

/// A socket that is bound beside others and does not listen leaves no trace.
void check_tcp(const std::string& address, const Endpoint& endpoint) {
  const UniqueFd probe = unbound_socket(address, endpoint, true);
  if (bind(probe.get(), endpoint.data(), endpoint.size()) != 0 && errno != EADDRINUSE) fail(address);
}

[[noreturn]] void refuse_pair(const std::string& one, const std::string& other) {
  throw Error(ErrorCode::invalid_argument, fmt::format("[serve] cannot listen at both {} and {}", one, other),
              "who asks one asks the other: name one of them");
}

}  // namespace

Listener::Listener(std::string address, std::size_t n_places, const Options& options)
    : address_(std::move(address)), options_(options) {
  if (const auto fd = given_socket(address_)) {
    adopt(*fd);
    return;
  }
  endpoint_ = Endpoint::resolve(address_);
  is_shared_ = endpoint_.is_unix();
  if (is_shared_) take_over_unix_path();
  if (!is_shared_ && endpoint_.port() != 0 && !options_.reuse_port) refuse_company(address_, endpoint_);
  sockets_.push_back(bind_socket());
  endpoint_ = Endpoint::of(sockets_.front().get());  // with the port that 0 became
  inode_ = inode_of(endpoint_.path());
  if (endpoint_.is_unix() && options_.owner.are_other()) give_away();
  grow(n_places);
}

Listener::Listener(std::string address, std::vector<UniqueFd> sockets, const Options& options)
    : address_(std::move(address)),
      options_(options),
      endpoint_(Endpoint::of(sockets.front().get())),
      is_shared_(is_shared_socket(sockets.front().get())),
      sockets_(std::move(sockets)),
      inode_(address_.starts_with("unix:") ? inode_of(endpoint_.path()) : 0) {}

Listener::~Listener() {
  if (inode_ != 0 && inode_of(endpoint_.path()) == inode_) unlink(endpoint_.path().c_str());
}

std::vector<int> Listener::sockets() const {
  std::vector<int> all;
  for (const UniqueFd& socket : sockets_) all.push_back(socket.get());
  return all;
}

void Listener::grow(std::size_t n_places) {
  if (is_shared_) return;
  while (sockets_.size() < n_places) sockets_.push_back(bind_socket());
}

/// The kernel has the sockets of an address in the order of their binding. A random one of the first gets a connection.
void Listener::deal_to(std::size_t n_places) const noexcept {
  if (is_shared_ || options_.reuse_port) return;
  std::array<sock_filter, 3> program = {
      sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM)},
      sock_filter{BPF_ALU | BPF_MOD | BPF_K, 0, 0, static_cast<std::uint32_t>(n_places)},
      sock_filter{BPF_RET | BPF_A, 0, 0, 0}};
  const sock_fprog filter{program.size(), program.data()};
  setsockopt(sockets_.front().get(), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter, sizeof filter);
}

void Listener::shrink(std::size_t n_places) {
  if (!is_shared_ && sockets_.size() > n_places) sockets_.resize(n_places);
}

void Listener::close(std::size_t place) {
  if (!is_shared_ && place < sockets_.size()) sockets_[place].reset();
}

UniqueFd Listener::bind_socket() const {
  UniqueFd fd = new_socket(address_, endpoint_, true);
  if (listen(fd.get(), options_.backlog) != 0) fail(address_);
  return fd;
}

/// The socket of a server that was killed is in the way; one where somebody listens is not ours to take.
void Listener::take_over_unix_path() const {
  if (inode_of(endpoint_.path()) == 0) return;
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (connect(probe.get(), endpoint_.data(), endpoint_.size()) != 0 && errno == ECONNREFUSED) {
    unlink(endpoint_.path().c_str());
  }
}

/// Those who are of the workers' user or group may ask, as far as the mask lets them.
void Listener::give_away() const {
  if (chown(endpoint_.path().c_str(), options_.owner.uid, options_.owner.gid) != 0) fail(address_);
}

void Listener::adopt(int fd) {
  check_given(address_, fd);
  sockets_.emplace_back(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  is_shared_ = true;
  endpoint_ = Endpoint::of(fd);
}

void check_addresses(const ServeOptions& options, bool has_given_sockets) {
  std::vector<std::pair<std::string, Endpoint>> others;
  for (const std::string& address : addresses_in(options.bind)) {
    if (const auto fd = given_socket(address)) {
      if (has_given_sockets) check_given(address, *fd);
      continue;
    }
    const Endpoint endpoint = Endpoint::resolve(address);
    if (endpoint.is_unix()) {
      check_unix(address, endpoint.path());
    } else {
      check_tcp(address, endpoint);
    }
    for (const auto& [other, place] : others) {
      const bool is_allowed = options.reuse_port && !endpoint.is_unix();
      if (is_allowed || (!endpoint.is_within(place) && !place.is_within(endpoint))) continue;
      refuse_pair(other, address);
    }
    others.emplace_back(address, endpoint);
  }
}

bool is_shared_socket(int socket) {
  return !is_on(socket, SO_REUSEPORT);
}

}  // namespace thrum::serving
