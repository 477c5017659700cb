#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/model/model.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {

/// Logistic regression on people_schema.
std::unique_ptr<Model> people_model();

/// Polls until `is_true`; false when that took too long.
bool becomes_true(const std::function<bool()>& is_true,
                  std::chrono::milliseconds deadline = std::chrono::milliseconds(20000));

/// A supervisor in a process of its own, with the fake predictor in its workers. Ages tell that to misbehave: 666
/// aborts, 777 hangs.
class TestServer {
 public:
  /// `options` as "name=text"; the address is 127.0.0.1 with any port. `image` is "good" for the fake predictor,
  /// "regression" for one of a regression, "model" for people_model, "none" for no model, "bad" for one that no worker
  /// opens, "huge" for one that no worker finds memory for, "killed" for one that kills them, "lost" for a main without
  /// init(), "@FILE" for what the file holds: an image and options, one a line.
  /// `log_file`: where the log goes, if not to standard error. Returns when the first worker answers.
  explicit TestServer(std::vector<std::string> options = {}, const std::string& image = "good",
                      const std::string& log_file = "");
  ~TestServer();

  std::uint16_t port() const noexcept { return port_; }
  pid_t pid() const noexcept { return pid_; }
  std::string log() const;
  bool log_comes_to_have(std::string_view text, int times = 1) const;
  /// Of the workers that have booted, dead or alive, the oldest first.
  std::vector<pid_t> workers() const;
  void signal(int number) const;
  /// The exit code, or 128 + the signal that ended it.
  int wait_for_exit();

 private:
  pid_t pid_ = 0;
  std::uint16_t port_ = 0;
  UniqueFd log_;
};

bool is_alive(pid_t pid);

/// A blocking connection to a server.
class TestClient {
 public:
  explicit TestClient(std::uint16_t port);
  explicit TestClient(const std::string& unix_path);

  void send(std::string_view bytes);
  void shut_down();  ///< our side
  void vanish();     ///< the server gets a reset
  /// Head and body of the next reply; "" where the connection ends or is reset before.
  std::string reply();
  std::string ask(std::string_view request);
  /// A part of a reply is there.
  bool has_begun() const noexcept { return !bytes_.empty(); }
  /// The server has closed, and nothing is left to read.
  bool is_closed();

 private:
  void connect_to(const sockaddr* address, socklen_t size);
  bool read_more();

  UniqueFd socket_;
  std::string bytes_;
};

std::string get(const std::string& path);
/// POST /predict of one instance of this age; the reply's body is that of `prediction(age)`.
std::string ask_for(int age);
std::string prediction(int age);

}  // namespace thrum
