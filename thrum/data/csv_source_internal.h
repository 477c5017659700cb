#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/core/error.h"

namespace thrum::csv {

/// The whole text with the names that messages about it need.
struct Source {
  std::string name;
  std::string_view text;
  std::vector<std::string> column_names = {};  ///< empty while they are not known, and where there is no header

  /// The number of the line that holds the byte at `offset`, counted from 1.
  std::size_t line(std::size_t offset) const;

  /// Throws corrupt_data: `[adult.csv] line 17, column 5 ("education"): message; hint`. `column` counts from 0.
  [[noreturn]] void fail(std::size_t offset, std::size_t column, const std::string& message,
                         const std::string& hint = "") const;
  /// Throws corrupt_data: `[adult.csv] message; hint`.
  [[noreturn]] void fail(const std::string& message, const std::string& hint = "") const;
};

/// `text` in quotes, cut after 40 bytes.
std::string quoted_excerpt(std::string_view text);

}  // namespace thrum::csv
