#pragma once

#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>

#include "thrum/cache/key_hasher.h"
#include "thrum/core/aggregate.h"

namespace thrum {

namespace key_detail {

template <class T>
void append_signature(std::string& text, int depth);

template <class... Fields>
void append_signatures(std::string& text, int depth, std::tuple<Fields&...>*) {
  (append_signature<std::remove_const_t<Fields>>(text, depth), ...);
}

template <class T>
void append_signature(std::string& text, int depth) {
  text += typeid(T).name();
  text += '/' + std::to_string(sizeof(T));
  if constexpr (wire_detail::FieldByField<T>) {
    if (depth == 0) return;  // of a type that contains itself
    text += '{';
    append_signatures(text, depth - 1, static_cast<decltype(tie_fields(std::declval<T&>()))*>(nullptr));
    text += '}';
  } else if constexpr (std::ranges::range<T>) {
    if (depth == 0) return;
    text += '[';
    append_signature<std::ranges::range_value_t<T>>(text, depth - 1);
    text += ']';
  }
}

}  // namespace key_detail

/// Names a type by what it consists of: a struct whose fields change their types, or its size, gets another signature,
/// although its name stays.
template <class T>
std::string type_signature() {
  std::string text;
  key_detail::append_signature<T>(text, 4);
  return text;
}

}  // namespace thrum
