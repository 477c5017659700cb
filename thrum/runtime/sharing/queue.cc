#include "thrum/runtime/sharing/queue.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <limits>

#include "thrum/core/error.h"
#include "thrum/runtime/memfd_internal.h"
#include "thrum/runtime/process/descriptor_socket_internal.h"
#include "thrum/runtime/sharing/process_table_internal.h"
#include "thrum/runtime/sharing/queue_ring_internal.h"
#include "thrum/runtime/sharing/robust_mutex_internal.h"
#include "thrum/runtime/sharing/shared_state_internal.h"
#include "thrum/runtime/sharing/wait_word_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum::queue_detail {
namespace {

constexpr std::uint64_t no_spill = std::numeric_limits<std::uint64_t>::max();

/// What an item whose size is not known beforehand takes in the ring on average; more goes to the spill.
constexpr std::size_t typical_bytes = 256;

/// Stands before each item in the ring.
struct Record {
  std::uint64_t size;         ///< in bytes
  std::uint64_t spill;        ///< where in the spill they lie; no_spill: they follow
  std::uint64_t ticket;       ///< of the packet that carries the descriptors
  std::uint64_t descriptors;  ///< how many
};
constexpr std::uint64_t record_units = sizeof(Record) / 8;

/// Producers and consumers each have a lock. An item is there, or gone, with one write of a mark, before which nothing
/// that is kept has changed: whoever dies earlier has done nothing. The ring follows.
struct QueueState {
  QueueState(std::size_t items, std::size_t bytes, std::size_t ring)
      : capacity(items), item_bytes(bytes), ring_bytes(ring) {}

  const std::size_t capacity;
  const std::size_t item_bytes;
  const std::size_t ring_bytes;

  alignas(64) RobustMutex put_mutex;
  std::atomic<std::uint64_t> tail = 0;
  std::uint64_t spill_end = 0;
  std::uint64_t next_ticket = 0;
  std::atomic<std::uint32_t> closed = 0;
  WaitWord has_items;

  alignas(64) RobustMutex get_mutex;
  std::atomic<std::uint64_t> head = 0;
  std::uint64_t spill_begin = 0;
  WaitWord has_room;
  WaitWord has_progress;  ///< for join()
  ProcessTable holders;   ///< of items that were got and are not done

  RingMark tail_mark() const noexcept { return {tail.load()}; }
  RingMark head_mark() const noexcept { return {head.load()}; }
  bool is_empty() const noexcept { return tail.load() == head.load(); }
  std::uint64_t items() const noexcept {
    const RingMark begin = head_mark();  // first: it cannot pass the other then
    return tail_mark().items_since(begin);
  }
  /// REQUIRES: get_mutex is held.
  std::uint64_t unfinished() const noexcept { return items() + static_cast<std::uint64_t>(holders.sum()); }
};

std::size_t ring_bytes(std::size_t capacity, std::size_t item_bytes) {
  const std::size_t payload = item_bytes == 0 ? typical_bytes : ByteRing::units(item_bytes) * 8;
  return std::bit_ceil(capacity * (sizeof(Record) + payload));
}

std::size_t checked_capacity(std::int64_t capacity) {
  constexpr auto most = static_cast<std::int64_t>(RingMark::most_items);
  if (capacity >= 1 && capacity <= most) return static_cast<std::size_t>(capacity);
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[queue] expected a capacity from 1 to {}, got {}", most, capacity));
}

/// Gives back the pages from `begin` to `end`, and the one in which `begin` lies: nothing before is needed any more.
void discard_spill(int fd, std::uint64_t begin, std::uint64_t end) {
  begin -= begin % static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  ::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(begin),
              static_cast<off_t>(end - begin));
}

std::vector<std::byte> read_spill(int fd, std::uint64_t offset, std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t done = 0; done < size;) {
    const ssize_t got = ::pread(fd, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (got == 0) throw Error(ErrorCode::corrupt_data, "[queue] an item is shorter than its record says");
    if (got < 0 && errno != EINTR) throw_io("[queue] cannot read an item");
    if (got > 0) done += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace

/// The handle's memory and descriptors. Queues of plain values need the memory only.
struct Parts {
  explicit Parts(SharedMemory shared) : memory(std::move(shared)) {}

  QueueState& state() const noexcept { return state_in<QueueState>(memory); }
  ByteRing ring() const noexcept { return ByteRing({memory.data() + sizeof(QueueState), state().ring_bytes}); }

  SharedMemory memory;
  UniqueFd
      spill;  ///< bytes that do not fit into the ring; sparse, and never mapped, so that lack of memory is an error
  UniqueFd sender;  ///< of packets with descriptors
  UniqueFd receiver;
};

namespace {

/// What is to be put.
struct Offer {
  ByteSpan bytes;
  std::vector<int> descriptors;
};

class Producer {
 public:
  Producer(const Parts& parts, const Offer& offer) : parts_(parts), state_(parts.state()), offer_(offer) {}

  /// False while there is no room.
  bool attempt() {
    expect_open();
    if (!has_room()) return false;
    const RobustLock lock(state_.put_mutex);
    expect_open();
    return has_room() && send_descriptors() && publish();
  }

 private:
  void expect_open() const {
    if (state_.closed != 0) throw Error(ErrorCode::cancelled, "[queue] expected an open queue, it is closed");
  }

  bool has_room() const { return state_.items() < state_.capacity; }

  /// Every further item up to the capacity must find room for its record at least.
  bool fits_into_ring() const {
    const RingMark tail = state_.tail_mark();
    const RingMark head = state_.head_mark();  // once: consumers move it on meanwhile
    const std::uint64_t free = state_.ring_bytes / 8 - tail.units_since(head);
    const std::uint64_t to_come = state_.capacity - tail.items_since(head);
    return record_units * to_come + ByteRing::units(offer_.bytes.size()) <= free;
  }

  bool send_descriptors() {
    if (offer_.descriptors.empty()) return true;
    const std::uint64_t ticket = ++state_.next_ticket;
    return send_packet(parts_.sender.get(), std::as_bytes(std::span(&ticket, 1)), offer_.descriptors, false);
  }

  std::uint64_t spill() {
    const std::uint64_t offset = state_.spill_end;
    write_memfd(parts_.spill.get(), offset, offer_.bytes);
    state_.spill_end = offset + offer_.bytes.size();
    return offset;
  }

  bool publish() {
    const RingMark tail = state_.tail_mark();
    const std::uint64_t spilled = fits_into_ring() ? no_spill : spill();
    const Record record{offer_.bytes.size(), spilled, state_.next_ticket, offer_.descriptors.size()};
    std::uint64_t end = parts_.ring().write(tail.position(), std::as_bytes(std::span(&record, 1)));
    if (spilled == no_spill) end = parts_.ring().write(end, offer_.bytes);
    state_.tail = tail.after(end - tail.position()).word;
    return true;
  }

  const Parts& parts_;
  QueueState& state_;
  const Offer& offer_;
};

class Consumer {
 public:
  explicit Consumer(const Parts& parts) : parts_(parts), state_(parts.state()) {}

  /// False while there is nothing.
  bool attempt() {
    const bool closed = state_.closed != 0;
    if (state_.is_empty()) return closed;
    const RobustLock lock(state_.get_mutex);
    while (!item_ && !state_.is_empty()) take();
    return item_.has_value();
  }
  std::optional<Item> item() && { return std::move(item_); }

 private:
  void take() {
    const RingMark head = state_.head_mark();
    Record record;
    std::uint64_t end = parts_.ring().read(head.position(), std::as_writable_bytes(std::span(&record, 1)));
    Item item;
    if (record.spill == no_spill) {
      if (record.size > state_.ring_bytes)
        throw Error(ErrorCode::corrupt_data, "[queue] an item is larger than its ring");
      item.bytes.resize(record.size);
      end = parts_.ring().read(end, item.bytes);
    } else {
      item.bytes = read_spill(parts_.spill.get(), record.spill, record.size);
    }
    const bool complete = record.descriptors == 0 || receive_descriptors(record, item);
    state_.head = head.after(end - head.position()).word;
    if (record.spill != no_spill) discard_up_to(record.spill + record.size);
    if (complete) hand_out(std::move(item));
  }

  /// False when its consumer died before it could take the item away.
  bool receive_descriptors(const Record& record, Item& item) const {
    for (;;) {
      std::uint64_t ticket = 0;
      const int receiver = parts_.receiver.get();
      if (::recv(receiver, &ticket, sizeof ticket, MSG_PEEK | MSG_DONTWAIT) != sizeof ticket) return false;
      if (ticket > record.ticket) return false;
      std::optional<DescriptorPacket> packet = receive_packet(receiver);
      if (ticket < record.ticket) continue;  // of a producer that died before it put the item
      if (packet) item.descriptors = std::move(packet->descriptors);
      return packet.has_value();
    }
  }

  void discard_up_to(std::uint64_t end) {
    discard_spill(parts_.spill.get(), state_.spill_begin, end);
    state_.spill_begin = end;
  }

  void hand_out(Item item) {
    item_ = std::move(item);
    if (ProcessTable::Place* place = state_.holders.find_or_take()) ++place->count;
  }

  const Parts& parts_;
  QueueState& state_;
  std::optional<Item> item_;
};

}  // namespace

Core::Core(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}

Core::Core(std::int64_t capacity, std::size_t item_bytes) {
  const std::size_t items = checked_capacity(capacity);
  const std::size_t ring = ring_bytes(items, item_bytes);
  const auto parts = std::make_shared<Parts>(share_state<QueueState>("queue", ring, items, item_bytes, ring));
  if (item_bytes == 0) {
    parts->spill = create_memfd("thrum-spill");
    std::tie(parts->receiver, parts->sender) = make_socket_pair();
  }
  parts_ = parts;
}

void Core::wire(WireWriter& writer) const {
  parts_->memory.wire(writer);
  if (parts_->state().item_bytes != 0) return;
  for (const UniqueFd* fd : {&parts_->spill, &parts_->sender, &parts_->receiver}) writer.write_descriptor(fd->get());
}

Core Core::from_wire(WireReader& reader, std::size_t item_bytes) {
  const auto parts = std::make_shared<Parts>(receive_state<QueueState>(reader, "queue"));
  const QueueState& state = parts->state();
  if (state.item_bytes != item_bytes || state.ring_bytes != parts->memory.size() - sizeof(QueueState)) {
    throw Error(ErrorCode::corrupt_data,
                fmt::format("[queue] expected a queue of {}-byte items, got one of {}", item_bytes, state.item_bytes));
  }
  if (item_bytes == 0) {
    for (UniqueFd* fd : {&parts->spill, &parts->sender, &parts->receiver}) *fd = reader.read_descriptor();
  }
  return Core(parts);
}

bool Core::put(ByteSpan bytes, std::span<const UniqueFd> descriptors, const Timeout& timeout) const {
  if (descriptors.size() > max_packet_descriptors) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[queue] expected at most {} descriptors in an item, got {}",
                                                         max_packet_descriptors, descriptors.size()));
  }
  Offer offer{bytes, {}};
  for (const UniqueFd& fd : descriptors) offer.descriptors.push_back(fd.get());
  QueueState& state = parts_->state();
  Producer producer(*parts_, offer);
  if (!state.has_room.wait_until(Deadline(timeout), [&] { return producer.attempt(); })) return false;
  state.has_items.notify_one();
  return true;
}

std::optional<Item> Core::get(const Timeout& timeout) const {
  QueueState& state = parts_->state();
  Consumer consumer(*parts_);
  if (!state.has_items.wait_until(Deadline(timeout), [&] { return consumer.attempt(); })) return std::nullopt;
  state.has_room.notify_one();
  return std::move(consumer).item();
}

void Core::close() const {
  QueueState& state = parts_->state();
  {
    // Who puts now is done before: a consumer that sees the queue closed and empty misses nothing.
    const RobustLock lock(state.put_mutex);
    state.closed = 1;
  }
  state.has_items.notify_all();
  state.has_room.notify_all();
}

bool Core::is_closed() const noexcept {
  return parts_->state().closed != 0;
}

std::size_t Core::size() const noexcept {
  return parts_->state().items();
}

std::size_t Core::capacity() const noexcept {
  return parts_->state().capacity;
}

void Core::task_done() const {
  QueueState& state = parts_->state();
  {
    const RobustLock lock(state.get_mutex);
    ProcessTable::Place* place = state.holders.find();
    if (place == nullptr || place->count == 0) {
      throw Error(ErrorCode::invalid_argument,
                  "[queue] expected an item that this process got and has not done, it has none");
    }
    --place->count;
  }
  state.has_progress.notify_all();
}

bool Core::join(const Timeout& timeout) const {
  QueueState& state = parts_->state();
  int attempts = 0;
  return state.has_progress.wait_until(Deadline(timeout), [&] {
    const RobustLock lock(state.get_mutex);
    // Looking for the dead reads /proc: not before the first sleep.
    if (attempts++ > 1) state.holders.release_dead();
    return state.unfinished() == 0;
  });
}

}  // namespace thrum::queue_detail
