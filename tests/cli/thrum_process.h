#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "thrum/runtime/temporary_folder_test.h"

namespace thrum::test {

std::string read_text(const std::filesystem::path& path);

/// What a run of the program is given besides its arguments.
struct RunOptions {
  std::string input = {};  ///< on standard input
  std::map<std::string, std::string> environment = {};
  std::filesystem::path folder = {};  ///< to run in
  std::string output_path = {};       ///< where standard output goes instead of Outcome::out
};

struct Outcome {
  int exit_code = -1;  ///< 128 + the signal where one ended it, as in a shell
  std::string out;
  std::string err;
};

/// Runs the thrum that was built with the test, to its end.
Outcome run_thrum(const std::vector<std::string>& arguments, const RunOptions& options = {});

/// A thrum that runs beside the test. Its end is waited for at the end of the object, after a SIGKILL.
class ThrumProcess {
 public:
  /// Output goes to the files `folder`/out and `folder`/err.
  ThrumProcess(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
               const RunOptions& options = {});
  ~ThrumProcess();
  ThrumProcess(const ThrumProcess&) = delete;
  ThrumProcess& operator=(const ThrumProcess&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// The exit code, as in Outcome.
  int wait();
  bool has_ended();
  std::string out() const { return read_text(out_); }
  std::string err() const { return read_text(err_); }
  /// Until `text` stands in the error output; false where the process ended before, or `patience` is over.
  bool wait_for_err(const std::string& text, std::chrono::seconds patience = std::chrono::seconds(60));

 private:
  pid_t pid_ = -1;
  int exit_code_ = -1;
  std::filesystem::path out_;
  std::filesystem::path err_;
};

}  // namespace thrum::test
