#include "thrum/serve/credentials_internal.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <optional>

#include "thrum/core/error.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum::serving {
namespace {

/// That of no user and no group: setresuid(2) and setresgid(2) change nothing for it.
constexpr unsigned unchanged = static_cast<unsigned>(-1);

std::optional<unsigned> number_in(const std::string& text, int base) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size() || number == unchanged) return std::nullopt;
  return number;
}

[[noreturn]] void refuse(const std::string& option, const std::string& expected, const std::string& given) {
  throw Error(ErrorCode::invalid_argument, "[" + option + "] expected " + expected + ", got \"" + given + "\"");
}

/// CAP_SETUID and CAP_SETGID (capabilities(7)), which root has.
bool may_become_others() {
  constexpr unsigned needed = 1u << CAP_SETUID | 1u << CAP_SETGID;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  return syscall(SYS_capget, &header, sets) == 0 && (sets[0].effective & needed) == needed;
}

}  // namespace

Credentials Credentials::of(const ServeOptions& options) {
  Credentials credentials{geteuid(), getegid()};
  if (!options.user.empty()) {
    const auto number = number_in(options.user, 10);
    const passwd* user = number ? getpwuid(*number) : getpwnam(options.user.c_str());
    if (user == nullptr && !number) refuse("user", "a user of this machine", options.user);
    credentials.uid = number ? *number : user->pw_uid;
    if (user != nullptr) credentials.gid = user->pw_gid;
  }
  if (!options.group.empty()) {
    const auto number = number_in(options.group, 10);
    const group* found = number ? nullptr : getgrnam(options.group.c_str());
    if (found == nullptr && !number) refuse("group", "a group of this machine", options.group);
    credentials.gid = number ? *number : found->gr_gid;
  }
  return credentials;
}

bool Credentials::are_other() const noexcept {
  return uid != geteuid() || gid != getegid();
}

void Credentials::check() const {
  if (!are_other() || may_become_others()) return;
  throw Error(ErrorCode::io,
              "[serve] cannot run workers as user " + std::to_string(uid) + " and group " + std::to_string(gid) +
                  ": Operation not permitted",
              "start as root, or leave out --user and --group");
}

void Credentials::take() const {
  if (!are_other()) return;
  if (setgroups(1, &gid) != 0 || setresgid(gid, gid, gid) != 0)
    throw_io("[serve] cannot become group " + std::to_string(gid));
  if (setresuid(uid, uid, uid) != 0) throw_io("[serve] cannot become user " + std::to_string(uid));
}

mode_t parse_umask(const std::string& text) {
  const auto mask = number_in(text, 8);
  if (!mask || *mask > 0777) refuse("umask", "an octal number up to 777", text);
  return *mask;
}

}  // namespace thrum::serving
