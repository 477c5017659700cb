#include "thrum/cli/gunicorn_flags.h"

#include <vector>

namespace thrum::cli {
namespace {

struct Group {
  std::vector<std::string> flags;
  std::string instead;
};

const std::vector<Group>& groups() {
  static const std::vector<Group> all = {
      {{"-k", "--worker-class"}, "every worker is an event loop: -w sets how many, -j the threads of each"},
      {{"--preload"}, "leave it out: workers always share one copy of the model"},
      {{"--worker-tmp-dir"}, "leave it out: heartbeats are in shared memory"},
      {{"--reload", "--reload-engine", "--reload-extra-file"}, "send SIGHUP to the server when its model has changed"},
      {{"-D", "--daemon"}, "let systemd run it, or the shell: nohup thrum serve MODEL &"},
      {{"-n", "--name"}, "leave it out: the processes are called thrum and thrum-worker"},
      {{"-e", "--env"}, "set variables in front of the command: NAME=VALUE thrum serve MODEL"},
      {{"--pythonpath", "--paste", "--paster", "--spew"}, "leave it out: there is no Python in this server"},
      {{"--certfile", "--keyfile", "--ca-certs", "--ciphers", "--ssl-version", "--cert-reqs",
        "--do-handshake-on-connect", "--suppress-ragged-eofs"},
       "let a proxy in front speak TLS, such as nginx"},
      {{"--no-sendfile"}, "leave it out: replies come from memory"},
      {{"--statsd-host", "--statsd-prefix", "--dogstatsd-tags"}, "let Prometheus read GET /metrics"},
      {{"--log-config", "--log-config-json", "--log-config-dict", "--logger-class"},
       "choose with --log-level, --log-format, --access-logfile and --error-logfile"},
      {{"--log-syslog", "--log-syslog-to", "--log-syslog-prefix", "--log-syslog-facility"},
       "let systemd or logger(1) take standard error"},
      {{"--capture-output", "-R", "--enable-stdio-inheritance", "--disable-redirect-access-to-syslog"},
       "leave it out: --error-logfile has all that is written to standard error"},
      {{"--proxy-protocol", "--proxy-allow-from", "--forwarded-allow-ips", "--forwarder-headers", "--header-map"},
       "leave it out: log what the proxy says, as in --access-logformat '%({x-forwarded-for}i)s'"},
  };
  return all;
}

}  // namespace

std::map<std::string, std::string> gunicorn_flags() {
  std::map<std::string, std::string> flags;
  for (const Group& group : groups()) {
    for (const std::string& flag : group.flags) flags[flag] = group.instead;
  }
  return flags;
}

}  // namespace thrum::cli
