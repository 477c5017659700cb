#pragma once

#include <string>

namespace thrum::serving {

/// A file with this process's id, for scripts that send signals.
class PidFile {
 public:
  /// "": none. Throws invalid_argument where the file names another process that runs; io where it cannot be written.
  explicit PidFile(std::string path);
  /// It goes by another name from now on, in place of what is there. Throws io.
  void rename(std::string path);
  /// Removes it, if it is still ours.
  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  std::string path_;
};

/// Throws io where no file could be put at `path` ("": none); makes none.
void check_pid_file(const std::string& path);

}  // namespace thrum::serving
