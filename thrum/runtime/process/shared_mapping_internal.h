#pragma once

#include <cstddef>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include "thrum/runtime/unique_fd.h"

namespace thrum {

/// A memfd of `size` zeroed bytes, all of them there: no later access can lack memory. Throws io.
UniqueFd create_shared(const std::string& name, std::size_t size);

/// Maps the beginning of a memfd for reading and writing. Throws io.
void* map_shared(int fd, std::size_t size);
void unmap_shared(void* address, std::size_t size) noexcept;

/// A T at the beginning of a memfd, which several processes share. Movable.
template <class T>
class SharedMapping {
 public:
  static_assert(std::is_trivially_destructible_v<T>);

  /// The memory must hold a T. Throws io.
  explicit SharedMapping(int fd) : object_(std::launder(static_cast<T*>(map_shared(fd, sizeof(T))))) {}
  ~SharedMapping() {
    if (object_ != nullptr) unmap_shared(object_, sizeof(T));
  }
  SharedMapping(SharedMapping&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  SharedMapping& operator=(SharedMapping&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }

  T* get() const noexcept { return object_; }
  T* operator->() const noexcept { return object_; }

 private:
  T* object_;
};

}  // namespace thrum
