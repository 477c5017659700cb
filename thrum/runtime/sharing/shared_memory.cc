#include "thrum/runtime/sharing/shared_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/core/mutex.h"
#include "thrum/runtime/cgroup_internal.h"
#include "thrum/runtime/memfd_internal.h"
#include "thrum/runtime/process/wire.h"
#include "thrum/runtime/sharing/shared_memory_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {
namespace {

constexpr std::array<char, 8> magic = {'t', 'h', 'r', 'u', 'm', 'm', 'e', 'm'};

/// Lies before the content.
struct Header {
  std::array<char, 8> magic_text;
  std::array<char, 16> kind;
  std::uint64_t size;
  std::uint64_t identity;  ///< random: numbers of files come again
  std::uint32_t element_bytes;
  SharedMemory::Access access;
  std::array<std::byte, 16> rest;
};
static_assert(sizeof(Header) == SharedMemory::alignment);

std::string_view kind_of(const Header& header) {
  return {header.kind.data(), ::strnlen(header.kind.data(), header.kind.size())};
}

[[noreturn]] void throw_foreign(const std::string& why) {
  throw Error(ErrorCode::corrupt_data, fmt::format("[memory] expected a descriptor of shared memory, got {}", why));
}

/// What the kernel could still give, of which a part may belong to others soon.
std::uint64_t available_bytes() {
  std::uint64_t available = std::numeric_limits<std::uint64_t>::max();
  std::ifstream meminfo("/proc/meminfo");
  for (std::string word; meminfo >> word;) {
    std::uint64_t kilobytes = 0;
    if (word == "MemAvailable:" && meminfo >> kilobytes) available = kilobytes * 1024;
  }
  return std::min(available, read_cgroup_limits().memory_bytes.value_or(available));
}

[[noreturn]] void throw_out_of_memory(std::size_t size, const std::string& why) {
  throw Error(ErrorCode::out_of_memory, fmt::format("[memory] cannot share {} bytes: {}", size, why));
}

/// Asking for more than there is would wake the kernel's killer of processes, not give an error.
void expect_room(std::size_t size) {
  constexpr std::size_t not_worth_asking = std::size_t{64} << 20;
  if (size < not_worth_asking) return;
  const std::uint64_t available = available_bytes();
  if (size > available) throw_out_of_memory(size, fmt::format("{} are available", available));
}

UniqueFd allocate(std::string_view kind, std::size_t size) {
  expect_room(size);
  UniqueFd fd = create_memfd(fmt::format("thrum-{}", kind));
  while (::fallocate(fd.get(), 0, 0, static_cast<off_t>(size)) != 0) {
    if (errno != EINTR) throw_out_of_memory(size, reason(errno));
  }
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) throw_io("[memory] cannot fix a size");
  return fd;
}

Header make_header(const SharedMemory::Content& content, std::size_t size) {
  THRUM_ASSERT(content.kind.size() < sizeof(Header::kind));
  Header header{};
  header.magic_text = magic;
  std::ranges::copy(content.kind, header.kind.begin());
  header.size = size;
  header.element_bytes = content.element_bytes;
  header.access = content.access;
  if (::getrandom(&header.identity, sizeof header.identity, 0) != sizeof header.identity) {
    throw_io("[memory] cannot draw a random number");
  }
  return header;
}

/// Checks everything that later accesses rely on.
Header read_header(int fd, const struct stat& status) {
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0) throw_foreign("what is no memory");
  if ((seals & F_SEAL_SHRINK) == 0) throw_foreign("memory that can become shorter");
  Header header;
  if (::pread(fd, &header, sizeof header, 0) != sizeof header) throw_foreign("memory that is too short");
  if (header.magic_text != magic) throw_foreign("memory that holds something else");
  if (header.size != static_cast<std::uint64_t>(status.st_size) - sizeof header) throw_foreign("another size");
  return header;
}

}  // namespace

class SharedMemory::Mapping {
 public:
  Mapping(UniqueFd fd, const Header& header, bool writable)
      : fd_(std::move(fd)), identity_(header.identity), size_(header.size), writable_(writable) {
    const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    void* mapped = ::mmap(nullptr, total(), protection, kind_of_mapping(), fd_.get(), 0);
    if (mapped == MAP_FAILED) throw_io(fmt::format("[memory] cannot map {} bytes", size_));
    base_ = static_cast<std::byte*>(mapped);
  }
  ~Mapping() {
    if (pins_ == 0) ::munmap(base_, total());
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  int fd() const noexcept { return fd_.get(); }
  Header& header() const noexcept { return *reinterpret_cast<Header*>(base_); }
  std::uint64_t identity() const noexcept { return identity_; }
  std::byte* data() const noexcept { return base_ + sizeof(Header); }
  std::size_t size() const noexcept { return size_; }
  bool is_writable() const noexcept { return writable_; }
  void add_pins(int count) noexcept { pins_ += count; }

  void seal() {
    const MutexLock lock(mutex_);
    if (!writable_) return;
    header().access = Access::creator_writes;
    // Replaced in place, and private: a shared mapping counts as one that could write, before Linux 6.7 even this one.
    if (::mmap(base_, total(), PROT_READ, MAP_PRIVATE | MAP_FIXED, fd_.get(), 0) == MAP_FAILED) throw_unsealed();
    writable_ = false;
    if (::fcntl(fd(), F_ADD_SEALS, F_SEAL_WRITE) == 0) return;
    if (errno != EBUSY || ::fcntl(fd(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE) != 0) throw_unsealed();
  }

 private:
  std::size_t total() const noexcept { return size_ + sizeof(Header); }
  /// Linux before 6.7 refuses to map sealed memory MAP_SHARED; nothing can tell the two apart then.
  int kind_of_mapping() const {
    const int seals = ::fcntl(fd_.get(), F_GET_SEALS);
    return (seals & F_SEAL_WRITE) != 0 ? MAP_PRIVATE : MAP_SHARED;
  }
  [[noreturn]] static void throw_unsealed() { throw_io("[memory] cannot seal shared memory"); }

  UniqueFd fd_;
  std::uint64_t identity_;
  std::size_t size_;
  std::byte* base_ = nullptr;
  std::atomic<bool> writable_;
  std::atomic<int> pins_ = 0;
  Mutex mutex_;  ///< held while it is being sealed
};

namespace {

/// What this process has mapped, so that the same memory is mapped once.
class MappingCache {
 public:
  using Key = std::pair<dev_t, ino_t>;
  using Entry = std::shared_ptr<SharedMemory::Mapping>;

  static MappingCache& instance() {
    static auto* const cache = new MappingCache;  // NOLINT(cppcoreguidelines-owning-memory): others' destructors use it
    return *cache;
  }

  void add(const Key& key, const Entry& mapping) {
    const MutexLock lock(mutex_);
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    known_[key] = mapping;
  }

  /// The mapping of this memory if there is one, else `map()`, which is kept for a while.
  template <class Map>
  Entry find_or_add(const Key& key, std::uint64_t identity, const Map& map) {
    const MutexLock lock(mutex_);
    if (const auto found = known_.find(key); found != known_.end()) {
      if (Entry mapping = found->second.lock(); mapping && mapping->identity() == identity) {
        if (std::erase(received_, mapping) > 0) received_.push_back(mapping);
        return mapping;
      }
    }
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    const Entry mapping = map();
    known_[key] = mapping;
    received_.push_back(mapping);
    if (received_.size() > kept) received_.pop_front();
    return mapping;
  }

  void release_idle() {
    std::deque<Entry> released;
    const MutexLock lock(mutex_);
    released.swap(received_);
  }

 private:
  static constexpr std::size_t kept = 8;

  Mutex mutex_;
  std::map<Key, std::weak_ptr<SharedMemory::Mapping>> known_ THRUM_GUARDED_BY(mutex_);
  std::deque<Entry> received_ THRUM_GUARDED_BY(mutex_);
};

struct stat status_of(int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0) throw_io("[memory] cannot inspect a descriptor");
  return status;
}

}  // namespace

void release_idle_mappings() {
  MappingCache::instance().release_idle();
}

SharedMemory::SharedMemory(const Content& content, std::size_t size) {
  if (size > std::numeric_limits<off_t>::max() - sizeof(Header)) throw_out_of_memory(size, "no machine has that");
  UniqueFd fd = allocate(content.kind, size + sizeof(Header));
  const struct stat status = status_of(fd.get());
  const Header header = make_header(content, size);
  mapping_ = std::make_shared<Mapping>(std::move(fd), header, true);
  mapping_->header() = header;
  MappingCache::instance().add({status.st_dev, status.st_ino}, mapping_);
}

SharedMemory SharedMemory::sealed_copy(const Content& content, ByteSpan bytes) {
  expect_room(bytes.size());
  UniqueFd fd = create_memfd(fmt::format("thrum-{}", content.kind));
  Header header = make_header(content, bytes.size());
  header.access = Access::creator_writes;
  // By write(2), which neither clears pages before it fills them nor faults each of them in.
  write_memfd(fd.get(), 0, std::as_bytes(std::span(&header, 1)));
  write_memfd(fd.get(), sizeof header, bytes);
  seal_memfd(fd.get());
  const struct stat status = status_of(fd.get());
  SharedMemory memory;
  memory.mapping_ = std::make_shared<Mapping>(std::move(fd), header, false);
  MappingCache::instance().add({status.st_dev, status.st_ino}, memory.mapping_);
  return memory;
}

SharedMemory::SharedMemory(UniqueFd fd) {
  const struct stat status = status_of(fd.get());
  const Header header = read_header(fd.get(), status);
  mapping_ = MappingCache::instance().find_or_add({status.st_dev, status.st_ino}, header.identity, [&] {
    return std::make_shared<Mapping>(std::move(fd), header, header.access == Access::all_write);
  });
}

void SharedMemory::expect(std::string_view kind, std::uint32_t element_bytes) const {
  const Header& header = mapping_->header();
  if (kind_of(header) == kind && header.element_bytes == element_bytes && size() % element_bytes == 0) return;
  throw Error(ErrorCode::corrupt_data, fmt::format("[memory] expected a shared {} of {}-byte elements, got {} of {}",
                                                   kind, element_bytes, kind_of(header), header.element_bytes));
}

std::byte* SharedMemory::data() const noexcept {
  return mapping_ ? mapping_->data() : nullptr;
}

std::size_t SharedMemory::size() const noexcept {
  return mapping_ ? mapping_->size() : 0;
}

int SharedMemory::fd() const noexcept {
  return mapping_ ? mapping_->fd() : -1;
}

bool SharedMemory::is_writable() const noexcept {
  return mapping_ && mapping_->is_writable();
}

void SharedMemory::seal() const {
  if (mapping_) mapping_->seal();
}

void SharedMemory::pin() const noexcept {
  mapping_->add_pins(1);
}

void SharedMemory::unpin() const noexcept {
  mapping_->add_pins(-1);
}

void SharedMemory::wire(WireWriter& writer) const {
  writer.write(mapping_ != nullptr);
  if (mapping_) writer.write_descriptor(fd());
}

void SharedMemory::wire(WireReader& reader) {
  *this = reader.read<bool>() ? SharedMemory(reader.read_descriptor()) : SharedMemory();
}

}  // namespace thrum
