#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/core/counted.h"
#include "thrum/core/json_internal.h"

namespace thrum::cli {

/// Six decimals or, of a number that is too long to be read so, six digits: "0.250000", "1.5e+300".
std::string decimal(double number);

/// 1536 → "1.5 KiB".
std::string byte_size(std::size_t bytes);

/// An object for programs, on lines of its own; bytes that are not UTF-8, such as of a file's name, become U+FFFD.
std::string json_text(const Json& object);

/// JSON on one line, as json_text writes what lies `depth` levels deep in an object: without a Json of it, since to
/// make one of many keys takes the square of their number.
std::string json_lines(std::string_view json, std::size_t depth);

/// Lines of columns, two spaces between them. `sides` has an 'l' or 'r' per column, 'r' for those beyond its end.
std::string aligned(const std::vector<std::vector<std::string>>& rows, std::string_view sides = "l");

/// Measures seconds from its making on.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_ = Clock::now();
};

}  // namespace thrum::cli
