#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "thrum/model/model_file.h"

namespace thrum {

/// Structs in an image, as bytes of shape (n, sizeof(T)). REQUIRES: T has no padding.
template <class T>
  requires std::is_trivially_copyable_v<T>
void add_raw_tensor(ModelFileBuilder& image, std::string name, std::span<const T> values) {
  image.add_tensor<std::uint8_t>(std::move(name), {values.size(), sizeof(T)},
                                 {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()});
}

/// The same for n structs of which `write` puts the bytes later.
template <class T>
  requires std::is_trivially_copyable_v<T>
void add_raw_tensor_later(ModelFileBuilder& image, std::string name, std::size_t n,
                          std::function<void(ModelFileBuilder::Put)> write) {
  image.add_tensor_later<std::uint8_t>(std::move(name), {n, sizeof(T)}, std::move(write));
}

/// Throws corrupt_data where it is missing or of another size.
template <class T>
std::span<const T> raw_tensor(const ModelFile& image, std::string_view name) {
  const auto found = image.tensors().find(name);
  const bool fits = found != image.tensors().end() && found->second.dtype == DType::u8 &&
                    found->second.shape.size() == 2 && found->second.shape[1] == sizeof(T);
  if (!fits) image.fail("lacks the tensor \"" + std::string(name) + "\", or has it in another shape than it needs");
  return {reinterpret_cast<const T*>(found->second.data.data()), found->second.shape[0]};
}

}  // namespace thrum
