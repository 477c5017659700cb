#pragma once

#include <algorithm>
#include <chrono>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <variant>
#include <vector>

#include "thrum/cache/digest.h"
#include "thrum/cache/input_file.h"
#include "thrum/cache/store.h"
#include "thrum/core/aggregate.h"
#include "thrum/core/bytes.h"
#include "thrum/core/view.h"
#include "thrum/runtime/process/wire.h"

namespace thrum {

namespace key_detail {

template <class T>
concept Number = std::is_arithmetic_v<T> && !std::is_same_v<T, long double>;
template <class T>
concept Text = std::is_convertible_v<const T&, std::string_view>;
template <class T>
concept NumberArray = std::ranges::contiguous_range<const T> && std::ranges::sized_range<const T> &&
                      Number<std::ranges::range_value_t<const T>>;
template <class T>
concept Unordered = requires { typename T::hasher; } && std::ranges::input_range<const T>;
template <class T>
concept MaybeEmpty =
    wire_detail::is_specialisation<T, std::optional> || wire_detail::is_specialisation<T, std::unique_ptr> ||
    wire_detail::is_specialisation<T, std::shared_ptr>;
template <class T>
inline constexpr bool is_matrix_view = wire_detail::is_specialisation<T, MatrixView>;
template <class T>
inline constexpr bool is_duration = false;
template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;
template <class T>
inline constexpr bool is_time_point = wire_detail::is_specialisation<T, std::chrono::time_point>;

/// What kind of number T is, without its size.
template <class T>
constexpr char number_kind() {
  if constexpr (std::is_same_v<T, bool>) return 'b';
  if constexpr (std::is_same_v<T, char>) return 'c';
  if constexpr (std::is_floating_point_v<T>) return 'f';
  return std::is_signed_v<T> ? 'i' : 'u';
}

}  // namespace key_detail

/// Makes the key of a call from values: equal ones give equal keys in every process, in whatever order an unordered
/// container holds them, and different types give different keys (1, 1u, 1.0, "1" and true all differ, and vectors of
/// them). Takes what the wire format takes, with the same hook (HasWireHook), and views as well: they count as what
/// they show. Types that are neither of these do not compile.
class KeyHasher {
 public:
  /// Large arrays are read by the arena of `store`, if there is one.
  explicit KeyHasher(const Store* store = nullptr) : store_(store) { buffer_.reserve(256); }

  template <class... T>
  void operator()(const T&... values) {
    (add(values), ...);
  }

  template <class T>
  void add(const T& value);

  /// To be called once, at the end.
  Digest digest();

 private:
  void put(ByteSpan bytes);
  void put_tag(char kind, std::size_t size) {
    const char tag[] = {kind, static_cast<char>(size)};
    put(std::as_bytes(std::span(tag)));
  }
  void put_size(std::uint64_t size) { put(std::as_bytes(std::span(&size, 1))); }
  void put_text(char kind, std::string_view text) {
    put_tag(kind, 0);
    put_size(text.size());
    put_array(bytes_of(text));
  }
  void put_digest(const Digest& digest) { put(std::as_bytes(std::span(&digest, 1))); }
  /// What may be long stands in the key by its digest.
  void put_array(ByteSpan bytes);
  void put_file(const InputFile& file);

  template <class T>
  void add_number(const T& value) {
    put_tag(key_detail::number_kind<T>(), sizeof(T));
    put(std::as_bytes(std::span(&value, 1)));
  }
  template <class T>
  void add_matrix(const T& matrix);
  template <class T>
  void add_parts(const T& value);
  template <class T>
  void add_unordered(const T& values);
  template <class T>
  void add_elements(const T& values) {
    put_tag('[', 0);
    put_size(static_cast<std::uint64_t>(std::ranges::distance(values)));
    for (const auto& value : values) add(value);
  }
  template <class Tuple>
  void add_fields(const Tuple& fields) {
    put_size(std::tuple_size_v<Tuple>);
    std::apply([this](const auto&... parts) { (this->add(parts), ...); }, fields);
  }

  const Store* store_;
  std::vector<std::byte> buffer_;
  std::vector<Digest> leaves_;  ///< of what the buffer held before
};

template <class T>
void KeyHasher::add_matrix(const T& matrix) {
  using Element = std::remove_const_t<std::remove_pointer_t<decltype(matrix.data())>>;
  put_tag('m', sizeof(Element));
  put_tag(key_detail::number_kind<Element>(), sizeof(Element));
  put_size(matrix.rows());
  put_size(matrix.cols());
  if (matrix.stride() == matrix.cols()) {
    return put_array(std::as_bytes(std::span(matrix.data(), matrix.rows() * matrix.cols())));
  }
  std::vector<Element> dense;
  dense.reserve(matrix.rows() * matrix.cols());
  for (std::size_t i = 0; i < matrix.rows(); ++i) dense.insert(dense.end(), matrix.row(i).begin(), matrix.row(i).end());
  put_array(std::as_bytes(std::span(dense)));
}

template <class T>
void KeyHasher::add_unordered(const T& values) {
  std::vector<Digest> digests;
  for (const auto& value : values) {
    KeyHasher hasher(store_);
    hasher.add(value);
    digests.push_back(hasher.digest());
  }
  std::ranges::sort(digests);
  put_tag('{', 0);
  put_size(digests.size());
  for (const Digest& digest : digests) put_digest(digest);
}

template <class T>
void KeyHasher::add(const T& value) {
  using namespace key_detail;
  if constexpr (Number<T>) {
    add_number(value);
  } else if constexpr (std::is_enum_v<T>) {
    put_text('e', typeid(T).name());
    add_number(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (Text<T>) {
    put_text('s', value);
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    put_text('p', value.native());
  } else if constexpr (std::is_same_v<T, InputFile>) {
    put_file(value);
  } else if constexpr (is_matrix_view<T>) {
    add_matrix(value);
  } else if constexpr (NumberArray<T>) {
    using Element = std::ranges::range_value_t<const T>;
    put_tag('a', 0);
    put_tag(number_kind<Element>(), sizeof(Element));
    put_size(std::ranges::size(value));
    put_array(std::as_bytes(std::span(std::ranges::data(value), std::ranges::size(value))));
  } else {
    add_parts(value);
  }
}

template <class T>
void KeyHasher::add_parts(const T& value) {
  using namespace key_detail;
  if constexpr (HasWireHook<T>) {
    put_text('h', typeid(T).name());
    const_cast<T&>(value).wire(*this);  // writing leaves the value alone
  } else if constexpr (Unordered<T>) {
    add_unordered(value);
  } else if constexpr (std::is_same_v<T, std::vector<bool>>) {
    put_tag('[', 1);
    put_size(value.size());
    for (const bool bit : value) add(bit);
  } else if constexpr (std::ranges::input_range<const T>) {
    add_elements(value);
  } else if constexpr (wire_detail::is_specialisation<T, std::complex>) {
    put_tag('C', sizeof(T));
    add(value.real());
    add(value.imag());
  } else if constexpr (is_duration<T>) {
    put_text('d', typeid(T).name());
    add(value.count());
  } else if constexpr (is_time_point<T>) {
    put_text('t', typeid(T).name());
    add(value.time_since_epoch());
  } else if constexpr (wire_detail::TupleLike<T>) {
    put_tag('(', 0);
    add_fields(value);
  } else if constexpr (MaybeEmpty<T>) {
    put_tag('?', value ? 1 : 0);
    if (value) add(*value);
  } else if constexpr (wire_detail::is_specialisation<T, std::variant>) {
    put_tag('|', value.index());
    std::visit([this](const auto& alternative) { this->add(alternative); }, value);
  } else if constexpr (std::is_same_v<T, std::monostate>) {
    put_tag('0', 0);
  } else if constexpr (Aggregate<T>) {
    put_text('S', typeid(T).name());
    add_fields(tie_fields(value));
  } else {
    static_assert(wire_detail::never<T>,
                  "this type cannot be part of a key: give it a member wire(archive), or cache_ignoring its argument");
  }
}

}  // namespace thrum
