#include "thrum/runtime/process/wire.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "thrum/core/error.h"
#include "thrum/runtime/memfd_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {
namespace {

constexpr std::uint64_t bulk_alignment = 64;

// Where a buffer lies.
constexpr std::uint8_t inline_buffer = 0;
constexpr std::uint8_t bulk_buffer = 1;

}  // namespace

namespace wire_detail {

void throw_truncated(std::size_t wanted, std::size_t left) {
  throw Error(ErrorCode::corrupt_data,
              fmt::format("[wire] expected {} more bytes of a value, {} are left", wanted, left));
}

void throw_invalid(std::string_view what) {
  throw Error(ErrorCode::corrupt_data, fmt::format("[wire] the bytes hold {}", what));
}

void throw_too_deep() {
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[wire] expected values nested at most {} deep, given deeper ones", max_depth),
              "send the nodes as a vector, which refer to each other by index");
}

}  // namespace wire_detail

void WireWriter::write_descriptor(int fd) {
  if (mode_ == Mode::to_storage) {
    throw Error(ErrorCode::invalid_argument, "[wire] a value that lives in shared memory cannot be stored",
                "store a copy of its contents");
  }
  descriptors_.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!descriptors_.back()) throw_io(fmt::format("[wire] cannot duplicate descriptor {}", fd));
}

void WireWriter::write_buffer(ByteSpan bytes) {
  if (bytes.size() < bulk_threshold || mode_ != Mode::to_process) {
    write(inline_buffer);
    return write_bytes(bytes);
  }
  if (!bulk_) bulk_ = create_memfd("thrum-values");
  const std::uint64_t offset = (bulk_size_ + bulk_alignment - 1) / bulk_alignment * bulk_alignment;
  write_memfd(bulk_.get(), offset, bytes);
  bulk_size_ = offset + bytes.size();
  write(bulk_buffer);
  write(offset);
}

std::vector<UniqueFd> WireWriter::take_descriptors() {
  std::vector<UniqueFd> descriptors = std::exchange(descriptors_, {});
  if (bulk_) {
    seal_memfd(bulk_.get());
    descriptors.push_back(std::move(bulk_));
  }
  return descriptors;
}

UniqueFd WireReader::read_descriptor() {
  if (next_descriptor_ >= descriptors_.size()) wire_detail::throw_invalid("a value whose descriptor did not come");
  UniqueFd& descriptor = descriptors_[next_descriptor_++];
  if (!descriptor) wire_detail::throw_invalid("a value whose descriptor is in use");
  return std::move(descriptor);
}

std::size_t WireReader::read_count() {
  const std::size_t count = read_size();
  if (count > rest_.size()) wire_detail::throw_truncated(count, rest_.size());
  return count;
}

ByteSpan WireReader::read_buffer(std::size_t size) {
  const auto place = read<std::uint8_t>();
  if (place == inline_buffer) return read_bytes(size);
  if (place != bulk_buffer) wire_detail::throw_invalid("a buffer in an unknown place");
  const auto offset = read<std::uint64_t>();
  if (!bulk_) {
    if (descriptors_.empty() || !descriptors_.back()) wire_detail::throw_invalid("a buffer that did not come");
    bulk_.emplace(descriptors_.back().get());
    descriptors_.pop_back();
  }
  const ByteSpan bulk = bulk_->bytes();
  if (offset > bulk.size() || size > bulk.size() - offset) wire_detail::throw_truncated(size, bulk.size());
  return bulk.subspan(offset, size);
}

void WireReader::expect_end() const {
  if (!rest_.empty()) {
    wire_detail::throw_invalid(fmt::format("{} bytes more than the value has", rest_.size()));
  }
}

}  // namespace thrum
