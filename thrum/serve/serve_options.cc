#include "thrum/serve/serve_options.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "thrum/serve/access_internal.h"
#include "thrum/serve/access_log_internal.h"
#include "thrum/serve/credentials_internal.h"
#include "thrum/serve/http_syntax_internal.h"
#include "thrum/serve/listener_internal.h"
#include "thrum/serve/log_files_internal.h"
#include "thrum/serve/pid_file_internal.h"
#include "thrum/serve/reload_internal.h"
#include "thrum/serve/succession_internal.h"

namespace thrum {
namespace {

using O = ServeOptions;

std::vector<OptionField> process_fields() {
  return {
      option_field<O>("bind", &O::bind, {},
                      "address to listen at: HOST:PORT, [IPV6]:PORT (port 0: any free one), unix:PATH or fd://N; with "
                      "commas between several"),
      option_field("reuse_port", &O::reuse_port, {}, "let other servers that allow it too listen at the same address"),
      option_field("backlog", &O::backlog, {1, 65535}, "connections that may wait to be accepted, per worker"),
      option_field("workers", &O::workers, {1, 1024}, "number of worker processes"),
      option_field("threads", &O::threads, {1, 1024},
                   "threads per worker, between which the rows of a request are dealt"),
      option_field("worker_connections", &O::worker_connections, {1, 1e6},
                   "connections that a worker holds at once; above it the answer is 503"),
      option_field("batch_max_size", &O::batch_max_size, {0, 1e5},
                   "requests at most that a worker predicts in one call; 0: each by itself"),
      option_field("batch_max_delay_us", &O::batch_max_delay_us, {0, 999999},
                   "microseconds that a request may wait for others of its batch"),
      option_field("max_requests", &O::max_requests, {0, 1e9},
                   "requests after which a worker is replaced by a new one; 0: never"),
      option_field(
          "max_requests_jitter", &O::max_requests_jitter, {0, 1e9},
          "largest number of requests that a worker may go on by chance, so that not all are replaced at once"),
      option_field("user", &O::user, {}, "user that the workers run as: a name or a number"),
      option_field("group", &O::group, {}, "group that the workers run as: a name or a number"),
      option_field("umask", &O::umask, {}, "mask of the files that the server makes, octal, such as 007"),
      option_field("pid", &O::pid, {}, "file that holds the supervisor's process id while it runs"),
  };
}

std::vector<OptionField> time_fields() {
  constexpr Range seconds{0, 1e9};
  constexpr Range some_seconds{0, 1e9, true};
  return {
      option_field("timeout", &O::timeout, seconds, "seconds after which a hanging worker is replaced; 0: never"),
      option_field("graceful_timeout", &O::graceful_timeout, seconds,
                   "seconds that requests in flight have to end on SIGTERM"),
      option_field("keep_alive", &O::keep_alive, some_seconds, "seconds that an idle connection is kept"),
      option_field("header_timeout", &O::header_timeout, some_seconds,
                   "seconds in which the head of a request must come"),
      option_field("body_timeout", &O::body_timeout, some_seconds, "seconds in which the body of a request must come"),
      option_field("request_timeout", &O::request_timeout, seconds,
                   "seconds from the first byte of a request to the last one of its reply; 0: no limit but the others"),
  };
}

std::vector<OptionField> limit_fields() {
  return {
      option_field("limit_request_line", &O::limit_request_line, {16, 65536}, "bytes of the request line"),
      option_field("limit_request_fields", &O::limit_request_fields, {1, 32768}, "number of header fields"),
      option_field("limit_request_field_size", &O::limit_request_field_size, {16, 65536}, "bytes of a header field"),
      option_field("limit_request_body", &O::limit_request_body, {0, 0x1p30}, "bytes of the body"),
      option_field("limit_rows", &O::limit_rows, {1, 1e9}, "instances in one request"),
  };
}

std::vector<OptionField> access_fields() {
  return {
      option_field<O>("model_repository", &O::model_repository, {},
                      "folder with models to serve: NAME/VERSION/model.thrum, or NAME.thrum"),
      option_field<O>("token_file", &O::token_file, {}, "file with the bearer tokens that may ask, one a line"),
      option_field<O>("admin_token_file", &O::admin_token_file, {},
                      "file with the bearer tokens of the administrator; without it there are no routes for one"),
      option_field<O>("cors_origin", &O::cors_origin, {}, "whose pages browsers let ask: an origin, or * for any"),
  };
}

/// gunicorn takes it in any case.
OptionField log_level_field() {
  OptionField field = option_field("log_level", &O::log_level, {"debug", "info", "warning", "error", "critical"},
                                   "least important messages that are written");
  field.set = [set = field.set, choices = field.choices](void* options, std::string_view text) {
    const auto is_meant = [text](const std::string& choice) { return http::equal_ignoring_case(choice, text); };
    const auto found = std::ranges::find_if(choices, is_meant);
    set(options, found == choices.end() ? text : *found);
  };
  return field;
}

std::vector<OptionField> log_fields() {
  return {
      option_field<O>("access_logfile", &O::access_logfile, {},
                      "file for a line per request; -: standard output; none unless given"),
      option_field<O>("access_logformat", &O::access_logformat, {}, "form of that line, in gunicorn's %(…)s atoms"),
      option_field<O>("error_logfile", &O::error_logfile, {}, "file for the server's own messages; -: standard error"),
      log_level_field(),
  };
}

}  // namespace

std::span<const OptionField> serve_option_fields() {
  static const std::vector<OptionField> fields = [] {
    std::vector<OptionField> all;
    for (auto& group : {process_fields(), time_fields(), limit_fields(), access_fields(), log_fields()}) {
      all.insert(all.end(), group.begin(), group.end());
    }
    return all;
  }();
  return fields;
}

void check_serve_options(const ServeOptions& options) {
  serving::check_addresses(options, !serving::is_reload() && !serving::is_successor());
  serving::Credentials::of(options).check();
  if (!options.umask.empty()) serving::parse_umask(options.umask);
  serving::AccessLog(options.access_logformat);
  serving::read_access(options);
  serving::check_log_files(options);
  serving::check_pid_file(options.pid);
}

}  // namespace thrum
