#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "thrum/runtime/file.h"
#include "thrum/runtime/open_to_read_internal.h"
#include "thrum/runtime/system_error_internal.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;

std::string cannot_write(const fs::path& path) {
  return "[write] cannot write " + (path == "-" ? "standard output" : shown_path(path));
}

/// Gathers small pieces; each system call takes at least this much.
constexpr std::size_t buffer_size = 1 << 18;

class BufferedWriter final : public FileWriter {
 public:
  BufferedWriter(int fd, const fs::path& path) : fd_(fd), path_(path) { buffer_.reserve(buffer_size); }

  using FileWriter::write;
  void write(ByteSpan bytes) override {
    if (buffer_.size() + bytes.size() > buffer_size) flush();
    if (bytes.size() >= buffer_size) return write_through(bytes);
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  }

  void flush() {
    write_through(buffer_);
    buffer_.clear();
  }

 private:
  void write_through(ByteSpan bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written >= 0) bytes = bytes.subspan(static_cast<std::size_t>(written));
      if (written < 0 && errno != EINTR) throw_io(cannot_write(path_));
    }
  }

  int fd_;
  const fs::path& path_;
  std::vector<std::byte> buffer_;
};

void fill_directly(int fd, const fs::path& path, FunctionRef<void(FileWriter&)> fill) {
  BufferedWriter writer(fd, path);
  fill(writer);
  writer.flush();
}

}  // namespace

/// A file without a name, or, where the file system has none of these, with one that nobody else uses.
class StagedFile::Temporary {
 public:
  explicit Temporary(fs::path path) : target_(std::move(path)), name_(name_beside(target_)) {
    const fs::path directory = target_.has_parent_path() ? target_.parent_path() : ".";
    fd_.reset(::open(directory.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666));
    if (fd_) return;
    fd_.reset(::open(name_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666));
    if (!fd_) throw_io(cannot_write(target_));
    named_ = true;
  }
  ~Temporary() {
    if (named_) ::unlink(name_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  int fd() const { return fd_.get(); }

  void take_name_of_target() {
    if (!named_) give_name();
    if (::close(fd_.release()) != 0) throw_io(cannot_write(target_));
    if (::rename(name_.c_str(), target_.c_str()) != 0) throw_io(cannot_write(target_));
    named_ = false;
  }

 private:
  static fs::path name_beside(const fs::path& target) {
    std::random_device random;
    fs::path name = target;
    name.replace_filename(fmt::format(".{}.{}.tmp", target.filename().string(), random()));
    return name;
  }

  void give_name() {
    const std::string open_file = fmt::format("/proc/self/fd/{}", fd_.get());
    if (::linkat(AT_FDCWD, open_file.c_str(), AT_FDCWD, name_.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      throw_io(cannot_write(target_));
    }
    named_ = true;
  }

  fs::path target_;
  fs::path name_;
  UniqueFd fd_;
  bool named_ = false;
};

StagedFile::StagedFile(const fs::path& path, FunctionRef<void(FileWriter&)> fill) {
  struct stat old;
  const bool exists = path != "-" && ::stat(path.c_str(), &old) == 0;
  if (path == "-") {
    fill_directly(STDOUT_FILENO, path, fill);
  } else if (exists && (!S_ISREG(old.st_mode) || path.native().starts_with("/dev/"))) {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) throw_io(cannot_write(path));
    fill_directly(fd.get(), path, fill);
  } else {
    temporary_ = std::make_unique<Temporary>(exists ? fs::canonical(path) : path);
    if (exists && ::fchmod(temporary_->fd(), old.st_mode & 07777) != 0) throw_io(cannot_write(path));
    fill_directly(temporary_->fd(), path, fill);
  }
}

StagedFile::~StagedFile() = default;
StagedFile::StagedFile(StagedFile&&) noexcept = default;
StagedFile& StagedFile::operator=(StagedFile&&) noexcept = default;

void StagedFile::publish() {
  if (temporary_ != nullptr) temporary_->take_name_of_target();
}

void write_file(const fs::path& path, FunctionRef<void(FileWriter&)> fill) {
  StagedFile(path, fill).publish();
}

}  // namespace thrum
