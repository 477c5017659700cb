#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "thrum/runtime/advice/process_tree_internal.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// "12 (a name (with) blanks) S 1 …": the name may hold anything, so the last parenthesis counts.
char state_in(const std::string& stat) {
  const auto end = stat.rfind(')');
  return end == std::string::npos || end + 2 >= stat.size() ? '?' : stat[end + 2];
}

/// "on the CPU, waiting for one, turns", in nanoseconds.
double queued_seconds_in(const std::string& schedstat) {
  std::istringstream fields(schedstat);
  double ran = 0, queued = 0;
  return fields >> ran >> queued ? 1e-9 * queued : 0;
}

std::optional<pid_t> number(const std::string& text) {
  pid_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void add_threads(pid_t pid, const fs::path& proc, std::vector<ThreadState>& threads, std::vector<pid_t>& children) {
  std::error_code ended;
  for (const auto& entry : fs::directory_iterator(proc / std::to_string(pid) / "task", ended)) {
    const auto id = number(entry.path().filename());
    const char state = state_in(read_text(entry.path() / "stat"));
    if (!id || state == '?' || state == 'Z' || state == 'X') continue;
    threads.push_back({*id, pid, state, queued_seconds_in(read_text(entry.path() / "schedstat"))});
    std::istringstream list(read_text(entry.path() / "children"));
    for (pid_t child = 0; list >> child;) children.push_back(child);
  }
}

}  // namespace

std::vector<ThreadState> threads_of_tree(pid_t pid, const fs::path& proc) {
  std::vector<ThreadState> threads;
  std::vector<pid_t> processes{pid};
  // `processes` grows while it is walked.
  for (std::size_t i = 0; i < processes.size(); ++i) add_threads(processes[i], proc, threads, processes);
  return threads;
}

double thread_queued_seconds() {
  return queued_seconds_in(read_text("/proc/thread-self/schedstat"));
}

}  // namespace thrum
