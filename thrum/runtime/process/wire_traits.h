#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <complex>
#include <concepts>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "thrum/core/aggregate.h"

namespace thrum {

class Random;
class WireReader;
class WireWriter;

/// A type that says itself how it crosses, in both directions:
///
///     template <class Archive>
///     void wire(Archive& archive) { archive(name_, weights_); }
///
/// It needs a default constructor. Writing must not change the value. A type without one, or whose directions differ,
/// has `void wire(WireWriter&) const` and `static T from_wire(WireReader&)` instead.
template <class T>
concept HasWireHook = requires(T& value, WireWriter& writer) { value.wire(writer); };

/// The second kind of hook.
template <class T>
concept HasWireFactory = requires(WireReader& reader) {
  { T::from_wire(reader) } -> std::same_as<T>;
};

/// A trivially copyable class with private members whose bytes are all there is: it refers to nothing outside itself.
/// Such a class of your own, without a hook, crosses when you say so:
///
///     template <>
///     inline constexpr bool thrum::crosses_as_bytes<Money> = true;
template <class T>
inline constexpr bool crosses_as_bytes = false;
template <class Rep, class Period>
inline constexpr bool crosses_as_bytes<std::chrono::duration<Rep, Period>> = true;
template <class Clock, class Duration>
inline constexpr bool crosses_as_bytes<std::chrono::time_point<Clock, Duration>> = true;
template <>
inline constexpr bool crosses_as_bytes<std::chrono::year_month_day> = true;
template <std::size_t N>
inline constexpr bool crosses_as_bytes<std::bitset<N>> = true;
template <>
inline constexpr bool crosses_as_bytes<Random> = true;

namespace wire_detail {

template <class T, template <class...> class Template>
inline constexpr bool is_specialisation = false;
template <template <class...> class Template, class... Args>
inline constexpr bool is_specialisation<Template<Args...>, Template> = true;

template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;

template <class T>
inline constexpr bool is_span = false;
template <class T, std::size_t N>
inline constexpr bool is_span<std::span<T, N>> = true;

template <class T>
concept Text = std::is_convertible_v<const T&, std::string_view> && !HasWireHook<T>;
template <class T>
concept Sequence =
    is_specialisation<T, std::vector> || is_specialisation<T, std::deque> || is_specialisation<T, std::list>;
template <class T>
concept AnyMap = is_specialisation<T, std::map> || is_specialisation<T, std::unordered_map>;
template <class T>
concept AnySet = is_specialisation<T, std::set> || is_specialisation<T, std::unordered_set>;
template <class T>
concept TupleLike = is_specialisation<T, std::tuple> || is_specialisation<T, std::pair>;
template <class T>
concept FieldByField = Aggregate<T> && !HasWireHook<T> && !is_array<T>;

/// Any bits make a value, and nothing else belongs to it: it crosses as its bytes.
template <class T>
constexpr bool is_bitwise();

template <class... Fields>
constexpr bool are_bitwise(std::tuple<Fields&...>*) {
  return (is_bitwise<std::remove_const_t<Fields>>() && ...);
}

template <class T>
constexpr bool is_bitwise() {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return !std::is_same_v<T, bool>;
  } else if constexpr (is_specialisation<T, std::complex>) {
    return true;
  } else if constexpr (is_array<T>) {
    return std::tuple_size_v<T> > 0 && is_bitwise<typename T::value_type>();
  } else if constexpr (FieldByField<T> && std::is_trivially_copyable_v<T>) {
    using Fields = decltype(tie_fields(std::declval<T&>()));
    return field_count<T> > 0 && are_bitwise(static_cast<Fields*>(nullptr));
  } else {
    return false;
  }
}

template <class T>
concept Bitwise = is_bitwise<T>();
template <class T>
inline constexpr bool is_numeric_vector = false;
template <class T>
inline constexpr bool is_numeric_vector<std::vector<T>> = Bitwise<T>;

/// Classes that say so, and those without any state, such as std::less<>.
template <class T>
concept OpaqueBytes =
    std::is_class_v<T> && std::is_trivially_copyable_v<T> && !HasWireHook<T> && !Aggregate<T> && !TupleLike<T> &&
    !std::is_same_v<T, std::monostate> && (std::is_empty_v<T> || crosses_as_bytes<T>);

template <class>
inline constexpr bool never = false;
template <class T>
constexpr void refuse() {
  static_assert(never<T>,
                "this type cannot cross to another process: give it a member wire(archive), or, if it is trivially "
                "copyable and holds no pointers, declare it: thrum::crosses_as_bytes<T> = true");
}

}  // namespace wire_detail

}  // namespace thrum
