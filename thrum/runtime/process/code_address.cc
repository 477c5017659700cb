#include "thrum/runtime/process/code_address.h"

#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include <algorithm>
#include <cstddef>
#include <optional>

#include "thrum/core/bytes.h"
#include "thrum/core/error.h"
#include "thrum/core/function_ref.h"

namespace thrum {
namespace {

/// FNV-1a: 64 bits of what identifies an object.
std::uint64_t hashed(ByteSpan bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::byte byte : bytes) hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3;
  return hash;
}

const std::byte* pointer(std::uint64_t address) {
  return reinterpret_cast<const std::byte*>(address);  // NOLINT(performance-no-int-to-ptr): addresses of the loader
}

constexpr std::size_t aligned(std::size_t size) {
  return (size + 3) / 4 * 4;
}

/// One loaded object: the program itself or a library.
class Object {
 public:
  explicit Object(const dl_phdr_info& info)
      : base_(info.dlpi_addr), headers_(info.dlpi_phdr), n_headers_(info.dlpi_phnum) {}

  std::uint64_t base() const { return base_; }

  /// By its build id; by its segments where it was linked without one.
  std::uint64_t id() const {
    for (const ElfW(Phdr) & header : headers()) {
      if (header.p_type != PT_NOTE) continue;
      if (const auto id = build_id({pointer(base_ + header.p_vaddr), header.p_memsz})) return hashed(*id);
    }
    return hashed(std::as_bytes(headers()));
  }

  bool has_code_at(std::uint64_t offset) const {
    return std::ranges::any_of(headers(), [&](const ElfW(Phdr) & header) {
      return header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0 && offset >= header.p_vaddr &&
             offset - header.p_vaddr < header.p_memsz;
    });
  }

 private:
  std::span<const ElfW(Phdr)> headers() const { return {headers_, n_headers_}; }

  static std::optional<ByteSpan> build_id(ByteSpan notes) {
    while (notes.size() >= sizeof(ElfW(Nhdr))) {
      const auto note = load<ElfW(Nhdr)>(notes);
      const std::size_t begin = sizeof note + aligned(note.n_namesz);
      const std::size_t size = begin + aligned(note.n_descsz);
      if (size > notes.size()) break;
      if (note.n_type == NT_GNU_BUILD_ID) return notes.subspan(begin, note.n_descsz);
      notes = notes.subspan(size);
    }
    return std::nullopt;
  }

  std::uint64_t base_;
  const ElfW(Phdr) * headers_;
  std::size_t n_headers_;
};

/// Calls `visit` for the loaded objects until it returns true; false if it never does.
bool find_object(FunctionRef<bool(const Object&)> visit) {
  const auto callback = [](dl_phdr_info* info, std::size_t, void* data) -> int {
    return (*static_cast<FunctionRef<bool(const Object&)>*>(data))(Object(*info)) ? 1 : 0;
  };
  return ::dl_iterate_phdr(callback, &visit) != 0;
}

}  // namespace

CodeAddress code_address(const void* code) {
  const auto address = reinterpret_cast<std::uint64_t>(code);
  CodeAddress found;
  const auto contains = [&](const Object& object) {
    const std::uint64_t offset = address - object.base();
    if (address < object.base() || !object.has_code_at(offset)) return false;
    found = {object.id(), offset};
    return true;
  };
  if (!find_object(contains)) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[process] {} is not code of this program or of its libraries", code));
  }
  return found;
}

const void* code_at(CodeAddress address) {
  const void* code = nullptr;
  const auto is_meant = [&](const Object& object) {
    if (!object.has_code_at(address.offset) || object.id() != address.object) return false;
    code = pointer(object.base() + address.offset);
    return true;
  };
  if (!find_object(is_meant)) {
    throw Error(ErrorCode::remote, "[process] the function that was asked for is not in this program",
                "all processes must run the same build");
  }
  return code;
}

}  // namespace thrum
