#pragma once

#include <charconv>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/model/foreign/foreign_parts_internal.h"

namespace thrum {

/// Lines "key=value" up to an end; a line without "=" is a key with an empty value, and of equal keys the first counts.
class LightgbmSection {
 public:
  explicit LightgbmSection(const ForeignSource& source, std::string title)
      : source_(&source), title_(std::move(title)) {}

  void add_line(std::string_view line);

  bool has(std::string_view key) const { return values_.contains(key); }
  /// Fails where there is none.
  std::string_view text(std::string_view key) const;
  /// The words between spaces; {} where there is no such key.
  std::vector<std::string_view> words(std::string_view key) const;
  std::size_t count(std::string_view key) const;

  /// Exactly `n` numbers. Fails where they are not.
  template <class T>
  std::vector<T> numbers(std::string_view key, std::size_t n) const {
    std::vector<T> values;
    for (const std::string_view word : words(key)) {
      T value{};
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
      if (error != std::errc() || end != word.data() + word.size()) fail_of(key);
      values.push_back(value);
    }
    if (values.size() != n) fail_of(key);
    return values;
  }

  [[noreturn]] void fail_of(std::string_view key) const;

 private:
  const ForeignSource* source_;
  std::string title_;
  std::map<std::string_view, std::string_view> values_;
};

/// What the text consists of. Refers to it.
struct LightgbmText {
  LightgbmSection header;
  std::vector<LightgbmSection> trees;
  std::string_view pandas_categories;  ///< JSON; may be empty
};

LightgbmText split_lightgbm(std::string_view text, const ForeignSource& source);

}  // namespace thrum
