#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "thrum/data/csv_test_support_test.h"

namespace {

/// Each field in quotes, which leaves the rows to the reader of single fields. REQUIRES: no quote, no carriage return.
std::string with_quotes(std::string_view text) {
  std::string all;
  char before = '\n';
  for (const char c : text) {
    if ((before == '\n') != (c == '\n')) all += '"';
    all += c == ',' ? "\",\"" : std::string(1, c);
    before = c;
  }
  return before == '\n' ? all : all + '"';
}

}  // namespace

// Wherever the blocks are cut, and whether columns are read by themselves or fields one after the other, the table or
// the error must be the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const thrum::LocalExecution execution(1);
  if (size == 0) return 0;
  thrum::CsvOptions options;
  options.header = (data[0] & 1) != 0;
  if ((data[0] & 2) != 0) options.delimiter = ',';
  if ((data[0] & 4) != 0) options.missing = {"", "1"};
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = thrum::csv::outcome(text, 1 << 20, execution, options);
  for (const std::size_t block_size : {1, 2, 5, 16}) {
    if (thrum::csv::outcome(text, block_size, execution, options) != whole) std::abort();
  }
  if (text.find_first_of("\"\r\xEF") != std::string_view::npos) return 0;
  options.delimiter = ',';
  options.missing = {};  // quotes matter to those
  const std::string columns = thrum::csv::outcome(text, 1 << 20, execution, options);
  if (thrum::csv::outcome(with_quotes(text), 1 << 20, execution, options) != columns) std::abort();
  return 0;
}
