#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "thrum/data/large_vector_internal.h"

namespace thrum {

void advise_huge_pages(void* p, std::size_t bytes) noexcept {
  constexpr std::size_t large = std::size_t{4} << 20;
  if (bytes < large) return;
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  const std::uintptr_t begin = (address + page - 1) / page * page;
  const std::uintptr_t end = (address + bytes) / page * page;
  ::madvise(static_cast<std::byte*>(p) + (begin - address), end - begin, MADV_HUGEPAGE);
}

}  // namespace thrum
