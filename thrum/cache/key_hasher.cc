#include "thrum/cache/key_hasher.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "thrum/cache/xxh3_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {
namespace {

/// From this size on an array stands in the key by its digest.
constexpr std::size_t smallest_digested_array = std::size_t{64} << 10;
/// Below, waking the arena takes longer than reading.
constexpr std::size_t smallest_shared_array = 4 * digest_leaf_size;

}  // namespace

void KeyHasher::put(ByteSpan bytes) {
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  while (buffer_.size() > digest_leaf_size) {  // as digest_of cuts a long content
    const auto leaf_end = buffer_.begin() + digest_leaf_size;
    leaves_.push_back(xxh3_128(ByteSpan(buffer_).first(digest_leaf_size)));
    buffer_.erase(buffer_.begin(), leaf_end);
  }
}

void KeyHasher::put_array(ByteSpan bytes) {
  if (bytes.size() < smallest_digested_array) return put(bytes);
  const bool shared = store_ != nullptr && bytes.size() >= smallest_shared_array;
  put_digest(digest_of(bytes, shared ? &store_->arena() : nullptr));
}

void KeyHasher::put_file(const InputFile& file) {
  struct stat status;
  if (::stat(file.path.c_str(), &status) != 0) throw_io(fmt::format("[cache] cannot read {}", file.path.string()));
  put_text('P', file.path.native());
  add(std::uint64_t(status.st_size));
  add(std::int64_t(status.st_mtim.tv_sec));
  add(std::int64_t(status.st_mtim.tv_nsec));
}

Digest KeyHasher::digest() {
  if (leaves_.empty()) return xxh3_128(buffer_);
  leaves_.push_back(xxh3_128(buffer_));
  return digest_of_leaves(leaves_);
}

}  // namespace thrum
