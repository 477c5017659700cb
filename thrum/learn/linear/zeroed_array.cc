#include <fmt/format.h>
#include <sys/mman.h>

#include "thrum/core/error.h"
#include "thrum/learn/linear/zeroed_array_internal.h"

namespace thrum::detail {

void UnmapPages::operator()(std::byte* pages) const noexcept {
  if (scratch != nullptr) return Scratch::Release{scratch, size}(pages);
  munmap(pages, size);
}

Pages map_zeroed_pages(std::size_t size, Scratch* scratch) {
  if (scratch != nullptr) {
    Scratch::Bytes bytes = scratch->allocate(size);
    const std::size_t kept = bytes.get_deleter().size;
    return Pages(bytes.release(), UnmapPages{kept, scratch});
  }
  size = size == 0 ? 1 : size;
  void* pages = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) {
    throw Error(ErrorCode::out_of_memory, fmt::format("[fit] no memory for a design matrix of {} bytes", size),
                "use dtype=float32, which takes half, or fewer columns");
  }
#ifdef MADV_HUGEPAGE
  madvise(pages, size, MADV_HUGEPAGE);
#endif
  return Pages(static_cast<std::byte*>(pages), UnmapPages{size});
}

}  // namespace thrum::detail
