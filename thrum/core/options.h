#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "thrum/core/assert.h"

namespace thrum {

/// The values that a numeric option may take: [low, high], or without the ends where they are open.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  bool high_open = false;

  bool contains(double value) const noexcept;
  /// As in mathematics: "(0, inf]".
  std::string text() const;
};

/// One option of an options struct, described once: flags, grid keys, model metadata and the reference page are made
/// from it.
struct OptionField {
  std::string name;                  ///< "max_iter"; the flag is "--max-iter"
  std::string type;                  ///< "number", "integer", "boolean" or "text"
  std::string domain;                ///< what is allowed, for people: "(0, inf]", "one of: a, b", ""
  std::string help;                  ///< one line, with the unit
  std::vector<std::string> choices;  ///< of a text option; empty: any text

  /// The value in `options` (the struct that this field belongs to), as text that `set` reads back exactly.
  std::function<std::string(const void* options)> get;
  /// Parses and stores. Throws invalid_argument: "[max_iter] expected an integer in [1, inf], got \"many\"".
  std::function<void(void* options, std::string_view text)> set;

  std::string flag() const;
};

namespace detail {
double parse_number(std::string_view name, const Range& range, std::string_view text);
long long parse_integer(std::string_view name, const Range& range, std::string_view text);
bool parse_boolean(std::string_view name, std::string_view text);
std::string parse_text(std::string_view name, std::span<const std::string> choices, std::string_view text);
std::string number_text(double value);
std::string one_of(std::span<const std::string> choices);
}  // namespace detail

/// A numeric or boolean option.
template <class Options, class T>
  requires std::is_arithmetic_v<T>
OptionField option_field(std::string name, T Options::* member, Range range, std::string help) {
  OptionField field;
  if constexpr (std::is_same_v<T, bool>) {
    field.type = "boolean";
    field.get = [member](const void* o) { return static_cast<const Options*>(o)->*member ? "true" : "false"; };
    field.set = [member, name](void* o, std::string_view text) {
      static_cast<Options*>(o)->*member = detail::parse_boolean(name, text);
    };
  } else if constexpr (std::is_floating_point_v<T>) {
    field.type = "number";
    field.domain = range.text();
    field.get = [member](const void* o) { return detail::number_text(static_cast<const Options*>(o)->*member); };
    field.set = [member, name, range](void* o, std::string_view text) {
      static_cast<Options*>(o)->*member = static_cast<T>(detail::parse_number(name, range, text));
    };
  } else {
    field.type = "integer";
    constexpr double largest = std::min(static_cast<double>(std::numeric_limits<T>::max()), 0x1.0p53);
    range.low = std::max(range.low, std::is_signed_v<T> ? -largest : 0.0);
    range.high = std::min(range.high, largest);
    field.domain = range.text();
    field.get = [member](const void* o) { return std::to_string(static_cast<const Options*>(o)->*member); };
    field.set = [member, name, range](void* o, std::string_view text) {
      static_cast<Options*>(o)->*member = static_cast<T>(detail::parse_integer(name, range, text));
    };
  }
  field.name = std::move(name);
  field.help = std::move(help);
  return field;
}

/// A text option, one of `choices` where there are any.
template <class Options>
OptionField option_field(std::string name, std::string Options::* member, std::vector<std::string> choices,
                         std::string help) {
  OptionField field;
  field.type = "text";
  field.domain = choices.empty() ? "" : detail::one_of(choices);
  field.get = [member](const void* o) { return static_cast<const Options*>(o)->*member; };
  field.set = [member, name, choices](void* o, std::string_view text) {
    static_cast<Options*>(o)->*member = detail::parse_text(name, choices, text);
  };
  field.name = std::move(name);
  field.choices = std::move(choices);
  field.help = std::move(help);
  return field;
}

/// A struct of options together with its fields, as a value: what generic code (flags, grids, metadata) works on.
class Options {
 public:
  /// REQUIRES: the fields describe Struct and outlive the value (they are a static list).
  template <class Struct>
  Options(Struct value, std::span<const OptionField> fields)
      : fields_(fields),
        data_(std::make_shared<Struct>(std::move(value))),
        copy_([](const void* p) -> std::shared_ptr<void> {
          return std::make_shared<Struct>(*static_cast<const Struct*>(p));
        }),
        type_(&type_tag<Struct>) {}
  Options(const Options& other)
      : fields_(other.fields_), data_(other.copy_(other.data_.get())), copy_(other.copy_), type_(other.type_) {}
  Options& operator=(const Options& other) {
    Options copy(other);
    std::swap(*this, copy);
    return *this;
  }
  Options(Options&&) noexcept = default;
  Options& operator=(Options&&) noexcept = default;
  ~Options() = default;

  std::span<const OptionField> fields() const noexcept { return fields_; }
  /// Throws invalid_argument for an unknown name or a value out of its range.
  void set(std::string_view name, std::string_view text);
  std::string get(std::string_view name) const;
  /// One JSON object in the order of the fields; non-finite numbers are strings.
  std::string json() const;

  /// REQUIRES: it was made from a Struct.
  template <class Struct>
  const Struct& as() const {
    THRUM_ASSERT(type_ == &type_tag<Struct>);
    return *static_cast<const Struct*>(data_.get());
  }

 private:
  template <class Struct>
  static constexpr char type_tag = 0;

  std::span<const OptionField> fields_;
  std::shared_ptr<void> data_;
  std::shared_ptr<void> (*copy_)(const void*);
  const char* type_;
};

/// The field called `name` (or its flag spelling without dashes in front). Throws invalid_argument with the nearest
/// name.
const OptionField& find_option(std::span<const OptionField> fields, std::string_view name);

}  // namespace thrum
