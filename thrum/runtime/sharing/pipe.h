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

namespace pipe_detail {

enum class Direction : std::uint8_t { both, receives, sends };

struct Message {
  std::vector<std::byte> bytes;
  std::vector<UniqueFd> descriptors;
};

/// One end, for bytes and descriptors.
class End {
 public:
  /// Marks a packet in its first byte.
  enum class Content : std::uint8_t { value = 1, bytes = 2 };

  static std::pair<End, End> make_pair(bool duplex);

  /// `packet` begins with its mark.
  void send(ByteSpan packet, std::vector<UniqueFd> descriptors) const;
  /// Without the mark; none when the other end is gone.
  std::optional<Message> receive(Content expected) const;
  int fd() const;
  void close() noexcept { socket_.reset(); }

  void wire(WireWriter& writer) const;
  static End from_wire(WireReader& reader);

 private:
  End(UniqueFd socket, Direction direction)
      : socket_(std::make_shared<const UniqueFd>(std::move(socket))), direction_(direction) {}

  std::shared_ptr<const UniqueFd> socket_;
  Direction direction_;
};

}  // namespace pipe_detail

struct PipeOptions {
  bool duplex = true;  ///< otherwise the first end only receives, and the second only sends
};

/// One of two connected ends between processes: multiprocessing.Pipe. Whatever can cross (see WireWriter) can be sent,
/// of any size. It crosses by descriptor; a copy is a handle of the same end. An end is gone when nobody has a handle
/// of it any more, however its processes ended: a process that gives an end away closes its own handle. Thread-safe,
/// but for close(): a message comes to one receiver, as a whole.
template <class T>
class Pipe {
 public:
  /// Waits while the other end does not read. Throws remote when it is gone; invalid_argument when this end only
  /// receives or the value holds more than 252 descriptors; io.
  void send(const T& value) const {
    WireWriter writer;
    writer.write(pipe_detail::End::Content::value);
    writer.write(value);
    end_.send(writer.bytes(), writer.take_descriptors());
  }

  /// The next value; none when the other end is gone and nothing is left. Throws corrupt_data when bytes come instead;
  /// invalid_argument when this end only sends; io.
  std::optional<T> recv() const {
    std::optional<pipe_detail::Message> message = end_.receive(pipe_detail::End::Content::value);
    if (!message) return std::nullopt;
    WireReader reader(message->bytes, std::move(message->descriptors));
    std::optional<T> value(reader.read<T>());
    reader.expect_end();
    return value;
  }

  /// As send(), for bytes as they are.
  void send_bytes(ByteSpan bytes) const {
    WireWriter writer;
    writer.write(pipe_detail::End::Content::bytes);
    writer.write_bytes(bytes);
    end_.send(writer.bytes(), {});
  }
  /// As recv(), for what send_bytes() sent.
  std::optional<std::vector<std::byte>> recv_bytes() const {
    std::optional<pipe_detail::Message> message = end_.receive(pipe_detail::End::Content::bytes);
    if (!message) return std::nullopt;
    return std::move(message->bytes);
  }

  /// Waits until recv() would return at once: something came, or the other end is gone. False when the time passes
  /// first.
  bool poll(const Timeout& timeout = std::chrono::nanoseconds(0)) const;
  /// For wait_any.
  int fd() const { return end_.fd(); }
  /// Lets this handle go. Whatever else is called after it throws invalid_argument.
  void close() noexcept { end_.close(); }

  void wire(WireWriter& writer) const { end_.wire(writer); }
  /// Throws corrupt_data where something else comes.
  static Pipe from_wire(WireReader& reader) { return Pipe(pipe_detail::End::from_wire(reader)); }

 private:
  template <class U>
  friend std::pair<Pipe<U>, Pipe<U>> make_pipe(const PipeOptions& options);
  explicit Pipe(pipe_detail::End end) : end_(std::move(end)) {}

  pipe_detail::End end_;
};

/// Throws io.
template <class T>
std::pair<Pipe<T>, Pipe<T>> make_pipe(const PipeOptions& options = {}) {
  auto [first, second] = pipe_detail::End::make_pair(options.duplex);
  return {Pipe<T>(std::move(first)), Pipe<T>(std::move(second))};
}

/// Waits until some of these descriptors are ready: Pipe::fd() when something came or the other end is gone,
/// Process::pidfd() when the process has ended. The places of those that are; none when the time passes first. Throws
/// io.
std::vector<std::size_t> wait_any(std::span<const int> descriptors, const Timeout& timeout = {});

template <class T>
bool Pipe<T>::poll(const Timeout& timeout) const {
  const int descriptor = fd();
  return !wait_any(std::span(&descriptor, 1), timeout).empty();
}

}  // namespace thrum
