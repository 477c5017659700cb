#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "thrum/runtime/unique_fd.h"
#include "thrum/serve/credentials_internal.h"
#include "thrum/serve/endpoint_internal.h"

namespace thrum::serving {

/// The listening sockets of one address: one for each place where a worker serves, between which the kernel deals the
/// connections (SO_REUSEPORT), or one that all places share. Whoever fills a place inherits its socket: a connection
/// that waits there outlives a worker.
class Listener {
 public:
  struct Options {
    int backlog = 2048;
    bool reuse_port = false;                  ///< beside other servers that allow it too
    Credentials owner = Credentials::of({});  ///< of a Unix socket's file
  };

  /// `address`: as of Endpoint::resolve, or "fd://N", a listening socket that this process was given. Throws
  /// invalid_argument for an address that cannot be read or found, io for one that cannot be bound, such as for a port
  /// in use.
  Listener(std::string address, std::size_t n_places, const Options& options);
  /// At the sockets of an address where another server listens, which hands them over. REQUIRES: some.
  Listener(std::string address, std::vector<UniqueFd> sockets, const Options& options);
  /// Removes a Unix socket's file, unless it was handed over.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  const std::string& address() const noexcept { return address_; }
  std::string url() const { return endpoint_.url(); }  ///< with the port that was found for port 0

  /// REQUIRES: there is such a place.
  int socket(std::size_t place) const noexcept { return sockets_[is_shared_ ? 0 : place].get(); }
  std::vector<int> sockets() const;
  /// Another server goes on here.
  void hand_over() noexcept { inode_ = 0; }
  /// At least so many places. Throws io.
  void grow(std::size_t n_places);
  /// From now on only the first `n_places` get connections, as far as others do not listen here too.
  void deal_to(std::size_t n_places) const noexcept;
  /// At most so many places: connections that wait at the others are reset.
  void shrink(std::size_t n_places);
  /// Nobody comes any more for those who wait there.
  void close(std::size_t place);

 private:
  UniqueFd bind_socket() const;
  void take_over_unix_path() const;
  void give_away() const;
  void adopt(int fd);

  std::string address_;
  Options options_;
  Endpoint endpoint_;
  bool is_shared_ = false;
  std::vector<UniqueFd> sockets_;
  unsigned long inode_ = 0;  ///< of the file that was made
};

/// What a start would meet at the addresses, without a trace. Throws invalid_argument for one that cannot be read or
/// found, that is there twice, or that is no listening socket; io for one that is not of this machine, or where this
/// user may not listen. Whether somebody listens there is left open: it may be the server whose settings are looked at.
/// `has_given_sockets`: those of "fd://N" are in this process.
void check_addresses(const ServeOptions& options, bool has_given_sockets);

/// Whether workers of other places accept at it too.
bool is_shared_socket(int socket);

}  // namespace thrum::serving
