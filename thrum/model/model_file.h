#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/core/dtype.h"
#include "thrum/core/function_ref.h"

namespace thrum {

/// The layout of safetensors: 8 bytes with the header's length, a JSON header, and raw tensors, each at a multiple of
/// 64 bytes in the file (gaps are explicit U8 tensors called "padding.N"). "__metadata__" holds strings; "checksum"
/// among them is the XXH3-128 of the whole file with the checksum's digits set to 0. Any safetensors reader can open
/// it.
class ModelFileBuilder {
 public:
  /// The text may be JSON. REQUIRES: the key is new and is not "checksum".
  void add_metadata(std::string key, std::string text);
  /// Copies `values`. REQUIRES: the name is new, the product of `shape` is values.size().
  template <class T>
  void add_tensor(std::string name, std::vector<std::size_t> shape, std::span<const T> values) {
    add_bytes(std::move(name), dtype_of<T>, std::move(shape), std::as_bytes(values));
  }

  /// Takes the bytes that belong at an offset, of several threads at once.
  using Put = FunctionRef<void(std::size_t offset, ByteSpan bytes)>;
  /// A tensor that is too large to be held twice: `write` puts its bytes, by their offsets in it, when those of the
  /// file are asked for. What it does not put is zeros.
  template <class T>
  void add_tensor_later(std::string name, std::vector<std::size_t> shape, std::function<void(Put)> write) {
    add(std::move(name), dtype_of<T>, std::move(shape), std::move(write));
  }

  /// The bytes of the file: metadata and tensors in the order of their addition.
  std::vector<std::byte> bytes() const;
  /// Puts the same bytes where they are zeros, but for the checksum: that would be one more reading of everything.
  /// ModelFile takes them from Origin::own only. Returns how many they are.
  std::size_t put_unchecked(Put put) const;

 private:
  struct Tensor {
    std::string name;
    DType dtype;
    std::vector<std::size_t> shape;
    std::size_t size;
    std::function<void(Put)> write;
  };
  struct Layout {
    std::string header;  ///< its length included
    std::size_t size = 0;
  };
  void add_bytes(std::string name, DType dtype, std::vector<std::size_t> shape, ByteSpan data);
  void add(std::string name, DType dtype, std::vector<std::size_t> shape, std::function<void(Put)> write);
  Layout layout() const;
  void put(const Layout& layout, Put put) const;

  std::vector<std::pair<std::string, std::string>> metadata_;
  std::vector<Tensor> tensors_;
};

/// Where bytes come from.
enum class Origin {
  anywhere,
  own,  ///< this program has just made them, in memory that nobody can have changed since
};

/// A validated view of such bytes: header, bounds, no overlap, no gap, known dtypes, checksum. Refers to the bytes.
class ModelFile {
 public:
  /// `source` names the bytes in messages. Throws corrupt_data: "[adult.thrum] …"; invalid_argument for bytes that do
  /// not begin at a multiple of 16 in memory, since tensors are read in place (mappings and vectors do). Own ones are
  /// not read through: neither the checksum nor the values are looked at.
  ModelFile(ByteSpan bytes, std::string source, Origin origin = Origin::anywhere);

  const std::string& source() const noexcept { return source_; }
  Origin origin() const noexcept { return origin_; }
  bool has_metadata(std::string_view key) const;
  /// Throws corrupt_data where the key is missing.
  const std::string& metadata(std::string_view key) const;

  struct Tensor {
    DType dtype;
    std::vector<std::size_t> shape;
    ByteSpan data;
  };
  /// Throws corrupt_data where it is missing or has another dtype or shape. Every floating-point value is finite.
  template <class T>
  std::span<const T> tensor(std::string_view name, std::span<const std::size_t> shape) const {
    const ByteSpan data = checked_tensor(name, dtype_of<T>, shape);
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }
  const std::map<std::string, Tensor, std::less<>>& tensors() const noexcept { return tensors_; }

  /// Throws corrupt_data: "[source] " + what. For the algorithms' own checks.
  [[noreturn]] void fail(const std::string& what) const;

 private:
  ByteSpan checked_tensor(std::string_view name, DType dtype, std::span<const std::size_t> shape) const;
  void read(ByteSpan bytes);

  std::string source_;
  Origin origin_;
  std::map<std::string, std::string, std::less<>> metadata_;
  std::map<std::string, Tensor, std::less<>> tensors_;
};

}  // namespace thrum
