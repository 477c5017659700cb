#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace thrum {

/// The most fields that an aggregate may have here.
inline constexpr std::size_t max_aggregate_fields = 16;

namespace aggregate_detail {

/// Stands for a value of any type in the count of fields; never evaluated.
struct AnyValue {
  template <class T>
  operator T() const;  // NOLINT(google-explicit-constructor): it must convert to whatever a field is
};

template <std::size_t>
using AnyValueAt = AnyValue;

template <class T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires { T{AnyValueAt<I>{}...}; };
}

template <class T, std::size_t N = max_aggregate_fields>
constexpr std::size_t count_fields() {
  if constexpr (N == 0 || takes<T>(std::make_index_sequence<N>{})) {
    return N;
  } else {
    return count_fields<T, N - 1>();
  }
}

template <class T, std::size_t... Before, std::size_t... After>
constexpr bool takes_braces(std::index_sequence<Before...>, std::index_sequence<After...>) {
  return requires { T{AnyValueAt<Before>{}..., {}, AnyValueAt<After>{}...}; };
}

/// Whether braces at place I of N values stand for more than one of them: there begins a C array.
template <class T, std::size_t N, std::size_t I>
constexpr bool is_array_at() {
  using Before = std::make_index_sequence<I>;
  return takes_braces<T>(Before{}, std::index_sequence<>{}) &&
         !takes_braces<T>(Before{}, std::make_index_sequence<N - I - 1>{});
}

template <class T, std::size_t... I>
constexpr bool has_array(std::index_sequence<I...>) {
  return (is_array_at<T, sizeof...(I), I>() || ...);
}

/// Stands for a value of any base of T; never evaluated.
template <class T>
struct AnyBase {
  template <class Base>
    requires(std::is_base_of_v<Base, T> && !std::is_same_v<Base, T>)
  operator Base() const;  // NOLINT(google-explicit-constructor): it must convert to whatever a base is
};

template <class T>
constexpr bool has_base() {
  return requires { T{AnyBase<T>{}}; };
}

}  // namespace aggregate_detail

/// A struct without constructors, private members and bases, whose fields can be listed.
template <class T>
concept Aggregate = std::is_class_v<T> && std::is_aggregate_v<T>;

/// The number of fields of an aggregate with listed fields.
template <Aggregate T>
inline constexpr std::size_t field_count = aggregate_detail::count_fields<T>();

/// Whether tie_fields can list the fields. (Of bit-fields, which it cannot, nothing is known here.)
template <Aggregate T>
inline constexpr bool has_listed_fields =
    !aggregate_detail::takes<T>(std::make_index_sequence<max_aggregate_fields + 1>{}) &&
    !aggregate_detail::has_base<T>() && !aggregate_detail::has_array<T>(std::make_index_sequence<field_count<T>>{});

/// References to the fields of `value`, in order: what Boost.PFR calls structure_tie.
template <class T>
  requires(Aggregate<T> && !std::is_const_v<T>)
constexpr auto tie_fields(T& value) {
  static_assert(
      has_listed_fields<T>,
      "a struct whose fields are listed has at most 16 of them, no bases, no C arrays (use std::array) and no "
      "bit-fields: change it, or give it a member wire(archive)");
  constexpr std::size_t n = has_listed_fields<T> ? field_count<T> : 0;
  if constexpr (n == 0) {
    return std::tuple<>();
  } else if constexpr (n == 1) {
    auto& [a] = value;
    return std::tie(a);
  } else if constexpr (n == 2) {
    auto& [a, b] = value;
    return std::tie(a, b);
  } else if constexpr (n == 3) {
    auto& [a, b, c] = value;
    return std::tie(a, b, c);
  } else if constexpr (n == 4) {
    auto& [a, b, c, d] = value;
    return std::tie(a, b, c, d);
  } else if constexpr (n == 5) {
    auto& [a, b, c, d, e] = value;
    return std::tie(a, b, c, d, e);
  } else if constexpr (n == 6) {
    auto& [a, b, c, d, e, f] = value;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (n == 7) {
    auto& [a, b, c, d, e, f, g] = value;
    return std::tie(a, b, c, d, e, f, g);
  } else if constexpr (n == 8) {
    auto& [a, b, c, d, e, f, g, h] = value;
    return std::tie(a, b, c, d, e, f, g, h);
  } else if constexpr (n == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = value;
    return std::tie(a, b, c, d, e, f, g, h, i);
  } else if constexpr (n == 10) {
    auto& [a, b, c, d, e, f, g, h, i, j] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j);
  } else if constexpr (n == 11) {
    auto& [a, b, c, d, e, f, g, h, i, j, k] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k);
  } else if constexpr (n == 12) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l);
  } else if constexpr (n == 13) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m);
  } else if constexpr (n == 14) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, o] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, o);
  } else if constexpr (n == 15) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, o, p] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p);
  } else {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q);
  }
}

/// Takes the fields of a changeable T as well, since a bit-field would give a reference to a copy instead of an error.
template <Aggregate T>
constexpr auto tie_fields(const T& value) {
  return std::apply([](auto&... fields) { return std::tie(std::as_const(fields)...); },
                    tie_fields(const_cast<T&>(value)));
}

}  // namespace thrum
