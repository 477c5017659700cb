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
      {{"--preload", "--preload-app"}, "leave it out: workers always share one copy of the model"},
      {{"--worker-tmp-dir"}, "leave it out: heartbeats are in shared memory"},
      {{"--reload", "--reload-engine", "--reload-extra-file", "--reload-extra-files"},
       "send SIGHUP to the server when its model has changed"},
      {{"-D", "--daemon"}, "let systemd run it, or the shell: nohup thrum serve MODEL &"},
      {{"-n", "--name", "--proc-name"}, "leave it out: the processes are called thrum and thrum-worker"},
      {{"-e", "--env", "--raw-env"}, "set variables in front of the command: NAME=VALUE thrum serve MODEL"},
      {{"--wsgi-app"}, "name the model: thrum serve MODEL"},
      {{"--initgroups"}, "leave it out: workers have the groups of --user and --group alone"},
      {{"--sendfile", "--tmp-upload-dir"}, "leave it out: requests and replies stay in memory"},
      {{"--permit-unconventional-http-method", "--permit-unconventional-http-version", "--permit-obsolete-folding",
        "--strip-header-spaces", "--casefold-http-method"},
       "leave it out: what HTTP does not allow is refused, which keeps out request smuggling"},
      {{"--on-starting", "--on-reload", "--when-ready", "--pre-fork", "--post-fork", "--post-worker-init",
        "--worker-int", "--worker-abort", "--pre-exec", "--pre-request", "--post-request", "--child-exit",
        "--worker-exit", "--nworkers-changed", "--on-exit", "--ssl-context"},
       "leave it out: there is no Python in this server; a C++ program of yours has main"},
      {{"--pythonpath", "--paste", "--paster", "--spew"}, "leave it out: there is no Python in this server"},
      {{"--certfile", "--keyfile", "--ca-certs", "--ciphers", "--ssl-version", "--cert-reqs",
        "--do-handshake-on-connect", "--suppress-ragged-eofs"},
       "let a proxy in front speak TLS, such as nginx"},
      {{"--no-sendfile"}, "leave it out: replies come from memory"},
      {{"--statsd-host", "--statsd-prefix", "--dogstatsd-tags"}, "let Prometheus read GET /metrics"},
      {{"--log-config", "--log-config-json", "--log-config-dict", "--logconfig", "--logconfig-json", "--logconfig-dict",
        "--logger-class"},
       "choose with --log-level, --log-format, --access-logfile and --error-logfile"},
      {{"--log-syslog", "--log-syslog-to", "--log-syslog-prefix", "--log-syslog-facility", "--syslog", "--syslog-addr",
        "--syslog-prefix", "--syslog-facility"},
       "let systemd or logger(1) take standard error"},
      {{"--capture-output", "-R", "--enable-stdio-inheritance", "--disable-redirect-access-to-syslog"},
       "leave it out: --error-logfile has all that is written to standard error"},
      {{"--proxy-protocol", "--proxy-allow-from", "--forwarded-allow-ips", "--forwarder-headers", "--header-map",
        "--secure-scheme-headers"},
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
