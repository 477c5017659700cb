#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/runtime/process/wire.h"
#include "thrum/runtime/timeout.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {

namespace queue_detail {

struct Item {
  std::vector<std::byte> bytes;
  std::vector<UniqueFd> descriptors;
};

struct Parts;

/// A queue of bytes and descriptors.
class Core {
 public:
  /// `item_bytes`: the size of every item, or 0 where it differs.
  Core(std::int64_t capacity, std::size_t item_bytes);

  bool put(ByteSpan bytes, std::span<const UniqueFd> descriptors, const Timeout& timeout) const;
  std::optional<Item> get(const Timeout& timeout) const;
  void close() const;
  bool is_closed() const noexcept;
  std::size_t size() const noexcept;
  std::size_t capacity() const noexcept;
  void task_done() const;
  bool join(const Timeout& timeout) const;

  void wire(WireWriter& writer) const;
  static Core from_wire(WireReader& reader, std::size_t item_bytes);

 private:
  explicit Core(std::shared_ptr<const Parts> parts);

  std::shared_ptr<const Parts> parts_;
};

}  // namespace queue_detail

/// A first-in, first-out queue of bounded length between any number of producers and consumers in any number of
/// processes: multiprocessing.JoinableQueue. Whatever can cross (see WireWriter) can be put, of any size. It crosses by
/// descriptor; a copy is a handle of the same queue. A process that is killed, at whatever moment, takes with it at
/// most the item that it was putting or had got, and blocks nobody. Thread-safe.
template <class T>
class Queue {
 public:
  /// For up to `capacity` items (somewhat over 200 where they hold descriptors, such as shared arrays). Throws
  /// invalid_argument unless it is from 1 to 8388607; out_of_memory; io.
  explicit Queue(std::int64_t capacity = 1024) : core_(capacity, item_bytes) {}

  /// Waits for room; false when the time passes first. Throws cancelled when the queue is closed; io for lack of
  /// memory.
  bool put(const T& value, const Timeout& timeout = {}) const {
    if constexpr (is_plain) {
      return core_.put(std::as_bytes(std::span(&value, 1)), {}, timeout);
    } else {
      WireWriter writer(WireWriter::Mode::inline_to_process);
      writer.write(value);
      const std::vector<UniqueFd> descriptors = writer.take_descriptors();
      return core_.put(writer.bytes(), descriptors, timeout);
    }
  }
  bool try_put(const T& value) const { return put(value, std::chrono::nanoseconds(0)); }

  /// The next item; none when the time passes first, or when the queue is closed and empty.
  std::optional<T> get(const Timeout& timeout = {}) const {
    std::optional<queue_detail::Item> item = core_.get(timeout);
    if (!item) return std::nullopt;
    WireReader reader(item->bytes, std::move(item->descriptors));
    std::optional<T> value(reader.read<T>());
    reader.expect_end();
    return value;
  }
  std::optional<T> try_get() const { return get(std::chrono::nanoseconds(0)); }

  /// Nothing more can be put; what is there can still be got.
  void close() const { core_.close(); }
  bool is_closed() const noexcept { return core_.is_closed(); }
  /// How many items wait to be got.
  std::size_t size() const noexcept { return core_.size(); }
  std::size_t capacity() const noexcept { return core_.capacity(); }

  /// Says that this process is done with an item that it got. Throws invalid_argument when it has no such item.
  void task_done() const { core_.task_done(); }
  /// Waits until all items that were put are done with, or went with a process that ended. False when the time passes
  /// first.
  bool join(const Timeout& timeout = {}) const { return core_.join(timeout); }

  void wire(WireWriter& writer) const { core_.wire(writer); }
  /// Throws corrupt_data where something else comes.
  static Queue from_wire(WireReader& reader) { return Queue(queue_detail::Core::from_wire(reader, item_bytes)); }

 private:
  explicit Queue(queue_detail::Core core) : core_(std::move(core)) {}

  static constexpr bool is_plain = wire_detail::Bitwise<T> && sizeof(T) <= 4096;
  static constexpr std::size_t item_bytes = is_plain ? sizeof(T) : 0;

  queue_detail::Core core_;
};

}  // namespace thrum
