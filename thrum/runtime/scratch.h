#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>

#include "thrum/core/bytes.h"
#include "thrum/core/mutex.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {

/// Arrays that may be larger than the memory a process is to use: they lie in a file without a name, of which the
/// system keeps in memory what it likes, and the process lets go of all of it whenever it comes near its limit. What is
/// let go of comes back from the file when it is read. Nothing of the file outlives the process, however that ends.
/// Thread-safe. Arrays end before their Scratch.
class Scratch {
 public:
  /// `folder`: of a file system on a disk. `memory_limit`: bytes that the process may have in memory, all in all.
  /// Throws io where no file can be made there.
  Scratch(const std::filesystem::path& folder, std::uint64_t memory_limit);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  /// Gives an array, or a file that is watched, back.
  struct Release {
    Scratch* scratch = nullptr;
    std::size_t size = 0;
    bool is_ours = true;
    void operator()(std::byte* bytes) const noexcept { scratch->release(bytes, size, is_ours); }
  };
  using Bytes = std::unique_ptr<std::byte, Release>;

  /// `size` zeros, aligned to a page; at least one byte. Their room on the disk is reserved. Throws out_of_memory where
  /// it is full.
  Bytes allocate(std::size_t size);

  /// Lets go of `file` as well, a file that is mapped to be read only, until the returned object ends. The file stays.
  Bytes watch(ByteSpan file);

  /// To be called between pieces of work that read or write a part of the arrays, by any thread. Near the limit, lets
  /// go of all arrays. Throws out_of_memory where that does not help, for then other things are too large.
  void keep_within_limit();

  std::uint64_t memory_limit() const noexcept { return limit_; }

 private:
  void release(std::byte* bytes, std::size_t size, bool is_ours) noexcept;
  void let_go() noexcept;
  [[noreturn]] void fail_full(std::size_t size, int error) const;

  std::filesystem::path folder_;
  std::uint64_t limit_;
  UniqueFd file_;
  UniqueFd statm_;
  std::size_t page_;
  std::atomic_flag letting_go_;
  Mutex mutex_;
  std::uint64_t end_ THRUM_GUARDED_BY(mutex_) = 0;  ///< of the file
  struct Area {
    std::size_t size;
    std::uint64_t offset;
  };
  std::map<std::byte*, Area> areas_ THRUM_GUARDED_BY(mutex_);
};

}  // namespace thrum
