#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "thrum/core/options.h"

namespace thrum {

/// How a model is served. Names and defaults are gunicorn's where it has the option, but for keep_alive: a proxy in
/// front keeps its connections for a minute and must be the first to let go.
struct ServeOptions {
  std::string bind = "127.0.0.1:8000";
  bool reuse_port = false;
  int backlog = 2048;
  int workers = 1;
  int threads = 1;
  int worker_connections = 1000;
  int batch_max_size = 0;
  int batch_max_delay_us = 0;
  int max_requests = 0;
  int max_requests_jitter = 0;
  double timeout = 30;
  double graceful_timeout = 30;
  double keep_alive = 65;
  double header_timeout = 10;
  double body_timeout = 30;
  double request_timeout = 0;
  std::size_t limit_request_line = 8190;
  std::size_t limit_request_fields = 100;
  std::size_t limit_request_field_size = 8190;
  std::size_t limit_request_body = 16u << 20;
  std::size_t limit_rows = 100000;
  std::string model_repository = {};
  std::string token_file = {};
  std::string admin_token_file = {};
  std::string cors_origin = {};
  std::string access_logfile = {};
  std::string access_logformat = R"(%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s")";
  std::string error_logfile = "-";
  std::string log_level = "info";
  std::string pid = {};
  std::string user = {};
  std::string group = {};
  std::string umask = {};
};

std::span<const OptionField> serve_option_fields();

/// What a start looks at before it begins, without a trace. Throws invalid_argument for what cannot be served: an
/// address, user, mask, origin or form of log lines that there is not, a token file that is not one; io for a file that
/// cannot be read or written, or an address that is not of this machine.
void check_serve_options(const ServeOptions& options);

}  // namespace thrum
