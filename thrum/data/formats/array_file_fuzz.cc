#include <cstddef>
#include <cstdint>

#include <span>

#include "thrum/core/error.h"
#include "thrum/data/formats/data_bytes_internal.h"

// Any bytes taken for NPY, NPZ and IDX give a table or an error that says so.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const thrum::LocalExecution execution(1);
  const thrum::ByteSpan bytes = std::as_bytes(std::span(data, size));
  for (const auto format : {thrum::DataFormat::npy, thrum::DataFormat::npz, thrum::DataFormat::idx}) {
    try {
      thrum::formats::parse_data(bytes, {.format = format}, "x", execution);
    } catch (const thrum::Error& error) {
      if (error.code() == thrum::ErrorCode::internal) throw;
    }
  }
  return 0;
}
