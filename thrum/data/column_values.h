#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "thrum/runtime/scratch.h"

namespace thrum {

/// The values of a column: in a vector, in memory of its own kind, or where a Scratch keeps them. Copies share all but
/// a vector.
template <class T>
class ColumnValues {
 public:
  ColumnValues() = default;
  explicit ColumnValues(std::vector<T> values) : owned_(std::move(values)), size_(owned_.size()) {}
  /// `n` values that lie at `kept`, aligned for them.
  ColumnValues(std::size_t n, std::shared_ptr<std::byte> kept) : kept_(std::move(kept)), size_(n) {}
  /// `n` zeros. Throws as Scratch::allocate.
  ColumnValues(std::size_t n, Scratch& scratch) : kept_(scratch.allocate(n * sizeof(T))), size_(n) {}

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  T* data() noexcept { return kept_ == nullptr ? owned_.data() : reinterpret_cast<T*>(kept_.get()); }
  const T* data() const noexcept { return kept_ == nullptr ? owned_.data() : reinterpret_cast<const T*>(kept_.get()); }
  std::span<const T> values() const noexcept { return {data(), size_}; }

  /// The same bytes taken for numbers of another type of that size: without a copy but of a vector.
  template <class U>
    requires(sizeof(U) == sizeof(T))
  ColumnValues<U> taken_for() && {
    ColumnValues<U> result;
    result.size_ = std::exchange(size_, 0);
    result.kept_ = std::move(kept_);
    if (result.kept_ != nullptr) return result;
    result.owned_.resize(result.size_);
    std::memcpy(result.owned_.data(), owned_.data(), result.size_ * sizeof(T));
    owned_ = {};
    return result;
  }

 private:
  template <class U>
  friend class ColumnValues;

  std::vector<T> owned_;
  std::shared_ptr<std::byte> kept_;
  std::size_t size_ = 0;
};

}  // namespace thrum
