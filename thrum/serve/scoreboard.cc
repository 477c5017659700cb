#include "thrum/serve/scoreboard_internal.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "thrum/core/error.h"

namespace thrum::serving {
namespace {

static_assert(std::atomic<std::int64_t>::is_always_lock_free, "atomics in shared memory must need no lock");

[[noreturn]] void fail() {
  throw Error(ErrorCode::io, "[serve] cannot share memory with the workers: " + std::generic_category().message(errno));
}

}  // namespace

Scoreboard::Scoreboard(int n_slots) : memory_(memfd_create("thrum-scoreboard", MFD_CLOEXEC)), n_slots_(n_slots) {
  const auto size = static_cast<off_t>(sizeof(Slot) * static_cast<std::size_t>(n_slots + 1));
  if (!memory_ || ftruncate(memory_.get(), size) != 0) fail();
  map();
}

Scoreboard::Scoreboard(UniqueFd memory) : memory_(std::move(memory)) {
  struct stat info{};
  if (fstat(memory_.get(), &info) != 0) fail();
  n_slots_ = static_cast<int>(info.st_size / static_cast<off_t>(sizeof(Slot))) - 1;
  map();
}

void Scoreboard::map() {
  const std::size_t size = sizeof(Slot) * static_cast<std::size_t>(n_slots_ + 1);
  void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0);
  if (address == MAP_FAILED) fail();
  slots_ = static_cast<Slot*>(address);  // zero bytes are the atomics' initial state
}

Scoreboard::~Scoreboard() {
  munmap(slots_, sizeof(Slot) * static_cast<std::size_t>(n_slots_ + 1));
}

}  // namespace thrum::serving
