#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <string>
#include <string_view>

#include "thrum/core/error.h"
#include "thrum/data/formats/libsvm_internal.h"

namespace {

/// What the rows hold, or what the error says.
std::string outcome(std::string_view text, std::size_t block_size, const thrum::Execution& execution) {
  try {
    const auto rows = thrum::formats::parse_libsvm(text, "x", block_size, execution);
    std::string dump = std::to_string(rows.first_index) + ' ' + std::to_string(rows.end_index) + ' ' +
                       std::to_string(rows.widest_line);
    for (const auto offset : rows.row_offsets) dump += ' ' + std::to_string(offset);
    for (const auto index : rows.indices) dump += ' ' + std::to_string(index);
    for (const auto value : rows.values) dump += ' ' + std::to_string(value);
    for (const auto label : rows.labels) dump += ' ' + std::to_string(label);
    return dump;
  } catch (const thrum::Error& error) {
    if (error.code() != thrum::ErrorCode::corrupt_data) throw;
    return error.what();
  }
}

}  // namespace

// Wherever the blocks are cut, the rows or the error must be the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const thrum::LocalExecution execution(1);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  thrum::formats::looks_like_libsvm(text);
  const std::string whole = outcome(text, 1 << 20, execution);
  for (const std::size_t block_size : {1, 5, 16}) {
    if (outcome(text, block_size, execution) != whole) std::abort();
  }
  return 0;
}
