#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/data/csv_field_internal.h"

namespace thrum::csv {

/// The whole text with the names that messages about it need.
struct Source {
  std::string name;
  std::string_view text;
  std::vector<std::string> header =
      {};                        ///< the names of the columns; empty while they are not known, and where there is none
  std::size_t memory_limit = 0;  ///< that the reader keeps; 0: none

  /// The number of the line that holds the byte at `offset`, counted from 1.
  std::size_t line(std::size_t offset) const;

  /// The column, from 0, of the field that holds the byte at `offset`; where a fault comes first, the column of that.
  std::size_t column(std::size_t offset, char delimiter) const noexcept;

  /// Bytes that a field may have: within a limit of memory, what is far from filling it.
  std::size_t longest_field() const noexcept { return memory_limit == 0 ? std::string_view::npos : memory_limit / 16; }

  /// `line 17, column 5 ("education")`; `column` counts from 0.
  std::string place(std::size_t offset, std::size_t column) const;

  /// Throws corrupt_data: `[adult.csv] line 17, column 5 ("education"): message; hint`. `column` counts from 0.
  [[noreturn]] void fail(std::size_t offset, std::size_t column, const std::string& message,
                         const std::string& hint = "") const;
  /// Throws corrupt_data: `[adult.csv] message; hint`.
  [[noreturn]] void fail(const std::string& message, const std::string& hint = "") const;
};

/// Throws corrupt_data for the fault of `field`, whose `next` lies at `offset`. REQUIRES: it has one.
[[noreturn]] void fail_field(const Source& source, const Field& field, std::size_t offset, std::size_t column);

/// Throws corrupt_data for a NUL byte.
[[noreturn]] void fail_nul(const Source& source, std::size_t offset, std::size_t column);

/// Throws out_of_memory for a field longer than source.longest_field().
[[noreturn]] void fail_long(const Source& source, std::size_t offset, std::size_t column);

/// Reads the field that begins at `p`, which lies at `offset`. Throws as fail_long.
inline Field scan_field(const Source& source, const char* p, const char* end, char delimiter, std::size_t offset,
                        std::size_t column) {
  const std::size_t longest = source.longest_field();
  if (static_cast<std::size_t>(end - p) <= longest) return scan_field(p, end, delimiter);
  const Field field = scan_field(p, p + longest, delimiter);
  if (field.next == p + longest || field.fault == Fault::unclosed_quote) fail_long(source, offset, column);
  return field;
}

}  // namespace thrum::csv
