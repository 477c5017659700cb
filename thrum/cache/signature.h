#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace thrum::cache_detail {

/// The parameter types of a function that has one signature, as a std::tuple; void of one with several, such as a
/// generic lambda.
template <class F>
struct Signature {
  using Parameters = void;
};
template <class R, class... P>
struct Signature<R (*)(P...)> {
  using Parameters = std::tuple<P...>;
};
template <class R, class... P>
struct Signature<R (*)(P...) noexcept> : Signature<R (*)(P...)> {};
template <class R, class F, class... P>
struct Signature<R (F::*)(P...) const> : Signature<R (*)(P...)> {};
template <class R, class F, class... P>
struct Signature<R (F::*)(P...) const noexcept> : Signature<R (*)(P...)> {};
template <class F>
  requires requires { &F::operator(); }
struct Signature<F> : Signature<decltype(&F::operator())> {};

template <class F>
using ParametersOf = typename Signature<F>::Parameters;

/// What parameter I of F takes, or Arg as it is where F has several signatures.
template <class F, std::size_t I, class Arg>
struct Parameter {
  using Type = Arg;
};
template <class F, std::size_t I, class Arg>
  requires(!std::is_void_v<ParametersOf<F>>)
struct Parameter<F, I, Arg> {
  using Type = std::tuple_element_t<I, ParametersOf<F>>;
};

template <class T>
inline constexpr bool may_change_argument =
    std::is_lvalue_reference_v<T> && !std::is_const_v<std::remove_reference_t<T>>;

}  // namespace thrum::cache_detail
