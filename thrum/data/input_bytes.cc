#include "thrum/data/input_bytes_internal.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "thrum/data/decompress_internal.h"
#include "thrum/runtime/file_pieces_internal.h"

namespace thrum {
namespace {

/// Bytes of which nobody knows how many come, kept in arrays of a Scratch and joined at the end.
class Spool {
 public:
  explicit Spool(Scratch& scratch) : scratch_(scratch) {}

  void write(ByteSpan bytes) {
    while (!bytes.empty()) {
      if (size_ == part_size * parts_.size()) parts_.push_back(scratch_.allocate(part_size));
      const std::size_t used = size_ % part_size;
      const std::size_t n = std::min(bytes.size(), part_size - used);
      std::memcpy(parts_.back().get() + used, bytes.data(), n);
      bytes = bytes.subspan(n);
      size_ += n;
    }
    scratch_.keep_within_limit();
  }

  std::size_t size() const { return size_; }

  /// All of them, side by side.
  Scratch::Bytes joined() && {
    if (parts_.size() == 1) return std::move(parts_.front());
    Scratch::Bytes all = scratch_.allocate(size_);
    for (std::size_t begin = 0; begin < size_; begin += piece_size) {
      Scratch::Bytes& part = parts_[begin / part_size];
      std::memcpy(all.get() + begin, part.get() + begin % part_size, std::min(piece_size, size_ - begin));
      if ((begin + piece_size) % part_size == 0) part.reset();
      scratch_.keep_within_limit();
    }
    return all;
  }

 private:
  static constexpr std::size_t part_size = std::size_t{1} << 26;
  static constexpr std::size_t piece_size = std::size_t{1} << 20;

  Scratch& scratch_;
  std::vector<Scratch::Bytes> parts_;
  std::size_t size_ = 0;
};

}  // namespace

InputBytes::InputBytes(const std::filesystem::path& path, const std::string& name, const Execution& execution) {
  if (execution.scratch == nullptr) {
    read_into_memory(path, name, execution);
  } else {
    read_within_limit(path, name, execution);
  }
}

void InputBytes::read_into_memory(const std::filesystem::path& path, const std::string& name,
                                  const Execution& execution) {
  file_.emplace(path);
  bytes_ = file_->bytes();
  if (!is_compressed(bytes_)) return;
  text_ = decompress(bytes_, name, execution);
  bytes_ = bytes_of(text_);
  file_.reset();
}

void InputBytes::read_within_limit(const std::filesystem::path& path, const std::string& name,
                                   const Execution& execution) {
  const auto keep = [&](Spool&& spool) {
    const std::size_t size = spool.size();
    kept_ = std::move(spool).joined();
    bytes_ = ByteSpan(kept_.get(), size);
  };
  if (can_map(path)) {
    file_.emplace(path);
    bytes_ = file_->bytes();
    kept_ = execution.scratch->watch(bytes_);
  } else {
    Spool spool(*execution.scratch);
    read_pieces(path, [&](ByteSpan piece) { spool.write(piece); });
    keep(std::move(spool));
  }
  if (!is_compressed(bytes_)) return;
  Spool spool(*execution.scratch);
  decompress(bytes_, name, [&](ByteSpan piece) { spool.write(piece); }, execution);
  keep(std::move(spool));
  file_.reset();
}

}  // namespace thrum
