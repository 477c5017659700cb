#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/core/dtype.h"

namespace thrum {

enum class ReduceOp { sum, min, max };

/// A group of ranks that compute together, as in MPI. Every rank calls the same collectives in the same order with the
/// same sizes, from its own thread, outside parallel regions. Each call has a deadline (timed_out names the rank that
/// is late) and ends with Error{remote} carrying the cause on every rank once one rank has called abort. Calls that do
/// not match are invalid_argument on every rank, where the backend can tell. After an error the communicator, and those
/// split from it, only throw that error again.
class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const noexcept = 0;
  virtual int size() const noexcept = 0;

  /// data[i] becomes the sum, minimum or maximum of data[i] over all ranks. Sums of integers wrap like unsigned
  /// arithmetic; sums of floating-point numbers are formed in rank order, and so depend on how rows were split: use
  /// sum_row_blocks (thrum/comm/row_blocks.h) where they must not. A NaN makes the minimum and the maximum NaN.
  template <class T>
  void allreduce(std::span<T> data, ReduceOp op) {
    allreduce_bytes(std::as_writable_bytes(data), dtype_of<T>, op);
  }

  /// counts[r] elements of the reduction of `data` go to rank r. Throws invalid_argument unless there is one count per
  /// rank and they add up to data.size().
  template <class T>
  std::vector<T> reduce_scatter(std::span<const T> data, std::span<const std::size_t> counts, ReduceOp op) {
    check_counts(counts, data.size());
    std::vector<T> mine(counts[static_cast<std::size_t>(rank())]);
    reduce_scatter_bytes(std::as_bytes(data), std::as_writable_bytes(std::span(mine)), counts, dtype_of<T>, op);
    return mine;
  }

  /// What each rank gave, in rank order; parts may be empty and differ in size.
  template <class T>
  std::vector<std::vector<T>> allgatherv(std::span<const T> mine) {
    const auto parts = allgatherv_bytes(std::as_bytes(mine));
    std::vector<std::vector<T>> typed;
    typed.reserve(parts.size());
    for (const auto& part : parts) {
      const T* first = reinterpret_cast<const T*>(part.data());
      typed.emplace_back(first, first + part.size() / sizeof(T));
    }
    return typed;
  }

  /// Opaque strings: all that an engine needs to bring ranks together.
  std::vector<std::string> allgather(std::string_view mine);

  /// Every rank gets the data of rank `root`. Throws invalid_argument unless `root` is a rank.
  template <class T>
  void broadcast(std::span<T> data, int root) {
    check_root(root);
    broadcast_bytes(std::as_writable_bytes(data), root);
  }

  virtual void barrier() = 0;

  /// The ranks that gave the same `color` form a new communicator, ordered by (key, rank).
  virtual std::unique_ptr<Communicator> split(int color, int key) = 0;

  /// Ends the waiting and the next calls of all ranks with Error{remote, "rank 2: " + cause}; those of communicators
  /// split from this one, and of the one it was split from, too. Called on any thread.
  virtual void abort(std::string_view cause) noexcept = 0;

 protected:
  virtual void allreduce_bytes(std::span<std::byte> data, DType dtype, ReduceOp op) = 0;
  virtual void reduce_scatter_bytes(std::span<const std::byte> data, std::span<std::byte> mine,
                                    std::span<const std::size_t> counts, DType dtype, ReduceOp op) = 0;
  virtual std::vector<std::vector<std::byte>> allgatherv_bytes(std::span<const std::byte> mine) = 0;
  virtual void broadcast_bytes(std::span<std::byte> data, int root) = 0;

 private:
  void check_counts(std::span<const std::size_t> counts, std::size_t total) const;
  void check_root(int root) const;
};

/// The group of one: the same calls, nobody to wait for.
std::unique_ptr<Communicator> self_communicator();

}  // namespace thrum
