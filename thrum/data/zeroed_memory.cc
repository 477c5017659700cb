#include "thrum/data/zeroed_memory_internal.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace thrum {

void advise_huge_pages(void* p, std::size_t bytes) noexcept {
  constexpr std::size_t huge_page = std::size_t{2} << 20;
  if (bytes < huge_page) return;
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  const std::uintptr_t begin = address / page * page;
  const std::uintptr_t end = (address + bytes + page - 1) / page * page;
  ::madvise(static_cast<std::byte*>(p) - (address - begin), end - begin, MADV_HUGEPAGE);
}

std::shared_ptr<std::byte> zeroed_memory(std::size_t bytes) {
  void* memory = std::calloc(std::max<std::size_t>(bytes, 1), 1);
  if (memory == nullptr) throw std::bad_alloc();
  advise_huge_pages(memory, bytes);
  return {static_cast<std::byte*>(memory), [](std::byte* p) { std::free(p); }};
}

}  // namespace thrum
